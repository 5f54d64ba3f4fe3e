//! The energy mode: what an inference takes, by a power instrument to which the device gives its marks on a
//! pin. The reference does this through an interface board, which only passes lines on; a device that has
//! its serial port to itself does without.

pub mod record;
pub mod sampler;

use std::path::Path;
use std::time::Duration;

use tinybench_inputs::dataset::Task;
use tinybench_instruments::trace::Header;
use tinybench_instruments::{Flaw, Integral};
use tinybench_support::order::median;
use tinybench_support::progress::Progress;

use super::device::Device;
use super::error::DeviceError;
use super::link::metered::SharedSampler;

/// A window that is shorter than this tells too little of how many inferences fill a longer one, s.
const CALIBRATION_S: f64 = 0.1;
/// With so many inferences no instrument takes the two marks of a window for one.
const APART: u32 = 10_000;
/// By how much a window is planned longer than it has to be.
const RESERVE: f64 = 1.02;
/// The trace beside the results.
pub const TRACE: &str = "trace.gz";
/// How exactly the host's clock tells how long a window takes: to the time that lines take on a slow port.
/// Shorter windows aren't compared with it.
const COMPARABLE: Duration = Duration::from_secs(5);

/// What an energy run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Energy {
    /// What the windows added up to.
    pub integral: Integral,
    /// Inferences of each window.
    pub inferences: u32,
    /// How many go before each.
    pub warm_ups: u32,
    /// What a trace begins with: instrument, voltage, sample rate.
    pub header: Header,
    /// The output of the last inference.
    pub results: Vec<f64>,
    /// How long a window had to be at least.
    pub window: Duration,
}

impl Energy {
    /// Energy of an inference in each window, µJ.
    pub fn windows_uj(&self) -> Vec<f64> {
        let windows = self.integral.windows.iter();
        windows
            .map(|it| it.energy_uj / f64::from(self.inferences))
            .collect()
    }

    /// Time of an inference in each window, µs.
    pub fn windows_us(&self) -> Vec<f64> {
        let windows = self.integral.windows.iter();
        windows
            .map(|it| it.duration_s * 1e6 / f64::from(self.inferences))
            .collect()
    }

    /// The median over the windows, µJ: what counts.
    pub fn median_uj(&self) -> f64 {
        median(&self.windows_uj()).unwrap_or_default()
    }
}

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The task.
    pub task: Task,
    /// How many windows.
    pub windows: u32,
    /// How long each is at least.
    pub window: Duration,
    /// Whether the device runs in the host's time, so that the host's clock tells something.
    pub is_real: bool,
    /// The folder of results, for the trace.
    pub folder: &'a Path,
}

/// Measures the energy of an inference. The device has its input.
///
/// # Errors
/// What [`Device::infer_marked`] says; [`DeviceError::WorthlessEnergy`] with what makes the measurement
/// worthless; if the instrument is lost.
pub fn measure(
    device: &mut Device<'_>,
    sampler: &SharedSampler,
    asked: &Asked,
    progress: &mut Progress,
) -> Result<Energy, DeviceError> {
    let path = asked.folder.join(TRACE);
    progress.begin("calibrating", None);
    let mut tried = 1_u32;
    let inference_s = loop {
        // Marks that the device gave before aren't those of this window.
        sampler.0.borrow_mut().catch_up(device.now())?;
        sampler.0.borrow_mut().begin(1, &path)?;
        device.infer_marked(asked.task, tried, 1)?;
        let found = match ended(sampler, &[], &path) {
            Err(error) if tried < APART && are_too_close(&error) => None,
            found => Some(found?),
        };
        let Some(found) = found else {
            tried = tried.saturating_mul(10);
            continue;
        };
        let took_s = found.windows[0].duration_s;
        let inference_s = took_s / f64::from(tried);
        device.expect_inference(inference_s);
        if took_s >= CALIBRATION_S.min(asked.window.as_secs_f64()) {
            break inference_s;
        }
        tried = tried.saturating_mul(10);
    };
    let planned = asked.window.as_secs_f64() * RESERVE / inference_s;
    let inferences = (planned.ceil() as u32).max(1);

    progress.begin("measuring energy", Some(asked.windows.into()));
    sampler.0.borrow_mut().catch_up(device.now())?;
    sampler.0.borrow_mut().begin(asked.windows, &path)?;
    let mut expected_s = Vec::new();
    let mut results = Vec::new();
    for _ in 0..asked.windows {
        let (seen, found) = device.infer_marked(asked.task, inferences, asked.task.warm_ups())?;
        if asked.is_real && asked.window >= COMPARABLE {
            expected_s.push(seen.as_secs_f64());
        }
        results = found;
        progress.advance(1);
    }
    let integral = ended(sampler, &expected_s, &path)?;
    let least = integral.windows.iter().map(|it| it.duration_s);
    let least = least.fold(f64::INFINITY, f64::min);
    if least < asked.window.as_secs_f64() {
        return Err(DeviceError::ShortWindow {
            inferences,
            elapsed_us: (least * 1e6) as u32,
            window_us: u32::try_from(asked.window.as_micros()).unwrap_or(u32::MAX),
        });
    }
    let header = sampler.0.borrow().header().clone();
    Ok(Energy {
        integral,
        inferences,
        warm_ups: asked.task.warm_ups(),
        header,
        results,
        window: asked.window,
    })
}

/// Whether all that is wrong with a window is that the instrument saw its two marks as one: they come
/// closer than it can tell apart. Where it saw none, more inferences don't help.
fn are_too_close(error: &DeviceError) -> bool {
    let DeviceError::WorthlessEnergy { flaws, .. } = error else {
        return false;
    };
    let one = Flaw::Marks {
        expected: 2,
        found: 1,
    };
    *flaws == [one]
}

/// What the windows added up to, if that is worth something.
fn ended(
    sampler: &SharedSampler,
    expected_s: &[f64],
    path: &Path,
) -> Result<Integral, DeviceError> {
    let integral = sampler.0.borrow_mut().end(expected_s)?;
    match integral {
        Some(integral) if integral.flaws.is_empty() => Ok(integral),
        integral => Err(DeviceError::WorthlessEnergy {
            flaws: integral.map_or(vec![Flaw::Ended], |it| it.flaws),
            trace: path.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_marks_that_are_seen_as_one_are_too_close() {
        let marks = |found| Flaw::Marks { expected: 2, found };
        let is_so = |flaws: &[Flaw]| {
            are_too_close(&DeviceError::WorthlessEnergy {
                flaws: flaws.to_vec(),
                trace: TRACE.into(),
            })
        };
        assert!(is_so(&[marks(1)]));
        assert!(!is_so(&[marks(0)]));
        assert!(!is_so(&[marks(3)]));
        assert!(!is_so(&[Flaw::Lost { samples: 1 }, marks(1)]));
        assert!(!are_too_close(&DeviceError::Noise));
    }
}

//! The performance mode: how long an inference takes.

use std::time::Duration;

use super::device::{Device, Inference};
use super::error::DeviceError;
use super::log::LogError;
use tinybench_inputs::dataset::Task;
use tinybench_support::order::median;
use tinybench_support::progress::Progress;

/// How many windows a submission has; their median counts.
pub const WINDOWS: u32 = 5;

/// A calibration that is shorter than this is made again with more inferences, µs: what is lost
/// around them then is small.
const CALIBRATION_US: u32 = 100_000;

/// A clock that shows no difference after this time stands still.
const CLOCK_STEP: Duration = Duration::from_millis(20);

/// By how much a window is planned longer than it has to be.
const RESERVE: f64 = 1.02;

/// How often a window that came out too short is measured again.
const REPEATS: u32 = 3;

/// How far the device's clock may be from the host's before it is told.
const CLOCK_TOLERANCE: f64 = 0.05;

/// What a performance run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// The windows, in order.
    pub windows: Vec<Inference>,
    /// How long a window had to be at least.
    pub window: Duration,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Performance {
    /// Inferences a second in the median window.
    pub fn median_throughput(&self) -> f64 {
        let all: Vec<f64> = self
            .windows
            .iter()
            .map(|window| 1e6 / window.us_per_inference())
            .collect();
        median(&all).unwrap_or_default()
    }
}

/// Measures `count` windows of at least `window` each. The device has its input.
///
/// A first inference shows how long one takes, so that time-outs and the number of inferences
/// follow from the device, not from the user.
///
/// # Errors
/// What [`Device::infer`] says, [`DeviceError::StoppedClock`] and [`DeviceError::ShortWindow`].
pub fn measure(
    device: &mut Device<'_>,
    task: Task,
    count: u32,
    window: Duration,
    progress: &mut Progress,
) -> Result<Performance, DeviceError> {
    progress.begin("calibrating", None);
    let mut inferences = 1_u32;
    let mut calibration = infer(device, task, inferences, 1)?;
    let window_us = u32::try_from(window.as_micros()).unwrap_or(u32::MAX / 2);
    while calibration.elapsed_us() < CALIBRATION_US.min(window_us) {
        let stands = calibration.elapsed_us() == 0 && calibration.seen > CLOCK_STEP;
        let more = inferences.checked_mul(10).filter(|_| !stands);
        inferences = more.ok_or(DeviceError::StoppedClock { inferences })?;
        calibration = infer(device, task, inferences, 1)?;
    }
    let mut inferences = planned(&calibration, window_us);

    progress.begin("measuring", Some(count.into()));
    let mut windows = Vec::new();
    let mut warnings = Vec::new();
    for _ in 0..count {
        let mut measured = infer(device, task, inferences, task.warm_ups())?;
        for _ in 0..REPEATS {
            if measured.elapsed_us() >= window_us {
                break;
            }
            if measured.elapsed_us() == 0 {
                return Err(DeviceError::StoppedClock { inferences });
            }
            inferences = planned(&measured, window_us).max(inferences.saturating_add(1));
            device.note(&format!(
                "the window was too short; it is measured again with {inferences} inferences"
            ))?;
            measured = infer(device, task, inferences, task.warm_ups())?;
        }
        if measured.elapsed_us() < window_us {
            return Err(DeviceError::ShortWindow {
                inferences,
                elapsed_us: measured.elapsed_us(),
                window_us,
            });
        }
        if let Some(warning) = clock_warning(device, &measured)? {
            warnings.push(warning);
        }
        windows.push(measured);
        progress.advance(1);
    }
    warnings.dedup();
    Ok(Performance {
        windows,
        window,
        warnings,
    })
}

/// How many inferences fill a window.
fn planned(seen: &Inference, window_us: u32) -> u32 {
    let count = f64::from(window_us) * RESERVE / seen.us_per_inference();
    // A cast saturates.
    (count.ceil() as u32).max(1)
}

/// Has the device infer, and checks the number of its results.
pub(super) fn infer(
    device: &mut Device<'_>,
    task: Task,
    inferences: u32,
    warm_ups: u32,
) -> Result<Inference, DeviceError> {
    let inference = device.infer(inferences, warm_ups)?;
    let (found, expected) = (inference.results.len(), task.results());
    if found != expected {
        return Err(DeviceError::Results {
            command: format!("infer {inferences} {warm_ups}"),
            found,
            expected,
        });
    }
    Ok(inference)
}

/// Says so if the device's clock and the host's disagree on how long a window took.
fn clock_warning(
    device: &mut Device<'_>,
    measured: &Inference,
) -> Result<Option<String>, LogError> {
    let told = f64::from(measured.elapsed_us()) / 1e6;
    let seen = measured.seen.as_secs_f64();
    // A line takes a millisecond on the way, and may wait for the host's scheduler.
    if (told - seen).abs() <= CLOCK_TOLERANCE * seen + 0.1 {
        return Ok(None);
    }
    device.note(&format!(
        "by the device's clock the window took {told:.3} s, and by the host's {seen:.3} s"
    ))?;
    Ok(Some(
        "the device's clock and the host's disagree by more than 5 %: see the log; is the clock of \
         the device's timer the one that its firmware takes it for?"
            .to_owned(),
    ))
}

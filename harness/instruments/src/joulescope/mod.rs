//! Jetperch's Joulescope JS220: current and voltage between a supply and the board, with general inputs. The
//! JS110 is refused, whose losses nobody tells.
//!
//! They are reached through their maker's driver, a library in C with a package for Python. It is the
//! package that is used, in a process of its own which passes samples on through a pipe (`stream.py`):
//! calling the library would need `unsafe`, which this crate forbids, and a build against it, and a driver
//! that crashes would take the measurement with it. An instrument of this kind supplies nothing: what the
//! supply beside it is set to is checked by the voltage that it measures.

mod frame;

use std::env;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tinybench_support::interrupt;

use crate::instrument::{Capability, Event, Instrument, InstrumentError, Sample};
pub use frame::{Frame, FrameError, Reading};

/// What it can do.
pub const CAPABILITY: Capability = Capability {
    sample_rate_hz: 100_000.0,
    supply_v: [0.5, 15.0],
    most_ma: 3_000.0,
    told_within_s: 0.1,
    logic_inputs: 1,
};

/// What talks to the driver.
const SCRIPT: &str = include_str!("stream.py");
/// The variable that names another interpreter, such as one of a virtual environment.
const PYTHON: &str = "TINYBENCH_PYTHON";
/// Frames that may wait: a second and more of them.
const WAITING: usize = 1 << 10;
/// How long the driver may take to find and open its device.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a wait looks whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(100);
/// The stream has ended once it is quiet for so long.
const QUIET: Duration = Duration::from_millis(300);
/// Samples over which one voltage counts: a millisecond.
const VOLTAGE_SAMPLES: usize = 100;

/// An open instrument.
pub struct Joulescope {
    process: Child,
    frames: Receiver<Result<Frame, FrameError>>,
    name: String,
    order: Order,
}

/// How far the samples have come.
#[derive(Debug, Default)]
struct Order {
    /// The index of the next one.
    next: Option<u64>,
}

impl Joulescope {
    /// Opens the instrument whose path or serial number ends with `device`, or the only one.
    ///
    /// # Errors
    /// If Python or the driver's package is missing, or what is asked for isn't attached.
    pub fn open(device: Option<&str>) -> Result<Self, InstrumentError> {
        let python = env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
        Self::launch(Command::new(python), device)
    }

    fn launch(mut python: Command, device: Option<&str>) -> Result<Self, InstrumentError> {
        let failed = |reason: String| InstrumentError::Open {
            port: device.map_or("the Joulescope".to_owned(), |it| format!("Joulescope {it}")),
            reason,
        };
        python
            .args(["-c", SCRIPT])
            .args(device)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = python
            .spawn()
            .map_err(|error| failed(format!("Python doesn't start: {error}; {PYTHON} names it")))?;
        let (sender, frames) = sync_channel(WAITING);
        if let Some(mut stdout) = process.stdout.take() {
            thread::spawn(move || {
                loop {
                    let frame = Frame::read(&mut stdout);
                    let last = frame.is_err();
                    if sender.send(frame).is_err() || last {
                        return;
                    }
                }
            });
        }
        let mut opened = Self {
            process,
            frames,
            name: "Joulescope".to_owned(),
            order: Order::default(),
        };
        let end = Instant::now() + OPEN_TIMEOUT;
        loop {
            match opened.frame(LOOK)? {
                Some(Ok(Frame::Opened(path))) => {
                    opened.name = format!("Joulescope {path}");
                    return Ok(opened);
                }
                Some(Ok(Frame::Problem(problem))) => return Err(failed(problem)),
                Some(Ok(Frame::Samples { .. })) => {
                    return Err(failed("it sends before it is asked".to_owned()));
                }
                Some(Err(error)) => return Err(failed(error.to_string())),
                None if Instant::now() > end => {
                    return Err(failed("the driver doesn't open it".to_owned()));
                }
                None => {}
            }
        }
    }

    /// The next frame, if one comes within `patience`.
    fn frame(
        &mut self,
        patience: Duration,
    ) -> Result<Option<Result<Frame, FrameError>>, InstrumentError> {
        let end = Instant::now() + patience;
        loop {
            interrupt::check()?;
            let left = end.saturating_duration_since(Instant::now());
            match self.frames.recv_timeout(left.min(LOOK)) {
                Ok(frame) => return Ok(Some(frame)),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.lost(io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
    }

    fn lost(&self, source: io::Error) -> InstrumentError {
        InstrumentError::Lost {
            instrument: self.name.clone(),
            source,
        }
    }

    fn say(&mut self, line: &[u8]) -> Result<(), InstrumentError> {
        let written = match &mut self.process.stdin {
            Some(stdin) => stdin.write_all(line).and_then(|()| stdin.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|source| self.lost(source))
    }
}

impl Order {
    /// Takes a frame apart.
    fn take(&mut self, frame: Frame, events: &mut Vec<Event>) {
        let (first, samples) = match frame {
            Frame::Samples { first, samples } => (first, samples),
            Frame::Problem(problem) => {
                events.push(Event::Fault(problem));
                return;
            }
            Frame::Opened(_) => return,
        };
        let next = self.next.unwrap_or(first);
        if first > next {
            events.push(Event::Lost(first - next));
        } else if first < next {
            events.push(Event::Damaged(format!(
                "sample {first} where {next} was expected"
            )));
        }
        self.next = Some(first.saturating_add(samples.len() as u64));
        for block in samples.chunks(VOLTAGE_SAMPLES) {
            let volts: Vec<_> = block.iter().map(|it| f64::from(it.volts)).collect();
            let mean = volts.iter().sum::<f64>() / volts.len() as f64;
            if mean.is_finite() {
                events.push(Event::Voltage(mean));
            }
            for sample in block {
                // The driver tells what is missing in its stream as no number.
                if !sample.amperes.is_finite() {
                    events.push(Event::Lost(1));
                    continue;
                }
                let ma = sample.amperes * 1_000.0;
                events.push(Event::Sample(Sample {
                    ma,
                    logic: u8::from(sample.high),
                    saturated: f64::from(ma.abs()) > CAPABILITY.most_ma,
                }));
            }
        }
    }
}

impl Instrument for Joulescope {
    fn capability(&self) -> Capability {
        CAPABILITY
    }

    fn supply(&mut self, volts: f64) -> Result<(), InstrumentError> {
        Ok(CAPABILITY.check_supply("what a Joulescope is put behind", volts)?)
    }

    fn start(&mut self) -> Result<(), InstrumentError> {
        self.order = Order::default();
        self.say(b"start\n")
    }

    fn read(&mut self, events: &mut Vec<Event>, patience: Duration) -> Result<(), InstrumentError> {
        match self.frame(patience)? {
            Some(Ok(frame)) => self.order.take(frame, events),
            // Behind that nothing can be read.
            Some(Err(FrameError::Damaged(reason))) => {
                events.extend([Event::Damaged(reason), Event::End]);
            }
            Some(Err(FrameError::Read(source))) => return Err(self.lost(source)),
            None => {}
        }
        Ok(())
    }

    fn stop(&mut self, events: &mut Vec<Event>) -> Result<(), InstrumentError> {
        self.say(b"stop\n")?;
        let end = Instant::now() + OPEN_TIMEOUT;
        while Instant::now() < end {
            let before = events.len();
            match self.read(events, QUIET) {
                // The process ends itself once it has stopped.
                Err(InstrumentError::Lost { .. }) => return Ok(()),
                other => other?,
            }
            if events.len() == before {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Joulescope {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::integration::{Flaw, Integral, Integration, Plan};

    const PLAN: Plan = Plan {
        sample_rate_hz: CAPABILITY.sample_rate_hz,
        supply_v: 3.0,
        mark_input: 0,
        windows: 3,
        settle_s: 0.002,
        late_s: 0.0,
    };
    /// Energy of a window: 5.3 mA at 3 V for 0.2 s, µJ.
    const EXPECTED_UJ: f64 = 5.3 * 3.0 * 0.2 * 1_000.0;

    proptest! {
        #[test]
        fn any_frames_are_taken(
            frames in prop::collection::vec(
                prop_oneof![
                    4 => (
                        prop_oneof![any::<u64>(), 0..300_u64, (u64::MAX - 300)..=u64::MAX],
                        prop::collection::vec((any::<f32>(), any::<f32>(), any::<bool>()), 0..250),
                    )
                        .prop_map(|(first, samples)| {
                            let reading = |(amperes, volts, high)| Reading { amperes, volts, high };
                            let samples = samples.into_iter().map(reading).collect();
                            Frame::Samples { first, samples }
                        }),
                    1 => ".*".prop_map(Frame::Problem),
                    1 => ".*".prop_map(Frame::Opened),
                ],
                0..10,
            ),
        ) {
            let mut order = Order::default();
            for frame in frames {
                let count = match &frame {
                    Frame::Samples { samples, .. } => samples.len(),
                    _ => 0,
                };
                let mut events = Vec::new();
                order.take(frame, &mut events);
                let of_samples = events.iter().filter(|it| {
                    matches!(it, Event::Sample(_) | Event::Lost(1))
                });
                prop_assert!(of_samples.count() >= count);
            }
        }
    }

    /// The stub in the place of the driver's package; nothing where there is no Python.
    fn python(fault: &str) -> Option<Command> {
        let there = Command::new("python3").arg("--version").output();
        if !there.is_ok_and(|it| it.status.success()) {
            eprintln!("skipped: there is no python3");
            return None;
        }
        let mut python = Command::new("python3");
        python
            .env(
                "PYTHONPATH",
                concat!(env!("CARGO_MANIFEST_DIR"), "/src/joulescope/stub"),
            )
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("STUB_FAULT", fault);
        Some(python)
    }

    fn measure(python: Command) -> Result<Integral, InstrumentError> {
        let mut instrument = Joulescope::launch(python, None)?;
        assert_eq!(instrument.name, "Joulescope u/js220/001122");
        instrument.supply(3.0)?;
        instrument.start()?;
        let mut integration = Integration::new(PLAN);
        let mut events = Vec::new();
        let mut quiet = 0;
        while !integration.is_complete() && !integration.has_ended() && quiet < 50 {
            events.clear();
            instrument.read(&mut events, Duration::from_millis(100))?;
            integration.feed(&events);
            quiet = if events.is_empty() { quiet + 1 } else { 0 };
        }
        instrument.stop(&mut events)?;
        Ok(integration.finish(&[0.2]))
    }

    #[test]
    fn what_is_put_in_comes_out_in_all_ranges() {
        for (fault, factors) in [("", [1.0; 3]), ("range", [0.01, 1.0, 100.0])] {
            let Some(python) = python(fault) else { return };
            let found = measure(python).unwrap();
            assert_eq!(found.flaws, [], "{fault}");
            for (window, factor) in found.windows.iter().zip(factors) {
                let off = window.energy_uj / (EXPECTED_UJ * factor) - 1.0;
                assert!(off.abs() < 0.001, "{fault}: {window:?} {off}");
            }
        }
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let Some(_) = python("") else { return };
        let flaws = |fault: &str| measure(python(fault).unwrap()).unwrap().flaws;
        let told = |fault: &str, is_it: &dyn Fn(&Flaw) -> bool| {
            let flaws = flaws(fault);
            assert!(flaws.iter().any(is_it), "{fault}: {flaws:?}");
        };
        told("lost", &|it| *it == Flaw::Lost { samples: 1_000 });
        told("nan", &|it| *it == Flaw::Lost { samples: 7 });
        told("saturated", &|it| matches!(it, Flaw::Saturated { .. }));
        told("voltage", &|it| matches!(it, Flaw::Voltage { .. }));
        told("no marks", &|it| {
            *it == Flaw::Marks {
                expected: 6,
                found: 0,
            }
        });
        told("garbage", &|it| matches!(it, Flaw::Damaged { .. }));
        let error = measure(python("disconnect").unwrap()).unwrap_err();
        assert!(matches!(error, InstrumentError::Lost { .. }), "{error}");
        // Nobody can see a wrong calibration in a stream.
        let found = measure(python("calibration").unwrap()).unwrap();
        let off = found.windows[0].energy_uj / EXPECTED_UJ;
        assert!((off - 1.1).abs() < 0.001, "{off}");
    }

    #[test]
    fn what_can_not_be_opened_says_why() {
        let Some(_) = python("") else { return };
        for (fault, told) in [
            ("none", "no Joulescope is attached"),
            ("two", "several are attached: u/js220/1, u/js220/2"),
            ("busy", "IN_USE"),
            ("long", "jsdrv_open failed: ……"),
            ("js110", "use a JS220"),
        ] {
            let error = measure(python(fault).unwrap()).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        // What lies where the program was started isn't imported.
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "struct.py",
            "signal.py",
            "threading.py",
            "pyjoulescope_driver.py",
        ] {
            std::fs::write(folder.path().join(name), "raise SystemExit(7)").unwrap();
        }
        let mut elsewhere = python("").unwrap();
        elsewhere.current_dir(folder.path());
        Joulescope::launch(elsewhere, None).unwrap();
        let mut without = Command::new("python3");
        // Neither the user's packages nor the stub.
        without.args(["-I", "-S"]);
        let error = Joulescope::launch(without, None).err().unwrap().to_string();
        assert!(error.contains("pip install pyjoulescope_driver"), "{error}");
        let missing = Joulescope::launch(Command::new("/nowhere/python"), None);
        let error = missing.err().unwrap().to_string();
        assert!(error.contains("TINYBENCH_PYTHON"), "{error}");
    }
}

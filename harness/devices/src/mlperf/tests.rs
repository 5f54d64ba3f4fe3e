//! Whole sessions with an emulated device, in its own time.

use super::device::{Device, Patience};
use super::error::DeviceError;
use super::link::emulated::{EmulatedDevice, EmulatedLink, Fault};
use super::link::{Link, LinkError};
use super::log::SessionLog;
use super::performance::WINDOWS;
use super::record::{self, Target};
use super::session::{self, Found, Plan, SessionError};
use super::submission::Mode;
use jiff::Timestamp;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tinybench_inputs::board::Boards;
use tinybench_inputs::dataset::Task;
use tinybench_inputs::project::Project;
use tinybench_inputs::subject::VectorCount;
use tinybench_record::ExecutionKind;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::progress::Progress;

use proptest::prelude::*;

const PATIENCE: Patience = Patience {
    command: Duration::from_secs(5),
    inference: Duration::from_secs(60),
};

/// Microseconds of an inference.
const INFERENCE: u32 = 62_679;

/// What a session gave, and its log.
struct Ran {
    found: Result<Found, SessionError>,
    log: String,
    folder: TempDir,
}

fn run_on(link: &mut dyn Link, data: Option<&Path>, window: Duration) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SessionLog::create(folder.path()).unwrap();
    let mut modes = vec![Mode::Performance];
    modes.extend(data.map(|_| Mode::Accuracy));
    let plan = Plan {
        task: None,
        data,
        modes: &modes,
        kind: ExecutionKind::Probe,
        samples: VectorCount::All,
        windows: WINDOWS,
        window,
        patience: PATIENCE,
        sampler: None,
        out: folder.path(),
    };
    let found = session::run(link, &mut log, &plan, &mut Progress::hidden());
    Ran {
        found,
        log: fs::read_to_string(log.path()).unwrap(),
        folder,
    }
}

fn run(device: EmulatedDevice) -> Ran {
    let mut link = EmulatedLink::new(device, true);
    run_on(&mut link, None, Duration::from_secs(10))
}

fn kws(faults: &[Fault]) -> EmulatedDevice {
    EmulatedDevice::new("kws01", INFERENCE, faults)
}

fn failed(faults: &[Fault]) -> (DeviceError, String) {
    let ran = run(kws(faults));
    match ran.found {
        Err(SessionError::Device(error)) => (error, ran.log),
        other => panic!("{other:?}\n{}", ran.log),
    }
}

#[test]
fn a_device_that_tells_times_is_none_that_marks_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SessionLog::create(folder.path()).unwrap();
    let mut link = EmulatedLink::new(kws(&[]), true);
    let mut device = Device::new(&mut link, &mut log, PATIENCE).that_marks();
    let error = device.connect().unwrap_err();
    assert!(matches!(error, DeviceError::PerformanceMode), "{error}");
    assert_eq!(error.exit(), Exit::Target);
    // One that has booted before shows it by its first inference.
    let mut link = EmulatedLink::new(kws(&[]), false);
    let mut device = Device::new(&mut link, &mut log, PATIENCE).that_marks();
    device.connect().unwrap();
    device.load(&[0; 490], "zeros").unwrap();
    let error = device.infer_marked(Task::Kws, 1, 1).unwrap_err();
    assert!(matches!(error, DeviceError::PerformanceMode), "{error}");
}

/// A link on which a line comes every 10 ms, whatever is sent.
struct Script(std::slice::Iter<'static, &'static str>, Duration);

impl Link for Script {
    fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, _: Duration) -> Result<(), LinkError> {
        self.1 += Duration::from_millis(10);
        buffer.extend(self.0.next().into_iter().flat_map(|it| it.bytes()));
        Ok(())
    }

    fn now(&self) -> Duration {
        self.1
    }
}

#[test]
fn marked_inferences_last_from_their_start_whatever_else_is_said() {
    const LINES: &[&str] = &[
        "m-warmup-done\r\n",
        "m-infer-start-2\r\n",
        "something else\r\n",
        "m-infer-done\r\n",
        "m-results-[0.5,0.5]\r\n",
        "m-ready\r\n",
    ];
    let infer = |lines: &'static [&'static str]| {
        let folder = tempfile::tempdir().unwrap();
        let mut log = SessionLog::create(folder.path()).unwrap();
        let mut link = Script(lines.iter(), Duration::ZERO);
        let mut device = Device::new(&mut link, &mut log, PATIENCE).that_marks();
        device.infer_marked(Task::Vww, 2, 0)
    };
    let (seen, _) = infer(LINES).unwrap();
    assert_eq!(seen, Duration::from_millis(20));
    let error = infer(&LINES[2..]).unwrap_err().to_string();
    assert!(error.contains("m-infer-start-"), "{error}");
}

#[test]
fn a_device_is_measured_in_five_windows_of_ten_seconds() {
    let ran = run(kws(&[]));
    let found = ran.found.unwrap();
    assert_eq!(found.task, Task::Kws);
    assert_eq!(found.identity.name, "emulated");
    let performance = found.performance.unwrap();
    assert_eq!(performance.windows.len(), 5);
    for window in &performance.windows {
        assert!(window.elapsed_us() >= 10_000_000, "{window:?}");
        assert_eq!(window.us_per_inference(), f64::from(INFERENCE));
        assert_eq!(window.warm_ups, 10);
    }
    assert_eq!(performance.warnings, [""; 0]);
    let folder = ran.folder.path().join("kws/performance");
    for name in ["log.txt", "results.txt", "results.json"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    assert!(!ran.folder.path().join("log.txt").exists());
}

#[test]
fn both_arguments_of_infer_are_always_sent_and_every_command_waits_for_ready() {
    let log = run(kws(&[])).log;
    let lines: Vec<&str> = log.lines().collect();
    let mut ready = false;
    for line in &lines {
        if line.contains(" dut: m-ready") {
            ready = true;
        } else if let Some((_, command)) = line.split_once(" host: Command \"") {
            assert!(ready, "{line}");
            ready = false;
            let words = command.trim_end_matches('"').split(' ').count();
            assert!(!command.starts_with("infer") || words == 3, "{line}");
        } else if line.contains("Sending 490 bytes") {
            // The parts of an input and what comes back for each aren't in the log.
            ready = true;
        }
    }
    assert!(lines.len() > 50);
}

#[test]
fn a_fast_device_gets_many_inferences_and_a_slow_one_a_single_one() {
    for (us, least) in [(3, 3_000_000), (15_000_000, 1)] {
        let performance = run(EmulatedDevice::new("ad01", us, &[]));
        let performance = performance.found.unwrap().performance.unwrap();
        for window in performance.windows {
            assert!(window.inferences >= least, "{us} {window:?}");
            assert!(window.elapsed_us() >= 10_000_000);
            assert!(window.elapsed_us() < 16_000_000);
        }
    }
}

#[test]
fn a_clock_that_wraps_in_a_window_is_no_matter() {
    let mut device = kws(&[]);
    device.clock_us = u32::MAX - 6_000_000;
    let performance = run(device).found.unwrap().performance.unwrap();
    let wrapped = performance.windows.iter().any(|w| w.end_us < w.start_us);
    assert!(wrapped, "{performance:?}");
    assert_eq!(performance.median_throughput(), 1e6 / f64::from(INFERENCE));
}

#[test]
fn an_inference_that_no_record_holds_is_told() {
    let project = Project::find(None, Path::new(".")).unwrap();
    let board = Boards::open(&project.boards())
        .unwrap()
        .load("nano33")
        .unwrap()
        .board;
    let target = Target {
        asked: None,
        energy: None,
        board: &board,
        kind: ExecutionKind::Probe,
        firmware_sha256: None,
    };
    // One of 140 s, or two of 33.5 s each; at 64 MHz a record ends at 67 s.
    for (us, fits) in [(67_000_000, true), (140_000_000, false)] {
        let found = run(kws(&[Fault::Takes { us }])).found.unwrap();
        let record = record::record(&found, &target, Timestamp::UNIX_EPOCH, &project);
        match record {
            Ok(record) => {
                assert!(fits, "{us}");
                let cycles = &record.unwrap().results[0].latency.cycles;
                assert_eq!(cycles[..], [33_500_000 * 64; WINDOWS as usize]);
            }
            Err(error) => {
                assert!(!fits, "{error}");
                assert_eq!(error.exit(), Exit::Target);
                let text = error.to_string();
                assert!(text.contains("that is 8960000000 cycles"), "{text}");
            }
        }
    }
}

#[test]
fn a_device_that_booted_long_ago_answers_to_its_name() {
    let mut link = EmulatedLink::new(kws(&[]), false);
    let ran = run_on(&mut link, None, Duration::from_secs(10));
    assert!(ran.found.is_ok(), "{}", ran.log);
}

#[test]
fn lines_that_mean_nothing_are_kept_in_the_log() {
    let ran = run(kws(&[Fault::Chatty]));
    assert!(ran.found.is_ok());
    assert!(
        ran.log.contains(r"dut: [mbed] heartbeat \u{1b}[2J"),
        "{}",
        ran.log
    );
}

#[test]
fn each_fault_is_told_by_name() {
    let minute = Duration::from_secs(60);
    let mut texts = Vec::new();
    for fault in [
        Fault::Dead,
        Fault::OtherBaud,
        Fault::SilentAfter { after: 2 },
        Fault::SilentAfter { after: 21 },
        Fault::HalfLine { after: 1 },
        Fault::RestartAt { after: 21 },
        Fault::Late { by: minute },
        Fault::StoppedClock,
        Fault::RefusesToInfer,
        Fault::NoResults,
        Fault::ClockBack,
        Fault::ThirdLap,
        Fault::Takes { us: 1 },
        Fault::Takes { us: 9_999_999 },
    ] {
        let (error, log) = failed(&[fault]);
        texts.push(format!("{fault:?}: {error} [exit {}]", error.exit() as u8));
        let heard = !matches!(fault, Fault::Dead);
        assert_eq!(log.contains(" dut: "), heard, "{fault:?}\n{log}");
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_model_of_another_task_is_refused() {
    let ran = run(EmulatedDevice::new("nlp01", 10, &[]));
    assert!(matches!(
        ran.found,
        Err(SessionError::Device(DeviceError::UnknownModel { .. }))
    ));
    let folder = tempfile::tempdir().unwrap();
    let mut log = SessionLog::create(folder.path()).unwrap();
    let plan = Plan {
        task: Some(Task::Ic),
        data: None,
        modes: &[Mode::Performance],
        kind: ExecutionKind::Probe,
        samples: VectorCount::All,
        windows: WINDOWS,
        window: Duration::from_secs(10),
        patience: PATIENCE,
        sampler: None,
        out: folder.path(),
    };
    let mut link = EmulatedLink::new(kws(&[]), true);
    let error = session::run(&mut link, &mut log, &plan, &mut Progress::hidden()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the device runs the model `kws01`, not one for ic; was another image flashed?"
    );
}

/// A data set of keyword spotting: the emulated device gives the class that is the first byte.
fn keywords(labels: &[(u8, usize)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (index, (byte, class)) in labels.iter().enumerate() {
        text += &format!("{index}.bin,12,{class}\n");
        fs::write(folder.path().join(format!("{index}.bin")), [*byte; 490]).unwrap();
    }
    fs::write(folder.path().join("y_labels.csv"), text).unwrap();
    folder
}

#[test]
fn accuracy_is_the_share_of_right_answers() {
    let data = keywords(&[(0, 0), (1, 1), (2, 3), (11, 11)]);
    let mut link = EmulatedLink::new(kws(&[]), true);
    let ran = run_on(&mut link, Some(data.path()), Duration::from_secs(10));
    let accuracy = ran.found.unwrap().accuracy.unwrap();
    assert_eq!(accuracy.top1(), Some(0.75));
    // Of most classes there is no sample.
    assert_eq!(accuracy.auc(), None);
    let text = fs::read_to_string(ran.folder.path().join("kws/accuracy/results.txt")).unwrap();
    assert!(text.contains(" Top-1: 75.0%\n"), "{text}");
    // The performance run had the first sample.
    let json = ran.folder.path().join("kws/performance/results.json");
    assert!(fs::read_to_string(json).unwrap().contains("0.bin"));
}

#[test]
fn a_byte_that_is_lost_while_an_input_is_sent_is_made_good() {
    // The first commands take some 30 bytes; then come 16 parts of an input, 1,036 bytes in all.
    for byte in (40..1_000).step_by(97) {
        let ran = run(kws(&[Fault::LosesByte { byte }]));
        assert!(ran.found.is_ok(), "{byte}: {:?}\n{}", ran.found, ran.log);
        assert!(
            ran.log.contains("the input is loaded again"),
            "{byte}\n{}",
            ran.log
        );
    }
}

#[test]
fn a_byte_that_is_lost_anywhere_ends_in_a_result_or_an_error() {
    for byte in (0..1_300).step_by(7) {
        let ran = run(kws(&[Fault::LosesByte { byte }]));
        if let Ok(found) = ran.found {
            let throughput = found.performance.unwrap().median_throughput();
            assert_eq!(throughput, 1e6 / f64::from(INFERENCE), "{byte}");
        }
    }
}

/// A link at whose end is whatever comes.
struct Noise {
    pieces: Vec<Vec<u8>>,
    now: Duration,
}

impl Link for Noise {
    fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError> {
        match self.pieces.pop() {
            Some(piece) => {
                self.now += Duration::from_millis(1);
                buffer.extend(piece);
            }
            None => self.now += patience,
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.now
    }
}

/// Bytes as a device may send them, and any others.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("m-ready"),
        Just("m-init-done"),
        Just("m-name-dut-[x]"),
        Just("m-model-[kws01]"),
        Just("m-profile-[x]"),
        Just("m-[Expecting 490 bytes]"),
        Just("m-load-done"),
        Just("m-lap-us-5"),
        Just("m-lap-us-4294967295"),
        Just("m-results-[0,1,2,3,4,5,6,7,8,9,10,11]"),
        Just("m-results-[]"),
        Just("e-[no]"),
    ];
    prop_oneof![
        4 => line.prop_map(|line| format!("{line}\r\n").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    // Each writes a log and results to the disk.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_comes_a_session_ends(pieces in proptest::collection::vec(piece(), 0..200)) {
        let mut link = Noise { pieces, now: Duration::ZERO };
        let ran = run_on(&mut link, None, Duration::from_millis(1));
        if let Ok(found) = ran.found {
            prop_assert!(found.performance.unwrap().median_throughput().is_finite());
        }
    }

    #[test]
    fn any_lines_are_read_as_answers(lines in ".{0,200}") {
        let mut link = Noise { pieces: vec![lines.into_bytes()], now: Duration::ZERO };
        let folder = tempfile::tempdir().unwrap();
        let mut log = SessionLog::create(folder.path()).unwrap();
        let mut device = Device::new(&mut link, &mut log, PATIENCE);
        prop_assert!(device.command("name", Duration::from_secs(1)).is_err());
    }
}

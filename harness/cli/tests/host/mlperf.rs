//! `tinybench mlperf`: the command itself against a device that is only a program, on a
//! pseudo-terminal, and bad images and data.
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::{Ended, Tinybench};
use tinybench_devices::mlperf::link::emulated::{EmulatedDevice, Fault};
use tinybench_devices::serving::{Line, SerialPlace};
use tinybench_execution::build::find_toolchain;
use tinybench_record::Fidelity;
use tinybench_record::reading;

/// Microseconds of an inference on the emulated device. Nothing waits for them.
const INFERENCE: u32 = 62_679;

/// A device on a pseudo-terminal; gone when dropped.
struct Attached {
    port: String,
    detached: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Attached {
    fn new(model: &str, faults: &[Fault]) -> Self {
        let line = Line::open(SerialPlace::Pty).unwrap();
        let port = line.address().to_owned();
        let mut device = EmulatedDevice::new(model, INFERENCE, faults);
        let detached = Arc::new(AtomicBool::new(false));
        let is_detached = Arc::clone(&detached);
        let late = faults.iter().find_map(|fault| match fault {
            Fault::Late { by } => Some(*by),
            _ => None,
        });
        let thread = thread::spawn(move || {
            while !is_detached.load(Ordering::Relaxed) {
                let input = line.take_input();
                let output = device.receive(&input);
                if !output.is_empty() {
                    thread::sleep(late.unwrap_or_default());
                }
                for output in output {
                    line.send(&output.bytes);
                }
                thread::sleep(Duration::from_micros(200));
            }
        });
        Self {
            port,
            detached,
            thread: Some(thread),
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.detached.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Measures a device with `faults`; the results go to `out`.
fn measure(tinybench: &Tinybench, model: &str, faults: &[Fault], more: &[&str]) -> Ended {
    let device = Attached::new(model, faults);
    let arguments = ["mlperf", "--port", &device.port, "--out", "out"];
    let mut ended = tinybench.run(&[&arguments, more].concat());
    ended.stderr = ended.stderr.replace(&device.port, "[PORT]");
    ended.stdout = ended.stdout.replace(&device.port, "[PORT]");
    ended
}

fn text(tinybench: &Tinybench, name: &str) -> String {
    fs::read_to_string(tinybench.path(name)).unwrap()
}

#[test]
fn a_device_on_a_port_is_measured() {
    let tinybench = Tinybench::new();
    let more = ["--board", "nano33"];
    let ended = measure(&tinybench, "kws01", &[], &more);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout);
    // The emulated device's clock runs ahead of the wall, which is told.
    assert!(
        ended
            .stderr
            .contains("the device's clock and the host's disagree"),
        "{}",
        ended.stderr
    );
    let results = text(&tinybench, "out/kws/performance/results.txt");
    assert!(
        results.contains("ulp-mlperf: Median throughput is     15.954 inf./sec."),
        "{results}"
    );
    let log = text(&tinybench, "out/kws/performance/log.txt");
    assert!(log.contains(" host: Command \"infer 163 10\""), "{log}");

    let record = text(&tinybench, "out/record.json");
    let record = reading::parse(record.as_bytes()).unwrap();
    let result = &record.results[0];
    assert_eq!(result.latency.median_cycles, f64::from(INFERENCE) * 64.0);
    assert_eq!(result.workload, "kws");
    assert!(result.memory.is_none() && result.flash.is_none());
    let windows = &result.mlperf.as_ref().unwrap().windows;
    assert_eq!(windows.len(), 5);
    assert_eq!(windows[0].us_per_inference, f64::from(INFERENCE));
}

#[test]
fn records_of_devices_are_compared_and_reported_like_others() {
    let tinybench = Tinybench::new();
    let more = ["--board", "nano33", "--format", "json", "--windows", "6"];
    let ended = measure(&tinybench, "kws01", &[], &more);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let written = text(&tinybench, "out/record.json");
    let port = reading::parse(written.as_bytes()).unwrap().asked[0].arguments[1].clone();
    assert_eq!(ended.stdout, written.replace(&port, "[PORT]"));
    let mut slower: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let latency = &mut slower["results"][0]["latency"];
    let cycles = 2 * latency["cycles"][0].as_u64().unwrap();
    latency["cycles"] = serde_json::json!(vec![cycles; 6]);
    latency["min_cycles"] = cycles.into();
    latency["max_cycles"] = cycles.into();
    latency["median_cycles"] = (cycles as f64).into();
    latency["median_us"] = (cycles as f64 / 64.0).into();
    tinybench.file("slower.json", slower.to_string().as_bytes());

    let same = tinybench.run(&["compare", "out/record.json", "out/record.json"]);
    assert_eq!(same.code, Some(0), "{}", same.stderr);
    let worse = tinybench.run(&["compare", "out/record.json", "slower.json"]);
    assert_eq!(worse.code, Some(1), "{}", worse.stdout);
    assert!(worse.stderr.contains("kws"), "{}", worse.stderr);
    for page in ["report.html", "report.md"] {
        let report = tinybench.run(&["report", "out/record.json", "slower.json", "-o", page]);
        assert_eq!(report.code, Some(0), "{}", report.stderr);
    }
    let page = text(&tinybench, "report.md");
    assert!(page.contains("\ntinybench mlperf --port "), "{page}");
    assert!(!page.contains("Flash and RAM"), "{page}");
    for format in ["csv", "junit", "markdown", "bmf", "github"] {
        let export = tinybench.run(&["export", "out/record.json", "--format", format]);
        assert_eq!(export.code, Some(0), "{format}: {}", export.stderr);
        assert!(!export.stdout.contains("NOT VERIFIED"), "{}", export.stdout);
    }
}

#[test]
fn our_own_firmware_speaks_the_protocol_on_the_virtual_boards() {
    if !crate::support::toolchain_is_there() {
        return;
    }
    // The classes that the reference gives to some of the workload's vectors.
    let models = crate::support::project_root().join("workloads/models/kws");
    let inputs = fs::read(models.join("vectors.inputs.i8")).unwrap();
    let outputs = fs::read(models.join("vectors.outputs.i8")).unwrap();
    let tinybench = Tinybench::new();
    let mut labels = String::new();
    for vector in [0, 50, 110] {
        let input = &inputs[490 * vector..][..490];
        let scores = outputs[12 * vector..][..12].iter().map(|v| v.cast_signed());
        let class = scores
            .enumerate()
            .max_by_key(|(_, score)| *score)
            .unwrap()
            .0;
        tinybench.file(&format!("data/{vector}.bin"), input);
        labels += &format!("{vector}.bin,12,{class}\n");
    }
    tinybench.file("data/y_labels.csv", labels.as_bytes());
    let mut boards = vec![
        "nano33",
        "nucleo-l4r5zi",
        "nucleo-u385rg-q",
        "nucleo-u575zi-q",
    ];
    match find_toolchain("thumbv6m-none-eabi") {
        Ok(_) => boards.push("nucleo-g0b1re"),
        Err(error) => eprintln!("nucleo-g0b1re skipped: {error}"),
    }
    for board in boards {
        let measure = |out: &str| {
            let what = [
                "mlperf",
                "--board",
                board,
                "--workload",
                "kws",
                "--out",
                out,
            ];
            let how = ["--data", "data", "--windows", "1", "--window", "200ms"];
            let ended = tinybench.run(&[&what[..], &how].concat());
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            assert!(ended.stdout.contains("top-1 100.0 %"), "{}", ended.stdout);
            assert!(ended.stdout.contains("≈"), "{}", ended.stdout);
            text(&tinybench, &format!("{out}/kws/performance/log.txt"))
        };
        let log = measure(board);
        assert!(log.contains("dut: m-name-dut-[tinybench]"), "{log}");
        assert!(!log.contains(" dut: e-["), "{log}");
        let record = text(&tinybench, &format!("{board}/record.json"));
        let record = reading::parse(record.as_bytes()).unwrap();
        assert_eq!(record.results[0].latency.fidelity, Fidelity::Modelled);
        assert_eq!(record.results[0].quality.as_ref().unwrap().value, 1.0);
        if board == "nano33" {
            // In emulated time a session is the same, to the millisecond of every line.
            assert_eq!(measure("again"), log);
        }
    }
    let anomaly = tinybench.run(&["mlperf", "--board", "nano33", "--workload", "ad"]);
    assert_eq!(anomaly.code, Some(2), "{}", anomaly.stderr);
}

/// A data set whose samples the emulated device classifies as their first byte.
fn keywords(tinybench: &Tinybench, samples: &[(u8, usize)]) {
    let mut labels = String::new();
    for (index, (byte, class)) in samples.iter().enumerate() {
        labels += &format!("{index}.bin,12,{class}\n");
        tinybench.file(&format!("data/kws01/{index}.bin"), &[*byte; 490]);
    }
    tinybench.file("data/kws01/y_labels.csv", labels.as_bytes());
}

#[test]
fn accuracy_is_measured_over_a_data_set() {
    let tinybench = Tinybench::new();
    keywords(&tinybench, &[(0, 0), (1, 1), (2, 2), (3, 4)]);
    let ended = measure(&tinybench, "kws01", &[Fault::Chatty], &["--data", "data"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.ends_with("Of 4 samples: top-1 75.0 %\n"),
        "{}",
        ended.stdout
    );
    let results = text(&tinybench, "out/kws/accuracy/results.txt");
    assert!(results.contains("ulp-mlperf: Top-1: 75.0%"), "{results}");
    let log = text(&tinybench, "out/kws/accuracy/log.txt");
    assert!(log.contains("[mbed] heartbeat"), "{log}");
}

#[test]
fn faults_of_devices_end_with_an_error_and_the_log() {
    let mut texts = Vec::new();
    for (model, fault) in [
        ("kws01", Fault::Dead),
        ("kws01", Fault::OtherBaud),
        ("kws01", Fault::SilentAfter { after: 4 }),
        ("kws01", Fault::HalfLine { after: 2 }),
        ("kws01", Fault::RestartAt { after: 22 }),
        (
            "kws01",
            Fault::Late {
                by: Duration::from_millis(1500),
            },
        ),
        ("kws01", Fault::RefusesToInfer),
        ("nlp01", Fault::Chatty),
    ] {
        let tinybench = Tinybench::new();
        let ended = measure(&tinybench, model, &[fault], &["--timeout", "300ms"]);
        let error = ended.stderr.split_once("error: ").unwrap().1;
        let code = ended.code.unwrap();
        let log = error.rsplit_once("the log up to there: ").unwrap().1.trim();
        let kept = text(&tinybench, log);
        assert!(
            kept.contains(" host: Command \"name\""),
            "{fault:?}: {kept}"
        );
        assert!(!tinybench.path("out/record.json").exists(), "{fault:?}");
        let name = format!("{fault:?}");
        texts.push(format!("{name} (exit {code})\n{error}"));
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_lost_byte_is_made_good() {
    // In the middle of the input: the commands before it have some 30 bytes.
    let tinybench = Tinybench::new();
    let fault = Fault::LosesByte { byte: 500 };
    let ended = measure(&tinybench, "kws01", &[fault], &["--timeout", "300ms"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let log = text(&tinybench, "out/kws/performance/log.txt");
    assert!(log.contains("the input is loaded again"), "{log}");
}

#[test]
fn data_that_does_not_fit_is_told() {
    let tinybench = Tinybench::new();
    keywords(&tinybench, &[(0, 0), (1, 1)]);
    tinybench.file("data/kws01/1.bin", &[0; 489]);
    let short = measure(&tinybench, "kws01", &[], &["--data", "data"]);
    assert_eq!(short.code, Some(7), "{}", short.stderr);
    assert!(
        short
            .stderr
            .contains("1.bin: it has 489 bytes instead of 490"),
        "{}",
        short.stderr
    );
    let other = measure(&tinybench, "vww01", &[], &["--data", "data"]);
    assert_eq!(other.code, Some(7), "{}", other.stderr);
    assert!(other.stderr.contains("vww01"), "{}", other.stderr);
}

#[test]
fn what_the_command_line_lacks_is_told() {
    let tinybench = Tinybench::new();
    for arguments in [
        &["mlperf"][..],
        &["mlperf", "--firmware", "a.bin"],
        &["mlperf", "--port", "x", "--mode", "accuracy"],
        &["mlperf", "--port", "x", "--format", "json"],
        &[
            "mlperf",
            "--port",
            "x",
            "--firmware",
            "a.bin",
            "--board",
            "nano33",
        ],
        &["mlperf", "--port", "x", "--window", "2h"],
    ] {
        assert_eq!(tinybench.run(arguments).code, Some(2), "{arguments:?}");
    }
    let gone = tinybench.run(&["mlperf", "--port", "/dev/tty.none"]);
    assert_eq!(gone.code, Some(4));
    assert!(
        gone.stderr
            .contains("can't open /dev/tty.none at 115200 baud"),
        "{}",
        gone.stderr
    );
}

#[test]
fn images_that_do_not_fit_are_told() {
    let tinybench = Tinybench::new();
    // The vector table of an image for an STM32: its stack is nowhere on an nRF52840.
    let table: [u32; 4] = [0x200A_0000, 0x0800_0201, 0, 0];
    let image: Vec<u8> = table.iter().flat_map(|word| word.to_le_bytes()).collect();
    tinybench.file("other.bin", &image);
    tinybench.file("large.bin", &vec![0; (1 << 20) + 1]);
    tinybench.file("corrupt.hex", b":0400000001020304F3\n:00000001FF\n");
    tinybench.file("not.elf", b"hello");
    let mut texts = Vec::new();
    for name in [
        "other.bin",
        "large.bin",
        "corrupt.hex",
        "not.elf",
        "none.bin",
    ] {
        let ended = tinybench.run(&["mlperf", "--board", "nano33", "--firmware", name]);
        assert_eq!(ended.code, Some(7), "{name}: {}", ended.stderr);
        texts.push(ended.stderr);
    }
    insta::assert_snapshot!(texts.join(""));
    // An image that never says anything, in emulated time.
    let endless: Vec<u8> = [0x2000_1000_u32, 0x9, 0xE7FE_E7FE]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    tinybench.file("mute.bin", &endless);
    let arguments = ["mlperf", "--board", "nano33", "--firmware", "mute.bin"];
    let mute = tinybench.run(&[&arguments[..], &["--timeout", "100ms"]].concat());
    assert_eq!(mute.code, Some(4), "{}", mute.stderr);
    assert!(mute.stderr.contains("doesn't answer"), "{}", mute.stderr);
    let uart = tinybench.run(&[&arguments[..], &["--uart", "9"]].concat());
    assert_eq!(uart.code, Some(2), "{}", uart.stderr);
}

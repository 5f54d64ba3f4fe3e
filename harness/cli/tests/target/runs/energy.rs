//! Energy by an instrument, the whole way: firmware, pin, the instrument's stream on a pseudo-terminal,
//! windows, record, report. The board is virtual and draws what its file says, so what comes out is known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, compilers_are_there, project_root, toolchain_is_there};
use tinybench_inputs::board::Board;
use tinybench_instruments::{Event, Instrument, Integration, Kind, Plan, Replay};
use tinybench_record::{Fidelity, RunRecord, RunResult};
use tinybench_support::hash::sha256_of;

const ENERGY: [&str; 11] = [
    "--vectors",
    "2",
    "--windows",
    "3",
    "--window",
    "200ms",
    "--supply",
    "3.0V",
    "--out",
    "new.json",
    "--format=json",
];

fn run(tinybench: &Tinybench, board: &str, workload: &str, meter: &str) -> RunResult {
    let start = ["run", "--board", board, "--on", "virtual", "--workload"];
    let what = [workload, "--power-meter", meter];
    let ended = tinybench.run(&[&start[..], &what, &ENERGY].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    record.results.remove(0)
}

/// Power of a board at 3 V while its core runs, and asleep, mW.
fn powers(name: &str) -> [f64; 2] {
    let path = project_root().join(format!("targets/boards/{name}.toml"));
    let text = fs::read_to_string(&path).unwrap();
    let power = Board::parse(&text, Path::new(&path))
        .unwrap()
        .board
        .power
        .unwrap();
    [power.active_ma * 3.0, power.idle_ua * 3.0 / 1_000.0]
}

#[test]
fn the_energy_that_is_put_in_comes_out() {
    if !toolchain_is_there() {
        return;
    }
    for (board, workload, meter) in [
        ("nano33", "kws", "emulated-ppk2"),
        ("nucleo-l4r5zi", "forest", "emulated-lpm01a"),
    ] {
        let tinybench = Tinybench::new();
        let result = run(&tinybench, board, workload, meter);
        let energy = result.energy.unwrap();
        let metered = energy.metered.unwrap();
        let [active_mw, idle_mw] = powers(board);
        let expected = active_mw * result.latency.median_us / 1_000.0;
        let off = |found: f64, expected: f64| (found / expected - 1.0).abs();
        // Of a forest the copies of the input are a part that is more than nothing.
        let tolerance = if workload == "kws" { 0.005 } else { 0.15 };
        assert!(
            off(energy.uj_per_inference, expected) < tolerance,
            "{board}: {metered:?}"
        );
        // Their own time has no part that isn't known.
        let inferences = metered.inferences as f64;
        let windows = metered.windows_uj.iter().zip(&metered.course.windows);
        for (found, [start, end]) in windows {
            let each_ms = (end - start) * 1_000.0 / inferences;
            assert!(
                off(*found, active_mw * each_ms) < 0.005,
                "{board}: {metered:?}"
            );
        }
        assert!(
            off(energy.mean_mw, active_mw) < 0.005,
            "{board}: {}",
            energy.mean_mw
        );
        assert!(
            off(metered.idle_mw.unwrap(), idle_mw) < 0.05,
            "{board}: {metered:?}"
        );
        assert_eq!(
            (energy.source.as_str(), energy.fidelity),
            (meter, Fidelity::Modelled)
        );
        assert_eq!(metered.windows_uj.len(), 3);
        let [low, high] = metered.interval_uj.unwrap();
        assert!((low..=high).contains(&energy.uj_per_inference));

        // The trace beside the record has it all.
        let trace = tinybench.path(&metered.trace.file);
        assert_eq!(
            metered.trace.file,
            format!("new.traces/{workload}-{}.trace.gz", result.runtime.name)
        );
        assert_eq!(sha256_of(&trace).unwrap(), metered.trace.sha256);
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| meter.ends_with(kind.word()));
        let mut replay = Replay::open(&trace).unwrap();
        replay.supply(3.0).unwrap();
        let mut integration = Integration::new(Plan {
            sample_rate_hz: replay.capability().sample_rate_hz,
            supply_v: 3.0,
            mark_input: kind.unwrap().mark_input(),
            windows: 3,
            settle_s: 0.002,
            late_s: 0.0,
        });
        let mut events = Vec::new();
        while !events.contains(&Event::End) {
            events.clear();
            replay.read(&mut events, Duration::ZERO).unwrap();
            integration.feed(&events);
        }
        let [start, end] = metered.course.windows[0];
        let again = integration.finish(&[end - start]);
        let windows = again.windows.iter().map(|it| it.energy_uj / inferences);
        assert_eq!(windows.collect::<Vec<_>>(), metered.windows_uj);

        let Ended { code, stderr, .. } =
            tinybench.run(&["report", "new.json", "--out", "new.html"]);
        assert_eq!(code, Some(0), "{stderr}");
        let page = fs::read_to_string(tinybench.path("new.html")).unwrap();
        assert!(page.contains("the course of the power"), "{board}");
        assert_eq!(page.matches("class=\"window\"").count(), 3, "{board}");
        reports_are_true(&tinybench, &["new.json"], None);
    }
}

#[test]
fn two_emulated_runs_have_the_same_record_and_build_a_runtime_once() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    for name in ["dense.tflite", "dense.inputs.i8", "dense.outputs.i8"] {
        tinybench.file(name, &fs::read(fixtures.join(name)).unwrap());
    }
    let source = project_root().join("examples/runtimes/dense/dense.c");
    tinybench.file("engine/dense.c", &fs::read(source).unwrap());
    // Its generator leaves a line each time that it runs.
    let toml = "name = \"dense\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\nsources = [\"dense.c\"]\n\
                [generate]\ncommand = [\"sh\", \"-c\", \"echo >> ran\"]\n";
    tinybench.file("engine/runtime.toml", toml.as_bytes());
    let run = || {
        let what = [
            "--model",
            "dense.tflite",
            "--reference",
            ".",
            "--runtime",
            "./engine",
        ];
        let meter = ["--power-meter", "emulated-ppk2"];
        let ended = tinybench.run_virtual(&[&what[..], &meter, &ENERGY].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        RunRecord::parse(ended.stdout.as_bytes()).unwrap()
    };
    let [one, other] = [run(), run()];
    assert_eq!(one.results, other.results);
    let metered = one.results[0].energy.as_ref().unwrap().metered.as_ref();
    assert_eq!(metered.unwrap().instrument, Kind::Ppk2.title());
    let ran = fs::read_to_string(tinybench.path("engine/ran")).unwrap();
    assert_eq!(ran.lines().count(), 2);
}

/// A run of two models with a power instrument, from `more` on.
fn two_metered(tinybench: &Tinybench, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tinybench"));
    command
        .current_dir(tinybench.folder.path())
        .env("TINYBENCH_PROJECT", project_root())
        .args(["run", "--board", "nano33", "--on", "virtual", "--jobs", "1"])
        .args(["--model", "first.tflite", "--model", "second.tflite"])
        .args(["--vectors", "2", "--power-meter", "emulated-ppk2"])
        .args(["--supply", "3.0V", "--windows", "3", "--window", "1s"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A folder with these two models.
fn two_models() -> Tinybench {
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    for (name, fixture) in [("first", "dense"), ("second", "softmax")] {
        let model = fs::read(fixtures.join(format!("{fixture}.tflite"))).unwrap();
        tinybench.file(&format!("{name}.tflite"), &model);
    }
    tinybench
}

/// The files of traces, those that are being written too.
fn traces(tinybench: &Tinybench) -> Vec<PathBuf> {
    let entries = fs::read_dir(tinybench.path("new.traces"));
    let paths = entries.into_iter().flatten().map(|it| it.unwrap().path());
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    paths
}

/// The record `new.json`, without the time at which it began.
fn untimed(tinybench: &Tinybench) -> RunRecord {
    let mut record = RunRecord::parse(&fs::read(tinybench.path("new.json")).unwrap()).unwrap();
    record.started_at = String::new();
    record
}

#[test]
fn a_metered_run_that_is_interrupted_loses_nothing_and_goes_on() {
    if !toolchain_is_there() {
        return;
    }
    let quiet = two_models();
    let ended = two_metered(&quiet, &["--out", "new.json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let expected = untimed(&quiet);
    let whole = traces(&quiet);
    assert_eq!((expected.results.len(), whole.len()), (2, 2));

    for (signal, code) in [("-INT", Some(130)), ("-KILL", None)] {
        let tinybench = two_models();
        let mut run = two_metered(&tinybench, &["--out", "new.json"]);
        let mut run = run.stderr(Stdio::null()).spawn().unwrap();
        // The first is measured, and the trace of the second is being written.
        let first = tinybench
            .path("new.traces")
            .join(whole[0].file_name().unwrap());
        while !first.exists() || traces(&tinybench).len() < 2 {
            assert_eq!(run.try_wait().unwrap(), None, "it ended too early");
            thread::sleep(Duration::from_millis(1));
        }
        let process = run.id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
        assert_eq!(run.wait().unwrap().code(), code, "{signal}");
        assert!(!tinybench.path("new.json").exists());
        let journal = fs::read_to_string(tinybench.path("new.json.journal")).unwrap();
        assert_eq!(journal.lines().count(), 2, "what was asked, and the first");
        // What is in the journal is there: the trace of the first, whole.
        assert_eq!(fs::read(&first).unwrap(), fs::read(&whole[0]).unwrap());
        if code.is_some() {
            // And of the second what had been sampled.
            let second = tinybench
                .path("new.traces")
                .join(whole[1].file_name().unwrap());
            let mut replay = Replay::open(&second).unwrap();
            replay.supply(3.0).unwrap();
            let mut events = Vec::new();
            while !events.contains(&Event::End) {
                replay.read(&mut events, Duration::ZERO).unwrap();
            }
        }

        let ended = tinybench.run(&["run", "--resume", "new.json.journal"]);
        assert_eq!(ended.code, Some(0), "{signal}: {}", ended.stderr);
        assert_eq!(untimed(&tinybench), expected, "{signal}");
        for (trace, result) in whole.iter().zip(&expected.results) {
            let metered = result.energy.as_ref().unwrap().metered.as_ref().unwrap();
            let there = tinybench.path(&metered.trace.file);
            assert_eq!(there.file_name(), trace.file_name());
            assert_eq!(sha256_of(&there).unwrap(), metered.trace.sha256, "{signal}");
        }
        assert!(!tinybench.path("new.json.journal").exists());
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_built() {
    let tinybench = Tinybench::new();
    for (arguments, code, told) in [
        (
            &["--power-meter", "ppk2", "--supply", "3.0V"][..],
            2,
            "measures a real board",
        ),
        (
            &["--power-meter", "emulated-lpm01a", "--supply", "5V"],
            2,
            "supplies 1.8 V to 3.3 V, not 5 V",
        ),
        (
            &["--power-meter", "ppk3", "--supply", "3V"],
            2,
            "it must be ppk2, lpm01a or joulescope",
        ),
        (&["--power-meter", "ppk2"], 2, "--supply <VOLTS>"),
        (
            &[
                "--power-meter",
                "emulated-ppk2",
                "--supply",
                "3V",
                "--image",
                "own.elf",
            ],
            2,
            "--image can't be used with --power-meter",
        ),
    ] {
        let ended = tinybench.run_virtual(&[&["--workload", "kws"][..], arguments].concat());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn each_stage_from_raw_audio_has_its_energy() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let result = run(&tinybench, "nano33", "kws-audio", "emulated-ppk2");
    let energy = result.energy.unwrap();
    let metered = energy.metered.unwrap();
    let stages = metered.stages.unwrap();
    let latency = result.latency.stages.unwrap();
    let [active_mw, _] = powers("nano33");
    // Of the answer, which takes a fraction of a millisecond, calling it is a part that is more than nothing.
    for ((name, stage), (timed, tolerance)) in stages.named().into_iter().zip([
        (&latency.preprocess, 0.005),
        (&latency.inference, 0.005),
        (&latency.postprocess, 0.5),
    ]) {
        let expected = active_mw * timed.median_us / 1_000.0;
        let off = stage.uj / expected - 1.0;
        assert!(off.abs() < tolerance, "{name}: {stage:?}, {expected}");
        let [low, high] = stage.interval_uj.unwrap();
        assert!((low..=high).contains(&stage.uj), "{name}: {stage:?}");
        assert_eq!(stage.windows_uj.len(), 3, "{name}");
    }
    let sum: f64 = stages.named().iter().map(|(_, it)| it.uj).sum();
    assert!((energy.uj_per_inference / sum - 1.0).abs() < 1e-9);
    let expected = active_mw * result.latency.median_us / 1_000.0;
    assert!((energy.uj_per_inference / expected - 1.0).abs() < 0.005);
    // Three windows of each of three stages, in order.
    assert_eq!(metered.course.windows.len(), 9);
}

#[test]
fn a_session_of_mlperf_tiny_measures_energy_too() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let session = |board: &str, more: &[&str]| {
        let start = ["mlperf", "--board", board, "--workload", "kws"];
        // Of a window in performance mode the line that tells its begin is a part: 2 ms.
        let how = ["--windows", "2", "--window", "500ms", "--format=json"];
        let ended = tinybench.run(&[&start[..], &how, more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let mut record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
        record.results.remove(0)
    };
    for (board, meter) in [
        ("nano33", "emulated-ppk2"),
        ("nucleo-l4r5zi", "emulated-lpm01a"),
    ] {
        let timed = session(board, &["--out", "timed"]);
        let metering = ["--energy", "--power-meter", meter, "--supply", "3.0V"];
        let result = session(board, &[&metering[..], &["--out", "metered"]].concat());
        let energy = result.energy.unwrap();
        let metered = energy.metered.unwrap();
        let [active_mw, _] = powers(board);
        let expected = active_mw * timed.latency.median_us / 1_000.0;
        let off = energy.uj_per_inference / expected - 1.0;
        // The first mark is a third of a millisecond of the window.
        assert!(
            off.abs() < 0.005,
            "{board}: {energy:?} {expected}",
            energy = metered.windows_uj
        );
        assert!((energy.mean_mw / active_mw - 1.0).abs() < 0.005, "{board}");
        assert_eq!(metered.windows_uj.len(), 2);
        assert_eq!(
            (energy.source.as_str(), energy.fidelity),
            (meter, Fidelity::Modelled)
        );
        assert_eq!(metered.trace.file, "kws/energy/trace.gz");
        let trace = tinybench.path("metered").join(&metered.trace.file);
        assert_eq!(sha256_of(&trace).unwrap(), metered.trace.sha256);
        let text = fs::read_to_string(tinybench.path("metered/kws/energy/results.txt")).unwrap();
        assert!(text.starts_with("Power Edition Output\nModelled"), "{text}");
        assert_eq!(text.matches("Energy data for trial").count(), 2, "{text}");
        let median = format!(
            "Median energy cost is {:.4} uJ/inf.",
            energy.uj_per_inference
        );
        assert!(text.contains(&median), "{text}");
    }
}

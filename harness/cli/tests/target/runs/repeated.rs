//! "How to repeat this": what a report prints is typed into a shell, and must make the same record.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tinybench_record::RunRecord;

use crate::support::pages::reports_are_true;
use crate::support::{Tinybench, project_root, shared, toolchain_is_there};

/// What a report on `record` says is to be typed, without what is for a clone of the repository.
fn printed(tinybench: &Tinybench, record: &str) -> Vec<String> {
    let ended = tinybench.run(&["report", record, "-o", "report.md"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = fs::read_to_string(tinybench.path("report.md")).unwrap();
    let (_, commands) = text.split_once("## How to repeat this").unwrap();
    let (_, commands) = commands.split_once("```sh\n").unwrap();
    let (commands, _) = commands.split_once("```").unwrap();
    let lines = commands
        .lines()
        .filter(|line| line.starts_with("tinybench "));
    lines.map(str::to_owned).collect()
}

/// The words into which a shell splits a line.
fn words(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' {line}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Types a line into a shell in which `tinybench` is the command under test.
fn typed(tinybench: &Tinybench, line: &str) {
    let folder = tinybench.path(".bin");
    fs::create_dir_all(&folder).unwrap();
    let command = folder.join("tinybench");
    if !command.exists() {
        std::os::unix::fs::symlink(tinybench.command().get_program(), &command).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(tinybench.folder.path())
        .env("TINYBENCH_PROJECT", project_root())
        .env("PATH", format!("{}:{path}", folder.display()))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {stderr}");
}

/// The record at `path` without the time, which no repetition has in common.
fn record(path: &Path) -> Value {
    let mut record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("started_at");
    record
}

/// The only record of a folder that holds nothing else.
fn only(folder: &Path) -> Value {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let entry = entries.remove(0);
    match entry.is_dir() {
        true => record(&entry.join("record.json")),
        false => record(&entry),
    }
}

/// Runs a command, types what its report prints, and compares the records. Each of `arguments` must be
/// among the printed words. Gives the printed commands.
fn repeats(tinybench: &Tinybench, arguments: &[&str]) -> Vec<String> {
    let results = tinybench.path("tinybench-results");
    let ended = tinybench.run(arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let first = only(&results);
    tinybench.file("first.json", with_time(&first).as_bytes());
    fs::remove_dir_all(&results).unwrap();
    let lines = printed(tinybench, "first.json");
    let words: Vec<String> = lines.iter().flat_map(|line| words(line)).collect();
    for argument in arguments {
        assert!(
            words.iter().any(|word| word == argument),
            "{argument}: {lines:?}"
        );
    }
    for line in &lines {
        typed(tinybench, line);
    }
    assert_eq!(only(&results), first);
    fs::remove_dir_all(&results).unwrap();
    lines
}

fn with_time(record: &Value) -> String {
    let mut record = record.clone();
    record["started_at"] = "2026-01-02T03:04:05Z".into();
    record.to_string()
}

const ON_VIRTUAL: [&str; 5] = ["run", "--on", "virtual", "--runs", "2"];

#[test]
fn variants_with_power_and_a_cell_are_repeated() {
    if !toolchain_is_there() {
        return;
    }
    let suite = ["--suite", "compression", "--workload", "ad-int8-huffman"];
    let power = [
        "--power",
        "ldo-1v8",
        "--every",
        "5s",
        "--cell",
        "cr2032@-20C",
    ];
    let board = ["--board", "nucleo-l4r5zi", "--vectors", "2"];
    let arguments = [&ON_VIRTUAL[..], &suite, &power, &board].concat();
    let lines = repeats(&Tinybench::new(), &arguments);
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_shard_of_models_of_the_user_is_repeated() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let model = fs::read(fixtures.join("dense.tflite")).unwrap();
    tinybench.file("mine.tflite", &model);
    tinybench.file("my models/it's $HOME.tflite", &model);
    let board = ["--board", "nano33", "--vectors", "all", "--shard", "2/2"];
    let models = [
        "--model",
        "mine.tflite",
        "--model",
        "my models/it's $HOME.tflite",
        "--name",
        "first",
        "--name",
        "a second",
    ];
    let lines = repeats(&tinybench, &[&ON_VIRTUAL[..], &board, &models].concat());
    assert_eq!(lines.len(), 1);
}

#[test]
fn layouts_are_repeated_and_what_is_said_of_them_is_so() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let what = ["--workload", "centroid", "--vectors", "2"];
    let arguments = [
        &ON_VIRTUAL[..],
        &["--board", "nucleo-l4r5zi"],
        &what,
        &["--layouts", "3"],
    ];
    repeats(&tinybench, &arguments.concat());
    let record: RunRecord =
        serde_json::from_slice(&fs::read(tinybench.path("first.json")).unwrap()).unwrap();
    let latency = &record.results[0].latency;
    let layouts = latency.layouts.as_ref().unwrap();
    let offsets: Vec<_> = layouts.each.iter().map(|it| it.offset_bytes).collect();
    assert_eq!(offsets, [0, 36, 72]);
    assert_eq!(layouts.each[0].median_cycles, latency.median_cycles);
    // The same code elsewhere: hardly another time, but another one.
    assert!(layouts.spread_percent > 0.0 && layouts.spread_percent < 10.0);
    reports_are_true(&tinybench, &["first.json"], None);
    // All other figures are those of the image that is built without.
    let without = tinybench.run(&[
        "run",
        "--board",
        "nucleo-l4r5zi",
        "--on",
        "virtual",
        "--runs",
        "2",
        "--workload",
        "centroid",
        "--vectors",
        "2",
        "--format",
        "json",
    ]);
    let without = RunRecord::parse(without.stdout.as_bytes()).unwrap();
    let mut first = record.results[0].clone();
    first.latency.layouts = None;
    assert_eq!(without.results[0], first);
}

#[test]
fn the_models_of_others_are_repeated() {
    if !toolchain_is_there() {
        return;
    }
    let Some(shared) = shared() else {
        return;
    };
    let tinybench = Tinybench::new();
    let folder = shared.join("mlperf-tiny");
    std::os::unix::fs::symlink(fs::canonicalize(folder).unwrap(), tinybench.path("models"))
        .unwrap();
    let suite = ["--suite", "mlperf-tiny", "--workload", "mlperf-ad"];
    let more = ["--from", "models", "--board", "nano33", "--vectors", "1"];
    let lines = repeats(&tinybench, &[&ON_VIRTUAL[..], &suite, &more].concat());
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_device_of_the_mlperf_protocol_is_repeated() {
    if !toolchain_is_there() {
        return;
    }
    let device = ["mlperf", "--board", "nucleo-l4r5zi", "--workload", "kws"];
    let windows = ["--windows", "2", "--window", "200ms"];
    let lines = repeats(&Tinybench::new(), &[&device[..], &windows].concat());
    assert_eq!(lines.len(), 1);
}

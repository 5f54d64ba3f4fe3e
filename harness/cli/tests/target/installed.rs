//! The program alone: no clone of the repository, no compiler, a folder of the user's.

use std::fs;

use assert_cmd::Command;
use tinybench_record::RunRecord;

use crate::support::{Tinybench, project_root};

/// The command as it is on a machine with nothing but the program.
fn alone(tinybench: &Tinybench) -> Command {
    let mut command = tinybench.command();
    command
        .env_remove("TINYBENCH_PROJECT")
        .env_remove("TINYBENCH_TARGET")
        .env("TINYBENCH_CACHE", tinybench.path("cache"))
        .env("PATH", tinybench.path("nothing"));
    command
}

fn record(tinybench: &Tinybench, command: &mut Command, asked: &[&str]) -> RunRecord {
    let run = ["run", "--board", "nano33", "--on", "virtual"];
    command.args(run).args(["--vectors", "2", "--runs", "2"]);
    let ended = tinybench.ended(command.args(asked).args(["--format", "json"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    RunRecord::parse(ended.stdout.as_bytes()).unwrap()
}

/// All that may differ between two machines, left out.
fn without_time_and_place(mut record: RunRecord) -> serde_json::Value {
    record.tinybench.commit = None;
    record.started_at = String::new();
    serde_json::to_value(record).unwrap()
}

#[test]
fn in_an_empty_folder_it_measures_the_same_as_in_a_clone() {
    let tinybench = Tinybench::new();
    let own = fs::read(
        project_root()
            .join("targets/runtimes/interpreter/tests/fixtures/shapes/fully_connected_16x8.tflite"),
    );
    tinybench.file("own.tflite", &own.unwrap());
    for asked in [
        &["--suite", "standard"][..],
        &["--model", "own.tflite"],
        &["--suite", "learning"],
    ] {
        let installed = record(&tinybench, &mut alone(&tinybench), asked);
        assert!(installed.failures.is_empty());
        let outputs = installed.results.iter().map(|it| it.outputs.as_ref());
        assert!(outputs.flatten().all(|it| it.verified), "{asked:?}");
        let in_clone = record(&tinybench, &mut tinybench.command(), asked);
        assert_eq!(
            without_time_and_place(installed),
            without_time_and_place(in_clone),
            "{asked:?}"
        );
    }
}

#[test]
fn what_needs_sources_says_so() {
    let tinybench = Tinybench::new();
    let mut command = alone(&tinybench);
    let run = ["run", "--board", "nano33", "--workload", "ad"];
    let ended = tinybench.ended(command.args(run).arg("--build"));
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("clone the repository"),
        "{}",
        ended.stderr
    );
    // Nor does it have what an engine is compiled against.
    let engine = project_root().join("examples/runtimes/dense");
    let mut command = alone(&tinybench);
    let engine = ["--runtime", engine.to_str().unwrap()];
    let ended = tinybench.ended(command.args(run).args(engine));
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("clone the repository") && ended.stderr.lines().count() < 6,
        "{}",
        ended.stderr
    );
    assert!(!tinybench.path("tinybench-results").exists());
}

#[test]
fn boards_and_workloads_of_the_user_s_own_are_measured() {
    let tinybench = Tinybench::new();
    let ended = tinybench.ended(alone(&tinybench).args(["init", "own"]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let chip = ["--chip", "STM32F411RETx", "--clock-hz", "16000000"];
    let mut new = alone(&tinybench);
    new.args(["boards", "new", "--out", "own/boards/mine.toml"]);
    assert_eq!(tinybench.ended(new.args(chip)).code, Some(0));
    for file in fs::read_dir(project_root().join("workloads/models/kws")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        if path.ends_with("card.toml") {
            let card = String::from_utf8(bytes).unwrap();
            bytes = card.replacen("\"kws\"", "\"hello\"", 1).into_bytes();
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        tinybench.file(&format!("own/workloads/hello/{name}"), &bytes);
    }
    fs::create_dir(tinybench.path("own/src")).unwrap();
    let mut command = alone(&tinybench);
    command.current_dir(tinybench.path("own/src"));
    command.args([
        "run",
        "--board",
        "mine",
        "--workload",
        "hello",
        "--vectors",
        "2",
    ]);
    let ended = tinybench.ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("hello") && ended.stdout.contains("yes, 2"),
        "{}",
        ended.stdout
    );
    // By name, from elsewhere.
    let mut listed = alone(&tinybench);
    let boards = tinybench.ended(listed.args(["--project", "own", "boards"]));
    assert!(boards.stdout.contains("mine") && boards.stdout.contains("nano33"));
    // Only there.
    let boards = tinybench.ended(alone(&tinybench).arg("boards"));
    assert!(!boards.stdout.contains("mine"), "{}", boards.stdout);
}

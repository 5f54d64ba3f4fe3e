//! Splitting a run over jobs and putting its records together.

use crate::support::records::Record;
use crate::support::{Tinybench, kws_model, project_root, toolchain_is_there};
use serde_json::Value;

#[test]
fn the_record_of_shards_is_that_of_one_run_but_for_its_time() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let models =
        ["dense", "add"].map(|name| format!("--model={}/{name}.tflite", fixtures.display()));
    let run = |more: &[&str]| {
        let mut arguments = vec!["run", "--board", "nano33", "--on", "virtual", "--runs", "2"];
        arguments.extend(models.iter().map(String::as_str));
        arguments.extend(more);
        let ended = tinybench.run(&arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended
    };
    let ended = run(&["--out", "whole.json", "--save-baseline", "main"]);
    assert!(
        ended
            .stderr
            .ends_with("baseline: [FOLDER]/.tinybench/baselines/main.json\n"),
        "{}",
        ended.stderr
    );
    run(&["--out", "1.json", "--shard", "1/2"]);
    run(&["--out", "2.json", "--shard", "2/2"]);
    let merged = tinybench.run(&["merge", "2.json", "1.json"]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);

    let without_time = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        value["started_at"].take();
        value
    };
    let whole = std::fs::read_to_string(tinybench.path("whole.json")).unwrap();
    assert_eq!(without_time(&merged.stdout), without_time(&whole));

    // And the baseline that was saved is the same as what is merged from the parts.
    tinybench.file("merged.json", merged.stdout.as_bytes());
    let compared = tinybench.run(&["compare", "main", "merged.json"]);
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    assert!(compared.stdout.contains("12 same\n"), "{}", compared.stdout);
}

#[test]
fn a_shard_of_a_scheduler_is_told_and_so_is_nonsense() {
    let tinybench = Tinybench::new();
    let of_two = |index: &str| {
        let mut command = tinybench.command();
        command
            .args(["run", "--board", "nano33", "--on", "virtual"])
            .args(["--workload", "kws", "--shard", "auto"])
            .env("TINYBENCH_JOB_INDEX", index)
            .env("TINYBENCH_JOB_TOTAL", "2");
        tinybench.ended(&mut command)
    };
    let ended = of_two("1");
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(2),
            "shard 2/2, as TINYBENCH_JOB_INDEX says\ntarget: virtual nano33 (as --on virtual \
             asks)\nerror: shard 2/2 has nothing to run: there are 1 in all; use at most as many \
             shards\n"
        )
    );
    let ended = of_two("2");
    assert_eq!(ended.code, Some(2));
    let said = "TINYBENCH_JOB_INDEX is 2, but TINYBENCH_JOB_TOTAL is 2";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn a_shard_without_work_is_refused() {
    let ended = Tinybench::new().run_virtual(&["--workload", "kws", "--shard", "2/2"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.ends_with(
            "error: shard 2/2 has nothing to run: there are 1 in all; use at most as many shards\n"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn one_workload_twice_is_refused() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run_virtual(&["--workload", "kws", "--workload", "kws"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("would be run twice"),
        "{}",
        ended.stderr
    );
    // A model is called after its file.
    tinybench.file("kws.tflite", &kws_model());
    let same = ["--workload", "kws", "--model", "kws.tflite"];
    let ended = tinybench.run_virtual(&same);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("would be run twice"),
        "{}",
        ended.stderr
    );
    let named = ["--model", "kws.tflite", "--name", "kws"];
    let ended = tinybench.run_virtual(&[&["--workload", "kws"], &named[..]].concat());
    assert_eq!(ended.code, Some(2));
    let said = "--name kws: two of what is measured would be called that";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn records_that_do_not_belong_together_are_refused_and_nothing_is_written() {
    let tinybench = Tinybench::new();
    let record = Record::real();
    tinybench.file("a.json", record.text().as_bytes());
    let other = record.with("/results/0/workload", "vww".into());
    tinybench.file("b.json", other.text().as_bytes());
    let clock = other.clone().with("/board/instruction_cache", false.into());
    tinybench.file("c.json", clock.text().as_bytes());
    let merge = |names: &[&str]| {
        let arguments: Vec<_> = ["merge", "-o", "out.json"]
            .iter()
            .chain(names)
            .copied()
            .collect();
        tinybench.run(&arguments)
    };
    for (names, said) in [
        (&["a.json", "a.json"][..], "is in a.json and in a.json"),
        (&["a.json", "c.json"], "differ in `board`"),
        (&["a.json", "none.json"], "can't read none.json"),
    ] {
        let ended = merge(names);
        assert_eq!(ended.code, Some(7), "{names:?}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!tinybench.path("out.json").exists());
    }
    assert_eq!(merge(&["a.json", "b.json"]).code, Some(0));
    let text = std::fs::read(tinybench.path("out.json")).unwrap();
    let merged = tinybench_record::reading::parse(&text).unwrap();
    assert_eq!(merged.results.len(), 2);
}

//! A subject's failure is its own. Skipped, saying so, where firmware can't be built.

use std::fs;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, kws_model, project_root, shared, toolchain_is_there};
use tinybench_record::{FailureKind, RunRecord};

fn record(tinybench: &Tinybench, name: &str) -> RunRecord {
    let mut record = RunRecord::parse(&fs::read(tinybench.path(name)).unwrap()).unwrap();
    record.started_at = String::new();
    record
}

/// Puts models of the interpreter's tests into the folder. The second has a wrong reference.
fn models(tinybench: &Tinybench) -> Vec<String> {
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    let names = ["dense", "dense_short", "softmax"];
    for name in names {
        for ending in ["tflite", "inputs.i8", "outputs.i8"] {
            let file = format!("{name}.{ending}");
            let mut bytes = fs::read(fixtures.join(&file)).unwrap();
            if file == "dense_short.outputs.i8" {
                bytes[1] ^= 1;
            }
            tinybench.file(&file, &bytes);
        }
    }
    names
        .iter()
        .flat_map(|name| ["--model".to_owned(), format!("{name}.tflite")])
        .chain(["--reference".to_owned(), ".".to_owned()])
        .collect()
}

fn run(tinybench: &Tinybench, models: &[String], more: &[&str]) -> Ended {
    let models: Vec<&str> = models.iter().map(String::as_str).collect();
    tinybench.run_virtual(&[&models, more].concat())
}

#[test]
fn the_others_are_measured_whatever_the_number_of_jobs() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let models = models(&tinybench);
    let said: Vec<_> = ["1", "3"]
        .iter()
        .map(|jobs| {
            let out = format!("{jobs}.json");
            let ended = run(&tinybench, &models, &["--jobs", jobs, "--out", &out]);
            assert_eq!(ended.code, Some(3), "{}", ended.stderr);
            let last = ended.stderr.lines().last().unwrap().to_owned();
            (ended.stdout, last, record(&tinybench, &out))
        })
        .collect();
    assert_eq!(said[0], said[1]);
    let (table, error, record) = &said[0];
    assert!(
        error.starts_with("error: dense_short: the output differs"),
        "{error}"
    );
    assert!(table.contains("failed: mismatch"), "{table}");
    let names: Vec<_> = record
        .results
        .iter()
        .map(|it| it.workload.as_str())
        .collect();
    assert_eq!(names, ["dense", "softmax"]);
    let [failure] = record.failures.as_slice() else {
        panic!("{record:?}");
    };
    assert_eq!(
        (failure.workload.as_str(), &failure.kind, failure.exit_code),
        ("dense_short", &FailureKind::Mismatch, 3)
    );
    assert_eq!(error, &format!("error: {}", failure.message));
    assert!(failure.model.as_ref().unwrap().sha256.is_some());
}

#[test]
fn with_fail_fast_nothing_is_begun_behind_a_failure() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let models = models(&tinybench);
    for jobs in ["1", "3"] {
        let more = ["--fail-fast", "--jobs", jobs, "--out", "record.json"];
        let ended = run(&tinybench, &models, &more);
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        let record = record(&tinybench, "record.json");
        let names: Vec<_> = record
            .results
            .iter()
            .map(|it| it.workload.as_str())
            .collect();
        assert_eq!((names, record.failures.len()), (vec!["dense"], 1));
    }
}

#[test]
fn a_failure_saves_no_baseline_and_leaves_no_journal() {
    let tinybench = Tinybench::new();
    tinybench.file("a.tflite", b"no model");
    let mut damaged = kws_model();
    damaged.truncate(100);
    tinybench.file("b.tflite", &damaged);
    let more = [
        "--model",
        "a.tflite",
        "--model",
        "b.tflite",
        "--save-baseline",
        "main",
    ];
    let ended = tinybench.run_virtual(&more);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("no baseline is saved"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("2 failed; the exit code is that of the first")
    );
    assert!(
        ended.stdout.contains("failed: refused-model"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        tinybench.contents(),
        ["a.tflite", "b.tflite", "tinybench-results"]
    );
    let results = fs::read_dir(tinybench.path("tinybench-results")).unwrap();
    let names: Vec<_> = results.map(|it| it.unwrap().file_name()).collect();
    assert!(
        names[0].to_str().unwrap().ends_with("-nano33.json"),
        "{names:?}"
    );
    assert_eq!(names.len(), 1, "{names:?}");
}

/// The witness: the second of three models has a wrong reference.
#[test]
fn a_wrong_reference_does_not_throw_the_others_away() {
    let Some(shared) = shared() else { return };
    if !toolchain_is_there() {
        return;
    }
    let case = shared.join("cases/records/wrong-reference");
    let tinybench = Tinybench::new();
    let model = |name: &str| case.join("models").join(name).to_str().unwrap().to_owned();
    let models = ["a.tflite", "b.tflite", "c.tflite"].map(model);
    let reference = case.join("ref");
    let mut arguments = vec!["--reference", reference.to_str().unwrap(), "--runs", "1"];
    for model in &models {
        arguments.extend(["--model", model]);
    }
    let ended = tinybench.run_virtual(&[&arguments[..], &["--out", "record.json"]].concat());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let record = record(&tinybench, "record.json");
    assert_eq!((record.results.len(), record.failures.len()), (2, 1));
    assert_eq!(record.failures[0].kind, FailureKind::Mismatch);
    reports_are_true(&tinybench, &["record.json"], Some(&ended.stdout));
    // What the folders are called in which the files are is nobody else's business.
    let folder = shared.to_str().unwrap();
    for name in ["record.json", "checked.md"] {
        let text = fs::read_to_string(tinybench.path(name)).unwrap();
        assert!(!text.contains(folder), "{name}: {text}");
        assert!(
            text.contains("--reference ref") || name == "record.json",
            "{text}"
        );
    }
}

#[test]
fn a_journal_of_another_question_is_refused() {
    let tinybench = Tinybench::new();
    let none = tinybench.run(&["run", "--resume"]);
    assert_eq!(none.code, Some(7), "{}", none.stderr);
    assert!(
        none.stderr.contains("there is no journal in"),
        "{}",
        none.stderr
    );
    tinybench.file("tinybench-results/cut.journal", b"{\"schema\":\"tinyb");
    let cut = tinybench.run(&["run", "--resume"]);
    assert_eq!(cut.code, Some(7), "{}", cut.stderr);
    assert!(
        cut.stderr.contains("no line that is whole"),
        "{}",
        cut.stderr
    );
}

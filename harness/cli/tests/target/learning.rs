//! Learning on the virtual board, streams that are refused, and the benchmark's page followed to
//! the letter. Runs are skipped, saying so, where firmware can't be built.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pages::reports_are_true;
use crate::support::{Tinybench, project_root, toolchain_is_there};
use tinybench_record::RunRecord;
use tinybench_record::learning::Learning;
use tinybench_support::exit::Exit;

fn record(stdout: &str) -> (RunRecord, Learning) {
    let record = RunRecord::parse(stdout.as_bytes()).unwrap();
    let learning = record.results[0].learning.clone().unwrap();
    (record, learning)
}

#[test]
fn a_stream_is_learnt_under_three_policies_the_same_each_time() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let arguments = ["--workload", "knn", "--runs", "1", "--vectors", "3"];
    let run = || tinybench.run_virtual(&[&arguments[..], &["--format", "json"]].concat());
    let first = run();
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let (mut whole, learning) = record(&first.stdout);
    assert!(learning.verified);
    assert_eq!(learning.steps_compared, 3 * 480);
    assert_eq!(learning.extract.cycles.len(), 3);

    let [incremental, in_time, hybrid] = learning.policies.as_slice() else {
        panic!("{:?}", learning.policies);
    };
    // Everything is remembered until the memory is full; the others remember mistakes.
    assert_eq!(incremental.peak_samples, learning.capacity);
    assert!(in_time.peak_samples < incremental.peak_samples / 2);
    // Only the hybrid notices the drift, soon and once, and gains from it.
    assert!(incremental.alarms.is_empty() && in_time.alarms.is_empty());
    assert_eq!((hybrid.alarms.len(), hybrid.false_alarms), (1, 0));
    assert!(hybrid.detection_delay.unwrap() <= 40);
    assert!(hybrid.accuracy_after_drift > in_time.accuracy_after_drift);
    assert!(in_time.accuracy_after_drift > incremental.accuracy_after_drift);

    // The cost of predicting is linear in the memory, and small.
    assert!(
        learning.cycles_per_element <= 2.5,
        "{}",
        learning.cycles_per_element
    );
    let growing = incremental.curve.iter();
    for point in growing.filter(|point| point.memory_samples > 40) {
        let elements = f64::from(point.memory_samples * learning.features);
        let line = learning.fixed_cycles + learning.cycles_per_element * elements;
        let off = (f64::from(point.predict_cycles) - line).abs() / line;
        assert!(off < 0.08, "{point:?}: the line has {line}");
    }

    // Modelled cycles, accuracies and alarms are the same in another run.
    let (again, _) = record(&run().stdout);
    whole.started_at.clone_from(&again.started_at);
    assert_eq!(whole, again);

    // And the curves can be plotted.
    tinybench.file("run.json", first.stdout.as_bytes());
    let csv = tinybench.run(&["export", "run.json", "--format", "learning"]);
    assert_eq!(csv.code, Some(0), "{}", csv.stderr);
    let points = csv.stdout.lines().filter(|line| line.contains(",point,"));
    assert_eq!(points.count(), 3 * 24);
    reports_are_true(&tinybench, &["run.json"], None);
}

/// A folder with the extractor of `knn` and the first 200 samples of its stream.
fn with_stream(text: &str) -> Tinybench {
    let tinybench = Tinybench::new();
    let knn = project_root().join("workloads/models/knn");
    let read = |name: &str| fs::read(knn.join(name)).unwrap();
    tinybench.file("my.tflite", &read("knn.tflite"));
    tinybench.file("my.inputs.i8", &read("vectors.inputs.i8")[..200 * 490]);
    tinybench.file("my.labels.u8", &read("vectors.labels.u8")[..200]);
    tinybench.file("stream.toml", text.as_bytes());
    tinybench
}

const STREAM: &str = r#"
benchmark = "tinybench-knn/1"
samples = 200
inputs = "my.inputs.i8"
labels = "my.labels.u8"
classes = ["river", "market", "doctor", "pencil", "travel", "chair"]
"#;

#[test]
fn streams_that_cannot_be_learnt_are_refused_before_anything_is_built() {
    for (more, expected) in [
        (
            "[learner]\nmemory_bytes = 100",
            "the memory is too small for one sample: it has 100 bytes, a sample of 64 features \
             takes 204",
        ),
        (
            "[learner]\nmemory_bytes = 1000\nneighbours = 20",
            "20 neighbours are to vote, but the memory has room for only 12 samples",
        ),
        (
            "[learner]\nmemory_bytes = 300000",
            "learner.memory_bytes is 300000, and the nano33's RAM has 262144 bytes in all",
        ),
        (
            "[drift]\nat = 200\nwhat = \"nothing\"",
            "the drift never comes: drift.at is sample 200 of a stream of 200, counted from 0",
        ),
        (
            "[[arrivals]]\nclass = \"chair\"\nat = 10",
            "the class `chair` arrives at sample 10 by what the stream says, and at 160 by its \
             labels",
        ),
    ] {
        refused(&with_stream(&format!("{STREAM}{more}")), expected);
    }
    let longer = STREAM.replace("200", "201");
    refused(
        &with_stream(&longer),
        "the stream ends early: my.labels.u8 has 200 labels",
    );
    let fewer = STREAM.replace(", \"chair\"", "");
    refused(
        &with_stream(&fewer),
        "sample 160 has the label 5, but there are only 5 classes, from 0",
    );
    let tinybench = with_stream(STREAM);
    let inputs = fs::read(tinybench.path("my.inputs.i8")).unwrap();
    tinybench.file("my.inputs.i8", &inputs[..97_000]);
    refused(
        &tinybench,
        "the stream ends early: [FOLDER]/my.inputs.i8 has 97000 bytes",
    );
    fs::remove_file(tinybench.path("my.labels.u8")).unwrap();
    refused(&tinybench, "my.labels.u8");
}

fn refused(tinybench: &Tinybench, expected: &str) {
    let before = tinybench.contents();
    let path = tinybench.path("stream.toml").display().to_string();
    let ended = tinybench.run_virtual(&["--model", "my.tflite", "--stream", &path]);
    assert_eq!(ended.code, Some(Exit::Input as i32), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(expected),
        "{expected}: {}",
        ended.stderr
    );
    tinybench.take_failure(ended.code);
    assert_eq!(tinybench.contents(), before, "something was left behind");
}

/// The code blocks of `language` behind `heading`.
fn blocks(text: &str, heading: &str, language: &str) -> Vec<String> {
    let section = text.split_once(&format!("## {heading}\n")).unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let parts = section.split("```").skip(1).step_by(2);
    parts
        .filter_map(|block| Some(block.strip_prefix(language)?.trim().to_owned()))
        .collect()
}

#[test]
fn the_page_leads_to_a_stream_of_ones_own() {
    if !toolchain_is_there() {
        return;
    }
    let page = project_root().join("docs/knn-benchmark.md");
    let page = fs::read_to_string(page).unwrap();
    let section = "Your own extractor and stream";
    let [files, run] = <[String; 2]>::try_from(blocks(&page, section, "sh")).unwrap();
    let [stream] = <[String; 1]>::try_from(blocks(&page, section, "toml")).unwrap();

    let tinybench = Tinybench::new();
    std::os::unix::fs::symlink(
        project_root().join("workloads"),
        tinybench.path("workloads"),
    )
    .unwrap();
    let status = Command::new("sh")
        .args(["-e", "-c", &files])
        .current_dir(tinybench.folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    tinybench.file("mine/stream.toml", stream.as_bytes());
    let mut words: Vec<_> = run.split_whitespace().collect();
    assert_eq!(words.remove(0), "tinybench");
    let root = project_root().display().to_string();
    let more = ["--on", "virtual", "--project", &root, "--format", "json"];
    let ended = tinybench.run(&[words.as_slice(), &more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let (record, learning) = record(&ended.stdout);
    assert_eq!(record.results[0].workload, "extractor");
    assert_eq!(learning.stream.samples, 200);
    assert_eq!(learning.policies.len(), 2);
    assert!(learning.verified);
    assert!(Path::new(&tinybench.path("tinybench-results")).is_dir());
}

//! Whole runs of models that aren't networks, and of their power with a duty cycle, on the virtual
//! board. Skipped, saying so, where firmware can't be built.

use std::fs;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, project_root, toolchain_is_there};
use serde_json::Value;
use tinybench_record::{Fidelity, RunRecord};

fn forest() -> Vec<u8> {
    fs::read(project_root().join("workloads/models/forest/forest.tbcm")).unwrap()
}

/// What a command says that must fail with `code` and leave nothing behind.
fn refused(tinybench: &Tinybench, code: i32, more: &[&str]) -> String {
    let before = tinybench.contents();
    let ended = tinybench.run_virtual(more);
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    tinybench.take_failure(ended.code);
    assert_eq!(tinybench.contents(), before, "something was left behind");
    let error = ended
        .stderr
        .lines()
        .skip_while(|line| !line.starts_with("error"));
    error.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_vector_of_both_is_equal_to_the_reference() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let run = |more: &[&str]| {
        let arguments = ["--workload", "forest", "--workload", "centroid"];
        let Ended {
            code,
            stdout,
            stderr,
        } = tinybench.run_virtual(&[&arguments, more].concat());
        assert_eq!(code, Some(0), "{stderr}");
        stdout
    };
    let json = run(&["--vectors", "all", "--runs", "3", "--format", "json"]);
    let schema = fs::read_to_string(project_root().join("results/run-record.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::from_str(&json).unwrap()));

    let record = RunRecord::parse(json.as_bytes()).unwrap();
    let [forest, centroid] = record.results.as_slice() else {
        panic!("{} results", record.results.len());
    };
    for (result, vectors, bytes) in [(forest, 240, 240 * 6), (centroid, 200, 200 * 4)] {
        assert_eq!(result.runtime.name, "classical");
        assert_eq!(result.power, None);
        let outputs = result.outputs.as_ref().unwrap();
        assert!(outputs.verified);
        assert_eq!((outputs.vectors, outputs.bytes_compared), (vectors, bytes));
        assert!(outputs.reference.contains("scikit-learn"));
        // The model is read where it lies, and nothing but intermediate results is in RAM.
        let memory = result.memory.as_ref().unwrap();
        assert_eq!(
            (memory.model_bytes, memory.runtime_bytes),
            (Some(0), Some(0))
        );
        assert_eq!(memory.arena_min_bytes, memory.arena_bytes);
        assert_eq!(memory.arena_touched_bytes, memory.arena_bytes);
    }
    let quality = |result: &tinybench_record::RunResult| result.quality.clone().unwrap();
    assert_eq!(quality(forest).metric, "top1");
    assert!(quality(forest).value > 0.88);
    assert_eq!(quality(centroid).metric, "auc");
    assert!(quality(centroid).value > 0.85);

    // With a duty cycle each has its own mean, from the board's own currents.
    // What a program does is told of all its vectors.
    let json = run(&[
        "--vectors",
        "all",
        "--runs",
        "3",
        "--every",
        "100ms",
        "--cell",
        "lipo100",
        "--format",
        "json",
    ]);
    let again = RunRecord::parse(json.as_bytes()).unwrap();
    for (result, before) in again.results.iter().zip(&record.results) {
        // It changes nothing of what is measured.
        assert_eq!(result.latency, before.latency);
        let power = result.power.as_ref().unwrap();
        let duty = result.latency.median_us / 100_000.0;
        assert!((power.duty_cycle - duty).abs() < 1e-12);
        // The nano33's file: 3.3 mA, 2.35 µA, 3 V.
        let mean_mw = 3.0 * (3.3 * duty + 0.002_35 * (1.0 - duty));
        assert!((power.mean_mw - mean_mw).abs() < 1e-9, "{power:?}");
        assert!(power.below_1_mw);
        assert_eq!(power.fidelity, Fidelity::Modelled);
        assert_eq!(power.cell.as_ref().unwrap().name, "lipo100");
    }
}

#[test]
fn a_runtime_that_is_named_runs_what_it_reads_of_the_standard_set() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let more = ["--runtime", "classical", "--runs", "1", "--vectors", "1"];
    let ended = tinybench.run_virtual(&[&more[..], &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    let names: Vec<_> = record.results.iter().map(|it| &it.workload).collect();
    assert_eq!(names, ["forest", "centroid"]);
    let said = "left out, for the runtime classical doesn't read their models: kws, kws-audio";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn the_table_shows_power_and_life() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let more = ["--workload", "forest", "--runs", "1", "--vectors", "3"];
    let ended = tinybench.run_virtual(
        &[
            &more[..],
            &["--every", "1s", "--cell", "cr2032", "--out", "run.json"],
        ]
        .concat(),
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    reports_are_true(&tinybench, &["run.json"], Some(&ended.stdout));
    let row = ended
        .stdout
        .lines()
        .skip_while(|line| !(line.contains("duty") && line.contains("life")))
        .find(|line| line.starts_with("forest"))
        .unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(row.contains("yes") && row.contains("cr2032"), "{row}");
    assert!(row.contains('≈') && row.ends_with("years"), "{row}");
}

#[test]
fn what_takes_longer_than_its_interval_is_an_error() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let more = [
        "--workload",
        "forest",
        "--runs",
        "1",
        "--vectors",
        "1",
        "--every",
        "1ms",
    ];
    let said = refused(&tinybench, 2, &more);
    assert!(said.starts_with("error: forest takes 1."), "{said}");
    assert!(
        said.ends_with("so it can't run every 1 ms: give it a longer interval with --every"),
        "{said}"
    );
}

#[test]
fn a_board_without_currents_has_no_power() {
    let tinybench = Tinybench::new();
    let root = project_root();
    let board = fs::read_to_string(root.join("targets/boards/nano33.toml")).unwrap();
    let (without, _) = board.split_once("[power]").unwrap();
    tinybench.file("project/targets/boards/nano33.toml", without.as_bytes());
    tinybench.file("my.tbcm", &forest());
    let project = tinybench.path("project").display().to_string();
    let more = ["--model", "my.tbcm", "--every", "1s", "--project", &project];
    assert_eq!(
        refused(&tinybench, 2, &more),
        "error: --every needs the currents of nano33, and its board file has no [power]: add one, \
         or leave --every away"
    );
}

#[test]
fn a_cell_needs_an_interval_and_a_name() {
    let mut tinybench = Tinybench::new();
    // A usage names the options that were given, those of the environment among them.
    tinybench.project = None;
    let mut said = Vec::new();
    for more in [
        ["--cell", "cr2032", "--runs", "1"],
        ["--every", "1s", "--cell", "cr2023"],
        ["--every", "1", "--runs", "1"],
    ] {
        let arguments = [&["--workload", "forest"], &more[..]].concat();
        said.push(refused(&tinybench, 2, &arguments));
    }
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn a_damaged_forest_is_refused_before_anything_is_built() {
    let tinybench = Tinybench::new();
    let good = forest();
    let sealed = |at: usize, value: u8| {
        let mut file = good.clone();
        file[at] = value;
        let (contents, checksum) = file.split_at_mut(good.len() - 4);
        checksum.copy_from_slice(&tinybench_classical::crc32(contents).to_le_bytes());
        file
    };
    let mut flipped = good.clone();
    flipped[5_000] ^= 1;
    // The root of the first tree stands behind the header and the trees' sizes.
    let root = 20 + 2 * 24;
    let mut said = Vec::new();
    for file in [
        flipped,
        good[..good.len() / 2].to_vec(),
        // A right child that is the node itself: a cycle.
        sealed(root + 1, 0),
        sealed(root, 50),
        sealed(4, 2),
    ] {
        tinybench.file("my.tbcm", &file);
        said.push(refused(&tinybench, 7, &["--model", "my.tbcm"]));
    }
    tinybench.file("my.tbcm", &good);
    let other = refused(
        &tinybench,
        7,
        &["--model", "my.tbcm", "--runtime", "interpreter"],
    );
    said.push(other);
    insta::assert_snapshot!(said.join("\n\n"));
}

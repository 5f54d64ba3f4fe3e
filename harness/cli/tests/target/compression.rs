//! Compressed and float32 models through the whole command, on the virtual board. What needs
//! firmware is skipped, saying so, where it can't be built.

use std::fs;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, project_root, toolchain_is_there};
use tinybench_record::{RunRecord, RunResult};

fn variants(tinybench: &Tinybench, names: &[&str], more: &[&str]) -> Ended {
    let mut arguments = vec!["run", "--board", "nano33", "--on", "virtual"];
    arguments.extend(["--suite", "compression", "--vectors", "2", "--runs", "2"]);
    for name in names {
        arguments.extend(["--workload", name]);
    }
    arguments.extend(more);
    tinybench.run(&arguments)
}

fn kws() -> String {
    let path = project_root().join("workloads/models/kws/kws.tflite");
    path.to_str().unwrap().to_owned()
}

/// The parts of flash and of RAM add up to their totals.
fn assert_parts_add_up(result: &RunResult) {
    let flash = result.flash.as_ref().unwrap();
    let memory = result.memory.as_ref().unwrap();
    let parts = [
        flash.system_bytes,
        flash.runtime_bytes,
        flash.model_bytes,
        flash.harness_bytes,
    ];
    assert_eq!(parts.iter().sum::<u32>(), flash.total_bytes);
    let parts = [
        memory.system_bytes,
        memory.runtime_bytes,
        memory.model_bytes,
        memory.intermediate_bytes,
    ];
    let sum: u32 = parts.iter().map(|part| part.unwrap()).sum();
    assert_eq!(sum + memory.harness_bytes, memory.ram_total_bytes);
}

#[test]
fn variants_of_a_workload_are_compared_in_one_table() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let names = ["kws-float32", "kws-int8", "kws-pruned80-huffman"];
    let ended = variants(&tinybench, &names, &["--out", "run.json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for text in names.into_iter().chain(["decode", "pruned", "87.4"]) {
        assert!(ended.stdout.contains(text), "{text}: {}", ended.stdout);
    }
    let record = RunRecord::parse(&fs::read(tinybench.path("run.json")).unwrap()).unwrap();
    let [float, int8, huffman] = &record.results[..] else {
        panic!("{} results", record.results.len());
    };
    for result in &record.results {
        assert!(result.outputs.as_ref().unwrap().verified);
        assert_parts_add_up(result);
    }

    let outputs = float.outputs.as_ref().unwrap().float.as_ref().unwrap();
    assert_eq!(outputs.values_compared, 24);
    assert!(outputs.max_relative_diff.unwrap() <= outputs.relative_tolerance.unwrap());
    assert_eq!(float.compression.as_ref().unwrap().weights, "float32");
    assert!(int8.outputs.as_ref().unwrap().float.is_none() && int8.latency.decode.is_none());
    assert_eq!(int8.memory.as_ref().unwrap().model_bytes, Some(0));

    // The largest layer has 4,096 weights; with them the table of the code.
    assert_eq!(
        huffman.memory.as_ref().unwrap().model_bytes,
        Some(4096 + 2048)
    );
    assert!(
        huffman.flash.as_ref().unwrap().model_bytes
            < int8.flash.as_ref().unwrap().model_bytes * 4 / 5
    );
    let decode = huffman.latency.decode.as_ref().unwrap();
    assert_eq!(decode.cycles.len(), 2);
    let weights = huffman.model.parameters.unwrap() as f64;
    assert!((2.0..40.0).contains(&(decode.median_cycles / weights)));
    assert!(decode.median_cycles < huffman.latency.median_cycles);
    let compression = huffman.compression.as_ref().unwrap();
    assert_eq!(
        (compression.coding.as_str(), compression.sparsity),
        ("huffman", 0.8)
    );
    reports_are_true(&tinybench, &["run.json"], Some(&ended.stdout));
}

#[test]
fn a_variant_that_does_not_fit_the_board_is_an_error_if_it_is_asked_for() {
    let ended = variants(&Tinybench::new(), &["ad-float32"], &[]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    let message = "is too big for the nano33: the model has 1,068,624 bytes";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
    let ended = variants(&Tinybench::new(), &["ad-int9"], &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("did you mean `ad-int8`?"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_model_is_compressed_and_what_cannot_be_is_told() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&["compress", &kws(), "-o", "kws.tbz"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("operator 2"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("compressed model: kws.tbz"),
        "{}",
        ended.stderr
    );
    let again = tinybench.run(&["compress", "kws.tbz", "-o", "again.tbz"]);
    assert_eq!(again.code, Some(7));
    assert!(
        again.stderr.contains("the model is compressed already"),
        "{}",
        again.stderr
    );
    assert!(!tinybench.path("again.tbz").exists());
}

#[test]
fn corrupt_compressed_models_are_refused_before_anything_is_built() {
    let tinybench = Tinybench::new();
    tinybench.run(&["compress", &kws(), "-o", "kws.tbz"]);
    let file = fs::read(tinybench.path("kws.tbz")).unwrap();
    let refused = |bytes: &[u8]| {
        tinybench.file("bad.tbz", bytes);
        let ended = tinybench.run(&[
            "run", "--board", "nano33", "--on", "virtual", "--model", "bad.tbz",
        ]);
        assert_eq!(ended.code, Some(7), "{}", ended.stderr);
        ended.stderr
    };
    // Most of the file is coded weights.
    let mut corrupt = file.clone();
    let at = file.len() / 2;
    corrupt[at] ^= 1;
    let message = refused(&corrupt);
    let expected = "its compressed weights are damaged: the checksum doesn't match";
    assert!(message.contains(expected), "{message}");

    let mut newer = file.clone();
    newer[7] = b'2';
    let message = refused(&newer);
    assert!(
        message.contains("compressed models of version `2` are not supported"),
        "{message}"
    );
    refused(&file[..file.len() / 2]);
}

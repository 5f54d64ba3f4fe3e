//! `tinybench inspect`, on models of the repository and on those that are shared.

use crate::support::{Tinybench, kws_model, project_root, shared};
use serde_json::Value;

fn told(tinybench: &Tinybench, arguments: &[&str]) -> String {
    let ended = tinybench.run(&[&["inspect"], arguments].concat());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    ended.stdout
}

/// The folder of a workload's model, in which it is named without its path.
fn workload(name: &str, file: &str) -> Tinybench {
    let tinybench = Tinybench::new();
    let path = project_root()
        .join("workloads/models")
        .join(name)
        .join(file);
    tinybench.file(file, &std::fs::read(path).unwrap());
    tinybench
}

#[test]
fn a_model_is_shown_as_tables() {
    let kws = told(&workload("kws", "kws.tflite"), &["kws.tflite"]);
    let widest = kws.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
    insta::assert_snapshot!("inspect_kws", kws);
    let forest = told(&workload("forest", "forest.tbcm"), &["forest.tbcm"]);
    insta::assert_snapshot!("inspect_forest", forest);
}

#[test]
fn models_of_others_are_shown_within_100_columns() {
    let Some(shared) = shared() else {
        return;
    };
    let tinybench = Tinybench::new();
    for name in [
        "vww_96_int8",
        "pretrainedResnet_quant",
        "str_ww_ref_model",
        "ad01_int8",
    ] {
        let file = format!("{name}.tflite");
        let path = shared.join("mlperf-tiny").join(&file);
        if !path.is_file() {
            eprintln!("skipped: there is no {}", path.display());
            continue;
        }
        tinybench.file(&file, &std::fs::read(path).unwrap());
        let table = told(&tinybench, &[&file]);
        let widest = table.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{widest:?}: {table}");
    }
}

#[test]
fn several_models_are_one_document() {
    let tinybench = workload("ad", "ad.tflite");
    tinybench.file("kws.tflite", &kws_model());
    let text = told(&tinybench, &["kws.tflite", "ad.tflite", "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "tinybench.inspection/1");
    let models = document["models"].as_array().unwrap();
    assert_eq!(models[0]["macs"], 2_656_768);
    assert_eq!(models[1]["file"], "ad.tflite");
    assert_eq!(models[0]["operators"].as_array().unwrap().len(), 13);
}

#[test]
fn a_model_that_can_not_run_is_shown_with_what_is_in_the_way() {
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures/refused");
    let model = std::fs::read(fixtures.join("unsupported_operator.tflite")).unwrap();
    tinybench.file("rnn.tflite", &model);
    insta::assert_snapshot!("inspect_refused", told(&tinybench, &["rnn.tflite"]));
}

#[test]
fn the_array_of_a_c_source_is_inspected_and_saved() {
    let tinybench = Tinybench::new();
    let model = kws_model();
    let bytes: Vec<_> = model.iter().map(|byte| format!("0x{byte:02x}")).collect();
    let source = format!(
        "const unsigned char g_model[] = {{\n{}\n}};\n",
        bytes.join(", ")
    );
    tinybench.file("model.cc", source.as_bytes());
    let ended = tinybench.run(&["inspect", "model.cc", "--save-model", "model.tflite"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stderr, "the model is in model.tflite\n");
    assert_eq!(
        std::fs::read(tinybench.path("model.tflite")).unwrap(),
        model
    );
    let run = tinybench.run(&["run", "--board", "nano33", "--model", "model.cc"]);
    assert_eq!(run.code, Some(7));
    assert!(run.stderr.contains("--save-model"), "{}", run.stderr);
}

#[test]
fn what_is_no_model_is_an_error() {
    let tinybench = Tinybench::new();
    tinybench.file("net.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0");
    tinybench.file("net/saved_model.pb", b"\x08\x01\x12\x02\x0a\x00");
    for (file, name) in [
        ("net.h5", "an HDF5 file"),
        ("net", "SavedModel"),
        ("none", "No such file"),
    ] {
        let ended = tinybench.run(&["inspect", file]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), ""), "{file}");
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
    let ended = tinybench.run(&["inspect", "a", "b", "--save-model", "c"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

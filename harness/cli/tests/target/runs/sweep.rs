//! Sweeps. Skipped, saying so, where firmware can't be built.

use std::fs;

use crate::support::{Tinybench, project_root, toolchain_is_there};
use serde_json::Value;

fn model(name: &str) -> Vec<u8> {
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    fs::read(fixtures.join(name).with_extension("tflite")).unwrap()
}

fn read(tinybench: &Tinybench, path: &str) -> Value {
    let mut record: Value = serde_json::from_slice(&fs::read(tinybench.path(path)).unwrap()).unwrap();
    record["started_at"] = Value::Null;
    record
}

#[test]
fn boards_and_models_are_multiplied_and_the_parts_of_several_jobs_make_the_whole() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    for name in ["add", "dense", "softmax"] {
        tinybench.file(&format!("zoo/{name}/{name}.tflite"), &model(name));
    }
    let text = "boards = [\"nano33\", \"nucleo-l4r5zi\"]\nmodels = [\"zoo/**/*.tflite\"]\n\
                on = \"virtual\"\n[options]\nruns = 2\nvectors = 3\n";
    tinybench.file("zoo.toml", text.as_bytes());
    let sweep = |more: &[&str]| {
        let ended = tinybench.run(&[&["sweep", "zoo.toml"], more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let table = sweep(&["--out", "whole"]);
    assert_eq!(table.matches("nucleo-l4r5zi").count(), 3, "{table}");
    for part in ["1", "2"] {
        let shard = format!("{part}/2");
        sweep(&["--shard", &shard, "--out", &format!("part-{part}")]);
    }
    for board in ["nano33", "nucleo-l4r5zi"] {
        let parts = ["1", "2"].map(|part| format!("part-{part}/{board}.json"));
        let merged = tinybench.run(&["merge", &parts[0], &parts[1], "--out", "merged.json"]);
        assert_eq!(merged.code, Some(0), "{}", merged.stderr);
        let whole = read(&tinybench, &format!("whole/{board}.json"));
        assert_eq!(read(&tinybench, "merged.json"), whole);
        assert_eq!(whole["results"].as_array().unwrap().len(), 3);
        assert_eq!(whole["results"][0]["latency"]["cycles"].as_array().unwrap().len(), 2);
    }
    let contents = ["merged.json", "part-1", "part-2", "whole", "zoo", "zoo.toml"];
    assert_eq!(tinybench.contents(), contents);
}

#[test]
fn a_sweep_that_asks_for_what_there_is_not_is_told() {
    let tinybench = Tinybench::new();
    tinybench.file("zoo.toml", b"boards = [\"nano3\"]\n");
    let ended = tinybench.run(&["sweep", "zoo.toml"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("did you mean `nano33`?"), "{}", ended.stderr);
    tinybench.file("zoo.toml", b"boards = [\"nano33\"]\nmodels = [\"*.tflite\"]\n");
    let ended = tinybench.run(&["sweep", "zoo.toml"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains("which matches no file"), "{}", ended.stderr);
    assert_eq!(tinybench.contents(), ["zoo.toml"]);
}

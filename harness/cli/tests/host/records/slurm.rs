//! The Slurm example of `examples/sweep`, on a Slurm that is this machine alone.

use serde_json::Value;
use std::process::Command;

use crate::support::{Tinybench, project_root, toolchain_is_there};

/// The exit code of `on-one-node` where Slurm isn't installed.
const NO_SLURM: i32 = 3;

#[test]
fn an_array_of_slurm_jobs_gives_the_records_of_one_sweep() {
    let example = project_root().join("examples/sweep");
    let on_one_node = || Command::new(example.join("on-one-node"));
    // Without a command it only says what is missing.
    let probe = on_one_node().output().unwrap();
    if probe.status.code() == Some(NO_SLURM) {
        let said = String::from_utf8_lossy(&probe.stderr);
        eprintln!("skipped: {}", said.trim());
        return;
    }
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    for name in ["add", "dense"] {
        let model = std::fs::read(fixtures.join(name).with_extension("tflite")).unwrap();
        tinybench.file(&format!("{name}.tflite"), &model);
    }
    let text = "boards = [\"nano33\", \"nucleo-l4r5zi\"]\nmodels = [\"*.tflite\"]\non = \"virtual\"\n\
                [options]\nruns = 2\nvectors = 3\n";
    tinybench.file("zoo.toml", text.as_bytes());

    let program = tinybench.command().get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(std::env::split_paths(&path));
    let ended = on_one_node()
        .arg(example.join("slurm"))
        .args(["2", "out", "zoo.toml"])
        .current_dir(tinybench.path("."))
        .env("TINYBENCH_PROJECT", project_root())
        .env("PATH", std::env::join_paths(folders).unwrap())
        .output()
        .unwrap();
    let read = |name: &str| std::fs::read_to_string(tinybench.path(name)).unwrap_or_default();
    let logs = ["out/part-1.log", "out/part-2.log", "out/merge.log"].map(read);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{}", logs.join("\n"));
    for (part, log) in ["1/2", "2/2"].iter().zip(&logs) {
        let told = format!("shard {part}, as the Slurm array says");
        assert!(log.contains(&told), "{log}");
    }

    let whole = tinybench.run(&["sweep", "zoo.toml", "--out", "whole"]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let without_time = |name: &str| {
        let mut value: Value = serde_json::from_str(&read(name)).unwrap();
        value["started_at"].take();
        value
    };
    for board in ["nano33", "nucleo-l4r5zi"] {
        let merged = without_time(&format!("out/records/{board}.json"));
        assert_eq!(
            merged,
            without_time(&format!("whole/{board}.json")),
            "{logs:?}"
        );
    }
}

//! A new workload is a folder and a line: what CONTRIBUTING.md says, followed to the letter in a
//! copy of the project. Skipped, saying so, where firmware can't be built.

use std::fs;
use std::process::Command;

use crate::support::{Ended, Tinybench, copy_sources, project_root, toolchain_is_there};
use tinybench_record::RunRecord;

/// The code blocks of `language` in the section `heading`, without their indentation.
fn blocks(text: &str, heading: &str, language: &str) -> Vec<String> {
    let section = text.split_once(&format!("## {heading}\n")).unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let indentation = line.len() - line.trim_start().len();
        if line.trim() == format!("```{language}") {
            let block: Vec<_> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indentation..).unwrap_or_default())
                .collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

#[test]
fn the_steps_for_a_new_workload_lead_to_a_verified_run() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let parts = [
        "targets/boards",
        "targets/firmware",
        "targets/interface",
        "targets/runtimes/classical",
        "targets/runtimes/interpreter",
        "workloads/pipeline",
        "workloads/learning",
        "workloads/models",
        "workloads/suites",
    ];
    copy_sources(&parts, &tinybench.path("project"));
    // An image doesn't depend on where a project lies. Built in the repository, where the compiler
    // has most of it already, it is found again from the copy.
    let model = "targets/runtimes/interpreter/tests/fixtures/dense.tflite";
    let model = project_root().join(model);
    let arguments = ["run", "--board", "nano33", "--on", "virtual", "--runs", "1"];
    let mut command = tinybench.command();
    let ended = tinybench.ended(command.args(arguments).arg("--model").arg(model));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    std::os::unix::fs::symlink(
        project_root().join("target"),
        tinybench.path("project/target"),
    )
    .unwrap();

    let text = fs::read_to_string(project_root().join("CONTRIBUTING.md")).unwrap();
    let shell = blocks(&text, "A new workload", "sh");
    let [folder, look] = shell.as_slice() else {
        panic!("{shell:?}");
    };
    let [card] = <[String; 1]>::try_from(blocks(&text, "A new workload", "toml")).unwrap();

    let status = Command::new("sh")
        .args(["-e", "-c", folder])
        .current_dir(tinybench.path("project"))
        .status()
        .unwrap();
    assert!(status.success());
    tinybench.file("project/workloads/models/dense/card.toml", card.as_bytes());
    let suite = fs::read_to_string(tinybench.path("project/workloads/suites/standard.toml"));
    let suite = suite.unwrap().replace("\n]", "\n    \"dense\",\n]");
    tinybench.file("project/workloads/suites/standard.toml", suite.as_bytes());

    let run = |line: &str, more: &[&str]| -> Ended {
        let mut words: Vec<_> = line.split(' ').collect();
        assert_eq!(words.remove(0), "tinybench");
        tinybench.run(&[&["--project", "project"], words.as_slice(), more].concat())
    };
    let commands: Vec<_> = look.lines().collect();
    let [list, measure] = commands.as_slice() else {
        panic!("{look}");
    };
    let ended = run(list, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("One fully connected layer"),
        "{}",
        ended.stdout
    );
    // The standard set has it, too.
    assert!(ended.stdout.contains(", dense\n"), "{}", ended.stdout);

    let ended = run(measure, &["--on", "virtual", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    let result = &record.results[0];
    assert_eq!(result.workload, "dense");
    assert_eq!(
        (
            result.outputs.as_ref().unwrap().vectors,
            result.outputs.as_ref().unwrap().verified
        ),
        (4, true)
    );
}

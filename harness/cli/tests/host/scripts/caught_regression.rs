//! The demonstration in `examples/caught-regression`, from a slower kernel to a marked step.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pages::{python_is_there, unsupported};
use crate::support::{project_root, toolchain_is_there};

#[test]
fn a_slower_kernel_is_caught_reported_and_marked() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_tinybench"));
    let output = Command::new(project_root().join("examples/caught-regression/run"))
        .arg(folder.path())
        .env("PROGRAMS", programs.parent().unwrap())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    // The script itself fails unless `compare` exits with 1.
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("exit code 1"), "{stdout}");
    assert!(stderr.contains("regression"), "{stderr}");
    let last = stdout.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("DEPTHWISE_CONV_2D "), "{stdout}");

    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report = read("report.html");
    assert!(report.contains("REGRESSION"), "no verdict in the report");
    assert!(report.contains("verified") && !report.contains("outputs differ"));
    assert!(read("report.md").contains("REGRESSION"));

    // The step is at commit 140 of 200, and nowhere else.
    let history = read("history/00140.json");
    let record: serde_json::Value = serde_json::from_str(&history).unwrap();
    let commit = record["commit"]["id"].as_str().unwrap();
    let steps = read("dashboard/steps.html");
    let (rows, of_commit) = (
        steps.matches("<tr data-board").count(),
        steps.matches(&format!(">{}</a>", &commit[..8])).count(),
    );
    assert!(rows > 0 && rows == of_commit, "{of_commit} of {rows} steps");
    assert!(steps.contains("latency") && steps.contains("worse"));

    // The step leads to the operators that make it up, and all that is said is so.
    let series = read("dashboard/series/kws-on-virtual-nano33-interpreter.html");
    assert!(steps.contains("kws-on-virtual-nano33-interpreter.html#operators"));
    assert!(series.contains("which operators make up the step"));
    if python_is_there() {
        let path = |name: &str| folder.path().join(name);
        let records = [path("before.json"), path("after.json")];
        let records = records.each_ref().map(|it| it.as_path());
        for page in ["report.html", "report.md", "comparison.txt"] {
            assert_eq!(unsupported(&path(page), &records), [""; 0], "{page}");
        }
        let history = path("history");
        for page in [
            "index.html",
            "series/kws-on-virtual-nano33-interpreter.html",
        ] {
            let page = path("dashboard").join(page);
            assert_eq!(unsupported(&page, &[&history]), [""; 0], "{page:?}");
        }
    }
}

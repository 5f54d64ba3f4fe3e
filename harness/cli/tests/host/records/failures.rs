//! Records with failures, as a user reads them. What each reader shows is shown by the tests beside
//! it.

use crate::support::Tinybench;
use crate::support::records::Record;
use serde_json::{Value, json};

/// The record of a run in which `vww` failed, after one in which it didn't.
fn records() -> Tinybench {
    let tinybench = Tinybench::new();
    let base = Record::real().and("vww", 3);
    tinybench.file("results/base.json", base.text().as_bytes());
    let mut failed = Record::real().with("/started_at", json!("2026-11-23T10:00:00Z"));
    failed.0["failures"] = json!([{
        "workload": "vww",
        "runtime": failed.0["results"][0]["runtime"],
        "kind": "timeout",
        "message": "vww: no answer within 60 s",
        "exit_code": 6,
    }]);
    tinybench.file("results/failed.json", failed.text().as_bytes());
    tinybench
}

#[test]
fn what_failed_since_the_base_fails_the_comparison() {
    let tinybench = records();
    let compare = |base: &str, new: &str| {
        tinybench.run(&[
            "compare",
            &format!("results/{base}"),
            &format!("results/{new}"),
        ])
    };
    let ended = compare("base.json", "failed.json");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("error: 1 regression: vww failed: timeout"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("no answer within 60 s"),
        "{}",
        ended.stdout
    );
    assert_eq!(compare("failed.json", "failed.json").code, Some(0));
    let ended = compare("failed.json", "base.json");
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.contains("mended"), "{}", ended.stdout);
}

#[test]
fn what_failed_is_in_pages_exports_and_merged_records() {
    let tinybench = records();
    let run = |arguments: &[&str]| {
        let ended = tinybench.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended
    };
    let message = "no answer within 60 s";
    let read = |name: &str| std::fs::read_to_string(tinybench.path(name)).unwrap();
    for out in ["report.md", "report.html"] {
        run(&["report", "results", "-o", out]);
        assert!(read(out).contains(message), "{out}");
    }
    let ended = run(&["dashboard", "results", "-o", "site"]);
    assert!(ended.stderr.contains(", 1 failure)"), "{}", ended.stderr);
    for page in ["index.html", "status.html"] {
        assert!(read(&format!("site/{page}")).contains(message), "{page}");
    }
    assert!(read("site/badges/status.svg").contains("1 failed"));
    for format in ["csv", "bmf", "github", "junit", "markdown"] {
        let ended = run(&["export", "results", "--format", format]);
        assert!(
            ended.stdout.contains("fail") || ended.stdout.contains("FAIL"),
            "{format}"
        );
    }
    let ended = run(&["export", "results", "--format", "learning"]);
    assert!(
        ended.stderr.contains("what failed has no curve"),
        "{}",
        ended.stderr
    );
    let ended = run(&["merge", "results/failed.json"]);
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&ended.stdout), value(&read("results/failed.json")));
}

//! `tinybench export`, as a user runs it. What each format looks like is shown by the tests beside
//! it.

use crate::support::Tinybench;
use crate::support::records::Record;
use serde_json::{Value, json};
use std::process::Command;

fn records() -> Tinybench {
    let tinybench = Tinybench::new();
    let record = Record::real().and("vww", 3);
    tinybench.file("a.json", record.text().as_bytes());
    let slower = record.cycles(&[9_000_000; 3]);
    tinybench.file(".tinybench/baselines/slower.json", slower.text().as_bytes());
    tinybench
}

#[test]
fn every_format_goes_to_stdout_or_into_a_file() {
    let tinybench = records();
    for format in ["csv", "bmf", "github", "github-bigger", "junit", "markdown"] {
        let printed = tinybench.run(&["export", "a.json", "--format", format]);
        assert_eq!(
            (printed.code, printed.stderr.as_str()),
            (Some(0), ""),
            "{format}"
        );
        let written = tinybench.run(&["export", "a.json", "--format", format, "-o", "out"]);
        assert_eq!(
            (written.code, written.stdout.as_str()),
            (Some(0), ""),
            "{format}"
        );
        let file = std::fs::read_to_string(tinybench.path("out")).unwrap();
        assert_eq!(file.trim_end(), printed.stdout.trim_end(), "{format}");
    }
}

#[test]
fn baselines_can_be_exported_and_compared_with() {
    let tinybench = records();
    let bmf = tinybench.run(&["export", "slower", "--format", "bmf"]);
    let bmf: Value = serde_json::from_str(&bmf.stdout).unwrap();
    let latency = &bmf["virtual nano33/kws/interpreter"]["latency"]["value"];
    assert_eq!(latency, &json!(140_625_000.0));
    let failures = |arguments: &[&str]| {
        let all: Vec<_> = ["export", "slower", "--format", "junit"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ended = tinybench.run(&all);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout.matches("<failure").count()
    };
    assert_eq!(failures(&[]), 0);
    assert_eq!(failures(&["--base", "a.json"]), 1);
    assert_eq!(
        failures(&["--base", "a.json", "--limit", "latency=3%,energy=3%"]),
        0
    );
    assert_eq!(failures(&["--limit", "flash=100KiB"]), 2);
}

#[test]
fn python_finds_every_figure_in_the_database() {
    const SCRIPT: &str = "
import csv, sqlite3
found = sqlite3.connect('all.sqlite').execute('''
    SELECT run, board, workload, runtime, metric, unit, fidelity, iter, samples.value
    FROM samples JOIN figures USING (figure)
    UNION ALL
    SELECT run, board, workload, runtime, metric, unit, fidelity, '', value FROM figures
    WHERE figure NOT IN (SELECT figure FROM samples)''')
keys = ['run', 'board', 'workload', 'runtime', 'metric', 'unit', 'fidelity', 'iter']
expected = [tuple(row[key] for key in keys) + (float(row['value']),)
            for row in csv.DictReader(open('all.csv', encoding='utf-8'))]
assert sorted(tuple(map(str, row)) for row in found) == sorted(tuple(map(str, row)) for row in expected)
print(len(expected))
";
    let tinybench = records();
    for (format, out) in [("csv", "all.csv"), ("sqlite", "all.sqlite")] {
        let ended = tinybench.run(&["export", "a.json", "slower", "--format", format, "-o", out]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let python = Command::new("python3")
        .args(["-c", SCRIPT])
        .current_dir(tinybench.path("."))
        .output();
    let Ok(python) = python else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let said = String::from_utf8_lossy(&python.stderr);
    assert!(python.status.success(), "{said}");
    let count: usize = String::from_utf8_lossy(&python.stdout)
        .trim()
        .parse()
        .unwrap();
    assert!(count > 50, "{count}");
    // A database is nothing for a terminal.
    let ended = tinybench.run(&["export", "a.json", "--format", "sqlite"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("name a file with -o FILE"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_does_not_go_together_is_told_and_nothing_is_written() {
    let tinybench = records();
    for (arguments, code, said) in [
        (
            &["a.json", "--format", "csv", "--base", "a.json"][..],
            2,
            "--base is for --format junit",
        ),
        (&["a.json", "--format", "xml"], 2, "invalid value 'xml'"),
        (
            &["b.json", "--format", "csv"],
            2,
            "there is no file, folder or baseline `b.json`",
        ),
        (
            &["a.json", "--format", "csv", "--limit", "flash=x"],
            2,
            "is no limit of flash",
        ),
    ] {
        let all: Vec<_> = ["export", "-o", "out"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ended = tinybench.run(&all);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!tinybench.path("out").exists());
    }
}

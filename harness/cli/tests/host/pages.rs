//! `tinybench report` and `tinybench dashboard` on files of all kinds.

use std::fs;

use crate::support::pages::{python_is_there, reports_are_true, unsupported};
use crate::support::{Ended, Tinybench, project_root};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};
use tinybench_record::example::{example, with_failures};

fn record() -> Value {
    let path = project_root().join("harness/cli/tests/data/record.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A record whose inferences all take `cycles`.
fn taking(cycles: u32) -> Value {
    let mut record = record();
    let latency = &mut record["results"][0]["latency"];
    latency["cycles"] = json!([cycles, cycles, cycles]);
    latency["min_cycles"] = json!(cycles);
    latency["max_cycles"] = json!(cycles);
    latency["median_cycles"] = json!(f64::from(cycles));
    latency["median_us"] = json!(f64::from(cycles) / 64.0);
    record
}

fn put(tinybench: &Tinybench, name: &str, record: &Value) {
    tinybench.file(name, record.to_string().as_bytes());
}

/// A history of `commits` with a step in the middle.
fn history(tinybench: &Tinybench, commits: u32) {
    for number in 0..commits {
        let late = number >= commits / 2;
        let mut record = taking(if late { 9_826_588 } else { 8_826_588 });
        let (day, hour) = (1 + number / 24 % 28, number % 24);
        let time = format!("2026-{:02}-{day:02}T{hour:02}:00:00Z", 1 + number / 672);
        record["started_at"] = json!(time);
        record["commit"] = json!({ "id": format!("{number:040x}"), "time": time });
        put(tinybench, &format!("history/{number:05}.json"), &record);
    }
}

#[test]
fn a_markdown_report_of_one_run() {
    let tinybench = Tinybench::new();
    put(&tinybench, "run.json", &record());
    let ended = tinybench.run(&["report", "run.json", "-o", "report.md"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    insta::assert_snapshot!(fs::read_to_string(tinybench.path("report.md")).unwrap());
}

#[test]
fn a_report_shows_power_where_a_duty_cycle_was_asked_for() {
    let tinybench = Tinybench::new();
    let mut run = record();
    run["results"][0]["power"] = json!({
        "interval_s": 1.0, "duty_cycle": 0.125, "active_mw": 9.9, "idle_mw": 0.007_05,
        "mean_ua": 414.6, "mean_mw": 1.243_7, "below_1_mw": false,
        "cell": {
            "name": "cr2032", "capacity_mah": 225.0, "nominal_v": 3.0, "usable_share": 0.85,
            "self_discharge_per_year": 0.015, "life_hours": 460.9,
        },
        "source": "model:active-idle-current", "fidelity": "modelled",
    });
    put(&tinybench, "run.json", &run);
    let ended = tinybench.run(&["report", "run.json", "-o", "report.md"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = fs::read_to_string(tinybench.path("report.md")).unwrap();
    let row = "| kws | 1 s | ≈ 12.50 % | ≈ 9.900 mW | ≈ 0.0070 mW | ≈ 1.244 mW | no | cr2032 | \
               ≈ 19.2 days |";
    assert!(text.contains(row), "{text}");
}

#[test]
fn a_markdown_report_tells_what_changed() {
    let tinybench = Tinybench::new();
    put(&tinybench, "main.json", &taking(8_826_588));
    put(&tinybench, "change.json", &taking(9_826_588));
    let mut other = taking(8_826_588);
    other["toolchain"]["rustc"] = json!("1.99.0");
    put(&tinybench, "compiler.json", &other);
    let Ended { code, .. } = tinybench.run(&[
        "report",
        "main.json",
        "change.json",
        "compiler.json",
        "-o",
        "report.md",
    ]);
    // A report isn't a gate.
    assert_eq!(code, Some(0));
    let text = fs::read_to_string(tinybench.path("report.md")).unwrap();
    let start = text.find("## Changes").unwrap();
    let end = start + text[start..].find("## Summary").unwrap();
    insta::assert_snapshot!(&text[start..end]);
}

#[test]
fn a_markdown_report_stays_short_enough_for_a_comment() {
    let tinybench = Tinybench::new();
    let mut record = record();
    let result = record["results"][0].clone();
    for number in 0..200 {
        let mut result = result.clone();
        result["workload"] = json!(format!("workload-{number}"));
        record["results"].as_array_mut().unwrap().push(result);
    }
    put(&tinybench, "run.json", &record);
    assert_eq!(
        tinybench
            .run(&["report", "run.json", "-o", "report.md"])
            .code,
        Some(0)
    );
    let text = fs::read_to_string(tinybench.path("report.md")).unwrap();
    assert!(text.len() < 60_000, "{}", text.len());
    assert!(text.contains("workload-199") && text.contains("keep this short"));
}

#[test]
fn what_can_not_be_reported_on_leaves_no_report() {
    let tinybench = Tinybench::new();
    put(&tinybench, "run.json", &record());
    tinybench.file("cut.json", &record().to_string().as_bytes()[..900]);
    let mut newer = record();
    newer["schema"] = json!("tinybench.run/2");
    put(&tinybench, "newer.json", &newer);
    let mut absurd = record();
    absurd["results"][0]["latency"]["median_us"] = json!(-1);
    put(&tinybench, "absurd.json", &absurd);
    tinybench.file("foreign/package.json", b"{}");
    for (arguments, expected) in [
        (["run.json", "report.pdf"], 2),
        (["run.json", "report"], 2),
        (["none.json", "report.html"], 7),
        (["cut.json", "report.html"], 7),
        (["newer.json", "report.html"], 7),
        (["absurd.json", "report.html"], 7),
        (["foreign", "report.html"], 7),
        (["run.json", "none/report.html"], 8),
    ] {
        let before = tinybench.contents();
        let [input, output] = arguments;
        let Ended { code, stderr, .. } = tinybench.run(&["report", input, "-o", output]);
        assert_eq!(code, Some(expected), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert_eq!(tinybench.contents(), before, "{arguments:?}");
    }
}

#[test]
fn a_dashboard_marks_the_step_everywhere() {
    let tinybench = Tinybench::new();
    history(&tinybench, 60);
    let Ended { code, stderr, .. } = tinybench.run(&[
        "dashboard",
        "history",
        "-o",
        "site",
        "--commit-url",
        "https://example.org/c/{commit}",
        "--site-url",
        "https://example.org/bench/",
    ]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.ends_with("(60 runs, 60 commits, 1 step)\n"),
        "{stderr}"
    );
    let read = |name: &str| fs::read_to_string(tinybench.path("site").join(name)).unwrap();
    let index = read("index.html");
    let commit = format!("{:040x}", 30);
    assert!(index.contains(&format!("https://example.org/c/{commit}")));
    assert!(index.contains("+11.3 % worse"), "{index}");
    let page = read("series/kws-on-virtual-nano33-interpreter.html");
    assert!(page.contains("step-worse"));
    let csv = read("series/kws-on-virtual-nano33-interpreter.csv");
    let line = format!("{commit},2026-01-02T06:00:00Z,latency,µs,153540.4375,true");
    assert!(csv.lines().any(|it| it == line), "{csv}");
    // The newest commit isn't the one with the step, but nobody has mended it.
    assert!(read("badges/status.svg").contains("1 regression"));
    assert!(read("status.html").contains("open since"));
    insta::assert_snapshot!("feed", read("feed.xml"));
}

#[test]
fn a_regression_at_the_newest_commit_is_the_status() {
    let tinybench = Tinybench::new();
    history(&tinybench, 10);
    let mut newest = taking(12_000_000);
    newest["started_at"] = json!("2026-03-01T00:00:00Z");
    newest["commit"] = json!({ "id": "f".repeat(40), "time": "2026-03-01T00:00:00Z" });
    put(&tinybench, "history/newest.json", &newest);
    assert_eq!(
        tinybench.run(&["dashboard", "history", "-o", "site"]).code,
        Some(0)
    );
    let read = |name: &str| fs::read_to_string(tinybench.path("site").join(name)).unwrap();
    assert!(read("badges/status.svg").contains("2 regressions"));
    assert!(read("status.html").contains("latency +22.1 % worse"));
}

#[test]
fn what_the_settings_call_noise_is_no_step() {
    let tinybench = Tinybench::new();
    history(&tinybench, 20);
    tinybench.file("tinybench.toml", b"[compare.noise]\nlatency = \"20%\"\n");
    let Ended { code, stderr, .. } = tinybench.run(&["dashboard", "history", "-o", "site"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.ends_with("(20 runs, 20 commits, 0 steps)\n"),
        "{stderr}"
    );
}

#[test]
fn an_area_under_a_curve_has_one_form() {
    let tinybench = Tinybench::new();
    let area = |value: f64| {
        let mut record = taking(8_826_588);
        record["results"][0]["quality"] = json!({ "metric": "auc", "value": value, "samples": 48 });
        record
    };
    put(&tinybench, "main.json", &area(0.8768));
    put(&tinybench, "change.json", &area(0.8512));
    let compared = tinybench.run(&["compare", "main.json", "change.json"]);
    let arguments = ["report", "main.json", "change.json", "-o", "report.md"];
    assert_eq!(tinybench.run(&arguments).code, Some(0));
    let report = fs::read_to_string(tinybench.path("report.md")).unwrap();
    for text in [compared.stdout, report] {
        assert!(text.contains("0.877") && text.contains("0.851"), "{text}");
        assert!(
            !text.contains("87.7 %") && !text.contains("85.1 %"),
            "{text}"
        );
    }
}

#[test]
fn a_feed_is_atom_whatever_the_names() {
    let tinybench = Tinybench::new();
    history(&tinybench, 10);
    let title = "<b>&\"'</feed>";
    let arguments = ["dashboard", "history", "-o", "site", "--title", title];
    assert_eq!(tinybench.run(&arguments).code, Some(0));
    let feed = fs::read_to_string(tinybench.path("site/feed.xml")).unwrap();
    let mut reader = Reader::from_str(&feed);
    let (mut depth, mut names) = (0, Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                names.push(tag.name().as_ref().to_owned());
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    assert_eq!(names.iter().filter(|name| *name == "entry").count(), 1);
    // RFC 4287, 4.1.1 and 4.1.2: a feed and an entry have these.
    for name in ["title", "id", "updated"] {
        assert_eq!(names.iter().filter(|it| *it == name).count(), 2, "{name}");
    }
}

#[test]
fn foreign_files_are_named_and_skipped() {
    let tinybench = Tinybench::new();
    history(&tinybench, 3);
    tinybench.file("history/package.json", b"{}");
    tinybench.file("history/cut.json", &record().to_string().as_bytes()[..700]);
    tinybench.file("history/README.md", b"hello");
    let Ended { code, stderr, .. } = tinybench.run(&["dashboard", "history", "-o", "site"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("skipped history/package.json"), "{stderr}");
    assert!(stderr.contains("skipped history/cut.json"), "{stderr}");
    assert!(!stderr.contains("README.md"), "{stderr}");
    assert!(stderr.contains("(3 runs, 3 commits"), "{stderr}");
}

#[test]
fn what_can_not_be_a_dashboard_leaves_everything_as_it_was() {
    let tinybench = Tinybench::new();
    history(&tinybench, 2);
    fs::create_dir(tinybench.path("empty")).unwrap();
    tinybench.file("thesis/chapter.tex", b"x");
    for (arguments, expected) in [
        (&["empty", "-o", "site"][..], 7),
        (&["none", "-o", "site"], 7),
        (&["history/00000.json", "-o", "site"], 7),
        (&["history", "-o", "thesis"], 2),
        (
            &[
                "history",
                "-o",
                "site",
                "--commit-url",
                "javascript:alert(1)",
            ],
            2,
        ),
        (&["history", "-o", "site", "--site-url", "example.org"], 2),
    ] {
        let before = tinybench.contents();
        let arguments: Vec<_> = ["dashboard"].iter().chain(arguments).copied().collect();
        let Ended { code, stderr, .. } = tinybench.run(&arguments);
        assert_eq!(code, Some(expected), "{arguments:?}: {stderr}");
        assert!(stderr.contains("error: "), "{stderr}");
        assert_eq!(tinybench.contents(), before, "{arguments:?}");
    }
    assert!(tinybench.path("thesis/chapter.tex").exists());
}

#[test]
fn the_start_page_of_a_long_history_stays_small() {
    let tinybench = Tinybench::new();
    history(&tinybench, 500);
    assert_eq!(
        tinybench.run(&["dashboard", "history", "-o", "site"]).code,
        Some(0)
    );
    let size = |name: &str| {
        fs::metadata(tinybench.path("site").join(name))
            .unwrap()
            .len()
    };
    assert!(size("index.html") < 1_000_000);
    // Its plots have no more points than can be told apart.
    let page = tinybench.path("site/series/kws-on-virtual-nano33-interpreter.html");
    let page = fs::read_to_string(page).unwrap();
    let plots = page.matches("<svg class=\"plot\"").count();
    assert!(plots > 0 && page.matches("<circle").count() <= 400 * plots);
}

#[test]
fn every_number_of_a_page_is_in_its_records() {
    if !python_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let record = example();
    tinybench.file("whole.json", record.to_json().unwrap().as_bytes());
    tinybench.file("failed.json", with_failures().to_json().unwrap().as_bytes());
    put(&tinybench, "main.json", &taking(8_826_588));
    put(&tinybench, "change.json", &taking(9_826_588));
    let mut area = taking(8_826_588);
    area["results"][0]["workload"] = json!("ad");
    area["results"][0]["quality"] = json!({ "metric": "auc", "value": 0.8768, "samples": 48 });
    put(&tinybench, "area.json", &area);
    for records in [
        &["whole.json"][..],
        &["failed.json"],
        &["main.json", "change.json"],
        &["area.json"],
    ] {
        reports_are_true(&tinybench, records, None);
    }
    let compared = tinybench.run(&["compare", "main.json", "change.json"]);
    let compared = tinybench.file("compared.txt", compared.stdout.as_bytes());
    let records = ["main.json", "change.json"].map(|it| tinybench.path(it));
    let records = records.each_ref().map(|it| it.as_path());
    assert_eq!(unsupported(&compared, &records), [""; 0]);

    history(&tinybench, 30);
    assert_eq!(
        tinybench.run(&["dashboard", "history", "-o", "site"]).code,
        Some(0)
    );
    let folder = tinybench.path("history");
    for page in [
        "index.html",
        "status.html",
        "steps.html",
        "compare.html",
        "series/kws-on-virtual-nano33-interpreter.html",
    ] {
        let found = unsupported(&tinybench.path("site").join(page), &[&folder]);
        assert!(found.is_empty(), "{page}: {}", found.join("\n"));
    }
    let reports = fs::read_dir(tinybench.path("site/reports")).unwrap();
    let reports: Vec<_> = reports.map(|it| it.unwrap().path()).collect();
    assert!(!reports.is_empty());
    for page in reports {
        let found = unsupported(&page, &[&folder]);
        assert!(found.is_empty(), "{}: {}", page.display(), found.join("\n"));
    }
}

#[test]
fn a_number_that_is_in_no_record_is_found() {
    if !python_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    put(&tinybench, "main.json", &taking(8_826_588));
    put(&tinybench, "change.json", &taking(9_826_588));
    let arguments = ["report", "main.json", "change.json", "-o", "report.md"];
    assert_eq!(tinybench.run(&arguments).code, Some(0));
    let text = fs::read_to_string(tinybench.path("report.md")).unwrap();
    let records = ["main.json", "change.json"].map(|it| tinybench.path(it));
    let records = records.each_ref().map(|it| it.as_path());
    for (right, wrong) in [
        // The latency, a ratio, a size, an interval's end, a number of samples, bytes that differ.
        ("\u{2248} 137.9 ms", "\u{2248} 137.8 ms"),
        ("+11.3 %", "+11.4 %"),
        ("111,772 B", "111,773 B"),
        ("80.4 to", "80.5 to"),
        ("of 48 samples", "of 49 samples"),
        ("| 576 | 0 |", "| 576 | 3 |"),
        // The other run's figure, a mark that is missing, outputs and a verdict that aren't so.
        ("| main | \u{2248} 137.9 ms", "| main | \u{2248} 153.5 ms"),
        ("| main | \u{2248} 137.9 ms", "| main | 137.9 ms"),
        ("verified against", "differ from"),
        ("REGRESSION", "better"),
        ("3 runs of 8,826,588", "3 runs of 9,826,588"),
    ] {
        assert!(text.contains(right), "{right}: {text}");
        let page = tinybench.file("wrong.md", text.replacen(right, wrong, 1).as_bytes());
        assert!(
            !unsupported(&page, &records).is_empty(),
            "{right} -> {wrong}"
        );
    }
}

//! `tinybench compare`, as a user runs it.

use crate::support::records::Record;
use crate::support::{Ended, Tinybench, project_root};
use serde_json::{Value, json};

/// A folder with a base record of two workloads, and others that differ from it.
fn records() -> Tinybench {
    let tinybench = Tinybench::new();
    let base = Record::real().cycles(&[8_000_000; 3]).and("vww", 3);
    let file = |name: &str, record: Record| {
        tinybench.file(name, record.text().as_bytes());
    };
    file("base.json", base.clone());
    let slower = base.clone().cycles(&[8_400_000; 3]);
    file(
        "slower.json",
        slower.with("/results/1/flash/total_bytes", json!(113_000)),
    );
    file("faster.json", base.clone().cycles(&[7_200_000; 3]));
    file(
        "clock.json",
        base.clone().with("/board/clock_hz", json!(64_000_001)),
    );
    let runs: Vec<u32> = (0..20).map(|i| 8_000_000 + i * 1_000).collect();
    let measured = Record::real().measured();
    file("board.json", measured.clone().cycles(&runs));
    let noisy: Vec<u32> = (0..20).map(|i| 8_240_000 + i * 997).collect();
    file("board-slower.json", measured.clone().cycles(&noisy));
    let within: Vec<u32> = (0..20).map(|i| 8_010_000 + i * 997).collect();
    file("board-same.json", measured.clone().cycles(&within));
    file("board-few.json", measured.cycles(&noisy[..2]));
    tinybench
}

fn shown(ended: &Ended) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        ended.code.unwrap(),
        ended.stdout,
        ended.stderr
    )
}

#[test]
fn a_slower_record_fails_with_a_table() {
    let ended = records().run(&["compare", "base.json", "slower.json"]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(shown(&ended));
}

/// Of two records of one second the one that was written later counts.
#[test]
fn a_regression_within_the_same_second_is_found() {
    let tinybench = Tinybench::new();
    let base = Record::real().cycles(&[8_000_000; 3]);
    let slower = base.clone().cycles(&[16_000_000; 3]);
    let slower = slower.with("/results/0/firmware/sha256", json!("b".repeat(64)));
    let stem = "results/20261122T165947Z-nano33";
    let names = [".json", "-2.json", "-3.json", "-10.json"].map(|end| format!("{stem}{end}"));
    let (last, first) = names.split_last().unwrap();
    for name in first {
        tinybench.file(name, base.text().as_bytes());
    }
    tinybench.file(last, slower.text().as_bytes());
    tinybench.file("base.json", base.text().as_bytes());
    let ended = tinybench.run(&["compare", "base.json", "results"]);
    assert_eq!(ended.code, Some(1), "{}", shown(&ended));
    assert!(ended.stdout.contains("+100.0 %"), "{}", shown(&ended));
    let arguments = ["dashboard", "results", "-o", "site"];
    let site = tinybench.run(&arguments);
    assert_eq!(site.code, Some(0), "{}", shown(&site));
    let status = std::fs::read_to_string(tinybench.path("site/status.html")).unwrap();
    assert!(
        status.contains("250.0 ms"),
        "the doubled latency is the last"
    );
}

#[test]
fn a_record_against_itself_is_fine() {
    let ended = records().run(&["compare", "base.json", "base.json"]);
    assert_eq!(ended.code, Some(0));
    insta::assert_snapshot!(shown(&ended));
}

#[test]
fn several_records_make_a_table_of_ratios() {
    let ended = records().run(&["compare", "base.json", "slower.json", "faster.json"]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(shown(&ended));
}

#[test]
fn measured_values_have_an_interval_and_a_p_value() {
    let tinybench = records();
    let ended = tinybench.run(&["compare", "board.json", "board-slower.json"]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!("measured_slower", shown(&ended));
    let ended = tinybench.run(&["compare", "board.json", "board-same.json"]);
    assert_eq!(ended.code, Some(0));
    insta::assert_snapshot!("measured_same", shown(&ended));
    let ended = tinybench.run(&["compare", "board.json", "board-few.json"]);
    assert_eq!(ended.code, Some(0));
    insta::assert_snapshot!("measured_few", shown(&ended));
}

#[test]
fn markdown_is_for_a_comment() {
    let ended = records().run(&[
        "compare",
        "base.json",
        "slower.json",
        "--format",
        "markdown",
    ]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn a_long_comment_is_cut_at_a_line() {
    let tinybench = Tinybench::new();
    let mut base = Record::real();
    for i in 0..800 {
        base = base.and(&format!("workload_{i}"), 2);
    }
    tinybench.file("base.json", base.text().as_bytes());
    let new = base
        .cycles(&[9_000_000])
        .with("/results/5/flash/total_bytes", json!(115_000));
    let mut new = new;
    for result in new.0["results"].as_array_mut().unwrap() {
        result["flash"]["total_bytes"] = json!(116_000);
    }
    tinybench.file("new.json", new.text().as_bytes());
    let ended = tinybench.run(&["compare", "base.json", "new.json", "--format", "markdown"]);
    assert!(ended.stdout.len() < 60_000, "{}", ended.stdout.len());
    assert!(
        ended
            .stdout
            .ends_with("more lines are left out: see `tinybench compare`.)\n")
    );
    let cells = ended.stdout.lines().filter(|line| line.starts_with('|'));
    assert!(cells.clone().count() > 100);
    assert!(cells.clone().all(|line| line.ends_with('|')));
}

#[test]
fn json_is_one_document_that_the_schema_describes() {
    let ended = records().run(&["compare", "base.json", "slower.json", "--format", "json"]);
    assert_eq!(ended.code, Some(1));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let schema = project_root().join("results/comparison.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    assert!(
        jsonschema::validator_for(&schema)
            .unwrap()
            .is_valid(&document)
    );
    assert_eq!(document["candidates"][0]["summary"]["regression"], 1);
}

#[test]
fn limits_of_the_command_line_and_of_the_settings_decide() {
    let tinybench = records();
    let code = |arguments: &[&str]| {
        let all: Vec<_> = ["compare", "base.json", "slower.json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        tinybench.run(&all).code.unwrap()
    };
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--limit", "latency=6%,energy=6%"]), 0);
    assert_eq!(code(&["--limit", "latency=6%|130ms,energy=off"]), 1);
    assert_eq!(code(&["--limit", "latency=off,energy=off,cycles=1%"]), 1);
    tinybench.file(
        "tinybench.toml",
        b"[compare.limits]\nlatency = \"6%\"\nenergy = \"off\"\n",
    );
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--limit", "latency=1%"]), 1);
    tinybench.file("slip.toml", b"[workload.kwz.limits]\nflash = \"off\"\n");
    let ended = tinybench.run(&["compare", "base.json", "base.json", "--config", "slip.toml"]);
    assert_eq!(
        ended.stderr,
        "the settings have limits for `kwz`, which the base lacks: did you mean `kws`?\n"
    );
    tinybench.file("strict.toml", b"");
    assert_eq!(code(&["--config", "strict.toml"]), 1);
}

#[test]
fn a_hard_limit_says_which() {
    let ended = records().run(&[
        "compare",
        "base.json",
        "base.json",
        "--limit",
        "flash=100KB,quality=0.95",
    ]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn other_circumstances_are_refused_and_can_be_allowed() {
    let tinybench = records();
    let refused = tinybench.run(&["compare", "base.json", "clock.json"]);
    assert_eq!(refused.code, Some(7));
    let mixed = tinybench.run(&["compare", "base.json", "board.json"]);
    assert_eq!(mixed.code, Some(7));
    let allowed = tinybench.run(&["compare", "base.json", "clock.json", "--allow", "clock"]);
    assert_eq!(allowed.code, Some(0));
    let shown = tinybench.run(&["compare", "base.json", "board.json", "--allow", "fidelity"]);
    assert_eq!(shown.code, Some(0));
    let texts = [refused.stderr, mixed.stderr, allowed.stdout, shown.stdout];
    insta::assert_snapshot!(texts.join("\n=====\n"));
}

#[test]
fn bad_input_is_told_with_its_file() {
    let tinybench = records();
    let good = Record::real();
    let text = good.text();
    tinybench.file("cut.json", &text.as_bytes()[..text.len() / 2]);
    let newer = good.clone().with("/schema", json!("tinybench.run/2"));
    tinybench.file("newer.json", newer.text().as_bytes());
    let nan = text.replace("1365.3628312499998", "1e999");
    tinybench.file("nan.json", nan.as_bytes());
    let negative = good
        .clone()
        .with("/results/0/energy/uj_per_inference", json!(-1));
    tinybench.file("negative.json", negative.text().as_bytes());
    tinybench.file("twice.json", good.clone().and("kws", 2).text().as_bytes());
    let escape = good
        .clone()
        .with("/results/0/workload", json!("\u{1b}[2Jkws"));
    tinybench.file("escape.json", escape.text().as_bytes());
    let absurd = good.with("/board/clock_hz", json!(u64::MAX));
    tinybench.file("absurd.json", absurd.text().as_bytes());
    tinybench.file("empty/notes.txt", b"nothing here");
    tinybench.file("foreign/package.json", b"{}");
    tinybench.file("binary.json", &[0, 159, 146, 150]);
    tinybench.file(".tinybench/baselines/main.json", text.as_bytes());
    let mut texts = Vec::new();
    for name in [
        "cut.json",
        "newer.json",
        "nan.json",
        "negative.json",
        "twice.json",
        "escape.json",
        "absurd.json",
        "binary.json",
        "empty",
        "foreign",
        "mian",
        "no\u{1b}[2J.json",
    ] {
        let Ended {
            code,
            stdout,
            stderr,
        } = tinybench.run(&["compare", name, "base.json"]);
        assert_eq!(stdout, "", "{name}");
        assert!(!stderr.contains('\u{1b}'), "{name}");
        texts.push(format!("exit {}: {stderr}", code.unwrap()));
    }
    insta::assert_snapshot!(texts.join(""));
}

#[test]
fn a_folder_with_foreign_files_is_used_and_they_are_listed() {
    let tinybench = records();
    let text = Record::real().text();
    tinybench.file("results/a.json", text.as_bytes());
    tinybench.file("results/deep/cut.json", &text.as_bytes()[..700]);
    tinybench.file("results/package.json", b"{\"name\": \"\\u001b[31m\"}");
    tinybench.file("results/readme.txt", b"");
    let Ended { code, stderr, .. } = tinybench.run(&["compare", "results", "results/a.json"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(stderr);
}

#[test]
fn confirming_says_why_it_cannot_run_again() {
    let tinybench = records();
    let compare = [
        "compare",
        "board.json",
        "board-slower.json",
        "--confirm",
        "2",
    ];
    let ended = tinybench.run(&compare);
    // There is no probe to run on again.
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("kws: running again, 1 of 2"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .ends_with("kws can't be confirmed: running it again failed\n")
    );
    let mut own = Record::real().measured().cycles(&[9_000_000; 9]);
    own.0["results"][0]["inputs"]["source"] = json!("seeded");
    tinybench.file("own.json", own.text().as_bytes());
    let ended = tinybench.run(&["compare", "board.json", "own.json", "--confirm", "1"]);
    assert_eq!(ended.code, Some(7));
    assert!(
        ended.stderr.contains("it was run with --model"),
        "{}",
        ended.stderr
    );
    // Exact figures would come out the same: nothing is run.
    let ended = tinybench.run(&["compare", "base.json", "slower.json", "--confirm", "2"]);
    assert_eq!(ended.code, Some(1));
    assert!(!ended.stderr.contains("running again"));
}

/// The command that README shows for a gate, without its records.
fn readme_limits() -> Vec<String> {
    let readme = std::fs::read_to_string(project_root().join("README.md")).unwrap();
    let line = readme
        .lines()
        .find(|line| line.starts_with("tinybench compare main new.json"));
    let words = line.unwrap().split_whitespace().skip(4);
    words.map(|word| word.replace('\'', "")).collect()
}

#[test]
fn the_limits_of_readme_pass_on_an_unchanged_kernel_and_fail_on_a_slowed_one() {
    let tinybench = Tinybench::new();
    let file = |name: &str, cycles: u32| {
        let record = Record::real().cycles(&[cycles; 10]);
        tinybench.file(name, record.text().as_bytes());
    };
    // The same code at another address took 0.0065 % more; a slowed kernel 3 %.
    file("main", 9_200_000);
    file("moved.json", 9_200_060 + 538);
    file("slowed.json", 9_476_000);
    let limits = readme_limits();
    assert!(
        limits[0] == "--limit" && limits[1].contains("latency"),
        "{limits:?}"
    );
    let compare = |new: &str, more: &[String]| {
        let mut command = tinybench.command();
        command.args(["compare", "main", new]).args(more);
        tinybench.ended(&mut command)
    };
    for more in [&limits[..], &[]] {
        let moved = compare("moved.json", more);
        assert_eq!(moved.code, Some(0), "{}", shown(&moved));
        let slowed = compare("slowed.json", more);
        assert_eq!(slowed.code, Some(1), "{}", shown(&slowed));
        // Energy is the latency times a constant: one regression, not two.
        assert!(
            slowed.stderr.contains("1 regression: kws latency"),
            "{}",
            shown(&slowed)
        );
    }
    let exact = compare("moved.json", &["--exact".to_owned()]);
    assert_eq!(exact.code, Some(1), "{}", shown(&exact));
}

#[test]
fn a_noise_floor_of_the_settings_holds_for_modelled_figures() {
    let tinybench = records();
    tinybench.file(
        "new.json",
        Record::real()
            .cycles(&[8_100_000; 3])
            .and("vww", 3)
            .text()
            .as_bytes(),
    );
    let code = |floor: &str| {
        let settings = format!("[compare.noise]\nlatency = \"{floor}\"\n");
        tinybench.file("tinybench.toml", settings.as_bytes());
        tinybench.run(&["compare", "base.json", "new.json"]).code
    };
    assert_eq!((code("1%"), code("2%")), (Some(1), Some(0)));
}

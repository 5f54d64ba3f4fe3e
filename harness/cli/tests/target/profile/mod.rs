//! Profiles: where the cycles of an inference go, and that finding out takes none. Skipped, saying
//! so, where firmware can't be built.

mod board;
mod causes;
mod engines;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tinybench_execution::build::Opt;
use tinybench_execution::run::{Request, Selection, Setting, What};
use tinybench_execution::target::select::On;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::Board;
use tinybench_inputs::project::Project;
use tinybench_inputs::subject::VectorCount;
use tinybench_record::{PartProfile, Profile, RunRecord, RunResult};
use tinybench_support::progress::Progress;
use tinybench_virtual_board::VirtualBoard;

use crate::support::pages::reports_are_true;
use crate::support::{Ended, Tinybench, project_root, toolchain_is_there};

/// The result of a run of one vector of what is named.
fn run(tinybench: &Tinybench, what: &[&str], more: &[&str]) -> RunResult {
    let briefly = ["--vectors", "1", "--runs", "3", "--format", "json"];
    let ended = tinybench.run_virtual(&[what, &briefly, more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    record.results.remove(0)
}

/// What the command prints of a workload.
fn profile(tinybench: &Tinybench, workload: &str, more: &[&str]) -> String {
    let on = ["--board", "nano33", "--on", "virtual"];
    let arguments = [&["profile", "--workload", workload], &on[..], more];
    let ended = tinybench.run(&arguments.concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout
}

fn parts(profile: &Profile) -> impl Iterator<Item = &PartProfile> {
    let operators = profile.operators.iter().map(|it| &it.cost);
    operators.chain([&profile.between])
}

#[test]
fn a_profile_takes_no_cycle_and_its_parts_add_up() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    for (workload, first, count) in [
        ("kws", "CONV_2D", 13),
        ("ad", "FULLY_CONNECTED", 10),
        ("vww", "CONV_2D", 31),
    ] {
        let plain = run(&tinybench, &["--workload", workload], &[]);
        let profiled = run(&tinybench, &["--workload", workload], &["--profile"]);
        assert_eq!(plain.profile, None);
        assert_eq!(
            plain.firmware, profiled.firmware,
            "{workload}: another image"
        );
        assert_eq!(plain.latency.cycles, profiled.latency.cycles, "{workload}");
        let profile = profiled.profile.as_ref().unwrap();
        assert_eq!(
            Some(profile.cycles),
            plain.latency.cycles.last().map(|&it| it.into())
        );
        assert_eq!(
            parts(profile).map(|it| it.cycles).sum::<u64>(),
            profile.cycles
        );
        assert_eq!(profile.instructions, plain.instructions);
        let instructions = parts(profile).map(|it| it.instructions.unwrap());
        assert_eq!(Some(instructions.sum()), plain.instructions, "{workload}");
        let of_functions: u64 = profile.functions.iter().map(|it| it.cycles).sum();
        assert_eq!(of_functions, profile.cycles, "{workload}");

        assert_eq!(profile.operators.len(), count, "{workload}");
        assert_eq!(profile.operators[0].name, first);
        assert_eq!(profile.notes, [""; 0]);
        let macs: u64 = profile.operators.iter().filter_map(|it| it.macs).sum();
        assert_eq!(Some(macs), plain.model.macs, "{workload}");
        for operator in &profile.operators {
            assert!(
                operator.bound_cycles.unwrap() <= operator.cost.cycles,
                "{operator:?}"
            );
        }
        // What isn't in an operator is finding the next one in the model, however long the operators are.
        let found = profile.operators.len() as u64 + 1;
        assert!(profile.between.cycles < 1_000 * found, "{workload}");
    }
}

#[test]
fn views_of_a_profile_tell_the_same() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let profile = |more: &[&str]| profile(&tinybench, "kws", more);
    let document: serde_json::Value =
        serde_json::from_str(&profile(&["--format", "json"])).unwrap();
    let cycles = document["profile"]["cycles"].as_u64().unwrap();

    let of_csv = |more: &[&str]| -> u64 {
        let text = profile(&[&["--format", "csv"], more].concat());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let at = reader
            .headers()
            .unwrap()
            .iter()
            .position(|it| it == "cycles")
            .unwrap();
        reader
            .records()
            .map(|row| row.unwrap()[at].parse::<u64>().unwrap())
            .sum()
    };
    assert_eq!(of_csv(&[]), cycles);
    assert_eq!(of_csv(&["--by", "kind"]), cycles);
    assert_eq!(of_csv(&["--by", "function"]), cycles);

    let folded = profile(&["--format", "folded"]);
    let of_line = |line: &str| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(folded.lines().map(of_line).sum::<u64>(), cycles);

    let table = profile(&["--top", "3"]);
    assert!(table.contains("CONV_2D"), "{table}");
    assert!(table.contains("between operators"), "{table}");
    assert!(table.contains("10 more"), "{table}");
    assert!(table.lines().count() < 24, "{table}");
}

#[test]
fn a_runtime_without_operators_is_told_by_function() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let stdout = profile(&tinybench, "forest", &[]);
    assert!(
        stdout.contains("note: the runtime doesn't say where operators begin and end"),
        "{stdout}"
    );
    assert!(stdout.contains("tinybench_classical::"), "{stdout}");
}

/// The result of a workload on the virtual `board`, of which `change` makes another one, profiled.
fn profiled_on(
    board: &str,
    workload: &str,
    change: &(dyn Fn(&mut VirtualBoard) + Sync),
) -> RunResult {
    let request = Request {
        board: board.to_owned(),
        power: None,
        on: On::Virtual,
        probe: None,
        what: What {
            workloads: vec![workload.to_owned()],
            ..What::default()
        },
        shard: None,
        runs: 1,
        vectors: VectorCount::Count(1),
        timeout: Duration::from_secs(60),
        layouts: None,
        opt: Opt::default(),
        from_source: false,
        profile: true,
        duty_cycle: None,
        metering: None,
        commit: None,
    };
    let project = Project::find(Some(&project_root()), Path::new(".")).unwrap();
    let open = |board: &Board| {
        let mut made = virtual_board::make(board)?;
        change(&mut made);
        Ok(tinybench_virtual_probe::open(Arc::new(Mutex::new(made))))
    };
    let mut progress = Progress::hidden();
    let setting = Setting::new(&request, &project, &open, &mut progress).unwrap();
    let selection = Selection::new(&request.what, &project).unwrap();
    let subjects = setting.subjects(&selection, &mut progress).unwrap();
    let profiled = setting
        .profiled(&subjects.planned[0], &mut progress)
        .unwrap();
    RunResult {
        profile: Some(profiled.profile),
        ..profiled.result
    }
}

/// The result of a workload on a board whose `operator`-th operator takes `cycles` more, profiled.
fn slowed(workload: &str, operator: usize, cycles: u64) -> RunResult {
    profiled_on("nano33", workload, &|board| {
        board.machine.slow_operator(operator, cycles);
    })
}

#[test]
fn an_operator_that_became_slower_is_named_first() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let (mut kinds, mut operators, mut gated) = (BTreeSet::new(), 0, 0);
    for workload in ["kws", "ad"] {
        let arguments = ["--workload", workload, "--vectors", "1", "--runs", "1"];
        let more = ["--profile", "--out", "base.json"];
        let ended = tinybench.run_virtual(&[&arguments[..], &more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let base = std::fs::read(tinybench.path("base.json")).unwrap();
        let base = RunRecord::parse(&base).unwrap();
        let profile = base.results[0].profile.as_ref().unwrap();
        for (number, operator) in profile.operators.iter().enumerate() {
            let more = operator.cost.cycles * 3 / 10;
            if more == 0 {
                continue;
            }
            let mut record = base.clone();
            record.results[0] = slowed(workload, number, more);
            tinybench.file("slow.json", record.to_json().unwrap().as_bytes());
            let found = tinybench.run(&["compare", "base.json", "slow.json", "--format", "json"]);
            let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
            let changes = &found["candidates"][0]["results"][0]["operators"]["changes"];
            let name = format!("{} {}", operator.name, operator.index);
            assert_eq!(changes[0]["name"], name, "{changes}");
            assert_eq!(changes[0]["new"], operator.cost.cycles + more, "{changes}");
            assert_eq!(changes.as_array().unwrap().len(), 1, "{changes}");
            operators += 1;
            kinds.insert(operator.name.clone());

            // What matters fails the comparison, whose table begins with the operator.
            if more as f64 > 0.006 * profile.cycles as f64 {
                let Ended { code, stdout, .. } =
                    tinybench.run(&["compare", "base.json", "slow.json"]);
                assert_eq!(code, Some(1), "{stdout}");
                let mut lines = stdout
                    .lines()
                    .skip_while(|line| !line.starts_with("operator "));
                let first = lines.nth(2).unwrap();
                assert!(first.starts_with(&name), "{first}");
                gated += 1;
            }
        }
    }
    reports_are_true(&tinybench, &["base.json", "slow.json"], None);
    assert!(operators >= 20 && gated >= 10, "{operators}, {gated}");
    assert!(kinds.len() >= 5, "{kinds:?}");
}

#[test]
fn lines_add_up_and_name_functions_that_were_inlined() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let profile = |workload: &str, more: &[&str]| profile(&tinybench, workload, more);
    let stdout = profile("forest", &["--build", "--by", "line", "--format", "csv"]);
    let functions = profile(
        "forest",
        &["--build", "--by", "function", "--format", "csv"],
    );
    let rows = |text: &str| -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.records().map(Result::unwrap).collect()
    };
    let sum = |rows: &[csv::StringRecord]| -> u64 {
        rows.iter().map(|row| row[4].parse::<u64>().unwrap()).sum()
    };
    let (lines, functions) = (rows(&stdout), rows(&functions));
    assert_eq!(sum(&lines), sum(&functions));
    // The last column is the line, the second the function that it was inlined into.
    let inlined = |row: &&csv::StringRecord| row[12].contains(".rs:") && !row[1].is_empty();
    let share = sum(&lines.iter().filter(inlined).cloned().collect::<Vec<_>>());
    assert!(2 * share > sum(&lines), "{share}: {stdout}");
    assert!(lines.len() > 2 * functions.len(), "{stdout}");

    profile("ad", &["-o", "ad.html"]);
    let page = std::fs::read_to_string(tinybench.path("ad.html")).unwrap();
    for section in ["operators", "roofline", "flame", "memory", "functions"] {
        assert!(
            page.contains(&format!("<h2 id=\"{section}\">")),
            "{section}"
        );
    }
}

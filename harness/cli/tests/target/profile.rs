//! Profiles: where the cycles of an inference go, and that finding out takes none. Skipped, saying
//! so, where firmware can't be built.

use tinybench_record::{PartProfile, Profile, RunRecord, RunResult};

use crate::support::{Ended, Tinybench, toolchain_is_there};

fn run(tinybench: &Tinybench, workload: &str, more: &[&str]) -> RunResult {
    let arguments = [
        "--workload",
        workload,
        "--vectors",
        "1",
        "--runs",
        "3",
        "--format",
        "json",
    ];
    let ended = tinybench.run_virtual(&[&arguments, more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
    record.results.remove(0)
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
        let plain = run(&tinybench, workload, &[]);
        let profiled = run(&tinybench, workload, &["--profile"]);
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
        // What isn't in an operator is a small part.
        assert!(100 * profile.between.cycles < profile.cycles, "{workload}");
    }
}

#[test]
fn views_of_a_profile_tell_the_same() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    let profile = |more: &[&str]| {
        let arguments = [
            "profile",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--workload",
            "kws",
        ];
        let ended = tinybench.run(&[&arguments, more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
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
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run(&[
        "profile",
        "--board",
        "nano33",
        "--on",
        "virtual",
        "--workload",
        "forest",
    ]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("note: the runtime doesn't say where operators begin and end"),
        "{stdout}"
    );
    assert!(stdout.contains("tinybench_classical::"), "{stdout}");
}

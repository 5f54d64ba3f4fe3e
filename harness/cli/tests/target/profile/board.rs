//! The profile of a real board: operators by marks in an image of its own, functions by samples of the program
//! counter. The boards are virtual ones that pass for real, whose exact profile is known.

use std::collections::BTreeMap;

use tinybench_execution::build::find_toolchain;
use tinybench_record::{Fidelity, Profile};
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::faults::InjectedFault;

use super::{parts, profiled_on};
use crate::support::toolchain_is_there;

/// By how much a sampled share may be off: five times what chance does at 95 %, as samples that come at even
/// distances aren't drawn by chance.
fn tolerance(samples: u64) -> f64 {
    5.0 / (samples as f64).sqrt()
}

fn shares(profile: &Profile) -> BTreeMap<&str, f64> {
    let share = |cycles: u64| cycles as f64 / profile.cycles as f64;
    let functions = profile.functions.iter();
    functions
        .map(|it| (it.name.as_str(), share(it.cycles)))
        .collect()
}

#[test]
fn a_real_board_is_profiled_by_marks_and_samples() {
    if !toolchain_is_there() {
        return;
    }
    let exact = profiled_on("nano33", "kws", &|_| ());
    let board = profiled_on("nano33", "kws", &|board| {
        board.port.pass_for_real();
        board.inject(InjectedFault::DropSamples { nth: 10 });
    });
    // The run itself is the same one.
    assert_eq!(exact.firmware, board.firmware);
    assert_eq!(exact.latency.cycles, board.latency.cycles);
    let [exact, found] = [exact, board].map(|it| it.profile.unwrap());

    assert_eq!(found.fidelity, Fidelity::Measured);
    // The marked image has its code elsewhere, and its operators may take more than all of the other.
    let of_operators = found.operators.iter().map(|it| it.cost.cycles).sum();
    assert_eq!(found.cycles, exact.cycles.max(of_operators));
    assert_eq!(parts(&found).map(|it| it.cycles).sum::<u64>(), found.cycles);
    assert_eq!(found.operators.len(), 13);
    let mut off = Vec::new();
    for (one, other) in exact.operators.iter().zip(&found.operators) {
        assert_eq!((one.index, &one.name), (other.index, &other.name));
        assert_eq!(
            (one.macs, one.bound_cycles),
            (other.macs, other.bound_cycles)
        );
        assert_eq!((other.cost.instructions, &other.cost.stalls), (None, &None));
        let [exact, found] = [one, other].map(|it| it.cost.cycles);
        // By where code lies in flash, and what is done around a call.
        let room = exact / 100 + 50;
        let name = &one.name;
        off.extend((exact.abs_diff(found) > room).then(|| format!("{name}: {exact}, {found}")));
    }
    assert_eq!(off, [""; 0]);
    let energy = |profile: &Profile| profile.operators[0].cost.energy_uj.unwrap();
    assert!((energy(&found) / energy(&exact) - 1.0).abs() < 0.02);
    let [marks, samples] = &found.notes[..] else {
        panic!("{:?}", found.notes);
    };
    assert!(
        marks.contains("the marks' own") && !marks.contains("more than"),
        "{marks}"
    );

    // Every tenth sample was lost, and that is told.
    let (taken, missed) = (found.samples.unwrap(), found.missed_samples.unwrap());
    assert!(taken > 1_000, "{taken}");
    assert!(
        samples.contains("gave nothing") && samples.contains("95 times of 100"),
        "{samples}"
    );
    assert!(
        taken.abs_diff(9 * missed) <= taken / 20,
        "{taken}, {missed}"
    );
    let of_functions = found.functions.iter();
    assert_eq!(
        of_functions.clone().map(|it| it.cycles).sum::<u64>(),
        found.cycles
    );
    assert_eq!(
        of_functions.map(|it| it.samples.unwrap()).sum::<u64>(),
        taken
    );
    let [exact, found] = [&exact, &found].map(shares);
    for (name, share) in &exact {
        let sampled = found.get(name).copied().unwrap_or(0.0);
        assert!(
            (share - sampled).abs() < tolerance(taken),
            "{name}: {share}, {sampled}"
        );
    }
}

#[test]
fn functions_are_seen_where_firmware_leaves_the_trace_units_off() {
    if let Err(error) = find_toolchain("thumbv6m-none-eabi") {
        eprintln!("skipped: {error}");
        return;
    }
    // It counts by SysTick.
    let found = profiled_on("nucleo-g0b1re", "kws", &|board| board.port.pass_for_real());
    let profile = found.profile.unwrap();
    assert!(profile.samples.unwrap() > 1_000, "{:?}", profile.notes);
    let first = &profile.functions[0].name;
    assert!(first.contains("kernels"), "{first}");
}

#[test]
fn a_probe_that_sees_no_program_counter_leaves_the_operators() {
    if !toolchain_is_there() {
        return;
    }
    let change = |board: &mut VirtualBoard| {
        board.port.pass_for_real();
        board.inject(InjectedFault::DropSamples { nth: 1 });
    };
    let profile = profiled_on("nano33", "ad", &change).profile.unwrap();
    assert_eq!((profile.samples, profile.functions.len()), (Some(0), 0));
    assert_eq!(profile.operators.len(), 10);
    assert!(
        profile
            .notes
            .iter()
            .any(|it| it.contains("saw the program counter in no sample")),
        "{:?}",
        profile.notes
    );
}

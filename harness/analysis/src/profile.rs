//! What a profile says, in words: the same in tables, reports and pages. `docs/profile.md` explains it.

use std::cmp::Reverse;

use tinybench_record::{Fidelity, OperatorProfile, Profile, Stalls};
use tinybench_support::number::{decimal, grouped};

/// How many causes are told.
const CAUSES: usize = 5;

/// What part of the whole cycles are, from 0 to 1.
pub fn share(cycles: u64, profile: &Profile) -> f64 {
    cycles as f64 / profile.cycles.max(1) as f64
}

/// The operators, those first that take the most cycles.
pub fn worst_first(profile: &Profile) -> Vec<&OperatorProfile> {
    let mut operators: Vec<_> = profile.operators.iter().collect();
    operators.sort_by_key(|operator| Reverse(operator.cost.cycles));
    operators
}

/// The whole of a profile of `workload`, on a board of which the core has a clock of `clock_hz`.
pub fn headline(profile: &Profile, workload: &str, board: &str, clock_hz: u64) -> String {
    let cycles = profile.cycles;
    let ms = cycles as f64 / clock_hz.max(1) as f64 * 1e3;
    let mark = match profile.fidelity {
        Fidelity::Modelled => "≈ ",
        Fidelity::Measured => "",
    };
    let mut text = format!(
        "{workload} on {board}: {mark}{} cycles, {mark}{} ms",
        grouped(cycles),
        decimal(ms),
    );
    if let Some(instructions) = profile.instructions {
        let each = cycles as f64 / instructions.max(1) as f64;
        text += &format!(
            "; {} instructions, {each:.2} cycles each",
            grouped(instructions)
        );
    }
    let macs: u64 = profile.operators.iter().filter_map(|it| it.macs).sum();
    if macs > 0 {
        let each = cycles as f64 / macs as f64;
        text += &format!("; {} MACs, {each:.2} cycles each", grouped(macs));
    }
    let bound: u64 = profile
        .operators
        .iter()
        .filter_map(|it| it.bound_cycles)
        .sum();
    if bound > 0 {
        text += &format!(
            ". The core's bound is {} cycles: it takes {:.1} times as many",
            grouped(bound),
            cycles as f64 / bound as f64
        );
    }
    text
}

/// What the cycles of all operators went to, in a sentence; none where that wasn't counted.
pub fn stalls(profile: &Profile) -> Option<String> {
    let parts = profile
        .operators
        .iter()
        .map(|it| &it.cost)
        .chain([&profile.between]);
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for (name, cycles) in parts
        .filter_map(|it| it.stalls.as_ref())
        .flat_map(Stalls::named)
    {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += cycles,
            None => sums.push((name, cycles)),
        }
    }
    if sums.is_empty() {
        return None;
    }
    let stalls: u64 = sums.iter().map(|(_, cycles)| cycles).sum();
    let own = profile.cycles.saturating_sub(stalls);
    sums.retain(|&(_, cycles)| share(cycles, profile) >= 0.001);
    sums.sort_by_key(|&(_, cycles)| Reverse(cycles));
    let told = sums
        .iter()
        .map(|(name, cycles)| format!("{name} {:.1} %", 100.0 * share(*cycles, profile)));
    let told: Vec<String> = told.collect();
    Some(format!(
        "Of all cycles {:.1} % are the instructions' own; stalls: {}.",
        100.0 * share(own, profile),
        told.join(", ")
    ))
}

/// The causes that operators have, each with those that have it, the worst first.
pub fn causes(profile: &Profile) -> Vec<String> {
    struct Found<'a> {
        what: &'a str,
        cycles: Option<u64>,
        operators: Vec<(u64, String)>,
    }
    let mut found: Vec<Found> = Vec::new();
    for operator in &profile.operators {
        for cause in &operator.causes {
            let of = (cause.cycles.unwrap_or(0), operator.label());
            match found.iter_mut().find(|it| it.what == cause.what) {
                Some(it) => {
                    it.cycles = it.cycles.zip(cause.cycles).map(|(sum, more)| sum + more);
                    it.operators.push(of);
                }
                None => found.push(Found {
                    what: &cause.what,
                    cycles: cause.cycles,
                    operators: vec![of],
                }),
            }
        }
    }
    // What hardly counts isn't told.
    found.retain(|it| {
        it.cycles
            .is_none_or(|cycles| share(cycles, profile) >= 0.005)
    });
    found.sort_by_key(|it| Reverse(it.cycles));
    let lines = found.into_iter().take(CAUSES).map(|mut it| {
        it.operators.sort_by_key(|(cycles, _)| Reverse(*cycles));
        let count = it.operators.len();
        let names: Vec<String> = it
            .operators
            .into_iter()
            .take(3)
            .map(|(_, name)| name)
            .collect();
        let more = match count.saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let cycles = it
            .cycles
            .map_or(String::new(), |it| format!(", {} cycles", grouped(it)));
        format!("{}{cycles}: {}{more}", it.what, names.join(", "))
    });
    lines.collect()
}

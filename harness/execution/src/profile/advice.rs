//! What makes an operator slower than the core could be: by what was counted, and by rules of the
//! interpreter's kernels that its shapes tell.

use std::collections::BTreeMap;

use tinybench_inputs::runtimes::SlowCode;
use tinybench_inputs::runtimes::description::Operator;
use tinybench_record::{Other, PartProfile, SlowCause};

use super::functions::Cost;

/// A stall is told from this share of an operator's cycles on.
const WORTH: f64 = 0.05;

/// The stalls that are worth telling, those first that cost the most.
pub(super) fn counted(cost: &PartProfile, bound: u64) -> Vec<SlowCause> {
    if is_good(cost, bound) {
        return Vec::new();
    }
    let mut stalls: Vec<(&str, u64)> = cost.stalls.iter().flat_map(|it| it.named()).collect();
    stalls.retain(|&(_, cycles)| cycles as f64 >= WORTH * cost.cycles as f64);
    stalls.sort_by_key(|&(_, cycles)| std::cmp::Reverse(cycles));
    let counted = stalls.into_iter().map(|(name, cycles)| SlowCause {
        what: in_words(name).to_owned(),
        cycles: Some(cycles),
        other: Other::new(),
    });
    counted.collect()
}

/// What is known of the engine that ran an operator: code that it runs for want of quicker code, with what
/// was spent there, and what the shapes and weights tell. The stalls of that code are among those that are
/// counted by themselves.
pub(super) fn of_engine(
    slow: &[SlowCode],
    functions: &BTreeMap<String, Cost>,
    operator: &Operator,
    cost: &PartProfile,
    bound: u64,
) -> Vec<SlowCause> {
    if is_good(cost, bound) {
        return Vec::new();
    }
    let cause = |what: String, cycles| SlowCause {
        what,
        cycles,
        other: Other::new(),
    };
    let spent = slow.iter().filter_map(|code| {
        let functions = functions.iter().filter(|(name, _)| code.has(name));
        let cycles: u64 = functions.map(|(_, cost)| cost.cycles).sum();
        let counts = cycles as f64 >= WORTH * cost.cycles as f64;
        counts.then(|| cause(code.what.to_owned(), Some(cycles)))
    });
    let zero = operator.zero_channels.map(|count| {
        let weights = operator.inputs.get(1).and_then(Option::as_ref);
        let channels = weights.map_or(0, |it| match operator.name.as_str() {
            "DEPTHWISE_CONV_2D" => it.shape.last().copied().unwrap_or(0),
            _ => it.shape.first().copied().unwrap_or(0),
        });
        format!("{count} of {channels} channels with weights that are all zero")
    });
    let told = shapes(operator).into_iter().chain(zero);
    spent.chain(told.map(|what| cause(what, None))).collect()
}

/// Whether there is hardly anything to gain.
fn is_good(cost: &PartProfile, bound: u64) -> bool {
    cost.cycles as f64 <= 1.5 * bound as f64
}

/// A stall of a record in words.
fn in_words(stall: &str) -> &'static str {
    match stall {
        "load use" => "loads whose value or address is needed at once",
        "flash data" => "weights and other data read from flash",
        "memory change" => "loads that change from one memory to another",
        "unaligned" => "loads and stores that aren't aligned",
        "fetch" => "code that isn't in the instruction cache",
        "alignment" => "32-bit instructions that aren't word-aligned",
        "refill" => "branches",
        "divide" => "divides",
        _ => "floating-point results that are waited for",
    }
}

/// What the int8 kernels can't do at full speed, as the shapes tell: they take four values at a time
/// (`targets/runtimes/interpreter/kernels/src/dsp`).
fn shapes(operator: &Operator) -> Vec<String> {
    let int8 = operator
        .inputs
        .iter()
        .flatten()
        .next()
        .is_some_and(|it| it.element_type == "int8");
    let weights = operator.inputs.get(1).and_then(Option::as_ref);
    let Some(weights) = weights.filter(|_| int8) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut odd = |what: &str, count: u64| {
        if !count.is_multiple_of(4) {
            found.push(format!("{count} {what}, which is no multiple of 4"));
        }
    };
    match (operator.name.as_str(), &weights.shape[..]) {
        ("CONV_2D", [_, height, width, depth]) => {
            odd(
                "weights a filter",
                height.saturating_mul(*width).saturating_mul(*depth),
            );
        }
        ("DEPTHWISE_CONV_2D", [.., channels]) => odd("channels", *channels),
        ("FULLY_CONNECTED", [outputs, inputs]) => {
            odd("inputs", *inputs);
            odd("outputs", *outputs);
        }
        _ => {}
    }
    found
}

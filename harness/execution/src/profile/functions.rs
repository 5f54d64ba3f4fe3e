//! Which function the cycles belong to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tinybench_record::{FunctionProfile, Other};
use tinybench_support::printable::printable;
use tinybench_virtual_board::{SegmentCost, WindowProfile};

use crate::image::Image;

/// Stands in the place of a function's name where none is known.
pub const NO_SYMBOL: &str = "(no symbol)";

/// What code costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Cycles.
    pub cycles: u64,
    /// Instructions.
    pub instructions: u64,
    /// How often its blocks were run.
    pub executions: u64,
}

/// What the functions cost in a part of an inference, by their names.
pub fn of_segment(segment: &SegmentCost, image: &Image) -> BTreeMap<String, Cost> {
    let mut found: BTreeMap<String, Cost> = BTreeMap::new();
    for block in &segment.blocks {
        let name = image.function_name(block.address);
        let name = name.map_or_else(|| NO_SYMBOL.to_owned(), |it| printable(it).into_owned());
        let cost = found.entry(name).or_default();
        cost.cycles += block.cycles;
        cost.instructions += block.instructions;
        cost.executions += block.executions;
    }
    found
}

/// What the functions cost in an inference, the most expensive first.
pub fn of_window(window: &WindowProfile, image: &Image) -> Vec<FunctionProfile> {
    let mut all: BTreeMap<String, Cost> = BTreeMap::new();
    for segment in window.calls.iter().chain([&window.between]) {
        for (name, cost) in of_segment(segment, image) {
            let sum = all.entry(name).or_default();
            sum.cycles += cost.cycles;
            sum.instructions += cost.instructions;
        }
    }
    let functions = all.into_iter().map(|(name, cost)| FunctionProfile {
        name,
        cycles: cost.cycles,
        instructions: Some(cost.instructions),
        samples: None,
        other: Other::new(),
    });
    let mut functions: Vec<_> = functions.collect();
    functions.sort_by_key(|function| Reverse(function.cycles));
    functions
}

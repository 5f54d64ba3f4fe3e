//! Which source line the cycles belong to, by the image's debug information.
//!
//! The cycles of a straight run of instructions are counted together; they are dealt out evenly among its
//! instructions. So the lines add up to the whole, and what is said of a function is exact, but lines of
//! one run of instructions may have some of each other's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use tinybench_support::printable::printable;
use tinybench_virtual_board::{SegmentCost, WindowProfile};

use super::functions::{Cost, NO_SYMBOL};
use crate::image::{Image, Location};

/// What a line cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The function that it is in, inlined or not.
    pub function: String,
    /// File and line, if the debug information tells.
    pub place: Option<String>,
    /// The function into which it was inlined, if it was.
    pub inlined_into: Option<String>,
    /// Its cycles and instructions.
    pub cost: Cost,
}

/// From addresses to frames, each looked up once.
pub(super) struct Frames<'a> {
    image: &'a Image,
    known: HashMap<u32, Vec<Location>>,
}

impl<'a> Frames<'a> {
    pub(super) fn of(image: &'a Image) -> Self {
        Self {
            image,
            known: HashMap::new(),
        }
    }

    /// The cost of each instruction of a part of an inference, with its frames, innermost first.
    pub(super) fn of_segment(&mut self, segment: &SegmentCost) -> Vec<(Vec<Location>, Cost)> {
        let mut found = Vec::new();
        for block in &segment.blocks {
            let addresses = self.image.instructions(block.address, block.bytes);
            let count = addresses.len() as u64;
            for (at, address) in (0..).zip(addresses) {
                let part = |whole: u64| whole / count + u64::from(at < whole % count);
                let image = self.image;
                let frames = self.known.entry(address);
                let frames = frames.or_insert_with(|| image.frames(address)).clone();
                let cost = Cost {
                    cycles: part(block.cycles),
                    instructions: part(block.instructions),
                    executions: block.executions,
                };
                found.push((frames, cost));
            }
        }
        found
    }
}

/// What the lines cost in an inference, the most expensive first.
pub fn of_window(window: &WindowProfile, image: &Image) -> Vec<Line> {
    let mut frames = Frames::of(image);
    let mut all: BTreeMap<(String, Option<String>, Option<String>), Cost> = BTreeMap::new();
    for segment in window.calls.iter().chain([&window.between]) {
        for (frames, cost) in frames.of_segment(segment) {
            let name = |location: &Location| printable(&location.function).into_owned();
            let innermost = frames.first();
            let key = (
                innermost.map_or(NO_SYMBOL.to_owned(), name),
                innermost.and_then(place),
                (frames.len() > 1)
                    .then(|| frames.last().map(name))
                    .flatten(),
            );
            let sum = all.entry(key).or_default();
            sum.cycles += cost.cycles;
            sum.instructions += cost.instructions;
        }
    }
    let lines = all
        .into_iter()
        .map(|((function, place, inlined_into), cost)| Line {
            function,
            place,
            inlined_into,
            cost,
        });
    let mut lines: Vec<_> = lines.collect();
    lines.retain(|line| line.cost != Cost::default());
    lines.sort_by_key(|line| Reverse(line.cost.cycles));
    lines
}

/// File and line for people.
fn place(location: &Location) -> Option<String> {
    let file = printable(location.file.as_deref()?).into_owned();
    Some(match location.line {
        Some(line) => format!("{file}:{line}"),
        None => file,
    })
}

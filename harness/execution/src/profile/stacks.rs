//! Stacks of operator and function, in the formats of flame-graph tools.

use std::collections::BTreeMap;

use serde::Serialize;
use tinybench_record::{OperatorProfile, Profile};
use tinybench_support::json::{self, JsonError};
use tinybench_support::printable::printable;
use tinybench_virtual_board::WindowProfile;

use super::functions;
use super::lines::Frames;
use crate::image::Image;

/// What all stacks begin with where operators aren't told apart.
const ALL: &str = "inference";

/// A stack, outermost first, and the cycles that were spent in its innermost frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The frames.
    pub frames: Vec<String>,
    /// The cycles.
    pub cycles: u64,
}

/// The stacks of an inference, in the order of its operators: below each the functions, those that were
/// inlined among them.
pub fn of(profile: &Profile, window: &WindowProfile, image: &Image) -> Vec<Stack> {
    let mut known = Frames::of(image);
    let names = profile.operators.iter().map(OperatorProfile::label);
    // By samples it isn't known which operator a function was called by. Otherwise the runtime's own work
    // comes last.
    let (names, rest) = match profile.samples {
        Some(_) => (Vec::new(), ALL),
        None => (names.collect(), Profile::BETWEEN),
    };
    let names = names.into_iter().chain([rest.to_owned()]);
    let segments = window.calls.iter().chain([&window.between]);
    let mut stacks = Vec::new();
    for (name, segment) in names.zip(segments) {
        let mut found: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for (frames, cost) in known.of_segment(segment) {
            let functions = frames.iter().rev();
            let functions = functions.map(|it| printable(&it.function).into_owned());
            let mut path: Vec<String> = [name.clone()].into_iter().chain(functions).collect();
            if path.len() == 1 {
                path.push(functions::NO_SYMBOL.to_owned());
            }
            *found.entry(path).or_default() += cost.cycles;
        }
        let found = found.into_iter().filter(|(_, cycles)| *cycles > 0);
        stacks.extend(found.map(|(frames, cycles)| Stack { frames, cycles }));
    }
    stacks
}

/// A line a stack: frames with semicolons between them, a space, cycles (Brendan Gregg's FlameGraph,
/// `stackcollapse`).
pub fn folded(stacks: &[Stack]) -> String {
    let mut text = String::new();
    for stack in stacks {
        // A semicolon in a name would be one more frame.
        let frames: Vec<String> = stack.frames.iter().map(|it| it.replace(';', ":")).collect();
        text += &format!("{} {}\n", frames.join(";"), stack.cycles);
    }
    text
}

/// A sampled profile as `https://www.speedscope.app/file-format-schema.json` describes it: a sample a
/// stack, weighted by its cycles.
///
/// # Errors
/// None that are known.
pub fn speedscope(name: &str, stacks: &[Stack]) -> Result<String, JsonError> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut frames = Vec::new();
    let mut samples = Vec::new();
    for stack in stacks {
        let numbered = stack.frames.iter().map(|frame| {
            *numbers.entry(frame).or_insert_with(|| {
                frames.push(Frame { name: frame });
                frames.len() - 1
            })
        });
        samples.push(numbered.collect());
    }
    let weights: Vec<u64> = stacks.iter().map(|stack| stack.cycles).collect();
    json::text(&Speedscope {
        schema: "https://www.speedscope.app/file-format-schema.json",
        shared: Shared { frames },
        profiles: [SampledProfile {
            kind: "sampled",
            name,
            unit: "none",
            start_value: 0,
            end_value: weights.iter().sum(),
            samples,
            weights,
        }],
        name,
        active_profile_index: 0,
        exporter: concat!("tinybench@", env!("CARGO_PKG_VERSION")),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Speedscope<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    shared: Shared<'a>,
    profiles: [SampledProfile<'a>; 1],
    name: &'a str,
    active_profile_index: usize,
    exporter: &'static str,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampledProfile<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacks() -> Vec<Stack> {
        let stack = |operator: &str, function: &str, cycles| Stack {
            frames: vec![operator.to_owned(), function.to_owned()],
            cycles,
        };
        vec![
            stack("CONV_2D 0", "dot", 100),
            stack("CONV_2D 0", "a;b", 5),
            stack("CONV_2D 1", "dot", 40),
        ]
    }

    #[test]
    fn folded_stacks_are_a_line_each_and_keep_their_depth() {
        assert_eq!(
            folded(&stacks()),
            "CONV_2D 0;dot 100\nCONV_2D 0;a:b 5\nCONV_2D 1;dot 40\n"
        );
    }

    #[test]
    fn speedscope_shares_frames_and_weighs_samples() {
        let text = speedscope("kws", &stacks()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let profile = &value["profiles"][0];
        assert_eq!(value["shared"]["frames"].as_array().unwrap().len(), 4);
        assert_eq!(
            profile["samples"],
            serde_json::json!([[0, 1], [0, 2], [3, 1]])
        );
        assert_eq!(profile["endValue"], 145);
    }
}

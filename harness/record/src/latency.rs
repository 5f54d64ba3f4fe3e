//! Time, in a run record, and how far it can be trusted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{Other, finite};

/// Whether a number comes from the hardware or from a model of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    /// Measured on hardware.
    Measured,
    /// From a model of the hardware.
    Modelled,
}

/// How far modelled cycles were off, compared with measurements that the model wasn't tuned to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatedError {
    /// Mean of the absolute errors, percent.
    #[serde(serialize_with = "finite")]
    pub mean_percent: f64,
    /// The largest of them, percent.
    #[serde(serialize_with = "finite")]
    pub worst_percent: f64,
    /// Where it says how that was established.
    pub source: String,
    /// In what this program lies outside of what those comparisons covered. Empty where it was
    /// counted and lies within, or wasn't counted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outside: Vec<Outside>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Something that a program does more than any program with which the model was compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outside {
    /// What.
    pub what: String,
    /// Of this program's instructions, percent; none for a setting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub percent: Option<f64>,
    /// The most in a program that was compared, percent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub covered_percent: Option<f64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Time of one inference; of all stages together where there are `stages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Measured or modelled.
    pub fidelity: Fidelity,
    /// How far off modelled cycles of this board are, where that was established.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stated_error: Option<StatedError>,
    /// Whether modelled cycles are those of a generic memory system, made from the board file, and not of
    /// the chip's own; absent where they aren't.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub generic_memory_system: bool,
    /// Cycles of each run, in order. All are kept.
    pub cycles: Vec<u32>,
    /// Their median.
    #[serde(serialize_with = "finite")]
    pub median_cycles: f64,
    /// The least of them.
    pub min_cycles: u32,
    /// The most of them.
    pub max_cycles: u32,
    /// The median at the board's clock, µs.
    #[serde(serialize_with = "finite")]
    pub median_us: f64,
    /// Cycles of reading the counter twice, which are part of every figure above; once for each
    /// stage where there are `stages`.
    pub overhead_cycles: u32,
    /// The stages one by one, where the model's input was computed from raw audio.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stages: Option<Stages>,
    /// Decoding the weights of one inference, where they lie coded in flash: timed alone, and part
    /// of every figure above as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decode: Option<Stage>,
    /// The program in several places of flash, if that was asked for: what its place alone changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub layouts: Option<Layouts>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The same objects linked in several places of flash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Layouts {
    /// Each of them. The first is the program that all other figures are of.
    pub each: Vec<Layout>,
    /// The most of their cycles by the least, less one, percent.
    #[serde(serialize_with = "finite")]
    pub spread_percent: f64,
    /// The most of their cycles.
    #[serde(serialize_with = "finite")]
    pub worst_cycles: f64,
    /// The same at the board's clock, µs.
    #[serde(serialize_with = "finite")]
    pub worst_us: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The program in one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Layout {
    /// How much further on in flash than in the first its code is, bytes.
    pub offset_bytes: u32,
    /// Median of the cycles of the timed runs.
    #[serde(serialize_with = "finite")]
    pub median_cycles: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Layout {
    /// One that takes so many cycles.
    pub fn new(offset_bytes: u32, median_cycles: f64) -> Self {
        Self {
            offset_bytes,
            median_cycles,
            other: Other::new(),
        }
    }
}

impl Layouts {
    /// Several layouts on a core of this clock.
    pub fn new(each: Vec<Layout>, clock_hz: u64) -> Self {
        let worst_cycles = most(&each);
        Self {
            spread_percent: (worst_cycles / least(&each) - 1.0) * 100.0,
            worst_cycles,
            worst_us: worst_cycles / clock_hz as f64 * 1e6,
            each,
            other: Other::new(),
        }
    }

    /// The least of their cycles.
    pub fn least_cycles(&self) -> f64 {
        least(&self.each)
    }

    /// What they say that can't be, of a program that takes `median_cycles` in the first.
    pub(crate) fn absurdity(&self, median_cycles: f64, clock_hz: u64) -> Option<&'static str> {
        let is = |value: f64, expected: f64| (value - expected).abs() <= 1e-4 * expected.max(1.0);
        let anew = Self::new(self.each.clone(), clock_hz);
        let first = self.each.first();
        if self.each.len() < 2 {
            Some("are fewer than two")
        } else if self.each.iter().any(|it| it.median_cycles <= 0.0) {
            Some("have cycles that are not positive")
        } else if !first
            .is_some_and(|it| it.offset_bytes == 0 && is(it.median_cycles, median_cycles))
        {
            Some("don't begin with the program itself")
        } else if !(is(self.spread_percent, anew.spread_percent)
            && is(self.worst_cycles, anew.worst_cycles)
            && is(self.worst_us, anew.worst_us))
        {
            Some("have a spread or a worst that is not theirs")
        } else {
            None
        }
    }
}

fn most(layouts: &[Layout]) -> f64 {
    let cycles = layouts.iter().map(|it| it.median_cycles);
    cycles.fold(0.0, f64::max)
}

fn least(layouts: &[Layout]) -> f64 {
    let cycles = layouts.iter().map(|it| it.median_cycles);
    cycles.fold(f64::INFINITY, f64::min)
}

/// The stages from raw audio to an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stages {
    /// Features from raw audio.
    pub preprocess: Stage,
    /// The model.
    pub inference: Stage,
    /// The answer from the model's output.
    pub postprocess: Stage,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Time of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// Cycles of each run, in order.
    pub cycles: Vec<u32>,
    /// Their median.
    #[serde(serialize_with = "finite")]
    pub median_cycles: f64,
    /// The median at the board's clock, µs.
    #[serde(serialize_with = "finite")]
    pub median_us: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layouts() -> Layouts {
        let each = [(0, 1_000.0), (36, 1_010.0), (72, 990.0)];
        let each = each.map(|(offset, cycles)| Layout::new(offset, cycles));
        Layouts::new(each.to_vec(), 64_000_000)
    }

    #[test]
    fn spread_and_worst_are_those_of_all_layouts() {
        let layouts = layouts();
        assert_eq!(
            (layouts.worst_cycles, layouts.least_cycles()),
            (1_010.0, 990.0)
        );
        assert!((layouts.spread_percent - 2.0202).abs() < 1e-3);
        assert!((layouts.worst_us - 15.78125).abs() < 1e-9);
    }

    #[test]
    fn what_contradicts_itself_is_told() {
        let absurdity = |change: fn(&mut Layouts)| {
            let mut layouts = layouts();
            change(&mut layouts);
            layouts.absurdity(1_000.0, 64_000_000)
        };
        assert_eq!(absurdity(|_| {}), None);
        let said = |change| absurdity(change).unwrap();
        let spread = "have a spread or a worst that is not theirs";
        assert_eq!(said(|it| it.spread_percent = 3.0), spread);
        assert_eq!(said(|it| it.worst_cycles = 1_000.0), spread);
        assert_eq!(said(|it| it.each.truncate(1)), "are fewer than two");
        let cycles = "have cycles that are not positive";
        assert_eq!(said(|it| it.each[1].median_cycles = 0.0), cycles);
        let begin = "don't begin with the program itself";
        assert_eq!(said(|it| it.each.swap(0, 1)), begin);
    }
}

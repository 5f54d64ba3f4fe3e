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
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
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

//! What a power instrument told of an energy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{Other, finite};

/// How an energy was measured by an instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metered {
    /// What the instrument is, for people.
    pub instrument: String,
    /// The voltage that it supplied, V.
    #[serde(serialize_with = "finite")]
    pub supply_v: f64,
    /// Samples a second.
    #[serde(serialize_with = "finite")]
    pub sample_rate_hz: f64,
    /// How many samples there were.
    pub samples: u64,
    /// Inferences of each window; where there are `stages`, of each window of inferences.
    pub inferences: u64,
    /// Energy of one inference in each window, µJ; where there are `stages`, of all of them in each round
    /// of windows. Their mean is the energy; in a session of MLPerf Tiny, their median.
    pub windows_uj: Vec<f64>,
    /// The interval in which the mean of infinitely many windows would lie with 95 % confidence, µJ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval_uj: Option<[f64; 2]>,
    /// The highest power of a sample in a window, mW.
    #[serde(serialize_with = "finite")]
    pub peak_mw: f64,
    /// Mean power between windows, in which the core sleeps, mW.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub idle_mw: Option<f64>,
    /// The stages one by one, where the model's input was computed from raw audio.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stages: Option<EnergyStages>,
    /// Everything that the instrument told.
    pub trace: TraceFile,
    /// The course of the power, in short.
    pub course: Course,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Energy of the stages from raw audio to an answer, each measured in windows of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnergyStages {
    /// Features from raw audio.
    pub preprocess: StageEnergy,
    /// The model.
    pub inference: StageEnergy,
    /// The answer from the model's output.
    pub postprocess: StageEnergy,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl EnergyStages {
    /// The stages with their names, in order.
    pub fn named(&self) -> [(&'static str, &StageEnergy); 3] {
        [
            ("preprocess", &self.preprocess),
            ("inference", &self.inference),
            ("postprocess", &self.postprocess),
        ]
    }
}

/// Energy of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageEnergy {
    /// Energy of one run of the stage, µJ: the mean over its windows.
    #[serde(serialize_with = "finite")]
    pub uj: f64,
    /// The interval in which the mean of infinitely many windows would lie with 95 % confidence, µJ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval_uj: Option<[f64; 2]>,
    /// Runs of each window.
    pub runs: u64,
    /// Energy of one run in each window, µJ.
    pub windows_uj: Vec<f64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A trace beside the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceFile {
    /// Its file, from the folder of the record.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The course of the power, in equal steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Course {
    /// How long a step is, s.
    #[serde(serialize_with = "finite")]
    pub step_s: f64,
    /// Mean power of each step, mW.
    pub mean_mw: Vec<f64>,
    /// The highest power of a sample in each, mW.
    pub peak_mw: Vec<f64>,
    /// Where each window begins and ends, s; those of the stages by turns.
    pub windows: Vec<[f64; 2]>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Metered {
    /// What makes no sense in it, if something doesn't.
    pub(crate) fn absurdity(&self) -> Option<&'static str> {
        let no_power = |it: &f64| !(it.is_finite() && *it >= 0.0);
        let course = &self.course;
        let times = course.windows.as_flattened();
        if self.windows_uj.is_empty() || self.windows_uj.iter().any(no_power) {
            Some("has windows without an energy")
        } else if self.stages.iter().any(|stages| {
            let stages = stages.named().map(|(_, stage)| stage);
            let no_stage = |it: &&StageEnergy| {
                no_power(&it.uj)
                    || it.windows_uj.len() != self.windows_uj.len()
                    || it.windows_uj.iter().any(no_power)
            };
            stages.iter().any(no_stage)
        }) {
            Some("has stages without an energy for each window")
        } else if course.mean_mw.len() != course.peak_mw.len() || no_power(&course.step_s) {
            Some("has a course that isn't one")
        } else if course
            .mean_mw
            .iter()
            .chain(&course.peak_mw)
            .any(|it| !it.is_finite())
        {
            Some("has a course with powers that aren't numbers")
        } else if !times.is_sorted() || times.iter().any(no_power) {
            Some("has windows out of order")
        } else {
            None
        }
    }
}

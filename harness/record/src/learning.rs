//! Learning on the device, in a run record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::latency::Stage;
use crate::values::{Other, finite};

/// What learning from a stream cost, and how well it went. Everything but cycles was compared with
/// the host, sample by sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Learning {
    /// The benchmark and its version, `tinybench-knn/1`.
    pub benchmark: String,
    /// The stream.
    pub stream: Stream,
    /// Features of one sample, bytes.
    pub features: u32,
    /// How many neighbours vote.
    pub neighbours: u32,
    /// The learner's memory: its bound, bytes.
    pub memory_bytes: u32,
    /// How many samples fit into it.
    pub capacity: u32,
    /// Time of one extraction. As many cycles as there are samples that the target extracted
    /// itself; it was given the features of the others.
    pub extract: Stage,
    /// By how many cycles a prediction takes longer for each int8 feature in memory: the slope of
    /// the line through all predictions by least squares; 0 if the memory never grew.
    #[serde(serialize_with = "finite")]
    pub cycles_per_element: f64,
    /// Cycles that the line has at an empty memory.
    #[serde(serialize_with = "finite")]
    pub fixed_cycles: f64,
    /// The stream under each policy.
    pub policies: Vec<Policy>,
    /// Condensing a memory in which everything was remembered, at several sizes.
    pub condensing: Vec<Condensing>,
    /// How many steps were compared with the host's.
    pub steps_compared: u64,
    /// Whether all are equal.
    pub verified: bool,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A stream of labelled samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stream {
    /// How many samples it has.
    pub samples: u64,
    /// SHA-256 of inputs and labels, hexadecimal.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// First sample of each class that isn't there from the start.
    pub arrivals: Vec<Arrival>,
    /// First sample behind the change of concept, if there is one.
    pub drift_at: Option<u64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A class that comes later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Arrival {
    /// Its name.
    pub class: String,
    /// Its first sample.
    pub at: u64,
}

/// The stream under one policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// `incremental`, `condensing-in-time` or `hybrid`.
    pub policy: String,
    /// Share of right predictions, each made before the sample was learnt.
    #[serde(serialize_with = "finite")]
    pub accuracy: f64,
    /// Those of the samples before the drift.
    pub accuracy_before_drift: Option<f64>,
    /// Those of the samples from the drift on.
    pub accuracy_after_drift: Option<f64>,
    /// The most samples that were remembered.
    pub peak_samples: u32,
    /// The memory these take, bytes.
    pub peak_memory_bytes: u32,
    /// Time of a prediction; its median is over the stream.
    pub predict: Latency,
    /// Time of learning.
    pub learn: Latency,
    /// Time of condensing, if there was an alarm.
    pub condense: Option<Latency>,
    /// Every alarm of the drift test, and what it says.
    pub alarms: Vec<Alarm>,
    /// Alarms before the drift, or without one.
    pub false_alarms: u64,
    /// Samples from the drift to the first alarm behind it, both included; null without an alarm.
    pub detection_delay: Option<u64>,
    /// How it went, window by window.
    pub curve: Vec<Point>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A time that changes in the course of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Median cycles.
    #[serde(serialize_with = "finite")]
    pub median_cycles: f64,
    /// Most cycles.
    pub max_cycles: u32,
    /// The median at the board's clock, µs.
    #[serde(serialize_with = "finite")]
    pub median_us: f64,
    /// The most, µs.
    #[serde(serialize_with = "finite")]
    pub max_us: f64,
}

/// An alarm of the drift test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// The sample that raised it.
    pub at: u64,
    /// The first sample behind the change, as the test has it.
    pub since: u64,
    /// Samples in memory after forgetting and condensing.
    pub kept: u32,
    /// Cycles of forgetting and condensing.
    pub cycles: u32,
}

/// A window of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// The window's last sample.
    pub sample: u64,
    /// Samples in memory when that one's class was predicted.
    pub memory_samples: u32,
    /// The memory these take, bytes.
    pub memory_bytes: u32,
    /// Cycles of its prediction.
    pub predict_cycles: u32,
    /// Cycles of learning it.
    pub learn_cycles: u32,
    /// Share of right predictions in the window.
    #[serde(serialize_with = "finite")]
    pub accuracy: f64,
}

/// Condensing once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condensing {
    /// Samples before.
    pub samples: u32,
    /// Samples after.
    pub kept: u32,
    /// Its cycles.
    pub cycles: u32,
}

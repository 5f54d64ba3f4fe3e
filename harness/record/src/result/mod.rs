//! What one workload cost on one runtime.

mod outputs;

pub use outputs::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::latency::{Fidelity, Latency, StatedError};
use crate::learning;
use crate::metered::Metered;
use crate::profile::Profile;
use crate::quality::Quality;
use crate::values::{Other, finite};

/// What one workload cost on one runtime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// Name of the workload, or the stem of the file given with `--model`.
    pub workload: String,
    /// The model.
    pub model: Model,
    /// The inference engine under test.
    pub runtime: Runtime,
    /// The image that was flashed; absent where a device had it already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub firmware: Option<Firmware>,
    /// The inputs the model was given.
    pub inputs: Inputs,
    /// Time of one inference.
    pub latency: Latency,
    /// Instructions of one inference, where the target can count them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instructions: Option<u64>,
    /// RAM; absent where the firmware isn't tinybench's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory: Option<Memory>,
    /// Flash; absent where the firmware isn't tinybench's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flash: Option<Flash>,
    /// Energy of one inference, where the board's currents are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub energy: Option<Energy>,
    /// How the features that the target computed from raw audio compare with the reference, if
    /// it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub features: Option<Features>,
    /// How the outputs compare with the reference; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outputs: Option<Outputs>,
    /// How good the answers are, where there are labels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<Quality>,
    /// How good the model is on its whole test set, as the workload's card says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub test_set: Option<Quality>,
    /// What a device said and did that was measured over the MLPerf Tiny protocol.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mlperf: Option<Mlperf>,
    /// Power with a duty cycle, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub power: Option<Power>,
    /// Learning on the device, if the workload is a stream to learn from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub learning: Option<learning::Learning>,
    /// How the model's weights are held, where that is what is compared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compression: Option<Compression>,
    /// Where the cycles of an inference went, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<Profile>,
    /// What was called, if it isn't a model but a function of a program: the workload is then its name, the
    /// model and the runtime are the program, and an inference is a call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub function: Option<Function>,
    /// How the chip was set up, read back from its registers behind the measurement, where they are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settings: Option<Settings>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl RunResult {
    /// How good the model is on its whole test set, where that is known.
    pub fn test_set(&self) -> Option<&Quality> {
        let of_variant = || self.compression.as_ref()?.test_set.as_ref();
        self.test_set.as_ref().or_else(of_variant)
    }
}

/// A function that was called through the debug port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// Its name.
    pub entry: String,
    /// The function that was called before each call, if one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setup: Option<String>,
    /// The variable whose bytes were compared behind each call, if one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// How a chip was set up. A setting that the chip doesn't have, or doesn't tell, is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Clock of the core, Hz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_hz: Option<u64>,
    /// Whether the instruction cache was on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instruction_cache: Option<bool>,
    /// Whether the cache of data in flash was on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data_cache: Option<bool>,
    /// Whether the flash was read ahead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prefetch: Option<bool>,
    /// Wait states of the flash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wait_states: Option<u8>,
    /// Whether the flash was two banks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dual_bank: Option<bool>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// File name without its extension, or the name that a device gives it.
    pub name: String,
    /// SHA-256 of the file, hexadecimal. This and the following are absent where only a device has
    /// the model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,
    /// Size of the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// Multiply-accumulate operations of one inference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub macs: Option<u64>,
    /// Weights and biases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parameters: Option<u64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// An inference engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Runtime {
    /// Name, as the image itself gives it.
    pub name: String,
    /// Version, as the image itself gives it.
    pub version: String,
    /// Its licence, an SPDX expression, as its `runtime.toml` says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub license: Option<String>,
    /// What it was compiled with, where that isn't the record's `toolchain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build: Option<RuntimeBuild>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What a runtime that isn't part of the project was compiled with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeBuild {
    /// What the compiler says of itself.
    pub compiler: String,
    /// Its flags: tinybench's own, and in C and C++ those of `runtime.toml` behind them.
    pub flags: Vec<String>,
    /// In C and C++ the libraries that were linked and not compiled with it; in Rust the crates from a
    /// registry that it may use, with their versions.
    pub libraries: Vec<String>,
    /// SHA-256 of the sources, hexadecimal: in C and C++ as the compiler sees them, headers included; in Rust
    /// the files of the crate.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sources_sha256: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A firmware image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Firmware {
    /// SHA-256 of the file, hexadecimal.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Where the inputs are from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inputs {
    /// Kind of inputs.
    pub source: InputSource,
    /// Seed of seeded inputs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<u64>,
    /// How many input vectors there are; `outputs.vectors` says how many were run.
    pub available: u64,
    /// Steps of each, where a vector is a sequence: a state is reset only before its first step, and
    /// the latency is that of a step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub steps: Option<u64>,
    /// SHA-256 of all of them one after the other, hexadecimal.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A kind of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputSource {
    /// The workload's own.
    Workload,
    /// Files given with `--reference` or `--inputs`.
    Reference,
    /// Pseudo-random numbers from a seed.
    Seeded,
    /// A data set of MLPerf Tiny.
    Dataset,
    /// A stream given with `--stream`.
    Stream,
    /// What a program itself holds, whose function is called.
    Program,
}

/// RAM. `system_bytes`, `runtime_bytes`, `model_bytes`, `intermediate_bytes`, `pipeline_bytes`,
/// `learning_bytes` and `harness_bytes` add up to the total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Bytes of the arena in use.
    pub arena_bytes: u32,
    /// The smallest arena that works.
    pub arena_min_bytes: u32,
    /// How that was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arena_source: Option<ArenaSource>,
    /// Bytes from the first to the last word of the arena that was written to.
    pub arena_touched_bytes: u32,
    /// Bytes of heap that were taken at the most, part of `static_bytes`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heap_bytes: Option<u32>,
    /// Stack at its deepest.
    pub stack_peak_bytes: u32,
    /// Variables with a fixed address, those of the measuring program included, and of a heap what was
    /// taken.
    pub static_bytes: u32,
    /// The part of `static_bytes` that the measuring program takes, which a product doesn't need.
    pub harness_bytes: u32,
    /// Static, arena, stack and a learner's memory together.
    pub ram_total_bytes: u32,
    /// System and libraries: their variables, and the stack.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub system_bytes: Option<u32>,
    /// The runtime: its variables, and what it keeps in the arena besides tensors.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub runtime_bytes: Option<u32>,
    /// Weights and architecture, as far as they are in RAM.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model_bytes: Option<u32>,
    /// Intermediate results: tensors in the arena and what kernels need while they run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intermediate_bytes: Option<u32>,
    /// Working memory of the stages before and behind the inference, where they are measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pipeline_bytes: Option<u32>,
    /// The learner: its memory and its variables, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub learning_bytes: Option<u32>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// How the smallest arena was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ArenaSource {
    /// The host planned it, and the target confirmed it.
    Host,
    /// It was tried on the target.
    Target,
    /// The runtime has static buffers and leaves the arena alone.
    Static,
}

/// Flash. The parts add up to the total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flash {
    /// All that is flashed.
    pub total_bytes: u32,
    /// The model file.
    pub model_bytes: u32,
    /// Code and constants of the runtime.
    pub runtime_bytes: u32,
    /// Code and constants of the measuring program, which a product doesn't need.
    pub harness_bytes: u32,
    /// Start-up code, libraries and everything else.
    pub system_bytes: u32,
    /// Code and tables of the stages before and behind the inference, where they are measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pipeline_bytes: Option<u32>,
    /// Code and constants of the learner, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub learning_bytes: Option<u32>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Energy of one inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Energy {
    /// Energy of one inference, µJ.
    #[serde(serialize_with = "finite")]
    pub uj_per_inference: f64,
    /// Mean power during it, mW.
    #[serde(serialize_with = "finite")]
    pub mean_mw: f64,
    /// `model:` and the model's name, or the instrument.
    pub source: String,
    /// How the board was supplied, where its board file knows several ways.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supply: Option<String>,
    /// Measured or modelled.
    pub fidelity: Fidelity,
    /// How far off the modelled power was where others have measured it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stated_error: Option<StatedError>,
    /// How an instrument measured it, if one did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metered: Option<Metered>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Power of a board that runs the workload at regular intervals and sleeps in between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Power {
    /// From the beginning of one run to that of the next, s.
    #[serde(serialize_with = "finite")]
    pub interval_s: f64,
    /// The share of the time in which it runs.
    #[serde(serialize_with = "finite")]
    pub duty_cycle: f64,
    /// How long the board wakes up and falls asleep for each run, µs, where its board file says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wake_us: Option<f64>,
    /// Power while it runs, mW.
    #[serde(serialize_with = "finite")]
    pub active_mw: f64,
    /// Power while it sleeps, mW.
    #[serde(serialize_with = "finite")]
    pub idle_mw: f64,
    /// Mean current, µA.
    #[serde(serialize_with = "finite")]
    pub mean_ua: f64,
    /// Mean power, mW.
    #[serde(serialize_with = "finite")]
    pub mean_mw: f64,
    /// Whether that is less than 1 mW.
    pub below_1_mw: bool,
    /// How long a cell lasts, if one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cell: Option<CellLife>,
    /// `model:` and the model's name, or the instrument.
    pub source: String,
    /// Measured or modelled.
    pub fidelity: Fidelity,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Power {
    /// Name of the model in the record.
    pub const SOURCE: &str = "model:active-idle-current";

    /// What a device that has to live on harvested energy, or for years on a coin cell, may draw,
    /// mW.
    pub const LINE_MW: f64 = 1.0;
}

/// How long a cell lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellLife {
    /// Name of the cell.
    pub name: String,
    /// Nominal capacity, mAh.
    #[serde(serialize_with = "finite")]
    pub capacity_mah: f64,
    /// Nominal voltage, V.
    #[serde(serialize_with = "finite")]
    pub nominal_v: f64,
    /// Its temperature, °C, if one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature_c: Option<f64>,
    /// The share of the capacity that can be used.
    #[serde(serialize_with = "finite")]
    pub usable_share: f64,
    /// That of a poor make and of a good one, where they differ; `usable_share` is in the middle.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usable_range: Option<[f64; 2]>,
    /// The share of the nominal capacity that is lost in a year of doing nothing.
    #[serde(serialize_with = "finite")]
    pub self_discharge_per_year: f64,
    /// How long it lasts, h.
    #[serde(serialize_with = "finite")]
    pub life_hours: f64,
    /// How long a poor make lasts and a good one, h, where they differ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub life_range_hours: Option<[f64; 2]>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl CellLife {
    /// The cell, and how warm it is if that was named.
    pub fn title(&self) -> String {
        match self.temperature_c {
            Some(degrees) => format!("{} at {degrees} °C", self.name),
            None => self.name.clone(),
        }
    }

    /// How long a poor make lasts and a good one, h.
    pub fn range_hours(&self) -> [f64; 2] {
        self.life_range_hours.unwrap_or([self.life_hours; 2])
    }
}

/// How the features that the target computed compare with the reference inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Features {
    /// How many vectors were run.
    pub vectors: u64,
    /// How many features were compared.
    pub values_compared: u64,
    /// How many of them differ at all.
    pub differing: u64,
    /// The largest difference of two int8 values.
    pub max_abs_diff: u32,
    /// The largest that is allowed.
    pub tolerance: u32,
    /// Whether none is larger.
    pub verified: bool,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// How a model's weights are held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compression {
    /// The workload of which the model is a variant.
    pub workload: String,
    /// Type of the weights: `float32` or `int8`.
    pub weights: String,
    /// Share of the weights that pruning set to 0, 0 to 1.
    #[serde(serialize_with = "finite")]
    pub sparsity: f64,
    /// How they are coded: `none` or `huffman`.
    pub coding: String,
    /// Quality on the whole test set, as it was when the model was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub test_set: Option<Quality>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What a device said and did that was measured over the MLPerf Tiny protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mlperf {
    /// The device's name for itself.
    pub device: String,
    /// The version of the protocol that it names.
    pub profile: String,
    /// The windows of the performance run, in order; none if only accuracy was measured.
    pub windows: Vec<Window>,
    /// Area under the receiver operating characteristic, where accuracy was measured and every
    /// class has samples.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auc: Option<f64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A window of a performance run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Inferences in it.
    pub inferences: u32,
    /// Inferences before it.
    pub warm_ups: u32,
    /// Its length by the device's clock, µs.
    pub elapsed_us: u32,
    /// Time of one inference, µs.
    #[serde(serialize_with = "finite")]
    pub us_per_inference: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

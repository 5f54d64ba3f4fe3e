//! The run record: what `tinybench run` writes and everything else reads. `docs/run-record.md`
//! is its description for people, `results/run-record.schema.json` for programs.
//!
//! Fields this version doesn't know are kept at every level, so that a record survives being read
//! and written by an older tinybench.

pub mod learning;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// The `schema` field of the records this version writes.
pub const SCHEMA: &str = "tinybench.run/1";

/// What comes before the major version in the `schema` field.
const SCHEMA_PREFIX: &str = "tinybench.run/";

/// The major version this tinybench reads and writes.
const SCHEMA_MAJOR: u32 = 1;

/// Longest name of a board, workload, model, runtime or commit, bytes.
pub const MAX_NAME: usize = 200;

/// A time as records have it. Runs follow each other in less than a second: it has milliseconds.
pub fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Fields of a newer minor version, kept as they are.
pub type Other = Map<String, Value>;

/// One run of `tinybench run`: one board, one or more workloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// `tinybench.run/` and the major version of the format.
    #[schemars(regex(pattern = r"^tinybench\.run/1$"))]
    pub schema: String,
    /// The harness that made the record.
    pub tinybench: Tinybench,
    /// When the run began, UTC, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The commit of the user's project that was measured, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<Commit>,
    /// The board that was measured, as its board file describes it.
    pub board: Board,
    /// What the image ran on.
    pub execution: Execution,
    /// What the firmware was compiled with; absent where others built it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub toolchain: Option<Toolchain>,
    /// Which part of a run this is, if the run was split over several jobs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<Shard>,
    /// One entry a workload and runtime.
    pub results: Vec<RunResult>,
    /// Variants of a workload that don't fit the board.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<LeftOut>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tinybench {
    /// Version of the harness.
    pub version: String,
    /// Commit of the project the firmware was built from, `-dirty` appended if files differed from
    /// it; null outside git.
    pub commit: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A commit of the user's project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its id, `-dirty` appended if files differed from it.
    pub id: String,
    /// When it was committed, UTC, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(extend("format" = "date-time"))]
    pub time: Option<String>,
    /// Where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// Short name.
    pub name: String,
    /// Chip, as probe-rs spells it.
    pub chip: String,
    /// Processor core.
    pub core: String,
    /// Clock of the core, Hz.
    pub clock_hz: u64,
    /// Whether the instruction cache was on; null if the chip has no such setting, or if it is the
    /// business of firmware that isn't tinybench's.
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
    /// Whether the flash was two banks, or one that is read at twice the width.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dual_bank: Option<bool>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What the image ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    /// Real or virtual.
    pub kind: ExecutionKind,
    /// The probe's name, and its serial number if it has one.
    pub probe: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Whether the target was a real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionKind {
    /// A real board behind a debug probe.
    Probe,
    /// A virtual board.
    Virtual,
}

impl ExecutionKind {
    /// What times on such a target are.
    pub fn fidelity(self) -> Fidelity {
        match self {
            Self::Probe => Fidelity::Measured,
            Self::Virtual => Fidelity::Modelled,
        }
    }
}

/// The compiler and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Toolchain {
    /// Version of rustc.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Optimisation level.
    pub opt_level: String,
    /// Further flags that change the code.
    pub flags: Vec<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Number of the part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// What all parts together run, in the order of a run that isn't split.
    pub subjects: Vec<ShardSubject>,
}

/// Something that is run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ShardSubject {
    /// Name of the workload.
    pub workload: String,
    /// Name of the runtime.
    pub runtime: String,
}

/// A variant of a workload that wasn't run, as it doesn't fit the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Name of the variant.
    pub workload: String,
    /// Why it doesn't fit.
    pub reason: String,
    /// Size of its model file.
    pub model_bytes: u64,
    /// How its weights are held.
    pub compression: Compression,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

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
    /// Files given with `--reference`.
    Reference,
    /// Pseudo-random numbers from a seed.
    Seeded,
    /// A data set of MLPerf Tiny.
    Dataset,
    /// A stream given with `--stream`.
    Stream,
}

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

/// RAM. `system_bytes`, `runtime_bytes`, `model_bytes`, `intermediate_bytes`, `pipeline_bytes`,
/// `learning_bytes` and `harness_bytes` add up to the total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Bytes of the arena in use.
    pub arena_bytes: u32,
    /// The smallest arena that works.
    pub arena_min_bytes: u32,
    /// Bytes from the first to the last word of the arena that was written to.
    pub arena_touched_bytes: u32,
    /// Stack at its deepest.
    pub stack_peak_bytes: u32,
    /// Variables with a fixed address, those of the measuring program included.
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
    /// The share of the capacity that can be used.
    #[serde(serialize_with = "finite")]
    pub usable_share: f64,
    /// The share of the nominal capacity that is lost in a year of doing nothing.
    #[serde(serialize_with = "finite")]
    pub self_discharge_per_year: f64,
    /// How long it lasts, h.
    #[serde(serialize_with = "finite")]
    pub life_hours: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
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

/// How the outputs compare with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outputs {
    /// What made the reference outputs.
    pub reference: String,
    /// How many input vectors were run.
    pub vectors: u64,
    /// How many output bytes were compared.
    pub bytes_compared: u64,
    /// How many of them differ.
    pub mismatches: u64,
    /// The largest difference of two int8 values.
    pub max_abs_diff: u32,
    /// Whether all are equal, or within the tolerance of float32 ones.
    pub verified: bool,
    /// How float32 outputs compare, which are equal within a tolerance. A mismatch is then a byte
    /// of a value outside of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub float: Option<FloatOutputs>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// How float32 outputs compare with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FloatOutputs {
    /// How many values were compared.
    pub values_compared: u64,
    /// The largest difference.
    #[serde(serialize_with = "finite")]
    pub max_abs_diff: f64,
    /// The largest that is allowed.
    #[serde(serialize_with = "finite")]
    pub tolerance: f64,
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

/// How good the answers are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Name of the metric: `top1` or `auc`.
    pub metric: String,
    /// Its value on the vectors that were run, 0 to 1.
    #[serde(serialize_with = "finite")]
    pub value: f64,
    /// How many vectors that is.
    pub samples: u64,
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

/// JSON has no infinities and no NaN, and a record must not hide one as `null`.
fn finite<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if !value.is_finite() {
        return Err(serde::ser::Error::custom(format!(
            "{value} is not a finite number"
        )));
    }
    serializer.serialize_f64(*value)
}

/// A record can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It isn't JSON, or lacks a field.
    #[error("not a run record: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The `schema` field is missing or of another kind of file.
    #[error("not a run record: its `schema` is {0}, not `{SCHEMA}`")]
    NotARunRecord(String),
    /// It was made by a newer, incompatible version.
    #[error(
        "the record has format `{found}`, and this version of tinybench reads up to `{SCHEMA}`: \
         use a newer tinybench"
    )]
    Newer {
        /// The record's `schema` field.
        found: String,
    },
}

impl RunRecord {
    /// Reads a record from JSON text.
    pub fn parse(text: &[u8]) -> Result<Self, RecordError> {
        let value: Value = serde_json::from_slice(text)?;
        let schema = value.get("schema");
        let Some(found) = schema.and_then(Value::as_str) else {
            return Err(RecordError::NotARunRecord(
                schema.map_or("missing".to_owned(), Value::to_string),
            ));
        };
        match found
            .strip_prefix(SCHEMA_PREFIX)
            .and_then(|major| major.parse::<u32>().ok())
        {
            Some(SCHEMA_MAJOR) => Ok(serde_json::from_value(value)?),
            Some(newer) if newer > SCHEMA_MAJOR => Err(RecordError::Newer {
                found: found.to_owned(),
            }),
            _ => Err(RecordError::NotARunRecord(format!("`{found}`"))),
        }
    }

    /// The record as JSON text, indented, with a newline at the end. Fails if a number isn't
    /// finite.
    pub fn to_json(&self) -> Result<String, RecordError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// The JSON Schema of a record, as JSON text.
    pub fn json_schema() -> String {
        let settings = schemars::generate::SchemaSettings::draft2020_12();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        schema.insert("title".to_owned(), "tinybench run record".into());
        let mut text = format!("{:#}", schema.as_value());
        text.push('\n');
        text
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    /// A record with every optional part.
    pub(crate) fn example() -> RunRecord {
        serde_json::from_value(json!({
            "schema": SCHEMA,
            "tinybench": { "version": "0.1.0", "commit": null },
            "started_at": "2026-01-02T03:04:05Z",
            "board": {
                "name": "nano33", "chip": "nRF52840_xxAA", "core": "cortex-m4f",
                "clock_hz": 64_000_000, "instruction_cache": true,
            },
            "execution": { "kind": "virtual", "probe": "virtual nano33" },
            "toolchain": {
                "rustc": "1.95.0", "target": "thumbv7em-none-eabihf", "opt_level": "3",
                "flags": ["-C panic=abort"],
            },
            "results": [{
                "workload": "kws",
                "model": {
                    "name": "kws", "sha256": "0".repeat(64), "bytes": 53_936,
                    "macs": 2_656_768, "parameters": 22_604,
                },
                "runtime": { "name": "interpreter", "version": "0.1.0" },
                "firmware": { "sha256": "1".repeat(64) },
                "inputs": { "source": "workload", "available": 240, "sha256": "2".repeat(64) },
                "latency": {
                    "fidelity": "modelled", "cycles": [9_000_100, 9_000_200, 9_000_300],
                    "median_cycles": 9_000_200.0, "min_cycles": 9_000_100,
                    "max_cycles": 9_000_300, "median_us": 140_628.125, "overhead_cycles": 2,
                    "stages": {
                        "preprocess": {
                            "cycles": [4_000_000, 4_000_100, 4_000_200],
                            "median_cycles": 4_000_100.0, "median_us": 62_501.562_5,
                        },
                        "inference": {
                            "cycles": [5_000_000, 5_000_000, 5_000_000],
                            "median_cycles": 5_000_000.0, "median_us": 78_125.0,
                        },
                        "postprocess": {
                            "cycles": [100, 100, 100],
                            "median_cycles": 100.0, "median_us": 1.5625,
                        },
                    },
                },
                "instructions": 7_800_123,
                "memory": {
                    "arena_bytes": 22_528, "arena_min_bytes": 22_016, "arena_touched_bytes": 22_500,
                    "stack_peak_bytes": 1_480, "static_bytes": 1_232, "harness_bytes": 1_200,
                    "ram_total_bytes": 25_240,
                    "system_bytes": 1_512, "runtime_bytes": 2_528, "model_bytes": 0,
                    "intermediate_bytes": 16_000, "pipeline_bytes": 4_000,
                },
                "flash": {
                    "total_bytes": 84_000, "model_bytes": 53_936, "runtime_bytes": 22_000,
                    "harness_bytes": 4_064, "system_bytes": 3_000, "pipeline_bytes": 1_000,
                },
                "energy": {
                    "uj_per_inference": 1392.2, "mean_mw": 9.9,
                    "source": "model:active-current", "fidelity": "modelled",
                },
                "features": {
                    "vectors": 48, "values_compared": 23_520, "differing": 2, "max_abs_diff": 1,
                    "tolerance": 1, "verified": true,
                },
                "outputs": {
                    "reference": "TensorFlow Lite Micro", "vectors": 48, "bytes_compared": 576,
                    "mismatches": 0, "max_abs_diff": 0, "verified": true,
                },
                "quality": { "metric": "top1", "value": 0.9375, "samples": 48 },
                "learning": learning_example(),
            }],
        }))
        .unwrap()
    }

    fn learning_example() -> Value {
        let latency = json!({
            "median_cycles": 30_000.0, "max_cycles": 36_000, "median_us": 468.75,
            "max_us": 562.5,
        });
        json!({
            "benchmark": "tinybench-knn/1",
            "stream": {
                "samples": 480, "sha256": "3".repeat(64), "classes": ["a", "b"],
                "arrivals": [{ "class": "b", "at": 160 }], "drift_at": 320,
            },
            "features": 64, "neighbours": 5, "memory_bytes": 2_304, "capacity": 30,
            "extract": {
                "cycles": [9_000_100], "median_cycles": 9_000_100.0, "median_us": 140_626.562_5,
            },
            "cycles_per_element": 2.25, "fixed_cycles": 4_000.0,
            "policies": [{
                "policy": "hybrid", "accuracy": 0.75, "accuracy_before_drift": 0.8,
                "accuracy_after_drift": 0.65, "peak_samples": 30, "peak_memory_bytes": 2_284,
                "predict": latency, "learn": latency, "condense": latency,
                "alarms": [{ "at": 339, "since": 320, "kept": 8, "cycles": 36_000 }],
                "false_alarms": 0, "detection_delay": 20,
                "curve": [{
                    "sample": 19, "memory_samples": 11, "memory_bytes": 900,
                    "predict_cycles": 6_000, "learn_cycles": 300, "accuracy": 0.45,
                }],
            }],
            "condensing": [{ "samples": 30, "kept": 12, "cycles": 250_000 }],
            "steps_compared": 480, "verified": true,
        })
    }

    fn value(record: &RunRecord) -> Value {
        serde_json::from_str(&record.to_json().unwrap()).unwrap()
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let record = example();
        assert_eq!(
            RunRecord::parse(record.to_json().unwrap().as_bytes()).unwrap(),
            record
        );
    }

    #[test]
    fn unknown_fields_are_kept_at_every_level() {
        let mut text = value(&example());
        text["weather"] = json!("fine");
        text["board"]["colour"] = json!({ "solder_mask": "blue" });
        text["results"][0]["latency"]["percentiles"] = json!([1, 2.5]);
        text["results"][0]["outputs"]["cosine"] = json!(u64::MAX);
        let record = RunRecord::parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(value(&record), text);
    }

    #[test]
    fn a_newer_major_version_is_refused() {
        let mut text = value(&example());
        text["schema"] = json!("tinybench.run/2");
        let error = RunRecord::parse(text.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the record has format `tinybench.run/2`, and this version of tinybench reads up to \
             `tinybench.run/1`: use a newer tinybench"
        );
    }

    #[test]
    fn other_files_are_refused() {
        for (text, expected) in [
            (
                "[]",
                "not a run record: its `schema` is missing, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": 1}"#,
                "not a run record: its `schema` is 1, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": "tinybench.run/x"}"#,
                "not a run record: its `schema` is `tinybench.run/x`, not `tinybench.run/1`",
            ),
            (
                r#"{"schema": "tinybench.run/1"}"#,
                "not a run record: missing field `tinybench`",
            ),
            (
                "{",
                "not a run record: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            assert_eq!(
                RunRecord::parse(text.as_bytes()).unwrap_err().to_string(),
                expected
            );
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_not_written() {
        let mut record = example();
        record.results[0].latency.median_us = f64::INFINITY;
        let error = record.to_json().unwrap_err().to_string();
        assert!(error.contains("inf is not a finite number"), "{error}");
    }

    #[test]
    fn the_schema_file_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/run-record.schema.json");
        let schema = RunRecord::json_schema();
        if std::env::var_os("TINYBENCH_BLESS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        let same = committed == schema;
        assert!(
            same,
            "run the test with TINYBENCH_BLESS=1 to update the file"
        );
    }

    #[test]
    fn records_validate_against_the_schema_and_damaged_ones_do_not() {
        let schema = serde_json::from_str(&RunRecord::json_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = value(&example());
        assert!(validator.is_valid(&good));
        let mut extended = good.clone();
        extended["results"][0]["memory"]["heap_bytes"] = json!(0);
        assert!(validator.is_valid(&extended));
        for (pointer, bad) in [
            ("/schema", json!("tinybench.run/2")),
            ("/board/clock_hz", json!("64 MHz")),
            ("/execution/kind", json!("imagined")),
            ("/results/0/latency/cycles/0", json!(-1)),
            ("/results/0/latency/fidelity", json!("guessed")),
            ("/results/0/model/sha256", json!("abc")),
            ("/results/0/flash", json!("84 KB")),
        ] {
            let mut damaged = good.clone();
            *damaged.pointer_mut(pointer).unwrap() = bad;
            assert!(!validator.is_valid(&damaged), "{pointer}");
        }
    }
}

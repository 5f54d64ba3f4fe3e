//! Where the cycles of an inference went, in a run record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::latency::Fidelity;
use crate::values::Other;

/// Where the cycles of one inference went: those of all operators and `between` add up to `cycles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// Measured or modelled.
    pub fidelity: Fidelity,
    /// Cycles of the inference that was profiled: the last one that was timed.
    pub cycles: u64,
    /// Its instructions, where the target can count them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instructions: Option<u64>,
    /// The operators, in the order in which they ran. None where the runtime doesn't say where they
    /// begin and end.
    pub operators: Vec<OperatorProfile>,
    /// What isn't in an operator: the runtime's own work.
    pub between: PartProfile,
    /// The functions, the most expensive first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub functions: Vec<FunctionProfile>,
    /// Samples of the program counter that the functions are by, where they weren't counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub samples: Option<u64>,
    /// Samples in which the probe gave nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missed_samples: Option<u64>,
    /// What can't be shown, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What an operator cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperatorProfile {
    /// Index among the operators of the subgraph that is run.
    pub index: u32,
    /// Name, as the schema of TensorFlow Lite spells it.
    pub name: String,
    /// Options that matter, such as `3x3` and `stride 2`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<String>,
    /// Dimensions of the first input.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub input_shape: Vec<u64>,
    /// Dimensions of the first output.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub output_shape: Vec<u64>,
    /// Multiply-accumulate operations, where the shapes tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub macs: Option<u64>,
    /// Bytes of weights and other constants.
    pub weight_bytes: u64,
    /// Bytes of inputs and outputs in the arena.
    pub activation_bytes: u64,
    /// Bytes of the arena that are in use while it runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arena_bytes: Option<u64>,
    /// The least cycles that the core could do with: see `docs/profile.md`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound_cycles: Option<u64>,
    /// How many operators of other subgraphs it called; what they cost is part of it.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub nested: u32,
    /// What it cost.
    pub cost: PartProfile,
    /// What is known to make it slower than it could be, the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub causes: Vec<SlowCause>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Profile {
    /// What `between` is called beside the operators.
    pub const BETWEEN: &str = "between operators";
}

impl OperatorProfile {
    /// The operator for people: name and index.
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.index)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a part of an inference cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartProfile {
    /// Cycles.
    pub cycles: u64,
    /// Instructions, where the target can count them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instructions: Option<u64>,
    /// Cycles beyond the instructions' own, where the target can tell what they went to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stalls: Option<Stalls>,
    /// Energy, where the board's currents are known, µJ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub energy_uj: Option<f64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Cycles beyond the instructions' own, by what they went to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stalls {
    /// Loads and stores beyond their first cycle, where nothing overlaps with that.
    pub load_use: u64,
    /// Data that is read from flash and isn't in a cache.
    pub flash_data: u64,
    /// From one memory to another: overlap that is lost, and RAM that isn't granted to the core.
    pub memory_change: u64,
    /// Loads and stores that aren't aligned.
    pub unaligned: u64,
    /// Instructions that are fetched from flash and aren't in the cache.
    pub fetch: u64,
    /// 32-bit instructions that aren't word-aligned, so that the fetch falls behind.
    pub alignment: u64,
    /// Filling the pipeline again behind a branch that is taken.
    pub refill: u64,
    /// Divides.
    pub divide: u64,
    /// Floating-point instructions that wait for a result or for the unit.
    pub float: u64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Stalls {
    /// What the cycles went to, in a few words, with the cycles, in the order of the fields.
    pub fn named(&self) -> [(&'static str, u64); 9] {
        [
            ("load use", self.load_use),
            ("flash data", self.flash_data),
            ("memory change", self.memory_change),
            ("unaligned", self.unaligned),
            ("fetch", self.fetch),
            ("alignment", self.alignment),
            ("refill", self.refill),
            ("divide", self.divide),
            ("float", self.float),
        ]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        let cycles = self.named().into_iter().map(|(_, cycles)| cycles);
        cycles.fold(0, u64::saturating_add)
    }
}

/// Something that makes an operator slower than it could be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlowCause {
    /// What, in a few words.
    pub what: String,
    /// Cycles that it costs, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cycles: Option<u64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// What a function cost, without those that it calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionProfile {
    /// Its name in the symbol table, without hashes.
    pub name: String,
    /// Cycles.
    pub cycles: u64,
    /// Instructions, where the target can count them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instructions: Option<u64>,
    /// Samples of the program counter that were in it, where its cycles are by those.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub samples: Option<u64>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

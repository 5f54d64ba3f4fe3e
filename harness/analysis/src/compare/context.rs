//! How a result was obtained: what must be the same on both sides of a comparison, or a difference
//! could come from it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use tinybench_record::{Board, ExecutionKind, Fidelity, RunRecord, RunResult};

/// A part of the context, by the name with which `--allow` lets it differ.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// The board and its chip
    Board,
    /// The clock of the core
    Clock,
    /// How flash and caches are set
    Cache,
    /// How the board is supplied
    Supply,
    /// Measured on hardware or modelled
    Fidelity,
    /// The model file
    Model,
    /// The input vectors
    Inputs,
    /// The inference engine
    Runtime,
    /// The compiler and its target
    Compiler,
    /// The optimisation level and flags
    Flags,
}

impl Aspect {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Board,
        Self::Clock,
        Self::Cache,
        Self::Supply,
        Self::Fidelity,
        Self::Model,
        Self::Inputs,
        Self::Runtime,
        Self::Compiler,
        Self::Flags,
    ];

    /// Whether another board has another of these anyway, so that who allows two boards allows it.
    pub fn is_of_board(self) -> bool {
        matches!(self, Self::Clock | Self::Cache | Self::Supply)
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Board => "board",
            Self::Clock => "clock",
            Self::Cache => "cache",
            Self::Supply => "supply",
            Self::Fidelity => "fidelity",
            Self::Model => "model",
            Self::Inputs => "inputs",
            Self::Runtime => "runtime",
            Self::Compiler => "compiler",
            Self::Flags => "flags",
        })
    }
}

/// The context of one result: the text of each aspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context([String; Aspect::ALL.len()]);

impl Context {
    /// The context of `result`, which is part of `record`.
    pub fn of(record: &RunRecord, result: &RunResult) -> Self {
        Self(Aspect::ALL.map(|aspect| text(aspect, record, result)))
    }

    /// The text of one aspect.
    pub fn get(&self, aspect: Aspect) -> &str {
        &self.0[aspect as usize]
    }

    /// In which aspects two contexts differ.
    pub fn differences(&self, other: &Self) -> Vec<Aspect> {
        Aspect::ALL
            .into_iter()
            .filter(|&aspect| self.get(aspect) != other.get(aspect))
            .collect()
    }
}

fn text(aspect: Aspect, record: &RunRecord, result: &RunResult) -> String {
    let board = &record.board;
    match aspect {
        Aspect::Board => format!("{} ({}, {})", board.name, board.chip, board.core),
        Aspect::Clock => format!("{} MHz", board.clock_hz as f64 / 1e6),
        Aspect::Cache => memory_system(board),
        Aspect::Supply => {
            let supply = result.energy.as_ref().and_then(|it| it.supply.as_deref());
            supply.unwrap_or("the board's own").to_owned()
        }
        Aspect::Fidelity => {
            let kind = match record.execution.kind {
                ExecutionKind::Probe => "real board",
                ExecutionKind::Virtual => "virtual board",
            };
            let latency = match result.latency.fidelity {
                Fidelity::Measured => "measured",
                Fidelity::Modelled => "modelled",
            };
            format!("{latency} on a {kind}")
        }
        Aspect::Model => match &result.model.sha256 {
            Some(sha256) => format!("{} {}", result.model.name, short(sha256)),
            None => format!("{} of a device", result.model.name),
        },
        Aspect::Inputs => {
            let sha256 = short(&result.inputs.sha256);
            match &result.outputs {
                Some(outputs) => format!("{} vectors of {sha256}", outputs.vectors),
                None => format!("{} of {sha256}", result.inputs.available),
            }
        }
        Aspect::Runtime => result.runtime.name.clone(),
        Aspect::Compiler => match &record.toolchain {
            Some(toolchain) => format!("rustc {} for {}", toolchain.rustc, toolchain.target),
            None => "not known".to_owned(),
        },
        Aspect::Flags => match &record.toolchain {
            Some(toolchain) => {
                let mut flags = vec![format!("opt-level={}", toolchain.opt_level)];
                flags.extend(toolchain.flags.iter().cloned());
                flags.join(" ")
            }
            None => "not known".to_owned(),
        },
    }
}

/// The settings of flash and caches, those that the chip has.
fn memory_system(board: &Board) -> String {
    let switch = |on: bool| if on { "on" } else { "off" };
    let mut text = board.instruction_cache.map_or("none", switch).to_owned();
    for (name, value) in [("data", board.data_cache), ("prefetch", board.prefetch)] {
        if let Some(on) = value {
            text += &format!(", {name} {}", switch(on));
        }
    }
    if let Some(states) = board.wait_states {
        text += &format!(", {states} wait states");
    }
    match board.dual_bank {
        Some(true) => text += ", two banks",
        Some(false) => text += ", one bank",
        None => {}
    }
    text
}

/// Enough of a hash to tell files apart.
fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}

/// An aspect that differs between base and new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// What differs.
    pub aspect: Aspect,
    /// What it is in the base.
    pub base: String,
    /// What it is in the new record.
    pub new: String,
    /// The workloads that it concerns.
    pub workloads: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} -> {} ({})",
            self.aspect,
            self.base,
            self.new,
            self.workloads.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn each_change_of_the_context_is_told_by_its_name() {
        type Alter = fn(&mut RunRecord);
        let alterations: [(Aspect, Alter); 12] = [
            (Aspect::Board, |r| r.board.chip = "nRF52833".to_owned()),
            (Aspect::Clock, |r| r.board.clock_hz = 32_000_000),
            (Aspect::Cache, |r| r.board.instruction_cache = Some(false)),
            (Aspect::Cache, |r| r.board.wait_states = Some(5)),
            (Aspect::Cache, |r| r.board.dual_bank = Some(false)),
            (Aspect::Supply, |r| {
                if let Some(energy) = &mut r.results[0].energy {
                    energy.supply = Some("ldo-1v8".to_owned());
                }
            }),
            (Aspect::Fidelity, |r| {
                r.execution.kind = ExecutionKind::Probe
            }),
            (Aspect::Model, |r| {
                r.results[0].model.sha256 = Some("9".repeat(64))
            }),
            (Aspect::Inputs, |r| {
                r.results[0].outputs.as_mut().unwrap().vectors = 240
            }),
            (Aspect::Runtime, |r| {
                r.results[0].runtime.name = "x".to_owned()
            }),
            (Aspect::Compiler, |r| {
                r.toolchain.as_mut().unwrap().rustc = "1.96.0".to_owned()
            }),
            (Aspect::Flags, |r| {
                r.toolchain.as_mut().unwrap().opt_level = "s".to_owned()
            }),
        ];
        let of = |record: &RunRecord| Context::of(record, &record.results[0]);
        let base = example();
        for (aspect, alter) in alterations {
            let mut record = base.clone();
            alter(&mut record);
            assert_eq!(of(&base).differences(&of(&record)), [aspect]);
        }
    }

    #[test]
    fn what_is_compared_is_not_part_of_the_context() {
        let base = example();
        let mut record = base.clone();
        record.results[0].runtime.version = "0.2.0".to_owned();
        record.results[0].firmware.as_mut().unwrap().sha256 = "a".repeat(64);
        record.results[0].latency.median_cycles = 1.0;
        record.tinybench.commit = Some("abc".to_owned());
        record.execution.probe = "another".to_owned();
        assert_eq!(
            Context::of(&base, &base.results[0]),
            Context::of(&record, &record.results[0])
        );
    }
}

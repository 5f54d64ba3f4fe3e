//! How a result was obtained: what must be the same on both sides of a comparison, or a difference
//! could come from it.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::metrics::Aspect;
use tinybench_record::{Board, ExecutionKind, Fidelity, RunRecord, RunResult, Settings};

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
        Aspect::Clock => {
            let found = result.settings.as_ref().and_then(|it| it.clock_hz);
            format!("{} MHz", found.unwrap_or(board.clock_hz) as f64 / 1e6)
        }
        Aspect::Cache => memory_system(&as_set_up(board, result.settings.as_ref())),
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
            None if result.function.is_some() => format!("a function of {}", result.model.name),
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
        Aspect::Compiler => {
            let rustc = match &record.toolchain {
                Some(toolchain) => format!("rustc {} for {}", toolchain.rustc, toolchain.target),
                None => "not known".to_owned(),
            };
            match &result.runtime.build {
                Some(build) => format!("{}, {rustc}", build.compiler),
                None => rustc,
            }
        }
        Aspect::Flags => {
            let mut flags = Vec::new();
            if let Some(toolchain) = &record.toolchain {
                flags.push(format!("opt-level={}", toolchain.opt_level));
                flags.extend(toolchain.flags.iter().cloned());
            }
            if let Some(build) = &result.runtime.build {
                flags.extend(build.flags.iter().cloned());
            }
            match flags.is_empty() {
                true => "not known".to_owned(),
                false => flags.join(" "),
            }
        }
    }
}

/// A board with the settings that were read back from its chip, as far as they were.
fn as_set_up(board: &Board, found: Option<&Settings>) -> Board {
    let Some(found) = found else {
        return board.clone();
    };
    Board {
        instruction_cache: found.instruction_cache.or(board.instruction_cache),
        data_cache: found.data_cache.or(board.data_cache),
        prefetch: found.prefetch.or(board.prefetch),
        wait_states: found.wait_states.or(board.wait_states),
        // Of boards whose file doesn't say it, records of before have none.
        dual_bank: board.dual_bank.and(found.dual_bank).or(board.dual_bank),
        ..board.clone()
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
    use tinybench_record::{Other, RuntimeBuild};

    #[test]
    fn each_change_of_the_context_is_told_by_its_name() {
        type Alter = fn(&mut RunRecord);
        let alterations: [(Aspect, Alter); 14] = [
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
            (Aspect::Compiler, |r| {
                r.results[0].runtime.build.as_mut().unwrap().compiler = "gcc 13".to_owned()
            }),
            (Aspect::Flags, |r| {
                let build = r.results[0].runtime.build.as_mut().unwrap();
                build.flags = vec!["-O3".to_owned()];
            }),
        ];
        let of = |record: &RunRecord| Context::of(record, &record.results[0]);
        let mut base = example();
        base.results[0].runtime.build = Some(RuntimeBuild {
            compiler: "gcc 12".to_owned(),
            flags: vec!["-O2".to_owned()],
            libraries: Vec::new(),
            sources_sha256: "0".repeat(64),
            other: Other::new(),
        });
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

//! The record of a run.

use std::path::Path;

use tinybench_inputs::commit;
use tinybench_record::{self as record, Other, RunRecord};

use super::result::Outcome;
use super::setting::Setting;
use super::subjects::{NothingToRun, Subjects};

/// The record of a run of `subjects` that gave `outcomes`.
///
/// # Errors
/// If there are none.
pub fn of_run(
    setting: &Setting,
    subjects: &Subjects,
    outcomes: Vec<Outcome>,
) -> Result<RunRecord, NothingToRun> {
    let first = outcomes.first().ok_or(NothingToRun)?;
    let board = &setting.board;
    let other = Other::new;
    Ok(RunRecord {
        schema: record::SCHEMA.to_owned(),
        tinybench: record::Tinybench {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: setting.project.commit(),
            other: other(),
        },
        started_at: record::time_text(setting.started),
        commit: commit::find(setting.request.commit.as_deref(), Path::new(".")),
        board: record::Board {
            name: board.name.clone(),
            chip: board.chip.clone(),
            core: board.core.clone(),
            clock_hz: board.clock_hz,
            instruction_cache: board.memory_system.instruction_cache,
            data_cache: board.memory_system.data_cache,
            prefetch: board.memory_system.prefetch,
            wait_states: board.memory_system.wait_states,
            dual_bank: board.memory_system.dual_bank,
            other: other(),
        },
        execution: record::Execution {
            kind: first.kind,
            probe: setting.choice.probe_name(board),
            other: other(),
        },
        toolchain: Some(record::Toolchain {
            rustc: first.toolchain.rustc.clone(),
            target: first.toolchain.target.clone(),
            opt_level: first.toolchain.opt_level.clone(),
            flags: first.toolchain.flags.clone(),
            other: other(),
        }),
        shard: subjects.shard.clone(),
        left_out: subjects.left_out.clone(),
        failures: Vec::new(),
        results: outcomes.into_iter().map(|outcome| outcome.result).collect(),
        other: other(),
    })
}

//! The record of a run.

mod asked;

use tinybench_record::{self as record, ExecutionKind, Other, Places, RunRecord};

use super::ending::Ending;
use super::jobs::Run;
use super::journal::Header;
use super::subjects::NothingToRun;
use crate::target::select::Choice;

/// The record of a run that ended in `endings`, one a subject; none of those that weren't begun.
///
/// # Errors
/// If there are none.
pub fn of_run(
    run: &Run,
    header: &Header,
    endings: Vec<Option<Ending>>,
) -> Result<RunRecord, NothingToRun> {
    let (setting, subjects) = (&run.setting, &run.subjects);
    let board = &setting.board;
    let other = Other::new;
    let (mut execution, mut toolchain) = (None, None);
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    for ending in endings.into_iter().flatten() {
        match ending {
            Ending::Failure(failure) => failures.push(*failure),
            Ending::Result {
                result,
                toolchain: built_with,
                kind,
            } => {
                execution.get_or_insert(kind);
                toolchain = toolchain.or(built_with);
                results.push(*result);
            }
        }
    }
    if results.is_empty() && failures.is_empty() {
        return Err(NothingToRun);
    }
    // A target tells what it is. Where none could be asked, virtual is what was made so.
    let chosen = match setting.choice {
        Choice::Virtual(_) => ExecutionKind::Virtual,
        Choice::Probe { .. } => ExecutionKind::Probe,
    };
    let asked = asked::of_run(setting);
    let places = Places::here(&asked);
    for failure in &mut failures {
        failure.message = places.text(&failure.message);
    }
    Ok(RunRecord {
        schema: record::SCHEMA.to_owned(),
        tinybench: header.tinybench.clone(),
        asked: asked.iter().map(|it| places.command(it)).collect(),
        started_at: header.started_at.clone(),
        commit: header.commit.clone(),
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
            kind: execution.unwrap_or(chosen),
            probe: setting.choice.probe_name(board),
            other: other(),
        },
        toolchain,
        shard: subjects.shard.clone(),
        results,
        failures,
        left_out: subjects.left_out.clone(),
        other: other(),
    })
}

//! The record's entry of a function.

use std::path::Path;

use tinybench_inputs::board::Board;
use tinybench_inputs::subject::name_of;
use tinybench_record::{self as record, InputSource, Other, RunResult};
use tinybench_support::exit::Failure;
use tinybench_support::hash::sha256_hex;
use tinybench_support::order::median;
use tinybench_support::printable::printable;
use tinybench_support::progress::Progress;

use super::{Asked, Called, Caller, How, NotCalled, Plan};
use crate::power::energy;
use crate::run::result::{Outcome, has_generic_memory_system, stated_error};
use crate::target::session::Session;
use crate::target::setup;
use probe_rs::probe::Probe;

/// Flashes the program at `path` on the board behind `probe`, calls the function that is asked for and makes a
/// record's entry of it.
///
/// # Errors
/// Of the file, the probe and the target; a result that isn't what is expected.
pub fn outcome(
    path: &Path,
    asked: &Asked,
    board: &Board,
    probe: Probe,
    how: How,
    progress: &mut Progress,
) -> Result<Outcome, Failure> {
    let not_called = |source| NotCalled {
        function: asked.entry.clone(),
        source,
    };
    let plan = Plan::new(path, asked, board).map_err(not_called)?;
    progress.begin("attaching", None);
    let mut session = Session::attach(probe, board)?;
    session.flash(&plan.elf, progress)?;
    let kind = session.kind();
    let caller = Caller::new(&mut session, &plan, board, how).map_err(not_called)?;
    let called = caller.measure(progress).map_err(not_called)?;
    if let Some(Err(others)) = called.settings.as_ref().map(|it| setup::check(it, board)) {
        others.of_image(progress)?;
    }
    Ok(Outcome {
        result: result(path, asked, board, &plan, called, kind),
        toolchain: None,
        kind,
    })
}

fn result(
    path: &Path,
    asked: &Asked,
    board: &Board,
    plan: &Plan,
    called: Called,
    kind: record::ExecutionKind,
) -> RunResult {
    let other = Other::new;
    let name = name_of(path);
    let Called {
        cycles,
        stack_bytes,
        static_bytes,
        ..
    } = called;
    let median_cycles = median(&cycles).unwrap_or_default();
    let calls = cycles.len() as u64;
    let reference = asked.result.as_ref();
    let outputs = reference.map(|(_, file)| record::Outputs {
        reference: format!(
            "the file {}",
            printable(&file.file_name().unwrap_or_default().to_string_lossy())
        ),
        verified: true,
        vectors: calls,
        bytes_compared: calls * plan.expected_bytes(),
        mismatches: 0,
        max_abs_diff: 0,
        largest_difference: None,
        float: None,
        agreement: None,
        other: other(),
    });
    RunResult {
        workload: asked.entry.clone(),
        model: record::Model {
            name: name.clone(),
            sha256: None,
            bytes: None,
            macs: None,
            parameters: None,
            other: other(),
        },
        runtime: record::Runtime {
            name,
            version: "unknown".to_owned(),
            license: None,
            build: None,
            other: other(),
        },
        firmware: Some(record::Firmware {
            sha256: plan.sha256.clone(),
            other: other(),
        }),
        inputs: record::Inputs {
            source: InputSource::Program,
            seed: None,
            available: 1,
            steps: None,
            sha256: sha256_hex(asked.setup.as_deref().unwrap_or_default().as_bytes()),
            other: other(),
        },
        latency: record::Latency {
            fidelity: kind.fidelity(),
            stated_error: stated_error(board, kind, None),
            generic_memory_system: has_generic_memory_system(board, kind),
            median_cycles,
            min_cycles: cycles.iter().copied().min().unwrap_or_default(),
            max_cycles: cycles.iter().copied().max().unwrap_or_default(),
            median_us: median_cycles / board.clock_hz as f64 * 1e6,
            overhead_cycles: called.overhead,
            stages: None,
            decode: None,
            layouts: None,
            cycles,
            other: other(),
        },
        instructions: called.instructions,
        memory: Some(record::Memory {
            arena_bytes: 0,
            arena_min_bytes: 0,
            arena_source: None,
            arena_touched_bytes: 0,
            stack_peak_bytes: stack_bytes,
            heap_bytes: None,
            static_bytes,
            harness_bytes: 0,
            ram_total_bytes: static_bytes + stack_bytes,
            system_bytes: None,
            runtime_bytes: None,
            model_bytes: None,
            intermediate_bytes: None,
            pipeline_bytes: None,
            learning_bytes: None,
            other: other(),
        }),
        flash: None,
        energy: board
            .power
            .as_ref()
            .map(|power| energy::model(median_cycles, board.clock_hz, power)),
        features: None,
        outputs,
        quality: None,
        test_set: None,
        mlperf: None,
        power: None,
        learning: None,
        compression: None,
        profile: None,
        function: Some(record::Function {
            entry: asked.entry.clone(),
            setup: asked.setup.clone(),
            result: reference.map(|(symbol, _)| symbol.clone()),
            other: other(),
        }),
        settings: called.settings,
        other: other(),
    }
}

//! The run record of a session, so that devices can be compared as everything else is.
//!
//! What only the device knows is left out: memory and flash of its firmware, the compiler, its
//! model's file.

use std::path::Path;

use jiff::Timestamp;

use super::accuracy::Accuracy;
use super::device::Inference;
use super::error::DeviceError;
use super::session::Found;
use tinybench_execution::power::energy;
use tinybench_execution::run::result::{has_generic_memory_system, stated_error};
use tinybench_inputs::board::Board;
use tinybench_inputs::project::Project;
use tinybench_record::commit;
use tinybench_record::{
    self as record, Asked, ExecutionKind, InputSource, Other, RunRecord, RunResult,
};
use tinybench_support::order::median;

/// Longest text of a device's own that a record takes, characters.
const MAX_TEXT: usize = 100;

/// What the device is.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The board.
    pub board: &'a Board,
    /// Real or virtual.
    pub kind: ExecutionKind,
    /// SHA-256 of the image's file, hexadecimal, where it is at hand.
    pub firmware_sha256: Option<String>,
    /// The command that measures it, if a record can hold it.
    pub asked: Option<Asked>,
    /// Its energy, if that was measured.
    pub energy: Option<record::Energy>,
}

/// The record of a session that began at `started`. None if nothing was timed.
///
/// # Errors
/// [`DeviceError::TooManyCycles`].
pub fn record(
    found: &Found,
    target: &Target,
    started: Timestamp,
    project: &Project,
) -> Result<Option<RunRecord>, DeviceError> {
    let Some(result) = result(found, target)? else {
        return Ok(None);
    };
    let board = target.board;
    let probe = match target.kind {
        ExecutionKind::Probe => "serial port, MLPerf Tiny protocol".to_owned(),
        ExecutionKind::Virtual => format!("virtual {}, MLPerf Tiny protocol", board.name),
    };
    Ok(Some(RunRecord {
        schema: record::SCHEMA.to_owned(),
        tinybench: record::Tinybench {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: project.commit(),
            other: Other::new(),
        },
        asked: target.asked.clone().into_iter().collect(),
        started_at: record::time_text(started),
        commit: commit::find(None, Path::new(".")),
        board: record::Board {
            name: board.name.clone(),
            chip: board.chip.clone(),
            core: board.core.clone(),
            clock_hz: board.clock_hz,
            // The device's own firmware sets its memory system up, and doesn't say how.
            instruction_cache: None,
            data_cache: None,
            prefetch: None,
            wait_states: None,
            dual_bank: None,
            other: Other::new(),
        },
        execution: record::Execution {
            kind: target.kind,
            probe,
            other: Other::new(),
        },
        toolchain: None,
        shard: None,
        failures: Vec::new(),
        left_out: Vec::new(),
        results: vec![result],
        other: Other::new(),
    }))
}

fn result(found: &Found, target: &Target) -> Result<Option<RunResult>, DeviceError> {
    let board = target.board;
    // In energy mode the instrument tells the time.
    let times_us: Vec<f64> = match (&found.performance, &found.energy, &found.accuracy) {
        (Some(performance), _, _) => {
            let windows = performance.windows.iter();
            windows.map(Inference::us_per_inference).collect()
        }
        (None, Some(energy), _) => energy.windows_us(),
        (None, None, Some(accuracy)) => accuracy
            .inferences()
            .map(Inference::us_per_inference)
            .collect(),
        (None, None, None) => return Ok(None),
    };
    let cycles: Vec<u32> = times_us
        .iter()
        .map(|&us| cycles(us, board.clock_hz))
        .collect::<Result<_, _>>()?;
    let least_and_most = cycles
        .iter()
        .copied()
        .min()
        .zip(cycles.iter().copied().max());
    let Some((median_cycles, (min_cycles, max_cycles))) = median(&cycles).zip(least_and_most)
    else {
        return Ok(None);
    };
    let identity = &found.identity;
    let windows = found.performance.iter().flat_map(|p| &p.windows);
    Ok(Some(RunResult {
        workload: found.task.name().to_owned(),
        model: record::Model {
            name: own_text(&identity.model),
            sha256: None,
            bytes: None,
            macs: None,
            parameters: None,
            other: Other::new(),
        },
        // The engine is the device's secret; its name is what there is.
        runtime: record::Runtime {
            license: None,
            build: None,
            name: own_text(&identity.name),
            version: own_text(&identity.profile),
            other: Other::new(),
        },
        firmware: target
            .firmware_sha256
            .clone()
            .map(|sha256| record::Firmware {
                sha256,
                other: Other::new(),
            }),
        inputs: record::Inputs {
            source: match found.input.seed {
                Some(_) => InputSource::Seeded,
                None => InputSource::Dataset,
            },
            seed: found.input.seed,
            available: found.input.available as u64,
            steps: None,
            sha256: found.input.sha256.clone(),
            other: Other::new(),
        },
        latency: record::Latency {
            fidelity: target.kind.fidelity(),
            stated_error: stated_error(board, target.kind, None),
            generic_memory_system: has_generic_memory_system(board, target.kind),
            median_cycles,
            min_cycles,
            max_cycles,
            median_us: median_cycles / board.clock_hz as f64 * 1e6,
            overhead_cycles: 0,
            stages: None,
            decode: None,
            layouts: None,
            cycles,
            other: Other::new(),
        },
        instructions: None,
        memory: None,
        flash: None,
        energy: match (&target.energy, &board.power) {
            (Some(energy), _) => Some(energy.clone()),
            (None, power) => power
                .as_ref()
                .map(|power| energy::model(median_cycles, board.clock_hz, power)),
        },
        features: None,
        outputs: None,
        quality: found.accuracy.as_ref().and_then(quality),
        test_set: None,
        power: None,
        learning: None,
        compression: None,
        profile: None,
        function: None,
        settings: None,
        mlperf: Some(record::Mlperf {
            device: own_text(&identity.name),
            profile: own_text(&identity.profile),
            windows: windows
                .map(|window| record::Window {
                    inferences: window.inferences,
                    warm_ups: window.warm_ups,
                    elapsed_us: window.elapsed_us(),
                    us_per_inference: window.us_per_inference(),
                    other: Other::new(),
                })
                .collect(),
            auc: found.accuracy.as_ref().and_then(Accuracy::auc),
            other: Other::new(),
        }),
        other: Other::new(),
    }))
}

/// Cycles of one inference at the board's clock, at least one.
fn cycles(us: f64, clock_hz: u64) -> Result<u32, DeviceError> {
    let cycles = (us * clock_hz as f64 / 1e6).round();
    if cycles > f64::from(u32::MAX) {
        return Err(DeviceError::TooManyCycles {
            us,
            clock_hz,
            cycles,
        });
    }
    Ok((cycles as u32).max(1))
}

fn quality(accuracy: &Accuracy) -> Option<record::Quality> {
    let (metric, value) = accuracy.quality()?;
    let quality = record::Quality::new(metric, value, accuracy.samples.len() as u64);
    let interval = quality.interval.clone().or_else(|| accuracy.auc_interval());
    Some(record::Quality {
        interval,
        ..quality
    })
}

/// What a device says, as a record can hold it: short, printable and not empty.
fn own_text(text: &str) -> String {
    let text: String = tinybench_support::printable::printable(text.trim())
        .chars()
        .take(MAX_TEXT)
        .collect();
    match text.is_empty() {
        true => "unnamed".to_owned(),
        false => text,
    }
}

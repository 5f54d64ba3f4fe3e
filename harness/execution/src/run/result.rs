//! From what was measured to the entries of a run record.

use std::borrow::Cow;

use tinybench_support::exit::Failure;
use tinybench_support::exits_with;

use super::images::Built;
use super::measurements::{Measured, on_target};
use crate::build::{Firmware, Toolchain};
use crate::image::Image;
use crate::measure::{Measurement, PipelineMeasurement};
use crate::power::DutyCycle;
use crate::power::energy;
use crate::profile;
use crate::verify::learning::{self, LearningMismatch};
use crate::verify::quality;
use crate::verify::{self, AnswerMismatch, Expected, FeatureMismatch, OutputMismatch};
use tinybench_inputs::board::Board;
use tinybench_inputs::runtimes::{HostRuntime, RuntimeError};
use tinybench_inputs::subject::{Subject, name_of};
use tinybench_record::{self as record, ExecutionKind, Other, RunResult};
use tinybench_support::hash::sha256_hex;
use tinybench_support::order::median;
use tinybench_virtual_board::timing::Mix;

/// What the target computed is wrong.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum VerifyError {
    #[error(transparent)]
    Features(#[from] FeatureMismatch),
    #[error(transparent)]
    Outputs(#[from] OutputMismatch),
    #[error(transparent)]
    Answer(#[from] AnswerMismatch),
    #[error(transparent)]
    Learning(#[from] LearningMismatch),
    #[error("the reference for the target's features can't be computed: {0}")]
    Reference(#[from] RuntimeError),
}

/// A subject's outputs are wrong.
#[derive(Debug, thiserror::Error)]
#[error("{subject}: {source}")]
pub struct NotVerified {
    /// The subject.
    pub subject: String,
    /// What differs.
    pub source: Box<VerifyError>,
}

exits_with!(NotVerified => Mismatch);

/// What one subject gave.
pub struct Outcome {
    /// Its entry in the record.
    pub result: RunResult,
    /// What its image was built with.
    pub toolchain: Toolchain,
    /// What it ran on.
    pub kind: ExecutionKind,
}

/// Verifies what was measured, and makes a record's entry of it.
///
/// # Errors
/// If it isn't what the reference says; if a cell would last no time.
pub fn outcome(
    board: &Board,
    duty_cycle: Option<&DutyCycle>,
    runtime: &dyn HostRuntime,
    subject: &Subject,
    built: &Built,
    measured: Measured,
) -> Result<Outcome, Failure> {
    let Measured { measurement, kind } = measured;
    let verified = verify(subject, runtime, &measurement).map_err(|source| NotVerified {
        subject: subject.name.clone(),
        source: Box::new(source),
    })?;
    let Built {
        firmware, image, ..
    } = built;
    let window = measurement.profile.clone();
    let mut result = result(board, kind, subject, firmware, image, measurement, verified);
    result.profile = window.map(|window| {
        // A model that runs can be described; if not, its operators have no names.
        let description = runtime.describe(&subject.model).ok();
        profile::of_window(&window, description.as_ref(), image, board, kind.fidelity())
    });
    if let Some((duty_cycle, power)) = duty_cycle.zip(board.power.as_ref()) {
        let power = duty_cycle.power(&subject.name, result.latency.median_us, power)?;
        result.power = Some(power);
    }
    Ok(Outcome {
        result,
        toolchain: built.firmware.toolchain.clone(),
        kind,
    })
}

/// How what the target computed compares with the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The features, where they were computed on the target.
    pub features: Option<record::Features>,
    /// The outputs.
    pub outputs: record::Outputs,
}

/// Compares features, outputs and answers with the reference.
///
/// Features may differ from it by [`verify::FEATURE_TOLERANCE`]. Where they do, the outputs that
/// belong to them are those of `runtime` on the host; everywhere else those of the workload.
pub fn verify(
    subject: &Subject,
    runtime: &dyn HostRuntime,
    measurement: &Measurement,
) -> Result<Verified, VerifyError> {
    let facts = &subject.facts;
    let outputs = &measurement.outputs;
    let compare = |expected: &[u8], reference: &str| {
        let expected = Expected {
            bytes: expected,
            tensors: &facts.output_tensors,
            samples: &subject.samples,
            reference,
            tolerance: subject.tolerance,
        };
        verify::verify(outputs, &expected)
    };
    if let Some((learning, measured)) = subject.learning.as_ref().zip(measurement.learning.as_ref())
    {
        learning::verify(subject, learning, measured)?;
    }
    let Some(pipeline) = &measurement.pipeline else {
        return Ok(Verified {
            features: None,
            outputs: compare(&subject.outputs, &subject.reference)?,
        });
    };
    let features = verify::verify_features(
        &outputs.vectors,
        &pipeline.features,
        &subject.inputs,
        facts.input_bytes,
    )?;
    let (expected, reference) = if features.differing == 0 {
        (subject.outputs.clone(), subject.reference.clone())
    } else {
        let mut expected = subject.outputs.clone();
        let computed = pipeline.features.chunks_exact(facts.input_bytes);
        for (&vector, features) in outputs.vectors.iter().zip(computed) {
            if features != &subject.inputs[vector * facts.input_bytes..][..facts.input_bytes] {
                let output = runtime.infer(&subject.model, features)?;
                expected[vector * facts.output_bytes..][..facts.output_bytes]
                    .copy_from_slice(&output);
            }
        }
        let reference = format!(
            "{}; where features differ, portable kernels of {} {} on the host",
            subject.reference,
            runtime.name(),
            runtime.version()
        );
        (expected, reference)
    };
    let outputs = compare(&expected, &reference)?;
    if let Some(task) = subject.task.and_then(on_target) {
        verify::verify_answers(
            task,
            facts,
            &pipeline.features,
            &measurement.outputs,
            &pipeline.answers,
        )?;
    }
    Ok(Verified {
        features: Some(features),
        outputs,
    })
}

/// How far off the cycles of the virtual board are, where that was established, and in what a
/// program of this `mix` lies outside of that; none for a real board.
pub fn stated_error(
    board: &Board,
    kind: ExecutionKind,
    mix: Option<&Mix>,
) -> Option<record::StatedError> {
    if kind == ExecutionKind::Probe {
        return None;
    }
    let error = board.virtual_board.as_ref()?.error.as_ref()?;
    let covered = error.covered.as_ref();
    let outside = covered.map(|covered| covered.outside(&board.memory_system, mix));
    let outside = outside.unwrap_or_default().into_iter();
    let tenths = |percent: f64| (percent * 10.0).round() / 10.0;
    Some(record::StatedError {
        mean_percent: error.mean_percent,
        worst_percent: error.worst_percent,
        source: error.source.clone(),
        outside: outside
            .map(|it| record::Outside {
                what: it.what.to_owned(),
                percent: it.percent.map(|[percent, _]| tenths(percent)),
                covered_percent: it.percent.map(|[_, covered]| covered),
                other: Other::new(),
            })
            .collect(),
        other: Other::new(),
    })
}

/// The entry of one subject.
pub fn result(
    board: &Board,
    kind: ExecutionKind,
    subject: &Subject,
    firmware: &Firmware,
    image: &Image,
    measurement: Measurement,
    verified: Verified,
) -> RunResult {
    let other = Other::new;
    let quality = subject.judgement.as_ref().and_then(|judgement| {
        let (facts, samples) = (&subject.facts, &subject.samples);
        let inputs = inputs(subject, &measurement);
        quality::judge(judgement, facts, &inputs, samples, &measurement.outputs)
    });
    let cycles = measurement.cycles;
    let median_cycles = median(&cycles).unwrap_or_default();
    let pipeline = measurement.pipeline.as_ref();
    let latency = record::Latency {
        fidelity: kind.fidelity(),
        stated_error: stated_error(board, kind, measurement.mix.as_ref()),
        median_cycles,
        min_cycles: cycles.iter().copied().min().unwrap_or_default(),
        max_cycles: cycles.iter().copied().max().unwrap_or_default(),
        median_us: microseconds(median_cycles, board),
        overhead_cycles: measurement.counter_overhead,
        stages: pipeline.map(|pipeline| stages(pipeline, board)),
        decode: measurement.decode.map(|cycles| stage(&cycles, board)),
        cycles,
        other: other(),
    };
    let learning = subject.learning.as_ref().zip(measurement.learning.as_ref());
    let learner_memory = learning.map_or(0, |(it, _)| it.stream.memory_bytes as u32);
    let learning =
        learning.map(|(it, measured)| learning::figures(subject, it, measured, board.clock_hz));
    // Without a pipeline its code is what the runtime's signal operators use of it.
    let signal_operators = match pipeline {
        Some(_) => 0,
        None => image.flash.pipeline,
    };
    let arena = measurement.arena_bytes;
    let tensors = measurement.arena_tensor_bytes;
    let decoding = measurement.arena_decoding_bytes;
    let stack = measurement.stack_peak_bytes;
    RunResult {
        workload: subject.name.clone(),
        model: record::Model {
            name: name_of(&subject.model_path),
            sha256: Some(sha256_hex(&subject.model)),
            bytes: Some(subject.model.len() as u64),
            macs: Some(subject.facts.macs),
            parameters: Some(subject.facts.parameters),
            other: other(),
        },
        runtime: record::Runtime {
            name: measurement.runtime_name,
            version: measurement.runtime_version,
            other: other(),
        },
        firmware: Some(record::Firmware {
            sha256: firmware.sha256.clone(),
            other: other(),
        }),
        inputs: record::Inputs {
            source: subject.source,
            seed: subject.seed,
            available: subject.available as u64,
            steps: (subject.samples.steps() > 1).then(|| subject.samples.steps() as u64),
            sha256: sha256_hex(&subject.inputs),
            other: other(),
        },
        instructions: measurement.instructions,
        memory: Some(record::Memory {
            arena_bytes: arena,
            arena_min_bytes: subject.arena_min_bytes,
            arena_touched_bytes: measurement.arena_touched_bytes,
            stack_peak_bytes: stack,
            static_bytes: image.static_ram,
            harness_bytes: image.ram.harness,
            ram_total_bytes: image.static_ram + arena + stack + learner_memory,
            system_bytes: Some(image.ram.system + stack),
            runtime_bytes: Some(image.ram.runtime + (arena - tensors - decoding)),
            model_bytes: Some(image.ram.model + decoding),
            intermediate_bytes: Some(tensors),
            pipeline_bytes: pipeline.map(|_| image.ram.pipeline),
            learning_bytes: learning
                .as_ref()
                .map(|_| image.ram.learning + learner_memory),
            other: other(),
        }),
        flash: Some(record::Flash {
            total_bytes: image.flash.total,
            model_bytes: image.flash.model,
            runtime_bytes: image.flash.runtime + signal_operators,
            harness_bytes: image.flash.harness,
            system_bytes: image.flash.system,
            pipeline_bytes: pipeline.map(|_| image.flash.pipeline),
            learning_bytes: learning.as_ref().map(|_| image.flash.learning),
            other: other(),
        }),
        energy: board
            .power
            .as_ref()
            .map(|power| energy::model(median_cycles, board.clock_hz, power)),
        latency,
        features: verified.features,
        outputs: Some(verified.outputs),
        quality,
        test_set: subject.test_set.clone(),
        mlperf: None,
        power: None,
        learning,
        compression: subject.compression.clone(),
        profile: None,
        other: other(),
    }
}

/// The inputs that the model was given: the workload's, or the features that the target computed.
fn inputs<'a>(subject: &'a Subject, measurement: &Measurement) -> Cow<'a, [u8]> {
    let Some(pipeline) = &measurement.pipeline else {
        return Cow::Borrowed(&subject.inputs);
    };
    let each = subject.facts.input_bytes;
    let mut inputs = subject.inputs.clone();
    let vectors = &measurement.outputs.vectors;
    for (&vector, features) in vectors.iter().zip(pipeline.features.chunks_exact(each)) {
        inputs[vector * each..][..each].copy_from_slice(features);
    }
    Cow::Owned(inputs)
}

fn stages(pipeline: &PipelineMeasurement, board: &Board) -> record::Stages {
    record::Stages {
        preprocess: stage(&pipeline.preprocess, board),
        inference: stage(&pipeline.inference, board),
        postprocess: stage(&pipeline.postprocess, board),
        other: Other::new(),
    }
}

fn stage(cycles: &[u32], board: &Board) -> record::Stage {
    let median_cycles = median(cycles).unwrap_or_default();
    record::Stage {
        cycles: cycles.to_vec(),
        median_cycles,
        median_us: microseconds(median_cycles, board),
        other: Other::new(),
    }
}

fn microseconds(cycles: f64, board: &Board) -> f64 {
    cycles / board.clock_hz as f64 * 1e6
}

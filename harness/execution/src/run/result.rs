//! From what was measured to the entries of a run record.

use std::borrow::Cow;

use tinybench_support::exit::Failure;
use tinybench_support::exits_with;

use super::images::Built;
use super::measurements::{Measured, on_target};
use crate::build::{CompiledBy, Made};
use crate::image::Image;
use crate::measure::{Measurement, PipelineMeasurement};
use crate::power::DutyCycle;
use crate::power::energy;
use crate::profile;
use crate::target::virtual_board::is_generic;
use crate::verify::learning::{self, LearningMismatch};
use crate::verify::quality;
use crate::verify::{self, AnswerMismatch, Expected, FeatureMismatch, Judged, OutputMismatch};
use tinybench_inputs::board::Board;
use tinybench_inputs::runtimes::manifest::Agreement;
use tinybench_inputs::runtimes::{HostRuntime, Runtime, RuntimeError};
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
    /// What its image was built with; none of one that was built before.
    pub toolchain: Option<CompiledBy>,
    /// What it ran on.
    pub kind: ExecutionKind,
}

/// Verifies what was measured, and makes a record's entry of it.
///
/// # Errors
/// If it isn't what the reference says; if a run isn't over when the next has to begin, or the cell isn't
/// known to give what is drawn.
pub fn outcome(
    board: &Board,
    duty_cycle: Option<&DutyCycle>,
    runtime: &Runtime,
    subject: &Subject,
    built: &Built,
    measured: Measured,
) -> Result<Outcome, Failure> {
    let Measured {
        measurement,
        marked,
        kind,
        settings,
    } = measured;
    let manifest = runtime.manifest()?;
    let host = runtime.host();
    let verified =
        verify(subject, host, manifest.outputs, &measurement).map_err(|source| NotVerified {
            subject: subject.name.clone(),
            source: Box::new(source),
        })?;
    let image = &built.image;
    let counted = measurement.profile.clone();
    let pcs = measurement.pcs.clone();
    let last = measurement
        .pipeline
        .as_ref()
        .map_or(&measurement.cycles, |it| &it.inference);
    let last = last.last().copied().map_or(0, u64::from);
    let mut result = result(
        board,
        kind,
        subject,
        &built.sha256,
        image,
        measurement,
        verified,
    );
    result.settings = settings;
    result.runtime.license.clone_from(&manifest.license);
    result.runtime.build = built.library.as_ref().map(|it| runtime_build(&it.made));
    // A model that runs can be described; if not, its operators have no names.
    let description = || host.describe(&subject.model).ok();
    result.profile = match counted {
        Some(window) => Some(profile::of_window(
            &window,
            host,
            description().as_ref(),
            image,
            board,
            kind.fidelity(),
        )),
        None if marked.is_some() || pcs.is_some() => {
            let found = profile::board::OnBoard {
                cycles: last,
                marked: marked.as_ref(),
                pcs: pcs.as_ref(),
            };
            Some(profile::board::profile(
                &found,
                description().as_ref(),
                image,
                board,
            ))
        }
        None => None,
    };
    if let Some((duty_cycle, power)) = duty_cycle.zip(board.power.as_ref()) {
        let power = duty_cycle.power(&subject.name, result.latency.median_us, power)?;
        result.power = Some(power);
    }
    Ok(Outcome {
        result,
        toolchain: built.toolchain.clone(),
        kind,
    })
}

/// What a runtime was compiled with, as a record has it.
fn runtime_build(made: &Made) -> record::RuntimeBuild {
    record::RuntimeBuild {
        compiler: made.compiler.clone(),
        flags: made.flags.clone(),
        libraries: made.libraries.clone(),
        sources_sha256: made.sources_sha256.clone(),
        other: Other::new(),
    }
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
    agreement: Agreement,
    measurement: &Measurement,
) -> Result<Verified, VerifyError> {
    let facts = &subject.facts;
    let outputs = &measurement.outputs;
    let inputs = inputs(subject, measurement);
    let compare = |expected: &[u8], reference: &str| {
        let expected = Expected {
            bytes: expected,
            tensors: &facts.output_tensors,
            samples: &subject.samples,
            reference,
            tolerance: subject.tolerance,
            agreement,
            judged: subject.judgement.as_ref().map(|judgement| Judged {
                judgement,
                facts,
                inputs: &inputs,
            }),
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
            "{}; where features differ, {}",
            subject.reference,
            runtime.reference(&subject.model)
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

/// Whether cycles are those of a generic memory system, and not of the chip's own.
pub fn has_generic_memory_system(board: &Board, kind: ExecutionKind) -> bool {
    kind == ExecutionKind::Virtual && is_generic(board)
}

/// The entry of one subject.
pub fn result(
    board: &Board,
    kind: ExecutionKind,
    subject: &Subject,
    firmware_sha256: &str,
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
        generic_memory_system: has_generic_memory_system(board, kind),
        median_cycles,
        min_cycles: cycles.iter().copied().min().unwrap_or_default(),
        max_cycles: cycles.iter().copied().max().unwrap_or_default(),
        median_us: microseconds(median_cycles, board),
        overhead_cycles: measurement.counter_overhead,
        stages: pipeline.map(|pipeline| stages(pipeline, board)),
        decode: measurement.decode.map(|cycles| stage(&cycles, board)),
        layouts: None,
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
    // Of a heap that is as large as it may become only what was taken counts.
    let heap_left = measurement
        .heap
        .map_or(0, |[used, capacity]| capacity.saturating_sub(used));
    let static_ram = image.static_ram.saturating_sub(heap_left);
    let runtime_ram = image.ram.runtime.saturating_sub(heap_left);
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
            license: None,
            build: None,
            other: other(),
        },
        firmware: Some(record::Firmware {
            sha256: firmware_sha256.to_owned(),
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
            arena_min_bytes: measurement.arena_min_bytes,
            arena_source: Some(measurement.arena_source),
            arena_touched_bytes: measurement.arena_touched_bytes,
            stack_peak_bytes: stack,
            heap_bytes: measurement
                .heap
                .map(|[used, _]| used)
                .filter(|&used| used > 0),
            static_bytes: static_ram,
            harness_bytes: image.ram.harness,
            ram_total_bytes: static_ram + arena + stack + learner_memory,
            system_bytes: Some(image.ram.system + stack),
            runtime_bytes: Some(runtime_ram + (arena - tensors - decoding)),
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
        function: None,
        settings: None,
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

//! The measurement of a subject: its image is flashed, run and read back.

use probe_rs::probe::Probe;
use tinybench_inputs::board::{Board, Memory};
use tinybench_inputs::runtimes::HostRuntime;
use tinybench_inputs::subject::Subject;
use tinybench_inputs::workload::TaskKind;
use tinybench_interface::Task;
use tinybench_record::ExecutionKind;
use tinybench_support::exit::{Exit, Exits, Failure};
use tinybench_support::progress::Progress;

use super::images::{Built, place};
use super::request::Request;
use crate::image::{UnreadableImage, behind_indirect_calls};
use crate::measure::{LearningPlan, MeasureError, Measurement, PipelinePlan, Plan, measure};
use crate::target::conversation::ImageView;
use crate::target::session::Session;
use crate::verify;

/// A subject can't be measured.
#[derive(Debug, thiserror::Error)]
#[error("{subject}: {source}")]
pub struct NotMeasured {
    /// The subject.
    pub subject: String,
    /// Why.
    pub source: MeasureError,
}

impl Exits for NotMeasured {
    fn exit(&self) -> Exit {
        self.source.exit()
    }
}

/// What came back from a target, and what kind it is.
pub struct Measured {
    /// The figures and outputs.
    pub measurement: Measurement,
    /// Whether it is a model of the hardware.
    pub kind: ExecutionKind,
}

/// Flashes an image on the board behind `probe` and measures `subject` with it.
///
/// # Errors
/// Of the probe and the target, and an interruption.
pub fn of_subject(
    request: &Request,
    board: &Board,
    runtime: &dyn HostRuntime,
    probe: Probe,
    subject: &Subject,
    built: &Built,
    progress: &mut Progress,
) -> Result<Measured, Failure> {
    progress.begin("attaching", None);
    let mut session = Session::attach(probe, &board.chip)?;
    session.flash(&built.elf, progress)?;
    let samples = verify::spread(subject.to_run(request.vectors), subject.count());
    let inferences = samples
        .iter()
        .flat_map(|&it| subject.samples.inferences(it));
    let vectors: Vec<usize> = inferences.collect();
    let image = &built.image;
    let behind_calls = match request.profile {
        true => Some(
            behind_indirect_calls(&built.elf, runtime.calls_operators_in())
                .map_err(UnreadableImage)?,
        ),
        false => None,
    };
    let plan = Plan {
        inputs: &subject.inputs,
        input_bytes: subject.facts.input_bytes,
        output_bytes: subject.facts.output_bytes,
        vectors: &vectors,
        steps: subject.samples.steps(),
        runs: request.runs,
        arena_min_bytes: subject.arena_min_bytes,
        clock_hz: board.clock_hz,
        timeout: request.timeout,
        pipeline: pipeline_plan(subject),
        learning: learning_plan(subject),
        profile: behind_calls.as_deref(),
    };
    let symbolise = |address| image.symbolise(address).map(|location| place(&location));
    let view = ImageView {
        block_address: image.block_address,
        memory: Memory {
            ram: board.memory.all_ram(),
            ..board.memory
        },
        symbolise: &symbolise,
    };
    let measurement =
        measure(&mut session, view, &plan, progress).map_err(|source| NotMeasured {
            subject: subject.name.clone(),
            source,
        })?;
    if request.profile && measurement.profile.is_none() {
        progress.note(&format!(
            "{}: no profile, as so far only virtual boards can tell where their cycles go",
            subject.name
        ));
    }
    Ok(Measured {
        measurement,
        kind: session.kind(),
    })
}

/// How a subject is measured from raw audio, if it is.
fn pipeline_plan(subject: &Subject) -> Option<PipelinePlan<'_>> {
    let task = subject.task.and_then(on_target);
    let (audio, task) = subject.audio.as_ref().zip(task)?;
    Some(PipelinePlan {
        audio: &audio.bytes,
        vector_bytes: audio.vector_bytes(),
        task,
        input: subject.facts.input,
        output: subject.facts.output,
    })
}

/// How a subject is learnt, if it is a stream.
fn learning_plan(subject: &Subject) -> Option<LearningPlan<'_>> {
    let learning = subject.learning.as_ref()?;
    Some(LearningPlan {
        configurations: &learning.configurations,
        memory_bytes: learning.stream.memory_bytes,
        labels: &learning.stream.labels,
        features: &subject.outputs,
    })
}

/// A task as the image knows it, if its last stage has something to do for it.
pub fn on_target(task: TaskKind) -> Option<Task> {
    match task {
        TaskKind::Classification => Some(Task::Classification),
        TaskKind::Anomaly => Some(Task::Anomaly),
        TaskKind::AnomalyScore => None,
    }
}

//! The measurement of a subject: its image is flashed, run and read back.

pub mod layouts;

use probe_rs::probe::Probe;
use tinybench_inputs::board::{Board, Memory};
use tinybench_inputs::runtimes::HostRuntime;
use tinybench_inputs::subject::Subject;
use tinybench_inputs::workload::TaskKind;
use tinybench_interface::Task;
use tinybench_record::{ExecutionKind, Settings};
use tinybench_support::exit::{Exit, Exits, Failure};
use tinybench_support::progress::Progress;

use super::images::{Built, Parts, Purpose, place};
use super::request::Request;
use crate::image::{Image, UnreadableImage, behind_indirect_calls, behind_mark};
use crate::measure::operators::{self, MarkedRun};
use crate::measure::{LearningPlan, MeasureError, Measurement, PipelinePlan, Plan, measure};
use crate::target::conversation::ImageView;
use crate::target::session::Session;
use crate::target::setup;
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
    /// What its operators took, where an image of its own had to measure that.
    pub marked: Option<MarkedRun>,
    /// Whether it is a model of the hardware.
    pub kind: ExecutionKind,
    /// How the chip was set up, where its registers are known.
    pub settings: Option<Settings>,
}

/// Flashes an image on the board behind `probe` and measures the subject of `parts`, which it was built of.
/// Where a profile is asked for and the board can't count by itself, an image that measures operators is
/// built and run behind it.
///
/// # Errors
/// Of the probe and the target, of a build, and an interruption.
pub fn of_subject(
    request: &Request,
    parts: Parts,
    probe: Probe,
    built: &Built,
    progress: &mut Progress,
) -> Result<Measured, Failure> {
    let Parts {
        board,
        runtime,
        subject,
        ..
    } = parts;
    progress.begin("attaching", None);
    let mut session = Session::attach(probe, board)?;
    session.flash(&built.elf, progress)?;
    let samples = verify::spread(subject.to_run(request.vectors), subject.count());
    let inferences = samples
        .iter()
        .flat_map(|&it| subject.samples.inferences(it));
    let vectors: Vec<usize> = inferences.collect();
    let image = &built.image;
    let behind_calls = match request.profile {
        true => Some(behind_calls(&built.elf, runtime.host())?),
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
        heap_address: image.heap_address,
        clock_hz: board.clock_hz,
        timeout: request.timeout,
        pipeline: pipeline_plan(subject),
        learning: learning_plan(subject),
        profile: behind_calls.as_deref(),
    };
    let not_measured = |source| NotMeasured {
        subject: subject.name.clone(),
        source,
    };
    let symbolise = |address| image.symbolise(address).map(|location| place(&location));
    let measurement = measure(
        &mut session,
        view(image, board, &symbolise),
        &plan,
        progress,
    )
    .map_err(not_measured)?;
    let settings =
        setup::read_back(&mut session, board).map_err(|source| not_measured(source.into()))?;
    if let Some(Err(others)) = settings.as_ref().map(|it| setup::check(it, board)) {
        match built.toolchain.is_some() {
            true => return Err(others.into()),
            false => others.of_image(progress)?,
        }
    }
    let kind = session.kind();
    let mut marked = None;
    if request.profile && measurement.profile.is_none() {
        let has_operators = behind_calls.as_ref().is_some_and(|it| !it.is_empty());
        // A program that was built before is what it is.
        let by_marks = kind == ExecutionKind::Probe && has_operators && runtime.image.is_none();
        if measurement.pcs.is_none() && !by_marks {
            progress.note(&format!(
                "{}: no profile, as {} can't tell where its cycles go",
                subject.name, board.name
            ));
        }
        if by_marks {
            let built = parts.image(built.library.as_ref(), Purpose::Operators, progress)?;
            session.flash(&built.elf, progress)?;
            let image = &built.image;
            let symbolise = |address| image.symbolise(address).map(|location| place(&location));
            let view = view(image, board, &symbolise);
            marked = match image.operators_address {
                None => None,
                Some(at) => Some(
                    operators::measure(&mut session, view, &plan, at, progress)
                        .map_err(not_measured)?,
                ),
            };
        }
    }
    Ok(Measured {
        measurement,
        marked,
        kind,
        settings,
    })
}

/// What is needed to talk to `image`.
fn view<'a>(
    image: &Image,
    board: &Board,
    symbolise: &'a dyn Fn(u32) -> Option<String>,
) -> ImageView<'a> {
    ImageView {
        block_address: image.block_address,
        memory: Memory {
            ram: board.memory.all_ram(),
            ..board.memory
        },
        symbolise,
    }
}

/// Addresses behind the calls of operators in an image.
fn behind_calls(elf: &[u8], runtime: &dyn HostRuntime) -> Result<Vec<u32>, Failure> {
    let mut found =
        behind_indirect_calls(elf, runtime.calls_operators_in()).map_err(UnreadableImage)?;
    found.extend(behind_mark(elf).map_err(UnreadableImage)?);
    Ok(found)
}

/// How a subject is measured from raw audio, if it is.
pub(super) fn pipeline_plan(subject: &Subject) -> Option<PipelinePlan<'_>> {
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

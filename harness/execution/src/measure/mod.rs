//! One measurement: everything that is asked of a flashed image.

mod arena;
mod learning;
pub mod operators;

use std::time::Duration;
use tinybench_support::exit::{Exit, Exits};

use tinybench_interface::Task;
use tinybench_pipeline::Quantisation;
use tinybench_record::ArenaSource;
use tinybench_virtual_board::WindowProfile;
use tinybench_virtual_board::timing::Mix;

use crate::target::conversation::{Conversation, From, ImageView};
use crate::target::{PcSamples, Target, TargetError};
use crate::verify::TargetOutputs;
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;

pub use arena::ARENA_STEP;
pub use learning::{
    CondensingMeasurement, LearningMeasurement, LearningPlan, PolicyMeasurement, TimedStep,
};

/// How much longer than expected a target is left alone while it is timed: for the copying of
/// inputs between runs, a cold cache and a clock that is a little slow.
const QUIET_MARGIN: f64 = 1.1;

/// In how many places of a run its instructions are looked at.
const SAMPLES: u32 = 64;

/// How long it is looked where the core is, s, in this many runs at most.
const LOOK_SECONDS: f64 = 1.0;
const MOST_LOOKED_AT: u32 = 100;

/// What is to be measured.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// All inputs, one vector after the other.
    pub inputs: &'a [u8],
    /// Bytes of one input.
    pub input_bytes: usize,
    /// Bytes of one output.
    pub output_bytes: usize,
    /// Which vectors to run, sequences step by step. The first also serves for the latency.
    pub vectors: &'a [usize],
    /// How many in a row are a sequence, at least 1. The model's state is reset before its first step,
    /// and timed are the steps of the first sequence, over and over.
    pub steps: usize,
    /// How many runs to time.
    pub runs: u32,
    /// The smallest arena the host's planner finds to work; without a planner it is found on the
    /// target.
    pub arena_min_bytes: Option<u32>,
    /// Where the image says how much of its heap was taken, if it has one.
    pub heap_address: Option<u32>,
    /// The clock of the core, Hz.
    pub clock_hz: u64,
    /// How long the image may take for one command.
    pub timeout: Duration,
    /// What is needed to begin with raw audio.
    pub pipeline: Option<PipelinePlan<'a>>,
    /// What is needed to learn.
    pub learning: Option<LearningPlan<'a>>,
    /// Addresses behind the calls of operators, if the timed runs are to be profiled.
    pub profile: Option<&'a [u32]>,
}

/// What is needed to measure all stages from raw audio to an answer.
#[derive(Clone, Copy)]
pub struct PipelinePlan<'a> {
    /// Raw audio of all vectors.
    pub audio: &'a [u8],
    /// Bytes of one vector.
    pub vector_bytes: usize,
    /// What the last stage answers.
    pub task: Task,
    /// What the values of the model's input stand for.
    pub input: Quantisation,
    /// What those of its output stand for.
    pub output: Quantisation,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// Name of the runtime in the image.
    pub runtime_name: String,
    /// Its version.
    pub runtime_version: String,
    /// Cycles of each timed run, all stages together.
    pub cycles: Vec<u32>,
    /// Cycles between two readings of the counter directly after each other.
    pub counter_overhead: u32,
    /// Instructions of the last timed run, if the target can count them, and only for a run of
    /// the inference alone.
    pub instructions: Option<u64>,
    /// What the instructions of a run are, all stages together, if the target can tell: of a sample.
    pub mix: Option<Mix>,
    /// Bytes of the arena in use, as the runtime says; where the host has no planner, in the smallest
    /// arena.
    pub arena_bytes: u32,
    /// The smallest arena that works.
    pub arena_min_bytes: u32,
    /// How that was found.
    pub arena_source: ArenaSource,
    /// What was taken of the heap, and what there is, bytes, if the image has one.
    pub heap: Option<[u32; 2]>,
    /// Those of them that hold tensors and what kernels need while they run.
    pub arena_tensor_bytes: u32,
    /// Those of the others in which weights are decoded.
    pub arena_decoding_bytes: u32,
    /// Cycles of decoding the weights of one inference, in each timed run, if they lie coded in
    /// flash. `cycles` includes decoding, too.
    pub decode: Option<Vec<u32>>,
    /// Bytes of the arena that were written to, from the first to the last.
    pub arena_touched_bytes: u32,
    /// Stack at its deepest.
    pub stack_peak_bytes: u32,
    /// Outputs of all vectors that were run.
    pub outputs: TargetOutputs,
    /// What the stages from raw audio gave, if they were run.
    pub pipeline: Option<PipelineMeasurement>,
    /// What learning gave, if the target learnt.
    pub learning: Option<LearningMeasurement>,
    /// Where the cycles of the last timed run went, if that was asked for and the target can tell.
    pub profile: Option<WindowProfile>,
    /// Where the core was in such runs, of a target that can only be looked at.
    pub pcs: Option<PcSamples>,
}

/// What the stages from raw audio to an answer gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineMeasurement {
    /// Cycles of the first stage, in each timed run.
    pub preprocess: Vec<u32>,
    /// Cycles of the inference.
    pub inference: Vec<u32>,
    /// Cycles of the last stage.
    pub postprocess: Vec<u32>,
    /// Features of all vectors that were run, one after the other.
    pub features: Vec<u8>,
    /// The answers to them: an index, or the bits of a float32.
    pub answers: Vec<u32>,
}

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The target can't go on.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The host planned another arena than the target did.
    #[error(
        "host and target disagree on the smallest arena: the host plans {host_bytes} bytes; with \
         {tried_bytes} bytes the target {outcome}"
    )]
    ArenaDisagreement {
        /// The host's smallest arena.
        host_bytes: u32,
        /// What the target was given.
        tried_bytes: u32,
        /// What it did.
        outcome: String,
    },
    /// In an arena that was enough before the runtime asks for more.
    #[error(
        "the runtime prepares the model in {bytes} bytes of arena, and with as many again it asks for \
         {needed}: it doesn't give back what it took, or begin anew"
    )]
    ArenaNotTheSame {
        /// What it was given.
        bytes: u32,
        /// What it asks for.
        needed: u32,
    },
    /// The runtime wrote behind its arena.
    #[error(
        "with the smallest arena, {arena_bytes} bytes, the runtime wrote outside of it: to \
         {address:#010x}, {offset} bytes behind its end"
    )]
    OutsideOfArena {
        /// The smallest arena.
        arena_bytes: u32,
        /// Where it wrote.
        address: u32,
        /// How far behind the arena that is.
        offset: u32,
    },
    /// The heap grows from inference to inference.
    #[error(
        "the runtime's heap grows with every inference: {before} bytes were taken before {runs} \
         inferences and {after} after them; it leaks"
    )]
    Leak {
        /// Bytes before.
        before: u32,
        /// Bytes after.
        after: u32,
        /// How many inferences lay between.
        runs: usize,
    },
    /// The stages of a run take too long together.
    #[error("the stages of a run took more than 2^32 cycles together")]
    TooLong,
    /// The output depends on how large the arena is.
    #[error(
        "with the smallest arena, {arena_bytes} bytes, the output for vector {vector} is not the \
         one with all of the RAM: the runtime writes outside of its arena or reads memory it \
         did not set"
    )]
    ArenaChangesOutput {
        /// The smallest arena.
        arena_bytes: u32,
        /// The vector.
        vector: usize,
    },
}

impl Exits for MeasureError {
    fn exit(&self) -> Exit {
        match self {
            Self::Target(error) => error.exit(),
            _ => Exit::Target,
        }
    }
}

/// Measures the image behind `target`.
///
/// In this order: check of the cycle counter; the smallest arena, found first where the host has no
/// planner, by planning with it and with [`ARENA_STEP`] bytes less and by one inference in it; then, with all of the RAM as arena, one
/// inference that fills caches, the timed runs on the first vector, and one inference for each of
/// the other vectors. From raw audio these runs are of all stages. Last comes learning.
pub fn measure<T: Target + ?Sized>(
    target: &mut T,
    image: ImageView,
    plan: &Plan,
    progress: &mut Progress,
) -> Result<Measurement, MeasureError> {
    progress.begin("starting the image", None);
    let mut conversation = Conversation::start(target, image, plan.timeout)?;
    let (runtime_name, runtime_version) = conversation.runtime()?;
    conversation.check_counter()?;
    let counter_overhead = conversation.block().counter_overhead;

    progress.begin("confirming the smallest arena", None);
    let first = plan.vectors.first().copied().unwrap_or(0);
    let first_steps = first_vector(plan);
    let (smallest, arena_source) = match plan.arena_min_bytes {
        Some(smallest) => {
            arena::confirm(&mut conversation, smallest)?;
            (smallest, ArenaSource::Host)
        }
        None => match arena::search(&mut conversation)? {
            0 => (0, ArenaSource::Static),
            smallest => (smallest, ArenaSource::Target),
        },
    };
    let in_smallest_arena = first_outputs(&mut conversation, plan)?;
    let used_in_smallest = conversation.block().arena_used;
    if arena_source == ArenaSource::Target {
        arena::check_behind(&mut conversation, smallest)?;
    }
    if arena_source != ArenaSource::Host {
        // What the search has left behind, on the heap for example, is none of the measurement.
        conversation.restart()?;
    }

    conversation.prepare(None)?;
    let mut outputs = Vec::new();
    let mut warm = Vec::new();
    for &step in first_steps {
        warm = run_step(&mut conversation, plan, step)?;
        outputs.extend(conversation.read_output(plan.output_bytes)?);
    }
    if outputs != in_smallest_arena {
        return Err(MeasureError::ArenaChangesOutput {
            arena_bytes: smallest,
            vector: first / plan.steps,
        });
    }

    let mut pipeline = None;
    // A run decodes the weights once more, to time that.
    let decode_once = conversation.decode_cycles(warm.len())?.unwrap_or_default();
    let mut expected: u64 = (warm.iter().chain(&decode_once))
        .map(|&cycles| u64::from(cycles))
        .sum();
    if let Some(stages) = &plan.pipeline {
        conversation.begin_pipeline(stages.task, stages.input, stages.output)?;
        conversation.write_audio(audio(stages, first))?;
        let inference = conversation.run(1, Duration::ZERO)?;
        let outer = conversation.outer_stages(1)?.concat();
        expected = (inference.iter().chain(&outer))
            .map(|&cycles| u64::from(cycles))
            .sum();
        outputs = conversation.read_output(plan.output_bytes)?;
        pipeline = Some(PipelineMeasurement {
            features: conversation.read_features()?,
            answers: vec![conversation.block().answer],
            ..PipelineMeasurement::default()
        });
    }

    let heap_before = conversation.heap(plan.heap_address)?;
    progress.begin("timing", Some(plan.runs.into()));
    let counts = match plan.profile {
        Some(behind_calls) => conversation.start_counting(behind_calls)?,
        None => false,
    };
    let mut cycles = Vec::new();
    let mut decode = None;
    let capacity = conversation.block().cycles_capacity.max(1);
    while (cycles.len() as u32) < plan.runs {
        interrupt::check().map_err(TargetError::from)?;
        // Between the steps of a sequence, and where inferences overwrite the input, the host has
        // to write the next one.
        let one_by_one = plan.steps > 1 || conversation.input_is_in_arena();
        let count = match one_by_one {
            false => (plan.runs - cycles.len() as u32).min(capacity),
            true => 1,
        };
        let quiet = expected as f64 * f64::from(count) / plan.clock_hz as f64 * QUIET_MARGIN;
        let quiet = Duration::from_secs_f64(quiet);
        let inference = if !one_by_one {
            conversation.run(count, quiet)?
        } else {
            let step = first_steps[cycles.len() % first_steps.len()];
            conversation.write_input(input(plan, step))?;
            conversation.run_from(from(plan, step), count, quiet)?
        };
        if let Some(some) = conversation.decode_cycles(inference.len())? {
            decode.get_or_insert_with(Vec::new).extend(some);
        }
        match &mut pipeline {
            None => cycles.extend(inference),
            Some(pipeline) => {
                let [preprocess, postprocess] = conversation.outer_stages(inference.len())?;
                for ((&before, &inference), &behind) in
                    preprocess.iter().zip(&inference).zip(&postprocess)
                {
                    let sum = before
                        .checked_add(inference)
                        .and_then(|sum| sum.checked_add(behind));
                    cycles.push(sum.ok_or(MeasureError::TooLong)?);
                }
                pipeline.preprocess.extend(preprocess);
                pipeline.inference.extend(inference);
                pipeline.postprocess.extend(postprocess);
            }
        }
        progress.advance(count.into());
    }
    let profile = match counts {
        true => conversation.stop_counting()?,
        false => None,
    };
    // Of several stages the target would count the last one alone.
    let instructions = match pipeline {
        None => conversation.instructions()?,
        Some(_) => None,
    };

    progress.begin("running the test vectors", Some(plan.vectors.len() as u64));
    progress.advance(first_steps.len() as u64);
    for &vector in plan.vectors.iter().skip(first_steps.len()) {
        interrupt::check().map_err(TargetError::from)?;
        match &plan.pipeline {
            None => {
                run_step(&mut conversation, plan, vector)?;
            }
            Some(stages) => {
                conversation.write_audio(audio(stages, vector))?;
                conversation.run(1, Duration::ZERO)?;
            }
        }
        outputs.extend(conversation.read_output(plan.output_bytes)?);
        if let Some(pipeline) = &mut pipeline {
            pipeline.features.extend(conversation.read_features()?);
            pipeline.answers.push(conversation.block().answer);
        }
        progress.advance(1);
    }
    if let Some(&last) = plan
        .vectors
        .last()
        .filter(|_| conversation.input_is_in_arena())
    {
        conversation.write_input(input(plan, last))?;
    }
    let heap = conversation.heap(plan.heap_address)?;
    if let Some(([before, _], [after, _])) = heap_before.zip(heap)
        && after > before
    {
        return Err(MeasureError::Leak {
            before,
            after,
            runs: cycles.len() + plan.vectors.len() - first_steps.len(),
        });
    }
    let longest = cycles.iter().max().copied().unwrap_or_default();
    let mix = conversation.run_sampled(longest / SAMPLES)?;
    let pcs = match plan.profile {
        // A board that counts for itself needn't be looked at. Several runs of one command are of the
        // inference alone only where nothing has to come before or behind each.
        Some(_)
            if !counts
                && plan.steps == 1
                && plan.pipeline.is_none()
                && !conversation.input_is_in_arena() =>
        {
            progress.begin("looking where the core is", None);
            let each = f64::from(longest.max(1)) / plan.clock_hz as f64;
            let runs = (LOOK_SECONDS / each) as u32;
            let runs = runs.clamp(1, MOST_LOOKED_AT.min(capacity));
            conversation.run_looked_at(runs)?
        }
        _ => None,
    };
    let block = *conversation.block();
    let learning = match &plan.learning {
        None => None,
        Some(learning) => Some(learning::measure(
            &mut conversation,
            plan,
            learning,
            progress,
        )?),
    };
    progress.end();

    let parts = u64::from(block.arena_tensors) + u64::from(block.arena_decoding);
    if parts > block.arena_used.into() {
        return Err(TargetError::Protocol(format!(
            "{parts} bytes of the arena hold tensors and decoded weights, but only {} are in use",
            block.arena_used
        ))
        .into());
    }
    Ok(Measurement {
        runtime_name,
        runtime_version,
        cycles,
        counter_overhead,
        instructions,
        mix,
        arena_bytes: match arena_source {
            ArenaSource::Host => block.arena_used,
            ArenaSource::Target | ArenaSource::Static => used_in_smallest,
        },
        arena_min_bytes: smallest,
        arena_source,
        heap,
        arena_tensor_bytes: match arena_source {
            ArenaSource::Host => block.arena_tensors,
            ArenaSource::Target | ArenaSource::Static => used_in_smallest,
        },
        arena_decoding_bytes: block.arena_decoding,
        decode,
        arena_touched_bytes: block.arena_touched,
        stack_peak_bytes: conversation.block().stack_peak,
        outputs: TargetOutputs {
            vectors: plan.vectors.to_vec(),
            bytes: outputs,
        },
        pipeline,
        learning,
        profile,
        pcs,
    })
}

fn audio<'a>(plan: &PipelinePlan<'a>, vector: usize) -> &'a [u8] {
    &plan.audio[vector * plan.vector_bytes..][..plan.vector_bytes]
}

fn input<'a>(plan: &Plan<'a>, vector: usize) -> &'a [u8] {
    &plan.inputs[vector * plan.input_bytes..][..plan.input_bytes]
}

/// The inferences of the first vector: one, or the steps of a sequence.
fn first_vector<'a>(plan: &Plan<'a>) -> &'a [usize] {
    plan.vectors.get(..plan.steps).unwrap_or(plan.vectors)
}

/// From which state a step begins: of a sequence only the first begins anew.
fn from(plan: &Plan, step: usize) -> From {
    match step.is_multiple_of(plan.steps) {
        true => From::Reset,
        false => From::Before,
    }
}

/// The outputs for the first vector.
fn first_outputs<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    plan: &Plan,
) -> Result<Vec<u8>, MeasureError> {
    let mut outputs = Vec::new();
    for &step in first_vector(plan) {
        run_step(conversation, plan, step)?;
        outputs.extend(conversation.read_output(plan.output_bytes)?);
    }
    Ok(outputs)
}

/// Runs one inference on its input; returns the cycles.
fn run_step<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    plan: &Plan,
    step: usize,
) -> Result<Vec<u32>, TargetError> {
    conversation.write_input(input(plan, step))?;
    conversation.run_from(from(plan, step), 1, Duration::ZERO)
}

#[cfg(test)]
mod tests;

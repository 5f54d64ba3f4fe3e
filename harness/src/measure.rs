//! One measurement: everything that is asked of a flashed image.

use std::time::Duration;

use tinybench_interface::{Error as CommandError, Task};
use tinybench_pipeline::Quantisation;

use crate::conversation::{Conversation, ImageView};
use crate::interrupt;
use crate::progress::Progress;
use crate::target::{Target, TargetError};
use crate::verify::TargetOutputs;

/// How much less than the smallest arena is tried on the target, and must fail: the alignment of
/// the memory in which a runtime may place its data.
pub const ARENA_STEP: u32 = 16;

/// How much longer than expected a target is left alone while it is timed: for the copying of
/// inputs between runs, a cold cache and a clock that is a little slow.
const QUIET_MARGIN: f64 = 1.1;

/// What is to be measured.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// All inputs, one vector after the other.
    pub inputs: &'a [u8],
    /// Bytes of one input.
    pub input_bytes: usize,
    /// Bytes of one output.
    pub output_bytes: usize,
    /// Which vectors to run. The first also serves for the latency.
    pub vectors: &'a [usize],
    /// How many runs to time.
    pub runs: u32,
    /// The smallest arena the host's planner finds to work.
    pub arena_min_bytes: u32,
    /// The clock of the core, Hz.
    pub clock_hz: u64,
    /// How long the image may take for one command.
    pub timeout: Duration,
    /// What is needed to begin with raw audio.
    pub pipeline: Option<PipelinePlan<'a>>,
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
    /// Bytes of the arena in use, as the runtime says.
    pub arena_bytes: u32,
    /// Those of them that hold tensors and what kernels need while they run.
    pub arena_tensor_bytes: u32,
    /// Bytes of the arena that were written to, from the first to the last.
    pub arena_touched_bytes: u32,
    /// Stack at its deepest.
    pub stack_peak_bytes: u32,
    /// Outputs of all vectors that were run.
    pub outputs: TargetOutputs,
    /// What the stages from raw audio gave, if they were run.
    pub pipeline: Option<PipelineMeasurement>,
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

/// Measures the image behind `target`.
///
/// In this order: check of the cycle counter; the smallest arena, by planning with it and with
/// [`ARENA_STEP`] bytes less and by one inference in it; then, with all of the RAM as arena, one
/// inference that fills caches, the timed runs on the first vector, and one inference for each of
/// the other vectors. From raw audio these runs are of all stages.
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
    let in_smallest_arena = confirm_arena(&mut conversation, plan, first)?;

    conversation.prepare(None)?;
    conversation.write_input(input(plan, first))?;
    let warm = conversation.run(1, Duration::ZERO)?;
    let mut outputs = conversation.read_output(plan.output_bytes)?;
    if outputs != in_smallest_arena {
        return Err(MeasureError::ArenaChangesOutput {
            arena_bytes: plan.arena_min_bytes,
            vector: first,
        });
    }

    let mut pipeline = None;
    let mut expected: u64 = warm.iter().map(|&cycles| u64::from(cycles)).sum();
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

    progress.begin("timing", Some(plan.runs.into()));
    let mut cycles = Vec::new();
    let capacity = conversation.block().cycles_capacity.max(1);
    while (cycles.len() as u32) < plan.runs {
        interrupt::check().map_err(TargetError::from)?;
        let count = (plan.runs - cycles.len() as u32).min(capacity);
        let quiet = expected as f64 * f64::from(count) / plan.clock_hz as f64 * QUIET_MARGIN;
        let inference = conversation.run(count, Duration::from_secs_f64(quiet))?;
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
    // Of several stages the target would count the last one alone.
    let instructions = match pipeline {
        None => conversation.instructions()?,
        Some(_) => None,
    };

    progress.begin("running the test vectors", Some(plan.vectors.len() as u64));
    progress.advance(1);
    for &vector in plan.vectors.iter().skip(1) {
        interrupt::check().map_err(TargetError::from)?;
        match &plan.pipeline {
            None => conversation.write_input(input(plan, vector))?,
            Some(stages) => conversation.write_audio(audio(stages, vector))?,
        }
        conversation.run(1, Duration::ZERO)?;
        outputs.extend(conversation.read_output(plan.output_bytes)?);
        if let Some(pipeline) = &mut pipeline {
            pipeline.features.extend(conversation.read_features()?);
            pipeline.answers.push(conversation.block().answer);
        }
        progress.advance(1);
    }
    progress.end();

    let block = conversation.block();
    if block.arena_tensors > block.arena_used {
        return Err(TargetError::Protocol(format!(
            "{} bytes of the arena hold tensors, but only {} are in use",
            block.arena_tensors, block.arena_used
        ))
        .into());
    }
    Ok(Measurement {
        runtime_name,
        runtime_version,
        cycles,
        counter_overhead,
        instructions,
        arena_bytes: block.arena_used,
        arena_tensor_bytes: block.arena_tensors,
        arena_touched_bytes: block.arena_touched,
        stack_peak_bytes: block.stack_peak,
        outputs: TargetOutputs {
            vectors: plan.vectors.to_vec(),
            bytes: outputs,
        },
        pipeline,
    })
}

fn audio<'a>(plan: &PipelinePlan<'a>, vector: usize) -> &'a [u8] {
    &plan.audio[vector * plan.vector_bytes..][..plan.vector_bytes]
}

fn input<'a>(plan: &Plan<'a>, vector: usize) -> &'a [u8] {
    &plan.inputs[vector * plan.input_bytes..][..plan.input_bytes]
}

/// Plans with the smallest arena and with a little less. Returns the output for `vector` in the
/// smallest arena.
fn confirm_arena<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    plan: &Plan,
    vector: usize,
) -> Result<Vec<u8>, MeasureError> {
    let smallest = plan.arena_min_bytes;
    let disagreement = |tried_bytes, outcome: String| MeasureError::ArenaDisagreement {
        host_bytes: smallest,
        tried_bytes,
        outcome,
    };
    // Where all there is isn't enough, that is what the user must know.
    if smallest > conversation.block().arena_capacity {
        conversation.prepare(None)?;
    }
    let tried = smallest.saturating_sub(ARENA_STEP);
    if tried > 0 {
        match conversation.prepare(Some(tried)) {
            Err(TargetError::Failed {
                error: CommandError::ArenaTooSmall,
                ..
            }) => {}
            Err(other) => return Err(other.into()),
            Ok(()) => return Err(disagreement(tried, "works as well".to_owned())),
        }
    }
    conversation
        .prepare(Some(smallest))
        .map_err(|error| match error {
            TargetError::Failed {
                error: CommandError::ArenaTooSmall,
                detail: [needed, _],
                ..
            } => disagreement(smallest, format!("needs {needed} bytes")),
            other => other.into(),
        })?;
    conversation.write_input(input(plan, vector))?;
    conversation.run(1, Duration::ZERO)?;
    Ok(conversation.read_output(plan.output_bytes)?)
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use tinybench_interface::{Block, Command, Fault, MAGIC, Status, VERSION};

    use super::*;
    use crate::board::{Memory, Region};
    use crate::exit::Exit;
    use crate::fault::{CodeAddress, Stopped};
    use crate::target::Wait;

    const RAM: Region = Region {
        origin: 0x2000_0000,
        length: 0x1000,
    };
    const BLOCK: u32 = RAM.origin;
    const CYCLES: u32 = RAM.origin + 0x400;
    const CYCLES_CAPACITY: u32 = 4;
    const INPUT: u32 = RAM.origin + 0x600;
    const OUTPUT: u32 = RAM.origin + 0x700;
    const NAME: u32 = RAM.origin + 0x800;
    const ARENA_CAPACITY: u32 = 4096;

    /// How a fake image misbehaves.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Misbehaviour {
        None,
        Faults,
        Panics,
        Hangs,
        LocksUp,
        Unplugged,
        NoImage,
        OtherVersion,
        InputOutsideRam,
        StuckCounter,
        WrongStatus,
    }

    /// RAM with an image in it that doubles three bytes and needs 100 bytes of arena.
    struct FakeTarget {
        ram: Vec<u8>,
        misbehaviour: Misbehaviour,
        arena_needed: u32,
        runs: u32,
        waits: Vec<Wait>,
    }

    impl FakeTarget {
        fn new(misbehaviour: Misbehaviour) -> Self {
            let ram = vec![0; RAM.length as usize];
            Self {
                ram,
                misbehaviour,
                arena_needed: 100,
                runs: 0,
                waits: Vec::new(),
            }
        }

        fn bytes(&mut self, address: u32, length: usize) -> &mut [u8] {
            &mut self.ram[(address - RAM.origin) as usize..][..length]
        }

        fn get(&mut self, offset: usize) -> u32 {
            let mut word = [0; 4];
            word.copy_from_slice(self.bytes(BLOCK + offset as u32, 4));
            u32::from_le_bytes(word)
        }

        fn set(&mut self, offset: usize, value: u32) {
            self.bytes(BLOCK + offset as u32, 4)
                .copy_from_slice(&value.to_le_bytes());
        }

        fn fail(&mut self, error: CommandError, detail: [u32; 2]) -> Status {
            self.set(offset_of!(Block, error), error as u32);
            self.set(offset_of!(Block, error_detail), detail[0]);
            self.set(offset_of!(Block, error_detail) + 4, detail[1]);
            Status::Failed
        }

        fn start(&mut self) -> Status {
            let version = match self.misbehaviour {
                Misbehaviour::OtherVersion => VERSION + 1,
                _ => VERSION,
            };
            self.bytes(NAME, 6).copy_from_slice(b"double");
            for (offset, value) in [
                (offset_of!(Block, magic), MAGIC),
                (offset_of!(Block, version), version),
                (offset_of!(Block, cycles_address), CYCLES),
                (offset_of!(Block, cycles_capacity), CYCLES_CAPACITY),
                (offset_of!(Block, arena_capacity), ARENA_CAPACITY),
                (offset_of!(Block, runtime_name), NAME),
                (offset_of!(Block, runtime_name) + 4, 6),
                (offset_of!(Block, runtime_version), NAME + 6),
            ] {
                self.set(offset, value);
            }
            Status::Ready
        }

        fn carry_out(&mut self) -> Status {
            match Command::from_u32(self.get(offset_of!(Block, command))) {
                Some(Command::CheckCounter) if self.misbehaviour == Misbehaviour::StuckCounter => {
                    self.fail(CommandError::CounterStuck, [0, 0])
                }
                Some(Command::CheckCounter) => {
                    self.set(offset_of!(Block, counter_overhead), 2);
                    Status::Done
                }
                Some(Command::Prepare) => {
                    let given = match self.get(offset_of!(Block, arena_limit)) {
                        0 => ARENA_CAPACITY,
                        limit => limit,
                    };
                    let needed = self.arena_needed;
                    if given < needed {
                        return self.fail(CommandError::ArenaTooSmall, [needed, given]);
                    }
                    let input = match self.misbehaviour {
                        Misbehaviour::InputOutsideRam => 0x4000_0000,
                        _ => INPUT,
                    };
                    self.set(offset_of!(Block, arena_used), needed);
                    self.set(offset_of!(Block, input_address), input);
                    self.set(offset_of!(Block, input_bytes), 3);
                    self.set(offset_of!(Block, output_address), OUTPUT);
                    self.set(offset_of!(Block, output_bytes), 3);
                    Status::Done
                }
                Some(Command::Run) if self.misbehaviour == Misbehaviour::Panics => {
                    let r = offset_of!(Block, fault) + offset_of!(Fault, r);
                    for (i, value) in [NAME, 6, 12, 34].into_iter().enumerate() {
                        self.set(r + 4 * i, value);
                    }
                    Status::Fault
                }
                Some(Command::Run) => {
                    if self.misbehaviour == Misbehaviour::Faults {
                        let fault = offset_of!(Block, fault);
                        self.set(fault + offset_of!(Fault, exception), 3);
                        self.set(fault + offset_of!(Fault, pc), 0x1234);
                        return Status::Fault;
                    }
                    for run in 0..self.get(offset_of!(Block, run_count)) {
                        let cycles = 1000 + self.runs;
                        self.runs += 1;
                        self.bytes(CYCLES + 4 * run, 4)
                            .copy_from_slice(&cycles.to_le_bytes());
                    }
                    for i in 0..3 {
                        let value = self.bytes(INPUT + i, 1)[0];
                        self.bytes(OUTPUT + i, 1)[0] = value.wrapping_mul(2);
                    }
                    self.set(offset_of!(Block, arena_tensors), 80);
                    self.set(offset_of!(Block, arena_touched), 96);
                    self.set(offset_of!(Block, stack_peak), 512);
                    Status::Done
                }
                _ => self.fail(CommandError::BadCommand, [0, 0]),
            }
        }
    }

    impl Target for FakeTarget {
        fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<(), TargetError> {
            for (i, word) in words.iter_mut().enumerate() {
                *word = self.get((address - BLOCK) as usize + 4 * i);
            }
            Ok(())
        }

        fn write_words(&mut self, address: u32, words: &[u32]) -> Result<(), TargetError> {
            for (i, &word) in words.iter().enumerate() {
                self.set((address - BLOCK) as usize + 4 * i, word);
            }
            Ok(())
        }

        fn read_bytes(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), TargetError> {
            bytes.copy_from_slice(self.bytes(address, bytes.len()));
            Ok(())
        }

        fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError> {
            self.bytes(address, bytes.len()).copy_from_slice(bytes);
            Ok(())
        }

        fn reset(&mut self) -> Result<(), TargetError> {
            self.ram.fill(0);
            Ok(())
        }

        fn run(&mut self, wait: Wait) -> Result<(), TargetError> {
            self.waits.push(wait);
            let running = self.get(offset_of!(Block, command)) == Command::Run as u32;
            let started = self.get(offset_of!(Block, magic)) != 0;
            let stopped = || {
                let at = |address| CodeAddress {
                    address,
                    location: None,
                };
                Box::new(Stopped {
                    pc: at(0x10),
                    lr: at(0x20),
                    sp: 0,
                    xpsr: 0,
                })
            };
            let status = match self.misbehaviour {
                Misbehaviour::NoImage => return Ok(()),
                Misbehaviour::Unplugged if running => return Err(TargetError::Lost("USB".into())),
                Misbehaviour::Hangs if running => {
                    return Err(TargetError::Hung {
                        timeout: wait.timeout,
                        stopped: stopped(),
                    });
                }
                Misbehaviour::LocksUp if running => return Err(TargetError::LockedUp(stopped())),
                Misbehaviour::WrongStatus if running => 77,
                _ if !started => self.start() as u32,
                _ => self.carry_out() as u32,
            };
            self.set(offset_of!(Block, status), status);
            Ok(())
        }

        fn instructions_in_window(&mut self) -> Result<Option<u64>, TargetError> {
            Ok(Some(777))
        }
    }

    const INPUTS: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    fn measure_with(
        target: &mut FakeTarget,
        arena_min_bytes: u32,
    ) -> Result<Measurement, MeasureError> {
        let symbolise =
            |pc: u32| (pc == 0x1234 || pc == 0x10).then(|| "conv (conv.rs:7)".to_owned());
        let image = ImageView {
            block_address: BLOCK,
            memory: Memory {
                flash: Region {
                    origin: 0,
                    length: 4,
                },
                ram: RAM,
            },
            symbolise: &symbolise,
        };
        let plan = Plan {
            inputs: &INPUTS,
            input_bytes: 3,
            output_bytes: 3,
            vectors: &[0, 2],
            runs: 10,
            arena_min_bytes,
            clock_hz: 1_000,
            timeout: Duration::from_secs(5),
            pipeline: None,
        };
        measure(target, image, &plan, &mut Progress::hidden())
    }

    fn failure(misbehaviour: Misbehaviour) -> (Exit, String) {
        match measure_with(&mut FakeTarget::new(misbehaviour), 100).unwrap_err() {
            MeasureError::Target(error) => (error.exit(), error.to_string()),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_measurement_has_all_figures() {
        let measurement = measure_with(&mut FakeTarget::new(Misbehaviour::None), 100).unwrap();
        assert_eq!(
            measurement,
            Measurement {
                runtime_name: "double".to_owned(),
                runtime_version: String::new(),
                // Two runs came before: one in the smallest arena and one to fill caches.
                cycles: (1002..1012).collect(),
                counter_overhead: 2,
                instructions: Some(777),
                arena_bytes: 100,
                arena_tensor_bytes: 80,
                arena_touched_bytes: 96,
                stack_peak_bytes: 512,
                outputs: TargetOutputs {
                    vectors: vec![0, 2],
                    bytes: vec![2, 4, 6, 14, 16, 18],
                },
                pipeline: None,
            }
        );
    }

    #[test]
    fn the_target_is_left_alone_for_as_long_as_the_timed_runs_take() {
        let mut target = FakeTarget::new(Misbehaviour::None);
        measure_with(&mut target, 100).unwrap();
        // 10 runs in batches of 4, 4 and 2, each of 1,001 cycles at 1 kHz, and the margin.
        let quiet: Vec<_> = target
            .waits
            .iter()
            .map(|wait| wait.quiet.as_millis())
            .collect();
        let timed: Vec<_> = quiet.into_iter().filter(|&ms| ms > 0).collect();
        assert_eq!(timed, [4404, 4404, 2202]);
    }

    #[test]
    fn host_and_target_must_agree_on_the_smallest_arena() {
        let message = |arena_min_bytes| {
            let mut target = FakeTarget::new(Misbehaviour::None);
            measure_with(&mut target, arena_min_bytes)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(99),
            "host and target disagree on the smallest arena: the host plans 99 bytes; with 99 \
             bytes the target needs 100 bytes"
        );
        assert_eq!(
            message(116),
            "host and target disagree on the smallest arena: the host plans 116 bytes; with 100 \
             bytes the target works as well"
        );
    }

    #[test]
    fn an_arena_that_does_not_fit_is_told_with_both_figures() {
        let mut target = FakeTarget::new(Misbehaviour::None);
        target.arena_needed = 5000;
        let error = measure_with(&mut target, 5000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the arena doesn't fit in RAM: 5000 bytes are needed, 4096 are there"
        );
        assert!(matches!(error, MeasureError::Target(error) if error.exit() == Exit::Input));
    }

    #[test]
    fn a_fault_and_a_hang_are_told_with_their_place() {
        let (exit, message) = failure(Misbehaviour::Faults);
        assert_eq!(exit, Exit::Target);
        let expected = "the target faulted: HardFault\n  pc   0x00001234  conv (conv.rs:7)\n";
        assert!(message.starts_with(expected), "{message}");

        let (exit, message) = failure(Misbehaviour::Panics);
        assert_eq!(exit, Exit::Target);
        assert_eq!(message, "the target faulted: panic at double:12:34");

        let (exit, message) = failure(Misbehaviour::Hangs);
        assert_eq!(exit, Exit::Target);
        assert_eq!(
            message,
            "the target hangs: no answer within 5 s; if it only is slow, give it more time with \
             --timeout\n  pc   0x00000010  conv (conv.rs:7)\n  lr   0x00000020\n  sp   0x00000000  \
             xpsr 0x00000000"
        );

        let (exit, message) = failure(Misbehaviour::LocksUp);
        assert_eq!(exit, Exit::Target);
        assert!(
            message.contains("locked up") && message.contains("conv.rs:7"),
            "{message}"
        );
    }

    #[test]
    fn other_failures_have_their_own_words() {
        assert_eq!(
            failure(Misbehaviour::Unplugged),
            (
                Exit::NoTarget,
                "lost the target: USB; check the probe's cable and the board's power".to_owned()
            )
        );
        assert_eq!(
            failure(Misbehaviour::NoImage),
            (
                Exit::Target,
                "there is no tinybench block at 0x20000000: found 0x00000000; the image did not \
                 start, or is not a tinybench image"
                    .to_owned()
            )
        );
        assert_eq!(
            failure(Misbehaviour::OtherVersion).1,
            "the image has interface version 3, this tinybench needs 2"
        );
        assert_eq!(
            failure(Misbehaviour::InputOutsideRam).1,
            "the image doesn't keep to the protocol: the input buffer, 3 bytes at 0x40000000, is \
             not in the board's memory"
        );
        assert_eq!(
            failure(Misbehaviour::StuckCounter).1,
            "the cycle counter doesn't count, or not at a plausible rate"
        );
        assert_eq!(
            failure(Misbehaviour::WrongStatus).1,
            "the image doesn't keep to the protocol: status 77 is unknown"
        );
    }
}

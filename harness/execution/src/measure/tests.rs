//! Measurements of a target that misbehaves in all ways.

use std::mem::offset_of;

use tinybench_interface::{
    Block, Command, Error as CommandError, Fault, MAGIC, Stages, Status, VERSION,
};

use super::*;
use crate::target::Wait;
use crate::target::fault::{CodeAddress, Stopped};
use tinybench_inputs::board::{Memory, Region};
use tinybench_support::exit::Exit;

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
const PREPROCESS: u32 = RAM.origin + 0x900;
const POSTPROCESS: u32 = RAM.origin + 0xA00;
const AUDIO: u32 = RAM.origin + 0xB00;

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
    /// Bytes of the arena's memory that buffers for input and output take.
    buffers: u32,
    /// Whether the input lies in the arena, where each run overwrites it.
    input_in_arena: bool,
    runs: u32,
    preprocess_cycles: u32,
    /// What is added to outputs: how many steps there have been since the state was reset.
    state: u8,
    waits: Vec<Wait>,
}

impl FakeTarget {
    fn new(misbehaviour: Misbehaviour) -> Self {
        let ram = vec![0; RAM.length as usize];
        Self {
            ram,
            misbehaviour,
            arena_needed: 100,
            buffers: 0,
            input_in_arena: false,
            runs: 0,
            preprocess_cycles: 500,
            state: 0,
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
            (offset_of!(Block, preprocess_address), PREPROCESS),
            (offset_of!(Block, postprocess_address), POSTPROCESS),
            (offset_of!(Block, audio_address), AUDIO),
            (offset_of!(Block, audio_bytes), 6),
        ] {
            self.set(offset, value);
        }
        Status::Ready
    }

    fn carry_out(&mut self) -> Status {
        let command = Command::from_u32(self.get(offset_of!(Block, command)));
        self.state = match command {
            Some(Command::Step) => self.state + 1,
            _ => 0,
        };
        match command {
            Some(Command::CheckCounter) if self.misbehaviour == Misbehaviour::StuckCounter => {
                self.fail(CommandError::CounterStuck, [0, 0])
            }
            Some(Command::CheckCounter) => {
                self.set(offset_of!(Block, counter_overhead), 2);
                Status::Done
            }
            Some(Command::Prepare) => {
                let there = ARENA_CAPACITY - self.buffers;
                let given = match self.get(offset_of!(Block, arena_limit)) {
                    0 => there,
                    limit if limit > there => {
                        return self.fail(CommandError::ArenaTooSmall, [limit, there]);
                    }
                    limit => limit,
                };
                let needed = self.arena_needed;
                if given < needed {
                    return self.fail(CommandError::ArenaTooSmall, [needed, given]);
                }
                if self.input_in_arena {
                    self.set(offset_of!(Block, arena_address), INPUT);
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
            Some(Command::Run | Command::Step) => {
                if self.misbehaviour == Misbehaviour::Faults {
                    let fault = offset_of!(Block, fault);
                    self.set(fault + offset_of!(Fault, exception), 3);
                    self.set(fault + offset_of!(Fault, pc), 0x1234);
                    return Status::Fault;
                }
                let count = self.get(offset_of!(Block, run_count));
                let (runs, before) = (self.runs, self.preprocess_cycles);
                self.runs += count;
                let all_stages = self.get(offset_of!(Block, stages)) == Stages::All as u32;
                let mut write = |address: u32, value: u32| {
                    self.bytes(address, 4).copy_from_slice(&value.to_le_bytes());
                };
                for run in 0..count {
                    write(CYCLES + 4 * run, 1000 + runs + run);
                    if all_stages {
                        write(PREPROCESS + 4 * run, before);
                        write(POSTPROCESS + 4 * run, 7);
                    }
                }
                if all_stages {
                    // Each feature is the high byte of a sample.
                    for i in 0..3 {
                        let sample = self.bytes(AUDIO + 2 * i, 2)[1];
                        self.bytes(INPUT + i, 1)[0] = sample;
                    }
                    let answer = self.bytes(INPUT, 1)[0];
                    self.set(offset_of!(Block, answer), answer.into());
                }
                for i in 0..3 {
                    let value = self.bytes(INPUT + i, 1)[0];
                    let output = value.wrapping_mul(2).wrapping_add(self.state);
                    self.bytes(OUTPUT + i, 1)[0] = output;
                }
                if self.input_in_arena {
                    self.bytes(INPUT, 3).fill(0xAA);
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
    measure_from(target, arena_min_bytes, None)
}

fn measure_from(
    target: &mut FakeTarget,
    arena_min_bytes: u32,
    audio: Option<&[u8]>,
) -> Result<Measurement, MeasureError> {
    measure_vectors(target, arena_min_bytes, audio, &[0, 2], 1)
}

fn measure_vectors(
    target: &mut FakeTarget,
    arena_min_bytes: u32,
    audio: Option<&[u8]>,
    vectors: &[usize],
    steps: usize,
) -> Result<Measurement, MeasureError> {
    let one = Quantisation {
        scale: 1.0,
        zero_point: 0,
    };
    let symbolise = |pc: u32| (pc == 0x1234 || pc == 0x10).then(|| "conv (conv.rs:7)".to_owned());
    let image = ImageView {
        block_address: BLOCK,
        memory: Memory {
            flash: Region {
                origin: 0,
                length: 4,
            },
            ram: RAM,
            whole_ram: None,
        },
        symbolise: &symbolise,
    };
    let plan = Plan {
        inputs: &INPUTS,
        input_bytes: 3,
        output_bytes: 3,
        vectors,
        steps,
        runs: 10,
        arena_min_bytes: Some(arena_min_bytes),
        heap_address: None,
        clock_hz: 1_000,
        timeout: Duration::from_secs(5),
        pipeline: audio.map(|audio| PipelinePlan {
            audio,
            vector_bytes: audio.len() / 3,
            task: Task::Classification,
            input: one,
            output: one,
        }),
        learning: None,
        profile: None,
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
fn a_state_is_reset_before_the_first_step_of_a_sequence_alone() {
    let mut target = FakeTarget::new(Misbehaviour::None);
    let measured = measure_vectors(&mut target, 100, None, &[0, 1, 2], 3).unwrap();
    // Twice the input, and one more with each step.
    let expected = [2, 4, 6, 9, 11, 13, 16, 18, 20];
    assert_eq!(measured.outputs.bytes, expected);
    // Three runs in the smallest arena and three to fill caches came before; each step is timed by
    // itself.
    assert_eq!(measured.cycles, (1006..1016).collect::<Vec<_>>());
    // Of two sequences the second begins anew.
    let mut target = FakeTarget::new(Misbehaviour::None);
    let measured = measure_vectors(&mut target, 100, None, &[0, 1], 2).unwrap();
    assert_eq!(measured.outputs.bytes, [2, 4, 6, 9, 11, 13]);
    let single = measure_vectors(&mut target, 100, None, &[0, 1], 1).unwrap();
    assert_eq!(single.outputs.bytes, [2, 4, 6, 8, 10, 12]);
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
            mix: None,
            arena_bytes: 100,
            arena_min_bytes: 100,
            arena_source: ArenaSource::Host,
            heap: None,
            arena_tensor_bytes: 80,
            arena_decoding_bytes: 0,
            decode: None,
            arena_touched_bytes: 96,
            stack_peak_bytes: 512,
            outputs: TargetOutputs {
                vectors: vec![0, 2],
                bytes: vec![2, 4, 6, 14, 16, 18],
            },
            pipeline: None,
            learning: None,
            profile: None,
            pcs: None,
        }
    );
}

/// Audio of three vectors whose features are those of `INPUTS`.
fn audio() -> Vec<u8> {
    INPUTS.iter().flat_map(|&feature| [0x55, feature]).collect()
}

#[test]
fn from_raw_audio_a_measurement_has_the_figures_of_each_stage() {
    let mut target = FakeTarget::new(Misbehaviour::None);
    let measurement = measure_from(&mut target, 100, Some(&audio())).unwrap();
    // One run more than without audio came before: the first of all stages.
    let inference: Vec<u32> = (1003..1013).collect();
    let sums: Vec<u32> = inference.iter().map(|cycles| 500 + cycles + 7).collect();
    assert_eq!(measurement.cycles, sums);
    assert_eq!(measurement.instructions, None);
    assert_eq!(
        measurement.pipeline,
        Some(PipelineMeasurement {
            preprocess: vec![500; 10],
            inference,
            postprocess: vec![7; 10],
            features: vec![1, 2, 3, 7, 8, 9],
            answers: vec![1, 7],
        })
    );
    assert_eq!(measurement.outputs.bytes, [2, 4, 6, 14, 16, 18]);
}

#[test]
fn audio_of_another_length_and_stages_that_take_too_long_are_told() {
    let mut target = FakeTarget::new(Misbehaviour::None);
    let error = measure_from(&mut target, 100, Some(&audio()[..15])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the image doesn't keep to the protocol: the features take 5 bytes of audio, the \
         image says 6"
    );
    let mut target = FakeTarget::new(Misbehaviour::None);
    target.preprocess_cycles = u32::MAX - 1_000;
    let error = measure_from(&mut target, 100, Some(&audio())).unwrap_err();
    assert!(matches!(error, MeasureError::TooLong), "{error}");
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
fn an_arena_that_does_not_fit_beside_the_buffers_is_no_disagreement() {
    let mut target = FakeTarget::new(Misbehaviour::None);
    target.arena_needed = 4090;
    target.buffers = 6;
    assert!(measure_with(&mut target, 4090).is_ok());

    // 4090 bytes, or 4090 and a little less, are more than there are beside the buffers.
    for buffers in [8, 40] {
        target.buffers = buffers;
        let error = measure_with(&mut target, 4090).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the arena doesn't fit in RAM: 4090 bytes are needed, {} are there",
                4096 - buffers
            )
        );
        assert!(matches!(error, MeasureError::Target(error) if error.exit() == Exit::Input));
    }
}

#[test]
fn an_input_in_the_arena_is_written_before_each_run() {
    let mut target = FakeTarget::new(Misbehaviour::None);
    target.input_in_arena = true;
    let measured = measure_with(&mut target, 100).unwrap();
    assert_eq!(measured.outputs.bytes, [2, 4, 6, 14, 16, 18]);
    assert_eq!(measured.cycles.len(), 10);
    let timed = target.waits.iter().filter(|wait| !wait.quiet.is_zero());
    assert_eq!(timed.count(), 10);
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
        "the image has interface version 4, this tinybench needs 3"
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

//! The conversation with an image through its block (`tinybench-interface`).

mod learning;

use std::mem::offset_of;
use std::time::Duration;

use tinybench_interface::{
    Block, Command, Error as CommandError, MAGIC, Stages, Status, Task, VERSION,
};
use tinybench_pipeline::Quantisation;
use tinybench_virtual_board::WindowProfile;
use tinybench_virtual_board::timing::Mix;

use crate::target::fault::{CodeAddress, FaultReport};
use crate::target::{PcSamples, Target, TargetError, Wait};
use tinybench_inputs::board::Memory;

/// Longest text that is read from an image, bytes.
const MAX_TEXT_BYTES: u32 = 256;

/// What is needed to talk to an image.
#[derive(Clone, Copy)]
pub struct ImageView<'a> {
    /// Address of its block.
    pub block_address: u32,
    /// Where its memory may be.
    pub memory: Memory,
    /// Tells function, file and line of a code address.
    pub symbolise: &'a dyn Fn(u32) -> Option<String>,
}

impl ImageView<'_> {
    /// A code address with its place in the source.
    pub fn code_address(&self, address: u32) -> CodeAddress {
        CodeAddress {
            address,
            location: (self.symbolise)(address),
        }
    }

    /// Adds the places in the source to where the core was stopped.
    pub fn locate(&self, error: TargetError) -> TargetError {
        error.located(|address| self.code_address(address))
    }
}

/// The state with which a model with variables begins an inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// That with which its first one began.
    Reset,
    /// As the inference before left it.
    Before,
}

/// A running conversation. Between calls the core is halted.
pub struct Conversation<'a, T: Target + ?Sized> {
    target: &'a mut T,
    image: ImageView<'a>,
    timeout: Duration,
    block: Block,
}

impl<'a, T: Target + ?Sized> Conversation<'a, T> {
    /// Resets the target and lets its image initialise itself. The image has `timeout` for this
    /// and for each command.
    pub fn start(
        target: &'a mut T,
        image: ImageView<'a>,
        timeout: Duration,
    ) -> Result<Self, TargetError> {
        let mut conversation = Self {
            target,
            image,
            timeout,
            block: Block::INITIAL,
        };
        conversation.restart()?;
        Ok(conversation)
    }

    /// Resets the target once more and lets its image initialise itself: nothing is prepared then.
    pub fn restart(&mut self) -> Result<(), TargetError> {
        self.target.reset()?;
        self.let_run(Duration::ZERO)?;
        match self.status()? {
            Status::Ready => Ok(()),
            status => Err(TargetError::Protocol(format!(
                "status {status:?} after reset"
            ))),
        }
    }

    /// Goes on with an image that was left alone with a command, and has halted since.
    pub fn resume(
        target: &'a mut T,
        image: ImageView<'a>,
        timeout: Duration,
        command: Command,
    ) -> Result<Self, TargetError> {
        let mut conversation = Self {
            target,
            image,
            timeout,
            block: Block::INITIAL,
        };
        conversation.read_block()?;
        conversation.check_done(command)?;
        Ok(conversation)
    }

    /// The target.
    pub fn target(&mut self) -> &mut T {
        self.target
    }

    /// Gives the image a command that it carries out once its core runs.
    pub fn begin(&mut self, command: Command) -> Result<(), TargetError> {
        self.set(offset_of!(Block, status), Status::Busy as u32)?;
        self.set(offset_of!(Block, command), command as u32)
    }

    /// The block as the image left it after the latest command.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Has the image check its cycle counter.
    pub fn check_counter(&mut self) -> Result<(), TargetError> {
        self.command(Command::CheckCounter, Duration::ZERO)
    }

    /// Has the runtime plan the model in `arena_limit` bytes, or in all there are.
    pub fn prepare(&mut self, arena_limit: Option<u32>) -> Result<(), TargetError> {
        self.set(offset_of!(Block, arena_limit), arena_limit.unwrap_or(0))?;
        self.command(Command::Prepare, Duration::ZERO)
    }

    /// Runs `count` times and returns the cycles of each inference. The target is left alone for
    /// `quiet`.
    pub fn run(&mut self, count: u32, quiet: Duration) -> Result<Vec<u32>, TargetError> {
        self.run_from(From::Reset, count, quiet)
    }

    /// As [`Self::run`], from a state of choice.
    pub fn run_from(
        &mut self,
        from: From,
        count: u32,
        quiet: Duration,
    ) -> Result<Vec<u32>, TargetError> {
        self.set(offset_of!(Block, run_count), count)?;
        self.command(
            match from {
                From::Reset => Command::Run,
                From::Before => Command::Step,
            },
            quiet,
        )?;
        let mut cycles = vec![0; count as usize];
        self.check_range(
            "the cycles array",
            self.block.cycles_address,
            4 * cycles.len(),
        )?;
        self.target
            .read_words(self.block.cycles_address, &mut cycles)?;
        Ok(cycles)
    }

    /// Runs once, and tells what the instructions are, looking at some every `cycles`. [`None`] if
    /// the target can't tell.
    pub fn run_sampled(&mut self, cycles: u32) -> Result<Option<Mix>, TargetError> {
        if !self.target.sample_every(Some(cycles))? {
            return Ok(None);
        }
        self.run(1, Duration::ZERO)?;
        self.target.sample_every(None)?;
        self.target.sampled()
    }

    /// Runs `count` times, and tells where the core was meanwhile. [`None`] if the target can't be looked
    /// at so.
    pub fn run_looked_at(&mut self, count: u32) -> Result<Option<PcSamples>, TargetError> {
        if !self.target.look_at_pc()? {
            return Ok(None);
        }
        self.run(count, Duration::ZERO)?;
        Ok(Some(self.target.seen_pcs()))
    }

    /// Begins to count where the cycles go. False if the target can't.
    pub fn start_counting(&mut self, behind_calls: &[u32]) -> Result<bool, TargetError> {
        self.target.start_counting(behind_calls)
    }

    /// Where the cycles of the latest inference went.
    pub fn stop_counting(&mut self) -> Result<Option<WindowProfile>, TargetError> {
        self.target.stop_counting()
    }

    /// Whether the model's input is written to the arena for want of other memory, so that it has to
    /// be written before each run.
    pub fn input_is_in_arena(&self) -> bool {
        let Block {
            arena_address,
            arena_capacity,
            input_address,
            ..
        } = self.block;
        (input_address.checked_sub(arena_address)).is_some_and(|offset| offset < arena_capacity)
    }

    /// Writes the model's input.
    pub fn write_input(&mut self, input: &[u8]) -> Result<(), TargetError> {
        let Block {
            input_address,
            input_bytes,
            ..
        } = self.block;
        if input.len() != input_bytes as usize {
            return Err(TargetError::Protocol(format!(
                "the model's input has {} bytes, the image says {input_bytes}",
                input.len()
            )));
        }
        self.check_range("the input buffer", input_address, input.len())?;
        self.target.write_bytes(input_address, input)
    }

    /// Reads the model's output, which has `length` bytes.
    pub fn read_output(&mut self, length: usize) -> Result<Vec<u8>, TargetError> {
        let Block {
            output_address,
            output_bytes,
            ..
        } = self.block;
        if length != output_bytes as usize {
            return Err(TargetError::Protocol(format!(
                "the model's output has {length} bytes, the image says {output_bytes}"
            )));
        }
        self.check_range("the output buffer", output_address, length)?;
        let mut output = vec![0; length];
        self.target.read_bytes(output_address, &mut output)?;
        Ok(output)
    }

    /// Has [`Self::run`] run all stages from now on. The answer is that of a `task`; `input` and
    /// `output` are what the model's values stand for.
    pub fn begin_pipeline(
        &mut self,
        task: Task,
        input: Quantisation,
        output: Quantisation,
    ) -> Result<(), TargetError> {
        self.set(offset_of!(Block, task), task as u32)?;
        for (offset, quantisation) in [
            (offset_of!(Block, input_quantisation), input),
            (offset_of!(Block, output_quantisation), output),
        ] {
            self.set(offset, quantisation.scale.to_bits())?;
            self.set(offset + 4, quantisation.zero_point.cast_unsigned())?;
        }
        self.set(offset_of!(Block, stages), Stages::All as u32)
    }

    /// Writes raw audio.
    pub fn write_audio(&mut self, audio: &[u8]) -> Result<(), TargetError> {
        let Block {
            audio_address,
            audio_bytes,
            ..
        } = self.block;
        if audio.len() != audio_bytes as usize {
            return Err(TargetError::Protocol(format!(
                "the features take {} bytes of audio, the image says {audio_bytes}",
                audio.len()
            )));
        }
        self.check_range("the audio buffer", audio_address, audio.len())?;
        self.target.write_bytes(audio_address, audio)
    }

    /// Reads the input buffer, where the features of the latest run are.
    pub fn read_features(&mut self) -> Result<Vec<u8>, TargetError> {
        let Block {
            input_address,
            input_bytes,
            ..
        } = self.block;
        self.check_range("the input buffer", input_address, input_bytes as usize)?;
        let mut features = vec![0; input_bytes as usize];
        self.target.read_bytes(input_address, &mut features)?;
        Ok(features)
    }

    /// Cycles of the first and the last stage in the latest `count` runs.
    pub fn outer_stages(&mut self, count: usize) -> Result<[Vec<u32>; 2], TargetError> {
        let Block {
            preprocess_address,
            postprocess_address,
            ..
        } = self.block;
        let mut stages = [vec![0; count], vec![0; count]];
        for (address, cycles) in [preprocess_address, postprocess_address]
            .into_iter()
            .zip(&mut stages)
        {
            self.check_range("the cycles of a stage", address, 4 * count)?;
            self.target.read_words(address, cycles)?;
        }
        Ok(stages)
    }

    /// Cycles of decoding the model's weights in the latest `count` runs, [`None`] if they needn't
    /// be decoded.
    pub fn decode_cycles(&mut self, count: usize) -> Result<Option<Vec<u32>>, TargetError> {
        let address = self.block.decode_address;
        if address == 0 {
            return Ok(None);
        }
        let mut cycles = vec![0; count];
        self.check_range("the cycles of decoding", address, 4 * count)?;
        self.target.read_words(address, &mut cycles)?;
        Ok(Some(cycles))
    }

    /// The runtime's name and version.
    pub fn runtime(&mut self) -> Result<(String, String), TargetError> {
        let Block {
            runtime_name,
            runtime_version,
            ..
        } = self.block;
        Ok((
            self.text("runtime's name", runtime_name)?,
            self.text("runtime's version", runtime_version)?,
        ))
    }

    /// Reads words of the target's memory, which `what` is.
    pub fn read_memory(
        &mut self,
        what: &str,
        address: u32,
        count: u32,
    ) -> Result<Vec<u32>, TargetError> {
        let mut words = vec![0; count as usize];
        self.check_range(what, address, 4 * words.len())?;
        self.target.read_words(address, &mut words)?;
        Ok(words)
    }

    /// What was taken of a heap, and what there is of it, bytes, if the image says so at `address`.
    pub fn heap(&mut self, address: Option<u32>) -> Result<Option<[u32; 2]>, TargetError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let words = self.read_memory("the size of the heap", address, 2)?;
        Ok(words.try_into().ok())
    }

    /// Instructions of the latest run, if the target can count them.
    pub fn instructions(&mut self) -> Result<Option<u64>, TargetError> {
        self.target.instructions_in_window()
    }

    fn text(&mut self, what: &str, [address, length]: [u32; 2]) -> Result<String, TargetError> {
        if length > MAX_TEXT_BYTES {
            return Err(TargetError::Protocol(format!(
                "the {what} has {length} bytes"
            )));
        }
        self.check_range("a text", address, length as usize)?;
        let mut bytes = vec![0; length as usize];
        self.target.read_bytes(address, &mut bytes)?;
        String::from_utf8(bytes)
            .map_err(|_| TargetError::Protocol(format!("the {what} is not UTF-8")))
    }

    /// Refuses an address that the image gave and that is in neither of its memories.
    fn check_range(&self, what: &str, address: u32, length: usize) -> Result<(), TargetError> {
        let Memory { flash, ram, .. } = self.image.memory;
        if ram.contains(address, length) || flash.contains(address, length) {
            return Ok(());
        }
        Err(TargetError::Protocol(format!(
            "{what}, {length} bytes at {address:#010x}, is not in the board's memory"
        )))
    }

    fn set(&mut self, offset: usize, value: u32) -> Result<(), TargetError> {
        self.target
            .write_words(self.image.block_address + offset as u32, &[value])
    }

    fn command(&mut self, command: Command, quiet: Duration) -> Result<(), TargetError> {
        self.begin(command)?;
        self.let_run(quiet)?;
        self.check_done(command)
    }

    /// Refuses an answer that isn't that of a command that was carried out.
    fn check_done(&mut self, command: Command) -> Result<(), TargetError> {
        match self.status()? {
            Status::Done => Ok(()),
            Status::Failed => {
                let error = CommandError::from_u32(self.block.error).ok_or_else(|| {
                    TargetError::Protocol(format!("error {} is unknown", self.block.error))
                })?;
                Err(TargetError::Failed {
                    command,
                    error,
                    detail: self.block.error_detail,
                })
            }
            status => Err(TargetError::Protocol(format!(
                "status {status:?} after {command:?}"
            ))),
        }
    }

    /// Lets the core run to its next halt and reads the block.
    fn let_run(&mut self, quiet: Duration) -> Result<(), TargetError> {
        self.target
            .run(Wait {
                quiet,
                timeout: self.timeout,
            })
            .map_err(|error| self.image.locate(error))?;
        self.read_block()
    }

    fn read_block(&mut self) -> Result<(), TargetError> {
        let mut words = [0; Block::WORDS];
        self.target
            .read_words(self.image.block_address, &mut words)?;
        self.block = Block::from_words(&words);
        Ok(())
    }

    /// Where a panic arose: its record has address and length of the file's name, line and column
    /// in place of the first registers. `None` if that can't be read.
    fn panic_place(&mut self, r: &[u32]) -> Option<String> {
        let [address, length, line, column, ..] = *r else {
            return None;
        };
        let file = self.text("panic's file", [address, length]).ok()?;
        (!file.is_empty()).then(|| format!("{file}:{line}:{column}"))
    }

    /// The status, once the block is known to be one; a fault is an error.
    fn status(&mut self) -> Result<Status, TargetError> {
        let Block {
            magic,
            version,
            status,
            fault,
            ..
        } = self.block;
        if magic != MAGIC {
            return Err(TargetError::NoBlock {
                address: self.image.block_address,
                found: magic,
            });
        }
        if version != VERSION {
            return Err(TargetError::Version {
                found: version,
                expected: VERSION,
            });
        }
        match Status::from_u32(status) {
            Some(Status::Fault) => Err(TargetError::Fault(Box::new(FaultReport {
                fault,
                pc: self.image.code_address(fault.pc),
                lr: self.image.code_address(fault.lr),
                panic: (fault.exception == 0)
                    .then(|| self.panic_place(&fault.r))
                    .flatten(),
            }))),
            Some(status) => Ok(status),
            None => Err(TargetError::Protocol(format!("status {status} is unknown"))),
        }
    }
}

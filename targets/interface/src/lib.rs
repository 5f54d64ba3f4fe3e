//! The on-target interface of tinybench: one `repr(C)` block in the target's RAM, found by the
//! host through the ELF symbol [`SYMBOL`].
//!
//! The conversation is the same on a real and on a virtual board:
//!
//! 1. After reset the image initialises itself, sets [`Block::status`] to [`Status::Ready`] and
//!    halts on a `BKPT`.
//! 2. With the core halted the host writes [`Block::command`] and its arguments, then lets the
//!    core run.
//! 3. The image carries the command out, writes its answers and [`Block::status`], and halts on
//!    the `BKPT` again. Nothing is exchanged while it runs.
//! 4. A fault at any time is written to [`Block::fault`]; the image halts with
//!    [`Status::Fault`].
//!
//! All fields are 32-bit little-endian words, so the layout is the same for every compiler. The
//! same block is described for C by `include/tinybench.h`; a test compares the two.

#![no_std]

pub mod calibration;
pub mod energy;
mod export;
mod learning;
pub mod operators;

use core::mem::offset_of;

pub use learning::{Learning, LearningSource, NO_PREDICTION};

/// Name of the ELF symbol of the [`Block`].
pub const SYMBOL: &str = "TINYBENCH_BLOCK";

/// First word of the block: `TBLK` in ASCII, little-endian.
pub const MAGIC: u32 = u32::from_le_bytes(*b"TBLK");

/// Version of this layout. An image of another version is refused by the host.
pub const VERSION: u32 = 3;

/// How many runs one [`Command::Run`] can record.
pub const CYCLES_CAPACITY: usize = 256;

/// Value of every word of painted stack and arena.
pub const PAINT: u32 = 0xA5C3_5A3C;

/// ELF section that holds the model, if the image has one.
pub const MODEL_SECTION: &str = ".tinybench.model";

/// ELF section that holds the code and constants of the runtime under test.
pub const RUNTIME_SECTION: &str = ".tinybench.runtime";

/// ELF section that holds the code and constants of the stages before and behind the inference.
pub const PIPELINE_SECTION: &str = ".tinybench.pipeline";

/// ELF section that holds the code and constants of learning.
pub const LEARNING_SECTION: &str = ".tinybench.learning";

/// ELF section that holds the code and constants of the measuring program itself.
pub const HARNESS_SECTION: &str = ".tinybench.harness";

/// What the host asks of the image. Values of [`Block::command`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Nothing: the image halts again at once.
    None = 0,
    /// Give the runtime its model and the first [`Block::arena_limit`] bytes of the arena, plan
    /// it, and describe the result: input, output and arena fields become valid. The arena is
    /// painted before, and what was in the input buffer is lost.
    Prepare = 1,
    /// Run the [`Stages`] that [`Block::stages`] asks for [`Block::run_count`] times with
    /// interrupts off and record the cycles of each stage of each run. Before the inference the
    /// input buffer is copied into the model's input, behind the last run the output into the
    /// output buffer, if they aren't in the arena; the copies are not timed. What a model keeps from
    /// one inference to the next is reset before each.
    Run = 2,
    /// Measure the cycle counter against a loop of known length: fills
    /// [`Block::counter_overhead`] and [`Block::counter_check`].
    CheckCounter = 3,
    /// Make a learner that knows nothing, as [`Learning`] says, in the memory that
    /// [`Command::Prepare`] has set aside for it. The memory is filled with zeros.
    BeginLearning = 4,
    /// One sample: extract its features if [`Learning::source`] says so, predict its class, learn
    /// [`Learning::label`], and condense if there is an alarm; each part is timed. The features
    /// are in the output buffer afterwards.
    Learn = 5,
    /// Condense the learner's memory, timed.
    Condense = 6,
    /// As [`Command::Run`], but nothing is reset: the inference goes on from where the one before
    /// ended, as the next step of a sequence.
    Step = 7,
}

impl Command {
    /// The command with this number, if there is one.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::None),
            1 => Some(Self::Prepare),
            2 => Some(Self::Run),
            3 => Some(Self::CheckCounter),
            4 => Some(Self::BeginLearning),
            5 => Some(Self::Learn),
            6 => Some(Self::Condense),
            7 => Some(Self::Step),
            _ => None,
        }
    }
}

/// What [`Command::Run`] runs. Values of [`Block::stages`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stages {
    /// The inference alone, on what the host has put into the input buffer.
    Inference = 0,
    /// All of them: features from the audio buffer into the input buffer (preprocess), the
    /// inference, and the answer from the output (postprocess).
    All = 1,
}

impl Stages {
    /// The stages with this number, if there are such.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Inference),
            1 => Some(Self::All),
            _ => None,
        }
    }
}

/// What the output means. Values of [`Block::task`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The answer is the index of the largest value, the first of equals.
    Classification = 0,
    /// The answer is the mean squared difference between the real values of input and output.
    Anomaly = 1,
}

impl Task {
    /// The task with this number, if there is one.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Classification),
            1 => Some(Self::Anomaly),
            _ => None,
        }
    }
}

/// What the image answers. Values of [`Block::status`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The image has not started yet (the initial value), or is at work.
    Busy = 0,
    /// Start-up is complete and no command has been carried out yet.
    Ready = 1,
    /// The command was carried out.
    Done = 2,
    /// The command failed: see [`Block::error`].
    Failed = 3,
    /// A processor exception was caught: see [`Block::fault`].
    Fault = 4,
}

impl Status {
    /// The status with this number, if there is one.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Busy),
            1 => Some(Self::Ready),
            2 => Some(Self::Done),
            3 => Some(Self::Failed),
            4 => Some(Self::Fault),
            _ => None,
        }
    }
}

/// Why a command failed. Values of [`Block::error`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No error.
    None = 0,
    /// The command is not one of [`Command`], or came before [`Command::Prepare`].
    BadCommand = 1,
    /// The arena is too small: `error_detail[0]` bytes are needed, `error_detail[1]` were given.
    ArenaTooSmall = 2,
    /// The runtime refused the model: `error_detail[0]` is the runtime's own code and
    /// `error_detail[1]` where in the model it was found (operator index).
    BadModel = 3,
    /// [`Block::run_count`] is zero or above [`Block::cycles_capacity`].
    BadRunCount = 4,
    /// The cycle counter does not count, or not at a plausible rate.
    CounterStuck = 5,
    /// The cycle counter passed its start value again during run `error_detail[0]`, so that
    /// run took more than 2^32 cycles.
    CounterWrapped = 6,
    /// The runtime reported an error, `error_detail[0]`, during an inference.
    InvokeFailed = 7,
    /// An input or output tensor is larger than the image's buffer for it: `error_detail[0]`
    /// bytes are needed, `error_detail[1]` are there.
    BufferTooSmall = 8,
    /// The image can't run the stages that [`Block::stages`] asks for, or [`Block::task`] is
    /// unknown: it has no front end, or one whose features aren't as many as the model's inputs.
    BadStages = 9,
    /// The image can't learn, or not like this: `error_detail[0]` is 0 if it can't at all, 1 for
    /// a learner that can't be, 2 for a label outside the classes or an unknown source.
    BadLearning = 10,
}

impl Error {
    /// The error with this number, if there is one.
    pub const fn from_u32(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::None),
            1 => Some(Self::BadCommand),
            2 => Some(Self::ArenaTooSmall),
            3 => Some(Self::BadModel),
            4 => Some(Self::BadRunCount),
            5 => Some(Self::CounterStuck),
            6 => Some(Self::CounterWrapped),
            7 => Some(Self::InvokeFailed),
            8 => Some(Self::BufferTooSmall),
            9 => Some(Self::BadStages),
            10 => Some(Self::BadLearning),
            _ => None,
        }
    }
}

/// A caught processor exception (Armv7-M Architecture Reference Manual, B1.5 and B3.2).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Exception number (IPSR): 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault, 2 NMI;
    /// 0 for a panic, none if [`Block::status`] is not [`Status::Fault`].
    pub exception: u32,
    /// Stacked R0-R3, then R4-R11 as they were in the handler, then stacked R12. For a panic the
    /// first four are address and length of the source file's name, UTF-8, line and column.
    pub r: [u32; 13],
    /// Stack pointer before the exception frame was pushed.
    pub sp: u32,
    /// Stacked link register.
    pub lr: u32,
    /// Stacked program counter: the instruction that faulted, if the fault is precise.
    pub pc: u32,
    /// Stacked program status register.
    pub xpsr: u32,
    /// Configurable Fault Status Register, 0xE000_ED28.
    pub cfsr: u32,
    /// HardFault Status Register, 0xE000_ED2C.
    pub hfsr: u32,
    /// MemManage Fault Address Register, valid if CFSR.MMARVALID.
    pub mmfar: u32,
    /// BusFault Address Register, valid if CFSR.BFARVALID.
    pub bfar: u32,
}

impl Fault {
    /// No fault.
    pub const NONE: Self = Self {
        exception: 0,
        r: [0; 13],
        sp: 0,
        lr: 0,
        pc: 0,
        xpsr: 0,
        cfsr: 0,
        hfsr: 0,
        mmfar: 0,
        bfar: 0,
    };

    /// Builds the record from its words, in address order. Those that are missing count as 0.
    fn from_words(words: &[u32]) -> Self {
        let at = |offset: usize| words.get(offset / 4).copied().unwrap_or(0);
        let mut r = [0; 13];
        for (i, r) in r.iter_mut().enumerate() {
            *r = at(offset_of!(Self, r) + 4 * i);
        }
        Self {
            exception: at(offset_of!(Self, exception)),
            r,
            sp: at(offset_of!(Self, sp)),
            lr: at(offset_of!(Self, lr)),
            pc: at(offset_of!(Self, pc)),
            xpsr: at(offset_of!(Self, xpsr)),
            cfsr: at(offset_of!(Self, cfsr)),
            hfsr: at(offset_of!(Self, hfsr)),
            mmfar: at(offset_of!(Self, mmfar)),
            bfar: at(offset_of!(Self, bfar)),
        }
    }
}

/// The block itself. Written by the image: I; by the host: H.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// I: [`MAGIC`], from the start.
    pub magic: u32,
    /// I: [`VERSION`], from the start.
    pub version: u32,
    /// H: a [`Command`].
    pub command: u32,
    /// I: a [`Status`].
    pub status: u32,
    /// I: an [`Error`], if `status` is [`Status::Failed`].
    pub error: u32,
    /// I: figures that go with `error`.
    pub error_detail: [u32; 2],
    /// H: how many times [`Command::Run`] runs its stages, at most `cycles_capacity`.
    pub run_count: u32,
    /// I: address of the `u32` array of the inference's cycles, one per run.
    pub cycles_address: u32,
    /// I: length of that array, in words.
    pub cycles_capacity: u32,
    /// I: address of the buffer from which the model's input is copied before each run, or, if it
    /// is in the arena, of the input itself, which a run may overwrite.
    pub input_address: u32,
    /// I: size of the model's input, bytes. Valid after [`Command::Prepare`].
    pub input_bytes: u32,
    /// I: address of the buffer to which the model's output is copied after the last run, or of the
    /// output itself.
    pub output_address: u32,
    /// I: size of the model's output, bytes. Valid after [`Command::Prepare`].
    pub output_bytes: u32,
    /// I: lowest address of the memory that can serve as the arena.
    pub arena_address: u32,
    /// I: size of that memory, bytes.
    pub arena_capacity: u32,
    /// H: how much of it [`Command::Prepare`] gives to the runtime, bytes; 0 for all.
    pub arena_limit: u32,
    /// I: bytes of the arena the runtime says are in use. Valid after [`Command::Prepare`].
    pub arena_used: u32,
    /// I: bytes of the arena that were ever written, found by painting: from the first to the
    /// last touched word. Valid after [`Command::Run`].
    pub arena_touched: u32,
    /// I: lowest address the stack may reach.
    pub stack_low: u32,
    /// I: initial stack pointer, one past the highest address.
    pub stack_high: u32,
    /// I: bytes of stack used at the deepest, found by painting. Valid after every command.
    pub stack_peak: u32,
    /// I: cycles that two reads of the counter directly after each other are apart; part of
    /// every figure in the cycles array.
    pub counter_overhead: u32,
    /// I: cycles that [`Command::CheckCounter`]'s loop of 1,024 iterations took.
    pub counter_check: u32,
    /// I: address and length of the runtime's name, UTF-8.
    pub runtime_name: [u32; 2],
    /// I: address and length of the runtime's version, UTF-8.
    pub runtime_version: [u32; 2],
    /// I: bytes of `arena_used` that hold tensors and what kernels need while they run; the rest
    /// is the runtime's own data. Valid after [`Command::Prepare`].
    pub arena_tensors: u32,
    /// H: which [`Stages`] [`Command::Run`] runs.
    pub stages: u32,
    /// I: address of the buffer for raw audio, 16-bit samples.
    pub audio_address: u32,
    /// I: size of that buffer, bytes; 0 if the image has no front end. Valid after
    /// [`Command::Prepare`].
    pub audio_bytes: u32,
    /// I: address of the `u32` array of the first stage's cycles, one per run, as long as that of
    /// the inference; 0 if the image has no front end.
    pub preprocess_address: u32,
    /// I: the same of the last stage.
    pub postprocess_address: u32,
    /// H: what the output means, a [`Task`].
    pub task: u32,
    /// H: scale (the bits of a float32) and zero point (two's complement) of the model's input.
    pub input_quantisation: [u32; 2],
    /// H: the same of the model's output.
    pub output_quantisation: [u32; 2],
    /// I: the last stage's answer of the last run: an index, or the bits of a float32. Valid
    /// after [`Command::Run`] with [`Stages::All`].
    pub answer: u32,
    /// I: address of the `u32` array of the cycles that decoding the weights of one inference
    /// takes, one per run and as long as that of the inference, which decodes them as well; 0 if
    /// the model's weights needn't be decoded. Valid after [`Command::Prepare`].
    pub decode_address: u32,
    /// I: bytes of `arena_used` in which weights are decoded. Valid after [`Command::Prepare`].
    pub arena_decoding: u32,
    /// I: the caught exception, if `status` is [`Status::Fault`].
    pub fault: Fault,
    /// I: address of a [`Learning`]; 0 if the image can't learn.
    pub learning_address: u32,
}

impl Block {
    /// The block as the image holds it at link time.
    pub const INITIAL: Self = Self {
        magic: MAGIC,
        version: VERSION,
        command: 0,
        status: 0,
        error: 0,
        error_detail: [0; 2],
        run_count: 0,
        cycles_address: 0,
        cycles_capacity: 0,
        input_address: 0,
        input_bytes: 0,
        output_address: 0,
        output_bytes: 0,
        arena_address: 0,
        arena_capacity: 0,
        arena_limit: 0,
        arena_used: 0,
        arena_touched: 0,
        stack_low: 0,
        stack_high: 0,
        stack_peak: 0,
        counter_overhead: 0,
        counter_check: 0,
        runtime_name: [0; 2],
        runtime_version: [0; 2],
        arena_tensors: 0,
        stages: 0,
        audio_address: 0,
        audio_bytes: 0,
        preprocess_address: 0,
        postprocess_address: 0,
        task: 0,
        input_quantisation: [0; 2],
        output_quantisation: [0; 2],
        answer: 0,
        decode_address: 0,
        arena_decoding: 0,
        fault: Fault::NONE,
        learning_address: 0,
    };

    /// Size of the block in words.
    pub const WORDS: usize = size_of::<Self>() / 4;

    /// Builds the block from the words read out of a target, in address order.
    pub fn from_words(words: &[u32; Self::WORDS]) -> Self {
        let at = |offset: usize| words[offset / 4];
        let pair = |offset: usize| [at(offset), at(offset + 4)];
        let fault = offset_of!(Self, fault) / 4;
        Self {
            magic: at(offset_of!(Self, magic)),
            version: at(offset_of!(Self, version)),
            command: at(offset_of!(Self, command)),
            status: at(offset_of!(Self, status)),
            error: at(offset_of!(Self, error)),
            error_detail: pair(offset_of!(Self, error_detail)),
            run_count: at(offset_of!(Self, run_count)),
            cycles_address: at(offset_of!(Self, cycles_address)),
            cycles_capacity: at(offset_of!(Self, cycles_capacity)),
            input_address: at(offset_of!(Self, input_address)),
            input_bytes: at(offset_of!(Self, input_bytes)),
            output_address: at(offset_of!(Self, output_address)),
            output_bytes: at(offset_of!(Self, output_bytes)),
            arena_address: at(offset_of!(Self, arena_address)),
            arena_capacity: at(offset_of!(Self, arena_capacity)),
            arena_limit: at(offset_of!(Self, arena_limit)),
            arena_used: at(offset_of!(Self, arena_used)),
            arena_touched: at(offset_of!(Self, arena_touched)),
            stack_low: at(offset_of!(Self, stack_low)),
            stack_high: at(offset_of!(Self, stack_high)),
            stack_peak: at(offset_of!(Self, stack_peak)),
            counter_overhead: at(offset_of!(Self, counter_overhead)),
            counter_check: at(offset_of!(Self, counter_check)),
            runtime_name: pair(offset_of!(Self, runtime_name)),
            runtime_version: pair(offset_of!(Self, runtime_version)),
            arena_tensors: at(offset_of!(Self, arena_tensors)),
            stages: at(offset_of!(Self, stages)),
            audio_address: at(offset_of!(Self, audio_address)),
            audio_bytes: at(offset_of!(Self, audio_bytes)),
            preprocess_address: at(offset_of!(Self, preprocess_address)),
            postprocess_address: at(offset_of!(Self, postprocess_address)),
            task: at(offset_of!(Self, task)),
            input_quantisation: pair(offset_of!(Self, input_quantisation)),
            output_quantisation: pair(offset_of!(Self, output_quantisation)),
            answer: at(offset_of!(Self, answer)),
            decode_address: at(offset_of!(Self, decode_address)),
            arena_decoding: at(offset_of!(Self, arena_decoding)),
            fault: Fault::from_words(&words[fault..]),
            learning_address: at(offset_of!(Self, learning_address)),
        }
    }
}

/// An inference engine under test, as the firmware calls it.
///
/// The firmware owns the memory: the model stays in flash, the arena is a slice of RAM.
pub trait Runtime: Sized {
    /// Name as `tinybench runtimes` lists it.
    const NAME: &'static str;
    /// Version of the engine.
    const VERSION: &'static str;

    /// Reads `model` in place and plans its tensors in `arena`.
    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError>;
    /// The model's first input tensor, in the arena.
    fn input(&mut self) -> &mut [u8];
    /// The model's first output tensor, in the arena.
    fn output(&self) -> &[u8];
    /// The input tensor at `position`, in the arena; empty past the last.
    fn input_at(&mut self, position: usize) -> &mut [u8] {
        match position {
            0 => self.input(),
            _ => &mut [],
        }
    }
    /// The output tensor at `position`, in the arena; empty past the last.
    fn output_at(&self, position: usize) -> &[u8] {
        match position {
            0 => self.output(),
            _ => &[],
        }
    }
    /// Forgets what earlier inferences left behind, if the model has any state.
    fn reset(&mut self) {}
    /// One inference. The error is the runtime's own code.
    fn invoke(&mut self) -> Result<(), u32>;
    /// Bytes of the arena in use, tensors and the runtime's own data.
    fn arena_used(&self) -> usize;
    /// Those of them that hold tensors and what kernels need while they run: the intermediate
    /// results. All, if the runtime doesn't tell its own data from them.
    fn arena_tensors(&self) -> usize {
        self.arena_used()
    }
    /// Bytes of `arena_used`, outside of `arena_tensors`, in which weights that lie compressed in
    /// flash are decoded; 0 if there are none.
    fn arena_decoding(&self) -> usize {
        0
    }
    /// Decodes the weights as one inference does, and nothing else. The error is the runtime's own
    /// code.
    fn decode(&mut self) -> Result<(), u32> {
        Ok(())
    }
}

/// Why [`Runtime::prepare`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrepareError {
    /// The arena is too small.
    ArenaTooSmall {
        /// Bytes that would do.
        needed: usize,
    },
    /// The model can't be run.
    Model {
        /// The runtime's own code.
        code: u32,
        /// Operator index, or `u32::MAX` if it isn't one operator's fault.
        operator: u32,
    },
}

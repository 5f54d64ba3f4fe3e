//! What the host can ask for.

use core::ptr;
#[cfg(any(feature = "pipeline", feature = "learning"))]
use core::slice;

#[cfg(feature = "learning")]
use tinybench_interface::LearningSource;
#[cfg(feature = "energy")]
use tinybench_interface::energy::{STAGES, stage};
use tinybench_interface::{CYCLES_CAPACITY, Command, Error, PrepareError, Runtime, Stages};

use crate::block::{Failure, set};
#[cfg(feature = "energy")]
use crate::chip;
use crate::cycles;
use crate::cycles::stage::Cycles;
#[cfg(feature = "energy")]
use crate::energy;
#[cfg(feature = "learning")]
use crate::learning;
use crate::memory::{self, Layout};
#[cfg(feature = "pipeline")]
use crate::pipeline;
#[cfg(feature = "profile")]
use crate::runtime::marks;
use crate::{block, parts};

/// Most inputs and most outputs: an engine that gives the same for every position comes to an end.
const MOST_TENSORS: usize = 1024;

/// Bytes of raw audio that the front end takes.
fn audio_bytes() -> usize {
    #[cfg(feature = "pipeline")]
    return pipeline::audio_bytes();
    #[cfg(not(feature = "pipeline"))]
    0
}

/// Bytes that the host wants for a learner.
fn learning_bytes() -> usize {
    #[cfg(feature = "learning")]
    return learning::memory_bytes();
    #[cfg(not(feature = "learning"))]
    0
}

static CYCLES: Cycles = Cycles::new();
#[cfg(feature = "huffman")]
static DECODE: Cycles = Cycles::new();

/// The measuring program with runtime `R`.
pub struct Program<R> {
    prepared: Option<Prepared<R>>,
}

/// A runtime that has accepted the model.
struct Prepared<R> {
    runtime: R,
    layout: Layout,
    input_bytes: usize,
    output_bytes: usize,
}

impl<R: Runtime> Program<R> {
    /// Describes the image in the block.
    pub fn new() -> Self {
        let stack = memory::stack();
        set!(cycles_address = CYCLES.address());
        set!(cycles_capacity = CYCLES_CAPACITY as u32);
        set!(stack_low = stack.start as u32);
        set!(stack_high = stack.end as u32);
        set!(runtime_name = [R::NAME.as_ptr() as u32, R::NAME.len() as u32]);
        set!(runtime_version = [R::VERSION.as_ptr() as u32, R::VERSION.len() as u32]);
        #[cfg(feature = "pipeline")]
        pipeline::describe();
        #[cfg(feature = "learning")]
        learning::describe();
        let program = Self { prepared: None };
        program.describe();
        program
    }

    /// Carries a command out and describes the result in the block.
    pub fn carry_out(&mut self, command: Option<Command>) -> Result<(), Failure> {
        let outcome = match command {
            Some(Command::None) => Ok(()),
            Some(Command::Prepare) => self.prepare(block::get!(arena_limit) as usize),
            #[cfg(feature = "energy")]
            Some(Command::Run) if energy::asked().windows > 0 => {
                energy::until_alone();
                cycles::time_stages(false);
                let outcome = self.windows();
                cycles::time_stages(true);
                energy::until_debugged();
                outcome
            }
            Some(Command::Run) => self.run(block::get!(run_count) as usize, true),
            Some(Command::Step) => self.run(block::get!(run_count) as usize, false),
            Some(Command::CheckCounter) => check_counter(),
            #[cfg(feature = "learning")]
            Some(Command::BeginLearning) => self.begin_learning(),
            #[cfg(feature = "learning")]
            Some(Command::Learn) => self.learn(),
            #[cfg(feature = "learning")]
            Some(Command::Condense) => learning::condense(),
            #[cfg(not(feature = "learning"))]
            Some(Command::BeginLearning | Command::Learn | Command::Condense) => {
                Err(Failure::new(Error::BadLearning))
            }
            None => Err(Failure::new(Error::BadCommand)),
        };
        set!(stack_peak = memory::stack_peak() as u32);
        outcome
    }

    /// [`Command::Prepare`]. The sizes of input and output are known only once the runtime has
    /// read the model, and decide how much memory is left for the arena; so a first attempt may
    /// use what the buffers then turn out to need, and is repeated with what is left. Buffers that
    /// leave too little are done without: the host then writes into the arena, and reads from it.
    fn prepare(&mut self, limit: usize) -> Result<(), Failure> {
        let outcome = self.try_prepare(limit);
        if outcome.is_err() {
            self.prepared = None;
        }
        self.describe();
        outcome
    }

    fn try_prepare(&mut self, limit: usize) -> Result<(), Failure> {
        let whole = layout(0, 0)?;
        let capacity = whole.arena_capacity();
        let given = if limit == 0 { capacity } else { limit };
        if given > capacity {
            return Err(Failure::with(
                Error::ArenaTooSmall,
                given as u32,
                capacity as u32,
            ));
        }
        self.plan(whole, given)?;
        let Some(first) = &mut self.prepared else {
            return Ok(());
        };
        let least = limit.max(first.runtime.arena_used());
        let mut failure = None;
        for [input, output] in first.buffers().into_iter().flatten() {
            match layout(input, output) {
                Ok(layout) if least <= layout.arena_capacity() => {
                    self.plan(layout, given.min(layout.arena_capacity()))?;
                    if let Some(prepared) = &mut self.prepared {
                        prepared.share([input, output].map(|bytes| bytes == 0));
                    }
                    return Ok(());
                }
                Ok(layout) => {
                    let needed = [least, layout.arena_capacity()].map(|bytes| bytes as u32);
                    failure = Some(Failure::with(Error::ArenaTooSmall, needed[0], needed[1]));
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Gives the runtime the model and `bytes` bytes of arena.
    fn plan(&mut self, layout: Layout, bytes: usize) -> Result<(), Failure> {
        self.prepared = None;
        #[cfg(feature = "learning")]
        learning::end();
        // SAFETY: the callers keep `bytes` within the layout, and the runtime that held the
        // arena before has just been dropped.
        let arena = unsafe { layout.paint_arena(bytes) };
        let mut runtime = R::prepare(parts::model(), arena).map_err(|error| match error {
            PrepareError::ArenaTooSmall { needed } => {
                Failure::with(Error::ArenaTooSmall, needed as u32, bytes as u32)
            }
            PrepareError::Model { code, operator } => {
                Failure::with(Error::BadModel, code, operator)
            }
        })?;
        let inputs = (0..MOST_TENSORS).map(|position| runtime.input_at(position).len());
        let input_bytes = inputs.take_while(|&bytes| bytes > 0).sum();
        let outputs = (0..MOST_TENSORS).map(|position| runtime.output_at(position).len());
        let output_bytes = outputs.take_while(|&bytes| bytes > 0).sum();
        self.prepared = Some(Prepared {
            runtime,
            layout,
            input_bytes,
            output_bytes,
        });
        Ok(())
    }

    /// Writes what the host needs to know about the memory into the block.
    fn describe(&self) {
        let (layout, input, output, used, tensors, touched) = match &self.prepared {
            Some(it) => (
                it.layout,
                it.input_bytes,
                it.output_bytes,
                it.runtime.arena_used(),
                it.runtime.arena_tensors(),
                it.layout.arena_touched(),
            ),
            None => match Layout::new(audio_bytes(), 0, 0, 0) {
                Ok(layout) => (layout, 0, 0, 0, 0, 0),
                Err(_) => return,
            },
        };
        set!(input_address = layout.input as u32);
        set!(input_bytes = input as u32);
        set!(output_address = layout.output as u32);
        set!(output_bytes = output as u32);
        set!(arena_address = layout.arena as u32);
        set!(arena_capacity = layout.arena_capacity() as u32);
        set!(arena_used = used as u32);
        set!(arena_tensors = tensors as u32);
        set!(audio_address = layout.audio as u32);
        set!(audio_bytes = audio_bytes() as u32);
        set!(arena_touched = touched as u32);
        #[cfg(feature = "huffman")]
        {
            let prepared = self.prepared.as_ref();
            let decoding = prepared.map_or(0, |it| it.runtime.arena_decoding());
            set!(arena_decoding = decoding as u32);
            set!(decode_address = if decoding > 0 { DECODE.address() } else { 0 });
        }
    }

    /// [`Command::Run`] if the model's state is to be `reset` before each inference, otherwise
    /// [`Command::Step`].
    fn run(&mut self, count: usize, reset: bool) -> Result<(), Failure> {
        let prepared = self
            .prepared
            .as_mut()
            .ok_or(Failure::new(Error::BadCommand))?;
        if count == 0 || count > CYCLES_CAPACITY {
            return Err(Failure::with(
                Error::BadRunCount,
                count as u32,
                CYCLES_CAPACITY as u32,
            ));
        }
        let stages = Stages::from_u32(block::get!(stages));
        for run in 0..count {
            #[cfg(feature = "huffman")]
            DECODE.set(run, prepared.decode(run)?);
            match stages {
                Some(Stages::Inference) => CYCLES.set(run, prepared.invoke(run, reset)?),
                #[cfg(feature = "pipeline")]
                Some(Stages::All) => prepared.run_all(run)?,
                _ => return Err(Failure::new(Error::BadStages)),
            }
        }
        prepared.copy_output();
        set!(arena_touched = prepared.layout.arena_touched() as u32);
        Ok(())
    }

    /// [`Command::Run`] where windows are asked for.
    #[cfg(feature = "energy")]
    fn windows(&mut self) -> Result<(), Failure> {
        let prepared = self
            .prepared
            .as_mut()
            .ok_or(Failure::new(Error::BadCommand))?;
        let asked = energy::asked();
        let stages = || (0..STAGES).filter(|&stage| asked.runs[stage] > 0);
        chip::rest(asked.rest_ms);
        // The debugger has turned the counter off when it left.
        cycles::enable();
        let mut warm_up = [0; STAGES];
        for stage in stages() {
            let start = cycles::now();
            prepared.repeat(stage, asked.warm_up_runs[stage], u32::MAX)?;
            warm_up[stage] = cycles::now().wrapping_sub(start);
        }
        energy::warmed_up(warm_up);
        cycles::disable();
        for round in 0..asked.windows {
            for stage in stages() {
                chip::rest(asked.rest_ms);
                chip::mark(true);
                prepared.repeat(stage, asked.runs[stage], asked.mark_runs[stage])?;
                energy::mark_end();
            }
            energy::done(round + 1);
        }
        prepared.copy_output();
        Ok(())
    }
}

#[cfg(feature = "learning")]
impl<R: Runtime> Program<R> {
    /// [`Command::BeginLearning`].
    fn begin_learning(&mut self) -> Result<(), Failure> {
        let prepared = self
            .prepared
            .as_ref()
            .ok_or(Failure::new(Error::BadCommand))?;
        let bytes = learning_bytes();
        let layout = prepared.layout;
        if bytes > layout.output - layout.learning {
            return Err(Failure::new(Error::BadCommand));
        }
        learning::end();
        // SAFETY: the layout has set this memory aside, aligned, for the learner alone, and the
        // one before is gone.
        let memory = unsafe {
            ptr::write_bytes(layout.learning as *mut u8, 0, bytes);
            slice::from_raw_parts_mut(layout.learning as *mut u32, bytes / size_of::<u32>())
        };
        learning::begin(prepared.output_bytes, memory)
    }

    /// [`Command::Learn`].
    fn learn(&mut self) -> Result<(), Failure> {
        let prepared = self
            .prepared
            .as_mut()
            .ok_or(Failure::new(Error::BadCommand))?;
        let extract = match learning::source()? {
            LearningSource::Features => 0,
            LearningSource::Input => {
                let cycles = prepared.invoke(0, true)?;
                prepared.copy_output();
                cycles
            }
        };
        // SAFETY: the layout has set this memory aside for `output_bytes` bytes, and nobody
        // writes to it meanwhile.
        let features = unsafe {
            slice::from_raw_parts(prepared.layout.output as *const i8, prepared.output_bytes)
        };
        learning::step(extract, features)
    }
}

impl<R: Runtime> Prepared<R> {
    /// Bytes of the buffers for input and output: as there should be, without one for the input,
    /// without any. A single tensor alone can do without. The front end and the learner need both.
    fn buffers(&mut self) -> [Option<[usize; 2]>; 3] {
        let [input, output] = [self.input_bytes, self.output_bytes];
        let buffered = cfg!(any(feature = "pipeline", feature = "learning"));
        let one_input = !buffered && self.runtime.input_at(1).is_empty();
        let one_output = self.runtime.output_at(1).is_empty();
        [
            Some([input, output]),
            one_input.then_some([0, output]),
            (one_input && one_output).then_some([0, 0]),
        ]
    }

    /// Has the host use the arena itself for input and output, as far as said.
    fn share(&mut self, [input, output]: [bool; 2]) {
        if input && self.input_bytes > 0 {
            self.layout.input = self.runtime.input_at(0).as_mut_ptr() as usize;
        }
        if output && self.output_bytes > 0 {
            self.layout.output = self.runtime.output_at(0).as_ptr() as usize;
        }
    }

    /// Runs a stage over and over, and lets the pin go before run number `mark_runs`.
    #[cfg(feature = "energy")]
    #[inline(never)]
    fn repeat(&mut self, stage: usize, runs: u32, mark_runs: u32) -> Result<(), Failure> {
        let repeat = |run_stage: &mut dyn FnMut() -> Result<(), Failure>| {
            for run in 0..runs {
                if run == mark_runs {
                    chip::mark(false);
                }
                run_stage()?;
            }
            Ok(())
        };
        match stage {
            stage::INFERENCE => repeat(&mut || self.invoke(0, true).map(drop)),
            #[cfg(feature = "pipeline")]
            stage::PREPROCESS => {
                // SAFETY: nothing else refers to the two before all runs are over.
                let (audio, input) = unsafe { self.audio_and_input() };
                repeat(&mut || pipeline::preprocess(0, audio, input))
            }
            #[cfg(feature = "pipeline")]
            stage::POSTPROCESS => {
                // SAFETY: nothing else refers to the two before all runs are over.
                let (_, input) = unsafe { self.audio_and_input() };
                // Looked for once: an engine may take longer for that than the answer does.
                let output = self.runtime.output();
                repeat(&mut || pipeline::postprocess(0, input, output))
            }
            _ => Err(Failure::new(Error::BadStages)),
        }
    }

    /// One inference, as the first one if the state is to be `reset`; returns its cycles.
    fn invoke(&mut self, run: usize, reset: bool) -> Result<u32, Failure> {
        if reset {
            self.runtime.reset();
        }
        let mut begin = 0;
        for position in 0.. {
            let input = self.runtime.input_at(position);
            let length = input.len().min(self.input_bytes - begin);
            if length == 0 {
                break;
            }
            let from = (self.layout.input + begin) as *const u8;
            if from == input.as_ptr() {
                break;
            }
            // SAFETY: the layout has set this memory aside for `input_bytes` bytes of inputs, one
            // tensor after the other.
            unsafe { ptr::copy_nonoverlapping(from, input.as_mut_ptr(), length) };
            begin += length;
        }
        #[cfg(feature = "profile")]
        marks::start();
        let (cycles, outcome) = cycles::timed(run, || self.runtime.invoke())?;
        outcome.map_err(|code| Failure::with(Error::InvokeFailed, code, run as u32))?;
        Ok(cycles)
    }

    /// Decodes the weights once, apart from an inference; returns the cycles.
    #[cfg(feature = "huffman")]
    fn decode(&mut self, run: usize) -> Result<u32, Failure> {
        let (cycles, outcome) = cycles::timed(run, || self.runtime.decode())?;
        outcome.map_err(|code| Failure::with(Error::InvokeFailed, code, run as u32))?;
        Ok(cycles)
    }

    /// The buffers of raw audio and of the model's input.
    ///
    /// # Safety
    /// As long as one of them is in use, nothing else may refer to them: neither what this gave before,
    /// nor [`Self::invoke`], which copies the input.
    #[cfg(feature = "pipeline")]
    unsafe fn audio_and_input(&self) -> (&'static [i16], &'static mut [i8]) {
        // SAFETY: the layout has set this memory aside for `audio_bytes` bytes of audio and
        // `input_bytes` of input, both aligned, and the caller sees to it that nobody else uses them.
        unsafe {
            (
                slice::from_raw_parts(self.layout.audio as *const i16, audio_bytes() / 2),
                slice::from_raw_parts_mut(self.layout.input as *mut i8, self.input_bytes),
            )
        }
    }

    /// All stages of one run, each timed.
    #[cfg(feature = "pipeline")]
    fn run_all(&mut self, run: usize) -> Result<(), Failure> {
        // SAFETY: the two aren't used behind this stage.
        let (audio, input) = unsafe { self.audio_and_input() };
        pipeline::preprocess(run, audio, input)?;
        CYCLES.set(run, self.invoke(run, true)?);
        // SAFETY: those from before aren't used any more, and `invoke` has returned.
        let (_, input) = unsafe { self.audio_and_input() };
        pipeline::postprocess(run, input, self.runtime.output())
    }

    fn copy_output(&self) {
        let mut begin = 0;
        for position in 0.. {
            let output = self.runtime.output_at(position);
            let length = output.len().min(self.output_bytes - begin);
            if length == 0 {
                break;
            }
            let to = (self.layout.output + begin) as *mut u8;
            if to.cast_const() == output.as_ptr() {
                break;
            }
            // SAFETY: the layout has set this memory aside for `output_bytes` bytes of outputs, one
            // tensor after the other.
            unsafe { ptr::copy_nonoverlapping(output.as_ptr(), to, length) };
            begin += length;
        }
    }
}

/// The layout for these buffers, or the failure that says how much room there is.
fn layout(input: usize, output: usize) -> Result<Layout, Failure> {
    let [audio, learning] = [audio_bytes(), learning_bytes()];
    Layout::new(audio, input, output, learning).map_err(|room| {
        let needed = audio
            .saturating_add(input)
            .saturating_add(output)
            .saturating_add(learning);
        Failure::with(Error::BufferTooSmall, needed as u32, room as u32)
    })
}

/// [`Command::CheckCounter`].
fn check_counter() -> Result<(), Failure> {
    let overhead = cycles::overhead();
    set!(counter_overhead = overhead);
    let cycles = cycles::check()?;
    set!(counter_check = cycles);
    if overhead == 0 {
        return Err(Failure::new(Error::CounterStuck));
    }
    Ok(())
}

//! What the host can ask for.

use core::cell::UnsafeCell;
use core::ptr;

use tinybench_interface::{CYCLES_CAPACITY, Command, Error, PrepareError, Runtime};

use crate::block::{Failure, set};
use crate::cycles::{self, WrapDetector};
use crate::memory::{self, Layout};
use crate::{block, model};

struct Cycles(UnsafeCell<[u32; CYCLES_CAPACITY]>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Cycles {}

static CYCLES: Cycles = Cycles(UnsafeCell::new([0; CYCLES_CAPACITY]));

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
        set!(cycles_address = CYCLES.0.get() as u32);
        set!(cycles_capacity = CYCLES_CAPACITY as u32);
        set!(stack_low = stack.start as u32);
        set!(stack_high = stack.end as u32);
        set!(runtime_name = [R::NAME.as_ptr() as u32, R::NAME.len() as u32]);
        set!(runtime_version = [R::VERSION.as_ptr() as u32, R::VERSION.len() as u32]);
        let program = Self { prepared: None };
        program.describe();
        program
    }

    /// Carries a command out and describes the result in the block.
    pub fn carry_out(&mut self, command: Option<Command>) -> Result<(), Failure> {
        let outcome = match command {
            Some(Command::None) => Ok(()),
            Some(Command::Prepare) => self.prepare(block::get!(arena_limit) as usize),
            Some(Command::Run) => self.run(block::get!(run_count) as usize),
            Some(Command::CheckCounter) => check_counter(),
            None => Err(Failure::new(Error::BadCommand)),
        };
        set!(stack_peak = memory::stack_peak() as u32);
        outcome
    }

    /// [`Command::Prepare`]. The sizes of input and output are known only once the runtime has
    /// read the model, and decide how much memory is left for the arena; so a first attempt may
    /// use what the buffers then turn out to need, and is repeated with what is left.
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
        let Some(first) = &self.prepared else {
            return Ok(());
        };
        let layout = layout(first.input_bytes, first.output_bytes)?;
        let left = layout.arena_capacity();
        if limit > left {
            return Err(Failure::with(
                Error::ArenaTooSmall,
                limit as u32,
                left as u32,
            ));
        }
        self.plan(layout, given.min(left))
    }

    /// Gives the runtime the model and `bytes` bytes of arena.
    fn plan(&mut self, layout: Layout, bytes: usize) -> Result<(), Failure> {
        self.prepared = None;
        // SAFETY: the callers keep `bytes` within the layout, and the runtime that held the
        // arena before has just been dropped.
        let arena = unsafe { layout.paint_arena(bytes) };
        let mut runtime = R::prepare(model::bytes(), arena).map_err(|error| match error {
            PrepareError::ArenaTooSmall { needed } => {
                Failure::with(Error::ArenaTooSmall, needed as u32, bytes as u32)
            }
            PrepareError::Model { code, operator } => {
                Failure::with(Error::BadModel, code, operator)
            }
        })?;
        let input_bytes = runtime.input().len();
        let output_bytes = runtime.output().len();
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
        let (layout, input, output, used, touched) = match &self.prepared {
            Some(it) => (
                it.layout,
                it.input_bytes,
                it.output_bytes,
                it.runtime.arena_used(),
                it.layout.arena_touched(),
            ),
            None => match Layout::new(0, 0) {
                Ok(layout) => (layout, 0, 0, 0, 0),
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
        set!(arena_touched = touched as u32);
    }

    /// [`Command::Run`].
    fn run(&mut self, count: usize) -> Result<(), Failure> {
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
        for run in 0..count {
            let cycles = prepared.invoke(run)?;
            // SAFETY: `run` is below the capacity, and nobody else uses the array meanwhile.
            unsafe { CYCLES.0.get().cast::<u32>().add(run).write_volatile(cycles) };
        }
        prepared.copy_output();
        set!(arena_touched = prepared.layout.arena_touched() as u32);
        Ok(())
    }
}

impl<R: Runtime> Prepared<R> {
    /// One inference; returns its cycles.
    fn invoke(&mut self, run: usize) -> Result<u32, Failure> {
        let input = self.runtime.input();
        let length = input.len().min(self.input_bytes);
        // SAFETY: the layout has set this memory aside for `input_bytes` bytes of input.
        unsafe {
            ptr::copy_nonoverlapping(self.layout.input as *const u8, input.as_mut_ptr(), length);
        }
        let wrap = WrapDetector::arm();
        // Nothing else reads the counter until the next run: a virtual board reports how many
        // instructions lie between the two latest readings.
        let start = cycles::now();
        let outcome = self.runtime.invoke();
        let end = cycles::now();
        let wrapped = wrap.wrapped();
        outcome.map_err(|code| Failure::with(Error::InvokeFailed, code, run as u32))?;
        if wrapped {
            return Err(Failure::with(Error::CounterWrapped, run as u32, 0));
        }
        Ok(end.wrapping_sub(start))
    }

    fn copy_output(&self) {
        let output = self.runtime.output();
        let length = output.len().min(self.output_bytes);
        // SAFETY: the layout has set this memory aside for `output_bytes` bytes of output.
        unsafe {
            ptr::copy_nonoverlapping(output.as_ptr(), self.layout.output as *mut u8, length);
        }
    }
}

/// The layout for these buffers, or the failure that says how much room there is.
fn layout(input: usize, output: usize) -> Result<Layout, Failure> {
    Layout::new(input, output)
        .map_err(|room| Failure::with(Error::BufferTooSmall, (input + output) as u32, room as u32))
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

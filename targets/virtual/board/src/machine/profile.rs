//! Cycles and instructions of each function, from the symbols of the program.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Machine;
use crate::cpu::ExceptionStep;
use crate::elf::Symbols;
use crate::marks::Observer;

/// What one function cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCost {
    /// Its name, demangled; `(no symbol)` for all code that is in no function.
    pub name: String,
    /// Its first address; 0 for code that is in no function.
    pub address: u32,
    /// Bytes of its code, constants among it included.
    pub size: u32,
    /// How often it was entered: called, branched to, or as an exception handler.
    pub calls: u64,
    /// Cycles of its own instructions.
    pub self_cycles: u64,
    /// Instructions of its own.
    pub self_instructions: u64,
    /// Cycles from its call to its return, with what it called but without the exceptions that
    /// came in between. A function that calls itself is counted once.
    pub inclusive_cycles: u64,
    /// Instructions, counted in the same way.
    pub inclusive_instructions: u64,
}

/// A path of calls, and what was spent at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPath {
    /// Names of the functions, the outermost first. An exception handler begins a path of its own.
    pub functions: Vec<String>,
    /// Cycles of the last function's own instructions on this path.
    pub self_cycles: u64,
    /// Its instructions.
    pub self_instructions: u64,
    /// The lowest that the stack pointer was when one of its straight runs of instructions began.
    pub lowest_stack: u32,
}

/// Where the cycles of a run went. The cycles of all functions, `exception_cycles` and
/// `sleep_cycles` add up to `cycles`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The functions that were executed, the most expensive by [`FunctionCost::self_cycles`]
    /// first.
    pub functions: Vec<FunctionCost>,
    /// The paths of calls on which anything was spent, callers before what they called. Their cycles
    /// are those of the functions.
    pub paths: Vec<CallPath>,
    /// Cycles in all.
    pub cycles: u64,
    /// Instructions in all.
    pub instructions: u64,
    /// Cycles for entering and leaving exceptions.
    pub exception_cycles: u64,
    /// Cycles asleep.
    pub sleep_cycles: u64,
}

impl Profile {
    /// The cost of the function with this name, if it was executed.
    pub fn function(&self, name: &str) -> Option<&FunctionCost> {
        self.functions.iter().find(|function| function.name == name)
    }
}

/// A function by its number in the order of [`Symbols::functions`]; `None` stands for all code
/// that is in none.
type Function = Option<usize>;

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    cycles: u64,
    instructions: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.cycles += other.cycles;
        self.instructions += other.instructions;
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    calls: u64,
    own: Cost,
    inclusive: Cost,
    /// Frames of the function on the stack.
    active: u32,
}

/// A function that was entered and hasn't returned.
#[derive(Clone, Copy, Debug)]
struct Frame {
    function: Function,
    addresses: (u32, u32),
    /// Where it returns to, and the stack pointer it has then.
    link: u32,
    stack: u32,
    /// It is an exception handler, or what handlers interrupted at the start.
    exception: bool,
    /// Of an exception: the end of the block behind which it was taken, which may have been a call.
    interrupted: Option<u32>,
    /// Of the function and what it has called.
    cost: Cost,
    /// Number of its path.
    path: usize,
}

/// A path of calls while it is counted.
#[derive(Clone, Copy, Debug)]
struct Path {
    caller: Option<usize>,
    function: Function,
    own: Cost,
    lowest_stack: u32,
    /// How many functions it has.
    depth: usize,
}

/// Functions on a path at most, and paths: what is called beyond is counted with its caller.
const LONGEST_PATH: usize = 128;
const MOST_PATHS: usize = 1 << 16;

/// The counts of a machine.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    cycles: u64,
    instructions: u64,
    exception_cycles: u64,
    sleep_cycles: u64,
}

/// Follows a program from block to block.
pub(super) struct Profiler {
    symbols: Arc<Symbols>,
    totals: HashMap<Function, Totals>,
    frames: Vec<Frame>,
    /// Callers before what they called.
    paths: Vec<Path>,
    /// Numbers of the paths, by caller and function.
    numbers: HashMap<(Option<usize>, Function), usize>,
    start: Clock,
    last: Clock,
    /// Address behind the block that was executed last.
    block_end: Option<u32>,
}

/// What code is called that is in no function.
const NO_SYMBOL: &str = "(no symbol)";

/// Frames kept: a program that never returns doesn't fill the memory.
const DEEPEST: usize = 1 << 16;

impl Machine {
    /// Counts cycles and instructions of each function from now on. Code runs slower on the host,
    /// and takes as many cycles as before but where a function falls through into the next.
    pub fn start_profile(&mut self) {
        let core = &mut self.core;
        let starts = self.symbols.functions().map(|symbol| symbol.address);
        core.marks.set_boundaries(starts.collect());
        core.marks.observe(Observer::Profile, true);
        core.exception_steps = Some(Vec::new());
        core.flush_code = true;
        core.deadline = 0;
        let start = self.clock();
        let mut profiler = Profiler {
            symbols: Arc::clone(&self.symbols),
            totals: HashMap::new(),
            frames: Vec::new(),
            paths: Vec::new(),
            numbers: HashMap::new(),
            start,
            last: start,
            block_end: None,
        };
        profiler.enter(self.core.next_pc, u32::MAX, u32::MAX, true);
        self.profiler = Some(Box::new(profiler));
    }

    /// Ends what [`Self::start_profile`] began. Empty if that wasn't called.
    pub fn stop_profile(&mut self) -> Profile {
        let Some(mut profiler) = self.profiler.take() else {
            return Profile::default();
        };
        let core = &mut self.core;
        core.marks.set_boundaries(BTreeSet::new());
        core.marks.observe(Observer::Profile, false);
        core.exception_steps = None;
        core.flush_code = true;
        core.deadline = 0;
        profiler.finish(self.clock())
    }

    fn clock(&self) -> Clock {
        Clock {
            cycles: self.core.cycles,
            instructions: self.core.instructions,
            exception_cycles: self.core.exception_cycles,
            sleep_cycles: self.core.sleep_cycles,
        }
    }

    /// The block at `pc` is about to be executed.
    pub(super) fn block_begins(&mut self, pc: u32) {
        if self.profiler.is_none() {
            return;
        }
        let now = self.clock();
        if let Some(profiler) = &mut self.profiler {
            let core = &mut self.core;
            profiler.charge(now);
            let steps = core.exception_steps.get_or_insert_default();
            for step in steps.drain(..) {
                profiler.exception(step);
            }
            profiler.arrive(pc, core.r[13], core.r[14]);
            profiler.note_stack(core.r[13]);
        }
    }
}

impl Profiler {
    /// The block that ends at `end` was executed.
    pub fn block_executed(&mut self, end: u32) {
        self.block_end = Some(end);
    }

    /// Charges what was spent since the last look to the function that was executing.
    fn charge(&mut self, now: Clock) {
        let aside = now.exception_cycles - self.last.exception_cycles + now.sleep_cycles
            - self.last.sleep_cycles;
        let spent = Cost {
            cycles: (now.cycles - self.last.cycles).saturating_sub(aside),
            instructions: now.instructions - self.last.instructions,
        };
        self.last = now;
        if let Some(frame) = self.frames.last_mut() {
            frame.cost.add(spent);
            let (function, path) = (frame.function, frame.path);
            self.totals.entry(function).or_default().own.add(spent);
            if let Some(path) = self.paths.get_mut(path) {
                path.own.add(spent);
            }
        }
    }

    fn exception(&mut self, step: ExceptionStep) {
        match step {
            // Which handler it is shows when its first block begins.
            ExceptionStep::Enter => {
                let interrupted = self.block_end.take();
                let path = self.path(None, None);
                self.frames.push(Frame {
                    path,
                    function: None,
                    addresses: (0, 0),
                    link: u32::MAX,
                    stack: u32::MAX,
                    exception: true,
                    interrupted,
                    cost: Cost::default(),
                });
            }
            ExceptionStep::Leave => {
                self.block_end = None;
                while let Some(frame) = self.leave() {
                    if frame.exception {
                        self.block_end = frame.interrupted;
                        break;
                    }
                }
            }
        }
    }

    /// The block at `pc` begins: finds out whether that is a call, a return or neither.
    fn arrive(&mut self, pc: u32, stack: u32, link: u32) {
        let called_from = self.block_end.take();
        let Some(top) = self.frames.last_mut() else {
            return self.enter(pc, link & !1, stack, true);
        };
        if top.exception && top.addresses == (0, 0) {
            let interrupted = top.interrupted;
            self.frames.pop();
            self.enter(pc, u32::MAX, u32::MAX, true);
            if let Some(handler) = self.frames.last_mut() {
                handler.interrupted = interrupted;
            }
            return;
        }
        let returned = top.link == pc && top.stack == stack;
        let called = called_from.is_some_and(|end| end != pc && link == end | 1);
        if called {
            return self.enter(pc, link & !1, stack, false);
        }
        let within = (top.addresses.0..top.addresses.1).contains(&pc);
        if within && !returned {
            return;
        }
        // Those that were branched to share the return address of the one that was called.
        while let Some(depth) = self.returning(pc, stack) {
            while self.frames.len() > depth {
                self.leave();
            }
        }
        let Some(&top) = self.frames.last() else {
            return self.enter(pc, link & !1, stack, true);
        };
        if !(top.addresses.0..top.addresses.1).contains(&pc) {
            self.branch(pc, top);
        }
    }

    /// The depth that is left after a return to `pc`, if it is one.
    fn returning(&self, pc: u32, stack: u32) -> Option<usize> {
        let handler = self.frames.iter().rposition(|frame| frame.exception)?;
        let here = |frame: &Frame| !frame.exception && frame.link == pc && frame.stack == stack;
        Some(handler + self.frames[handler..].iter().rposition(here)?)
    }

    /// A branch out of `top` to another function, which will return in its place.
    fn branch(&mut self, pc: u32, top: Frame) {
        let function = self.symbols.function_number(pc);
        let chain = self
            .frames
            .iter()
            .rev()
            .take_while(|f| !f.exception && (f.link, f.stack) == (top.link, top.stack));
        let back = chain.take(DEEPEST).position(|f| f.function == function);
        match back {
            // Functions that branch to each other for ever don't pile up.
            Some(above) => {
                for _ in 0..above {
                    self.leave();
                }
                if self.starts_at(function, pc) {
                    self.totals.entry(function).or_default().calls += 1;
                }
            }
            None => self.enter(pc, top.link, top.stack, false),
        }
    }

    /// Whether `pc` is the first instruction of a function.
    fn starts_at(&self, function: Function, pc: u32) -> bool {
        function.is_some_and(|number| self.symbols.function_range(number).start == pc)
    }

    fn enter(&mut self, pc: u32, link: u32, stack: u32, exception: bool) {
        if self.frames.len() >= DEEPEST {
            self.leave();
        }
        let function = self.symbols.function_number(pc);
        let addresses = match function {
            Some(number) => {
                let range = self.symbols.function_range(number);
                (range.start, range.end)
            }
            // Each half-word stands for itself: what comes next is looked up again.
            None => (pc, pc + 1),
        };
        let calls = u64::from(self.starts_at(function, pc));
        let totals = self.totals.entry(function).or_default();
        totals.calls += calls;
        totals.active += 1;
        let caller = self.frames.last().filter(|_| !exception);
        let path = self.path(caller.map(|frame| frame.path), function);
        self.frames.push(Frame {
            path,
            function,
            addresses,
            link,
            stack,
            exception,
            interrupted: None,
            cost: Cost::default(),
        });
    }

    /// The number of the path on which `caller`'s calls `function`.
    fn path(&mut self, caller: Option<usize>, function: Function) -> usize {
        let paths = &mut self.paths;
        let depth = caller.map_or(0, |caller| paths[caller].depth) + 1;
        if let Some(caller) = caller
            && (depth > LONGEST_PATH || paths.len() >= MOST_PATHS)
        {
            return caller;
        }
        *self.numbers.entry((caller, function)).or_insert_with(|| {
            paths.push(Path {
                caller,
                function,
                own: Cost::default(),
                lowest_stack: u32::MAX,
                depth,
            });
            paths.len() - 1
        })
    }

    /// Notes the stack pointer at the beginning of a block.
    fn note_stack(&mut self, stack: u32) {
        if let Some(frame) = self.frames.last()
            && let Some(path) = self.paths.get_mut(frame.path)
        {
            path.lowest_stack = path.lowest_stack.min(stack);
        }
    }

    /// The paths with their names.
    fn named_paths(&self) -> Vec<CallPath> {
        let symbols: Vec<_> = self.symbols.functions().collect();
        let name = |function: Function| match function {
            Some(number) => symbols[number].name.clone(),
            None => NO_SYMBOL.to_owned(),
        };
        let mut found: Vec<CallPath> = Vec::new();
        let mut names: Vec<Vec<String>> = Vec::new();
        for path in &self.paths {
            let mut functions = path
                .caller
                .map_or(Vec::new(), |caller| names[caller].clone());
            functions.push(name(path.function));
            names.push(functions.clone());
            if path.own.cycles > 0 {
                found.push(CallPath {
                    functions,
                    self_cycles: path.own.cycles,
                    self_instructions: path.own.instructions,
                    lowest_stack: path.lowest_stack,
                });
            }
        }
        found
    }

    /// Takes the topmost frame off and hands its cost on.
    fn leave(&mut self) -> Option<Frame> {
        let frame = self.frames.pop()?;
        // A handler whose first block never began has no function.
        if frame.addresses != (0, 0) {
            let totals = self.totals.entry(frame.function).or_default();
            totals.active -= 1;
            if totals.active == 0 {
                totals.inclusive.add(frame.cost);
            }
        }
        if !frame.exception
            && let Some(caller) = self.frames.last_mut()
        {
            caller.cost.add(frame.cost);
        }
        Some(frame)
    }

    fn finish(&mut self, now: Clock) -> Profile {
        self.charge(now);
        while self.leave().is_some() {}
        let symbols: Vec<_> = self.symbols.functions().collect();
        let mut functions: Vec<_> = self
            .totals
            .iter()
            .map(|(&function, totals)| {
                let symbol = function.map(|number| symbols[number]);
                let size = function.map_or(0, |number| self.symbols.function_range(number).len());
                FunctionCost {
                    name: symbol.map_or(NO_SYMBOL.to_owned(), |symbol| symbol.name.clone()),
                    address: symbol.map_or(0, |symbol| symbol.address),
                    size: size as u32,
                    calls: totals.calls,
                    self_cycles: totals.own.cycles,
                    self_instructions: totals.own.instructions,
                    inclusive_cycles: totals.inclusive.cycles,
                    inclusive_instructions: totals.inclusive.instructions,
                }
            })
            .collect();
        functions.sort_by(|a, b| (b.self_cycles, a.address).cmp(&(a.self_cycles, b.address)));
        Profile {
            functions,
            paths: self.named_paths(),
            cycles: now.cycles - self.start.cycles,
            instructions: now.instructions - self.start.instructions,
            exception_cycles: now.exception_cycles - self.start.exception_cycles,
            sleep_cycles: now.sleep_cycles - self.start.sleep_cycles,
        }
    }
}

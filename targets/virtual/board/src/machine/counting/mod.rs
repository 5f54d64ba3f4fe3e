//! Where the cycles of a measured window go: to the operators that are called in it, and there to
//! causes and blocks. Counted block by block, beside the run: no instruction is added, no block is
//! cut, and the program takes the cycles that it takes without.
//!
//! A window lies between two reads of DWT CYCCNT by the core. Operators are recognised by the
//! instructions that call them, of which the addresses behind them are given: a block that ends there
//! and jumps begins an operator, and a jump there ends it.

mod report;

use std::collections::BTreeMap;

use super::Machine;
use crate::cpu::Core;
use crate::cpu::blocks::{Block, CodeCache};
use crate::cpu::run::counted::{BlockCounter, Spent};
use crate::timing::causes::{Cause, Causes, StaticCauses};
use crate::timing::waits;

pub use report::{BlockCost, ReportError, SegmentCost, WindowProfile};

/// What is known of a block that was executed.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    start: u32,
    end: u32,
    cycles: u32,
    instructions: u8,
    /// A call of an operator ends it.
    calls: bool,
    /// It stands behind a call of an operator.
    behind_call: bool,
    /// What its static cycles go to.
    fixed: StaticCauses,
}

/// What executions of a block took since they were settled.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    executions: u64,
    cycles: u64,
    refill: u64,
    fetch: u64,
    /// By [`WAITS`].
    waits: [i64; 3],
}

/// What loads and stores wait for, in the order of [`waits::parts`].
const WAITS: [Cause; 3] = [Cause::FlashData, Cause::Unaligned, Cause::MemoryChange];

/// A segment that isn't over.
#[derive(Debug, Default)]
struct Open {
    causes: Causes,
    blocks: BTreeMap<u32, BlockCost>,
    nested: u32,
    argument: u32,
}

/// Cycles and instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Clock {
    cycles: u64,
    instructions: u64,
}

impl Clock {
    fn of(core: &Core) -> Self {
        Self {
            cycles: core.cycles,
            instructions: core.instructions,
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            cycles: self.cycles.wrapping_sub(earlier.cycles),
            instructions: self.instructions.wrapping_sub(earlier.instructions),
        }
    }
}

/// Counts while a program runs.
pub(super) struct Counting {
    /// Addresses behind the calls of operators.
    behind_calls: Vec<u32>,
    /// By number of the block.
    counts: Vec<(Known, Tally)>,
    /// Blocks that were executed since the counts were settled.
    touched: Vec<usize>,
    /// Counts of blocks whose numbers others have now.
    replaced: Vec<(Known, Tally)>,
    /// When what is counted began: with the counting, and then with each read of CYCCNT that no
    /// operator makes.
    start: Clock,
    /// Whether it began with such a read.
    in_window: bool,
    /// Of the read of CYCCNT that was noticed last.
    read: Clock,
    between: Open,
    calls: Vec<SegmentCost>,
    operator: Open,
    called: Clock,
    /// Operators that were called and haven't returned.
    depth: u32,
    /// As [`Machine::slow_operator`] says.
    slowed: Option<(usize, u64)>,
    kept: Option<WindowProfile>,
}

impl Machine {
    /// Has the operator that is called as the `operator`-th in a window, from 0, take `cycles` more, as
    /// long as cycles are counted: a fault to be found by who looks for slow operators.
    pub fn slow_operator(&mut self, operator: usize, cycles: u64) {
        self.slowed = Some((operator, cycles));
    }

    /// Counts from now on where the cycles go. Operators are called by the instructions before the
    /// addresses `behind_calls`. Takes the program no cycle.
    pub fn start_counting(&mut self, behind_calls: &[u32]) {
        let core = &mut self.core;
        core.deadline = 0;
        self.counting = Some(Box::new(Counting {
            behind_calls: behind_calls.iter().map(|address| address & !1).collect(),
            counts: Vec::new(),
            touched: Vec::new(),
            replaced: Vec::new(),
            start: Clock::of(core),
            in_window: false,
            read: latest_read(core),
            between: Open::default(),
            calls: Vec::new(),
            operator: Open::default(),
            called: Clock::default(),
            depth: 0,
            slowed: self.slowed,
            kept: None,
        }));
    }

    /// Ends what [`Self::start_counting`] began, if it was called. The profile is that of the latest
    /// window in which operators were called, or of the latest one if none were in any. Where CYCCNT
    /// wasn't read twice, it is of everything since it was read, or since the counting began.
    pub fn stop_counting(&mut self) -> Option<WindowProfile> {
        let mut counting = self.counting.take()?;
        let core = &mut self.core;
        core.deadline = 0;
        if counting.kept.is_none() {
            if counting.depth > 0 {
                counting.end_operator(core);
            }
            let all = Clock::of(core).since(counting.start);
            counting.close(all);
        }
        counting.kept
    }
}

fn latest_read(core: &Core) -> Clock {
    Clock {
        cycles: core.window.latest_cycles,
        instructions: core.window.latest,
    }
}

impl Counting {
    /// Moves all counts into the operator that runs, or into what is between.
    fn settle(&mut self) {
        let open = match self.depth {
            0 => &mut self.between,
            _ => &mut self.operator,
        };
        for number in self.touched.drain(..) {
            let (known, tally) = &mut self.counts[number];
            open.add(known, std::mem::take(tally));
        }
        for (known, tally) in self.replaced.drain(..) {
            open.add(&known, tally);
        }
    }

    /// An operator is called.
    fn call(&mut self, core: &mut Core) {
        if self.depth == 0 {
            self.settle();
            self.called = Clock::of(core);
            self.operator.argument = core.r[0];
            let slowed = self
                .slowed
                .filter(|(number, _)| *number == self.calls.len());
            core.cycles += slowed.map_or(0, |(_, cycles)| cycles);
        } else {
            self.operator.nested += 1;
        }
        self.depth += 1;
    }

    /// An operator returns.
    fn returned(&mut self, core: &Core) {
        match self.depth {
            0 => {}
            1 => self.end_operator(core),
            _ => self.depth -= 1,
        }
    }

    /// Ends the operator that was called first of those that run.
    fn end_operator(&mut self, core: &Core) {
        self.settle();
        self.depth = 0;
        let cost = Clock::of(core).since(self.called);
        let open = std::mem::take(&mut self.operator);
        self.calls.push(open.segment(cost));
    }

    /// Ends a window that took `all`.
    fn close(&mut self, all: Clock) {
        self.settle();
        let calls = std::mem::take(&mut self.calls);
        let of_calls = calls.iter().fold(Clock::default(), |sum, call| Clock {
            cycles: sum.cycles + call.cycles,
            instructions: sum.instructions + call.instructions,
        });
        let between = std::mem::take(&mut self.between).segment(all.since(of_calls));
        if calls.is_empty() && self.kept.as_ref().is_some_and(|it| !it.calls.is_empty()) {
            return;
        }
        self.kept = Some(WindowProfile {
            cycles: all.cycles,
            instructions: all.instructions,
            calls,
            between,
        });
    }

    /// CYCCNT was read in `block`, which took `cycles`: a window ends, and the next one begins.
    fn read(&mut self, core: &Core, block: &Block, cycles: u64) {
        self.read = latest_read(core);
        let whole = BlockCost {
            address: block.start,
            bytes: block.end.wrapping_sub(block.start),
            executions: 1,
            cycles,
            instructions: block.instructions.into(),
        };
        // What an operator measures is its own business.
        if self.depth > 0 {
            self.operator.add_edge(whole);
            return;
        }
        let since = Clock::of(core).since(self.read);
        let behind = BlockCost {
            executions: 0,
            cycles: since.cycles.min(cycles),
            instructions: since.instructions.min(whole.instructions),
            ..whole
        };
        self.between.add_edge(BlockCost {
            cycles: cycles - behind.cycles,
            instructions: whole.instructions - behind.instructions,
            ..whole
        });
        let all = self.read.since(self.start);
        self.start = self.read;
        if std::mem::replace(&mut self.in_window, true) {
            self.close(all);
        } else {
            // What came before the first read is in no window.
            self.settle();
            self.calls.clear();
            self.between = Open::default();
        }
        self.between.add_edge(behind);
    }
}

impl Open {
    /// Adds executions of a block.
    fn add(&mut self, known: &Known, tally: Tally) {
        let mut causes = known.fixed.causes.times(tally.executions);
        causes.add(Cause::Refill, tally.refill as i64);
        causes.add(Cause::Fetch, tally.fetch as i64);
        for (cause, cycles) in WAITS.into_iter().zip(tally.waits) {
            causes.add(cause, cycles);
        }
        // What is left are divides, and what skipped instructions save.
        let rest = tally.cycles as i64 - causes.total();
        let divides = known.fixed.divides && rest > 0;
        causes.add(
            if divides {
                Cause::Divide
            } else {
                Cause::Instruction
            },
            rest,
        );
        self.causes += causes;
        self.add_block(BlockCost {
            address: known.start,
            bytes: known.end.wrapping_sub(known.start),
            executions: tally.executions,
            cycles: tally.cycles,
            instructions: tally.executions * u64::from(known.instructions),
        });
    }

    fn add_block(&mut self, cost: BlockCost) {
        let BlockCost { address, bytes, .. } = cost;
        let block = self.blocks.entry(address).or_insert(BlockCost {
            address,
            bytes,
            ..BlockCost::default()
        });
        block.executions += cost.executions;
        block.cycles += cost.cycles;
        block.instructions += cost.instructions;
    }

    /// A part of a block, of which no more is known.
    fn add_edge(&mut self, cost: BlockCost) {
        self.causes.add(Cause::Instruction, cost.cycles as i64);
        self.add_block(cost);
    }

    fn segment(self, cost: Clock) -> SegmentCost {
        SegmentCost {
            cycles: cost.cycles,
            instructions: cost.instructions,
            nested: self.nested,
            argument: self.argument,
            causes: self.causes,
            blocks: self.blocks.into_values().collect(),
        }
    }
}

impl Known {
    fn of(core: &mut Core, block: &Block, behind_calls: &[u32]) -> Self {
        Self {
            start: block.start,
            end: block.end,
            cycles: block.cycles,
            instructions: block.instructions,
            calls: behind_calls.contains(&block.end),
            behind_call: behind_calls.contains(&block.start),
            // Without timing a block takes no cycles that could go to anything.
            fixed: match core.instructions_only {
                true => StaticCauses::default(),
                false => CodeCache::causes(core, block),
            },
        }
    }

    fn is_of(&self, block: &Block) -> bool {
        let own = (self.start, self.end, self.cycles, self.instructions);
        own == (block.start, block.end, block.cycles, block.instructions)
    }
}

impl BlockCounter for Counting {
    fn begins(&mut self, core: &mut Core, block: &Block, number: usize) {
        if self.counts.len() <= number {
            self.counts.resize(number + 1, Default::default());
        }
        let count = &mut self.counts[number];
        if !count.0.is_of(block) {
            if count.1.executions > 0 {
                self.replaced.push(*count);
                self.touched.retain(|&touched| touched != number);
            }
            let known = Known::of(core, block, &self.behind_calls);
            *count = (known, Tally::default());
        }
        if count.0.behind_call && core.jumped {
            self.returned(core);
        }
    }

    fn ended(&mut self, core: &mut Core, block: &Block, number: usize, spent: Spent) {
        let (known, tally) = &mut self.counts[number];
        let calls = known.calls && core.jumped;
        if latest_read(core) == self.read {
            if tally.executions == 0 {
                self.touched.push(number);
            }
            tally.executions += 1;
            tally.cycles += spent.cycles;
            tally.refill += spent.refill;
            tally.fetch += spent.fetch;
            for (sum, cycles) in tally.waits.iter_mut().zip(waits::parts(spent.waits)) {
                *sum += cycles;
            }
        } else {
            self.read(core, block, spent.cycles);
        }
        if calls {
            self.call(core);
        }
    }
}

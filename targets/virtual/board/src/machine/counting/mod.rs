//! Where the cycles of a measured window go: to the operators that are called in it, and there to
//! causes and blocks. Counted block by block, beside the run: no instruction is added, no block is
//! cut, and the program takes the cycles that it takes without.
//!
//! A window lies between two reads of DWT CYCCNT by the core. Operators are recognised by the
//! instructions that call them, of which the addresses behind them are given: a block that ends there
//! and jumps begins an operator, and a jump there ends it.

mod report;

use std::collections::{BTreeMap, HashMap};

use super::Machine;
use crate::cpu::Core;
use crate::cpu::blocks::{Block, CodeCache};
use crate::cpu::run::counted::{BlockCounter, Spent};
use crate::timing::causes::{Cause, Causes, StaticCauses};
use crate::timing::waits;

pub use report::{BlockCost, ReportError, SegmentCost, WindowProfile};

/// Counts of one block, since they were settled.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    start: u32,
    end: u32,
    /// A call of an operator ends it.
    calls: bool,
    /// It stands behind a call of an operator.
    behind_call: bool,
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
    counts: Vec<Count>,
    /// Blocks that were executed since the counts were settled.
    touched: Vec<usize>,
    /// Counts of blocks whose numbers others have now.
    replaced: Vec<Count>,
    causes: HashMap<u32, StaticCauses>,
    start: Clock,
    /// Of the read of CYCCNT that was noticed last.
    read: Clock,
    between: Open,
    calls: Vec<SegmentCost>,
    operator: Open,
    called: Clock,
    /// Operators that were called and haven't returned.
    depth: u32,
    kept: Option<WindowProfile>,
}

impl Machine {
    /// Counts from now on where the cycles go. Operators are called by the instructions before the
    /// addresses `behind_calls`. Takes the program no cycle, and the host about half as long again.
    pub fn start_counting(&mut self, behind_calls: &[u32]) {
        let core = &mut self.core;
        core.deadline = 0;
        self.counting = Some(Box::new(Counting {
            behind_calls: behind_calls.iter().map(|address| address & !1).collect(),
            counts: Vec::new(),
            touched: Vec::new(),
            replaced: Vec::new(),
            causes: HashMap::new(),
            start: Clock::of(core),
            read: latest_read(core),
            between: Open::default(),
            calls: Vec::new(),
            operator: Open::default(),
            called: Clock::default(),
            depth: 0,
            kept: None,
        }));
    }

    /// Ends what [`Self::start_counting`] began, if it was called. The profile is that of the latest
    /// window in which operators were called; if there is none of the latest window, and if CYCCNT
    /// wasn't read twice, of everything.
    pub fn stop_counting(&mut self) -> Option<WindowProfile> {
        let mut counting = self.counting.take()?;
        let core = &mut self.core;
        core.deadline = 0;
        if counting.kept.is_none() {
            if counting.depth > 0 {
                counting.settle_operator(core);
                let cost = Clock::of(core).since(counting.called);
                counting.end_operator(cost);
            }
            let all = Clock::of(core).since(counting.start);
            counting.close(core, all);
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
    /// Moves all counts into what is between operators.
    fn settle_between(&mut self, core: &mut Core) {
        let mut open = std::mem::take(&mut self.between);
        self.settle(core, &mut open);
        self.between = open;
    }

    /// Moves all counts into the operator.
    fn settle_operator(&mut self, core: &mut Core) {
        let mut open = std::mem::take(&mut self.operator);
        self.settle(core, &mut open);
        self.operator = open;
    }

    fn settle(&mut self, core: &mut Core, open: &mut Open) {
        for number in std::mem::take(&mut self.touched) {
            let count = &mut self.counts[number];
            let counted = *count;
            *count = Count {
                start: counted.start,
                end: counted.end,
                calls: counted.calls,
                behind_call: counted.behind_call,
                ..Count::default()
            };
            self.settle_count(core, open, &counted);
        }
        for counted in std::mem::take(&mut self.replaced) {
            self.settle_count(core, open, &counted);
        }
    }

    fn settle_count(&mut self, core: &mut Core, open: &mut Open, count: &Count) {
        let fixed = *self
            .causes
            .entry(count.start)
            .or_insert_with(|| CodeCache::causes(core, count.start));
        let mut causes = fixed.causes.times(count.executions);
        causes.add(Cause::Refill, count.refill as i64);
        causes.add(Cause::Fetch, count.fetch as i64);
        for (cause, cycles) in WAITS.into_iter().zip(count.waits) {
            causes.add(cause, cycles);
        }
        // What is left are divides, and what skipped instructions save.
        let rest = count.cycles as i64 - causes.total();
        let divides = fixed.divides && rest > 0;
        causes.add(
            if divides {
                Cause::Divide
            } else {
                Cause::Instruction
            },
            rest,
        );
        open.causes += causes;
        open.add_block(BlockCost {
            address: count.start,
            bytes: count.end.wrapping_sub(count.start),
            executions: count.executions,
            cycles: count.cycles,
            instructions: count.executions * fixed.instructions,
        });
    }

    /// An operator is called.
    fn call(&mut self, core: &mut Core) {
        self.depth += 1;
        if self.depth > 1 {
            self.operator.nested += 1;
            return;
        }
        self.settle_between(core);
        self.called = Clock::of(core);
    }

    /// An operator returns.
    fn returned(&mut self, core: &mut Core) {
        let Some(depth) = self.depth.checked_sub(1) else {
            return;
        };
        if depth > 0 {
            self.depth = depth;
            return;
        }
        self.settle_operator(core);
        let cost = Clock::of(core).since(self.called);
        self.end_operator(cost);
    }

    fn end_operator(&mut self, cost: Clock) {
        self.depth = 0;
        let open = std::mem::take(&mut self.operator);
        self.calls.push(open.segment(cost));
    }

    /// Ends a window that took `all`.
    fn close(&mut self, core: &mut Core, all: Clock) {
        self.settle_between(core);
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

    /// CYCCNT was read in the block `count`, which took `cycles`: a window ends, and the next one
    /// begins.
    fn read(&mut self, core: &mut Core, block: &Block, cycles: u64) {
        let window = core.window;
        self.read = latest_read(core);
        let whole = BlockCost {
            address: block.start,
            bytes: block.end.wrapping_sub(block.start),
            executions: 1,
            cycles,
            instructions: block.instructions.into(),
        };
        // A program that reads it in an operator has windows of its own.
        if self.depth > 0 {
            self.operator.add_edge(whole);
            return;
        }
        let behind = BlockCost {
            executions: 0,
            cycles: core.cycles.saturating_sub(window.latest_cycles).min(cycles),
            instructions: core.instructions.saturating_sub(window.latest),
            ..whole
        };
        self.between.add_edge(BlockCost {
            cycles: cycles - behind.cycles,
            instructions: whole.instructions.saturating_sub(behind.instructions),
            ..whole
        });
        let all = Clock {
            cycles: window.latest_cycles.wrapping_sub(window.previous_cycles),
            instructions: window.latest.wrapping_sub(window.previous),
        };
        self.close(core, all);
        self.between.add_edge(behind);
    }
}

impl Open {
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
            causes: self.causes,
            blocks: self.blocks.into_values().collect(),
        }
    }
}

impl BlockCounter for Counting {
    fn begins(&mut self, core: &mut Core, block: &Block, number: usize) {
        if self.counts.len() <= number {
            self.counts.resize(number + 1, Count::default());
        }
        let count = &mut self.counts[number];
        if (count.start, count.end) != (block.start, block.end) {
            if count.executions > 0 {
                self.replaced.push(*count);
                self.touched.retain(|&touched| touched != number);
            }
            *count = Count {
                start: block.start,
                end: block.end,
                calls: self.behind_calls.contains(&block.end),
                behind_call: self.behind_calls.contains(&block.start),
                ..Count::default()
            };
        }
        if count.behind_call && core.jumped {
            self.returned(core);
        }
    }

    fn ended(&mut self, core: &mut Core, block: &Block, number: usize, spent: Spent) {
        let calls = self.counts[number].calls && core.jumped;
        if latest_read(core) == self.read {
            let count = &mut self.counts[number];
            if count.executions == 0 {
                self.touched.push(number);
            }
            count.executions += 1;
            count.cycles += spent.cycles;
            count.refill += spent.refill;
            count.fetch += spent.fetch;
            for (sum, cycles) in count.waits.iter_mut().zip(waits::parts(spent.waits)) {
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

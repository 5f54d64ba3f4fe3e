//! The inner loop while cycles are counted, block by block.

use super::{Left, enter_any, if_jumped, leave};
use crate::cpu::Core;
use crate::cpu::blocks::{Block, CodeCache};
use crate::cpu::dispatch::dispatch;
use crate::timing::waits::Waits;

/// What counts blocks.
pub(crate) trait BlockCounter {
    /// The block of this number is about to be entered.
    fn begins(&mut self, core: &mut Core, block: &Block, number: usize);
    /// It was executed to its end.
    fn ended(&mut self, core: &mut Core, block: &Block, number: usize, spent: Spent);
}

/// What one execution of a block took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Cycles in all, the static ones among them.
    pub cycles: u64,
    /// Filling the pipeline again, when it was entered by a jump and when it was left by one.
    pub refill: u64,
    /// Its own fetch.
    pub fetch: u64,
    /// Loads and stores beyond their static cycles.
    pub waits: Waits,
}

/// [`super::run_blocks`], counted, from the block `number` on.
#[cold]
#[inline(never)]
pub(crate) fn run_blocks_counted<'a, const T: bool>(
    core: &mut Core,
    code: &'a CodeCache,
    mut number: usize,
    counter: &mut impl BlockCounter,
) -> Left<'a> {
    core.cycles = core.cycles.wrapping_add(std::mem::take(&mut core.extra));
    loop {
        let block = &code.blocks[number];
        counter.begins(core, block, number);
        let jump = if T {
            if_jumped(core, block.jump_extra)
        } else {
            0
        };
        let begin = core.cycles;
        if !enter_any::<T>(core, block) {
            return Left::BetweenBlocks;
        }
        let entered = core.cycles.wrapping_sub(begin);
        let waits = core.load_store_extra;
        if let Some(op) = dispatch::<T>(core, block.ops.iter()) {
            return Left::Inside(block, op);
        }
        leave::<T>(core, block);
        let taken = if T {
            if_jumped(core, block.taken_extra)
        } else {
            0
        };
        let spent = Spent {
            cycles: core.cycles.wrapping_sub(begin),
            refill: u64::from(jump + taken),
            fetch: entered.wrapping_sub(jump.into()),
            waits: core.load_store_extra.wrapping_sub(waits),
        };
        counter.ended(core, block, number, spent);
        if core.cycles >= core.deadline {
            return Left::BetweenBlocks;
        }
        match code.number_behind(core, block) {
            Some(next) => number = next,
            None => return Left::BetweenBlocks,
        }
    }
}

//! The inner loop: block after block, as long as nothing else has to be looked at.

pub(crate) mod counted;
pub(crate) mod waiting;

use super::Core;
use super::blocks::{Block, CodeCache};
use super::dispatch::dispatch;
use super::op::Op;

/// Where a run of blocks was left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left<'a> {
    /// Between blocks: the deadline has come, or the next block isn't decoded yet.
    BetweenBlocks,
    /// At this op of a block: [`Core::stop`] says why.
    Inside(&'a Block, &'a Op),
}

/// Runs `block` and those that follow it until [`Core::deadline`]. With the deadline at 0 it runs
/// one block.
pub(crate) fn run_blocks<'a, const T: bool>(
    core: &mut Core,
    code: &'a CodeCache,
    block: &'a Block,
) -> Left<'a> {
    if T && core.flash_timing.single_port {
        run_from::<T, true>(core, code, block)
    } else {
        run_from::<T, false>(core, code, block)
    }
}

/// [`run_blocks`]. `P`: the flash is behind one bus.
#[inline(never)]
fn run_from<'a, const T: bool, const P: bool>(
    core: &mut Core,
    code: &'a CodeCache,
    mut block: &'a Block,
) -> Left<'a> {
    // What an exception has taken.
    core.cycles = core.cycles.wrapping_add(std::mem::take(&mut core.extra));
    loop {
        // A loop of one block comes round without looking anything up.
        loop {
            if !enter::<T, P>(core, block) {
                return Left::BetweenBlocks;
            }
            if let Some(op) = dispatch::<T>(core, block.ops.iter()) {
                return Left::Inside(block, op);
            }
            leave::<T>(core, block);
            if core.cycles >= core.deadline {
                return Left::BetweenBlocks;
            }
            if core.next_pc != block.start {
                break;
            }
        }
        match code.behind(core, block) {
            Some(next) => block = next,
            None => return Left::BetweenBlocks,
        }
    }
}

/// What comes before the first op of a block. False if it faults before that.
#[inline(always)]
fn enter<const T: bool, const P: bool>(core: &mut Core, block: &Block) -> bool {
    if block.float && core.begins_floating_point() && !core.begin_floating_point() {
        return false;
    }
    if T {
        let extra = if_jumped(core, block.jump_extra);
        let now = core.cycles.wrapping_add(u64::from(extra));
        // Over one bus each time: what was read ahead isn't in the cache.
        core.cycles = match &block.flash {
            Some(run) if P => {
                let bytes = (block.start, block.end);
                core.followed.enter(bytes, run, core.jumped, now)
            }
            _ => now,
        };
        if !P && block.epoch.get() != core.cache.epoch {
            fetch_through_cache(core, block);
        }
    }
    core.jumped = false;
    core.next_pc = block.end;
    true
}

/// [`enter`], whatever the flash is.
fn enter_any<const T: bool>(core: &mut Core, block: &Block) -> bool {
    if T && core.flash_timing.single_port {
        enter::<T, true>(core, block)
    } else {
        enter::<T, false>(core, block)
    }
}

/// `cycles` if the core has jumped, else 0. Without a branch: how the host predicts the operations'
/// goes by the branches before them.
#[inline(always)]
fn if_jumped(core: &Core, cycles: u32) -> u32 {
    cycles & 0_u32.wrapping_sub(u32::from(core.jumped))
}

/// Accounts for a block that was executed to its end.
#[inline(always)]
fn leave<const T: bool>(core: &mut Core, block: &Block) {
    let extra = std::mem::take(&mut core.extra);
    if T {
        block.waited.set(extra as u32);
        let taken = if_jumped(core, block.taken_extra);
        core.cycles = core
            .cycles
            .wrapping_add(u64::from(block.cycles + taken))
            .wrapping_add(extra);
    } else {
        // Only what the chip itself stalls.
        core.cycles += u64::from(block.instructions) + extra;
    }
    core.instructions += u64::from(block.instructions);
}

/// Looks a block up in the instruction cache and adds the cycles of its misses.
#[cold]
#[inline(never)]
fn fetch_through_cache(core: &mut Core, block: &Block) {
    if let (true, Some((start, end))) = (core.flash_timing.instruction_cache, block.flash_bytes()) {
        let cycles = if core.flash_timing.prefetch {
            fetch_ahead(core, block, start, end)
        } else {
            let misses = core.cache.touch(start, end);
            if core.flash_timing.counts_cache {
                core.cache_counters.misses = core.cache_counters.misses.wrapping_add(misses);
            }
            u64::from(misses * core.instruction_miss_cycles())
        };
        core.cycles = core.cycles.wrapping_add(cycles);
    }
    block.epoch.set(core.cache.epoch);
}

/// Cycles that the block in the flash bytes `start..end` waits for sectors that aren't in the
/// instruction cache, while the flash reads on by itself.
///
/// The time at which the core wants a byte is taken to grow evenly with the bytes, and the block to
/// wait for data as long as the last time.
fn fetch_ahead(core: &mut Core, block: &Block, start: u32, end: u32) -> u64 {
    let shift = core.flash_sector_shift;
    // What skipped instructions saved can outweigh the waits.
    let data = i64::from(block.waited.get() as i32).max(0) as u64;
    let cycles = u64::from(block.cycles) + data;
    let until = |bytes: u32| cycles * u64::from(bytes) / u64::from(end - start);
    // A word is asked for when the prefetch unit has room for it: so many words before its own.
    let rules = core.timing;
    let ahead = until(4 * rules.fetch_ahead).saturating_sub(rules.fetch_latency.into());
    let wait_states = core.instruction_miss_cycles();
    let begin = core.cycles;
    let mut waited = 0;
    for sector in start >> shift..=(end - 1) >> shift {
        let byte = sector << shift;
        if core.cache.misses(byte) {
            let wanted = begin + waited + until(byte.saturating_sub(start));
            let requested = if core.jumped && byte <= start {
                wanted
            } else {
                wanted.saturating_sub(ahead)
            };
            waited += core.prefetch.read(sector, requested, wanted, wait_states);
        }
    }
    waited
}

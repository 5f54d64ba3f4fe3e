//! Loops that wait: a program looks at a register of a peripheral or a word in RAM again and again,
//! until it changes. What a pass of such a loop does is known after the first, so the others are passed
//! over.
//!
//! A pass may be passed over if the next one does the same: registers and flags are as they were at the
//! same place of the pass before, nothing was stored, no read changed anything, nothing was evicted from
//! a cache, and the pass took as long as the one before it. What the loop reads then stays as it is until
//! the run loop looks up. Cycles and instructions are those that every pass would have taken, to the
//! last one.

use super::{Left, enter_any, leave, run_blocks};
use crate::cpu::Core;
use crate::cpu::blocks::{Block, CodeCache};
use crate::cpu::dispatch::dispatch;
use crate::cpu::op::{Kind, for_each_kind};

/// Blocks that are looked at for two passes, and those behind which a loop isn't sought from where it
/// was begun: code that led to it may stand before it.
const BLOCKS: u32 = 96;
const BLOCKS_OF_PASSES: u32 = 32;
/// A program that was seen not to wait is looked at again when the run loop has looked up once for each
/// so many blocks that this took: an interrupt handler shows it in its first.
const PATIENCE: u32 = 6;

/// Whether the program waits.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// The run loop is to look whether it does.
    suspected: bool,
    /// How often the run loop looks up until it is suspected again.
    patience: u32,
    /// A peripheral or a register of the core was more than looked at.
    disturbed: bool,
    #[cfg(test)]
    pub(crate) passes_over: u64,
}

impl Waiting {
    /// A peripheral, or a register of the core, does more than being looked at.
    #[inline]
    pub(crate) fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// The run loop has looked up, and runs the program on. `may`: whether each pass does what the last
    /// one did, as far as faults go that are injected.
    #[inline]
    pub(crate) fn run_on(&mut self, may: bool) {
        self.suspected = may && self.patience == 0;
        self.patience = self.patience.saturating_sub(1);
    }

    /// Whether to look at what the program does next.
    #[inline]
    pub(crate) fn is_suspected(&self) -> bool {
        self.suspected
    }
}

/// All that decides what the program does next, but for what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    pc: u32,
    /// R0 to R14.
    r: [u32; 15],
    /// N, Z, C, V, Q, GE.
    flags: (u32, u32, bool, u32, bool, u32),
    /// Whether the block is jumped to.
    jumped: bool,
    /// Of the caches: another one after something was evicted.
    epochs: (u32, Option<u32>),
    /// What was read last decides what the next read waits.
    last_read: (u8, u32),
    /// Of a flash behind one bus.
    flash: u32,
}

impl State {
    fn of(core: &Core) -> Self {
        Self {
            pc: core.next_pc,
            r: core.r.first(),
            flags: (core.n, core.z, core.c, core.v, core.q, core.ge),
            jumped: core.jumped,
            epochs: (
                core.cache.epoch,
                core.data_cache.as_ref().map(|it| it.epoch),
            ),
            last_read: (core.last_group, core.last_flash_sector),
            flash: core.followed.situation_number(),
        }
    }
}

/// Runs `block` and those that follow it, as [`super::run_blocks`] does, until it is known whether the
/// program waits; passes over what it would wait for until [`Core::deadline`].
#[cold]
#[inline(never)]
pub(crate) fn run_blocks_suspected<'a, const T: bool>(
    core: &mut Core,
    code: &'a CodeCache,
    mut block: &'a Block,
) -> Left<'a> {
    core.cycles = core.cycles.wrapping_add(std::mem::take(&mut core.extra));
    core.waiting.suspected = false;
    core.waiting.disturbed = false;
    let mut state = State::of(core);
    let mut at = (core.cycles, core.instructions);
    let mut last_pass = None;
    for number in 0..BLOCKS {
        core.waiting.patience = number / PATIENCE;
        if block.float || !block.ops.iter().all(|op| only_reads(op.kind)) {
            // Whoever asked for one block gets it.
            return run_blocks::<T>(core, code, block);
        }
        if !enter_any::<T>(core, block) {
            return Left::BetweenBlocks;
        }
        if let Some(op) = dispatch::<T>(core, block.ops.iter()) {
            return Left::Inside(block, op);
        }
        leave::<T>(core, block);
        if core.waiting.disturbed {
            break;
        }
        if core.cycles >= core.deadline {
            return Left::BetweenBlocks;
        }
        if core.next_pc == state.pc && State::of(core) == state {
            let pass = (core.cycles - at.0, core.instructions.wrapping_sub(at.1));
            at = (core.cycles, core.instructions);
            if last_pass == Some(pass) {
                pass_over(core, pass);
                core.waiting.patience = 0;
                return Left::BetweenBlocks;
            }
            last_pass = Some(pass);
        } else if number % BLOCKS_OF_PASSES == BLOCKS_OF_PASSES - 1 {
            state = State::of(core);
            at = (core.cycles, core.instructions);
            last_pass = None;
        }
        match code.behind(core, block) {
            Some(next) => block = next,
            // It has to be decoded first.
            None => {
                core.waiting.suspected = true;
                return Left::BetweenBlocks;
            }
        }
    }
    Left::BetweenBlocks
}

/// Lets as many passes go by as end before the run loop looks up.
fn pass_over(core: &mut Core, (cycles, instructions): (u64, u64)) {
    let until = core.deadline.saturating_sub(1);
    if let Some(passes) = until.saturating_sub(core.cycles).checked_div(cycles) {
        core.cycles += passes * cycles;
        core.followed.pass(passes * cycles);
        core.instructions = core.instructions.wrapping_add(passes * instructions);
        #[cfg(test)]
        {
            core.waiting.passes_over += passes;
        }
    }
}

/// Whether an operation changes nothing but registers and flags.
fn only_reads(kind: Kind) -> bool {
    use Kind as K;
    macro_rules! of_category {
        (data_processing $kind:ident) => {
            true
        };
        (multiply $kind:ident) => {
            true
        };
        (media $kind:ident) => {
            true
        };
        (branch $kind:ident) => {
            true
        };
        (load_store $kind:ident) => {
            matches!(
                K::$kind,
                K::LdrImm
                    | K::LdrReg
                    | K::LdrPre
                    | K::LdrPost
                    | K::LdrbImm
                    | K::LdrbReg
                    | K::LdrbPre
                    | K::LdrbPost
                    | K::LdrhImm
                    | K::LdrhReg
                    | K::LdrhPre
                    | K::LdrhPost
                    | K::LdrsbImm
                    | K::LdrsbReg
                    | K::LdrsbPre
                    | K::LdrsbPost
                    | K::LdrshImm
                    | K::LdrshReg
                    | K::LdrshPre
                    | K::LdrshPost
                    | K::LdrLit
                    | K::LoadUnprivileged
                    | K::Ldrd
                    | K::LdrdLit
                    | K::Ldm
                    | K::Ldm2
                    | K::LdmPc
            )
        };
        (system $kind:ident) => {
            matches!(K::$kind, K::Nop | K::It)
        };
        (pseudo $kind:ident) => {
            matches!(K::$kind, K::Skip | K::SetPc)
        };
        ($category:ident $kind:ident) => {
            false
        };
    }
    macro_rules! look_up {
        (
            $(ops $category:ident { $($single:ident)* })*
            fused { $($fused:ident = $first:ident $($next:ident)+,)* }
        ) => {
            match kind {
                $($(K::$single => of_category!($category $single),)*)*
                // The operations behind the first of a group have their own kinds.
                $(K::$fused => only_reads(K::$first),)*
            }
        };
    }
    for_each_kind!(look_up)
}

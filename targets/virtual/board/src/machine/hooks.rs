//! Hooks: what happens when the core comes to a place in the program, and running to one.

use std::collections::BTreeMap;

use super::{Ended, Machine};
use crate::cpu::blocks::NoBlock;
use crate::elf::{Location, SymbolError};
use crate::marks::Observer;

/// How the core goes on after a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// It executes the function, or wherever the hook has set the program counter.
    Continue,
    /// It returns to the caller at once, as if the function had returned this value in r0. That
    /// takes no time.
    Return(u32),
    /// The run ends here, with [`Ended::Reached`].
    Stop,
}

/// What is called when the core comes to a hook.
type Action = Box<dyn FnMut(&mut Machine) -> Hook + Send>;

/// The hooks of a machine.
#[derive(Default)]
pub(super) struct Hooks {
    /// `None` while its action is being called.
    actions: BTreeMap<u32, Option<Action>>,
    /// Where [`Machine::run_to`] is to stop.
    target: Option<u32>,
    /// Program counter and instruction count of the stop that was reported last: the core goes on
    /// from there.
    reported: Option<(u32, u64)>,
}

impl Machine {
    /// Calls `action` whenever the core comes to the first instruction at `location`, before it is
    /// executed; a hook that was there is replaced. The machine it is given may be looked at and
    /// changed: arguments are in registers r0 to r3, and the return address is in LR.
    ///
    /// A hook takes no time. The pipeline starts afresh at it, as at a branch target.
    ///
    /// # Errors
    /// [`SymbolError`] if the location is a name that doesn't lead to one symbol.
    pub fn hook<'a>(
        &mut self,
        location: impl Into<Location<'a>>,
        action: impl FnMut(&mut Self) -> Hook + Send + 'static,
    ) -> Result<(), SymbolError> {
        let address = self.address_of(location)? & !1;
        self.hooks.actions.insert(address, Some(Box::new(action)));
        // It is called even if the core has stopped here just now.
        self.hooks.reported.take_if(|&mut (pc, _)| pc == address);
        self.mark(address);
        Ok(())
    }

    /// Removes the hook at a location. Nothing happens if there is none.
    ///
    /// # Errors
    /// [`SymbolError`] if the location is a name that doesn't lead to one symbol.
    pub fn unhook<'a>(&mut self, location: impl Into<Location<'a>>) -> Result<(), SymbolError> {
        let address = self.address_of(location)? & !1;
        self.hooks.actions.remove(&address);
        self.mark(address);
        Ok(())
    }

    /// Runs until the core comes to a location, before it executes the instruction there, or
    /// `cycles` more have passed, or the core stops. From the location itself it runs until it
    /// comes there again.
    ///
    /// # Errors
    /// [`SymbolError`] if the location is a name that doesn't lead to one symbol.
    pub fn run_to<'a>(
        &mut self,
        location: impl Into<Location<'a>>,
        cycles: u64,
    ) -> Result<Ended, SymbolError> {
        let address = self.address_of(location)? & !1;
        let outer = self.hooks.target.replace(address);
        self.mark(address);
        self.hooks.reported = Some((self.core.next_pc, self.core.instructions));
        let ended = self.run(cycles);
        self.hooks.target = outer;
        self.mark(address);
        Ok(ended)
    }

    /// Marks an address or not, by whether something is to happen there.
    fn mark(&mut self, address: u32) {
        let marked =
            self.hooks.target == Some(address) || self.hooks.actions.contains_key(&address);
        let core = &mut self.core;
        if core.marks.is_place(address) != marked {
            core.marks.set(address, marked);
            core.stale_code.extend(core.memory.locate(address));
            core.deadline = 0;
        }
    }

    /// The core comes to a mark: lets happen what is to happen there, and executes the block behind
    /// it. Returns why the run ends, if it does.
    #[cold]
    #[inline(never)]
    pub(super) fn pass_mark<const T: bool>(&mut self, pc: u32) -> Option<Ended> {
        if let Some(ended) = self.act_at_mark(pc) {
            return Some(ended);
        }
        let core = &mut self.core;
        if core.next_pc != pc || core.system.debug.halted || core.reset_requested.is_some() {
            core.deadline = 0;
            return None;
        }
        // The hook may have changed code.
        self.tidy_code();
        match self.code.behind_mark(&mut self.core, pc) {
            Ok(number) => {
                let misses = self.core.cache_counters.misses;
                let events = T && self.core.marks.is_observed_by(Observer::Events);
                if events {
                    self.core.shares = self.code.shares(&mut self.core, pc);
                    self.core.skipped = 0;
                    self.core.load_store_extra = 0;
                }
                let instructions = self.core.instructions;
                self.run_one_block::<T>(number);
                if events {
                    let executed = self.core.instructions - instructions;
                    self.core.count_events(executed as usize);
                }
                self.block_executed(number, misses);
            }
            Err(NoBlock::Fault(fault)) => self.core.raise(fault),
            // What stops the core has gone before a mark.
            Err(NoBlock::Breakpoint | NoBlock::Mark) => {}
        }
        None
    }

    /// A block at a mark was executed; there had been so many misses of the instruction cache.
    fn block_executed(&mut self, number: usize, misses: u32) {
        let block = &self.code.blocks[number];
        if let Some(profiler) = &mut self.profiler {
            profiler.block_executed(block.end);
        }
        let core = &mut self.core;
        if core.marks.is_observed_by(Observer::CacheHits)
            && core.flash_timing.instruction_cache
            && let Some((start, end)) = block.flash_bytes()
        {
            let words = (end - 1) / 4 - start / 4 + 1;
            let counters = &mut core.cache_counters;
            let misses = counters.misses.wrapping_sub(misses);
            counters.hits = counters.hits.wrapping_add(words.saturating_sub(misses));
        }
    }

    /// Lets happen what is to happen at `pc`. Returns why the run ends, if it does.
    pub(super) fn act_at_mark(&mut self, pc: u32) -> Option<Ended> {
        self.block_begins(pc);
        if !self.core.marks.is_place(pc) {
            return None;
        }
        let here = (pc, self.core.instructions);
        if self.hooks.reported.take() == Some(here) {
            return None;
        }
        let action = self.hooks.actions.get_mut(&pc).and_then(Option::take);
        if let Some(mut action) = action {
            let hook = action(self);
            // Unless the action has removed or replaced it.
            if let Some(slot @ None) = self.hooks.actions.get_mut(&pc) {
                *slot = Some(action);
            }
            match hook {
                Hook::Continue => {}
                Hook::Return(value) => {
                    self.return_to_caller(value);
                    return None;
                }
                Hook::Stop => {
                    self.hooks.reported = Some((self.core.next_pc, self.core.instructions));
                    return Some(Ended::Reached);
                }
            }
        }
        if self.hooks.target == Some(pc) {
            self.hooks.reported = Some(here);
            return Some(Ended::Reached);
        }
        None
    }

    /// Goes on behind the call, with `value` in r0.
    fn return_to_caller(&mut self, value: u32) {
        let core = &mut self.core;
        core.r[0] = value;
        let link = core.r[14];
        if link >= 0xF000_0000 && core.ipsr != 0 {
            core.return_from_exception(link);
        } else {
            core.next_pc = link & !1;
            core.jumped = true;
        }
        core.deadline = 0;
    }
}

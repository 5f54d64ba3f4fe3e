//! A machine as its debug port sees it.

use super::{Ended, Machine};
use crate::debug_port::DebugTarget;
use crate::memory::{AccessSize, BusFault, Place};
use crate::system::Accessor;
use crate::system::debug::{DFSR_BKPT, DFSR_DWTTRAP, DFSR_VCATCH};
use crate::timing::{Mix, Reference};

/// Cycles the core runs on while a debugger polls it, for each poll.
const POLL_BUDGET: u64 = 1 << 23;
/// Cycles the core runs on while a debugger reads something else: about those of one transfer on
/// the wire at 4 MHz, and less than so many more, now this, now that, as with any probe. Who samples the
/// program counter would otherwise beat with the loops of the program.
const ACCESS_BUDGET: u64 = 1 << 10;
const ACCESS_SPREAD: u32 = 10;
/// The most instructions of one sample: stepping takes a microsecond each.
const MOST_SAMPLED: u32 = 1 << 20;

impl Machine {
    /// A debugger's read.
    pub(super) fn read_at_once(&mut self, address: u32, size: AccessSize) -> Result<u32, BusFault> {
        let now = self.core.cycles;
        if (0xE000_0000..0xE010_0000).contains(&address) {
            return self.core.read_ppb(address, size, now, None);
        }
        let result = self.core.read_bus(address, size, now);
        // The access stalls the debugger, not the core.
        self.core.extra = 0;
        result
    }

    /// While the core runs, a debugger's poll lets it run on.
    fn let_time_pass(&mut self, address: u32) {
        if self.core.system.debug.halted {
            return;
        }
        let budget = if address == 0xE000_EDF0 {
            POLL_BUDGET
        } else {
            // The upper bits of a product with the golden ratio: Knuth, The Art of Computer Programming 3, 6.4.
            let uneven =
                (self.core.cycles as u32).wrapping_mul(0x9E37_79B9) >> (32 - ACCESS_SPREAD);
            ACCESS_BUDGET + u64::from(uneven)
        };
        let before = self.core.instructions;
        self.run(budget);
        if self.core.instructions != before {
            self.core.system.debug.retired_since_read = true;
        }
    }
}

impl DebugTarget for Machine {
    fn debug_read(&mut self, address: u32, size: AccessSize) -> Result<u32, BusFault> {
        self.let_time_pass(address);
        self.read_at_once(address, size)
    }

    fn debug_write(&mut self, address: u32, size: AccessSize, value: u32) -> Result<(), BusFault> {
        let now = self.core.cycles;
        if (0xE000_0000..0xE010_0000).contains(&address) {
            self.core
                .write_ppb(address, size, value, now, None, Accessor::Debugger)?;
            let reset = self.core.reset_requested.is_some() || self.core.core_reset_requested;
            if self.core.step_requested || reset {
                self.run(0);
            }
            return Ok(());
        }
        let core = &mut self.core;
        if core.chip.description().debugger_writes_flash
            && let Some(Place::Flash(offset)) = core.memory.locate(address)
        {
            let bytes = &value.to_le_bytes()[..size.bytes() as usize];
            self.put(address, bytes).ok_or(BusFault)?;
            let core = &mut self.core;
            core.faults
                .after_programming(offset, size, &mut core.memory.flash);
            return Ok(());
        }
        let result = core.write_bus(address, size, value, now);
        core.extra = 0;
        result
    }

    fn reset(&mut self) {
        Self::reset(self);
    }

    fn has_ctrl_ap(&self) -> bool {
        self.core.chip.description().ctrl_ap
    }

    fn erase_all(&mut self) {
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.erase_all(context));
    }

    fn instructions_retired(&self) -> u64 {
        self.instructions()
    }

    fn instructions_in_window(&self) -> u64 {
        Self::instructions_in_window(self)
    }

    fn sample(&mut self, instructions: u32, cycles: u32) -> bool {
        let mut reference = Reference::new(self);
        for _ in 0..instructions.min(MOST_SAMPLED) {
            let core = &mut self.core;
            let debug = &mut core.system.debug;
            // The run below waits for what ends these.
            if debug.halted || debug.lockup || debug.sleeping {
                break;
            }
            if core.system.fpb.breaks_at(core.next_pc) {
                break;
            }
            // A step leaves the core running, whatever it has come to.
            let events = std::mem::take(&mut core.system.debug.dfsr);
            reference.step(self);
            let debug = &mut self.core.system.debug;
            let stopped = debug.dfsr & (DFSR_BKPT | DFSR_DWTTRAP | DFSR_VCATCH);
            debug.dfsr |= events;
            if stopped != 0 {
                debug.halt(stopped);
            }
        }
        self.mix += reference.mix();
        self.run(u64::from(cycles).clamp(1, POLL_BUDGET)) == Ended::Budget
    }

    fn mix(&self) -> Mix {
        self.mix
    }

    fn forget_samples(&mut self) {
        self.mix = Mix::default();
    }

    fn start_counting(&mut self, behind_calls: &[u32]) {
        Self::start_counting(self, behind_calls);
    }

    fn stop_counting(&mut self) -> Vec<u32> {
        let profile = Self::stop_counting(self);
        profile.map_or(Vec::new(), |profile| profile.to_words())
    }
}

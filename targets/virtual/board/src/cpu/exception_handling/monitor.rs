//! The debug monitor (C1.4.2, C1.5.1).

use crate::cpu::Core;
use crate::system::debug::{DFSR_BKPT, DFSR_HALTED};
use crate::system::exceptions::number;
use crate::system::scb::hfsr;

impl Core {
    /// A debug event without halting debug (C1.5.1); `reason` is its bit in DFSR. Where the monitor
    /// can't be taken, a breakpoint is a HardFault and a watchpoint nothing.
    pub fn debug_event(&mut self, reason: u32) {
        let current = self.current_priority();
        let monitor = self.system.debug.monitors()
            && self.system.exceptions.priority_of(number::DEBUG_MONITOR) < current;
        if monitor {
            self.system.debug.dfsr |= reason;
            self.enter_exception(number::DEBUG_MONITOR, self.next_pc);
        } else if reason == DFSR_BKPT {
            self.system.scb.hfsr |= hfsr::DEBUGEVT;
            self.escalate_or_lock_up(0);
        }
    }

    /// Whether the next instruction is one that the monitor steps (C1.4.2).
    pub fn steps_for_monitor(&self) -> bool {
        self.system.debug.monitor_steps()
            && self.system.exceptions.priority_of(number::DEBUG_MONITOR) < self.current_priority()
    }

    /// The monitor comes behind the instruction that it stepped.
    pub fn pend_monitor(&mut self) {
        self.system.debug.dfsr |= DFSR_HALTED;
        self.system.exceptions.pend(number::DEBUG_MONITOR);
        self.deadline = 0;
    }
}

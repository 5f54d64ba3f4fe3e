//! Resets.

use super::Machine;
use crate::chips::ResetReason;
use crate::memory::AccessSize;
use crate::system::debug::{C_HALT, C_STEP, DFSR_VCATCH, VC_CORERESET};

impl Machine {
    /// Reset as by the pin: registers from the vector table, peripherals to their reset state. Memory
    /// and the debug domain keep theirs, but for C_HALT and C_STEP: only vector catch halts a core
    /// that comes out of reset.
    pub fn reset(&mut self) {
        self.reset_for(ResetReason::Pin);
    }

    pub(super) fn reset_for(&mut self, reason: ResetReason) {
        let core = &mut self.core;
        let now = core.cycles;
        core.reset_requested = None;
        core.tell_asleep(false);
        core.with_chip(now, |chip, context| chip.reset(reason, context));
        self.reset_core();
    }

    /// The core's own reset; peripherals stay as they are.
    pub(super) fn reset_core(&mut self) {
        let core = &mut self.core;
        let now = core.cycles;
        core.core_reset_requested = false;
        core.system.reset();
        core.clear_registers();
        core.other_sp = 0;
        core.stack_limits = [0; 2];
        core.control = 0;
        core.ipsr = 0;
        core.primask = false;
        core.faultmask = false;
        core.basepri = 0;
        core.it_state = 0;
        core.exclusive = None;
        core.event = false;
        core.fpscr = 0;
        core.stop = None;
        core.r[14] = u32::MAX;
        core.update_flash_timing();
        core.clear_caches();
        core.update_checks();
        core.deadline = 0;
        core.jumped = true;
        let debug = &mut core.system.debug;
        debug.lockup = false;
        debug.sleeping = false;
        debug.reset_since_read = true;
        debug.halted = false;
        debug.control &= !(C_HALT | C_STEP);
        let sp = core.read_bus(0, AccessSize::Word, now).unwrap_or(u32::MAX);
        let pc = core.read_bus(4, AccessSize::Word, now).unwrap_or(u32::MAX);
        core.r[13] = sp & !3;
        core.next_pc = pc & !1;
        core.arm_state = pc & 1 == 0;
        let debug = &mut core.system.debug;
        if debug.enabled() && (debug.demcr & VC_CORERESET != 0) {
            debug.halt(DFSR_VCATCH);
        }
    }
}

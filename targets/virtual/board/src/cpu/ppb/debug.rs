//! Registers of halting debug, and the core registers behind them (C1.6).

use crate::cpu::Core;
use crate::system::Accessor;
use crate::system::debug::{C_DEBUGEN, C_HALT, C_MASKINTS, C_STEP, DBGKEY, DFSR_HALTED};

impl Core {
    /// Only a debugger can write C_DEBUGEN (C1.6.2).
    pub(super) fn write_dhcsr(&mut self, value: u32, by: Accessor) {
        if value >> 16 != DBGKEY {
            return;
        }
        let debug = &mut self.system.debug;
        let enabled = match by {
            Accessor::Debugger => value & C_DEBUGEN != 0,
            _ => debug.enabled(),
        };
        // Without C_DEBUGEN the other controls read as zero.
        debug.control = if enabled { value & 0x2E | C_DEBUGEN } else { 0 };
        if !enabled || value & C_HALT == 0 {
            if debug.halted {
                debug.halted = false;
                self.step_requested = enabled && value & C_STEP != 0;
            }
        } else if !debug.halted {
            debug.halt(DFSR_HALTED);
        }
        self.flush_code |= self.system.dwt.watches_code();
        self.system.exceptions.held_back = enabled && value & C_MASKINTS != 0;
        self.look_for_exceptions();
    }

    /// DCRSR: moves a register to or from DCRDR. Only works while halted.
    pub(super) fn write_dcrsr(&mut self, value: u32) {
        let register = value & 0x7F;
        let write = value & 1 << 16 != 0;
        if !self.system.debug.halted {
            return;
        }
        if write {
            let value = self.system.debug.dcrdr;
            self.set_debug_register(register, value);
        } else {
            self.system.debug.dcrdr = self.debug_register(register);
        }
    }

    /// A register in DCRSR's numbering (C1.6.3).
    pub fn debug_register(&self, register: u32) -> u32 {
        match register {
            0..=14 => self.r[register as u8],
            15 => self.next_pc,
            16 => self.xpsr(),
            17 => self.msp(),
            18 => self.psp(),
            20 => {
                self.control << 24
                    | u32::from(self.faultmask) << 16
                    | u32::from(self.basepri) << 8
                    | u32::from(self.primask)
            }
            0x1E | 0x1F if self.architecture.armv8m => self.stack_limits[(register & 1) as usize],
            0x21 => self.fpscr,
            0x40..=0x5F => self.s[register as u8 - 0x40],
            _ => 0,
        }
    }

    /// Writes a register in DCRSR's numbering.
    pub fn set_debug_register(&mut self, register: u32, value: u32) {
        match register {
            13 => self.r[13] = value & !3,
            0..=14 => self.r[register as u8] = value,
            15 => {
                self.next_pc = value & !1;
                self.jumped = true;
                self.system.debug.lockup = false;
            }
            16 => {
                self.set_xpsr(value, true);
                self.arm_state = value & 1 << 24 == 0;
            }
            17 => self.set_stack_pointer(false, value),
            18 => self.set_stack_pointer(true, value),
            20 => {
                self.with_stack_switch(|core| core.control = value >> 24 & 7);
                self.faultmask = value & 1 << 16 != 0;
                self.basepri = self.system.exceptions.implemented((value >> 8) as u8);
                self.primask = value & 1 != 0;
                self.look_for_exceptions();
            }
            0x1E | 0x1F if self.architecture.armv8m => {
                self.set_stack_limit(register == 0x1F, value);
            }
            0x21 => self.fpscr = value,
            0x40..=0x5F => self.s[register as u8 - 0x40] = value,
            _ => {}
        }
    }
}

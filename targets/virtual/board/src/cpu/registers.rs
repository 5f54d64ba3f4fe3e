//! Special registers: xPSR, PRIMASK, FAULTMASK, BASEPRI, CONTROL and the banked stack pointers
//! (B1.4, B5.2).

use super::Core;
use super::op::Op;
use super::register_file::RegisterFile;
use crate::system::scb::{ccr, fpccr};

impl Core {
    /// Whether the core is in handler mode or CONTROL.nPRIV is clear.
    pub fn privileged(&self) -> bool {
        self.ipsr != 0 || self.control & 1 == 0
    }

    /// The program status register with its three views.
    pub fn xpsr(&self) -> u32 {
        let it = u32::from(self.it_state);
        self.nzcv() << 28
            | u32::from(self.q) << 27
            | (it & 3) << 25
            | u32::from(!self.arm_state) << 24
            | self.ge << 16
            | (it >> 2) << 10
            | self.ipsr
    }

    /// Sets flags, ITSTATE and, if `exception` is given, IPSR.
    pub fn set_xpsr(&mut self, value: u32, exception: bool) {
        // Armv6-M has neither Q, GE nor ITSTATE, and 6 bits of exception number (DDI 0419, B1.4.2).
        let value = if self.architecture.mainline {
            value
        } else {
            value & 0xF100_003F
        };
        self.set_nzcv(value >> 28);
        self.q = value & 1 << 27 != 0;
        self.ge = value >> 16 & 15;
        self.it_state = ((value >> 10 & 0x3F) << 2 | value >> 25 & 3) as u8;
        if exception {
            self.ipsr = value & 0x1FF;
        }
    }

    /// Core registers are zero, as they are here out of reset.
    pub fn clear_registers(&mut self) {
        self.r = RegisterFile::ZERO;
    }

    /// Whether SP is the process stack pointer.
    pub fn uses_process_stack(&self) -> bool {
        self.control & 2 != 0 && self.ipsr == 0
    }

    /// The main stack pointer.
    pub fn msp(&self) -> u32 {
        if self.uses_process_stack() {
            self.other_sp
        } else {
            self.r[13]
        }
    }

    /// The process stack pointer.
    pub fn psp(&self) -> u32 {
        if self.uses_process_stack() {
            self.r[13]
        } else {
            self.other_sp
        }
    }

    /// Sets one of the stack pointers.
    pub fn set_stack_pointer(&mut self, process: bool, value: u32) {
        if process == self.uses_process_stack() {
            self.r[13] = value & !3;
        } else {
            self.other_sp = value & !3;
        }
    }

    /// Sets a limit of Armv8-M's, below which a stack may not grow: 0 is none.
    pub fn set_stack_limit(&mut self, process: bool, value: u32) {
        let had = self.limits_stacks();
        self.stack_limits[usize::from(process)] = value & !7;
        // Where there is no limit, blocks have no tests of it.
        self.flush_code |= self.limits_stacks() != had;
    }

    /// Whether a stack has a limit.
    pub fn limits_stacks(&self) -> bool {
        self.stack_limits != [0; 2]
    }

    /// Whether the stack in use may not grow down to `sp` (Armv8-M Architecture Reference Manual, B3.21).
    pub fn passes_stack_limit(&self, sp: u32) -> bool {
        let ignored = self.system.scb.ccr & ccr::STKOFHFNMIGN != 0;
        sp < self.stack_limits[usize::from(self.uses_process_stack())]
            && !(ignored && self.current_priority() < 0)
    }

    /// Runs `change`, which may alter mode or CONTROL, and swaps the stack pointers if the
    /// active one changed.
    pub fn with_stack_switch(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.uses_process_stack();
        change(self);
        if self.uses_process_stack() != before {
            std::mem::swap(&mut self.r[13], &mut self.other_sp);
        }
    }

    /// MRS.
    pub(super) fn read_special(&self, register: u32) -> u32 {
        let privileged = self.privileged();
        match register {
            0..=7 => {
                let mut value = 0;
                if register & 1 != 0 && privileged {
                    value |= self.ipsr;
                }
                // EPSR reads as zero.
                if register & 4 == 0 {
                    value |= self.nzcv() << 28 | u32::from(self.q) << 27 | self.ge << 16;
                }
                value
            }
            8 if privileged => self.msp(),
            9 if privileged => self.psp(),
            10 | 11 if privileged && self.architecture.armv8m => {
                self.stack_limits[(register & 1) as usize]
            }
            16 if privileged => self.primask.into(),
            17 | 18 if privileged => self.basepri.into(),
            19 if privileged => self.faultmask.into(),
            20 => self.control,
            _ => 0,
        }
    }

    /// MSR. Bit 1 of `mask`: flags; bit 0: GE.
    pub(super) fn write_special(&mut self, register: u32, mask: u8, value: u32) {
        if register < 4 {
            if mask & 2 != 0 {
                self.set_nzcv(value >> 28);
                self.q = self.architecture.mainline && value & 1 << 27 != 0;
            }
            if mask & 1 != 0 {
                self.ge = value >> 16 & 15;
            }
            return;
        }
        if !self.privileged() {
            return;
        }
        match register {
            8 => self.set_stack_pointer(false, value),
            9 => self.set_stack_pointer(true, value),
            10 | 11 if self.architecture.armv8m => {
                self.set_stack_limit(register == 11, value);
            }
            16 => self.primask = value & 1 != 0,
            17 => self.basepri = self.system.exceptions.implemented(value as u8),
            18 => {
                let value = self.system.exceptions.implemented(value as u8);
                if value != 0 && (value < self.basepri || self.basepri == 0) {
                    self.basepri = value;
                }
            }
            // Like CPSIE f, clearing it is always possible.
            19 if value & 1 == 0 || self.current_priority() > -1 => {
                self.faultmask = value & 1 != 0;
            }
            20 => {
                let fpca = if self.system.scb.fpu { 4 } else { 0 };
                // In a handler of Armv8-M the bit can be written, but has no effect.
                let thread = self.ipsr == 0 || self.architecture.armv8m;
                self.with_stack_switch(|core| {
                    let mut allowed = 1 | fpca;
                    if thread {
                        allowed |= 2;
                    }
                    core.control = core.control & !allowed | value & allowed;
                });
            }
            _ => {}
        }
        self.look_for_exceptions();
    }

    /// CPSIE, CPSID.
    pub(super) fn change_processor_state(&mut self, op: &Op) {
        if !self.privileged() {
            return;
        }
        let disable = op.a != 0;
        if op.b & 2 != 0 {
            self.primask = disable;
        }
        if op.b & 1 != 0 && (!disable || self.current_priority() > -1) {
            self.faultmask = disable;
        }
        self.look_for_exceptions();
    }

    /// What TT and TTT (`unprivileged`) tell of an address (Armv8-M Architecture Reference Manual, DDI 0553,
    /// C2.4: TTResp): the region of the MPU, and whether it may be read and written. Unprivileged code
    /// learns nothing.
    pub(super) fn test_target(&self, address: u32, unprivileged: bool) -> u32 {
        const REGION_VALID: u32 = 1 << 16;
        const READABLE: u32 = 1 << 18;
        const WRITABLE: u32 = 1 << 19;
        if !self.privileged() {
            return 0;
        }
        let view = self.view(!unprivileged);
        let (region, [read, write]) = self.system.mpu.test(address, view);
        let mut response = region.map_or(0, |region| REGION_VALID | u32::from(region));
        for (bit, set) in [(READABLE, read), (WRITABLE, write)] {
            if set {
                response |= bit;
            }
        }
        response
    }

    /// Asks the run loop to look for a pending exception.
    pub fn look_for_exceptions(&mut self) {
        self.system.exceptions.check = true;
        self.deadline = 0;
    }

    /// The current execution priority (B1.5.4).
    pub fn current_priority(&self) -> i32 {
        self.system
            .exceptions
            .execution_priority(self.primask, self.faultmask, self.basepri)
    }

    /// Whether a watchpoint is on the instruction at `address`, and somebody takes it.
    pub fn watches_instruction(&self, address: u32) -> bool {
        let system = &self.system;
        system.dwt.watches_instruction(address) && system.debug.takes_watchpoints()
    }

    /// Whether the code that runs may use the FPU.
    pub fn floats_allowed(&self) -> bool {
        self.system.scb.fpu_enabled(self.privileged())
    }

    /// Whether [`Self::begin_floating_point`] may have something to do.
    #[inline(always)]
    pub fn begins_floating_point(&self) -> bool {
        self.control & 4 == 0 || self.system.scb.fpccr & fpccr::LSPACT != 0
    }

    /// Takes back the floating-point context that a block began at its start: it was left before its
    /// first floating-point instruction.
    pub fn unbegin_floating_point(&mut self) {
        if let Some((instructions, fpscr)) = self.float_begun.take()
            && instructions == self.instructions
        {
            self.control &= !4;
            self.fpscr = fpscr;
        }
    }

    /// What the first floating-point instruction of a context does: completes a deferred save
    /// and marks the context (ExecuteFPCheck, B1.5.8). False if the save failed: the fault comes
    /// before the instruction.
    pub fn begin_floating_point(&mut self) -> bool {
        if self.system.scb.fpccr & fpccr::LSPACT != 0 && !self.preserve_float_state() {
            return false;
        }
        if self.system.scb.fpccr & fpccr::ASPEN != 0 && self.control & 4 == 0 {
            self.control |= 4;
            self.float_begun = Some((self.instructions, self.fpscr));
            let keep = 0x07C0_0000;
            self.fpscr = self.fpscr & !keep | self.system.scb.fpdscr & keep;
        }
        true
    }
}

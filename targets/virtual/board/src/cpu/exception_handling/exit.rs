//! Exception return (B1.5.8) and tail-chaining.

use super::stack::Refusal;
use crate::cpu::{Core, ExceptionStep, Fault};
use crate::system::exceptions::{Exceptions, number};
use crate::system::scb::{ccr, cfsr, fpccr, scr};

impl Core {
    /// Returns from an exception; `value` is EXC_RETURN.
    pub fn return_from_exception(&mut self, value: u32) {
        let returning = self.ipsr;
        let float_allowed = self.system.scb.fpu;
        let nested = self.system.exceptions.active_count() != 1;
        let armv8m = self.architecture.armv8m;
        let known = match value & !0x10 {
            // Thread or handler, either stack: any of them, at any time. Bits of the Security Extension are
            // as it is without it; all else is UNPREDICTABLE (R_XLCP).
            other if armv8m => other & !0xC == 0xFFFF_FFA0,
            0xFFFF_FFE1 => true,
            0xFFFF_FFE9 | 0xFFFF_FFED => !nested || self.system.scb.ccr & ccr::NONBASETHRDENA != 0,
            _ => false,
        };
        let active = Exceptions::is(&self.system.exceptions.active, returning);
        let legal = known && active && (float_allowed || value & 0x10 != 0);
        self.system.exceptions.deactivate(returning);
        if let Some(steps) = &mut self.exception_steps {
            steps.push(ExceptionStep::Leave);
        }
        if returning != number::NMI {
            self.faultmask = false;
        }
        let to_thread = if armv8m {
            value & 8 != 0
        } else {
            value & 0xF != 1
        };
        let process = if armv8m {
            value & 4 != 0
        } else {
            value & 0xF == 0xD
        };
        if armv8m {
            self.control = self.control & !2 | u32::from(process) << 1;
            self.clear_float_state_on_return();
        }
        if !legal {
            self.r[14] = 0xF000_0000 | value & 0x0FFF_FFFF;
            // The fault is taken as if from the returning handler, without unstacking.
            self.note_fault(cfsr::INVPC, None);
            self.tail_chain_fault(number::USAGE_FAULT, value);
            return;
        }
        // A pending exception that beats the interrupted code is entered without unstacking.
        let current = self.current_priority();
        if let Some(next) = self.system.exceptions.next(current) {
            self.chain(next, value);
            return;
        }
        // One that arrives while the stack is read is entered in place of the interrupted code.
        let restores = value & 0x10 == 0 && self.system.scb.fpccr & fpccr::LSPACT == 0;
        let float = if restores {
            self.timing.float_context
        } else {
            0
        };
        let end = self.cycles + u64::from(self.timing.exception_return + float);
        if let Some(at) = self.arrival_before(end, current)
            && let Some(next) = self.system.exceptions.next(current)
        {
            self.spend(at.saturating_sub(self.cycles) as u32);
            self.chain(next, value);
            return;
        }
        self.with_stack_switch(|core| {
            if to_thread {
                core.ipsr = 0;
            }
            core.control = core.control & !2 | u32::from(process) << 1;
        });
        if let Err(refusal) = self.unstack(value, !to_thread) {
            let (status, fault) = match refusal {
                Refusal::Mpu => (cfsr::MUNSTKERR, number::MEM_MANAGE),
                // Nothing is tested on the way up.
                Refusal::Bus | Refusal::Limit => (cfsr::UNSTKERR, number::BUS_FAULT),
            };
            self.note_fault(status, None);
            self.tail_chain_fault(fault, value);
        }
    }

    /// Enters a handler without restoring and saving what was interrupted.
    fn chain(&mut self, exception: u32, link: u32) {
        self.spend(self.timing.tail_chain);
        let exception = self.late_arrival(exception);
        self.start_handler(exception, link);
    }

    /// Takes the fault of a failed exception return, which leaves the stack as it is.
    fn tail_chain_fault(&mut self, fault: u32, link: u32) {
        let current = self.current_priority();
        match self.fault_exception(fault, current) {
            Some(exception) => {
                self.spend(self.timing.tail_chain);
                self.start_handler(exception, link);
            }
            None => self.lock_up(),
        }
    }

    fn unstack(&mut self, value: u32, to_handler: bool) -> Result<(), Refusal> {
        let frame = self.r[13];
        let view = self.view(self.privileged());
        let float = value & 0x10 == 0;
        let mut words = [0; 8];
        for (word, i) in words.iter_mut().zip(0..) {
            *word = self.pop(frame.wrapping_add(4 * i), view)?;
        }
        if float {
            if self.system.scb.fpccr & fpccr::LSPACT != 0 {
                self.system.scb.fpccr &= !fpccr::LSPACT;
            } else {
                for i in 0..16 {
                    self.s[i as u8] = self.pop(frame.wrapping_add(0x20 + 4 * i), view)?;
                }
                self.fpscr = self.pop(frame.wrapping_add(0x60), view)?;
                self.spend(self.timing.float_context);
            }
        }
        let [r0, r1, r2, r3, r12, lr, pc, xpsr] = words;
        if to_handler == (xpsr & 0x1FF == 0) {
            // The frame goes back onto the stack, so it is left there (ExceptionReturn, B1.5.8).
            self.note_fault(cfsr::INVPC, None);
            self.tail_chain_fault(number::USAGE_FAULT, value);
            return Ok(());
        }
        [self.r[0], self.r[1], self.r[2], self.r[3]] = [r0, r1, r2, r3];
        self.r[12] = r12;
        self.r[14] = lr;
        self.next_pc = pc & !1;
        self.jumped = true;
        let size = if float { 0x68 } else { 0x20 };
        let force_align = float || self.system.scb.ccr & ccr::STKALIGN != 0;
        let pad = if force_align && xpsr & 1 << 9 != 0 {
            4
        } else {
            0
        };
        self.r[13] = frame.wrapping_add(size) | pad;
        self.control = self.control & !4 | if float { 4 } else { 0 };
        self.exclusive = None;
        self.event = true;
        self.spend(self.timing.exception_return);
        self.set_xpsr(xpsr, to_handler);
        if xpsr & 1 << 24 == 0 {
            self.raise(Fault::InvalidState);
        } else if self.system.scb.scr & scr::SLEEPONEXIT != 0
            && !to_handler
            && self.system.exceptions.active_count() == 0
        {
            self.system.debug.sleeping = true;
            self.sleeps_for_event = false;
        }
        self.deadline = 0;
        Ok(())
    }
}

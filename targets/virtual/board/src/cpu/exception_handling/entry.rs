//! Exception entry (B1.5.6), late arrival and vector catch.

use super::stack::Refusal;
use crate::cpu::{Core, ExceptionStep, Fault};
use crate::memory::AccessSize;
use crate::system::debug::{
    DFSR_VCATCH, VC_BUSERR, VC_CHKERR, VC_HARDERR, VC_INTERR, VC_MMERR, VC_NOCPERR, VC_STATERR,
};
use crate::system::exceptions::{Exceptions, number};
use crate::system::scb::{ccr, cfsr, fpccr, hfsr};

impl Core {
    /// Enters exception `exception` so that it returns to `return_address`.
    pub fn enter_exception(&mut self, exception: u32, return_address: u32) {
        let float = self.control & 4 != 0;
        let lazy = self.system.scb.fpccr & fpccr::LSPEN != 0;
        let sp = self.r[13];
        let frame_size = if float { 0x68 } else { 0x20 };
        let force_align = float || self.system.scb.ccr & ccr::STKALIGN != 0;
        let pad = force_align && sp & 4 != 0;
        let mut frame = sp.wrapping_sub(frame_size);
        if force_align {
            frame &= !4;
        }
        let xpsr = self.xpsr() & !(1 << 9) | u32::from(pad) << 9;
        let words = [
            self.r[0],
            self.r[1],
            self.r[2],
            self.r[3],
            self.r[12],
            self.r[14],
            return_address,
            xpsr,
        ];
        let process = self.uses_process_stack();
        let mut link = match (self.ipsr != 0, process) {
            _ if self.architecture.armv8m => self.return_to_here(),
            (true, _) => 0xFFFF_FFF1,
            (false, false) => 0xFFFF_FFF9,
            (false, true) => 0xFFFF_FFFD,
        };
        let overflow = self.passes_stack_limit(frame);
        self.r[13] = if overflow {
            self.stack_limits[usize::from(process)]
        } else {
            frame
        };
        let view = self.view(self.privileged());
        let mut result = if overflow {
            Err(Refusal::Limit)
        } else {
            (0..8).try_for_each(|i| self.push(frame.wrapping_add(4 * i), words[i as usize], view))
        };
        if float {
            link &= !0x10;
            if lazy {
                self.defer_float_state(frame.wrapping_add(0x20), overflow);
            } else if result.is_ok() {
                result = self.push_float_state(frame.wrapping_add(0x20), view);
            }
        }
        self.spend(self.timing.exception_entry);
        if float && !lazy {
            self.spend(self.timing.float_context);
        }
        match result {
            Ok(()) => {
                let exception = self.late_arrival(exception);
                self.start_handler(exception, link);
            }
            Err(refusal) => self.fault_in_stacking(exception, link, refusal),
        }
    }

    /// EXC_RETURN of Armv8-M (Armv8-M Architecture Reference Manual, DDI 0553, D1.2: EXC_RETURN) for what runs
    /// now, without a floating-point frame: in bit 3 whether it is a thread, in bit 2 CONTROL.SPSEL.
    fn return_to_here(&self) -> u32 {
        0xFFFF_FFB0 | u32::from(self.ipsr == 0) << 3 | (self.control & 2) << 1
    }

    /// The exception whose handler runs after the state was saved for `exception`: one that arrived
    /// meanwhile and is more urgent comes first (Cortex-M4 TRM 3.9, B1.5.12). Its vector is fetched
    /// anew, which takes as long as in tail-chaining.
    pub(super) fn late_arrival(&mut self, exception: u32) -> u32 {
        let mut first = exception;
        loop {
            let priority = self.system.exceptions.group_priority_of(first);
            let Some(at) = self.arrival_before(self.cycles, priority) else {
                return first;
            };
            let Some(late) = self.system.exceptions.next(priority) else {
                return first;
            };
            Exceptions::put(&mut self.system.exceptions.pending, first, true);
            first = late;
            let fetched = at + u64::from(self.timing.tail_chain);
            self.spend(fetched.saturating_sub(self.cycles) as u32);
        }
    }

    /// The part of exception entry after stacking: mode, state, vector.
    pub(super) fn start_handler(&mut self, exception: u32, link: u32) {
        let vector = self.system.scb.vtor.wrapping_add(4 * exception);
        let now = self.cycles;
        let target = self.read_bus(vector, AccessSize::Word, now);
        if target.is_err() {
            self.system.scb.hfsr |= hfsr::VECTTBL;
            // The HardFault comes first, the exception stays pending (B1.5.11).
            if self.current_priority() > -1
                && exception != number::HARD_FAULT
                && exception != number::NMI
            {
                Exceptions::put(&mut self.system.exceptions.pending, exception, true);
                self.start_handler(number::HARD_FAULT, link);
                return;
            }
        }
        self.with_stack_switch(|core| {
            core.ipsr = exception;
            core.control &= !6;
        });
        self.r[14] = link;
        if let Some(steps) = &mut self.exception_steps {
            steps.push(ExceptionStep::Enter);
        }
        let exceptions = &mut self.system.exceptions;
        Exceptions::put(&mut exceptions.pending, exception, false);
        Exceptions::put(&mut exceptions.active, exception, true);
        exceptions.check = true;
        self.deadline = 0;
        self.it_state = 0;
        self.arm_state = false;
        self.exclusive = None;
        self.float_begun = None;
        self.event = true;
        self.jumped = true;
        match target {
            Ok(target) => {
                self.next_pc = target & !1;
                if target & 1 == 0 {
                    self.raise(Fault::InvalidState);
                }
            }
            Err(_) => self.lock_up(),
        }
        self.catch_vector(exception);
    }

    /// Vector catch (C1.5.1): halts on entry to a fault handler if DEMCR asks for it. Bits of CFSR
    /// may be those of earlier faults, so the latest fault says which it is.
    fn catch_vector(&mut self, exception: u32) {
        let status = self.last_fault.map_or(0, |fault| fault.status);
        let mut wanted = match exception {
            number::HARD_FAULT => VC_HARDERR,
            number::BUS_FAULT => VC_BUSERR,
            number::MEM_MANAGE => VC_MMERR,
            number::USAGE_FAULT if status & cfsr::NOCP != 0 => VC_NOCPERR,
            number::USAGE_FAULT if status & (cfsr::UNALIGNED | cfsr::DIVBYZERO) != 0 => VC_CHKERR,
            number::USAGE_FAULT => VC_STATERR,
            _ => return,
        };
        const STACK: u32 = cfsr::MSTKERR | cfsr::STKERR | cfsr::MUNSTKERR | cfsr::UNSTKERR;
        if exception != number::USAGE_FAULT && status & STACK != 0 {
            wanted |= VC_INTERR;
        }
        let debug = &mut self.system.debug;
        if debug.enabled() && debug.demcr & wanted != 0 && !debug.lockup {
            debug.halt(DFSR_VCATCH);
            self.deadline = 0;
        }
    }

    /// A fault while stacking for `exception` (B1.5.11): the more urgent of the two is entered,
    /// the other stays pending.
    fn fault_in_stacking(&mut self, exception: u32, link: u32, refusal: Refusal) {
        let (status, fault) = match refusal {
            Refusal::Mpu => (cfsr::MSTKERR, number::MEM_MANAGE),
            Refusal::Bus => (cfsr::STKERR, number::BUS_FAULT),
            Refusal::Limit => (cfsr::STKOF, number::USAGE_FAULT),
        };
        self.note_fault(status, None);
        let current = self.current_priority();
        if exception == number::HARD_FAULT || exception == number::NMI {
            self.lock_up();
            return;
        }
        let Some(fault) = self.fault_exception(fault, current) else {
            self.lock_up();
            return;
        };
        let exceptions = &mut self.system.exceptions;
        exceptions.pend(exception);
        exceptions.pend(fault);
        let first = exceptions.next(current).unwrap_or(fault);
        self.start_handler(first, link);
    }

    /// Takes the pending exception with the highest priority, if it may be taken now.
    pub fn take_pending_exception(&mut self) -> bool {
        self.system.exceptions.check = false;
        let current = self.current_priority();
        let Some(exception) = self.system.exceptions.next(current) else {
            return false;
        };
        self.enter_exception(exception, self.next_pc);
        true
    }
}

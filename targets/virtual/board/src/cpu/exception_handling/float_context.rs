//! The floating-point context in a frame, saved at once or when it is needed (B1.5.7).

use super::stack::Refusal;
use crate::cpu::{Core, Stop};
use crate::system::exceptions::{Exceptions, number};
use crate::system::mpu::View;
use crate::system::scb::{cfsr, fpccr, hfsr};

impl Core {
    /// Notes where the floating-point context goes when it is next used (UpdateFPCCR).
    /// `overflow`: the stack has no room for it, and so it is never saved.
    pub(super) fn defer_float_state(&mut self, address: u32, overflow: bool) {
        let privileged = self.privileged();
        let thread = self.ipsr == 0;
        let current = self.current_priority();
        let monitor = self.system.debug.monitors();
        let scb = &mut self.system.scb;
        scb.fpcar = address & !7;
        let armv8m = scb.armv8m;
        let exceptions = &self.system.exceptions;
        let ready = |exception: u32| {
            Exceptions::is(&exceptions.enabled, exception)
                && exceptions.priority_of(exception) < current
        };
        let mut value = scb.fpccr
            & !(fpccr::USER
                | fpccr::THREAD
                | fpccr::HFRDY
                | fpccr::MMRDY
                | fpccr::BFRDY
                | fpccr::MONRDY
                | fpccr::UFRDY
                | fpccr::SPLIMVIOL);
        for (bit, set) in [
            (fpccr::LSPACT, true),
            (fpccr::USER, !privileged),
            (fpccr::THREAD, thread),
            (fpccr::HFRDY, current > -1),
            (fpccr::MMRDY, ready(number::MEM_MANAGE)),
            (fpccr::BFRDY, ready(number::BUS_FAULT)),
            (fpccr::MONRDY, monitor && ready(number::DEBUG_MONITOR)),
            (fpccr::UFRDY, armv8m && ready(number::USAGE_FAULT)),
            (fpccr::SPLIMVIOL, overflow),
        ] {
            if set {
                value |= bit;
            }
        }
        scb.fpccr = value;
    }

    /// What FPCCR.CLRONRET asks for: a handler that has used the floating-point registers leaves nothing in
    /// those that callers save.
    pub(super) fn clear_float_state_on_return(&mut self) {
        let asked = self.system.scb.fpccr & (fpccr::CLRONRET | fpccr::LSPACT) == fpccr::CLRONRET;
        if asked && self.control & 4 != 0 {
            (0..16).for_each(|single| self.s[single] = 0);
            self.fpscr = 0;
        }
    }

    pub(super) fn push_float_state(&mut self, address: u32, view: View) -> Result<(), Refusal> {
        for i in 0..16 {
            self.push(address.wrapping_add(4 * i), self.s[i as u8], view)?;
        }
        self.push(address.wrapping_add(0x40), self.fpscr, view)
    }

    /// Saves the deferred floating-point context (PreserveFPState). False if that fails.
    pub(in crate::cpu) fn preserve_float_state(&mut self) -> bool {
        let address = self.system.scb.fpcar;
        let context = self.system.scb.fpccr;
        self.system.scb.fpccr &= !fpccr::LSPACT;
        self.add_cycles(self.timing.float_context.into());
        if context & fpccr::SPLIMVIOL != 0 {
            return true;
        }
        // As the code whose context it is, not as the code that needs the registers.
        let view = self
            .system
            .mpu
            .view(context & fpccr::USER == 0, context & fpccr::HFRDY == 0);
        let Err(refusal) = self.push_float_state(address, view) else {
            return true;
        };
        let (status, fault, ready) = match refusal {
            Refusal::Mpu => (cfsr::MLSPERR, number::MEM_MANAGE, fpccr::MMRDY),
            Refusal::Bus | Refusal::Limit => (cfsr::LSPERR, number::BUS_FAULT, fpccr::BFRDY),
        };
        self.note_fault(status, None);
        self.deadline = 0;
        // What could be taken when the context was made decides, not what can be now
        // (TakePreserveFPException, B1.5.7).
        if context & ready != 0 {
            self.system.exceptions.pend(fault);
        } else if context & fpccr::HFRDY != 0 {
            self.system.scb.hfsr |= hfsr::FORCED;
            self.system.exceptions.pend(number::HARD_FAULT);
        } else {
            self.stop = Some(Stop::LockUp);
        }
        false
    }
}

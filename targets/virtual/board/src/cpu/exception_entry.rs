//! Exception entry and return (B1.5.6 to B1.5.8), faults and their escalation (B1.5.14, B1.5.15).

use super::{Core, ExceptionStep, Fault, RecordedFault, Stop};
use crate::memory::{AccessSize, BusFault};
use crate::system::debug::{
    DFSR_BKPT, DFSR_HALTED, DFSR_VCATCH, VC_BUSERR, VC_CHKERR, VC_HARDERR, VC_INTERR, VC_MMERR,
    VC_NOCPERR, VC_STATERR,
};
use crate::system::exceptions::{Exceptions, number};
use crate::system::mpu::{Access, View};
use crate::system::scb::{ccr, cfsr, fpccr, hfsr, scr};

/// Who refused a stack access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Mpu,
    Bus,
}

impl From<BusFault> for Refusal {
    fn from(BusFault: BusFault) -> Self {
        Self::Bus
    }
}

impl Core {
    /// Lets the cycles of an exception entry or return pass.
    fn spend(&mut self, cycles: u32) {
        let cycles = u64::from(cycles);
        self.cycles += cycles;
        self.exception_cycles += cycles;
    }

    fn push(&mut self, address: u32, value: u32, view: View) -> Result<(), Refusal> {
        if address & 3 != 0 {
            return Err(Refusal::Bus);
        }
        if !self.system.mpu.allows(address, Access::Write, view) {
            return Err(Refusal::Mpu);
        }
        let now = self.cycles;
        Ok(self.write_bus(address, AccessSize::Word, value, now)?)
    }

    fn pop(&mut self, address: u32, view: View) -> Result<u32, Refusal> {
        if !self.system.mpu.allows(address, Access::Read, view) {
            return Err(Refusal::Mpu);
        }
        let now = self.cycles;
        Ok(self.read_bus(address, AccessSize::Word, now)?)
    }

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
            (true, _) => 0xFFFF_FFF1,
            (false, false) => 0xFFFF_FFF9,
            (false, true) => 0xFFFF_FFFD,
        };
        self.r[13] = frame;
        let view = self.view(self.privileged());
        let mut result =
            (0..8).try_for_each(|i| self.push(frame.wrapping_add(4 * i), words[i as usize], view));
        if float {
            link &= !0x10;
            if lazy {
                self.defer_float_state(frame.wrapping_add(0x20));
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

    /// Lets chip and SysTick do what they do before the time `until`. Ends early, with the time, as
    /// soon as an exception is pending that beats `priority`.
    fn arrival_before(&mut self, until: u64, priority: i32) -> Option<u64> {
        loop {
            let chip = self.chip.next_event();
            let next = self.system.systick.next_event().min(chip);
            if next >= until {
                return None;
            }
            self.pass_events(next);
            if self.system.exceptions.next(priority).is_some() {
                return Some(next);
            }
        }
    }

    /// Lets chip and SysTick do what is due at `now`.
    pub fn pass_events(&mut self, now: u64) {
        if self.chip.next_event() <= now {
            self.with_chip(now, |chip, context| chip.advance(context));
            // Stalls belong to accesses, not to the passing of time.
            self.extra = 0;
        }
        if self.system.systick.next_event() <= now && self.system.systick.advance(now) {
            self.system.exceptions.pend(number::SYS_TICK);
        }
    }

    /// The exception whose handler runs after the state was saved for `exception`: one that arrived
    /// meanwhile and is more urgent comes first (Cortex-M4 TRM 3.9, B1.5.12). Its vector is fetched
    /// anew, which takes as long as in tail-chaining.
    fn late_arrival(&mut self, exception: u32) -> u32 {
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
    fn start_handler(&mut self, exception: u32, link: u32) {
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

    /// Notes where the floating-point context goes when it is next used (UpdateFPCCR).
    fn defer_float_state(&mut self, address: u32) {
        let privileged = self.privileged();
        let thread = self.ipsr == 0;
        let current = self.current_priority();
        let monitor = self.system.debug.monitors();
        let scb = &mut self.system.scb;
        scb.fpcar = address & !7;
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
                | fpccr::MONRDY);
        for (bit, set) in [
            (fpccr::LSPACT, true),
            (fpccr::USER, !privileged),
            (fpccr::THREAD, thread),
            (fpccr::HFRDY, current > -1),
            (fpccr::MMRDY, ready(number::MEM_MANAGE)),
            (fpccr::BFRDY, ready(number::BUS_FAULT)),
            (fpccr::MONRDY, monitor && ready(number::DEBUG_MONITOR)),
        ] {
            if set {
                value |= bit;
            }
        }
        scb.fpccr = value;
    }

    fn push_float_state(&mut self, address: u32, view: View) -> Result<(), Refusal> {
        for i in 0..16 {
            self.push(address.wrapping_add(4 * i), self.s[i as u8], view)?;
        }
        self.push(address.wrapping_add(0x40), self.fpscr, view)
    }

    /// Saves the deferred floating-point context (PreserveFPState). False if that fails.
    pub(super) fn preserve_float_state(&mut self) -> bool {
        let address = self.system.scb.fpcar;
        let context = self.system.scb.fpccr;
        self.system.scb.fpccr &= !fpccr::LSPACT;
        self.add_cycles(self.timing.float_context.into());
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
            Refusal::Bus => (cfsr::LSPERR, number::BUS_FAULT, fpccr::BFRDY),
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

    /// Returns from an exception; `value` is EXC_RETURN.
    pub fn return_from_exception(&mut self, value: u32) {
        let returning = self.ipsr;
        let float_allowed = self.system.scb.fpu;
        let nested = self.system.exceptions.active_count() != 1;
        let known = match value & !0x10 {
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
        let process = value & 0xF == 0xD;
        let to_thread = value & 0xF != 1;
        self.with_stack_switch(|core| {
            if to_thread {
                core.ipsr = 0;
            }
            core.control = core.control & !2 | u32::from(process) << 1;
        });
        if let Err(refusal) = self.unstack(value) {
            let (status, fault) = match refusal {
                Refusal::Mpu => (cfsr::MUNSTKERR, number::MEM_MANAGE),
                Refusal::Bus => (cfsr::UNSTKERR, number::BUS_FAULT),
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

    fn unstack(&mut self, value: u32) -> Result<(), Refusal> {
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
        let to_handler = value & 0xF == 1;
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

    /// Which exception a configurable fault becomes, or none if the core has to lock up.
    fn fault_exception(&mut self, fault: u32, current: i32) -> Option<u32> {
        let exceptions = &self.system.exceptions;
        if Exceptions::is(&exceptions.enabled, fault) && exceptions.priority_of(fault) < current {
            return Some(fault);
        }
        if current <= -1 {
            return None;
        }
        self.system.scb.hfsr |= hfsr::FORCED;
        Some(number::HARD_FAULT)
    }

    /// Sets bits of CFSR and keeps what is known of the fault.
    fn note_fault(&mut self, status: u32, address: Option<u32>) {
        self.system.scb.cfsr |= status;
        self.last_fault = Some(RecordedFault {
            status,
            pc: self.next_pc,
            address,
        });
    }

    /// Takes a synchronous fault of the instruction at `next_pc`.
    pub fn raise(&mut self, fault: Fault) {
        let (status, exception, address) = match fault {
            Fault::Undefined => (cfsr::UNDEFINSTR, number::USAGE_FAULT, None),
            Fault::InvalidState => {
                self.arm_state = true;
                (cfsr::INVSTATE, number::USAGE_FAULT, None)
            }
            Fault::NoCoprocessor => (cfsr::NOCP, number::USAGE_FAULT, None),
            Fault::Unaligned => (cfsr::UNALIGNED, number::USAGE_FAULT, None),
            Fault::DivideByZero => (cfsr::DIVBYZERO, number::USAGE_FAULT, None),
            Fault::DataAccess(address) => {
                self.system.scb.mmfar = address;
                let status = cfsr::DACCVIOL | cfsr::MMARVALID;
                (status, number::MEM_MANAGE, Some(address))
            }
            Fault::DataBus(address) => {
                self.system.scb.bfar = address;
                let status = cfsr::PRECISERR | cfsr::BFARVALID;
                (status, number::BUS_FAULT, Some(address))
            }
            Fault::InstructionBus => (cfsr::IBUSERR, number::BUS_FAULT, None),
            Fault::InstructionAccess => (cfsr::IACCVIOL, number::MEM_MANAGE, None),
        };
        self.note_fault(status, address);
        self.escalate_or_lock_up(exception);
    }

    /// Enters `exception`, or what it escalates to. 0 stands for a HardFault outright.
    fn escalate_or_lock_up(&mut self, exception: u32) {
        let current = self.current_priority();
        let target = match exception {
            0 if current > -1 => Some(number::HARD_FAULT),
            0 => None,
            _ => self.fault_exception(exception, current),
        };
        match target {
            Some(target) => self.enter_exception(target, self.next_pc),
            None => self.lock_up(),
        }
    }

    /// SVC: the PC is behind the instruction.
    pub fn supervisor_call(&mut self) {
        let current = self.current_priority();
        if self.system.exceptions.priority_of(number::SVCALL) < current {
            self.enter_exception(number::SVCALL, self.next_pc);
        } else {
            self.system.scb.hfsr |= hfsr::FORCED;
            self.escalate_or_lock_up(0);
        }
    }

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

    /// Locks up (B1.5.15): nothing more is executed until a reset or a debugger's halt.
    pub fn lock_up(&mut self) {
        self.system.debug.lockup = true;
        self.next_pc = 0xFFFF_FFFE;
        self.it_state = 0;
        self.deadline = 0;
    }

    /// Whether a locked-up core goes on: an NMI preempts a lockup in HardFault, and returns to it
    /// (B1.5.15).
    pub fn leaves_lockup(&mut self) -> bool {
        let leaves = self.ipsr == number::HARD_FAULT && self.system.exceptions.next(-1).is_some();
        self.system.debug.lockup &= !leaves;
        leaves
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

    /// Clears the event register of WFE; true if it was set.
    pub(super) fn take_event(&mut self) -> bool {
        let pended = std::mem::take(&mut self.system.exceptions.event);
        std::mem::take(&mut self.event) || pended
    }

    /// Whether a sleeping core wakes: an exception is pending that would preempt if PRIMASK were
    /// clear, or for WFE there is an event (B1.5.17, B1.5.18).
    pub fn wakes(&mut self) -> bool {
        if self.sleeps_for_event && self.take_event() {
            return true;
        }
        let current =
            self.system
                .exceptions
                .execution_priority(false, self.faultmask, self.basepri);
        self.system.exceptions.next(current).is_some()
    }
}

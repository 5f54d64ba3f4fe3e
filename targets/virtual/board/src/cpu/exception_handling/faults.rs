//! Faults, their escalation and lockup (B1.5.14, B1.5.15).

use crate::cpu::{Core, Fault, RecordedFault};
use crate::system::exceptions::{Exceptions, number};
use crate::system::scb::{cfsr, hfsr};

impl Core {
    /// Which exception a configurable fault becomes, or none if the core has to lock up.
    pub(super) fn fault_exception(&mut self, fault: u32, current: i32) -> Option<u32> {
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
    pub(super) fn note_fault(&mut self, status: u32, address: Option<u32>) {
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
            Fault::StackOverflow => (cfsr::STKOF, number::USAGE_FAULT, None),
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
    pub(super) fn escalate_or_lock_up(&mut self, exception: u32) {
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
}

//! The latest fault, by name.

use super::Machine;
use crate::system::scb::cfsr;

/// Bit of CFSR, the exception it belongs to, its name and what it means (B3.2.15).
const NAMES: [(u32, &str, &str, &str); 17] = [
    (
        cfsr::IACCVIOL,
        "MemManage",
        "IACCVIOL",
        "an instruction fetch that isn't permitted",
    ),
    (
        cfsr::DACCVIOL,
        "MemManage",
        "DACCVIOL",
        "a data access that isn't permitted",
    ),
    (
        cfsr::MUNSTKERR,
        "MemManage",
        "MUNSTKERR",
        "unstacking isn't permitted",
    ),
    (
        cfsr::MSTKERR,
        "MemManage",
        "MSTKERR",
        "stacking isn't permitted: a stack overflow?",
    ),
    (
        cfsr::MLSPERR,
        "MemManage",
        "MLSPERR",
        "lazy stacking isn't permitted",
    ),
    (
        cfsr::IBUSERR,
        "BusFault",
        "IBUSERR",
        "a bus error on an instruction fetch",
    ),
    (
        cfsr::PRECISERR,
        "BusFault",
        "PRECISERR",
        "a bus error on a data access",
    ),
    (
        cfsr::UNSTKERR,
        "BusFault",
        "UNSTKERR",
        "a bus error while unstacking",
    ),
    (
        cfsr::STKERR,
        "BusFault",
        "STKERR",
        "a bus error while stacking: a stack overflow?",
    ),
    (
        cfsr::LSPERR,
        "BusFault",
        "LSPERR",
        "a bus error during lazy stacking",
    ),
    (
        cfsr::UNDEFINSTR,
        "UsageFault",
        "UNDEFINSTR",
        "an undefined instruction",
    ),
    (
        cfsr::INVSTATE,
        "UsageFault",
        "INVSTATE",
        "a branch to an address without the Thumb bit",
    ),
    (
        cfsr::INVPC,
        "UsageFault",
        "INVPC",
        "an invalid exception return",
    ),
    (
        cfsr::NOCP,
        "UsageFault",
        "NOCP",
        "a floating-point instruction while the FPU is off",
    ),
    (
        cfsr::STKOF,
        "UsageFault",
        "STKOF",
        "a stack overflow: the stack passes its limit",
    ),
    (
        cfsr::UNALIGNED,
        "UsageFault",
        "UNALIGNED",
        "an unaligned access",
    ),
    (
        cfsr::DIVBYZERO,
        "UsageFault",
        "DIVBYZERO",
        "a division by zero",
    ),
];

/// A fault of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// The exception that it is, before escalation: `MemManage`, `BusFault` or `UsageFault`.
    pub exception: &'static str,
    /// The name of its bit in the Configurable Fault Status Register, such as `PRECISERR`.
    pub name: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// The instruction that faulted, or where the program was when an exception could not be
    /// entered.
    pub pc: u32,
    /// The function that this is in.
    pub function: Option<String>,
    /// The data address, where the fault has one.
    pub address: Option<u32>,
}

impl std::fmt::Display for FaultReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            exception,
            name,
            meaning,
            pc,
            ..
        } = self;
        write!(f, "{exception}: {meaning} ({name}) at {pc:#010x}")?;
        if let Some(function) = &self.function {
            write!(f, " in {function}")?;
        }
        if let Some(address) = self.address {
            write!(f, ", data address {address:#010x}")?;
        }
        Ok(())
    }
}

impl Machine {
    /// The latest fault of the program, whether a handler took it or the core locked up. A reset
    /// doesn't forget it, [`Machine::load`] does.
    pub fn last_fault(&self) -> Option<FaultReport> {
        let fault = self.core.last_fault?;
        let &(_, exception, name, meaning) =
            NAMES.iter().find(|(bit, ..)| fault.status & bit != 0)?;
        Some(FaultReport {
            exception,
            name,
            meaning,
            pc: fault.pc,
            function: self.symbols.function_at(fault.pc).map(|s| s.name.clone()),
            address: fault.address,
        })
    }
}

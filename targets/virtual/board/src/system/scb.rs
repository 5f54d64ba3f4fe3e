//! System Control Block (B3.2): configuration, fault status, floating-point context control.

use crate::core_model::Architecture;

/// CFSR bits.
pub mod cfsr {
    pub const IACCVIOL: u32 = 1;
    pub const DACCVIOL: u32 = 1 << 1;
    pub const MUNSTKERR: u32 = 1 << 3;
    pub const MSTKERR: u32 = 1 << 4;
    pub const MLSPERR: u32 = 1 << 5;
    pub const MMARVALID: u32 = 1 << 7;
    pub const IBUSERR: u32 = 1 << 8;
    pub const PRECISERR: u32 = 1 << 9;
    pub const UNSTKERR: u32 = 1 << 11;
    pub const STKERR: u32 = 1 << 12;
    pub const LSPERR: u32 = 1 << 13;
    pub const BFARVALID: u32 = 1 << 15;
    pub const UNDEFINSTR: u32 = 1 << 16;
    pub const INVSTATE: u32 = 1 << 17;
    pub const INVPC: u32 = 1 << 18;
    pub const NOCP: u32 = 1 << 19;
    pub const STKOF: u32 = 1 << 20;
    pub const UNALIGNED: u32 = 1 << 24;
    pub const DIVBYZERO: u32 = 1 << 25;
}

/// HFSR bits.
pub mod hfsr {
    pub const VECTTBL: u32 = 1 << 1;
    pub const FORCED: u32 = 1 << 30;
    pub const DEBUGEVT: u32 = 1 << 31;
}

/// CCR bits.
pub mod ccr {
    pub const NONBASETHRDENA: u32 = 1;
    pub const USERSETMPEND: u32 = 1 << 1;
    pub const UNALIGN_TRP: u32 = 1 << 3;
    pub const DIV_0_TRP: u32 = 1 << 4;
    pub const BFHFNMIGN: u32 = 1 << 8;
    pub const STKALIGN: u32 = 1 << 9;
    pub const STKOFHFNMIGN: u32 = 1 << 10;
}

/// SCR bits.
pub mod scr {
    pub const SLEEPONEXIT: u32 = 1 << 1;
    pub const SEVONPEND: u32 = 1 << 4;
}

/// FPCCR bits.
pub mod fpccr {
    pub const LSPACT: u32 = 1;
    pub const USER: u32 = 1 << 1;
    pub const THREAD: u32 = 1 << 3;
    pub const HFRDY: u32 = 1 << 4;
    pub const MMRDY: u32 = 1 << 5;
    pub const BFRDY: u32 = 1 << 6;
    pub const MONRDY: u32 = 1 << 8;
    pub const LSPEN: u32 = 1 << 30;
    pub const ASPEN: u32 = 1 << 31;
    pub const ALL: u32 = LSPACT | USER | THREAD | HFRDY | MMRDY | BFRDY | MONRDY | LSPEN | ASPEN;
    /// Those that came with Armv8-M.
    pub const SPLIMVIOL: u32 = 1 << 9;
    pub const UFRDY: u32 = 1 << 10;
    pub const CLRONRET: u32 = 1 << 28;
    pub const ALL_V8: u32 = ALL | SPLIMVIOL | UFRDY | CLRONRET;
}

/// The registers that only hold values.
///
/// Those of Armv8-M are in the Armv8-M Architecture Reference Manual (DDI 0553), D1.2.
#[derive(Clone, Debug)]
pub(crate) struct Scb {
    pub actlr: u32,
    pub vtor: u32,
    pub scr: u32,
    pub ccr: u32,
    pub cfsr: u32,
    pub hfsr: u32,
    pub mmfar: u32,
    pub bfar: u32,
    pub cpacr: u32,
    pub fpccr: u32,
    pub fpcar: u32,
    pub fpdscr: u32,
    pub fpu: bool,
    pub armv8m: bool,
}

impl Scb {
    pub fn new(core: &Architecture) -> Self {
        Self::with(core.fpu, core.armv8m)
    }

    fn with(fpu: bool, armv8m: bool) -> Self {
        Self {
            actlr: 0,
            vtor: 0,
            scr: 0,
            ccr: Self::fixed_ccr(armv8m) | ccr::STKALIGN,
            cfsr: 0,
            hfsr: 0,
            mmfar: 0,
            bfar: 0,
            cpacr: 0,
            fpccr: if fpu { fpccr::ASPEN | fpccr::LSPEN } else { 0 },
            fpcar: 0,
            fpdscr: 0,
            fpu,
            armv8m,
        }
    }

    /// What CCR always shows: on Armv8-M stacks are always aligned, and a handler may always return to a
    /// thread.
    fn fixed_ccr(armv8m: bool) -> u32 {
        if armv8m {
            ccr::STKALIGN | ccr::NONBASETHRDENA
        } else {
            0
        }
    }

    /// Writes CCR.
    pub fn write_ccr(&mut self, value: u32) {
        let own = if self.armv8m { 0x51A } else { 0x31B };
        self.ccr = value & own | Self::fixed_ccr(self.armv8m);
    }

    /// The bits of FPCCR that hold something.
    pub fn fpccr_bits(&self) -> u32 {
        if self.armv8m {
            fpccr::ALL_V8
        } else {
            fpccr::ALL
        }
    }

    pub fn reset(&mut self) {
        *self = Self::with(self.fpu, self.armv8m);
    }

    /// Whether CPACR lets code of this privilege use the FPU (B3.2.20).
    pub fn fpu_enabled(&self, privileged: bool) -> bool {
        match self.cpacr >> 20 & 3 {
            1 => self.fpu && privileged,
            access => self.fpu && access != 0,
        }
    }
}

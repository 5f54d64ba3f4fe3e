//! Halting debug: DHCSR, DCRSR, DCRDR, DEMCR, DFSR (C1.6).

/// DHCSR control bits.
pub const C_DEBUGEN: u32 = 1;
pub const C_HALT: u32 = 1 << 1;
pub const C_STEP: u32 = 1 << 2;
pub const C_MASKINTS: u32 = 1 << 3;
/// DHCSR status bits.
pub const S_REGRDY: u32 = 1 << 16;
pub const S_HALT: u32 = 1 << 17;
pub const S_SLEEP: u32 = 1 << 18;
pub const S_LOCKUP: u32 = 1 << 19;
pub const S_RETIRE_ST: u32 = 1 << 24;
pub const S_RESET_ST: u32 = 1 << 25;
/// Key of a write to DHCSR.
pub const DBGKEY: u32 = 0xA05F;
/// DEMCR bits.
pub const VC_CORERESET: u32 = 1;
pub const VC_MMERR: u32 = 1 << 4;
pub const VC_NOCPERR: u32 = 1 << 5;
pub const VC_CHKERR: u32 = 1 << 6;
pub const VC_STATERR: u32 = 1 << 7;
pub const VC_BUSERR: u32 = 1 << 8;
pub const VC_INTERR: u32 = 1 << 9;
pub const VC_HARDERR: u32 = 1 << 10;
pub const MON_EN: u32 = 1 << 16;
pub const MON_PEND: u32 = 1 << 17;
pub const MON_STEP: u32 = 1 << 18;
pub const MON_REQ: u32 = 1 << 19;
pub const TRCENA: u32 = 1 << 24;
/// DFSR bits.
pub const DFSR_HALTED: u32 = 1;
pub const DFSR_BKPT: u32 = 1 << 1;
pub const DFSR_DWTTRAP: u32 = 1 << 2;
pub const DFSR_VCATCH: u32 = 1 << 3;

/// State of the halting debug logic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debug {
    /// C_DEBUGEN, C_HALT, C_STEP, C_MASKINTS, C_SNAPSTALL as last written.
    pub control: u32,
    pub halted: bool,
    pub sleeping: bool,
    pub lockup: bool,
    /// Sticky, cleared by reading DHCSR.
    pub reset_since_read: bool,
    pub retired_since_read: bool,
    pub demcr: u32,
    pub dfsr: u32,
    pub dcrdr: u32,
}

impl Debug {
    /// Whether halting debug is on, so that debug events halt the core.
    pub fn enabled(&self) -> bool {
        self.control & C_DEBUGEN != 0
    }

    /// Whether the monitor exception takes debug events where halting debug doesn't.
    pub fn monitors(&self) -> bool {
        self.demcr & MON_EN != 0
    }

    /// Whether the monitor wants to see each instruction of less urgent code.
    pub fn monitor_steps(&self) -> bool {
        self.demcr & (MON_EN | MON_STEP) == MON_EN | MON_STEP && !self.enabled()
    }

    /// What a system reset clears: the monitor's controls (C1.6.5).
    pub fn reset(&mut self) {
        self.demcr &= !(MON_EN | MON_STEP | MON_REQ);
    }

    /// Whether a watchpoint has a consequence: nothing happens without a debugger or monitor.
    pub fn takes_watchpoints(&self) -> bool {
        self.enabled() || self.monitors()
    }

    /// Enters debug state for `reason`, a DFSR bit. That ends sleep and lockup.
    pub fn halt(&mut self, reason: u32) {
        self.halted = true;
        self.sleeping = false;
        self.lockup = false;
        self.control |= C_HALT;
        self.dfsr |= reason;
    }

    /// Reads DHCSR and clears its sticky bits.
    pub fn read_dhcsr(&mut self) -> u32 {
        let mut value = self.control | S_REGRDY;
        for (bit, set) in [
            (S_HALT, self.halted),
            (S_SLEEP, self.sleeping),
            (S_LOCKUP, self.lockup),
            (S_RETIRE_ST, self.retired_since_read),
            (S_RESET_ST, self.reset_since_read),
        ] {
            if set {
                value |= bit;
            }
        }
        self.reset_since_read = false;
        self.retired_since_read = false;
        value
    }
}

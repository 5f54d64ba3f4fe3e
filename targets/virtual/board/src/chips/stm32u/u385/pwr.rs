//! PWR: voltage ranges and what follows from them (RM0487, chapter "Power control").
//!
//! Simplified: regulator, range and booster follow at once. Low-power modes but sleep aren't modelled.

use crate::chips::stm32::Write;

const CR3: u32 = 0x08;
const VOSR: u32 = 0x0C;
const DBPR: u32 = 0x28;
const SR: u32 = 0x38;
const SVMSR: u32 = 0x3C;
const WUSR: u32 = 0x44;
const WORDS: usize = 0xB4 / 4 + 1;

/// VOSR: R1EN, R2EN and BOOSTEN. The flag that something is there follows 16 bits behind.
const R1EN: u32 = 1 << 0;
const R2EN: u32 = 1 << 1;
const BOOSTEN: u32 = 1 << 8;
const VOSR_WRITABLE: u32 = R1EN | R2EN | BOOSTEN;

/// The power control's registers.
#[derive(Clone, Debug)]
pub(super) struct Pwr {
    registers: [u32; WORDS],
}

impl Pwr {
    pub fn new() -> Self {
        let mut registers = [0; WORDS];
        registers[VOSR as usize / 4] = R2EN;
        Self { registers }
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    fn range_1(&self) -> bool {
        self.get(VOSR) & R1EN != 0
    }

    /// DBPR.DBP: the backup domain may be written.
    pub fn backup_access(&self) -> bool {
        self.get(DBPR) & 1 != 0
    }

    /// The fastest clock that the voltage allows the core, Hz, and what allows it.
    pub fn fastest(&self) -> (u64, &'static str) {
        match (self.range_1(), self.get(VOSR) & BOOSTEN != 0) {
            (true, true) => (96_000_000, "range 1"),
            (true, false) => (24_000_000, "range 1 without the booster"),
            (false, true) => (48_000_000, "range 2"),
            (false, false) => (24_000_000, "range 2 without the booster"),
        }
    }

    /// Flash wait states that a core clock needs (RM0487, "Number of wait states according to CPU clock
    /// frequency").
    pub fn wait_states(&self, core_hz: u64) -> u32 {
        let steps = if self.range_1() {
            [32_000_000, 64_000_000]
        } else {
            [16_000_000, 32_000_000]
        };
        steps.iter().filter(|&&step| core_hz > step).count() as u32
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let value = *self.registers.get(offset as usize / 4)?;
        Some(match offset {
            VOSR => value | value << 16,
            // REGS: the regulator that CR3.REGSEL chooses.
            SVMSR => self.get(CR3) & 2,
            SR | WUSR => 0,
            _ => value,
        })
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        let register = self.registers.get_mut(offset as usize / 4)?;
        *register = write.over(*register);
        if offset == VOSR {
            *register &= VOSR_WRITABLE;
        }
        Some(())
    }

    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

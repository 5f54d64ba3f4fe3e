//! PWR: voltage ranges and what follows from them (RM0456, chapter 10).
//!
//! Simplified: regulator, range and booster follow at once. Low-power modes but sleep aren't modelled.

use crate::chips::stm32::Write;

const CR3: u32 = 0x08;
const VOSR: u32 = 0x0C;
const DBPR: u32 = 0x28;
const SR: u32 = 0x38;
const SVMSR: u32 = 0x3C;
const BDSR: u32 = 0x40;
const WUSR: u32 = 0x44;
const WORDS: usize = 0xA8 / 4 + 1;

/// VOSR: BOOSTEN, and the flags BOOSTRDY and VOSRDY.
const BOOSTEN: u32 = 1 << 18;
const BOOSTRDY: u32 = 1 << 14;
const VOSRDY: u32 = 1 << 15;

/// The power control's registers.
#[derive(Clone, Debug)]
pub(super) struct Pwr {
    registers: [u32; WORDS],
}

impl Pwr {
    pub fn new() -> Self {
        Self {
            registers: [0; WORDS],
        }
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    /// The voltage range, 1 to 4.
    fn range(&self) -> u32 {
        4 - (self.get(VOSR) >> 16 & 3)
    }

    /// DBPR.DBP: the backup domain may be written.
    pub fn backup_access(&self) -> bool {
        self.get(DBPR) & 1 != 0
    }

    /// The fastest clock that the voltage allows the core, Hz, and what allows it.
    pub fn fastest(&self) -> (u64, &'static str) {
        match self.range() {
            1 if self.get(VOSR) & BOOSTEN == 0 => (55_000_000, "range 1 without the booster"),
            1 => (160_000_000, "range 1"),
            2 if self.get(VOSR) & BOOSTEN == 0 => (55_000_000, "range 2 without the booster"),
            2 => (110_000_000, "range 2"),
            3 => (55_000_000, "range 3"),
            _ => (25_000_000, "range 4"),
        }
    }

    /// Flash wait states that a core clock needs (RM0456, "Number of wait states according to CPU clock
    /// frequency").
    pub fn wait_states(&self, core_hz: u64) -> u32 {
        let steps: &[u64] = match self.range() {
            1 => &[32_000_000, 64_000_000, 96_000_000, 128_000_000],
            2 => &[30_000_000, 60_000_000, 90_000_000],
            3 => &[24_000_000, 48_000_000],
            _ => &[12_000_000],
        };
        steps.iter().filter(|&&step| core_hz > step).count() as u32
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let value = *self.registers.get(offset as usize / 4)?;
        Some(match offset {
            VOSR => {
                let booster = if value & BOOSTEN != 0 { BOOSTRDY } else { 0 };
                value & !BOOSTRDY | VOSRDY | booster
            }
            // ACTVOS and ACTVOSRDY; REGS: the regulator that CR3.REGSEL chooses.
            SVMSR => self.get(VOSR) & 3 << 16 | 1 << 15 | self.get(CR3) & 2,
            SR | BDSR | WUSR => 0,
            _ => value,
        })
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        let register = self.registers.get_mut(offset as usize / 4)?;
        *register = write.over(*register);
        Some(())
    }

    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

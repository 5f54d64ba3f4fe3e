//! PWR: voltage ranges and what follows from them (RM0432, chapter 5).
//!
//! Simplified: the regulator follows at once. Low-power modes but sleep aren't modelled.

use crate::chips::stm32::Write;

const CR1: u32 = 0x00;
const CR3: u32 = 0x08;
const SR1: u32 = 0x10;
const SR2: u32 = 0x14;
const SCR: u32 = 0x18;
const CR5: u32 = 0x80;
const WORDS: usize = CR5 as usize / 4 + 1;

/// CR1.LPR: low-power run.
const LPR: u32 = 1 << 14;
/// CR5.R1MODE: range 1 without boost.
const R1MODE: u32 = 1 << 8;

/// The power control's registers.
#[derive(Clone, Debug)]
pub(super) struct Pwr {
    registers: [u32; WORDS],
}

impl Pwr {
    pub fn new() -> Self {
        let mut registers = [0; WORDS];
        registers[CR1 as usize / 4] = 0x200;
        registers[CR3 as usize / 4] = 0x8000;
        registers[CR5 as usize / 4] = R1MODE;
        Self { registers }
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    /// CR1.DBP: the backup domain may be written.
    pub fn backup_access(&self) -> bool {
        self.get(CR1) >> 8 & 1 != 0
    }

    /// The fastest clock that the voltage allows the core, Hz, and what allows it.
    pub fn fastest(&self) -> (u64, &'static str) {
        match self.get(CR1) >> 9 & 3 {
            2 => (26_000_000, "without an external SMPS for the core range 2"),
            _ if self.get(CR5) & R1MODE != 0 => (80_000_000, "range 1 without boost"),
            _ => (120_000_000, "range 1 with boost"),
        }
    }

    /// Flash wait states that a core clock needs (RM0432, "Number of wait states according to CPU
    /// clock frequency").
    pub fn wait_states(&self, core_hz: u64) -> u32 {
        let steps: &[u64] = if self.get(CR1) >> 9 & 3 == 2 {
            &[8_000_000, 16_000_000, 26_000_000]
        } else {
            &[20_000_000, 40_000_000, 60_000_000, 80_000_000, 100_000_000]
        };
        steps.iter().filter(|&&step| core_hz > step).count() as u32
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            SR1 | SCR => 0,
            // REGLPS: the low-power regulator is ready. REGLPF: it is in use.
            SR2 => 1 << 8 | u32::from(self.get(CR1) & LPR != 0) << 9,
            _ => *self.registers.get(offset as usize / 4)?,
        })
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        let register = self.registers.get_mut(offset as usize / 4)?;
        let old = *register;
        *register = write.over(old);
        // The reserved values of VOS leave it as it was.
        if offset == CR1 && matches!(*register >> 9 & 3, 0 | 3) {
            *register = *register & !0x600 | old & 0x600;
        }
        Some(())
    }

    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

//! PWR: voltage ranges and what follows from them (RM0444, chapter 4).
//!
//! Simplified: the regulator follows at once. Low-power modes but sleep aren't modelled.

use crate::chips::stm32::Write;

const CR1: u32 = 0x00;
const CR3: u32 = 0x08;
const SR1: u32 = 0x10;
const SR2: u32 = 0x14;
const SCR: u32 = 0x18;
const WORDS: usize = 0x4C / 4 + 1;

/// CR1.LPR: low-power run.
const LPR: u32 = 1 << 14;

/// The power control's registers.
#[derive(Clone, Debug)]
pub(super) struct Pwr {
    registers: [u32; WORDS],
}

impl Pwr {
    pub fn new() -> Self {
        let mut registers = [0; WORDS];
        registers[CR1 as usize / 4] = 0x208;
        registers[CR3 as usize / 4] = 0x8000;
        Self { registers }
    }

    fn control(&self) -> u32 {
        self.registers[CR1 as usize / 4]
    }

    fn is_range_2(&self) -> bool {
        self.control() >> 9 & 3 == 2
    }

    /// CR1.DBP: the backup domain may be written.
    pub fn backup_access(&self) -> bool {
        self.control() >> 8 & 1 != 0
    }

    /// The fastest clock that the voltage allows the core, Hz, and what allows it.
    pub fn fastest(&self) -> (u64, &'static str) {
        if self.is_range_2() {
            (16_000_000, "range 2")
        } else {
            (64_000_000, "range 1")
        }
    }

    /// Flash wait states that a core clock needs (RM0444, "Number of wait states according to CPU clock
    /// frequency").
    pub fn wait_states(&self, core_hz: u64) -> u32 {
        let steps: &[u64] = if self.is_range_2() {
            &[8_000_000]
        } else {
            &[24_000_000, 48_000_000]
        };
        steps.iter().filter(|&&step| core_hz > step).count() as u32
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            SR1 | SCR => 0,
            // FLASH_RDY; REGLPS: the low-power regulator is ready. REGLPF: it is in use.
            SR2 => 1 << 7 | 1 << 8 | u32::from(self.control() & LPR != 0) << 9,
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

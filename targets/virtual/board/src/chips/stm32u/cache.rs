//! ICACHE and DCACHE1: their registers (RM0456, chapters 8 and 9). What a cache holds is in the cycle model;
//! the DCACHE is for external memories, which aren't modelled.
//!
//! Simplified: an invalidation takes no time, and the monitors count nothing.

use crate::chips::stm32::Write;

const CR: u32 = 0x00;
const SR: u32 = 0x04;
const FCR: u32 = 0x0C;
/// CR.CACHEINV, and SR.BSYENDF, by which its end is told.
const CACHEINV: u32 = 1 << 1;
const BSYENDF: u32 = 1 << 1;
const WORDS: usize = 0x30 / 4;

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    control_reset: u32,
    registers: [u32; WORDS],
}

impl Cache {
    /// As after a reset, with CR as given.
    pub fn new(control_reset: u32) -> Self {
        let mut registers = [0; WORDS];
        registers[CR as usize / 4] = control_reset;
        Self {
            control_reset,
            registers,
        }
    }

    /// CR.EN.
    pub fn is_on(&self) -> bool {
        self.registers[CR as usize / 4] & 1 != 0
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            FCR => Some(0),
            _ => self.registers.get(offset as usize / 4).copied(),
        }
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        match offset {
            SR => {}
            FCR => self.registers[SR as usize / 4] &= !write.bits(),
            _ => {
                let register = self.registers.get_mut(offset as usize / 4)?;
                *register = write.over(*register);
                if offset == CR && *register & CACHEINV != 0 {
                    *register &= !CACHEINV;
                    self.registers[SR as usize / 4] |= BSYENDF;
                }
            }
        }
        Some(())
    }

    pub fn reset(&mut self) {
        *self = Self::new(self.control_reset);
    }
}

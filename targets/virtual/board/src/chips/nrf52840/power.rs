//! POWER: reset reasons, retained registers, RAM power (Product Specification, 5.3).
//!
//! Simplified: the supply is always good, System OFF is reported and not entered, nothing is on USB.
//! RAM that is switched off loses its contents at once: it is filled with a pattern. It can still be
//! accessed.

use super::peripheral::Io;
use crate::chips::ResetReason;

/// Blocks of RAM with a power switch register.
const RAM_BLOCKS: usize = 9;
/// Of the first eight blocks and of the last: how many sections there are, and their bytes.
const SECTIONS: (u32, u32) = (2, 0x1000);
const LAST_SECTIONS: (u32, u32) = (6, 0x8000);
/// What is in RAM that was switched off: unknown on the chip.
const LOST: u8 = 0xA5;

/// The registers.
#[derive(Clone, Debug)]
pub(super) struct Power {
    reset_reasons: u32,
    retained: [u32; 2],
    failure: u32,
    converters: [u32; 2],
    ram: [u32; RAM_BLOCKS],
}

impl Power {
    pub fn new() -> Self {
        Self {
            reset_reasons: 0,
            retained: [0; 2],
            failure: 0,
            converters: [0; 2],
            ram: [0xFFFF; RAM_BLOCKS],
        }
    }

    /// The registers after a reset: reasons add up until software clears them, GPREGRET survives a
    /// software reset.
    pub fn after_reset(&self, reason: ResetReason) -> Self {
        let bit = match reason {
            ResetReason::PowerOn => return Self::new(),
            ResetReason::Pin => 1,
            ResetReason::Watchdog => 1 << 1,
            ResetReason::Software => 1 << 2,
        };
        Self {
            reset_reasons: self.reset_reasons | bit,
            retained: match reason {
                ResetReason::Software => self.retained,
                _ => [0; 2],
            },
            ..Self::new()
        }
    }

    /// CONSTLAT, LOWPWR: there is no difference here.
    pub fn task(&mut self, _number: u32) {}

    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x400 => self.reset_reasons,
            // RAMSTATUS: deprecated; all four blocks are on.
            0x428 => 0xF,
            // USBREGSTATUS, SYSTEMOFF.
            0x438 | 0x500 => 0,
            0x510 => self.failure,
            0x51C => self.retained[0],
            0x520 => self.retained[1],
            0x578 => self.converters[0],
            0x580 => self.converters[1],
            // MAINREGSTATUS: normal voltage mode.
            0x640 => 0,
            0x900..0x990 => match offset & 0xF {
                0 | 4 | 8 => self.ram[(offset as usize - 0x900) >> 4],
                _ => return None,
            },
            _ => return None,
        })
    }

    pub fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x400 => self.reset_reasons &= !value,
            0x438 | 0x428 | 0x640 => {}
            0x500 => {
                if value & 1 != 0 {
                    io.reports.push("System OFF is not modelled".into());
                }
            }
            0x510 => self.failure = value & 0xF1F,
            0x51C => self.retained[0] = value & 0xFF,
            0x520 => self.retained[1] = value & 0xFF,
            0x578 => self.converters[0] = value & 1,
            0x580 => self.converters[1] = value & 1,
            0x900..0x990 => {
                let block = (offset - 0x900) >> 4;
                let switch = &mut self.ram[block as usize];
                let before = *switch;
                match offset & 0xF {
                    0 => *switch = value,
                    4 => *switch |= value,
                    8 => *switch &= !value,
                    _ => return None,
                }
                lose_contents(block, before & !*switch, io);
            }
            _ => return None,
        }
        Some(())
    }
}

/// Overwrites the sections of a block of RAM that are switched off, one bit each.
fn lose_contents(block: u32, switched_off: u32, io: &mut Io<'_>) {
    let (sections, bytes) = match block as usize + 1 {
        RAM_BLOCKS => LAST_SECTIONS,
        _ => SECTIONS,
    };
    // The blocks before it are of one size.
    let start = block * SECTIONS.0 * SECTIONS.1;
    for section in (0..sections).filter(|section| switched_off >> section & 1 != 0) {
        let first = start + section * bytes;
        for at in first..first + bytes {
            io.store(at as usize, LOST);
        }
    }
}

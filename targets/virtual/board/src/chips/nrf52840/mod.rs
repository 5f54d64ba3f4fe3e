//! Nordic nRF52840 (nRF52840 Product Specification v1.1).

mod information;
mod nvmc;

use super::{
    Chip, ChipContext, ChipDescription, FlashTiming, InstructionCacheShape, MemoryRegion, RamBank,
};
use crate::memory::{AccessSize, BusFault};
use information::{Uicr, ficr};
use nvmc::Nvmc;

/// Flash wait states without the cache, and the misses' penalty with it: the upper ends of the
/// Product Specification's ranges WFLASH (0 to 2) and WFLASHCACHE (0 to 3).
const WAIT_STATES: u32 = 2;
const MISS_PENALTY: u32 = 3;
/// One flash read, bytes. The nRF52840's is not documented; this is the line of the nRF5340's
/// cache (nRF5340 Product Specification), whose flash has the same controller.
const SECTOR_BYTES: u32 = 16;

/// The chip as data.
pub static DESCRIPTION: ChipDescription = ChipDescription {
    name: "nrf52840",
    flash: MemoryRegion {
        name: "flash",
        origin: 0,
        length: 0x10_0000,
        aliases: &[],
    },
    ram: MemoryRegion {
        name: "RAM",
        origin: 0x2000_0000,
        length: 0x4_0000,
        // Code RAM: the same memory on the code bus.
        aliases: &[(0x0080_0000, 0, 0x4_0000)],
    },
    ram_banks: &[RamBank {
        length: 0x4_0000,
        group: 1,
        wait_states: 0,
    }],
    // 2 KB; organisation as on the nRF5340: two ways, 128-bit lines.
    instruction_cache: InstructionCacheShape {
        sets: 64,
        ways: 2,
        line_bytes: 16,
        sector_bytes: SECTOR_BYTES,
    },
    interrupts: 48,
    priority_bits: 3,
    fpu: true,
    mpu_regions: 8,
    bit_band: true,
};

/// The peripherals.
pub(crate) struct Nrf52840 {
    nvmc: Nvmc,
    uicr: Uicr,
}

impl Nrf52840 {
    pub fn new() -> Self {
        Self {
            nvmc: Nvmc::default(),
            uicr: Uicr::new(),
        }
    }
}

impl Chip for Nrf52840 {
    fn description(&self) -> &'static ChipDescription {
        &DESCRIPTION
    }

    fn flash_timing(&self) -> FlashTiming {
        FlashTiming {
            wait_states: WAIT_STATES,
            miss_penalty: MISS_PENALTY,
            sector_bytes: SECTOR_BYTES,
            instruction_cache: self.nvmc.cache_enabled(),
        }
    }

    fn read(
        &mut self,
        address: u32,
        size: AccessSize,
        context: &mut ChipContext<'_>,
    ) -> Result<u32, BusFault> {
        let offset = address & 0xFFF;
        let word = match address & !0xFFF & !3 {
            0x1000_0000 => ficr(offset & !3),
            0x1000_1000 => self.uicr.read(offset & !3),
            0x4001_E000 => self.nvmc.read(offset & !3, context),
            // WDT: the flash algorithm asks whether a watchdog runs. RUNSTATUS, REQSTATUS, CRV,
            // RREN and CONFIG after reset.
            0x4001_0000 => match offset {
                0x400 => Some(0),
                0x404 | 0x508 | 0x50C => Some(1),
                0x504 => Some(u32::MAX),
                _ => None,
            },
            _ => None,
        };
        let word = word.ok_or(BusFault)?;
        Ok(match size {
            AccessSize::Word => word,
            AccessSize::HalfWord => word >> (8 * (address & 2)) & 0xFFFF,
            AccessSize::Byte => word >> (8 * (address & 3)) & 0xFF,
        })
    }

    fn write(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        if size != AccessSize::Word {
            return Err(BusFault);
        }
        let offset = address & 0xFFF;
        match address & !0xFFF {
            0x1000_1000 if self.nvmc.may_write() => self.uicr.write(offset, value),
            // The flash algorithm reloads a watchdog in case one runs.
            0x4001_0000 => matches!(offset, 0x600..=0x61C).then_some(()),
            0x4001_E000 => {
                if let Some(()) = self.nvmc.write(offset, value, context) {
                    if self.nvmc.take_erase_uicr() {
                        self.uicr = Uicr::new();
                    }
                    Some(())
                } else {
                    None
                }
            }
            _ => None,
        }
        .ok_or(BusFault)
    }

    fn write_flash(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        if size != AccessSize::Word {
            return Err(BusFault);
        }
        self.nvmc.program(offset, value, context).ok_or(BusFault)
    }

    fn erase_all(&mut self, context: &mut ChipContext<'_>) {
        nvmc::erase(context, 0, DESCRIPTION.flash.length);
        self.uicr = Uicr::new();
    }

    fn next_event(&self) -> u64 {
        u64::MAX
    }

    fn advance(&mut self, _context: &mut ChipContext<'_>) {}

    fn reset(&mut self) {
        self.nvmc = Nvmc::default();
    }
}

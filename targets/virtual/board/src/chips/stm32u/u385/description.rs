//! The chip as data.

use std::borrow::Cow;

use crate::chips::stm32u::u575;
use crate::chips::{ChipDescription, ChipIdentity, MemoryRegion, RamBank};

const FLASH_BYTES: u32 = 0x10_0000;
/// SRAM1 and SRAM2.
const RAM_BYTES: u32 = 0x3_0000 + 0x1_0000;

/// The chip as data. What isn't said here is as in an STM32U575, which has the same core, ICACHE and timing.
pub static DESCRIPTION: ChipDescription = ChipDescription {
    name: "stm32u385",
    flash: MemoryRegion {
        name: "flash",
        origin: 0x0800_0000,
        length: FLASH_BYTES,
        // What the core boots from.
        aliases: Cow::Borrowed(&[(0, 0, FLASH_BYTES)]),
    },
    ram: MemoryRegion {
        name: "RAM",
        origin: 0x2000_0000,
        length: RAM_BYTES,
        // On the code bus.
        aliases: Cow::Borrowed(&[(0x0A00_0000, 0, RAM_BYTES)]),
    },
    ram_banks: Cow::Borrowed(&[RamBank {
        length: RAM_BYTES,
        group: 1,
        granted_late: false,
    }]),
    // STMicroelectronics.
    identity: ChipIdentity {
        continuation: 0,
        designer: 0x20,
        part: 0x454,
    },
    interrupts: 125,
    ..u575::CHIP
};

//! The chip as data.

use std::borrow::Cow;

use crate::chips::{CacheShape, ChipDescription, ChipIdentity, MemoryRegion, RamBank};
use crate::core_model::CoreModel;

const FLASH_BYTES: u32 = 0x8_0000;
const RAM_BYTES: u32 = 0x2_4000;

/// One flash read, bytes: 64 bits, with the ECC's 8 beside them (RM0444, 3.3.1).
pub(super) const READ: u32 = 8;

/// The chip as data.
pub static DESCRIPTION: ChipDescription = ChipDescription {
    name: "stm32g0b1",
    flash: MemoryRegion {
        name: "flash",
        origin: 0x0800_0000,
        length: FLASH_BYTES,
        // What the core boots from.
        aliases: Cow::Borrowed(&[(0, 0, FLASH_BYTES)]),
    },
    // Without its parity, which is an option byte.
    ram: MemoryRegion {
        name: "RAM",
        origin: 0x2000_0000,
        length: RAM_BYTES,
        aliases: Cow::Borrowed(&[]),
    },
    ram_banks: Cow::Borrowed(&[RamBank {
        length: RAM_BYTES,
        group: 1,
        granted_late: false,
    }]),
    instruction_cache: CacheShape {
        sets: 1,
        ways: 2,
        line_bytes: READ,
    },
    data_cache: None,
    timing: CoreModel::CortexM0Plus.timing(),
    // STMicroelectronics.
    identity: ChipIdentity {
        continuation: 0,
        designer: 0x20,
        part: 0x467,
    },
    ctrl_ap: false,
    interrupts: 32,
    priority_bits: 2,
    core: CoreModel::CortexM0Plus,
    mpu_regions: 0,
    bit_band: false,
    debugger_writes_flash: false,
};

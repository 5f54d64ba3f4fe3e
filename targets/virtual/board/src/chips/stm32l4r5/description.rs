//! The chip as data.

use std::borrow::Cow;

use crate::chips::{CacheShape, ChipDescription, ChipIdentity, MemoryRegion, RamBank};
use crate::core_model::CoreModel;
use crate::timing::TimingParameters;

const FLASH_BYTES: u32 = 0x20_0000;
const SRAM1: u32 = 0x3_0000;
const SRAM2: u32 = 0x1_0000;
const SRAM3: u32 = 0x6_0000;

/// One flash read, bytes: 64 bits in dual-bank mode, 128 in single-bank mode (RM0432, 3.3.1).
pub(super) const DUAL_BANK_READ: u32 = 8;
pub(super) const SINGLE_BANK_READ: u32 = 16;

/// The chip as data.
pub static DESCRIPTION: ChipDescription = ChipDescription {
    name: "stm32l4r5",
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
        length: SRAM1 + SRAM2 + SRAM3,
        // SRAM2 on the code bus.
        aliases: Cow::Borrowed(&[(0x1000_0000, SRAM1, SRAM2)]),
    },
    // Overlap is lost between SRAM1 and the others, and not between SRAM2 and SRAM3, and the bus matrix
    // rests at SRAM1: seen on the times of published firmware.
    ram_banks: Cow::Borrowed(&[
        RamBank {
            length: SRAM1,
            group: 1,
            granted_late: false,
        },
        RamBank {
            length: SRAM2 + SRAM3,
            group: 2,
            granted_late: true,
        },
    ]),
    // 1 KB: 32 lines of four flash reads, as in the STM32L4 (RM0351, 3.3.4).
    instruction_cache: CacheShape {
        sets: 1,
        ways: 32,
        line_bytes: 4 * DUAL_BANK_READ,
    },
    // 256 bytes: eight such lines.
    data_cache: Some(CacheShape {
        sets: 1,
        ways: 8,
        line_bytes: 4 * DUAL_BANK_READ,
    }),
    timing: TimingParameters::DEFAULT,
    // STMicroelectronics.
    identity: ChipIdentity {
        continuation: 0,
        designer: 0x20,
        part: 0x470,
    },
    ctrl_ap: false,
    interrupts: 95,
    priority_bits: 4,
    core: CoreModel::CortexM4F,
    mpu_regions: 8,
    bit_band: true,
    debugger_writes_flash: false,
};

//! The chip as data.

use std::borrow::Cow;

use crate::chips::{CacheShape, ChipDescription, ChipIdentity, MemoryRegion, RamBank};
use crate::core_model::CoreModel;
use crate::timing::TimingParameters;

/// Flash wait states without the cache: the upper end of the Product Specification's range WFLASH (0
/// to 2). The misses' penalty with it is the same read of flash, inside its range WFLASHCACHE (0 to 3),
/// and what the published cycles of P-256 fit best: with 3 they are 1.3 % off on average, with 2 0.8 %.
const WAIT_STATES: u32 = 2;
const MISS_PENALTY: u32 = 2;
/// One flash read, bytes. The nRF52840's is not documented; this is the line of the nRF5340's
/// cache (nRF5340 Product Specification), whose flash has the same controller.
pub(super) const SECTOR_BYTES: u32 = 16;

/// The chip as data.
pub static DESCRIPTION: ChipDescription = ChipDescription {
    name: "nrf52840",
    flash: MemoryRegion {
        name: "flash",
        origin: 0,
        length: 0x10_0000,
        aliases: Cow::Borrowed(&[]),
    },
    ram: MemoryRegion {
        name: "RAM",
        origin: 0x2000_0000,
        length: 0x4_0000,
        // Code RAM: the same memory on the code bus.
        aliases: Cow::Borrowed(&[(0x0080_0000, 0, 0x4_0000)]),
    },
    ram_banks: Cow::Borrowed(&[RamBank {
        length: 0x4_0000,
        group: 1,
        granted_late: false,
    }]),
    // 2 KB; organisation as on the nRF5340: two ways, 128-bit lines.
    instruction_cache: CacheShape {
        sets: 64,
        ways: 2,
        line_bytes: SECTOR_BYTES,
    },
    data_cache: None,
    timing: TimingParameters {
        flash_wait: WAIT_STATES,
        instruction_miss: MISS_PENALTY - WAIT_STATES,
        ..TimingParameters::DEFAULT
    },
    // Nordic Semiconductor.
    identity: ChipIdentity {
        continuation: 2,
        designer: 0x44,
        part: 0x008,
    },
    ctrl_ap: true,
    interrupts: 48,
    priority_bits: 3,
    core: CoreModel::CortexM4F,
    mpu_regions: 8,
    // "Bit Banding: NO" among the options of the CPU (Product Specification, "CPU and support
    // module configuration").
    bit_band: false,
    debugger_writes_flash: false,
};

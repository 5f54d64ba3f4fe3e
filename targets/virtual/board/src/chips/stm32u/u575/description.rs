//! The chip as data.

use std::borrow::Cow;

use crate::chips::stm32u::units::READ;
use crate::chips::{CacheShape, ChipDescription, ChipIdentity, MemoryRegion, RamBank};
use crate::core_model::CoreModel;
use crate::timing::TimingParameters;

const FLASH_BYTES: u32 = 0x20_0000;
const SRAM1: u32 = 0x3_0000;
const SRAM2: u32 = 0x1_0000;
const SRAM3: u32 = 0x8_0000;
const RAM_BYTES: u32 = SRAM1 + SRAM2 + SRAM3;

/// The chip as data.
pub static DESCRIPTION: ChipDescription = CHIP;

/// The chip as data, for what other chips have of it.
pub(in crate::chips::stm32u) const CHIP: ChipDescription = ChipDescription {
    name: "stm32u575",
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
    // ICACHE, 8 KB, as one way, as ST's tools set it up. That of two ways, which reset chooses, isn't modelled.
    instruction_cache: CacheShape {
        sets: 512,
        ways: 1,
        line_bytes: READ,
    },
    data_cache: None,
    // By calibration: what the cache adds to a read of flash that it doesn't hold.
    timing: TimingParameters {
        data_miss: 2,
        instruction_miss: 2,
        ..CoreModel::CortexM33F.timing()
    },
    // STMicroelectronics.
    identity: ChipIdentity {
        continuation: 0,
        designer: 0x20,
        part: 0x482,
    },
    ctrl_ap: false,
    interrupts: 126,
    priority_bits: 4,
    core: CoreModel::CortexM33F,
    mpu_regions: 8,
    bit_band: false,
    debugger_writes_flash: false,
};

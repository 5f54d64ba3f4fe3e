//! A chip as data.

use std::borrow::Cow;

use crate::core_model::CoreModel;
use crate::timing::TimingParameters;

/// A memory that holds code or data and is modelled byte by byte.
#[derive(Clone, Debug)]
pub struct MemoryRegion {
    /// Name for messages.
    pub name: &'static str,
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
    /// Other addresses at which the same bytes appear: `(first address, first byte, length)`.
    pub aliases: Cow<'static, [(u32, u32, u32)]>,
}

/// A stretch of RAM with timing of its own. The banks of a chip follow each other.
#[derive(Clone, Copy, Debug)]
pub struct RamBank {
    /// Size, bytes; a multiple of 16 KiB.
    pub length: u32,
    /// Loads from banks of different groups don't overlap: 1 to 15. 0 is flash.
    pub group: u8,
    /// The bus matrix doesn't rest at this bank, so that it has to be granted first: see
    /// [`TimingParameters::bank_grant`].
    pub granted_late: bool,
}

/// A cache between the core and the flash, which replaces the line that was filled first. A miss
/// fills one sector of a line: as much as one flash read brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct CacheShape {
    /// Sets: a power of two.
    pub sets: u32,
    /// Lines in a set.
    pub ways: u32,
    /// Bytes of a line: a power of two, and at most eight sectors.
    pub line_bytes: u32,
}

/// Designer and part number in a chip's ROM table, by which debuggers recognise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipIdentity {
    /// JEP106 continuation codes of the designer.
    pub continuation: u8,
    /// JEP106 identity of the designer, without parity.
    pub designer: u8,
    /// Part number, 12 bits.
    pub part: u16,
}

/// What a chip is, as data.
#[derive(Clone, Debug)]
pub struct ChipDescription {
    /// Name as board files give it in `virtual.chip`.
    pub name: &'static str,
    /// Flash.
    pub flash: MemoryRegion,
    /// RAM.
    pub ram: MemoryRegion,
    /// RAM banks, in address order.
    pub ram_banks: Cow<'static, [RamBank]>,
    /// The cache for instructions fetched from flash.
    pub instruction_cache: CacheShape,
    /// The cache for data read from flash, if there is one.
    pub data_cache: Option<CacheShape>,
    /// The parameters of the cycle model.
    pub timing: TimingParameters,
    /// Who made the chip and which it is, as its ROM table says.
    pub identity: ChipIdentity,
    /// Whether access port 1 is Nordic's CTRL-AP; nothing is there otherwise.
    pub ctrl_ap: bool,
    /// External interrupt lines.
    pub interrupts: u32,
    /// Bits of priority implemented, from the top.
    pub priority_bits: u32,
    /// The core.
    pub core: CoreModel,
    /// MPU regions.
    pub mpu_regions: u32,
    /// Whether the bit-band regions are there.
    pub bit_band: bool,
    /// Whether a debugger writes flash as it writes RAM, because the chip has no flash controller.
    pub debugger_writes_flash: bool,
}

/// How flash and caches are set at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashTiming {
    /// Cycles that a flash read takes beyond one, as far as the chip's registers set them; the rest
    /// is [`TimingParameters::flash_wait`].
    pub wait_states: u32,
    /// Bytes of one flash read.
    pub sector_bytes: u32,
    /// Whether instruction fetches go through the cache.
    pub instruction_cache: bool,
    /// Whether reads of data go through the cache.
    pub data_cache: bool,
    /// Whether reads of data go through the cache for instructions, where that is on: there is one for both.
    pub unified_cache: bool,
    /// Whether the flash reads on by itself behind the sector that was fetched last.
    pub prefetch: bool,
    /// Whether instructions and data come from the flash over one bus, word by word, and the cache for
    /// instructions takes in nothing that was read ahead.
    pub single_port: bool,
    /// Whether the chip counts hits and misses of the cache.
    pub counts_cache: bool,
}

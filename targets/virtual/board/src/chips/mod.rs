//! Chips: a description (data) and the peripherals around the core.

pub mod nrf52840;

use crate::memory::{AccessSize, BusFault};

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
    pub aliases: &'static [(u32, u32, u32)],
}

/// A stretch of RAM with timing of its own. The banks of a chip follow each other.
#[derive(Clone, Copy, Debug)]
pub struct RamBank {
    /// Size, bytes; a multiple of 16 KiB.
    pub length: u32,
    /// Loads from banks of different groups don't overlap. 0 is flash.
    pub group: u8,
    /// Cycles that a read takes beyond one.
    pub wait_states: u8,
}

/// The instruction cache between the core and the flash.
#[derive(Clone, Copy, Debug)]
pub struct InstructionCacheShape {
    /// Sets.
    pub sets: u32,
    /// Lines in a set.
    pub ways: u32,
    /// Bytes of a line.
    pub line_bytes: u32,
    /// Bytes that one miss fills: one flash read.
    pub sector_bytes: u32,
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
    pub ram_banks: &'static [RamBank],
    /// The instruction cache.
    pub instruction_cache: InstructionCacheShape,
    /// External interrupt lines.
    pub interrupts: u32,
    /// Bits of priority implemented, from the top.
    pub priority_bits: u32,
    /// Whether the core has the FPv4-SP unit.
    pub fpu: bool,
    /// MPU regions.
    pub mpu_regions: u32,
    /// Whether the bit-band regions are there.
    pub bit_band: bool,
}

/// How flash and caches are set at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashTiming {
    /// Cycles that a flash read takes beyond one.
    pub wait_states: u32,
    /// Cycles that an instruction cache miss takes beyond a hit.
    pub miss_penalty: u32,
    /// Bytes of one flash read.
    pub sector_bytes: u32,
    /// Whether instruction fetches go through the cache.
    pub instruction_cache: bool,
}

/// Hits and misses of the instruction cache, as the chip's own counters show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounters {
    /// Sectors found.
    pub hits: u32,
    /// Sectors read from flash.
    pub misses: u32,
}

/// What a peripheral may touch besides itself during one access or advance.
pub struct ChipContext<'a> {
    /// Core clock cycles since power-up.
    pub now: u64,
    /// Contents of the flash.
    pub flash: &'a mut [u8],
    /// Set to the byte range of flash that changed.
    pub flash_changed: &'a mut Option<(u32, u32)>,
    /// Set when [`Chip::flash_timing`] may have changed.
    pub timing_changed: &'a mut bool,
    /// Counters of the instruction cache; a chip may clear them.
    pub cache_counters: &'a mut CacheCounters,
    /// Interrupt lines to pend, one bit a line.
    pub interrupts: &'a mut [u32; 8],
    /// Cycles the core is stalled by this access (flash programming, for example).
    pub stall: &'a mut u64,
}

/// The peripherals of a chip.
pub trait Chip: Send {
    /// The chip as data.
    fn description(&self) -> &'static ChipDescription;
    /// How flash and caches are set.
    fn flash_timing(&self) -> FlashTiming;
    /// A read outside the memories and the core's own registers.
    ///
    /// # Errors
    /// [`BusFault`] where the bus answers with an error.
    fn read(
        &mut self,
        address: u32,
        size: AccessSize,
        context: &mut ChipContext<'_>,
    ) -> Result<u32, BusFault>;
    /// A write outside the memories and the core's own registers.
    ///
    /// # Errors
    /// [`BusFault`] where the bus answers with an error.
    fn write(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault>;
    /// A write to the flash at byte `offset`, by the core or a debugger.
    ///
    /// # Errors
    /// [`BusFault`] where the flash controller refuses it.
    fn write_flash(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault>;
    /// Erases all flash and user configuration, as through the chip's debug access port.
    fn erase_all(&mut self, context: &mut ChipContext<'_>);
    /// The cycle at which something happens by itself, or `u64::MAX`.
    fn next_event(&self) -> u64;
    /// Lets time pass to `context.now`.
    fn advance(&mut self, context: &mut ChipContext<'_>);
    /// System reset: everything that a reset clears.
    fn reset(&mut self);
}

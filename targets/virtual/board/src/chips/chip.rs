//! What the core and its surroundings ask of a chip.

use super::description::{ChipDescription, FlashTiming};
use super::serial::SerialLine;
use crate::memory::{AccessSize, BusFault};

/// Hits and misses of the instruction cache, as the chip's own counters show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounters {
    /// Words fetched from the cache.
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
    /// Contents of the RAM, for DMA.
    pub ram: &'a mut [u8],
    /// Set to the byte range of RAM that DMA changed.
    pub ram_changed: &'a mut Option<(u32, u32)>,
    /// Level of each interrupt line, one bit a line. An interrupt whose line is still asserted when
    /// its handler returns is pending again.
    pub interrupts: &'a mut [u32; 8],
    /// Cycles the core is stalled by this access (flash programming, for example).
    pub stall: &'a mut u64,
    /// Set when the chip resets itself.
    pub reset: &'a mut Option<ResetReason>,
    /// What software touched that isn't modelled; each text is kept once.
    pub reports: &'a mut Vec<String>,
}

/// What caused a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// Power came up.
    PowerOn,
    /// The reset pin, or a debugger through the chip's own access port.
    Pin,
    /// AIRCR.SYSRESETREQ.
    Software,
    /// A watchdog.
    Watchdog,
}

/// The peripherals of a chip.
pub trait Chip: Send {
    /// The chip as data.
    fn description(&self) -> &ChipDescription;
    /// How flash and caches are set.
    fn flash_timing(&self) -> FlashTiming;
    /// What [`Self::read`] of the word at `address` gives at cycle `now`, where that is all that it
    /// does: it changes nothing, and nothing has happened by then that has yet to be followed up.
    /// `None` where that isn't so, or isn't known. Until [`Self::next_event`] it gives the same, unless
    /// the chip is written to or a read changes it.
    ///
    /// Programs that wait read the same register again and again, and this is the quick way.
    fn peek(&self, _address: u32, _now: u64) -> Option<u32> {
        None
    }
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
    /// A write to the flash at byte `offset`, by the core, or by a debugger unless
    /// [`ChipDescription::debugger_writes_flash`].
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
    /// System reset: everything that a reset for this reason clears.
    fn reset(&mut self, reason: ResetReason, context: &mut ChipContext<'_>);
    /// The clock of the core at the moment, Hz.
    fn core_hz(&self) -> u64;
    /// What UART `number` is called.
    fn serial_name(&self, number: usize) -> Option<&'static str>;
    /// The serial line on UART `number`.
    fn serial_line(&mut self, number: usize) -> Option<&mut SerialLine>;
    /// Tells the chip that its serial lines have new bytes.
    fn serial_input(&mut self, context: &mut ChipContext<'_>);
    /// Drives a pin from outside, or lets it go. False if there is no such pin.
    fn drive_pin(&mut self, pin: u32, level: Option<bool>, context: &mut ChipContext<'_>) -> bool;
    /// The level on a pin: what the chip drives, what is driven from outside, or the pull. `None`
    /// for a pin that floats or doesn't exist.
    fn pin(&self, pin: u32) -> Option<bool>;
    /// Sets what the random number generator and the like start from.
    fn seed(&mut self, seed: u64);
    /// Whether programming and erasing flash take their time; they are instant otherwise.
    fn set_flash_takes_time(&mut self, takes_time: bool);
    /// The core falls asleep, or wakes.
    fn set_asleep(&mut self, _asleep: bool, _context: &mut ChipContext<'_>) {}
    /// Sets how the flash is divided, as the option bytes do from power-up on: two banks, or one that
    /// is read at twice the width. False for a chip without the choice.
    fn set_dual_bank(&mut self, _dual_bank: bool, _context: &mut ChipContext<'_>) -> bool {
        false
    }
    /// Reads a register of the maker's own debug unit, on the core's private bus from 0xE004_2000
    /// on; `None` if there is none.
    fn read_debug_unit(&mut self, _offset: u32) -> Option<u32> {
        None
    }
    /// Writes a register of the maker's own debug unit. False if there is none.
    fn write_debug_unit(&mut self, _offset: u32, _value: u32) -> bool {
        false
    }
}

//! A core and its memories, made from a description: for chips of which nothing else is modelled.
//!
//! There is no flash controller, so a debugger writes flash as it writes RAM; a store of the program to
//! flash is a bus fault. So is an access to any peripheral, which is reported by its address. The start of
//! flash also appears at address 0, where the core looks for its vector table after reset.

mod memory;

use std::borrow::Cow;

pub use memory::{AddressRange, GenericChip, GenericMemory, ImpossibleChip};

use super::{
    CacheShape, Chip, ChipContext, ChipDescription, ChipIdentity, FlashTiming, MemoryRegion,
    RamBank, ResetReason, SerialLine, flash, generic_name,
};
use crate::memory::{AccessSize, BusFault};

/// Granule of the banks of RAM, see [`RamBank::length`].
const BANK_BYTES: u32 = 16 << 10;

/// Where peripherals are (Armv7-M Architecture Reference Manual, B3.1).
const PERIPHERALS: std::ops::Range<u32> = 0x4000_0000..0x6000_0000;

/// The chip without peripherals.
pub(crate) struct Generic {
    description: ChipDescription,
    flash_timing: FlashTiming,
    clock_hz: u64,
}

impl Generic {
    /// A chip as described.
    ///
    /// # Errors
    /// [`ImpossibleChip`] if there can't be such a chip.
    pub fn new(chip: &GenericChip) -> Result<Self, ImpossibleChip> {
        chip.check()?;
        let memory = &chip.memory;
        let options = memory.options(chip.core);
        // Not looked into where there is none.
        let none = CacheShape {
            sets: 1,
            ways: 1,
            line_bytes: memory.read_bytes,
        };
        let length = chip.ram.length.next_multiple_of(BANK_BYTES);
        Ok(Self {
            description: ChipDescription {
                name: generic_name(chip.core),
                flash: MemoryRegion {
                    name: "flash",
                    origin: chip.flash.origin,
                    length: chip.flash.length,
                    aliases: boot_alias(chip),
                },
                ram: MemoryRegion {
                    name: "RAM",
                    origin: chip.ram.origin,
                    length: chip.ram.length,
                    aliases: Cow::Borrowed(&[]),
                },
                ram_banks: Cow::Owned(vec![RamBank {
                    length,
                    group: 1,
                    granted_late: false,
                }]),
                instruction_cache: memory.instruction_cache.unwrap_or(none),
                data_cache: memory.data_cache,
                timing: chip.core.timing(),
                // As Arm delivers the core.
                identity: ChipIdentity {
                    continuation: 4,
                    designer: 0x3B,
                    part: chip.core.architecture().part,
                },
                ctrl_ap: false,
                interrupts: options.interrupts,
                priority_bits: options.priority_bits,
                core: chip.core,
                mpu_regions: options.mpu_regions,
                bit_band: memory.bit_band,
                debugger_writes_flash: true,
            },
            flash_timing: FlashTiming {
                wait_states: memory.wait_states,
                sector_bytes: memory.read_bytes,
                instruction_cache: memory.instruction_cache.is_some(),
                data_cache: memory.data_cache.is_some(),
                prefetch: memory.prefetch,
                unified_cache: false,
                single_port: false,
                counts_cache: false,
            },
            clock_hz: chip.clock_hz,
        })
    }
}

/// The start of flash at address 0, as far as there is room before a memory.
fn boot_alias(chip: &GenericChip) -> Cow<'static, [(u32, u32, u32)]> {
    if chip.flash.origin == 0 {
        return Cow::Borrowed(&[]);
    }
    let room = chip.flash.origin.min(chip.ram.origin);
    Cow::Owned(vec![(0, 0, chip.flash.length.min(room))])
}

impl Generic {
    /// There is nothing at an address: where a chip has its peripherals, that is told.
    fn nothing(&self, address: u32, context: &mut ChipContext<'_>) -> BusFault {
        if PERIPHERALS.contains(&address) {
            context.reports.push(format!(
                "{} has no peripherals, so that {address:#010x} is a bus fault",
                self.description.name
            ));
        }
        BusFault
    }
}

impl Chip for Generic {
    fn description(&self) -> &ChipDescription {
        &self.description
    }

    fn flash_timing(&self) -> FlashTiming {
        self.flash_timing
    }

    fn read(
        &mut self,
        address: u32,
        _size: AccessSize,
        context: &mut ChipContext<'_>,
    ) -> Result<u32, BusFault> {
        Err(self.nothing(address, context))
    }

    fn write(
        &mut self,
        address: u32,
        _size: AccessSize,
        _value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        Err(self.nothing(address, context))
    }

    fn write_flash(
        &mut self,
        _offset: u32,
        _size: AccessSize,
        _value: u32,
        _context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        Err(BusFault)
    }

    fn erase_all(&mut self, context: &mut ChipContext<'_>) {
        flash::erase(context, 0, self.description.flash.length);
    }

    fn next_event(&self) -> u64 {
        u64::MAX
    }

    fn advance(&mut self, _context: &mut ChipContext<'_>) {}

    fn reset(&mut self, _reason: ResetReason, _context: &mut ChipContext<'_>) {}

    fn core_hz(&self) -> u64 {
        self.clock_hz
    }

    fn serial_name(&self, _number: usize) -> Option<&'static str> {
        None
    }

    fn serial_line(&mut self, _number: usize) -> Option<&mut SerialLine> {
        None
    }

    fn serial_input(&mut self, _context: &mut ChipContext<'_>) {}

    fn drive_pin(
        &mut self,
        _pin: u32,
        _level: Option<bool>,
        _context: &mut ChipContext<'_>,
    ) -> bool {
        false
    }

    fn pin(&self, _pin: u32) -> Option<bool> {
        None
    }

    fn seed(&mut self, _seed: u64) {}

    fn set_flash_takes_time(&mut self, _takes_time: bool) {}
}

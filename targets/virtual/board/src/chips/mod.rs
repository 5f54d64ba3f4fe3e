//! Chips: a description (data) and the peripherals around the core.

mod catalogue;
mod chip;
mod description;
mod flash;
mod generic;
pub mod nrf52840;
#[cfg(test)]
mod peek_tests;
mod random;
mod serial;
mod stm32;
pub mod stm32g0b1;
pub mod stm32l4r5;
pub mod stm32u;
mod unmodelled;

pub(crate) use catalogue::chip_named;
use catalogue::generic_name;
pub use catalogue::{CHIPS, GENERIC_CHIPS, UnknownChip};
pub use chip::{CacheCounters, Chip, ChipContext, ResetReason};
pub use description::{
    CacheShape, ChipDescription, ChipIdentity, FlashTiming, MemoryRegion, RamBank,
};
pub(crate) use generic::Generic;
pub use generic::{AddressRange, GenericChip, GenericMemory, ImpossibleChip};
pub use serial::SerialLine;

//! Chips: a description (data) and the peripherals around the core.

mod catalogue;
mod chip;
mod description;
mod flash;
pub mod nrf52840;
#[cfg(test)]
mod peek_tests;
mod random;
mod serial;
pub mod stm32l4r5;
mod unmodelled;

pub(crate) use catalogue::chip_named;
pub use catalogue::{CHIPS, UnknownChip};
pub use chip::{CacheCounters, Chip, ChipContext, ResetReason};
pub use description::{
    CacheShape, ChipDescription, ChipIdentity, FlashTiming, MemoryRegion, RamBank,
};
pub use serial::SerialLine;

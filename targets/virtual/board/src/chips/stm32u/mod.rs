//! STMicroelectronics STM32U5 and STM32U3, which have caches, EXTI and flash controller in common, and the same
//! Cortex-M33.
//!
//! The Security Extension is off (option bit TZEN), as it is when the boards are delivered: there are the
//! non-secure addresses alone.

mod adc;
mod cache;
mod information;
mod parts;
pub mod u385;
pub mod u575;
mod units;

pub(super) use u385::Stm32u385;
pub(super) use u575::Stm32u575;

/// Interrupt lines of peripherals that are at the same in all of these chips.
mod line {
    pub const WWDG: u32 = 0;
    pub const FLASH: u32 = 6;
    pub const RNG: u32 = 94;
}

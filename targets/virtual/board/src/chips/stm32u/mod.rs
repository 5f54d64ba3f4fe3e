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

pub(super) use u385::Stm32u385;
pub(super) use u575::Stm32u575;

use super::stm32::{Entry, Gate, SerialLayout, Unit};

/// A peripheral of a map that isn't modelled.
const fn unmodelled(start: u32, name: &'static str) -> Entry {
    Entry::unmodelled(start, name)
}

/// One that is.
const fn modelled(start: u32, name: &'static str, unit: Unit, gate: Option<Gate>) -> Entry {
    Entry::modelled(start, name, unit, gate)
}

const fn gate(register: u32, bit: u32) -> Option<Gate> {
    Some(Gate { register, bit })
}

const fn serial(name: &'static str, low_power: bool, line: u32) -> SerialLayout {
    SerialLayout {
        name,
        low_power,
        line,
    }
}

/// Where DBGMCU lies behind 0xE004_2000.
const DEBUG_UNIT: u32 = 0x2000;

/// Interrupt lines of peripherals that are at the same in all of these chips.
mod line {
    pub const WWDG: u32 = 0;
    pub const FLASH: u32 = 6;
    pub const RNG: u32 = 94;
}

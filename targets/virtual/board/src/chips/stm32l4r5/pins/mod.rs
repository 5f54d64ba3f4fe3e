//! Pins, and the interrupts that they raise.

mod exti;
mod gpio;

pub(super) use exti::Exti;
pub(super) use gpio::Gpio;

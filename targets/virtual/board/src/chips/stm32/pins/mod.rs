//! Pins, and the interrupts that they raise.

mod exti;
mod gpio;

pub(super) use exti::Exti;
pub(in crate::chips) use exti::{ExtiLayout, Selection};
pub(super) use gpio::Gpio;
pub(in crate::chips) use gpio::PortLayout;

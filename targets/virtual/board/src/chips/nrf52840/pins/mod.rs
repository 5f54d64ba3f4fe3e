//! Pins, and their tasks and events.

mod gpio;
mod gpiote;

pub(super) use gpio::Gpio;
pub(super) use gpiote::Gpiote;

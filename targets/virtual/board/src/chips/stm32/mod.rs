//! What STMicroelectronics' STM32 have in common: peripherals of one design, each with what differs as
//! data, and the chip that they are put together to.
//!
//! A chip is a [`Family`]: its clocks, its supply and its map, in a folder of its own. [`Stm32`] is the rest.
//! A peripheral that isn't modelled reads as after a reset, takes every write and is reported once,
//! as is a register that isn't modelled of one that is. A peripheral that the RCC hasn't switched on
//! reads as zero, takes no write and is reported once. Where the chip has nothing there is a bus
//! fault.
//!
//! Time is counted in cycles of the core's clock, whatever its frequency; what runs on another clock
//! is converted. Of the low-power modes only sleep is modelled: stop and standby are sleep too.

mod chip;
mod clocks;
mod crc;
mod debug_unit;
mod family;
mod flash_controller;
mod peripheral;
mod pins;
mod rcc;
mod resets;
mod rng;
mod time;
mod usart;

pub(super) use chip::Stm32;
pub(super) use clocks::Clocks;
pub(super) use debug_unit::DebugUnit;
pub(super) use family::{
    Entry, Family, Layout, SerialLayout, Unit, gate, modelled, serial, unmodelled,
};
pub(super) use flash_controller::{Bits, FlashController, FlashModel, Offsets};
pub(super) use peripheral::Write;
pub(super) use pins::{ExtiLayout, PortLayout, Selection};
pub(super) use rcc::{Bit, Rcc, RccLayout, Ready};
pub(super) use resets::Resetter;
pub(super) use time::TimerLayout;

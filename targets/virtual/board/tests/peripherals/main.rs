//! The chips' peripherals, register by register.

mod nrf52840;
mod stm32l4r5;

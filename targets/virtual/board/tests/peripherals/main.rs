//! The chips' peripherals, register by register.

mod generic;
mod nrf52840;
mod stm32;
mod stm32g0b1;
mod stm32l4r5;
mod stm32u385;
mod stm32u575;

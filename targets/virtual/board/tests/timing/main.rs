//! The cycle model, to the cycle.

mod cortex_m0plus;
mod cortex_m33;
mod counting;
mod rules;
mod stm32g0b1;
mod stm32l4r5;

//! The cycle model, to the cycle.

mod counting;
mod rules;
mod stm32l4r5;

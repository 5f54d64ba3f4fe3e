//! The cycle model, to the cycle.

mod rules;
mod stm32l4r5;

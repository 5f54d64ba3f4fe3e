//! What both machines run: programs written for one thing, and random ones.

pub mod assembler;
pub mod encodings;
pub mod generator;
pub mod image;
pub mod operands;
pub mod rng;
pub mod system_program;

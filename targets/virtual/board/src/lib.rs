//! Virtual microcontroller boards.
//!
//! A [`VirtualBoard`] is a Cortex-M core with a cycle model, a chip around it, and a debug port
//! through which an unmodified debugger flashes, runs and reads it.

mod board;
pub mod chips;
mod cpu;
mod memory;
mod system;
pub mod timing;

pub use board::{CHIPS, Ended, Timing, UnknownChip, VirtualBoard};
pub use memory::{AccessSize, BusFault};

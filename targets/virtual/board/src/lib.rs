//! Virtual microcontroller boards.
//!
//! A [`VirtualBoard`] is a Cortex-M core with a cycle model, a chip around it, and a debug port
//! through which an unmodified debugger flashes, runs and reads it.

mod board;
pub mod chips;
mod cpu;
pub mod debug_port;
pub mod faults;
pub mod glasgow;
mod machine;
mod memory;
mod system;
pub mod timing;

pub use board::VirtualBoard;
pub use machine::{CHIPS, Ended, Machine, Timing, UnknownChip};
pub use memory::{AccessSize, BusFault};

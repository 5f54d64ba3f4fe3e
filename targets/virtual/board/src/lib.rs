//! Virtual microcontroller boards.
//!
//! A [`VirtualBoard`] is a Cortex-M core with a cycle model, a chip around it, and a debug port
//! through which an unmodified debugger flashes, runs and reads it.

mod board;
pub mod chips;
mod cpu;
pub mod debug_port;
mod elf;
pub mod faults;
pub mod glasgow;
mod machine;
mod marks;
mod memory;
pub mod register;
mod system;
pub mod timing;

pub use board::VirtualBoard;
pub use elf::{ElfError, Image, Location, Segment, Symbol, SymbolError, SymbolKind, Symbols};
pub use machine::{
    CHIPS, Ended, FaultReport, FunctionCost, Hook, LoadError, Machine, MemoryError, Profile,
    Timing, UnknownChip,
};
pub use memory::{AccessSize, BusFault};

//! Virtual microcontroller boards.
//!
//! A [`VirtualBoard`] is a Cortex-M core with a cycle model, a chip around it, and a debug port
//! through which an unmodified debugger flashes, runs and reads it.
//!
//! A [`Machine`] is the same without the debug port: load a program, run it to a place, look at it
//! and change it, hook its functions, see where its cycles go. Each is a value of its own; any
//! number of them run side by side, and two runs of one program are identical.
//!
//! ```
//! use tinybench_virtual_board::{Ended, Hook, Machine, register};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A program that reads a temperature, smooths it and switches a heater.
//! let program = include_bytes!("../examples/thermostat.elf");
//! let mut machine = Machine::new("nrf52840")?;
//! machine.load_elf(program)?;
//!
//! // Run to a function, and look at its arguments and at variables.
//! assert_eq!(machine.run_to("regulate", 100_000)?, Ended::Reached);
//! assert_eq!(machine.register(register::R0), 4 * 25); // quarters of a degree
//! assert_eq!(machine.read_word("THRESHOLD")?, 21);
//!
//! // Answer a function in its place.
//! machine.hook("read_sensor", |_| Hook::Return(4 * 15))?;
//! machine.run(100_000);
//! assert_eq!(machine.read_word("HEATER")?, 1);
//!
//! // See where the cycles go.
//! machine.unhook("read_sensor")?;
//! machine.start_profile();
//! machine.run(1_000_000);
//! let profile = machine.stop_profile();
//! let smooth = profile.function("thermostat::smooth").unwrap();
//! assert!(smooth.inclusive_cycles > smooth.self_cycles); // it calls `mean`
//! # Ok(())
//! # }
//! ```
//!
//! [`faults`] makes a board fail on purpose, for tests of what a tool does then.

mod board;
pub mod chips;
mod core_model;
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
pub use chips::{
    AddressRange, CHIPS, GENERIC_CHIPS, GenericChip, GenericMemory, ImpossibleChip, UnknownChip,
};
pub use core_model::CoreModel;
pub use elf::{ElfError, Image, Location, Segment, Symbol, SymbolError, SymbolKind, Symbols};
pub use machine::{
    BlockCost, CallPath, Ended, FaultReport, FunctionCost, Hook, LoadError, Machine, MemoryError,
    Profile, ReportError, SegmentCost, Timing, WindowProfile,
};
pub use memory::{AccessSize, BusFault};

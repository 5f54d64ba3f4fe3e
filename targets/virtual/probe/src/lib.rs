//! A virtual board as a probe of probe-rs.
//!
//! [`open`] makes a [`probe_rs::probe::Probe`] that is used like one on USB: everything probe-rs
//! does then goes through the board's debug port, as SWD transfers, in this process.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! # use tinybench_virtual_board::debug_port::{AccessSize, Attached, BusFault, DebugTarget};
//! # struct Chip;
//! # impl DebugTarget for Chip {
//! #     fn debug_read(&mut self, _: u32, _: AccessSize) -> Result<u32, BusFault> { Ok(0) }
//! #     fn debug_write(&mut self, _: u32, _: AccessSize, _: u32) -> Result<(), BusFault> { Ok(()) }
//! #     fn reset(&mut self) {}
//! #     fn erase_all(&mut self) {}
//! #     fn instructions_retired(&self) -> u64 { 0 }
//! #     fn instructions_in_window(&self) -> u64 { 0 }
//! # }
//! # let board = Attached::new(Chip);
//! let board = Arc::new(Mutex::new(board));
//! let probe = tinybench_virtual_probe::open(Arc::clone(&board));
//! assert_eq!(probe.get_name(), "tinybench virtual probe");
//! ```

mod driver;
mod factory;

use std::sync::{Arc, Mutex};

use probe_rs::probe::Probe;
use tinybench_virtual_board::debug_port::Debuggable;

pub use driver::{ProbeLost, VirtualProbe};
pub use factory::{PRODUCT_ID, VENDOR_ID, VirtualProbeFactory};

/// A board shared between its owner and the probe on it.
pub type SharedBoard<B> = Arc<Mutex<B>>;

/// Opens a probe on `board`. The board lives on when the probe is closed, and can be opened
/// again; two probes on one board at once disturb each other, as two on one connector would.
pub fn open<B: Debuggable + Send + 'static>(board: SharedBoard<B>) -> Probe {
    Probe::new(VirtualProbe::new(board))
}

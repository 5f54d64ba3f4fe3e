//! Power instruments behind one trait, and what their samples add up to.
//!
//! An [`Instrument`] supplies the board and tells its current together with the logic inputs on which
//! the firmware marks its windows. [`Integration`] adds the samples up between these marks as they
//! come, so that hours of them need no memory, and says what makes the sum worthless.
//!
//! Every number of this crate is one that an instrument has told. [`emulated`] has the far ends of two
//! instruments on pseudo-terminals, for measurements without any.

mod attached;
pub mod emulated;
mod instrument;
mod integration;
pub mod joulescope;
mod kind;
pub mod lpm01a;
mod meter;
mod port;
pub mod ppk2;
mod replay;
pub mod statistics;
pub mod trace;
mod trace_file;

pub use attached::{Attached, attached};
pub use instrument::{Capability, Event, Instrument, InstrumentError, Sample, SupplyError};
pub use integration::{Flaw, Integral, Integration, Overview, Plan, Window};
pub use kind::Kind;
pub use meter::{Meter, ParseMeterError, open};
pub use replay::Replay;
pub use trace_file::{TraceFile, TraceWriteError};

//! A host of the MLPerf Tiny device protocol.
//!
//! The protocol is the one that the reference firmware of mlcommons/tiny speaks
//! (`benchmark/api/internally_implemented.cpp`): commands ended by `%` one way, lines ended by
//! CR LF the other, and `m-ready` after every command. `docs/mlperf.md` describes it.
//!
//! - A [`link`] moves bytes and knows what time it is at the device: a serial port, or a UART of a
//!   virtual board in emulated time.
//! - [`message`] reads single lines, [`device`] holds the conversation, [`error`] says how it can
//!   fail.
//! - [`performance`], [`accuracy`] and [`energy`] are the modes of the benchmark, over a
//!   [`Dataset`](tinybench_inputs::dataset::Dataset).
//! - [`session`] puts them together; [`submission`] writes the results as a submission has
//!   them, [`record`] as a run record.
//! - [`link::emulated`] is a device to test against, with faults.

pub mod accuracy;
pub mod device;
pub mod energy;
pub mod error;
pub mod link;
pub mod log;
pub mod message;
pub mod performance;
pub mod record;
pub mod session;
pub mod submission;

#[cfg(test)]
mod tests;

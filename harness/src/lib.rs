//! tinybench measures what a machine learning model costs on a microcontroller: time, memory,
//! flash and energy, each output checked against a reference.
//!
//! The binary is a thin layer over this library. `ARCHITECTURE.md` at the root of the repository
//! shows how the parts fit together.

pub mod board;
pub mod conversation;
pub mod energy;
pub mod exit;
pub mod fault;
pub mod files;
pub mod hash;
pub mod interrupt;
pub mod measure;
pub mod progress;
pub mod project;
pub mod record;
pub mod statistics;
pub mod suggest;
pub mod target;
pub mod verify;
pub mod workload;

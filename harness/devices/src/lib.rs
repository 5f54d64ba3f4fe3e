//! Devices that are measured in other ways than by a run: with firmware of their own over the MLPerf
//! Tiny protocol, and by sequences of instructions that calibrate the cycle model; and virtual boards that
//! are offered to other tools.

pub mod calibrate;
pub mod mlperf;
pub mod serving;

//! From records to verdicts: what it means that a figure differs, and the forms in
//! which other programs read it.

pub mod baselines;
pub mod compare;
pub mod config;
pub mod export;
pub mod merge;
pub mod profile;
pub mod quality;
pub mod reference;
pub mod stated_error;
pub mod statistics;

pub use tinybench_metrics as metrics;

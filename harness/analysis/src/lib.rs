//! From records to verdicts: what each figure is, what it means that it differs, and the forms in
//! which other programs read it.

pub mod baselines;
pub mod compare;
pub mod config;
pub mod export;
pub mod merge;
pub mod metrics;
pub mod quality;
pub mod stated_error;
pub mod statistics;

//! Learning on the device: a classifier by nearest neighbours over a bounded memory of labelled
//! features, which learns while it is used.
//!
//! After S. Disabato and M. Roveri, "Incremental On-Device Tiny Machine Learning" (AIChallengeIoT
//! 2020) and "Tiny Machine Learning for Concept Drift" (arXiv 2107.14759): a frozen network makes
//! features of an input, and a [`Learner`] predicts their class, is told the right one, and
//! decides by its [`Policy`] what to remember.
//!
//! Everything is integer arithmetic with defined rounding and defined ties, so that every machine
//! predicts, remembers and forgets the same: what a target does can be compared with what a host
//! does, sample by sample. `docs/knn-benchmark.md` is the definition for people.

#![no_std]

mod condense;
mod configuration;
pub mod distance;
mod drift;
mod learner;
mod memory;
mod native;
mod neighbours;

pub use configuration::{
    Configuration, ConfigurationError, DriftParameters, MAX_BATCH, MAX_CLASSES, MAX_FEATURES,
    MAX_NEIGHBOURS, Policy,
};
pub use drift::{Alarm, DriftTest, WINDOW_BATCHES, half_log_variance};
pub use learner::{Learned, Learner};
pub use memory::{MAX_SAMPLES, capacity, row_bytes, storage_bytes};
pub use native::NativeLearner;
pub use neighbours::{Prediction, weight};

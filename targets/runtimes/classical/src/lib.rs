//! The tinybench runtime `classical`: models that aren't neural networks, on windows of a
//! three-axis accelerometer.
//!
//! - [`Model`] reads a model file where it lies and checks all of it once. The format is in
//!   `README.md`.
//! - [`features`] turns a window of raw 16-bit samples into [`features::FEATURES`] numbers.
//! - [`Forest`] lets decision trees vote on them; [`Centroids`] says how far they are from
//!   everything normal.
//! - [`Engine`] plans all of this in one arena, provided by the caller, and runs it.
//!
//! All arithmetic is that of integers, so every machine gives the same answer to the bit. Nothing
//! is allocated, and nothing a model file contains makes the crate panic.

#![no_std]

#[cfg(test)]
extern crate std;

mod centroids;
mod checksum;
mod engine;
mod error;
pub mod features;
mod forest;
mod model;
pub mod runtime;
mod signal;

pub use centroids::{Centroids, MAX_CENTROIDS};
pub use checksum::crc32;
pub use engine::{Engine, arena_needed};
pub use error::{ArenaTooSmall, ModelError};
pub use forest::{Forest, MAX_CLASSES};
pub use model::{Classifier, MAGIC, Model};

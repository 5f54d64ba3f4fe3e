//! Calibration: micro-benchmarks on a board and on its virtual counterpart, compared rule by rule,
//! and parameters of the cycle model fitted to what was measured.
//!
//! - [`cores`] and [`chip`] are what is known of the target;
//! - [`benchmarks`] has the table of what is run on each core, made of [`thumb`] instructions framed by readings
//!   of a counter ([`sequence`]) and placed in flash ([`layout`]);
//! - [`runner`] talks to the image on a target, [`measure`] runs the table, [`counts`] is what
//!   comes out;
//! - [`report`] compares and shows it;
//! - [`fit`] searches parameters on a [`model`] without a debug port, and [`board_file`] writes
//!   them.

pub mod benchmarks;
pub mod board_file;
pub mod chip;
pub mod cores;
pub mod counts;
pub mod error;
pub mod fit;
pub mod layout;
pub mod measure;
pub mod model;
pub mod report;
pub mod runner;
pub mod sequence;
pub mod thumb;

pub use error::CalibrateError;

//! The statistics of comparisons, free of input and output. `docs/statistics.md` explains each for
//! people who are no statisticians.
//!
//! Everything is deterministic: what is drawn at random is drawn from a seeded generator, so the
//! same numbers always give the same verdict.

mod bootstrap;
mod change;
mod mann_whitney;
mod mean;
pub mod simulation;
mod steps;

pub use bootstrap::{CONFIDENCE, Interval, RESAMPLES, ratio_of_medians};
pub use change::{Change, SIGNIFICANCE, Shift, compare};
pub use mann_whitney::{least_p, mann_whitney};
pub use mean::geometric_mean;
pub use steps::{Segment, Step, segments, steps};

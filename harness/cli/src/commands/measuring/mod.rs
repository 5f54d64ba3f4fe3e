//! Commands that measure, and those that prepare it.

pub mod calibrate;
pub mod compress;
pub mod fetch;
pub mod mlperf;
pub mod profile;
mod resume;
pub mod run;
pub mod serve;
pub mod sweep;

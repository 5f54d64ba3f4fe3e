//! Commands that measure, and those that prepare it.

pub mod calibrate;
pub mod compress;
pub mod fetch;
pub mod mlperf;
pub mod run;
pub mod serve;

//! Time: its stages, and what the place of the code changes.

pub mod layouts;
pub mod stages;

//! Commands that read records.

pub mod compare;
pub mod dashboard;
pub mod export;
pub mod merge;
pub mod report;

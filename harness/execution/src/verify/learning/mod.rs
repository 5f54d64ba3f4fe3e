//! Learning on the device: what a learner makes of a stream on the host, how that compares with what
//! the target did, and what it cost.

mod figures;
mod reference;

pub use figures::figures;
pub use reference::{LearningMismatch, verify};

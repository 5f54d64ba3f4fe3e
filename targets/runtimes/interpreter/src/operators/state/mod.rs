//! Operators with a state, and those that run subgraphs.

pub(super) mod call;
pub(super) mod lstm;
pub(super) mod svdf;
pub(super) mod variable;

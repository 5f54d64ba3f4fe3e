//! What the machine that measures is told by those who run it: a CI system's commit, a scheduler's
//! share of a run.

pub mod commit;
pub mod scheduler;

//! What there is: boards, workloads, runtimes, what is missing on this machine, what was made here.

pub mod boards;
pub mod clean;
pub mod completions;
pub mod doctor;
pub mod runtimes;
pub mod workloads;

//! What there is: boards, workloads, runtimes, what is missing on this machine, completions.

pub mod boards;
pub mod completions;
pub mod doctor;
pub mod runtimes;
pub mod workloads;

//! What there is: boards, workloads, runtimes, what a model is, what is missing on this machine, what
//! was made here.

pub mod boards;
pub mod clean;
pub mod completions;
pub mod doctor;
pub mod inspect;
pub mod runtimes;
pub mod workloads;

//! What there is: boards, workloads, runtimes, power instruments, what a model is, what is missing on this machine, what
//! was made here.

pub mod boards;
pub mod clean;
pub mod completions;
pub mod doctor;
pub mod init;
pub mod inspect;
pub mod manual;
pub mod meters;
mod new_board;
pub mod runtimes;
pub mod workloads;

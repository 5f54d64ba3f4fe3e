//! The `tinybench` command: parses what is asked, calls the library that does it, prints what came
//! out.

pub mod commands;
pub mod confirm;
mod stdout;
pub mod table;

pub use tinybench_arguments as args;

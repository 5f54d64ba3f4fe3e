//! What is measured: boards and the cells that feed them, workloads and suites, models and the runtimes
//! that read them on the host, and the project folder that holds them.

pub mod board;
pub mod cell;
pub mod compress;
pub mod dataset;
pub mod fetch;
pub mod inspect;
pub mod learning;
pub mod project;
pub mod subject;
pub mod suite;
pub mod vectors;
pub mod workload;

pub use tinybench_runtimes as runtimes;

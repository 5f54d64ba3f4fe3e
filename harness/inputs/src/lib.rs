//! What is measured: boards, workloads and suites, models and the runtimes that read them on the
//! host, and the project folder that holds them.

pub mod board;
pub mod compress;
pub mod dataset;
pub mod fetch;
pub mod inspect;
pub mod learning;
pub mod project;
pub mod runtimes;
pub mod subject;
pub mod suite;
pub mod vectors;
pub mod workload;

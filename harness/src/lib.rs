//! tinybench measures what a machine learning model costs on a microcontroller: time, memory,
//! flash and energy, each output checked against a reference.
//!
//! The binary is a thin layer over this library. `ARCHITECTURE.md` at the root of the repository
//! shows how the parts fit together.

pub mod baselines;
pub mod board;
pub mod calibrate;
pub mod cli;
pub mod commands;
pub mod commit;
pub mod compare;
pub mod compress;
pub mod config;
pub mod confirm;
pub mod conversation;
pub mod dashboard;
pub mod energy;
pub mod error;
pub mod error_chain;
pub mod exit;
pub mod export;
pub mod fault;
pub mod fetch;
pub mod files;
pub mod firmware_build;
pub mod firmware_file;
pub mod hash;
pub mod image;
pub mod interrupt;
pub mod learning;
pub mod listing;
pub mod measure;
pub mod merge;
pub mod metrics;
pub mod mlperf;
pub mod pages;
pub mod plot;
pub mod power;
pub mod printable;
pub mod progress;
pub mod project;
pub mod quality;
pub mod record;
pub mod records;
mod relay;
pub mod report;
pub mod results;
pub mod runtimes;
pub mod schema;
pub mod select;
pub mod served;
pub mod session;
pub mod shard;
pub mod statistics;
pub mod stdout;
pub mod subject;
pub mod suggest;
pub mod suite;
pub mod table;
pub mod target;
pub mod verify;
pub mod virtual_board;
pub mod workload;

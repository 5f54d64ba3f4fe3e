//! What the command does with a target: firmware is built and runs on virtual boards.

mod calibrate;
mod classical;
mod compression;
mod documents;
mod firmware;
mod firmware_on_board;
mod installed;
#[cfg(unix)]
mod learning;
#[cfg(unix)]
mod new_workload;
mod nucleo;
mod ordinary_tools;
#[cfg(unix)]
mod pinned;
mod profile;
mod reference;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod vectors;
mod virtual_run;

//! From a request to a record: firmware is built, a target is found, flashed and talked to, what it
//! computes is measured and verified. [`run`] is where to start reading.

pub mod build;
pub mod image;
pub mod measure;
pub mod power;
pub mod profile;
pub mod run;
pub mod serving;
pub mod sweep;
pub mod target;
pub mod verify;

//! From a request to a record: firmware is built, a target is found, flashed and talked to, what it
//! computes is measured and verified. [`run`] is where to start reading.

pub mod function;
pub mod measure;
mod pinning;
pub mod power;
pub mod profile;
pub mod run;
pub mod sweep;
pub mod target;
pub mod verify;

pub use pinning::pin;
pub use tinybench_build as build;
pub use tinybench_image as image;

//! Models with vectors and labels that are given with them.

#[cfg(unix)]
pub mod anomaly;
mod data;
mod references;

//! What every crate of the harness uses and none is about: files, hashes, hints for what was
//! mistyped, text that is safe to print, float32 tensors, exit codes, progress, interruption.

pub mod error_chain;
pub mod exit;
pub mod files;
pub mod float;
pub mod hash;
pub mod interrupt;
pub mod json;
pub mod listing;
pub mod number;
pub mod order;
pub mod overall;
pub mod printable;
pub mod progress;
pub mod suggest;

/// The file of settings, which makes a folder the user's own project.
pub const SETTINGS: &str = "tinybench.toml";

/// How the name of a reference begins that tinybench computes itself, where none is given: behind it stand
/// the engine and its version.
pub const OWN_REFERENCE: &str = "portable kernels of ";

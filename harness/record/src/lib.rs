//! The run record: what `tinybench run` writes and everything else reads. `docs/run-record.md`
//! is its description for people, `results/run-record.schema.json` for programs.
//!
//! Fields this version doesn't know are kept at every level, so that a record survives being read
//! and written by an older tinybench.

mod environment;
pub mod example;
mod latency;
pub mod learning;
mod metered;
mod profile;
pub mod published;
mod quality;
pub mod reading;
mod result;
mod run;
pub mod schema;
pub mod shard;
mod values;

pub use environment::{commit, scheduler};
pub use latency::*;
pub use metered::*;
pub use profile::*;
pub use quality::{Areas, Quality, QualityInterval, auc, interval};
pub use result::*;
pub use run::*;
pub use values::Other;

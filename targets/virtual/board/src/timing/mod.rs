//! The cycle model: what each instruction costs, by named rules.
//!
//! Static costs are found when a block is built, by [`pipeline::simulate`]. Only what depends on
//! data or history is added while running: see the rules marked *dynamic* in [`rules`].

pub(crate) mod cache;
pub(crate) mod causes;
mod class;
pub(crate) mod dual;
pub(crate) mod pipeline;
pub(crate) mod port;
pub(crate) mod prefetch;
mod reference;
pub mod rules;
mod scoreboard;
mod shape;
pub(crate) mod shares;
pub(crate) mod waits;

pub use causes::{Cause, Causes};
pub(crate) use class::Class;
pub use reference::{Mix, Reference};
pub use rules::{Parameter, ParameterError, TimingParameters};
pub(crate) use shape::{PipelineKind, Shape, shape};

//! What a model's arena is made of, for those who explain it to people.

use crate::error::Fault;
use crate::interpreter::Sizes;
use crate::interpreter::plan::Plan;
pub use crate::interpreter::plan::{Buffer, Owner};
use crate::model::Model;

/// The parts of an arena, bytes. All but `planning` add up to what an inference needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArenaParts {
    /// Who runs each operator, and where its tensors and constants lie.
    pub nodes: usize,
    /// Where tensors lie for which nodes have no room.
    pub slots: usize,
    /// What preparation computes once.
    pub constants: usize,
    /// Tensors and scratch.
    pub tensors: usize,
    /// Where coded weights are decoded.
    pub decoding: usize,
    /// What planning needs in place of constants, tensors and decoding.
    pub planning: usize,
    /// The arena: what an inference or planning needs, whichever is more.
    pub total: usize,
}

/// The parts of the arena of `model`. Calls `visit` with the buffers of its tensor area. `work` is
/// as long as [`crate::planning_words`] says.
///
/// # Errors
/// [`ModelError::TooLarge`](crate::ModelError::TooLarge) from 2 GB on, or if `work` is too short.
pub fn arena(
    model: &Model,
    work: &mut [u32],
    visit: &mut dyn FnMut(Buffer),
) -> Result<ArenaParts, Fault> {
    let sizes = Sizes::of(model)?;
    let plan = Plan::new(model, work)?;
    plan.each(visit);
    Ok(ArenaParts {
        nodes: sizes.nodes * 4,
        slots: sizes.slots * 4,
        constants: sizes.constants * 4,
        tensors: plan.bytes as usize,
        decoding: sizes.decoding,
        planning: sizes.work * 4,
        total: sizes.total(plan.bytes)?,
    })
}

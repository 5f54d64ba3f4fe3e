//! What a model's arena is made of, for those who explain it to people.

use crate::error::Fault;
use crate::interpreter::Sizes;
use crate::model::Model;
use crate::plan::Plan;

/// Whose a buffer in the tensor area is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A tensor of a subgraph.
    Tensor {
        /// Index of the subgraph.
        graph: u32,
        /// Index of the tensor there.
        tensor: u32,
    },
    /// The scratch of an operator, counted over all subgraphs.
    Scratch {
        /// The operator.
        operator: u32,
    },
}

/// A buffer in the tensor area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Whose it is.
    pub owner: Owner,
    /// Bytes, a multiple of 4.
    pub bytes: u32,
    /// Offset in the tensor area, bytes.
    pub offset: u32,
    /// First and last operator of the first subgraph that need it. The last is the number of
    /// operators for what is needed after the inference.
    pub life: [u16; 2],
}

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

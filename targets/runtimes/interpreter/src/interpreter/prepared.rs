//! A model that is prepared, and how its operators are run one after the other.

use super::node::{NODE_WORDS, Node};
use crate::error::InvokeError;
use crate::model::Model;
use crate::model::graph::Graph;
use crate::model::operator::Operator;
use crate::run::{Digest, End, Memory, Run, Subgraphs};

/// A model that is prepared, and what doesn't change any more.
#[derive(Clone, Copy)]
pub(crate) struct Prepared<'a, 'm> {
    pub model: Model<'m>,
    pub nodes: &'a [[u32; NODE_WORDS]],
    /// Offsets of the inputs and outputs of all subgraphs, if there are more than one of each, and
    /// slots for which nodes have no room.
    pub slots: &'a [u32],
    pub constants: &'a [u32],
    /// What the file says of the operators, as far as there was room for it.
    pub digests: &'a [Digest],
}

impl<'m> Prepared<'_, 'm> {
    /// Runs the operators of a subgraph, all of them or up to one that ends the inference: whether
    /// there was one. Profiles know it by its name (`calls_operators_in` of the harness).
    #[inline(never)]
    pub fn run(
        &self,
        graph: &Graph<'m>,
        tensors: &mut [u8],
        decoding: &mut [u8],
    ) -> Result<bool, InvokeError> {
        for index in 0..graph.operator_count() {
            let at = (graph.first_operator as usize).wrapping_add(index);
            match self.run_operator(graph, index, at, tensors, decoding) {
                Some(false) => {}
                Some(true) => return Ok(true),
                None => {
                    return Err(InvokeError {
                        operator: at as u32,
                    });
                }
            }
        }
        Ok(false)
    }

    fn run_operator(
        &self,
        graph: &Graph<'m>,
        index: usize,
        at: usize,
        tensors: &mut [u8],
        decoding: &mut [u8],
    ) -> Option<bool> {
        let node = Node(self.nodes.get(at)?);
        let kept = match cfg!(feature = "size") {
            true => None,
            false => self.digests.get(at).filter(|digest| digest[0] != 0),
        };
        let operator = match kept {
            Some(_) => Operator::unread(graph, at as u32),
            None => graph.operator(index),
        };
        let registration = self.model.resolved(node.registration())?;
        // An image without the feature links nothing that runs subgraphs.
        let subgraphs: Option<&dyn Subgraphs> = if cfg!(feature = "state") {
            Some(self)
        } else {
            None
        };
        let mut run = Run {
            operator: &operator,
            kept,
            memory: Memory {
                flag: node.flag(),
                constants: self.constants.get(node.constants()..)?,
                slots: node.slots(self.slots),
                scratch: node.scratch(),
                tensors,
            },
            ended: false,
            decoding,
            subgraphs,
        };
        #[cfg(feature = "marks")]
        tinybench_interface::operators::begins(index as u32);
        let done = (registration.run)(&mut run);
        #[cfg(feature = "marks")]
        tinybench_interface::operators::ends();
        done?;
        Some(run.ended)
    }
}

impl<'m> Subgraphs<'m> for Prepared<'_, 'm> {
    fn run(&self, number: usize, tensors: &mut [u8], decoding: &mut [u8]) -> Option<bool> {
        let graph = self.model.graphs().nth(number)?;
        self.run(&graph, tensors, decoding).ok()
    }

    #[inline(never)]
    fn end(&self, number: usize, position: usize, side: usize) -> Option<End<'m>> {
        let mut slot = 0;
        for graph in self.model.graphs() {
            let arity = graph.arity();
            if graph.number as usize != number {
                slot += arity[0] + arity[1];
                continue;
            }
            let tensor = graph.tensor(graph.end(position, side)?);
            if tensor.is_constant() {
                return Some(End::File(tensor.data()));
            }
            let before = if side == 0 { 0 } else { arity[0] };
            let offset = *self.slots.get(slot + before + position)? as usize;
            return Some(End::Arena(offset, tensor.bytes()));
        }
        None
    }
}

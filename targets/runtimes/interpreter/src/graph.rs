//! A subgraph of a model: tensors, and operators in the order in which they run.

use crate::flatbuffer::{Table, Tables, Vector};
use crate::operator::Operator;
use crate::schema;
use crate::tensor::RawTensor;

/// A subgraph of the file.
#[derive(Clone, Copy, Debug)]
pub struct Graph<'m> {
    /// Index among the subgraphs.
    pub number: u32,
    /// Index of its first operator among the operators of all subgraphs.
    pub first_operator: u32,
    pub(crate) tensors: Tables<'m>,
    pub(crate) operators: Tables<'m>,
    inputs: Vector<'m, i32>,
    outputs: Vector<'m, i32>,
    buffers: Tables<'m>,
    compressed: bool,
}

impl<'m> Graph<'m> {
    pub(crate) fn read(
        table: &Table<'m>,
        [number, first_operator]: [u32; 2],
        buffers: Tables<'m>,
        compressed: bool,
    ) -> Self {
        Self {
            number,
            first_operator,
            tensors: table.list(schema::subgraph::TENSORS),
            operators: table.list(schema::subgraph::OPERATORS),
            inputs: table.numbers(schema::subgraph::INPUTS),
            outputs: table.numbers(schema::subgraph::OUTPUTS),
            buffers,
            compressed,
        }
    }

    /// Tensor indices of its inputs.
    pub fn inputs(&self) -> impl Iterator<Item = u32> + use<'m> {
        self.inputs.iter().map(|index| index as u32)
    }

    /// Tensor indices of its outputs.
    pub fn outputs(&self) -> impl Iterator<Item = u32> + use<'m> {
        self.outputs.iter().map(|index| index as u32)
    }

    /// Tensor index of the input (`side` 0) or output (`side` 1) at `position`.
    pub(crate) fn end(&self, position: usize, side: usize) -> Option<u32> {
        let ends = if side == 0 { self.inputs } else { self.outputs };
        ends.get(position).map(|index| index as u32)
    }

    /// How many inputs and outputs it has.
    pub fn arity(&self) -> [usize; 2] {
        [self.inputs.len(), self.outputs.len()]
    }

    /// How many operators it has.
    pub fn operator_count(&self) -> usize {
        self.operators.len()
    }

    /// How many tensors it has.
    pub fn tensor_count(&self) -> usize {
        self.tensors.len()
    }

    /// The operator at `index` of this subgraph.
    #[inline(never)]
    pub fn operator(&self, index: usize) -> Operator<'_, 'm> {
        let at = self.first_operator.wrapping_add(index as u32);
        Operator::read(self, at, self.operators.at(index))
    }

    /// The operators of this subgraph.
    pub fn operators(&self) -> impl Iterator<Item = Operator<'_, 'm>> {
        (0..self.operator_count()).map(|index| self.operator(index))
    }

    /// The tensor at `index`.
    #[inline(never)]
    pub fn tensor(&self, index: u32) -> RawTensor<'m> {
        RawTensor {
            index,
            table: self.tensors.at(index as usize),
            buffers: self.buffers,
            compressed: self.compressed,
        }
    }

    /// Whether the tensor at `index` is one of its inputs.
    #[cfg(feature = "checks")]
    pub(crate) fn is_input(&self, index: u32) -> bool {
        self.inputs().any(|input| input == index)
    }

    /// Which operator of this subgraph writes the tensor first, and as which of its outputs.
    #[cfg(feature = "checks")]
    pub(crate) fn writer(&self, tensor: u32) -> Option<[usize; 2]> {
        self.operators().enumerate().find_map(|(index, operator)| {
            let output = operator.outputs().position(|output| output == tensor)?;
            Some([index, output])
        })
    }
}

//! A subgraph of a model: tensors, and operators in the order in which they run.

use crate::error::ModelError;
use crate::flatbuffer::{Table, Tables, Vector};
use crate::operator::Operator;
use crate::schema;
use crate::tensor::RawTensor;

/// A subgraph of the file.
#[derive(Clone, Copy, Debug)]
pub struct Graph<'m> {
    /// Index of its first operator among the operators of all subgraphs.
    pub first_operator: u32,
    tensors: Tables<'m>,
    operators: Tables<'m>,
    inputs: Vector<'m, i32>,
    outputs: Vector<'m, i32>,
    buffers: Tables<'m>,
    compressed: bool,
}

impl<'m> Graph<'m> {
    pub(crate) fn read(
        table: &Table<'m>,
        first_operator: u32,
        buffers: Tables<'m>,
        compressed: bool,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            first_operator,
            tensors: table.tables(schema::subgraph::TENSORS)?,
            operators: table.tables(schema::subgraph::OPERATORS)?,
            inputs: table.vector(schema::subgraph::INPUTS)?,
            outputs: table.vector(schema::subgraph::OUTPUTS)?,
            buffers,
            compressed,
        })
    }

    /// Tensor indices of its inputs.
    pub fn inputs(&self) -> impl Iterator<Item = u32> + use<'m> {
        self.inputs.iter().map(|index| index as u32)
    }

    /// Tensor indices of its outputs.
    pub fn outputs(&self) -> impl Iterator<Item = u32> + use<'m> {
        self.outputs.iter().map(|index| index as u32)
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
    pub fn operator(&self, index: usize) -> Result<Operator<'m>, ModelError> {
        let table = self.operators.get(index)?;
        let at = self.first_operator.wrapping_add(index as u32);
        match table {
            Some(table) => Operator::read(*self, at, table),
            None => Err(ModelError::Arity { operator: at }),
        }
    }

    /// The tensor at `index`.
    pub fn tensor(&self, index: u32) -> Result<RawTensor<'m>, ModelError> {
        let table = self.tensors.get(index as usize)?;
        Ok(RawTensor {
            index,
            table: table.ok_or(ModelError::NoSuchTensor { tensor: index })?,
            buffers: self.buffers,
            compressed: self.compressed,
        })
    }

    /// Whether the tensor at `index` is one of its inputs.
    pub(crate) fn is_input(&self, index: u32) -> bool {
        self.inputs().any(|input| input == index)
    }

    /// Which operator of this subgraph writes the tensor first, and as which of its outputs.
    pub(crate) fn writer(&self, tensor: u32) -> Option<[usize; 2]> {
        (0..self.operators.len()).find_map(|index| {
            let table = self.operators.get(index).ok().flatten()?;
            let outputs = table.vector::<i32>(schema::operator::OUTPUTS).ok()?;
            let output = outputs.iter().position(|output| output as u32 == tensor)?;
            Some([index, output])
        })
    }
}

//! A subgraph of a model: tensors, and operators in the order in which they run.

use crate::file::flatbuffer::{Table, Tables, Vector};
use crate::file::schema;
use crate::model::tensor::RawTensor;

/// What all subgraphs of a file have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'m> {
    pub bytes: &'m [u8],
    pub graphs: Tables<'m>,
    pub codes: Tables<'m>,
    pub buffers: Tables<'m>,
    pub compressed: bool,
}

impl<'m> File<'m> {
    /// How many subgraphs there are; but one without the feature `state`.
    pub fn graph_count(&self) -> usize {
        if cfg!(feature = "state") {
            self.graphs.len()
        } else {
            1
        }
    }

    /// The subgraphs, in order.
    pub fn graphs(&self) -> impl Iterator<Item = Graph<'m>> + use<'m> {
        let file = *self;
        let mut first = 0;
        (0..self.graph_count()).map(move |number| {
            let graph = file.graph([number as u32, first]);
            first = first.wrapping_add(graph.operator_count() as u32);
            graph
        })
    }

    /// The subgraph of a number, whose first operator has another.
    #[inline(never)]
    pub fn graph(&self, number: [u32; 2]) -> Graph<'m> {
        let table = self.graphs.at(number[0] as usize);
        Graph::read(&table, number, *self)
    }

    /// What a registration is found by: builtin code, version and, for custom operators, name.
    #[inline(never)]
    pub fn code(&self, index: u32) -> Code<'m> {
        use schema::operator_code::{BUILTIN_CODE, CUSTOM_CODE, DEPRECATED_BUILTIN_CODE, VERSION};
        let code = self.codes.at(index as usize);
        Code {
            // The newer field counts unless it can't hold the value that the older one has.
            builtin: code
                .get(BUILTIN_CODE, 0_i32)
                .max(code.get(DEPRECATED_BUILTIN_CODE, 0_i8).into()),
            version: code.get(VERSION, 1),
            custom: code.content(CUSTOM_CODE, 1),
        }
    }
}

/// What an operator code of the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'m> {
    /// Value of `BuiltinOperator`.
    pub builtin: i32,
    /// Version of the operator.
    pub version: i32,
    /// Name of a custom operator.
    pub custom: &'m [u8],
}

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
    pub(crate) file: File<'m>,
}

impl<'m> Graph<'m> {
    fn read(table: &Table<'m>, [number, first_operator]: [u32; 2], file: File<'m>) -> Self {
        Self {
            number,
            first_operator,
            tensors: table.list(schema::subgraph::TENSORS),
            operators: table.list(schema::subgraph::OPERATORS),
            inputs: table.numbers(schema::subgraph::INPUTS),
            outputs: table.numbers(schema::subgraph::OUTPUTS),
            file,
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

    /// The tensor at `index`.
    #[inline(never)]
    pub fn tensor(&self, index: u32) -> RawTensor<'m> {
        RawTensor {
            index,
            table: self.tensors.at(index as usize),
            buffers: self.file.buffers,
            compressed: self.file.compressed,
        }
    }

    /// Whether the tensor at `index` is one of its inputs.
    #[cfg(feature = "checks")]
    pub(crate) fn is_input(&self, index: u32) -> bool {
        self.inputs().any(|input| input == index)
    }
}

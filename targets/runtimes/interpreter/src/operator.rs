//! One operator of a model, as registrations see it: its tensors and options.

use crate::error::{ModelError, Name};
use crate::flatbuffer::{Scalar, Table, Vector};
use crate::graph::Graph;
use crate::quantisation::quantise;
use crate::schema;
use crate::tensor::{Quantisation, RawTensor};

/// An operator of the file. Its fields are read when they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'m> {
    /// Index among the operators of all subgraphs.
    pub index: u32,
    /// The subgraph that it belongs to.
    pub graph: Graph<'m>,
    pub(crate) table: Table<'m>,
    inputs: Vector<'m, i32>,
    outputs: Vector<'m, i32>,
    options: Option<Table<'m>>,
}

impl<'m> Operator<'m> {
    pub(crate) fn read(graph: Graph<'m>, index: u32, table: Table<'m>) -> Result<Self, ModelError> {
        Ok(Self {
            index,
            graph,
            table,
            inputs: table.vector(schema::operator::INPUTS)?,
            outputs: table.vector(schema::operator::OUTPUTS)?,
            options: table.table(schema::operator::OPTIONS)?,
        })
    }

    /// How many inputs are listed, those that are left out (-1) among them.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// How many outputs there are.
    pub fn output_count(&self) -> usize {
        self.outputs.len()
    }

    /// Tensor index of the input at `position`, [`None`] if it is left out.
    pub fn input_index(&self, position: usize) -> Option<u32> {
        self.inputs
            .get(position)
            .and_then(|index| u32::try_from(index).ok())
    }

    /// Tensor index of the output at `position`.
    pub fn output_index(&self, position: usize) -> Option<u32> {
        self.outputs.get(position).map(|index| index as u32)
    }

    /// The input at `position`, which has to be there.
    pub fn input(&self, position: usize) -> Result<RawTensor<'m>, ModelError> {
        self.graph
            .tensor(self.inputs.get(position).unwrap_or(-1) as u32)
    }

    /// The input at `position`, [`None`] if it is left out.
    pub fn optional_input(&self, position: usize) -> Result<Option<RawTensor<'m>>, ModelError> {
        self.input_index(position)
            .map(|index| self.graph.tensor(index))
            .transpose()
    }

    /// The output at `position`.
    pub fn output(&self, position: usize) -> Result<RawTensor<'m>, ModelError> {
        self.graph
            .tensor(self.outputs.get(position).unwrap_or(-1) as u32)
    }

    /// Whether the input at `position` lives in the arena.
    pub(crate) fn input_is_in_arena(&self, position: usize) -> bool {
        let tensor = self.optional_input(position);
        matches!(tensor, Ok(Some(tensor)) if !tensor.is_constant())
    }

    /// Checks how many inputs are listed, and outputs.
    pub fn expect_arity(
        &self,
        inputs: core::ops::RangeInclusive<usize>,
        outputs: usize,
    ) -> Result<(), ModelError> {
        if inputs.contains(&self.inputs.len()) && self.outputs.len() == outputs {
            return Ok(());
        }
        let operator = self.index;
        Err(ModelError::Arity { operator })
    }

    /// Checks that the options are those of the table with this number in `BuiltinOptions`.
    pub fn expect_options(&self, options_type: u8) -> Result<(), ModelError> {
        if self.table.scalar(schema::operator::OPTIONS_TYPE, 0_u8)? == options_type {
            return Ok(());
        }
        Err(self.option_error("options table"))
    }

    /// The option in field `id` of the options table, or `default` if it isn't there.
    #[inline]
    pub fn option<S: Scalar>(&self, id: usize, default: S) -> Result<S, ModelError> {
        match self.options {
            Some(options) => Ok(options.scalar(id, default)?),
            None => Ok(default),
        }
    }

    /// The numbers in field `id` of the options table, none if it isn't there.
    pub fn option_vector<S: Scalar>(&self, id: usize) -> Result<Vector<'m, S>, ModelError> {
        match self.options {
            Some(options) => Ok(options.vector(id)?),
            None => Ok(Vector::EMPTY),
        }
    }

    /// The bytes of a custom operator's options.
    pub fn custom_options(&self) -> Result<&'m [u8], ModelError> {
        let options = self.table.vector::<u8>(schema::operator::CUSTOM_OPTIONS)?;
        Ok(options.raw())
    }

    /// A positive option of at most `most`.
    #[inline(never)]
    pub fn extent(
        &self,
        id: usize,
        default: i32,
        most: usize,
        name: &'static str,
    ) -> Result<usize, ModelError> {
        let value = self.option(id, default)?;
        match usize::try_from(value) {
            Ok(value) if (1..=most).contains(&value) => Ok(value),
            _ => Err(self.option_error(name)),
        }
    }

    /// Bounds of an int8 output for the fused activation in option `id`.
    pub fn bounds(&self, id: usize, output: Quantisation) -> Result<[i32; 2], ModelError> {
        self.bounds_within(id, output, [-128, 127])
    }

    /// Bounds of a quantised output whose type holds `limits`, for the fused activation in option
    /// `id`.
    #[inline(never)]
    pub fn bounds_within(
        &self,
        id: usize,
        output: Quantisation,
        limits: [i32; 2],
    ) -> Result<[i32; 2], ModelError> {
        let at = |real| quantise(real, output.scale, output.zero_point);
        let (low, high) = match self.option(id, 0_i8)? {
            0 => (i32::MIN, i32::MAX),
            1 => (output.zero_point, i32::MAX),
            2 => (at(-1.0), at(1.0)),
            3 => (output.zero_point, at(6.0)),
            _ => return Err(self.option_error("fused activation")),
        };
        Ok([low.max(limits[0]), high.min(limits[1])])
    }

    /// Bounds of a float32 output for the fused activation in option `id`.
    pub fn float_bounds(&self, id: usize) -> Result<[f32; 2], ModelError> {
        match self.option(id, 0_i8)? {
            0 => Ok([f32::NEG_INFINITY, f32::INFINITY]),
            1 => Ok([0.0, f32::INFINITY]),
            2 => Ok([-1.0, 1.0]),
            3 => Ok([0.0, 6.0]),
            _ => Err(self.option_error("fused activation")),
        }
    }

    /// The shape of `tensor` (its part in the operator) doesn't belong to the others.
    #[cold]
    pub fn shape_error(&self, tensor: &'static str) -> ModelError {
        ModelError::Shape {
            operator: self.index,
            tensor: Name::new(tensor),
        }
    }

    /// `option` has a value that isn't supported.
    #[cold]
    pub fn option_error(&self, option: &'static str) -> ModelError {
        ModelError::UnsupportedOption {
            operator: self.index,
            option: Name::new(option),
        }
    }

    /// The quantisation of `tensor` (its part in the operator) isn't supported.
    #[cold]
    pub fn quantisation_error(&self, tensor: &'static str) -> ModelError {
        ModelError::OperatorQuantisation {
            operator: self.index,
            tensor: Name::new(tensor),
        }
    }
}

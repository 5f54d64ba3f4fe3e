//! One operator of a model, as registrations see it: its tensors and options.

use core::ops::RangeInclusive;

use crate::error::{Fault, ModelError, Name, fault};
use crate::file::flatbuffer::{Scalar, Table, Vector};
use crate::file::schema;
use crate::kernels::quantisation::quantise;
use crate::model::graph::Graph;
use crate::model::tensor::{Quantisation, RawTensor};

/// An operator of the file. Its fields are read when they are asked for; what is damaged reads as
/// absent, which checks find.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'g, 'm> {
    /// Index among the operators of all subgraphs.
    pub index: u32,
    /// The subgraph that it belongs to.
    pub graph: &'g Graph<'m>,
    pub(crate) table: Table<'m>,
    inputs: Vector<'m, i32>,
    outputs: Vector<'m, i32>,
    options: Table<'m>,
}

/// The operators of a subgraph.
impl<'m> Graph<'m> {
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

    /// Which operator of this subgraph writes the tensor first, and as which of its outputs.
    #[cfg(feature = "checks")]
    pub(crate) fn writer(&self, tensor: u32) -> Option<[usize; 2]> {
        self.operators().enumerate().find_map(|(index, operator)| {
            let output = operator.outputs().position(|output| output == tensor)?;
            Some([index, output])
        })
    }
}

impl<'g, 'm> Operator<'g, 'm> {
    pub(crate) fn read(graph: &'g Graph<'m>, index: u32, table: Table<'m>) -> Self {
        Self {
            index,
            graph,
            table,
            inputs: table.numbers(schema::operator::INPUTS),
            outputs: table.numbers(schema::operator::OUTPUTS),
            options: table.child(schema::operator::OPTIONS),
        }
    }

    /// The operator at `index` among those of all subgraphs, of which nothing is read.
    pub(crate) fn unread(graph: &'g Graph<'m>, index: u32) -> Self {
        Self {
            index,
            graph,
            table: Table::EMPTY,
            inputs: Vector::EMPTY,
            outputs: Vector::EMPTY,
            options: Table::EMPTY,
        }
    }

    /// Index of its operator code.
    pub(crate) fn code_index(&self) -> u32 {
        self.table.get(schema::operator::OPCODE_INDEX, 0)
    }

    /// How many inputs are listed, those that are left out (-1) among them.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// How many outputs there are.
    pub fn output_count(&self) -> usize {
        self.outputs.len()
    }

    /// Tensor indices of the inputs, [`None`] for those that are left out.
    pub fn inputs(&self) -> impl Iterator<Item = Option<u32>> + use<'m> {
        self.inputs.iter().map(|index| u32::try_from(index).ok())
    }

    /// Tensor indices of the outputs.
    pub fn outputs(&self) -> impl Iterator<Item = u32> + use<'m> {
        self.outputs.iter().map(|index| index as u32)
    }

    /// The input at `position`, which has to be there.
    pub fn input(&self, position: usize) -> RawTensor<'m> {
        let index = self.inputs.get(position).unwrap_or(-1);
        self.graph.tensor(index as u32)
    }

    /// The input at `position`, [`None`] if it is left out.
    pub fn optional_input(&self, position: usize) -> Option<RawTensor<'m>> {
        let index = u32::try_from(self.inputs.get(position)?).ok()?;
        Some(self.graph.tensor(index))
    }

    /// The output at `position`.
    pub fn output(&self, position: usize) -> RawTensor<'m> {
        let index = self.outputs.get(position).unwrap_or(-1);
        self.graph.tensor(index as u32)
    }

    /// The first input, and the first output.
    #[inline(never)]
    pub fn ends(&self) -> [RawTensor<'m>; 2] {
        [self.input(0), self.output(0)]
    }

    /// Whether the input at `position` lives in the arena.
    pub(crate) fn input_is_in_arena(&self, position: usize) -> bool {
        self.optional_input(position)
            .is_some_and(|tensor| !tensor.is_constant())
    }

    /// The option in field `id` of the options table, or `default` if it isn't there.
    pub fn option<S: Scalar>(&self, id: usize, default: S) -> S {
        self.options.get(id, default)
    }

    /// The 32-bit option in field `id` as a size, `default` if it isn't there.
    #[inline(never)]
    pub fn size_option(&self, id: usize, default: i32) -> usize {
        self.option(id, default) as u32 as usize
    }

    /// The numbers in field `id` of the options table, none if it isn't there.
    pub fn option_vector<S: Scalar>(&self, id: usize) -> Vector<'m, S> {
        self.options.numbers(id)
    }

    /// The bytes of a custom operator's options.
    pub fn custom_options(&self) -> &'m [u8] {
        self.table.content(schema::operator::CUSTOM_OPTIONS, 1)
    }

    /// Bounds of an int8 output for the fused activation in option `id`.
    pub fn bounds(&self, id: usize, output: Quantisation) -> [i32; 2] {
        self.bounds_within(id, output, [-128, 127])
    }

    /// Bounds of a quantised output whose type holds `limits`, for the fused activation in option
    /// `id`.
    #[inline(never)]
    pub fn bounds_within(&self, id: usize, output: Quantisation, limits: [i32; 2]) -> [i32; 2] {
        let at = |real| quantise(real, output.scale, output.zero_point);
        let (low, high) = match self.option(id, 0_i8) {
            1 => (output.zero_point, i32::MAX),
            2 => (at(-1.0), at(1.0)),
            3 => (output.zero_point, at(6.0)),
            _ => (i32::MIN, i32::MAX),
        };
        [low.max(limits[0]), high.min(limits[1])]
    }

    /// Bounds of a float32 output for the fused activation in option `id`. None bounds by the
    /// largest finite numbers, as in TensorFlow Lite Micro (`CalculateActivationRange`).
    #[inline(never)]
    pub fn float_bounds(&self, id: usize) -> [f32; 2] {
        match self.option(id, 0_i8) {
            1 => [0.0, f32::MAX],
            2 => [-1.0, 1.0],
            3 => [0.0, 6.0],
            _ => [f32::MIN, f32::MAX],
        }
    }
}

/// Checks. What they have found sound can be asked for without a second look.
impl Operator<'_, '_> {
    /// Checks that all parts of the operator lie in the file, and its tensors exist.
    #[cfg(feature = "checks")]
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let at = (self.index - self.graph.first_operator) as usize;
        let table = self.graph.operators.get(at)?;
        let operator = self.index;
        let table = table.ok_or(fault(ModelError::Arity { operator }))?;
        table.vector::<i32>(schema::operator::INPUTS)?;
        table.vector::<i32>(schema::operator::OUTPUTS)?;
        table.table(schema::operator::OPTIONS)?;
        table.vector::<u8>(schema::operator::CUSTOM_OPTIONS)?;
        let given = self.inputs().flatten();
        for tensor in given.chain(self.outputs()) {
            let table = self.graph.tensors.get(tensor as usize)?;
            table.ok_or(fault(ModelError::NoSuchTensor { tensor }))?;
        }
        Ok(())
    }

    /// Checks how many inputs are listed, and outputs.
    pub fn expect_arity(&self, inputs: RangeInclusive<usize>, outputs: usize) -> Result<(), Fault> {
        if inputs.contains(&self.inputs.len()) && self.outputs.len() == outputs {
            return Ok(());
        }
        let operator = self.index;
        Err(fault(ModelError::Arity { operator }))
    }

    /// Checks that the options are those of the table with this number in `BuiltinOptions`.
    pub fn expect_options(&self, options_type: u8) -> Result<(), Fault> {
        if self.table.get(schema::operator::OPTIONS_TYPE, 0_u8) == options_type {
            return Ok(());
        }
        Err(self.option_error("options table"))
    }

    /// Checks that the 32-bit option in field `id`, `default` if it isn't there, is from 1 to `most`.
    pub fn expect_extent(
        &self,
        id: usize,
        default: i32,
        most: usize,
        name: &'static str,
    ) -> Result<(), Fault> {
        if (1..=most).contains(&self.size_option(id, default)) {
            return Ok(());
        }
        Err(self.option_error(name))
    }

    /// Checks that the fused activation in option `id` is none, RELU, RELU_N1_TO_1 or RELU6.
    pub fn expect_activation(&self, id: usize) -> Result<(), Fault> {
        if (0..=3).contains(&self.option(id, 0_i8)) {
            return Ok(());
        }
        Err(self.option_error("fused activation"))
    }

    /// The shape of `tensor` (its part in the operator) doesn't belong to the others.
    #[cold]
    pub fn shape_error(&self, tensor: &'static str) -> Fault {
        fault(ModelError::Shape {
            operator: self.index,
            tensor: Name::new(tensor),
        })
    }

    /// `option` has a value that isn't supported.
    #[cold]
    pub fn option_error(&self, option: &'static str) -> Fault {
        fault(ModelError::UnsupportedOption {
            operator: self.index,
            option: Name::new(option),
        })
    }

    /// The quantisation of `tensor` (its part in the operator) isn't supported.
    #[cold]
    pub fn quantisation_error(&self, tensor: &'static str) -> Fault {
        fault(ModelError::OperatorQuantisation {
            operator: self.index,
            tensor: Name::new(tensor),
        })
    }
}

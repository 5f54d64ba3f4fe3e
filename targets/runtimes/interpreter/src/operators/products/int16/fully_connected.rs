//! FULLY_CONNECTED of int16 with int8 weights.

use super::super::fully_connected::{check_size, size};
use super::super::weights::{self, Layer, each_piece};
use super::{BIAS, Biases, Output, bounds};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT8, INT16, INT32};
use crate::file::schema::{builtin, fully_connected as field};
use crate::kernels::dot::Value;
use crate::kernels::products::fully_connected;
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::{Place, Run};

pub(in crate::operators) const fn with_int8() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT16),
        Typed::Input(1, INT8),
        Typed::Output(0, INT16),
    ];
    Registration {
        needs,
        prepare,
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check, run)
    }
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_size(operator, &layer)?.channels;
    super::check(operator, &layer, channels, 0, field::ACTIVATION)?;
    super::check_biases(operator, BIAS, channels, &[INT32])
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    layer.needs(layer.scales(), size(&layer).batches)
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let count = layer.scales();
    super::prepare(&layer, constants, count, weights::scale_for(count))
}

fn run(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let depth = size(&layer).depth;
    let [from, to] = layer.quantisation();
    let memory = &mut run.memory;
    let finish = Output {
        biases: Biases::read(operator, BIAS, field::QUANTIZED_BIAS_TYPE),
        scales: weights::requantisation(memory.constants, layer.scales(), false)?,
        bounds: bounds(operator, field::ACTIVATION, to),
        zero_point: to.zero_point,
    };
    let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
    let input = inputs.get::<i16>(0)?;
    let output = bytemuck::try_cast_slice_mut(output).ok()?;
    let weights_offset = layer.weights_offset();
    let mut multiply = |_, filter: &[i8]| {
        let dot = |sum, weights: &[i8], values: &[i16]| {
            let values = (values, from.zero_point.wrapping_neg());
            Value::dot(sum, (weights, weights_offset), values)
        };
        let finish = |channel, sum| finish.finish(channel, sum);
        fully_connected(depth, filter, input, output, 0, dot, finish);
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut multiply)
}

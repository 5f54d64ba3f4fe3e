//! CONV_2D whose output channels see but some of the input channels.

use super::conv_2d::{check_float, check_geometry, geometry, needs_float};
use super::weights::{self, Layer, each_piece};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, conv_2d as field};
use crate::kernels::dot::Value;
use crate::kernels::products::{conv_2d, dot_float32};
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::{Place, Run};

pub(in crate::operators) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    Registration {
        needs,
        prepare,
        ..registration(builtin::CONV_2D, 8, TYPES, check, run)
    }
}

pub(in crate::operators) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
    ];
    Registration {
        needs: needs_float,
        ..registration(builtin::CONV_2D, 8, TYPES, check_float, run_float)
    }
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    layer.check_int8(operator, channels, 0, field::ACTIVATION)
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    layer.needs(window.output[2], window.positions())
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let channels = geometry(operator, &layer).output[2];
    layer.prepare(constants, channels, 0, weights::scale)
}

fn run(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    let [from, to] = layer.quantisation();
    let memory = &mut run.memory;
    let scales = weights::requantisation(memory.constants, window.output[2], false)?;
    let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
    let input = inputs.get::<i8>(0)?;
    let output: &mut [i8] = bytemuck::cast_slice_mut(output);
    let finish = weights::Int8Output {
        bias: layer.bias(),
        scales,
        bounds: operator.bounds(field::ACTIVATION, to),
        zero_point: to.zero_point,
    };
    let mut convolve = |_, filter: &[i8]| {
        let dot = |sum, weights: &[i8], values: &[i8]| {
            Value::dot(sum, (weights, 0), (values, from.zero_point.wrapping_neg()))
        };
        let finish = |channel, sum| finish.finish(channel, sum);
        conv_2d(&window, filter, input, output, 0, dot, finish);
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut convolve)
}

fn run_float(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    let finish = weights::FloatOutput {
        bias: layer.float_bias(),
        bounds: operator.float_bounds(field::ACTIVATION),
    };
    let (input, output) = run.unary()?;
    let finish = |channel, sum| finish.finish(channel, sum);
    let filter = layer.weights.floats();
    conv_2d(&window, filter, input, output, 0.0, dot_float32, finish);
    Some(())
}

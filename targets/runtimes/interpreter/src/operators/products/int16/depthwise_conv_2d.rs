//! DEPTHWISE_CONV_2D of int16 with int8 weights.

use super::super::depthwise_conv_2d::{check_geometry, geometry};
use super::super::weights::{self, Layer, each_piece};
use super::{BIAS, Biases, Output, bounds};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT8, INT16};
use crate::file::schema::{builtin, depthwise_conv_2d as field};
use crate::kernels::products::depthwise_conv_2d_int16;
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
        ..registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check, run)
    }
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    super::check(operator, &layer, channels, 3, field::ACTIVATION)?;
    super::check_biases(operator, BIAS, channels, &[])
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    layer.needs(window.output[2], window.positions())
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let channels = geometry(operator, &layer).output[2];
    super::prepare(&layer, constants, channels, weights::scale)
}

fn run(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    let [_, to] = layer.quantisation();
    let memory = &mut run.memory;
    let finish = Output {
        biases: Biases::long(operator, BIAS),
        scales: weights::requantisation(memory.constants, window.output[2], false)?,
        bounds: bounds(operator, field::ACTIVATION, to),
        zero_point: 0,
    };
    let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
    let input = inputs.get::<i16>(0)?;
    let output = bytemuck::try_cast_slice_mut(output).ok()?;
    let mut convolve = |_, filter: &[i8]| {
        depthwise_conv_2d_int16(&window, filter, input, output, &|channel, sum| {
            finish.finish(channel, sum)
        });
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut convolve)
}

//! CONV_2D.

use super::weights::{self, Layer, each_piece};
use super::window::{self, Fields};
use super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::kernels::{Conv2d, Kernels, Window, conv_2d_scratch, float};
use crate::operator::Operator;
use crate::run::{Place, Run};
use crate::schema::tensor_type::{FLOAT32, INT8};
use crate::schema::{builtin, conv_2d as field};

const FIELDS: Fields = Fields {
    padding: field::PADDING,
    stride: [field::STRIDE_H, field::STRIDE_W],
    dilation: Some([field::DILATION_H, field::DILATION_W]),
};

pub(super) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
        Typed::If(is_whole),
    ];
    Registration {
        needs,
        prepare,
        ..registration(builtin::CONV_2D, 8, TYPES, check, run::<K>)
    }
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
        Typed::If(is_whole),
    ];
    Registration {
        needs: needs_float,
        ..registration(builtin::CONV_2D, 8, TYPES, check_float, run_float)
    }
}

/// Whether there is but one group of channels.
fn is_whole(operator: &Operator) -> bool {
    operator.input(0).shape().last() == operator.input(1).shape().last()
}

pub(super) fn geometry(operator: &Operator, layer: &Layer) -> Window {
    let filter = layer.weights.shape().exactly::<4>().unwrap_or([0; 4]);
    let [_, height, width, _] = filter;
    window::window(operator, &layer.ends, &FIELDS, [height, width])
}

/// Checks what doesn't depend on the type; answers the output's channels.
pub(super) fn check_geometry(operator: &Operator, layer: &Layer) -> Result<usize, Fault> {
    operator.expect_arity(2..=3, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    layer.ends[0].expect_arena()?;
    let window = geometry(operator, layer);
    window::check(operator, &FIELDS, &window)?;
    let filter = layer.weights.shape().exactly::<4>();
    let [channels, _, _, depth] = filter.ok_or(operator.shape_error("filter"))?;
    let groups = window.input[2].checked_div(depth).unwrap_or(0);
    let members = channels.checked_div(groups).unwrap_or(0);
    if groups * depth != window.input[2]
        || members * groups != channels
        || channels != window.output[2]
    {
        return Err(operator.shape_error("filter"));
    }
    Ok(channels)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    let scratch = conv_2d_scratch(&geometry(operator, &layer));
    if scratch.is_none_or(|words| words >= 1 << 29) {
        return Err(operator.shape_error("filter"));
    }
    layer.check_int8(operator, channels, 0, field::ACTIVATION)
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    Needs {
        constants: weights::multiplier_words(window.output[2]),
        scratch: scratch(&window),
        decoded: layer.coded(),
        weights: layer.weights.shape().elements(),
        biases: layer.biases(),
        uses: window.positions(),
        ..Needs::default()
    }
}

/// Bytes of scratch.
fn scratch(window: &Window) -> usize {
    conv_2d_scratch(window).unwrap_or(0).wrapping_mul(4)
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    let depth = window.filter[0] * window.filter[1] * window.input[2];
    layer.prepare(constants, window.output[2], depth, weights::scale)
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let [from, to] = layer.quantisation();
    let op = Conv2d {
        window: geometry(operator, &layer),
        filter: &[],
        bias: layer.bias(),
        input_offset: from.zero_point.wrapping_neg(),
        output_offset: to.zero_point,
        bounds: operator.bounds(field::ACTIVATION, to),
    };
    let memory = &mut run.memory;
    let channels = op.window.output[2];
    let requantisation = weights::requantisation(memory.constants, channels, memory.flag)?;
    let places = [Place::Output(0), Place::Scratch(scratch(&op.window))];
    let (inputs, [output, scratch]) = memory.borrow(operator, places)?;
    let (input, output) = (inputs.get(0)?, bytemuck::cast_slice_mut(output));
    let scratch = bytemuck::try_cast_slice_mut(scratch).ok()?;
    let mut convolve = |_, filter: &[i8]| {
        let op = Conv2d { filter, ..op };
        K::conv_2d(&op, &requantisation, input, output, scratch);
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut convolve)
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    layer.weights.expect_constant(FLOAT32)?;
    operator.expect_activation(field::ACTIVATION)?;
    layer.check_bias(operator, channels, FLOAT32)
}

fn needs_float(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    Needs {
        weights: layer.weights.shape().elements(),
        biases: layer.biases(),
        uses: geometry(operator, &layer).positions(),
        ..Needs::default()
    }
}

fn run_float(run: &mut Run) -> Option<()> {
    let layer = Layer::read(run.operator);
    let op = float::Conv2d {
        window: geometry(run.operator, &layer),
        filter: layer.weights.floats(),
        bias: layer.float_bias(),
        bounds: run.operator.float_bounds(field::ACTIVATION),
    };
    let (input, output) = run.unary()?;
    float::conv_2d(&op, input, output);
    Some(())
}

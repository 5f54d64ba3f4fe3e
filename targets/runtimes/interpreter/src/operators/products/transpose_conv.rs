//! TRANSPOSE_CONV.

use super::int16::{self, Biases};
use super::weights::{self, FloatOutput, Int8Output, Layer, each_piece};
use super::window::MAX_EXTENT;
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{builtin, transpose_conv as field};
use crate::kernels::Window;
use crate::kernels::dot::Value;
use crate::kernels::products::{dot_float32, transpose_conv_2d};
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::{Place, Run};

/// The inputs: the output's shape, which the output has anyway, weights, image and biases.
const SHAPE: usize = 0;
const WEIGHTS: usize = 1;
const INPUT: usize = 2;
const BIAS: usize = 3;

macro_rules! types {
    ($type:ident, $weights:ident) => {
        &[
            Typed::Input(INPUT as u8, $type),
            Typed::Input(WEIGHTS as u8, $weights),
            Typed::Output(0, $type),
        ]
    };
}

pub(in crate::operators) const fn int8() -> Registration {
    Registration {
        needs: needs_scaled,
        prepare,
        ..registration(
            builtin::TRANSPOSE_CONV,
            5,
            types!(INT8, INT8),
            check_int8,
            run_int8,
        )
    }
}

pub(in crate::operators) const fn int16() -> Registration {
    Registration {
        needs: needs_scaled,
        prepare: prepare_int16,
        ..registration(
            builtin::TRANSPOSE_CONV,
            5,
            types!(INT16, INT8),
            check_int16,
            run_int16,
        )
    }
}

pub(in crate::operators) const fn float32() -> Registration {
    Registration {
        needs,
        ..registration(
            builtin::TRANSPOSE_CONV,
            5,
            types!(FLOAT32, FLOAT32),
            check_float,
            run_float,
        )
    }
}

fn layer<'m>(operator: &Operator<'_, 'm>) -> Layer<'m> {
    Layer::of(
        [operator.input(INPUT), operator.output(0)],
        operator.input(WEIGHTS),
        operator.optional_input(BIAS),
    )
}

/// The convolution from output to input.
fn geometry(operator: &Operator, layer: &Layer) -> Window {
    let [from, to] = layer.ends;
    let [batches, output @ ..] = from.shape().exactly::<4>().unwrap_or([0; 4]);
    let [_, input @ ..] = to.shape().exactly::<4>().unwrap_or([0; 4]);
    let [_, height, width, _] = layer.weights.shape().exactly::<4>().unwrap_or([0; 4]);
    let filter = [height, width];
    let stride = [field::STRIDE_H, field::STRIDE_W].map(|id| operator.size_option(id, 0));
    let mut padding = [0; 2];
    // Positions follow from the output's size alone, whatever the input's is.
    let same = operator.option(field::PADDING, 0_i8) == 0;
    let sizes = filter.into_iter().zip(stride).zip(input);
    for (padding, ((filter, stride), length)) in padding.iter_mut().zip(sizes) {
        let reach = match same {
            true => length.wrapping_add(stride).wrapping_sub(1),
            false => length.wrapping_add(stride).saturating_sub(filter),
        };
        let positions = reach.checked_div(stride).unwrap_or(0);
        let span = positions.saturating_sub(1).wrapping_mul(stride);
        *padding = span.wrapping_add(filter).saturating_sub(length) / 2;
    }
    Window {
        batches,
        input,
        output,
        filter,
        stride,
        dilation: [1; 2],
        padding,
    }
}

/// Checks what doesn't depend on the type; answers the output's channels.
fn check(operator: &Operator, layer: &Layer) -> Result<usize, Fault> {
    operator.expect_arity(3..=4, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(SHAPE).expect_type(INT32)?;
    operator.expect_activation(field::ACTIVATION)?;
    operator.expect_extent(field::STRIDE_H, 0, MAX_EXTENT, "stride")?;
    operator.expect_extent(field::STRIDE_W, 0, MAX_EXTENT, "stride")?;
    if !(0..=1).contains(&operator.option(field::PADDING, 0_i8)) {
        return Err(operator.option_error("padding"));
    }
    let [from, to] = layer.ends;
    from.expect_arena()?;
    let input = from.shape().exactly::<4>();
    let [batches, height, width, depth] = input.ok_or(operator.shape_error("input"))?;
    let output = to.shape().exactly::<4>();
    let [output_batches, rows, columns, channels] = output.ok_or(operator.shape_error("output"))?;
    let filter = layer.weights.shape().exactly::<4>();
    let filter = filter.ok_or(operator.shape_error("filter"))?;
    let extents = [height, width, rows, columns, filter[1], filter[2]];
    if !extents.iter().all(|it| (1..=MAX_EXTENT).contains(it)) {
        return Err(operator.option_error("extent of image or window"));
    }
    if filter[0] != channels || filter[3] != depth || channels == 0 || depth == 0 {
        return Err(operator.shape_error("filter"));
    }
    if batches != output_batches {
        return Err(operator.shape_error("output"));
    }
    Ok(channels)
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    let layer = layer(operator);
    let channels = check(operator, &layer)?;
    layer.check_int8(operator, channels, 0, field::ACTIVATION)
}

fn check_int16(operator: &Operator) -> Result<(), Fault> {
    let layer = layer(operator);
    let channels = check(operator, &layer)?;
    int16::check(operator, &layer, channels, 0, field::ACTIVATION)?;
    int16::check_biases(operator, BIAS, channels, &[INT16])
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    let layer = layer(operator);
    let channels = check(operator, &layer)?;
    layer.weights.expect_constant(FLOAT32)?;
    layer.check_bias(operator, channels, FLOAT32)
}

fn needs(operator: &Operator) -> Needs {
    let layer = layer(operator);
    let [batches, height, width, _] = layer.ends[0].shape().exactly().unwrap_or([0; 4]);
    layer.float_needs(batches.wrapping_mul(height).wrapping_mul(width))
}

fn needs_scaled(operator: &Operator) -> Needs {
    let layer = layer(operator);
    layer.needs(layer.ends[1].shape().last(), needs(operator).uses)
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = layer(operator);
    let channels = layer.ends[1].shape().last();
    layer.prepare(constants, channels, 0, weights::scale)
}

fn prepare_int16(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = layer(operator);
    let channels = layer.ends[1].shape().last();
    int16::prepare(&layer, constants, channels, weights::scale)
}

fn run_int8(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = layer(operator);
    let window = geometry(operator, &layer);
    let [from, to] = layer.quantisation();
    let memory = &mut run.memory;
    let finish = Int8Output {
        bias: layer.bias(),
        scales: weights::requantisation(memory.constants, window.input[2], false)?,
        bounds: operator.bounds(field::ACTIVATION, to),
        zero_point: to.zero_point,
    };
    let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
    let input = inputs.get::<i8>(INPUT)?;
    let output: &mut [i8] = bytemuck::cast_slice_mut(output);
    let mut convolve = |_, filter: &[i8]| {
        let dot = |sum, weights: &[i8], values: &[i8]| {
            Value::dot(sum, (weights, 0), (values, from.zero_point.wrapping_neg()))
        };
        let finish = |channel, sum| finish.finish(channel, sum);
        transpose_conv_2d(&window, filter, input, output, 0, dot, finish);
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut convolve)
}

fn run_int16(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = layer(operator);
    let window = geometry(operator, &layer);
    let [_, to] = layer.quantisation();
    let memory = &mut run.memory;
    let finish = int16::Output {
        biases: Biases::long(operator, BIAS),
        scales: weights::requantisation(memory.constants, window.input[2], false)?,
        bounds: int16::bounds(operator, field::ACTIVATION, to),
        zero_point: 0,
    };
    let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
    let input = inputs.get::<i16>(INPUT)?;
    let output: &mut [i16] = bytemuck::try_cast_slice_mut(output).ok()?;
    let mut convolve = |_, filter: &[i8]| {
        let dot = |sum, weights: &[i8], values: &[i16]| Value::dot(sum, (weights, 0), (values, 0));
        let finish = |channel, sum| finish.finish(channel, sum);
        transpose_conv_2d(&window, filter, input, output, 0, dot, finish);
        Some(())
    };
    each_piece(&layer.weights, usize::MAX, run.decoding, &mut convolve)
}

fn run_float(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = layer(operator);
    let window = geometry(operator, &layer);
    let finish = FloatOutput {
        bias: layer.float_bias(),
        bounds: operator.float_bounds(field::ACTIVATION),
    };
    let (inputs, output) = run.output()?;
    let input = inputs.get::<f32>(INPUT)?;
    let output: &mut [f32] = bytemuck::try_cast_slice_mut(output).ok()?;
    let finish = |channel, sum| finish.finish(channel, sum);
    let filter = layer.weights.floats();
    transpose_conv_2d(&window, filter, input, output, 0.0, dot_float32, finish);
    Some(())
}

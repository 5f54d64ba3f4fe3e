//! DEPTHWISE_CONV_2D.

use super::digest;
use super::weights::{self, Layer, each_piece_of};
use super::window::{self, Fields};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, depthwise_conv_2d as field};
use crate::kernels::{Conv2d, Kernels, Requantisation, Window, depthwise_conv_2d_suits, float};
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::{Digest, Run, Written};

const FIELDS: Fields = Fields {
    padding: field::PADDING,
    stride: [field::STRIDE_H, field::STRIDE_W],
    dilation: Some([field::DILATION_H, field::DILATION_W]),
};

/// With the kernel for the shapes that most layers have.
pub(in crate::operators) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
        Typed::If(suits),
    ];
    let run = |run: &mut Run| run_int8(run, K::depthwise_conv_2d);
    Registration {
        needs,
        prepare,
        digest: Some(digest),
        ..registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check, run)
    }
}

/// With the kernel for all others.
pub(in crate::operators) const fn any_int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    let run = |run: &mut Run| run_int8(run, K::depthwise_conv_2d_any);
    Registration {
        needs,
        prepare,
        digest: Some(digest),
        ..registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check, run)
    }
}

fn suits(operator: &Operator) -> bool {
    let layer = Layer::read(operator);
    // What the check is going to refuse may be of any size.
    let sound = !cfg!(feature = "checks") || check_geometry(operator, &layer).is_ok();
    sound && depthwise_conv_2d_suits(&geometry(operator, &layer))
}

pub(in crate::operators) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
    ];
    Registration {
        needs: needs_float,
        ..registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check_float, run_float)
    }
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
    let Some([1, _, _, channels]) = filter else {
        return Err(operator.shape_error("filter"));
    };
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(0);
    if channels != window.output[2] || multiplier * window.input[2] != channels {
        return Err(operator.shape_error("filter"));
    }
    if operator.size_option(field::DEPTH_MULTIPLIER, 0) != multiplier {
        return Err(operator.option_error("depth multiplier"));
    }
    Ok(channels)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    layer.check_int8(operator, channels, 3, field::ACTIVATION)
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    layer.needs(window.output[2], window.positions())
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    let depth = window.filter[0] * window.filter[1];
    layer.prepare(constants, window.output[2], depth, weights::scale)
}

fn digest(operator: &Operator) -> Digest {
    let layer = Layer::read(operator);
    let window = geometry(operator, &layer);
    digest::digest(
        operator,
        &layer,
        &window,
        window.output[2],
        field::ACTIVATION,
    )
}

type Kernel = fn(&Conv2d, &Requantisation, &[i8], &mut [i8]);

fn run_int8(run: &mut Run, kernel: Kernel) -> Option<()> {
    let operator = run.operator;
    let mut room = None;
    let (op, channels) = digest::layer(run.digest(digest, &mut room), operator.graph.file.bytes);
    let memory = &mut run.memory;
    let requantisation = weights::requantisation(memory.constants, channels, memory.flag)?;
    let (input, Written { output, .. }) = memory.layer(digest::sizes(&op.window), 0)?;
    let [height, width] = op.window.filter;
    let size = height.wrapping_mul(width);
    let plain = weights::plain(op.filter.get(..size.wrapping_mul(channels)))?;
    let mut convolve = |_, filter: &[i8]| {
        kernel(&Conv2d { filter, ..op }, &requantisation, input, output);
        Some(())
    };
    each_piece_of(operator, plain, usize::MAX, run.decoding, &mut convolve)
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_geometry(operator, &layer)?;
    layer.check_float(operator, channels, field::ACTIVATION)
}

fn needs_float(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    layer.float_needs(geometry(operator, &layer).positions())
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
    float::depthwise_conv_2d(&op, input, output);
    Some(())
}

//! FULLY_CONNECTED.

use super::digest;
use super::weights::{self, Layer, each_piece_of};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, fully_connected as field};
use crate::kernels::{FullyConnected, Kernels, Window, float};
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::{Digest, Run, Written};

pub(in crate::operators) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
        Typed::If(is_plain),
    ];
    Registration {
        needs,
        prepare,
        digest: Some(digest),
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check, run::<K>)
    }
}

pub(in crate::operators) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
        Typed::If(is_plain),
    ];
    Registration {
        needs: needs_float,
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check_float, run_float)
    }
}

/// Batches, depth and channels.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub batches: usize,
    pub depth: usize,
    pub channels: usize,
}

/// Whether weights and biases are constant, and the weights have no zero point.
fn is_plain(operator: &Operator) -> bool {
    let layer = Layer::read(operator);
    layer.is_constant() && layer.weights_offset() == 0
}

pub(super) fn size(layer: &Layer) -> Size {
    let [channels, depth] = layer.weights.shape().exactly().unwrap_or([0; 2]);
    let elements = layer.ends[0].shape().elements();
    Size {
        batches: elements.checked_div(depth).unwrap_or(0),
        depth,
        channels,
    }
}

/// Least bytes of weights that are decoded at a time, if there are so many: little enough to
/// spare, and enough to keep the kernel busy.
const DECODED_AT_A_TIME: usize = 4096;

/// Kernels compute this many output channels at a time.
const ROWS: usize = 4;

/// How many coded weights are decoded and used at a time: those of whole rows.
fn piece(size: &Size) -> usize {
    let rows = DECODED_AT_A_TIME / size.depth.max(1);
    let rows = match size.batches {
        1 => rows
            .next_multiple_of(ROWS)
            .clamp(ROWS, size.channels.max(ROWS)),
        // Decoding anew for each batch would take longer than a larger buffer is worth.
        _ => size.channels,
    };
    rows.min(size.channels).wrapping_mul(size.depth)
}

/// Checks what doesn't depend on the type.
pub(super) fn check_size(operator: &Operator, layer: &Layer) -> Result<Size, Fault> {
    operator.expect_arity(2..=3, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let [input, output] = &layer.ends;
    input.expect_arena()?;
    if layer.weights.shape().rank() != 2 {
        return Err(operator.shape_error("filter"));
    }
    let size = size(layer);
    if size.batches == 0 || size.batches * size.depth != input.shape().elements() {
        return Err(operator.shape_error("input"));
    }
    let shape = output.shape();
    let rows = shape.elements().checked_div(size.channels);
    if shape.rank() == 0 || shape.last() != size.channels || rows != Some(size.batches) {
        return Err(operator.shape_error("output"));
    }
    if operator.option(field::WEIGHTS_FORMAT, 0_i8) != 0 {
        return Err(operator.option_error("weights format"));
    }
    Ok(size)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let size = check_size(operator, &layer)?;
    layer.check_int8(operator, size.channels, 0, field::ACTIVATION)
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    let size = size(&layer);
    Needs {
        decoded: layer.coded().min(piece(&size)),
        ..layer.needs(layer.scales(), size.batches)
    }
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let (count, depth) = (layer.scales(), size(&layer).depth);
    layer.prepare(constants, count, depth, weights::scale_for(count))
}

/// As a convolution of images of one element.
fn digest(operator: &Operator) -> Digest {
    let layer = Layer::read(operator);
    let size = size(&layer);
    let window = Window {
        batches: size.batches,
        input: [1, 1, size.depth],
        output: [1, 1, size.channels],
        filter: [1; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: [0; 2],
    };
    digest::digest(operator, &layer, &window, layer.scales(), field::ACTIVATION)
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let mut room = None;
    let (layer, scales) = digest::layer(run.digest(digest, &mut room), operator.graph.file.bytes);
    let window = &layer.window;
    let size = Size {
        batches: window.batches,
        depth: window.input[2],
        channels: window.output[2],
    };
    let op = FullyConnected {
        batches: size.batches,
        depth: size.depth,
        filter: &[],
        bias: layer.bias,
        input_offset: layer.input_offset,
        output_offset: layer.output_offset,
        bounds: layer.bounds,
    };
    let memory = &mut run.memory;
    let requantisation = weights::requantisation(memory.constants, scales, memory.flag)?;
    let (input, Written { output, .. }) = memory.layer(digest::sizes(window), 0)?;
    let whole = size.channels.wrapping_mul(size.depth);
    let mut multiply = |first: usize, filter: &[i8]| {
        if cfg!(not(feature = "huffman")) || filter.len() == whole {
            let op = FullyConnected { filter, ..op };
            K::fully_connected(&op, &requantisation, input, output);
            return Some(());
        }
        // Some rows of one batch: those whose weights were decoded.
        let channel = first.checked_div(size.depth)?;
        let rows = filter.len().checked_div(size.depth)?;
        let bias = op.bias.part(channel, rows);
        let op = FullyConnected { filter, bias, ..op };
        let output = output.get_mut(channel..)?.get_mut(..rows)?;
        K::fully_connected(&op, &requantisation.part(channel, rows)?, input, output);
        Some(())
    };
    let plain = weights::plain(layer.filter.get(..whole))?;
    each_piece_of(operator, plain, piece(&size), run.decoding, &mut multiply)
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let size = check_size(operator, &layer)?;
    layer.check_float(operator, size.channels, field::ACTIVATION)
}

pub(super) fn needs_float(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    layer.float_needs(size(&layer).batches)
}

fn run_float(run: &mut Run) -> Option<()> {
    let layer = Layer::read(run.operator);
    let Size { batches, depth, .. } = size(&layer);
    let op = float::FullyConnected {
        batches,
        depth,
        filter: layer.weights.floats(),
        bias: layer.float_bias(),
        bounds: run.operator.float_bounds(field::ACTIVATION),
    };
    let (input, output) = run.unary()?;
    float::fully_connected(&op, input, output);
    Some(())
}

//! FULLY_CONNECTED.

use super::weights::{self, Scales, WEIGHTS, each_piece};
use super::{Needs, Registration, Typed, registration};
use crate::error::ModelError;
use crate::kernels::{FullyConnected, Kernels, float};
use crate::operator::Operator;
use crate::run::{Place, Run};
use crate::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::schema::{builtin, fully_connected as field};

pub(super) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    Registration {
        prepare,
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check, run::<K>)
    }
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
    ];
    registration(builtin::FULLY_CONNECTED, 13, TYPES, check_float, run_float)
}

/// Batches, depth and channels.
#[derive(Clone, Copy)]
struct Size {
    batches: usize,
    depth: usize,
    channels: usize,
}

/// The size, checked against the weights.
fn size(operator: &Operator) -> Result<Size, ModelError> {
    let weights = operator.input(WEIGHTS)?.shape();
    let [channels, depth] = weights
        .exactly::<2>()
        .ok_or(operator.shape_error("filter"))?;
    let elements = operator.input(0)?.shape().elements();
    let batches = elements.checked_div(depth).unwrap_or(0);
    if batches * depth != elements || batches == 0 {
        return Err(operator.shape_error("input"));
    }
    let output = operator.output(0)?.shape();
    let rows = output.elements().checked_div(channels).unwrap_or(0);
    if output.rank() == 0 || output.last() != channels || rows != batches {
        return Err(operator.shape_error("output"));
    }
    if operator.option(field::WEIGHTS_FORMAT, 0_i8)? != 0 {
        return Err(operator.option_error("weights format"));
    }
    Ok(Size {
        batches,
        depth,
        channels,
    })
}

/// Least bytes of weights that are decoded at a time, if there are so many: little enough to
/// spare, and enough to keep the kernel busy.
const DECODED_AT_A_TIME: usize = 4096;

/// Kernels compute this many output channels at a time.
const ROWS: usize = 4;

/// How many coded weights are decoded and used at a time: those of whole rows.
fn piece(size: &Size) -> usize {
    let rows = (DECODED_AT_A_TIME / size.depth.max(1)).next_multiple_of(ROWS);
    let rows = match size.batches {
        1 => rows.max(ROWS).min(size.channels),
        // Decoding anew for each batch would take longer than a larger buffer is worth.
        _ => size.channels,
    };
    rows * size.depth
}

fn check(operator: &Operator) -> Result<Needs, ModelError> {
    operator.expect_arity(2..=3, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(0)?.expect_arena()?;
    let coded = weights::check(operator)?;
    let size = size(operator)?;
    let [_, output] = weights::ends(operator)?;
    operator.bounds(field::ACTIVATION, output)?;
    let scales = Scales::read(operator, size.channels, 0)?;
    Ok(Needs {
        constants: weights::multiplier_words(scales.filter.len()),
        scratch: 0,
        decoded: coded.map_or(0, |_| piece(&size)),
        weights: size.channels * size.depth,
        biases: weights::check_bias(operator, size.channels, INT32)?,
        uses: size.batches,
    })
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let size = size(operator).ok()?;
    let scales = Scales::read(operator, size.channels, 0).ok()?;
    let count = scales.filter.len();
    weights::write_multipliers(constants, count, &|channel| match count {
        1 => scales.of_all(),
        _ => scales.of_channel(channel),
    })?;
    let bias = weights::bias(operator);
    Some(weights::is_narrow(constants, count, size.depth, &bias))
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = size(operator).ok()?;
    let [from, to] = weights::ends(operator).ok()?;
    let op = FullyConnected {
        batches: size.batches,
        depth: size.depth,
        filter: &[],
        bias: weights::bias(operator),
        input_offset: -from.zero_point,
        output_offset: to.zero_point,
        bounds: operator.bounds(field::ACTIVATION, to).ok()?,
    };
    let (scales, _) = operator.input(WEIGHTS).ok()?.quantisations().ok()?;
    let memory = &mut run.memory;
    each_piece(operator, piece(&size), run.decoding, |first, filter| {
        let (constants, narrow) = (memory.constants, memory.flag);
        let requantisation = weights::requantisation(constants, scales.len(), narrow)?;
        let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
        let (input, output) = (inputs.get(0)?, bytemuck::cast_slice_mut(output));
        if filter.len() == size.channels * size.depth {
            K::fully_connected(
                &FullyConnected { filter, ..op },
                &requantisation,
                input,
                output,
            );
            return Some(());
        }
        // Some rows of one batch: those whose weights were decoded.
        let channel = first.checked_div(size.depth)?;
        let rows = filter.len().checked_div(size.depth)?;
        let part = FullyConnected {
            filter,
            bias: op.bias.part(channel, rows),
            ..op
        };
        K::fully_connected(
            &part,
            &requantisation.part(channel, rows)?,
            input,
            output.get_mut(channel..)?.get_mut(..rows)?,
        );
        Some(())
    })
}

fn read_float<'m>(operator: &Operator<'m>) -> Result<float::FullyConnected<'m>, ModelError> {
    let Size { batches, depth, .. } = size(operator)?;
    Ok(float::FullyConnected {
        batches,
        depth,
        filter: operator.input(WEIGHTS)?.constant_f32()?,
        bias: weights::float_bias(operator),
        bounds: operator.float_bounds(field::ACTIVATION)?,
    })
}

fn check_float(operator: &Operator) -> Result<Needs, ModelError> {
    operator.expect_arity(2..=3, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(0)?.expect_arena()?;
    let op = read_float(operator)?;
    Ok(Needs {
        weights: op.filter.len(),
        biases: weights::check_bias(operator, size(operator)?.channels, FLOAT32)?,
        uses: op.batches,
        ..Needs::default()
    })
}

fn run_float(run: &mut Run) -> Option<()> {
    let op = read_float(run.operator).ok()?;
    let (input, output) = run.unary()?;
    float::fully_connected(&op, input, output);
    Some(())
}

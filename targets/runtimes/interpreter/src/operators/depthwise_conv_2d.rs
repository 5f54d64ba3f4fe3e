//! DEPTHWISE_CONV_2D.

use super::weights::{self, Scales, WEIGHTS, each_piece};
use super::window::{Fields, window};
use super::{Needs, Registration, Typed, registration};
use crate::error::ModelError;
use crate::kernels::{Conv2d, Kernels, Window, float};
use crate::operator::Operator;
use crate::run::{Place, Run};
use crate::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::schema::{builtin, depthwise_conv_2d as field};

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
    ];
    Registration {
        prepare,
        ..registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check, run::<K>)
    }
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Output(0, FLOAT32),
    ];
    registration(builtin::DEPTHWISE_CONV_2D, 7, TYPES, check_float, run_float)
}

/// The geometry, checked against the weights.
fn geometry(operator: &Operator) -> Result<Window, ModelError> {
    let filter = operator.input(WEIGHTS)?.shape().exactly::<4>();
    let Some([1, height, width, channels]) = filter else {
        return Err(operator.shape_error("filter"));
    };
    let window = window(operator, &FIELDS, [height, width])?;
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(0);
    if channels != window.output[2] || multiplier * window.input[2] != channels {
        return Err(operator.shape_error("filter"));
    }
    if operator.option(field::DEPTH_MULTIPLIER, 0_i32)? as usize != multiplier {
        return Err(operator.option_error("depth multiplier"));
    }
    Ok(window)
}

fn check(operator: &Operator) -> Result<Needs, ModelError> {
    operator.expect_arity(2..=3, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(0)?.expect_arena()?;
    let coded = weights::check(operator)?;
    let window = geometry(operator)?;
    let channels = window.output[2];
    let [_, output] = weights::ends(operator)?;
    operator.bounds(field::ACTIVATION, output)?;
    Scales::read(operator, channels, 3)?;
    Ok(Needs {
        constants: weights::multiplier_words(channels),
        scratch: 0,
        decoded: coded.map_or(0, |coded| coded.bytes()),
        weights: operator.input(WEIGHTS)?.shape().elements(),
        biases: weights::check_bias(operator, channels, INT32)?,
        uses: window.positions(),
    })
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let window = geometry(operator).ok()?;
    let channels = window.output[2];
    let scales = Scales::read(operator, channels, 3).ok()?;
    weights::write_multipliers(constants, channels, &|channel| scales.of_channel(channel))?;
    let depth = window.filter[0] * window.filter[1];
    let bias = weights::bias(operator);
    Some(weights::is_narrow(constants, channels, depth, &bias))
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let window = geometry(operator).ok()?;
    let [from, to] = weights::ends(operator).ok()?;
    let op = Conv2d {
        window,
        filter: &[],
        bias: weights::bias(operator),
        input_offset: -from.zero_point,
        output_offset: to.zero_point,
        bounds: operator.bounds(field::ACTIVATION, to).ok()?,
    };
    let memory = &mut run.memory;
    each_piece(operator, usize::MAX, run.decoding, |_, filter| {
        let (constants, narrow) = (memory.constants, memory.flag);
        let requantisation = weights::requantisation(constants, window.output[2], narrow)?;
        let (inputs, [output]) = memory.borrow(operator, [Place::Output(0)])?;
        K::depthwise_conv_2d(
            &Conv2d { filter, ..op },
            &requantisation,
            inputs.get(0)?,
            bytemuck::cast_slice_mut(output),
        );
        Some(())
    })
}

fn read_float<'m>(operator: &Operator<'m>) -> Result<float::Conv2d<'m>, ModelError> {
    Ok(float::Conv2d {
        window: geometry(operator)?,
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
        biases: weights::check_bias(operator, op.window.output[2], FLOAT32)?,
        uses: op.window.positions(),
        ..Needs::default()
    })
}

fn run_float(run: &mut Run) -> Option<()> {
    let op = read_float(run.operator).ok()?;
    let (input, output) = run.unary()?;
    float::depthwise_conv_2d(&op, input, output);
    Some(())
}

//! FULLY_CONNECTED with weights or biases that are computed, or weights that have a zero point.

use super::fully_connected::{check_size, needs_float, size};
use super::weights::{self, FloatOutput, Int8Output, Layer};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::file::schema::{builtin, fully_connected as field};
use crate::kernels::Bias;
use crate::kernels::dot::Value;
use crate::kernels::products::{dot_float32, fully_connected};
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::Run;

const WEIGHTS: usize = 1;
const BIAS: usize = 2;

pub(in crate::operators) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    Registration {
        needs,
        prepare,
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check, run)
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
        ..registration(builtin::FULLY_CONNECTED, 13, TYPES, check_float, run_float)
    }
}

/// Checks what doesn't depend on the type; answers the output's channels.
fn check_tensors(operator: &Operator, layer: &Layer, bias_type: u8) -> Result<usize, Fault> {
    let channels = check_size(operator, layer)?.channels;
    operator.expect_activation(field::ACTIVATION)?;
    let Some(bias) = operator.optional_input(BIAS) else {
        return Ok(channels);
    };
    if bias.shape().elements() != channels {
        return Err(operator.shape_error("bias"));
    }
    match bias.is_constant() {
        true => bias.expect_constant(bias_type)?,
        false => bias.expect_type(bias_type)?,
    }
    Ok(channels)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    let channels = check_tensors(operator, &layer, INT32)?;
    for end in &layer.ends {
        end.expect_quantisation()?;
    }
    if layer.weights.is_constant() {
        layer.weights.expect_constant(INT8)?;
    }
    layer.weights.expect_filter_scales(channels, 0)
}

fn needs(operator: &Operator) -> Needs {
    let layer = Layer::read(operator);
    layer.needs(layer.scales(), size(&layer).batches)
}

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let layer = Layer::read(operator);
    let count = layer.scales();
    layer.prepare(constants, count, 0, weights::scale_for(count))
}

fn run(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let depth = size(&layer).depth;
    let [from, to] = layer.quantisation();
    let scales = weights::requantisation(run.memory.constants, layer.scales(), false)?;
    let offsets = [layer.weights_offset(), from.zero_point.wrapping_neg()];
    let bounds = operator.bounds(field::ACTIVATION, to);
    let has_bias = operator.optional_input(BIAS).is_some();
    let (inputs, output) = run.output()?;
    let finish = Int8Output {
        bias: Bias::new(
            has_bias
                .then(|| inputs.bytes(BIAS))
                .flatten()
                .unwrap_or(&[]),
        ),
        scales,
        bounds,
        zero_point: to.zero_point,
    };
    let dot = |sum, weights: &[i8], values: &[i8]| {
        Value::dot(sum, (weights, offsets[0]), (values, offsets[1]))
    };
    fully_connected(
        depth,
        inputs.get::<i8>(WEIGHTS)?,
        inputs.get::<i8>(0)?,
        bytemuck::cast_slice_mut::<u8, i8>(output),
        0,
        dot,
        |channel, sum| finish.finish(channel, sum),
    );
    Some(())
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    let layer = Layer::read(operator);
    check_tensors(operator, &layer, FLOAT32)?;
    if layer.weights.is_constant() {
        layer.weights.expect_constant(FLOAT32)?;
    }
    Ok(())
}

fn run_float(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let layer = Layer::read(operator);
    let depth = size(&layer).depth;
    let has_bias = operator.optional_input(BIAS).is_some();
    let (inputs, output) = run.output()?;
    let finish = FloatOutput {
        bias: has_bias.then(|| inputs.get(BIAS)).flatten().unwrap_or(&[]),
        bounds: operator.float_bounds(field::ACTIVATION),
    };
    fully_connected(
        depth,
        inputs.get::<f32>(WEIGHTS)?,
        inputs.get::<f32>(0)?,
        bytemuck::try_cast_slice_mut::<u8, f32>(output).ok()?,
        0.0,
        dot_float32,
        |channel, sum| finish.finish(channel, sum),
    );
    Some(())
}

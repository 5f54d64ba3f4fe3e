//! SOFTMAX along the last dimension.

pub(super) mod int16;

use super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, softmax as field};
use crate::kernels::{Kernels, Softmax, SoftmaxScale, float};
use crate::model::operator::Operator;
use crate::run::Run;

pub(in crate::operators) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];
    Registration {
        needs,
        prepare,
        ..registration(builtin::SOFTMAX, 3, TYPES, check, run::<K>)
    }
}

pub(in crate::operators) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::SOFTMAX, 3, TYPES, check_float, run_float)
}

/// Length of a row.
pub(super) fn depth(operator: &Operator) -> usize {
    operator.input(0).shape().last()
}

/// The rows of input and output, of `depth` elements each. Not a `zip`, whose lengths are a
/// division that may not be seen to have a divisor above 0.
pub(super) fn rows<'t, T, U>(
    depth: usize,
    input: &'t [T],
    output: &'t mut [U],
) -> impl Iterator<Item = (&'t [T], &'t mut [U])> {
    let depth = depth.max(1);
    let mut outputs = output.chunks_exact_mut(depth);
    let inputs = input.chunks_exact(depth);
    inputs.map_while(move |input| Some((input, outputs.next()?)))
}

pub(super) fn check_tensors(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    if input.shape() != output.shape() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_tensors(operator)?;
    let [input, output] = operator.ends();
    input.expect_quantisation()?;
    let output = output.expect_quantisation()?;
    if output.scale != 1.0 / 256.0 || output.zero_point != -128 {
        return Err(operator.quantisation_error("output"));
    }
    Ok(())
}

fn needs(_: &Operator) -> Needs {
    Needs {
        constants: 3,
        ..Needs::default()
    }
}

/// Multiplier, shift and smallest difference.
pub(super) fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let beta = operator.option(field::BETA, 0.0);
    let scale = SoftmaxScale::new(beta, operator.input(0).quantisation().scale)?;
    let words = [scale.multiplier, scale.left_shift, scale.difference_min];
    for (to, from) in constants.iter_mut().zip(words) {
        *to = from as u32;
    }
    Some(false)
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let depth = depth(run.operator);
    let &[multiplier, left_shift, difference_min] = run.memory.constants.first_chunk()?;
    let scale = SoftmaxScale {
        multiplier: multiplier as i32,
        left_shift: left_shift as i32,
        difference_min: difference_min as i32,
    };
    let (input, output) = run.unary()?;
    K::softmax(&Softmax { depth }, scale, input, output);
    Some(())
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    check_tensors(operator)?;
    if !operator.option(field::BETA, 0.0_f32).is_finite() {
        return Err(operator.option_error("beta"));
    }
    Ok(())
}

fn run_float(run: &mut Run) -> Option<()> {
    let depth = depth(run.operator);
    let beta = run.operator.option(field::BETA, 0.0_f32);
    let (input, output) = run.unary()?;
    float::softmax(depth, beta, input, output);
    Some(())
}

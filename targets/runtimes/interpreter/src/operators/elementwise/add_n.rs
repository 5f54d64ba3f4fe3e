//! ADD_N: the sum of any number of tensors of one shape.

use super::quantised::below_one;
use super::*;
use crate::file::schema::builtin::ADD_N;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::run::{Inputs, Place};

pub(crate) const fn float32() -> Registration {
    registration(
        ADD_N,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::BINARY,
        check_float,
        run_float,
    )
}

pub(crate) const fn int8() -> Registration {
    Registration {
        needs: words::<4>,
        prepare,
        ..registration(ADD_N, VERSIONS, Types::<INT8, INT8>::BINARY, check, run)
    }
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=usize::MAX, 1)?;
    let first = operator.input(0);
    for position in 0..operator.input_count() {
        expect_readable(operator, position)?;
        let input = operator.input(position);
        input.expect_type(first.type_number())?;
        if input.shape() != first.shape() {
            return Err(operator.shape_error("input"));
        }
    }
    if operator.output(0).shape().elements() != first.shape().elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_float(operator)?;
    expect_to(operator)?;
    for position in 1..operator.input_count() {
        if expect_from(operator, position)? != expect_from(operator, 0)? {
            return Err(operator.quantisation_error("input"));
        }
    }
    Ok(())
}

fn run_float(run: &mut Run) -> Option<()> {
    let count = run.operator.input_count();
    let (inputs, [output]) = run.borrow([Place::Output(0)])?;
    let output: &mut [f32] = bytemuck::try_cast_slice_mut(output).ok()?;
    output.fill(0.0);
    for position in 0..count {
        for (sum, &value) in output.iter_mut().zip(inputs.get::<f32>(position)?) {
            *sum += value;
        }
    }
    Some(())
}

/// Inputs are shifted left by this many bits before they are scaled.
const LEFT_SHIFT: u32 = 20;

fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let twice = 2.0 * f64::from(from(operator, 0).scale);
    let output = f64::from(1 << LEFT_SHIFT) * f64::from(to(operator).scale);
    store(constants, [0.5, twice / output].map(below_one))
}

fn run(run: &mut Run) -> Option<()> {
    let offset = -from(run.operator, 0).zero_point;
    let zero_point = to(run.operator).zero_point;
    let [for_input, for_output] = load(run.memory.constants)?;
    let count = run.operator.input_count();
    let scaled = |value: i32| for_input.apply((value + offset) << LEFT_SHIFT);
    let (inputs, output) = run.output()?;
    let value = |inputs: &Inputs, position, at| {
        let byte = inputs.bytes(position).and_then(|bytes| bytes.get(at));
        byte.map_or(0, |&byte| i32::from(byte as i8))
    };
    for (at, output) in output.iter_mut().enumerate() {
        // The reference begins with what a 0 in the tensors' quantisation stands for.
        let sum = (0..count).fold(scaled(0), |sum, position| {
            sum.wrapping_add(scaled(value(&inputs, position, at)))
        });
        *output = i8::saturate(for_output.apply(sum).wrapping_add(zero_point)) as u8;
    }
    Some(())
}

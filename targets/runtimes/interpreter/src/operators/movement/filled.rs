//! SHAPE, BROADCAST_ARGS, FILL and ZEROS_LIKE: outputs that no input's elements go into.

use super::{Integers, copy, element_bytes, elements, expect_types, moving};
use crate::error::Fault;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, INT64};
use crate::model::operator::Operator;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn shape() -> Registration {
    moving(builtin::SHAPE, 1, check_shape, run_shape)
}

pub(in super::super) const fn broadcast_args() -> Registration {
    moving(builtin::BROADCAST_ARGS, 1, check_args, run_args)
}

pub(in super::super) const fn fill() -> Registration {
    moving(builtin::FILL, 4, check_fill, run_fill)
}

pub(in super::super) const fn zeros_like() -> Registration {
    moving(builtin::ZEROS_LIKE, 1, check_zeros, run_zeros)
}

fn check_shape(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    let output = operator.output(0);
    output.expect_type(INT32)?;
    if output.shape().elements() != operator.input(0).shape().rank() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_shape(run: &mut Run) -> Option<()> {
    let shape = run.operator.input(0).shape();
    let (_, output) = run.output()?;
    for (element, dimension) in output.as_chunks_mut().0.iter_mut().zip(shape.iter()) {
        *element = (dimension as u32).to_le_bytes();
    }
    Some(())
}

fn check_args(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    let output = operator.output(0);
    expect_types(&output, &[INT32, INT64])?;
    let mut longest = 0;
    for position in 0..2 {
        let input = operator.input(position);
        expect_types(&input, &[output.type_number()])?;
        if input.shape().rank() != 1 {
            return Err(operator.shape_error("an input"));
        }
        longest = input.shape().elements().max(longest);
    }
    if output.shape().rank() != 1 || output.shape().elements() != longest {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// NumPy's rule on two shapes that are tensors' content: aligned at the end, a 1 gives way.
fn run_args(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let (inputs, output) = run.output()?;
    let a = Integers::of(operator, &inputs, 0)?;
    let b = Integers::of(operator, &inputs, 1)?;
    for (back, element) in elements(output, size).rev().enumerate() {
        let dimension = |shape: &Integers| match shape.len().checked_sub(back + 1) {
            Some(index) => shape.get(index),
            None => Some(1),
        };
        let result = match (dimension(&a)?, dimension(&b)?) {
            (1, b) => b,
            (a, b) if b == 1 || a == b => a,
            _ => return None,
        };
        let result = i64::from(result).to_le_bytes();
        copy(element, result.get(..size)?)?;
    }
    Some(())
}

fn check_fill(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    let (dimensions, value) = (operator.input(0), operator.input(1));
    let output = operator.output(0);
    expect_types(&value, &[INT8, INT32, FLOAT32])?;
    output.expect_type(value.type_number())?;
    if value.shape().rank() != 0 {
        return Err(operator.shape_error("value"));
    }
    expect_types(&dimensions, &[INT32, INT64, INT16, INT8])?;
    let given = Integers::constant(&dimensions)?;
    let numbers = (0..given.len()).filter_map(|index| given.wide(index));
    let shape = output.shape().iter().map(|dimension| dimension as i64);
    if dimensions.shape().rank() != 1 || !numbers.eq(shape) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_fill(run: &mut Run) -> Option<()> {
    let size = element_bytes(run.operator)?;
    let (inputs, output) = run.output()?;
    let value = inputs.bytes(1)?.get(..size)?;
    for element in elements(output, size) {
        copy(element, value)?;
    }
    Some(())
}

fn check_zeros(operator: &Operator) -> Result<(), Fault> {
    super::expect_moved(operator, 1..=1, 0, &[INT8, INT32, INT64, FLOAT32])?;
    let input = operator.input(0).shape();
    if input.elements() != operator.output(0).shape().elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// Bytes of 0, whatever the zero point.
fn run_zeros(run: &mut Run) -> Option<()> {
    run.output()?.1.fill(0);
    Some(())
}

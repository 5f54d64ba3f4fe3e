//! SPLIT, SPLIT_V and UNPACK: a tensor becomes several.

use super::{Integers, Transfer, around, axis_of, expect_options, expect_types, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{builtin, unpack as field};
use crate::model::operator::Operator;
use crate::operators::Registration;
use crate::run::{Place, Run};

const TYPES: &[u8] = &[INT8, INT16, INT32, FLOAT32];

pub(in super::super) const fn split() -> Registration {
    moving(
        builtin::SPLIT,
        4,
        |operator| check(operator, 2, 1, split_axis),
        |run| cut(run, 1, split_axis),
    )
}

pub(in super::super) const fn split_v() -> Registration {
    moving(
        builtin::SPLIT_V,
        2,
        |operator| check(operator, 3, 0, split_v_axis),
        |run| cut(run, 0, split_v_axis),
    )
}

pub(in super::super) const fn unpack() -> Registration {
    moving(builtin::UNPACK, 4, check_unpack, |run| {
        cut(run, 0, unpack_axis)
    })
}

fn split_axis(operator: &Operator) -> Result<usize, Fault> {
    constant_axis(operator, 0, 1)
}

fn split_v_axis(operator: &Operator) -> Result<usize, Fault> {
    constant_axis(operator, 2, 0)
}

/// The axis of the input at `data` that the constant input at `position` says.
fn constant_axis(operator: &Operator, position: usize, data: usize) -> Result<usize, Fault> {
    let axis = operator.input(position);
    axis.expect_type(INT32)?;
    let axis = Integers::constant(&axis)?.get(0);
    let rank = operator.input(data).shape().rank();
    axis.and_then(|axis| axis_of(axis, rank))
        .ok_or(operator.option_error("axis"))
}

fn unpack_axis(operator: &Operator) -> Result<usize, Fault> {
    let rank = operator.input(0).shape().rank();
    axis_of(operator.option(field::AXIS, 0), rank).ok_or(operator.option_error("axis"))
}

fn check_types(operator: &Operator, inputs: usize, data: usize) -> Result<(), Fault> {
    operator.expect_arity(inputs..=inputs, operator.output_count().max(1))?;
    let input = operator.input(data);
    expect_types(&input, TYPES)?;
    for position in 0..operator.output_count() {
        operator.output(position).expect_type(input.type_number())?;
    }
    Ok(())
}

fn check(
    operator: &Operator,
    inputs: usize,
    data: usize,
    axis: fn(&Operator) -> Result<usize, Fault>,
) -> Result<(), Fault> {
    check_types(operator, inputs, data)?;
    let axis = axis(operator)?;
    let shape = operator.input(data).shape();
    let mut sum = 0_usize;
    for position in 0..operator.output_count() {
        let part = operator.output(position).shape();
        let fits = part.rank() == shape.rank()
            && (part.iter().zip(shape.iter()).enumerate())
                .all(|(at, (part, whole))| at == axis || part == whole);
        if !fits {
            return Err(operator.shape_error("an output"));
        }
        sum = sum.wrapping_add(part.get(axis).unwrap_or(0));
    }
    if shape.get(axis) != Some(sum) {
        return Err(operator.shape_error("an output"));
    }
    Ok(())
}

fn check_unpack(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, field::OPTIONS_TYPE)?;
    check_types(operator, 1, 0)?;
    let axis = unpack_axis(operator)?;
    let shape = operator.input(0).shape();
    let count = operator.output_count();
    if usize::try_from(operator.option::<i32>(field::COUNT, 0)) != Ok(count) {
        return Err(operator.option_error("number of values"));
    }
    if shape.get(axis) != Some(count) {
        return Err(operator.shape_error("input"));
    }
    let one = || shape.iter().take(axis).chain(shape.iter().skip(axis + 1));
    for position in 0..count {
        if !operator.output(position).shape().iter().eq(one()) {
            return Err(operator.shape_error("an output"));
        }
    }
    Ok(())
}

/// Each output is a block of the input's rows, next to those of the outputs before it.
fn cut(run: &mut Run, data: usize, axis: fn(&Operator) -> Result<usize, Fault>) -> Option<()> {
    let operator = run.operator;
    let tensor = operator.input(data);
    let [outer, along, behind] = around(&tensor.shape(), axis(operator).ok()?);
    let size = tensor.element_type()?.bytes();
    let row = along.wrapping_mul(behind).wrapping_mul(size);
    let mut first = 0_usize;
    for position in 0..operator.output_count() {
        let (inputs, [output]) = run.borrow([Place::Output(position)])?;
        let block = output.len().checked_div(outer)?;
        let mut transfer = Transfer::new([first, 0]);
        transfer.axis(outer, [row as isize, block as isize]);
        transfer.axis(block, [1, 1]);
        transfer.run(inputs.bytes(data)?, output)?;
        first = first.wrapping_add(block);
    }
    Some(())
}

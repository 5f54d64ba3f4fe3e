//! RESHAPE, SQUEEZE and EXPAND_DIMS: copies under another shape. Bytes are copied whatever the
//! quantisation of the output.

use super::{ANY, Integers, copy, expect_moved, expect_options, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{builtin, squeeze as field};
use crate::model::operator::Operator;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn reshape() -> Registration {
    moving(builtin::RESHAPE, 2, check, run)
}

pub(in super::super) const fn squeeze() -> Registration {
    moving(builtin::SQUEEZE, 2, check_squeeze, run)
}

pub(in super::super) const fn expand_dims() -> Registration {
    moving(builtin::EXPAND_DIMS, 1, check_expand_dims, run)
}

/// The shape comes from the output: a second input with the same may be constant or computed, and
/// is of no consequence.
fn check(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 1..=2, 0, ANY)?;
    same_elements(operator)
}

fn same_elements(operator: &Operator) -> Result<(), Fault> {
    let input = operator.input(0).shape();
    if input.elements() != operator.output(0).shape().elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_squeeze(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 1..=1, 0, ANY)?;
    expect_options(operator, field::OPTIONS_TYPE)?;
    let shape = operator.input(0).shape();
    for axis in operator.option_vector::<i32>(field::DIMENSIONS).iter() {
        let axis = super::axis_of(axis, shape.rank());
        if axis.and_then(|axis| shape.get(axis)) != Some(1) {
            return Err(operator.option_error("squeezed dimension"));
        }
    }
    same_elements(operator)
}

fn check_expand_dims(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, &[INT8, INT16, FLOAT32])?;
    let axis = operator.input(1);
    axis.expect_type(INT32)?;
    let axis = Integers::constant(&axis)?.get(0);
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let axis = axis.and_then(|axis| super::axis_of(axis, input.rank() + 1));
    let axis = axis.ok_or(operator.option_error("axis"))?;
    let expanded = input.iter().take(axis);
    let expanded = expanded.chain([1]).chain(input.iter().skip(axis));
    if !expanded.eq(output.iter()) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run(run: &mut Run) -> Option<()> {
    let (input, output) = run.unary::<u8, u8>()?;
    copy(output, input)
}

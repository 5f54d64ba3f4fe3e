//! CONCATENATION and PACK: several tensors become one.

use super::{Transfer, around, axis_of, element_bytes, expect_options, expect_types, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16, INT32, INT64};
use crate::file::schema::{builtin, concatenation, pack};
use crate::model::operator::Operator;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn concatenation() -> Registration {
    moving(builtin::CONCATENATION, 5, check_concatenation, |run| {
        join(run, concatenation::AXIS)
    })
}

pub(in super::super) const fn pack() -> Registration {
    moving(builtin::PACK, 4, check_pack, |run| join(run, pack::AXIS))
}

/// Checks that there are inputs, and that they and the output are of one of `types`.
fn expect_one_type(operator: &Operator, types: &[u8]) -> Result<(), Fault> {
    operator.expect_arity(1..=usize::MAX, 1)?;
    let output = operator.output(0);
    expect_types(&output, types)?;
    for position in 0..operator.input_count() {
        let input = operator.input(position);
        input.expect_type(output.type_number())?;
        expect_types(&input, types)?;
    }
    Ok(())
}

fn axis(operator: &Operator, field: usize) -> Result<usize, Fault> {
    let rank = operator.output(0).shape().rank();
    axis_of(operator.option(field, 0), rank).ok_or(operator.option_error("axis"))
}

fn check_concatenation(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, concatenation::OPTIONS_TYPE)?;
    expect_one_type(operator, &[INT8, INT16, INT32, INT64, BOOL, FLOAT32])?;
    if operator.option(concatenation::ACTIVATION, 0_i8) != 0 {
        return Err(operator.option_error("fused activation"));
    }
    let axis = axis(operator, concatenation::AXIS)?;
    let output = operator.output(0);
    let (shape, scale) = (output.shape(), super::loose_quantisation(&output));
    let mut sum = 0_usize;
    for position in 0..operator.input_count() {
        let input = operator.input(position);
        let fits = input.shape().rank() == shape.rank()
            && (input.shape().iter().zip(shape.iter()).enumerate())
                .all(|(at, (input, output))| at == axis || input == output);
        if !fits {
            return Err(operator.shape_error("an input"));
        }
        sum = sum.wrapping_add(input.shape().get(axis).unwrap_or(0));
        // As TensorFlow Lite Micro: int8 isn't rescaled, int16 has no zero points.
        let found = super::loose_quantisation(&input);
        let alike = match output.type_number() {
            INT8 => found == scale,
            INT16 => found.1 == 0 && scale.1 == 0,
            _ => true,
        };
        if !alike {
            return Err(operator.quantisation_error("an input"));
        }
    }
    if shape.get(axis) != Some(sum) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_pack(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, pack::OPTIONS_TYPE)?;
    expect_one_type(operator, &[INT8, INT16, INT32, INT64, FLOAT32])?;
    let axis = axis(operator, pack::AXIS)?;
    let shape = operator.output(0).shape();
    let count = operator.input_count();
    let listed = operator.option::<i32>(pack::COUNT, 0);
    if usize::try_from(listed) != Ok(count) {
        return Err(operator.option_error("number of values"));
    }
    if shape.get(axis) != Some(count) {
        return Err(operator.shape_error("output"));
    }
    let one = || shape.iter().take(axis).chain(shape.iter().skip(axis + 1));
    for position in 0..count {
        if !operator.input(position).shape().iter().eq(one()) {
            return Err(operator.shape_error("an input"));
        }
    }
    Ok(())
}

/// Each input is a block of the output's rows, next to those of the inputs before it.
fn join(run: &mut Run, field: usize) -> Option<()> {
    let operator = run.operator;
    let axis = axis(operator, field).ok()?;
    let [outer, along, behind] = around(&operator.output(0).shape(), axis);
    let size = element_bytes(operator)?;
    let row = along.wrapping_mul(behind).wrapping_mul(size);
    let (inputs, output) = run.output()?;
    let mut first = 0_usize;
    for position in 0..operator.input_count() {
        let input = inputs.bytes(position)?;
        let block = input.len().checked_div(outer)?;
        let mut transfer = Transfer::new([0, first]);
        transfer.axis(outer, [block as isize, row as isize]);
        transfer.axis(block, [1, 1]);
        transfer.run(input, output)?;
        first = first.wrapping_add(block);
    }
    Some(())
}

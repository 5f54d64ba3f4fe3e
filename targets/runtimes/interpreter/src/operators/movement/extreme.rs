//! ARG_MAX and ARG_MIN: where along an axis the largest or smallest element is.

use bytemuck::Pod;

use super::{Integers, around, axis_of, expect_options, expect_types};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::file::schema::{arg_max, arg_min, builtin};
use crate::model::operator::Operator;
use crate::operators::{Registration, Typed, registration};
use crate::run::Run;

pub(in super::super) const fn max_int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8)];
    let run = |run: &mut Run| run_as(run, |a: i8, b: i8| a > b);
    registration(builtin::ARG_MAX, 3, TYPES, check_max, run)
}

pub(in super::super) const fn max_float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32)];
    let run = |run: &mut Run| run_as(run, |a: f32, b: f32| a > b);
    registration(builtin::ARG_MAX, 3, TYPES, check_max, run)
}

pub(in super::super) const fn min_int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8)];
    let run = |run: &mut Run| run_as(run, |a: i8, b: i8| a < b);
    registration(builtin::ARG_MIN, 3, TYPES, check_min, run)
}

pub(in super::super) const fn min_float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32)];
    let run = |run: &mut Run| run_as(run, |a: f32, b: f32| a < b);
    registration(builtin::ARG_MIN, 3, TYPES, check_min, run)
}

fn check_max(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, arg_max::OPTIONS_TYPE)?;
    check(operator)
}

fn check_min(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, arg_min::OPTIONS_TYPE)?;
    check(operator)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    let (input, axis) = (operator.input(0), operator.input(1));
    expect_types(&input, &[INT8, FLOAT32])?;
    expect_types(&axis, &[INT32])?;
    let output = operator.output(0);
    output.expect_type(INT32)?;
    if axis.shape().elements() != 1 {
        return Err(operator.shape_error("axis"));
    }
    let (shape, result) = (input.shape(), output.shape());
    if let Some(axis) = Integers::given(&axis)? {
        let axis = axis.get(0).and_then(|axis| axis_of(axis, shape.rank()));
        let axis = axis.ok_or(operator.option_error("axis"))?;
        let left = shape.iter().take(axis).chain(shape.iter().skip(axis + 1));
        if !left.eq(result.iter()) {
            return Err(operator.shape_error("output"));
        }
    }
    Ok(())
}

/// Of equal elements the first counts; what can't be compared never does.
fn run_as<T: Pod>(run: &mut Run, better: fn(T, T) -> bool) -> Option<()> {
    let operator = run.operator;
    let shape = operator.input(0).shape();
    let (inputs, output) = run.output()?;
    let axis = Integers::of(operator, &inputs, 1)?.get(0)?;
    let [outer, along, inner] = around(&shape, axis_of(axis, shape.rank())?);
    let input = inputs.get::<T>(0)?;
    let (results, _) = output.as_chunks_mut();
    if outer.wrapping_mul(inner) != results.len() {
        return None;
    }
    let rows = input.chunks_exact(along.wrapping_mul(inner).max(1));
    let mut results = results.chunks_exact_mut(inner.max(1));
    for row in rows {
        for (column, result) in results.next()?.iter_mut().enumerate() {
            let mut elements = row.iter().skip(column).step_by(inner.max(1)).enumerate();
            let (mut found, mut best) = elements.next()?;
            for (index, element) in elements {
                if better(*element, *best) {
                    (found, best) = (index, element);
                }
            }
            *result = (found as u32).to_le_bytes();
        }
    }
    Some(())
}

//! AVERAGE_POOL_2D and MAX_POOL_2D of int16.

use super::{check_int8, geometry};
use crate::file::schema::tensor_type::INT16;
use crate::file::schema::{builtin, pool_2d as field};
use crate::kernels::pools::{pool_2d, rounded_mean};
use crate::model::operator::Operator;
use crate::operators::products::int16::bounds;
use crate::operators::{Registration, Typed, registration};
use crate::run::Run;

const TYPES: &[Typed] = &[Typed::Input(0, INT16), Typed::Output(0, INT16)];

pub(in crate::operators) const fn average() -> Registration {
    registration(builtin::AVERAGE_POOL_2D, 3, TYPES, check_int8, run_average)
}

pub(in crate::operators) const fn max() -> Registration {
    registration(builtin::MAX_POOL_2D, 3, TYPES, check_int8, run_max)
}

fn clamp(operator: &Operator) -> impl Fn(i32) -> i16 {
    let output = operator.output(0).quantisation();
    let [low, high] = bounds(operator, field::ACTIVATION, output);
    move |value| value.max(low).min(high) as i16
}

fn run_average(run: &mut Run) -> Option<()> {
    let (window, clamp) = (geometry(run.operator), clamp(run.operator));
    let (input, output) = run.unary()?;
    let sum = |sum: i32, it: i16| sum.wrapping_add(it.into());
    pool_2d(&window, input, output, 0, sum, |sum, count| {
        clamp(rounded_mean(sum, count))
    });
    Some(())
}

fn run_max(run: &mut Run) -> Option<()> {
    let (window, clamp) = (geometry(run.operator), clamp(run.operator));
    let (input, output) = run.unary()?;
    pool_2d(&window, input, output, i16::MIN, i16::max, |max, _| {
        clamp(max.into())
    });
    Some(())
}

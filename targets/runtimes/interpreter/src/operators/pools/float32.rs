//! MAX_POOL_2D and L2_POOL_2D of float32.

use super::{check, geometry};
use crate::file::schema::tensor_type::FLOAT32;
use crate::file::schema::{builtin, pool_2d as field};
use crate::kernels::float;
use crate::kernels::pools::{pool_2d, root_mean};
use crate::model::operator::Operator;
use crate::operators::{Registration, Typed, registration};
use crate::run::Run;

const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];

pub(in crate::operators) const fn max() -> Registration {
    registration(builtin::MAX_POOL_2D, 3, TYPES, check, run_max)
}

pub(in crate::operators) const fn l2() -> Registration {
    registration(builtin::L2_POOL_2D, 3, TYPES, check, run_l2)
}

/// Clamps to the fused activation.
fn clamp(operator: &Operator) -> impl Fn(f32) -> f32 {
    let bounds = operator.float_bounds(field::ACTIVATION);
    move |value| float::clamp(value, bounds)
}

fn run_max(run: &mut Run) -> Option<()> {
    let (window, clamp) = (geometry(run.operator), clamp(run.operator));
    let (input, output) = run.unary()?;
    let max = |max: f32, it| if it > max { it } else { max };
    pool_2d(&window, input, output, f32::MIN, max, |max, _| clamp(max));
    Some(())
}

fn run_l2(run: &mut Run) -> Option<()> {
    let (window, clamp) = (geometry(run.operator), clamp(run.operator));
    let (input, output) = run.unary()?;
    let sum = |sum: f32, it: f32| sum + it * it;
    pool_2d(&window, input, output, 0.0, sum, |sum, count| {
        clamp(root_mean(sum, count))
    });
    Some(())
}

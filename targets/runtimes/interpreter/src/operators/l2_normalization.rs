//! L2_NORMALIZATION along the last dimension.

use super::{Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, l2_normalization as field};
use crate::kernels::l2::{normalise, normalise_int8};
use crate::model::operator::Operator;
use crate::run::Run;

pub(super) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];
    registration(builtin::L2_NORMALIZATION, 2, TYPES, check_int8, run_int8)
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::L2_NORMALIZATION, 2, TYPES, check, run_float)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    if operator.option(field::ACTIVATION, 0_i8) != 0 {
        return Err(operator.option_error("fused activation"));
    }
    let [input, output] = operator.ends().map(|end| end.shape());
    if !(1..=4).contains(&input.rank()) {
        return Err(operator.shape_error("input"));
    }
    if input != output {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    operator.input(0).expect_quantisation()?;
    Ok(())
}

fn run_int8(run: &mut Run) -> Option<()> {
    let input = run.operator.input(0);
    let (depth, zero_point) = (input.shape().last(), input.quantisation().zero_point);
    let (input, output) = run.unary()?;
    normalise_int8(depth, zero_point, input, output);
    Some(())
}

fn run_float(run: &mut Run) -> Option<()> {
    let depth = run.operator.input(0).shape().last();
    let (input, output) = run.unary()?;
    normalise(depth, input, output);
    Some(())
}

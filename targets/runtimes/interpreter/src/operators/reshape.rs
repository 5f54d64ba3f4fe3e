//! RESHAPE: a copy.

use super::{Registration, Typed, expect_same_quantisation, registration};
use crate::error::Fault;
use crate::operator::Operator;
use crate::run::Run;
use crate::schema::builtin;
use crate::schema::tensor_type::{FLOAT32, INT8, INT32};

pub(super) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];
    registration(builtin::RESHAPE, 2, TYPES, check_int8, run)
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::RESHAPE, 2, TYPES, check, run)
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    expect_same_quantisation(operator)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=2, 1)?;
    if let Some(shape) = operator.optional_input(1) {
        shape.expect_constant(INT32)?;
    }
    let [input, output] = operator.ends().map(|tensor| tensor.shape().elements());
    if input != output {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run(run: &mut Run) -> Option<()> {
    let (input, output) = run.unary::<u8, u8>()?;
    for (output, input) in output.iter_mut().zip(input) {
        *output = *input;
    }
    Some(())
}

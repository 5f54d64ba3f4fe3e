//! RESHAPE: a copy.

use super::{Needs, Registration, Typed, registration, same_quantisation};
use crate::error::ModelError;
use crate::operator::Operator;
use crate::run::Run;
use crate::schema::builtin;
use crate::schema::tensor_type::{FLOAT32, INT8};

pub(super) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];
    registration(builtin::RESHAPE, 2, TYPES, check_int8, run)
}

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::RESHAPE, 2, TYPES, check, run)
}

fn check_int8(operator: &Operator) -> Result<Needs, ModelError> {
    let needs = check(operator)?;
    same_quantisation(operator)?;
    Ok(needs)
}

fn check(operator: &Operator) -> Result<Needs, ModelError> {
    operator.expect_arity(1..=2, 1)?;
    if let Some(shape) = operator.optional_input(1)? {
        shape.constant_i32()?;
    }
    let input = operator.input(0)?;
    if input.shape().elements() != operator.output(0)?.shape().elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(Needs::default())
}

fn run(run: &mut Run) -> Option<()> {
    let (input, output) = run.unary::<u8, u8>()?;
    for (output, input) in output.iter_mut().zip(input) {
        *output = *input;
    }
    Some(())
}

//! AVERAGE_POOL_2D and MAX_POOL_2D.

use super::window::{Fields, MAX_EXTENT, window};
use super::{Needs, Registration, Typed, registration, same_quantisation};
use crate::error::ModelError;
use crate::kernels::{Kernels, Pool2d, Window, float};
use crate::operator::Operator;
use crate::run::Run;
use crate::schema::tensor_type::{FLOAT32, INT8};
use crate::schema::{builtin, pool_2d as field};

/// Most elements of a window, so that the sum of a window fits 32 bits.
const MAX_ELEMENTS: usize = 1 << 20;

const FIELDS: Fields = Fields {
    padding: field::PADDING,
    stride: [field::STRIDE_H, field::STRIDE_W],
    dilation: None,
};

const INT8_TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];

pub(super) const fn average_int8<K: Kernels>() -> Registration {
    let run = |run: &mut Run| run_int8(run, K::average_pool_2d);
    registration(builtin::AVERAGE_POOL_2D, 3, INT8_TYPES, check, run)
}

pub(super) const fn max_int8<K: Kernels>() -> Registration {
    let run = |run: &mut Run| run_int8(run, K::max_pool_2d);
    registration(builtin::MAX_POOL_2D, 3, INT8_TYPES, check, run)
}

pub(super) const fn average_float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::AVERAGE_POOL_2D, 3, TYPES, check_float, run_float)
}

fn geometry(operator: &Operator) -> Result<Window, ModelError> {
    let filter = [
        operator.extent(field::FILTER_HEIGHT, 0, MAX_EXTENT, "window")?,
        operator.extent(field::FILTER_WIDTH, 0, MAX_EXTENT, "window")?,
    ];
    if filter[0].saturating_mul(filter[1]) > MAX_ELEMENTS {
        return Err(operator.option_error("window"));
    }
    let window = window(operator, &FIELDS, filter)?;
    if window.input[2] != window.output[2] {
        return Err(operator.shape_error("output"));
    }
    Ok(window)
}

fn read(operator: &Operator) -> Result<Pool2d, ModelError> {
    let output = operator.output(0)?.quantisation()?;
    Ok(Pool2d {
        window: geometry(operator)?,
        bounds: operator.bounds(field::ACTIVATION, output)?,
    })
}

fn check_tensors(operator: &Operator) -> Result<(), ModelError> {
    operator.expect_arity(1..=1, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(0)?.expect_arena()
}

fn check(operator: &Operator) -> Result<Needs, ModelError> {
    check_tensors(operator)?;
    read(operator)?;
    same_quantisation(operator)?;
    Ok(Needs::default())
}

fn run_int8(run: &mut Run, kernel: fn(&Pool2d, &[i8], &mut [i8])) -> Option<()> {
    let op = read(run.operator).ok()?;
    let (input, output) = run.unary()?;
    kernel(&op, input, output);
    Some(())
}

fn read_float(operator: &Operator) -> Result<float::Pool2d, ModelError> {
    Ok(float::Pool2d {
        window: geometry(operator)?,
        bounds: operator.float_bounds(field::ACTIVATION)?,
    })
}

fn check_float(operator: &Operator) -> Result<Needs, ModelError> {
    check_tensors(operator)?;
    read_float(operator)?;
    Ok(Needs::default())
}

fn run_float(run: &mut Run) -> Option<()> {
    let op = read_float(run.operator).ok()?;
    let (input, output) = run.unary()?;
    float::average_pool_2d(&op, input, output);
    Some(())
}

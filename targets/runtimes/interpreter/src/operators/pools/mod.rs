//! AVERAGE_POOL_2D and MAX_POOL_2D.

pub(super) mod float32;
pub(super) mod int16;

use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::file::schema::{builtin, pool_2d as field};
use crate::kernels::{Kernels, Pool2d, Window, float};
use crate::model::operator::Operator;
use crate::operators::products::window::{self, Fields, MAX_EXTENT};
use crate::operators::{Registration, Typed, registration};
use crate::run::Run;

/// Most elements of a window, so that the sum of a window fits 32 bits.
const MAX_ELEMENTS: usize = 1 << 20;

const FIELDS: Fields = Fields {
    padding: field::PADDING,
    stride: [field::STRIDE_H, field::STRIDE_W],
    dilation: None,
};

const INT8_TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT8)];

pub(in crate::operators) const fn average_int8<K: Kernels>() -> Registration {
    let run = |run: &mut Run| run_int8(run, K::average_pool_2d);
    registration(builtin::AVERAGE_POOL_2D, 3, INT8_TYPES, check_int8, run)
}

pub(in crate::operators) const fn max_int8<K: Kernels>() -> Registration {
    let run = |run: &mut Run| run_int8(run, K::max_pool_2d);
    registration(builtin::MAX_POOL_2D, 3, INT8_TYPES, check_int8, run)
}

pub(in crate::operators) const fn average_float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32), Typed::Output(0, FLOAT32)];
    registration(builtin::AVERAGE_POOL_2D, 3, TYPES, check, run_float)
}

pub(super) fn geometry(operator: &Operator) -> Window {
    let filter = [
        operator.size_option(field::FILTER_HEIGHT, 0),
        operator.size_option(field::FILTER_WIDTH, 0),
    ];
    window::window(operator, &operator.ends(), &FIELDS, filter)
}

pub(super) fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    operator.input(0).expect_arena()?;
    operator.expect_extent(field::FILTER_HEIGHT, 0, MAX_EXTENT, "window")?;
    operator.expect_extent(field::FILTER_WIDTH, 0, MAX_EXTENT, "window")?;
    let window = geometry(operator);
    if window.filter[0] * window.filter[1] > MAX_ELEMENTS {
        return Err(operator.option_error("window"));
    }
    window::check(operator, &FIELDS, &window)?;
    if window.input[2] != window.output[2] {
        return Err(operator.shape_error("output"));
    }
    operator.expect_activation(field::ACTIVATION)
}

pub(super) fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    let [input, output] = operator.ends();
    let (from, to) = (input.expect_quantisation()?, output.expect_quantisation()?);
    // Nothing is rescaled; TensorFlow Lite Micro takes scales for equal that hardly differ.
    let near = f64::from((from.scale - to.scale).abs()) <= 1e-6;
    if near && from.zero_point == to.zero_point {
        return Ok(());
    }
    Err(operator.quantisation_error("output"))
}

fn run_int8(run: &mut Run, kernel: fn(&Pool2d, &[i8], &mut [i8])) -> Option<()> {
    let output = run.operator.output(0).quantisation();
    let op = Pool2d {
        window: geometry(run.operator),
        bounds: run.operator.bounds(field::ACTIVATION, output),
    };
    let (input, output) = run.unary()?;
    kernel(&op, input, output);
    Some(())
}

fn run_float(run: &mut Run) -> Option<()> {
    let op = float::Pool2d {
        window: geometry(run.operator),
        bounds: run.operator.float_bounds(field::ACTIVATION),
    };
    let (input, output) = run.unary()?;
    float::average_pool_2d(&op, input, output);
    Some(())
}

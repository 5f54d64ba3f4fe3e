//! CUMSUM: sums of all elements up to each one along an axis.

use super::{Integers, around, axis_of, expect_moved, expect_options};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::file::schema::{builtin, cumsum as field};
use crate::kernels::Multiplier;
use crate::model::operator::Operator;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::Run;

pub(in super::super) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8)];
    Registration {
        needs,
        prepare,
        ..registration(builtin::CUMSUM, 1, TYPES, check_int8, run_int8)
    }
}

pub(in super::super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32)];
    registration(builtin::CUMSUM, 1, TYPES, check, run_float32)
}

/// Elements are summed in units of 2^-20 of twice the input's scale.
const LEFT_SHIFT: u32 = 20;

fn check(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, field::OPTIONS_TYPE)?;
    expect_moved(operator, 2..=2, 0, &[INT8, FLOAT32])?;
    let (shape, axis) = (operator.input(0).shape(), operator.input(1));
    super::expect_types(&axis, &[INT32])?;
    if operator.output(0).shape() != shape {
        return Err(operator.shape_error("output"));
    }
    if axis.shape().elements() != 1 {
        return Err(operator.shape_error("axis"));
    }
    if let Some(axis) = Integers::given(&axis)? {
        let axis = axis.get(0).and_then(|axis| axis_of(axis, shape.rank()));
        axis.ok_or(operator.option_error("axis"))?;
    }
    Ok(())
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    operator.input(0).expect_quantisation()?;
    operator.output(0).expect_quantisation()?;
    check(operator)
}

fn needs(_: &Operator) -> Needs {
    Needs {
        constants: 4,
        ..Needs::default()
    }
}

/// Multiplier and shift of the input, then those of the output.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let input = f64::from(operator.input(0).quantisation().scale);
    let output = f64::from(operator.output(0).quantisation().scale);
    let twice = 2.0 * input;
    let reals = [input / twice, twice / (f64::from(1 << LEFT_SHIFT) * output)];
    for (words, real) in constants.as_chunks_mut::<2>().0.iter_mut().zip(reals) {
        // TensorFlow Lite refuses factors from 1 on.
        let multiplier = Multiplier::from_real(real).filter(|it| it.shift <= 0)?;
        *words = [multiplier.multiplier as u32, multiplier.shift as u32];
    }
    Some(false)
}

/// Walks along the axis from every element at its begin, or at its end if the sums are made
/// backwards: `start` gives the sum before, and `step` takes the sum and the element's index.
fn each<A>(
    operator: &Operator,
    axis: i32,
    start: impl Fn() -> A,
    mut step: impl FnMut(&mut A, usize) -> Option<()>,
) -> Option<()> {
    let shape = operator.input(0).shape();
    let [outer, along, inner] = around(&shape, axis_of(axis, shape.rank())?);
    let reverse = operator.option(field::REVERSE, 0_u8) != 0;
    for row in 0..outer {
        for column in 0..inner {
            let mut sum = start();
            for index in 0..along {
                let index = if reverse { along - 1 - index } else { index };
                let at = row.wrapping_mul(along).wrapping_add(index);
                step(&mut sum, at.wrapping_mul(inner).wrapping_add(column))?;
            }
        }
    }
    Some(())
}

fn exclusive(operator: &Operator) -> Option<bool> {
    Some(operator.option(field::EXCLUSIVE, 0_u8) != 0)
}

fn run_float32(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let exclusive = exclusive(operator)?;
    let (inputs, output) = run.output()?;
    let axis = Integers::of(operator, &inputs, 1)?.get(0)?;
    let input = inputs.get::<f32>(0)?;
    let output = bytemuck::try_cast_slice_mut::<u8, f32>(output).ok()?;
    let zero = || 0.0_f32;
    each(operator, axis, zero, |sum, at| {
        let before = *sum;
        *sum += *input.get(at)?;
        *output.get_mut(at)? = if exclusive { before } else { *sum };
        Some(())
    })
}

fn run_int8(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let exclusive = exclusive(operator)?;
    let (chunks, _) = run.memory.constants.as_chunks::<2>();
    let [scale_in, scale_out] = chunks
        .first_chunk::<2>()?
        .map(|[multiplier, shift]| Multiplier {
            multiplier: multiplier as i32,
            shift: shift as i8,
        });
    let offset = -operator.input(0).quantisation().zero_point;
    let zero_point = operator.output(0).quantisation().zero_point;
    let (inputs, output) = run.output()?;
    let axis = Integers::of(operator, &inputs, 1)?.get(0)?;
    let input = inputs.get::<i8>(0)?;
    let output = bytemuck::try_cast_slice_mut::<u8, i8>(output).ok()?;
    let scaled = |value: i32| scale_in.apply(value.wrapping_mul(1 << LEFT_SHIFT));
    // The reference starts at the zero point, not at 0.
    let start = || scaled(offset);
    each(operator, axis, start, |sum, at| {
        let before = *sum;
        *sum = sum.wrapping_add(scaled(offset + i32::from(*input.get(at)?)));
        let result = scale_out.apply(if exclusive { before } else { *sum });
        let result = result.wrapping_add(zero_point).clamp(-128, 127);
        *output.get_mut(at)? = result as i8;
        Some(())
    })
}

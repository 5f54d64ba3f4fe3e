//! MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_ALL along any axes.

use bytemuck::Pod;

use super::{Needs, Registration, Typed, expect_same_quantisation, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{REDUCER_OPTIONS, builtin};
use crate::kernels::Multiplier;
use crate::kernels::reduce::{MAX_RANK, Reduction, Scale, Summand};
use crate::model::operator::Operator;
use crate::run::Run;

/// The input that lists the axes.
const AXES: usize = 1;

macro_rules! types {
    ($type:ident) => {
        &[Typed::Input(0, $type), Typed::Output(0, $type)]
    };
}

pub(super) const fn mean_int8() -> Registration {
    scaled(builtin::MEAN, types!(INT8), prepare_mean, run_int8)
}

pub(super) const fn mean_int16() -> Registration {
    scaled(builtin::MEAN, types!(INT16), prepare_mean, run_int16)
}

pub(super) const fn mean_float32() -> Registration {
    let run = |run: &mut Run| {
        // A mean of nothing is 0.
        let count = reduction(run.operator).count().max(1) as f32;
        run_plain(run, 0.0, |sum: f32, it: f32| sum + it, |sum| sum / count)
    };
    registration(builtin::MEAN, 3, types!(FLOAT32), check, run)
}

pub(super) const fn sum_int8() -> Registration {
    scaled(builtin::SUM, types!(INT8), prepare_sum, run_int8)
}

pub(super) const fn sum_int16() -> Registration {
    scaled(builtin::SUM, types!(INT16), prepare_sum, run_int16)
}

pub(super) const fn sum_float32() -> Registration {
    let run = |run: &mut Run| run_plain(run, 0.0, |sum: f32, it: f32| sum + it, |sum| sum);
    registration(builtin::SUM, 3, types!(FLOAT32), check, run)
}

pub(super) const fn max_int8() -> Registration {
    let run = |run: &mut Run| run_plain(run, i8::MIN, i8::max, |max| max);
    registration(builtin::REDUCE_MAX, 3, types!(INT8), check_same, run)
}

pub(super) const fn min_int8() -> Registration {
    let run = |run: &mut Run| run_plain(run, i8::MAX, i8::min, |min| min);
    registration(builtin::REDUCE_MIN, 3, types!(INT8), check_same, run)
}

pub(super) const fn max_float32() -> Registration {
    // What isn't a number is never taken, nor is minus infinity.
    let run = |run: &mut Run| {
        let max = |max, it| if it > max { it } else { max };
        run_plain(run, f32::MIN, max, |max| max)
    };
    registration(builtin::REDUCE_MAX, 3, types!(FLOAT32), check, run)
}

pub(super) const fn min_float32() -> Registration {
    let run = |run: &mut Run| {
        let min = |min, it| if it < min { it } else { min };
        run_plain(run, f32::MAX, min, |min| min)
    };
    registration(builtin::REDUCE_MIN, 3, types!(FLOAT32), check, run)
}

pub(super) const fn all_bool() -> Registration {
    let run = |run: &mut Run| {
        let all = |all: u8, it: u8| u8::from(all != 0 && it != 0);
        run_plain(run, 1, all, |all| all)
    };
    registration(builtin::REDUCE_ALL, 3, types!(BOOL), check, run)
}

const fn scaled(
    builtin: i32,
    types: &'static [Typed],
    prepare: fn(&Operator, &mut [u32]) -> Option<bool>,
    run: fn(&mut Run) -> Option<()>,
) -> Registration {
    Registration {
        needs,
        prepare,
        ..registration(builtin, 3, types, check_scaled, run)
    }
}

fn reduction(operator: &Operator) -> Reduction {
    let shape = operator.input(0).shape();
    let front = MAX_RANK.wrapping_sub(shape.rank()) as i32;
    let mut mask = 0;
    for axis in operator.input(AXES).integers().iter() {
        let axis = match axis {
            0.. => axis.wrapping_add(front),
            // Counted from behind.
            _ => axis.wrapping_add(MAX_RANK as i32),
        };
        mask |= 1_u32.wrapping_shl(axis as u32);
    }
    let dimensions = shape.padded().unwrap_or([0; MAX_RANK]);
    Reduction::new(&dimensions, mask)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    operator.expect_options(REDUCER_OPTIONS)?;
    let axes = operator.input(AXES);
    axes.expect_constant(INT32)?;
    let rank = operator.input(0).shape().rank();
    if rank > MAX_RANK {
        return Err(operator.shape_error("input"));
    }
    // The axes of a scalar go unused.
    let axis = -(rank as i32)..rank as i32;
    if rank > 0 && !axes.integers().iter().all(|it| axis.contains(&it)) {
        return Err(operator.option_error("axis"));
    }
    if operator.output(0).shape().elements() != reduction(operator).elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_same(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    expect_same_quantisation(operator)
}

fn check_scaled(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    for end in operator.ends() {
        end.expect_quantisation()?;
    }
    Ok(())
}

fn needs(_: &Operator) -> Needs {
    Needs {
        constants: 2,
        ..Needs::default()
    }
}

fn prepare_mean(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let count = reduction(operator).count();
    write(constants, Scale::of_mean(of_sum(operator)?, count))
}

fn prepare_sum(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    write(constants, of_sum(operator)?)
}

fn of_sum(operator: &Operator) -> Option<Multiplier> {
    let [input, output] = operator.ends().map(|end| end.quantisation().scale);
    Multiplier::from_real(f64::from(input) / f64::from(output))
}

/// Multiplier and shift.
fn write(constants: &mut [u32], multiplier: Multiplier) -> Option<bool> {
    *constants.first_chunk_mut()? = [multiplier.multiplier as u32, multiplier.shift as u32];
    Some(false)
}

fn scale(run: &Run) -> Option<Scale> {
    let &[multiplier, shift] = run.memory.constants.first_chunk()?;
    let zero_points = run.operator.ends().map(|end| end.quantisation().zero_point);
    let count = reduction(run.operator).count() as i64;
    Some(Scale {
        multiplier: Multiplier {
            multiplier: multiplier as i32,
            shift: shift as i8,
        },
        offset: count.wrapping_mul(zero_points[0].into()),
        zero_point: zero_points[1],
    })
}

fn run_int8(run: &mut Run) -> Option<()> {
    run_sums(run, |value| value.clamp(-128, 127) as i8)
}

fn run_int16(run: &mut Run) -> Option<()> {
    run_sums(run, |value| value.clamp(-32_768, 32_767) as i16)
}

fn run_sums<T: Pod + Summand>(run: &mut Run, narrow: impl Fn(i32) -> T) -> Option<()> {
    let scale = scale(run)?;
    let reduction = reduction(run.operator);
    let empty = reduction.count() == 0;
    let (input, output) = run.unary::<T, T>()?;
    Summand::sums(&reduction, input, output, &|sum| {
        narrow(if empty { 0 } else { scale.apply(sum) })
    });
    Some(())
}

fn run_plain<T: Pod, A: Copy, U: Pod>(
    run: &mut Run,
    start: A,
    step: impl Fn(A, T) -> A,
    finish: impl Fn(A) -> U,
) -> Option<()> {
    let reduction = reduction(run.operator);
    let (input, output) = run.unary()?;
    reduction.run(input, output, start, step, finish);
    Some(())
}

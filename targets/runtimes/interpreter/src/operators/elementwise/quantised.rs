//! ADD, SUB, MUL, DIV and SQUARED_DIFFERENCE of quantised tensors.

use super::*;
use crate::file::schema::tensor_type::{INT8, INT16};
use crate::file::schema::{add, builtin, div, mul, sub};
use crate::kernels::fixed_point;
use crate::kernels::quantisation::rounding_high_multiply;

pub(crate) const fn add_int16() -> Registration {
    Registration {
        needs: words::<6>,
        prepare: prepare_add::<15>,
        ..registration(
            builtin::ADD,
            VERSIONS,
            Types::<INT16, INT16>::BINARY,
            |operator| check_sum::<i16>(operator, add::OPTIONS_TYPE),
            |run| run_sum::<i16, 15>(run, |a, b| a.wrapping_add(b)),
        )
    }
}

macro_rules! difference {
    ($($name:ident: $type:ident $tensor_type:ident, $shift:literal;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<6>,
prepare: prepare_sub::<$shift>,
                ..registration(
                    builtin::SUB,
                    VERSIONS,
                    Types::<$tensor_type, $tensor_type>::BINARY,
                    |operator| check_sum::<$type>(operator, sub::OPTIONS_TYPE),
                    |run| run_sum::<$type, $shift>(run, |a, b| a.wrapping_sub(b)),
                )
            }
        })*
    };
}

difference! {
    sub_int8: i8 INT8, 20;
    sub_int16: i16 INT16, 15;
}

macro_rules! squared_difference {
    ($($name:ident: $type:ident $tensor_type:ident, $shift:literal, $check:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<6>,
prepare: prepare_squared_difference::<$shift>,
                ..registration(
                    builtin::SQUARED_DIFFERENCE,
                    VERSIONS,
                    Types::<$tensor_type, $tensor_type>::BINARY,
                    $check,
                    run_squared_difference::<$type, $shift>,
                )
            }
        })*
    };
}

squared_difference! {
    squared_difference_int8: i8 INT8, 7, check_squared_difference;
    squared_difference_int16: i16 INT16, 0, check_symmetric;
}

macro_rules! product {
    ($($name:ident: $type:ident $tensor_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<2>,
prepare: prepare_mul,
                ..registration(
                    builtin::MUL,
                    VERSIONS,
                    Types::<$tensor_type, $tensor_type>::BINARY,
                    check_mul::<$type>,
                    run_mul::<$type>,
                )
            }
        })*
    };
}

product! {
    mul_int8: i8 INT8;
    mul_int16: i16 INT16;
}

pub(crate) const fn div_int8() -> Registration {
    Registration {
        needs: words::<2>,
        prepare: prepare_div,
        ..registration(
            builtin::DIV,
            VERSIONS,
            Types::<INT8, INT8>::BINARY,
            check_div,
            run_div,
        )
    }
}

/// Field of the fused activation, the same in the options of all operators here.
const ACTIVATION: usize = add::ACTIVATION;

/// Checks all that operators with a fused activation have in common.
fn check_activated(operator: &Operator, options_type: u8) -> Result<(), Fault> {
    check_binary(operator)?;
    expect_options(operator, options_type)?;
    for position in 0..2 {
        match options_type {
            mul::OPTIONS_TYPE => operator.input(position).expect_factor()?,
            _ => expect_from(operator, position)?,
        };
    }
    expect_to(operator)?;
    operator.expect_activation(ACTIVATION)
}

/// Zero points of the inputs, zero point of the output, and the output's bounds.
fn offsets<T: Quantised>(operator: &Operator) -> Option<([i32; 2], i32, [i32; 2])> {
    let output = to(operator);
    Some((
        zero_points(operator)?,
        output.zero_point,
        operator.bounds_within(ACTIVATION, output, T::LIMITS),
    ))
}

fn zero_points(operator: &Operator) -> Option<[i32; 2]> {
    Some([from(operator, 0).zero_point, from(operator, 1).zero_point])
}

/// Scales of the inputs and of the output.
fn scales(operator: &Operator) -> Option<[f32; 3]> {
    Some([
        from(operator, 0).scale,
        from(operator, 1).scale,
        to(operator).scale,
    ])
}

/// A multiplier below 1; TensorFlow Lite Micro refuses others here.
pub(super) fn below_one(real: f64) -> Option<Multiplier> {
    Multiplier::from_real(real).filter(|multiplier| multiplier.shift <= 0)
}

fn clamp<T: Quantised>(value: i32, [low, high]: [i32; 2]) -> T {
    T::narrow(value.max(low).min(high))
}

fn check_sum<T: Quantised>(operator: &Operator, options_type: u8) -> Result<(), Fault> {
    check_activated(operator, options_type)?;
    Ok(())
}

/// The inputs are shifted left by `SHIFT` bits and brought to twice the larger one's scale. So is
/// it for [`prepare_sub`], which divides in float32.
fn prepare_add<const SHIFT: u32>(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [a, b, output] = scales(operator)?.map(f64::from);
    let twice_max = 2.0 * a.max(b);
    let shifted = f64::from(1 << SHIFT);
    let reals = [a / twice_max, b / twice_max, twice_max / (shifted * output)];
    store(constants, reals.map(below_one))
}

fn prepare_sub<const SHIFT: u32>(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [a, b, output] = scales(operator)?;
    let twice_max = 2.0 * a.max(b);
    let shifted = (1_u32 << SHIFT) as f32;
    let reals = [a / twice_max, b / twice_max, twice_max / (shifted * output)];
    store(constants, reals.map(|real| below_one(real.into())))
}

fn run_sum<T: Quantised, const SHIFT: u32>(
    run: &mut Run,
    combine: impl Fn(i32, i32) -> i32,
) -> Option<()> {
    let (inputs, output, bounds) = offsets::<T>(run.operator)?;
    let [for_a, for_b, for_output] = load(run.memory.constants)?;
    zip(run, |a: T, b: T| {
        let a = for_a.apply((a.into() - inputs[0]) << SHIFT);
        let b = for_b.apply((b.into() - inputs[1]) << SHIFT);
        clamp::<T>(for_output.apply(combine(a, b)) + output, bounds)
    })
}

fn check_squared_difference(operator: &Operator) -> Result<(), Fault> {
    check_binary(operator)?;
    expect_from(operator, 0)?;
    expect_from(operator, 1)?;
    expect_to(operator)?;
    Ok(())
}

fn check_symmetric(operator: &Operator) -> Result<(), Fault> {
    expect_symmetric(operator)?;
    check_squared_difference(operator)
}

fn prepare_squared_difference<const SHIFT: u32>(
    operator: &Operator,
    constants: &mut [u32],
) -> Option<bool> {
    let [from_a, from_b, to] = scales(operator)?;
    let twice_max = 2.0 * f64::from(from_a.max(from_b));
    // The reference multiplies the divisor in float32.
    let divisor = f64::from((1_u32 << (2 * SHIFT)) as f32 * to);
    let multipliers = [
        below_one(f64::from(from_a) / twice_max),
        below_one(f64::from(from_b) / twice_max),
        Multiplier::from_real(twice_max * twice_max / divisor),
    ];
    store(constants, multipliers)
}

fn run_squared_difference<T: Quantised, const SHIFT: u32>(run: &mut Run) -> Option<()> {
    let inputs = zero_points(run.operator)?;
    let output = to(run.operator).zero_point;
    let [for_a, for_b, for_output] = load(run.memory.constants)?;
    zip(run, |a: T, b: T| {
        let a = for_a.apply((a.into() - inputs[0]) << SHIFT);
        let b = for_b.apply((b.into() - inputs[1]) << SHIFT);
        let difference = a.wrapping_sub(b);
        let square = difference.wrapping_mul(difference);
        T::saturate(for_output.apply(square).wrapping_add(output))
    })
}

fn check_mul<T: Quantised>(operator: &Operator) -> Result<(), Fault> {
    check_activated(operator, mul::OPTIONS_TYPE)?;
    let symmetric = zero_points(operator) == Some([0; 2]) && to(operator).zero_point == 0;
    if size_of::<T>() > 1 && !symmetric {
        return Err(operator.quantisation_error("input"));
    }
    Ok(())
}

fn prepare_mul(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [a, b, output] = scales(operator)?.map(f64::from);
    store(constants, [Multiplier::from_real(a * b / output)])
}

fn run_mul<T: Quantised>(run: &mut Run) -> Option<()> {
    let (inputs, output, bounds) = offsets::<T>(run.operator)?;
    let [multiplier] = load(run.memory.constants)?;
    zip(run, |a: T, b: T| {
        let product = (a.into() - inputs[0]).wrapping_mul(b.into() - inputs[1]);
        clamp::<T>(multiplier.apply(product).wrapping_add(output), bounds)
    })
}

fn check_div(operator: &Operator) -> Result<(), Fault> {
    check_activated(operator, div::OPTIONS_TYPE)?;
    Ok(())
}

fn prepare_div(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [a, b, output] = scales(operator)?;
    store(
        constants,
        [Multiplier::from_real((a / (b * output)).into())],
    )
}

fn run_div(run: &mut Run) -> Option<()> {
    let (inputs, output, bounds) = offsets::<i8>(run.operator)?;
    let [multiplier] = load(run.memory.constants)?;
    zip(run, |a: i8, b: i8| {
        let (mut a, mut b) = (i32::from(a) - inputs[0], i32::from(b) - inputs[1]);
        if b < 0 {
            (a, b) = (-a, -b);
        }
        // 1 / b = reciprocal of its mantissa, shifted right by its integer bits.
        let zeros = b.leading_zeros().min(31);
        let mantissa = (b as u32).wrapping_shl(zeros).wrapping_sub(1 << 31);
        let reciprocal = fixed_point::reciprocal_of_one_plus(mantissa as i32);
        let headroom = (a ^ (a >> 31)).leading_zeros() - 1;
        let quotient = rounding_high_multiply(a.wrapping_shl(headroom), reciprocal);
        let scaled = rounding_high_multiply(quotient, multiplier.multiplier);
        let shift = 31 - zeros as i32 + headroom as i32 - i32::from(multiplier.shift);
        let scaled = fixed_point::rounding_shift_far_right(scaled, shift.max(0) as u32);
        clamp::<i8>(scaled.wrapping_add(output), bounds)
    })
}

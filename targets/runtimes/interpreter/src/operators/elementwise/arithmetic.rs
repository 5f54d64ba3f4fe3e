//! Arithmetic on numbers that aren't rescaled: float32 and int32, and MINIMUM and MAXIMUM of any
//! type.

use super::*;
use crate::file::schema::builtin::{
    ADD, DIV, FLOOR_DIV, FLOOR_MOD, MAXIMUM, MINIMUM, MUL, SQUARED_DIFFERENCE, SUB,
};
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, INT64};
use crate::file::schema::{add, div, mul, sub};
use crate::kernels::float::clamp;

/// Field of the fused activation, the same in the options of all operators here.
const ACTIVATION: usize = add::ACTIVATION;

macro_rules! activated_float32 {
    ($($name:ident: $builtin:ident, $options:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                $builtin,
                VERSIONS,
                Types::<FLOAT32, FLOAT32>::BINARY,
                |operator| {
                    operator.expect_activation(ACTIVATION)?;
                    check_options(operator, $options::OPTIONS_TYPE)
                },
                |run| {
                    let bounds = run.operator.float_bounds(ACTIVATION);
                    let compute: fn(f32, f32) -> f32 = $compute;
                    zip(run, |a, b| clamp(compute(a, b), bounds))
                },
            )
        })*
    };
}

activated_float32! {
    add_float32: ADD, add, |a, b| a + b;
    sub_float32: SUB, sub, |a, b| a - b;
    mul_float32: MUL, mul, |a, b| a * b;
    div_float32: DIV, div, |a, b| a / b;
}

macro_rules! activated_int32 {
    ($($name:ident: $builtin:ident, $options:ident, $check:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                $builtin,
                VERSIONS,
                Types::<INT32, INT32>::BINARY,
                |operator| {
                    $check(operator)?;
                    operator.expect_activation(ACTIVATION)?;
                    check_options(operator, $options::OPTIONS_TYPE)
                },
                |run| {
                    let [low, high] = bounds(run.operator);
                    let compute: fn(i32, i32) -> i32 = $compute;
                    zip(run, |a, b| compute(a, b).max(low).min(high))
                },
            )
        })*
    };
}

activated_int32! {
    sub_int32: SUB, sub, expect_no_quantisation, |a, b| a.wrapping_sub(b);
    mul_int32: MUL, mul, check_binary, |a, b| a.wrapping_mul(b);
    div_int32: DIV, div, expect_no_quantisation, |a, b| match b {
        0 => 0,
        b => a.wrapping_div(b),
    };
}

/// ADD of int32, for which TensorFlow Lite Micro has no fused activations.
pub(crate) const fn add_int32() -> Registration {
    registration(
        ADD,
        VERSIONS,
        Types::<INT32, INT32>::BINARY,
        |operator| {
            expect_no_quantisation(operator)?;
            check_options(operator, add::OPTIONS_TYPE)
        },
        |run| zip(run, |a: i32, b: i32| a.wrapping_add(b)),
    )
}

macro_rules! plain {
    ($($name:ident: $builtin:ident, $type:ty, $tensor_type:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                $builtin,
                VERSIONS,
                Types::<$tensor_type, $tensor_type>::BINARY,
                check,
                |run| {
                    let compute: fn($type, $type) -> $type = $compute;
                    zip(run, compute)
                },
            )
        })*
    };
}

plain! {
    squared_difference_float32: SQUARED_DIFFERENCE, f32, FLOAT32, |a, b| (a - b) * (a - b);
    squared_difference_int32: SQUARED_DIFFERENCE, i32, INT32, |a, b| {
        let difference = a.wrapping_sub(b);
        difference.wrapping_mul(difference)
    };
    floor_mod_float32: FLOOR_MOD, f32, FLOAT32, floor_mod;
    maximum_float32: MAXIMUM, f32, FLOAT32, |a, b| if a > b { a } else { b };
    maximum_int8: MAXIMUM, i8, INT8, |a, b| a.max(b);
    maximum_int16: MAXIMUM, i16, INT16, |a, b| a.max(b);
    maximum_int32: MAXIMUM, i32, INT32, |a, b| a.max(b);
    maximum_int64: MAXIMUM, [u8; 8], INT64, |a, b| {
        i64::from_le_bytes(a).max(i64::from_le_bytes(b)).to_le_bytes()
    };
    minimum_float32: MINIMUM, f32, FLOAT32, |a, b| if a < b { a } else { b };
    minimum_int8: MINIMUM, i8, INT8, |a, b| a.min(b);
    minimum_int16: MINIMUM, i16, INT16, |a, b| a.min(b);
    minimum_int32: MINIMUM, i32, INT32, |a, b| a.min(b);
    minimum_int64: MINIMUM, [u8; 8], INT64, |a, b| {
        i64::from_le_bytes(a).min(i64::from_le_bytes(b)).to_le_bytes()
    };
}

/// FLOOR_DIV, which ends with an error if any divisor is 0.
pub(crate) const fn floor_div_float32() -> Registration {
    registration(
        FLOOR_DIV,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::BINARY,
        check,
        |run| {
            let (inputs, _) = run.output()?;
            if inputs.get::<f32>(1)?.contains(&0.0) {
                return None;
            }
            zip(run, |a: f32, b: f32| {
                libm::floor(f64::from(a) / f64::from(b)) as f32
            })
        },
    )
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_binary(operator)?;
    Ok(())
}

fn check_options(operator: &Operator, options_type: u8) -> Result<(), Fault> {
    expect_options(operator, options_type)?;
    check(operator)
}

/// The remainder of a division that rounds down.
fn floor_mod(a: f32, b: f32) -> f32 {
    let remainder = remainder(a, b);
    if remainder != 0.0 && (b < 0.0) != (remainder < 0.0) {
        remainder + b
    } else {
        remainder
    }
}

/// The remainder of a division that rounds towards 0, as C's `fmodf`: always exact.
fn remainder(a: f32, b: f32) -> f32 {
    let (dividend, divisor) = (a.abs(), b.abs());
    if !dividend.is_finite() || b.is_nan() || divisor == 0.0 {
        return f32::NAN;
    }
    if dividend < divisor {
        return a;
    }
    let ((mut rest, mut power), (divisor, least)) = (parts(dividend), parts(divisor));
    // A long division, bit by bit: what is left is always below twice the divisor.
    while power > least {
        if rest >= divisor {
            rest -= divisor;
        }
        rest <<= 1;
        power -= 1;
    }
    if rest >= divisor {
        rest -= divisor;
    }
    f32::copysign(scaled(rest, power), a)
}

/// A finite number above 0 as a whole number of 24 bits and a power of two.
fn parts(value: f32) -> (u32, i32) {
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & 0x7f_ffff, (bits >> 23) as i32);
    if exponent > 0 {
        return (fraction | 0x80_0000, exponent - 150);
    }
    let zeros = fraction.leading_zeros().saturating_sub(8) & 31;
    (fraction << zeros, -149 - zeros as i32)
}

/// `whole` · 2^`power`, which has to be a number that there is.
fn scaled(whole: u32, power: i32) -> f32 {
    let two_to = |power: i32| f32::from_bits(((power + 127).clamp(1, 254) as u32) << 23);
    // Numbers with fewer bits than 24 have zeros at the end.
    let missing = (-149 - power).clamp(0, 31);
    let power = power + missing;
    let low = power.min(-126).wrapping_add(126);
    (whole >> missing) as f32 * two_to(power.max(-126)) * two_to(low)
}

/// Bounds of an int32 output for the fused activation.
fn bounds(operator: &Operator) -> [i32; 2] {
    match operator.option(ACTIVATION, 0_i8) {
        1 => [0, i32::MAX],
        2 => [-1, 1],
        3 => [0, 6],
        _ => [i32::MIN, i32::MAX],
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_exact() {
        let edges = [
            1.0,
            0.1,
            3.5,
            1e-45,
            7e-45,
            f32::MIN_POSITIVE,
            1.1e-38,
            2.5e-39,
            f32::MAX,
            1e30,
            16_777_215.0,
            0.333_333_34,
        ];
        for a in edges {
            for b in edges {
                for (a, b) in [(a, b), (-a, b), (a, -b), (0.0, b), (-0.0, b)] {
                    let expected = (a % b).to_bits();
                    assert_eq!(remainder(a, b).to_bits(), expected, "{a:e} % {b:e}");
                }
            }
        }
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from_bits(state.rotate_left(7))
        };
        for _ in 0..20_000 {
            let (a, b) = (next(), next());
            let (found, expected) = (remainder(a, b), a % b);
            assert!(
                found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
                "{a:e} % {b:e}"
            );
        }
        assert!(remainder(1.0, 0.0).is_nan() && remainder(f32::INFINITY, 1.0).is_nan());
        assert_eq!(remainder(-2.0, f32::INFINITY), -2.0);
    }
}

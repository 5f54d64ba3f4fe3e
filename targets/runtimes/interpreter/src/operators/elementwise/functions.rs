//! Functions of one number: ABS, NEG, SQUARE, SQRT, RSQRT, EXP, LOG, SIN, COS, FLOOR, CEIL, ROUND
//! and LOGICAL_NOT.

use super::*;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16};
use crate::kernels::fixed_point::{rounding_shift_far_right, saturating_shift_left};
use crate::kernels::quantisation::rounding_high_multiply;

macro_rules! float32 {
    ($($name:ident: $builtin:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                builtin::$builtin,
                VERSIONS,
                Types::<FLOAT32, FLOAT32>::UNARY,
                check,
                |run| {
                    let compute: fn(f32) -> f32 = $compute;
                    map(run, compute)
                },
            )
        })*
    };
}

float32! {
    abs_float32: ABS, f32::abs;
    neg_float32: NEG, |value| -value;
    square_float32: SQUARE, |value| value * value;
    sqrt_float32: SQRT, libm::sqrtf;
    rsqrt_float32: RSQRT, |value| 1.0 / libm::sqrtf(value);
    exp_float32: EXP, libm::expf;
    log_float32: LOG, libm::logf;
    sin_float32: SIN, libm::sinf;
    cos_float32: COS, libm::cosf;
    floor_float32: FLOOR, libm::floorf;
    ceil_float32: CEIL, libm::ceilf;
    round_float32: ROUND, round;
}

pub(crate) const fn logical_not_bool() -> Registration {
    registration(
        builtin::LOGICAL_NOT,
        VERSIONS,
        Types::<BOOL, BOOL>::UNARY,
        check,
        |run| map(run, |value: u8| u8::from(value == 0)),
    )
}

macro_rules! quantised {
    ($($name:ident: $builtin:ident, $tensor_type:ident, $check:expr, $prepare:expr, $run:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<2>,
prepare: $prepare,
                ..registration(
                    builtin::$builtin,
                    VERSIONS,
                    Types::<$tensor_type, $tensor_type>::UNARY,
                    $check,
                    $run,
                )
            }
        })*
    };
}

quantised! {
    abs_int8: ABS, INT8, check_quantised, prepare_abs, run_abs::<i8>;
    abs_int16: ABS, INT16, check_abs_int16, prepare_abs_int16, run_abs_int16;
    rsqrt_int8: RSQRT, INT8, check_quantised, prepare_rsqrt, run_rsqrt::<i8>;
    rsqrt_int16: RSQRT, INT16, check_symmetric, prepare_rsqrt, run_rsqrt::<i16>;
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    Ok(())
}

/// The nearest integer, the even one of two; never a negative 0, as in the reference.
fn round(value: f32) -> f32 {
    let floor = libm::floorf(value);
    let rest = value - floor;
    if rest < 0.5 || rest == 0.5 && floor as i32 % 2 == 0 {
        floor
    } else {
        floor + 1.0
    }
}

fn check_quantised(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    expect_to(operator)?;
    Ok(())
}

fn check_symmetric(operator: &Operator) -> Result<(), Fault> {
    expect_symmetric(operator)?;
    check_quantised(operator)
}

fn prepare_abs(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let ratio = from(operator, 0).scale / to(operator).scale;
    store(constants, [Multiplier::from_real(ratio.into())])
}

/// A multiplier of 1 gives what the reference's case without rescaling does.
fn run_abs<T: Quantised>(run: &mut Run) -> Option<()> {
    let input = from(run.operator, 0).zero_point;
    let output = to(run.operator).zero_point;
    let [multiplier] = load(run.memory.constants)?;
    map(run, |value: T| {
        let magnitude = (value.into() - input).abs();
        T::saturate(multiplier.apply(magnitude).wrapping_add(output))
    })
}

/// Whether the input has a scale: int16 tensors needn't.
fn is_quantised(operator: &Operator) -> bool {
    !operator.input(0).quantisations().0.is_empty()
}

fn check_abs_int16(operator: &Operator) -> Result<(), Fault> {
    if is_quantised(operator) {
        return check_symmetric(operator);
    }
    check(operator)
}

fn prepare_abs_int16(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    if is_quantised(operator) {
        prepare_abs(operator, constants)?;
        return Some(true);
    }
    Some(false)
}

fn run_abs_int16(run: &mut Run) -> Option<()> {
    if run.memory.flag {
        return run_abs::<i16>(run);
    }
    map(run, i16::wrapping_abs)
}

fn prepare_rsqrt(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let root = libm::sqrtf(from(operator, 0).scale);
    let real = 1.0 / f64::from(root * to(operator).scale);
    store(constants, [Multiplier::from_real(real)])
}

/// Bits that the inverse root is kept with before it is scaled.
const ROOT_BITS: i32 = 20;

/// Ends with an error if any input is negative, as the reference does.
fn run_rsqrt<T: Quantised>(run: &mut Run) -> Option<()> {
    let input = from(run.operator, 0).zero_point;
    let output = to(run.operator).zero_point;
    let [multiplier] = load(run.memory.constants)?;
    let (values, _) = run.unary::<T, T>()?;
    if values.iter().any(|&value| value.into() < input) {
        return None;
    }
    map(run, |value: T| {
        let value = value.into() - input;
        if value == 0 {
            return T::narrow(T::LIMITS[1]);
        }
        let (root, shift) = inverse_root(value);
        let root = scale(1, root, shift + ROOT_BITS);
        let shift = i32::from(multiplier.shift) - ROOT_BITS;
        T::saturate(scale(root, multiplier.multiplier, shift).wrapping_add(output))
    })
}

/// `value` * `multiplier` * 2^(`shift` - 31), rounded twice.
fn scale(value: i32, multiplier: i32, shift: i32) -> i32 {
    let shifted = value.wrapping_shl(shift.max(0) as u32);
    let product = rounding_high_multiply(shifted, multiplier);
    rounding_shift_far_right(product, shift.min(0).unsigned_abs())
}

/// 1 / sqrt(`value`) for a `value` from 1 to 2^17 as multiplier in Q0 and shift: five
/// Newton-Raphson steps from 1, in Q3.
fn inverse_root(value: i32) -> (i32, i32) {
    const THREE_HALVES: i32 = (1 << 28) + (1 << 27);
    const HALF_ROOT_OF_2: i32 = 1_518_500_250;
    if value <= 1 {
        return (i32::MAX, 0);
    }
    // By an even power of two into [2^27, 2^29).
    let pairs = ((value.leading_zeros() - 1) / 2).saturating_sub(1);
    let value = (value << (2 * pairs)) >> 1;
    let half = crate::kernels::quantisation::rounding_shift_right(value, 1);
    let mut x = 1 << 28;
    for _ in 0..5 {
        let square = rounding_high_multiply(x, x);
        let cube = saturating_shift_left(rounding_high_multiply(square, x), 6);
        let rest = rounding_high_multiply(THREE_HALVES, x)
            .wrapping_sub(rounding_high_multiply(half, cube));
        x = saturating_shift_left(rest, 3);
    }
    let root = rounding_high_multiply(x, HALF_ROOT_OF_2);
    match 11 - pairs as i32 {
        shift @ ..0 => (root << shift.unsigned_abs(), 0),
        shift => (root, -shift),
    }
}

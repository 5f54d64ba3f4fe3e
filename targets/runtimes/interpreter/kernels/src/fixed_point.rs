//! Functions in 32-bit fixed point, equal bit for bit to gemmlowp's.
//!
//! A number in Qi has i integer bits and 31 - i fractional ones.

use crate::quantisation::{rounding_high_multiply, rounding_shift_right};

/// `value` * 2^`exponent`, saturated; `exponent` in 1..=30.
#[inline]
pub fn saturating_shift_left(value: i32, exponent: u32) -> i32 {
    let threshold = (1 << (31 - exponent)) - 1;
    if value > threshold {
        i32::MAX
    } else if value < -threshold {
        i32::MIN
    } else {
        value << exponent
    }
}

/// [`rounding_shift_right`] for exponents from 32 on too, where gemmlowp's definition gives 1 for
/// what isn't negative and -1 for what is.
#[inline]
pub fn rounding_shift_far_right(value: i32, exponent: u32) -> i32 {
    match exponent {
        0..=31 => rounding_shift_right(value, exponent),
        // All bits are remainder, compared with half of a mask that is -1.
        _ if value < 0 => -1,
        _ => 1,
    }
}

/// exp(`value`) in Q0 for a `value` <= 0 in Q`integer_bits`, which are 4 or 5.
#[inline]
pub fn exp_on_negative_values(value: i32, integer_bits: u32) -> i32 {
    /// exp(-2^n) in Q0 for n = -2 to 4.
    const FACTORS: [i32; 7] = [
        1_672_461_947,
        1_302_514_674,
        790_015_084,
        290_630_308,
        39_332_535,
        720_401,
        242,
    ];
    if value == 0 {
        return i32::MAX;
    }
    let quarter = 1_i32 << (29 - integer_bits);
    let within_quarter = (value & (quarter - 1)) - quarter;
    let mut result = exp_within_quarter(saturating_shift_left(within_quarter, integer_bits));
    let remainder = within_quarter.wrapping_sub(value);
    for (bit, &factor) in FACTORS.iter().enumerate() {
        if remainder & quarter.wrapping_shl(bit as u32) != 0 {
            result = rounding_high_multiply(result, factor);
        }
    }
    result
}

/// exp(`value`) in Q0 for a `value` in Q0 from -1/4 on and below 0: a Taylor series around -1/8.
fn exp_within_quarter(value: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const ONE_THIRD: i32 = 715_827_883;
    let x = value.wrapping_add(1 << 28);
    let x2 = rounding_high_multiply(x, x);
    let x3 = rounding_high_multiply(x2, x);
    let x4 = rounding_high_multiply(x2, x2);
    let x4_over_4 = rounding_shift_right(x4, 2);
    let third = rounding_high_multiply(x4_over_4.wrapping_add(x3), ONE_THIRD);
    let higher = rounding_shift_right(third.wrapping_add(x2), 1);
    let rest = rounding_high_multiply(EXP_OF_MINUS_EIGHTH, x.wrapping_add(higher));
    EXP_OF_MINUS_EIGHTH.wrapping_add(rest)
}

/// 2 / (1 + `value`) in Q2 for a `value` in Q0: three Newton-Raphson steps.
fn twice_reciprocal(value: i32) -> i32 {
    const FORTY_EIGHT_OVER_17: i32 = 1_515_870_810;
    const MINUS_THIRTY_TWO_OVER_17: i32 = -1_010_580_540;
    let half_denominator = rounding_half_sum(value, i32::MAX);
    let product = rounding_high_multiply(half_denominator, MINUS_THIRTY_TWO_OVER_17);
    let first = FORTY_EIGHT_OVER_17.wrapping_add(product);
    let second = newton_raphson(half_denominator, first);
    let third = newton_raphson(half_denominator, second);
    newton_raphson(half_denominator, third)
}

const ONE_IN_Q2: i32 = 1 << 29;

/// A better approximation of 1 / (2 · `half_denominator`) than `x`, in Q2.
#[inline(never)]
fn newton_raphson(half_denominator: i32, x: i32) -> i32 {
    let rest = ONE_IN_Q2.wrapping_sub(rounding_high_multiply(half_denominator, x));
    x.wrapping_add(saturating_shift_left(rounding_high_multiply(x, rest), 2))
}

/// (`a` + `b`) / 2, rounded to nearest, ties away from zero.
#[inline]
pub fn rounding_half_sum(a: i32, b: i32) -> i32 {
    let sum = i64::from(a) + i64::from(b);
    ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32
}

/// 1 / (1 + `value`) in Q0 for a `value` from 0 to 1 in Q0.
#[inline(never)]
pub fn reciprocal_of_one_plus(value: i32) -> i32 {
    saturating_shift_left(twice_reciprocal(value), 1)
}

/// 1 / (1 + exp(-`value`)) in Q0 for a `value` in Q4.
pub fn logistic(value: i32) -> i32 {
    if value == 0 {
        return 1 << 30;
    }
    let negative = if value > 0 { -value } else { value };
    let positive = reciprocal_of_one_plus(exp_on_negative_values(negative, 4));
    if value > 0 {
        positive
    } else {
        i32::MAX.wrapping_sub(positive)
    }
}

/// tanh(`value`) in Q0 for a `value` in Q4.
pub fn tanh(value: i32) -> i32 {
    if value == 0 {
        return 0;
    }
    let negative = if value > 0 { -value } else { value };
    // tanh(x) = (1 - exp(-2 x)) / (1 + exp(-2 x)), and 2 x in Q5 is x in Q4.
    let exp = exp_on_negative_values(negative, 5);
    let tanh = saturating_shift_left(twice_reciprocal(exp).wrapping_sub(ONE_IN_Q2), 2);
    if value > 0 { tanh } else { tanh.wrapping_neg() }
}

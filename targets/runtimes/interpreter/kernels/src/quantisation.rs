//! The arithmetic of quantised inference, equal bit for bit to TensorFlow Lite Micro.
//!
//! A real number r is stored as q with r = scale * (q - zero point). Between tensors of
//! different scales an accumulator is requantised: multiplied by a real number below or around 1
//! that is kept as a 32-bit `multiplier` (in units of 2^-31) and a power of two, the `shift`.
//! TensorFlow Lite Micro rounds twice: once in the high half of the product (gemmlowp's
//! SaturatingRoundingDoublingHighMul), once in the shift (gemmlowp's RoundingDivideByPOT). The
//! algorithm is described in Jacob et al., "Quantization and Training of Neural Networks for
//! Efficient Integer-Arithmetic-Only Inference" (2018), appendix B.

/// A positive real number as `multiplier` * 2^(`shift` - 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    /// In [2^30, 2^31), or 0.
    pub multiplier: i32,
    /// Power of two, -31 to 30; negative to the right.
    pub shift: i8,
}

impl Multiplier {
    /// The nearest multiplier to a real number, as `QuantizeMultiplier` of TensorFlow Lite finds
    /// it; [`None`] unless 0 <= `real` < 2^30.
    #[inline(never)]
    pub fn from_real(real: f64) -> Option<Self> {
        if real == 0.0 {
            return Some(Self {
                multiplier: 0,
                shift: 0,
            });
        }
        if !(real.is_normal() && real > 0.0) {
            return None;
        }
        let bits = real.to_bits();
        let exponent = (bits >> 52) as i32 - 1022;
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        // real = mantissa / 2^53 * 2^exponent, with the first factor in [0.5, 1).
        let mut fixed = (mantissa + (1 << 21)) >> 22;
        let mut shift = exponent;
        if fixed == 1 << 31 {
            fixed >>= 1;
            shift += 1;
        }
        match shift {
            ..=-32 => Some(Self {
                multiplier: 0,
                shift: 0,
            }),
            -31..=30 => Some(Self {
                multiplier: fixed as i32,
                shift: shift as i8,
            }),
            _ => None,
        }
    }

    /// `value` times the number, rounded twice.
    #[inline]
    pub fn apply(self, value: i32) -> i32 {
        let left = self.shift.max(0) as u32;
        let right = self.shift.min(0).unsigned_abs().into();
        rounding_shift_right(
            rounding_high_multiply(value.wrapping_shl(left), self.multiplier),
            right,
        )
    }
}

/// The high half of 2·a·b, rounded to nearest, ties upwards; saturated where a = b = -2^31.
///
/// gemmlowp adds +2^30 or 1 - 2^30 and divides towards zero, which is the same as adding 2^30 and
/// shifting.
#[inline]
pub fn rounding_high_multiply(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    ((i64::from(a) * i64::from(b) + (1 << 30)) >> 31) as i32
}

/// `value` / 2^`exponent`, rounded to nearest, ties away from zero; `exponent` in 0..=31.
#[inline]
pub fn rounding_shift_right(value: i32, exponent: u32) -> i32 {
    let mask = ((1_i64 << exponent) - 1) as i32;
    let remainder = value & mask;
    let threshold = (mask >> 1) + i32::from(value < 0);
    (value >> (exponent & 31)) + i32::from(remainder > threshold)
}

/// `value` * 2^`exponent`, saturated; `exponent` in 1..=30.
#[inline]
pub(crate) fn saturating_shift_left(value: i32, exponent: u32) -> i32 {
    let threshold = (1 << (31 - exponent)) - 1;
    if value > threshold {
        i32::MAX
    } else if value < -threshold {
        i32::MIN
    } else {
        value << exponent
    }
}

/// A real number over `scale`, rounded to nearest, ties away from zero, plus `zero_point`.
#[inline(never)]
pub fn quantise(real: f32, scale: f32, zero_point: i32) -> i32 {
    let quotient = real / scale;
    let whole = quotient as i32;
    // Exact: the fraction of a number that has one needs no more bits than the number.
    let fraction = quotient - whole as f32;
    let away = i32::from(fraction >= 0.5) - i32::from(fraction <= -0.5);
    whole.saturating_add(away).saturating_add(zero_point)
}

/// Fractional bits of a softmax input difference: 5 integer bits and a sign.
const DIFFERENCE_INTEGER_BITS: u32 = 5;
/// Integer bits of the sum of exponentials.
const SUM_INTEGER_BITS: u32 = 12;

/// What softmax needs besides its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxScale {
    /// Multiplier of an input difference.
    pub multiplier: i32,
    /// Left shift of an input difference.
    pub left_shift: i32,
    /// Differences below this one give 0.
    pub difference_min: i32,
}

impl SoftmaxScale {
    /// For the factor `beta` and the scale of the input; [`None`] if they can't be expressed.
    pub fn new(beta: f32, input_scale: f32) -> Option<Self> {
        let real = f64::from(beta)
            * f64::from(input_scale)
            * f64::from(1_u32 << (31 - DIFFERENCE_INTEGER_BITS));
        let real = real.min(f64::from(i32::MAX));
        if real.is_nan() || real <= 1.0 {
            return None;
        }
        // Up to 2^31 - 1, so the shift may be 31, which `Multiplier` doesn't hold.
        let Multiplier { multiplier, shift } = Multiplier::from_real(real / 2.0)?;
        let left_shift = i32::from(shift) + 1;
        let range = ((1_i64 << DIFFERENCE_INTEGER_BITS) - 1) << (31 - DIFFERENCE_INTEGER_BITS);
        Some(Self {
            multiplier,
            left_shift,
            difference_min: -((range >> left_shift) as i32),
        })
    }

    /// The input difference as fixed point with 5 integer bits.
    #[inline]
    fn rescale(self, difference: i32) -> i32 {
        rounding_high_multiply(
            difference.wrapping_shl(self.left_shift as u32),
            self.multiplier,
        )
    }
}

/// exp(`value` / 2^26) in units of 2^-31, for `value` <= 0.
fn exp_on_negative_values(value: i32) -> i32 {
    const FRACTIONAL_BITS: u32 = 31 - DIFFERENCE_INTEGER_BITS;
    const ONE_QUARTER: i32 = 1 << (FRACTIONAL_BITS - 2);
    /// exp(-2^n) in units of 2^-31 for n = -2 to 4.
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
    let within_quarter = (value & (ONE_QUARTER - 1)) - ONE_QUARTER;
    let mut result = exp_within_quarter(saturating_shift_left(
        within_quarter,
        DIFFERENCE_INTEGER_BITS,
    ));
    let remainder = within_quarter.wrapping_sub(value);
    for (bit, &factor) in FACTORS.iter().enumerate() {
        if remainder & (ONE_QUARTER << bit) != 0 {
            result = rounding_high_multiply(result, factor);
        }
    }
    result
}

/// exp(`value` / 2^31) in units of 2^-31 for -1/4 <= `value` / 2^31 < 0: a Taylor series around
/// -1/8.
fn exp_within_quarter(value: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const ONE_THIRD: i32 = 715_827_883;
    let x = value.wrapping_add(1 << 28);
    let x2 = rounding_high_multiply(x, x);
    let x3 = rounding_high_multiply(x2, x);
    let x4 = rounding_high_multiply(x2, x2);
    let x4_over_4 = rounding_shift_right(x4, 2);
    let higher = rounding_shift_right(
        rounding_high_multiply(x4_over_4.wrapping_add(x3), ONE_THIRD).wrapping_add(x2),
        1,
    );
    EXP_OF_MINUS_EIGHTH.wrapping_add(rounding_high_multiply(
        EXP_OF_MINUS_EIGHTH,
        x.wrapping_add(higher),
    ))
}

/// 1 / (1 + `value` / 2^31) in units of 2^-31: three Newton-Raphson steps.
#[inline(never)]
fn reciprocal_of_one_plus(value: i32) -> i32 {
    const FORTY_EIGHT_OVER_17: i32 = 1_515_870_810;
    const MINUS_THIRTY_TWO_OVER_17: i32 = -1_010_580_540;
    let sum = i64::from(value) + i64::from(i32::MAX);
    let half_denominator = ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32;
    let first = FORTY_EIGHT_OVER_17.wrapping_add(rounding_high_multiply(
        half_denominator,
        MINUS_THIRTY_TWO_OVER_17,
    ));
    let second = newton_raphson(half_denominator, first);
    let third = newton_raphson(half_denominator, second);
    saturating_shift_left(newton_raphson(half_denominator, third), 1)
}

/// A better approximation of 1 / (2 · `half_denominator`) than `x`, with 2 integer bits.
#[inline(never)]
fn newton_raphson(half_denominator: i32, x: i32) -> i32 {
    const ONE: i32 = 1 << 29;
    let rest = ONE.wrapping_sub(rounding_high_multiply(half_denominator, x));
    x.wrapping_add(saturating_shift_left(rounding_high_multiply(x, rest), 2))
}

/// exp(`difference`) of an input of softmax in units of 2^-31, [`None`] if that is nothing.
#[inline(never)]
fn exp_of(scale: SoftmaxScale, difference: i32) -> Option<i32> {
    if difference < scale.difference_min {
        return None;
    }
    Some(exp_on_negative_values(scale.rescale(difference)))
}

/// Softmax of one row: `input` and `output` are of the same length, at least 1; the output's
/// scale is 1/256 and its zero point -128.
pub fn softmax(scale: SoftmaxScale, input: &[i8], output: &mut [i8]) {
    let max = input.iter().copied().max().unwrap_or(0);
    let difference = |value: i8| i32::from(value) - i32::from(max);
    let mut sum = 0_i32;
    for &value in input {
        if let Some(exp) = exp_of(scale, difference(value)) {
            sum = sum.wrapping_add(rounding_shift_right(exp, SUM_INTEGER_BITS));
        }
    }
    let headroom = sum.leading_zeros();
    let normalised = (sum as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    let reciprocal = reciprocal_of_one_plus(normalised);
    let bits_over_unit = SUM_INTEGER_BITS as i32 - headroom as i32;
    let shift = (bits_over_unit + 31 - 8).clamp(0, 31) as u32;
    for (output, &value) in output.iter_mut().zip(input) {
        *output = if let Some(exp) = exp_of(scale, difference(value)) {
            let share = rounding_shift_right(rounding_high_multiply(reciprocal, exp), shift);
            (share - 128).clamp(-128, 127) as i8
        } else {
            -128
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_of_real_numbers() {
        let of = |real| Multiplier::from_real(real).map(|m| (m.multiplier, m.shift));
        assert_eq!(of(0.5), Some((1 << 30, 0)));
        assert_eq!(of(1.0), Some((1 << 30, 1)));
        assert_eq!(of(0.75), Some((3 << 29, 0)));
        assert_eq!(of(0.0), Some((0, 0)));
        // Rounds up to the next power of two.
        assert_eq!(of(1.0 - f64::EPSILON / 2.0), Some((1 << 30, 1)));
        assert_eq!(of(2.0_f64.powi(-40)), Some((0, 0)));
        assert_eq!(of(2.0_f64.powi(31)), None);
        assert_eq!(of(-1.0), None);
        assert_eq!(of(f64::NAN), None);
        assert_eq!(of(f64::INFINITY), None);
    }

    /// gemmlowp's definition, word by word.
    fn gemmlowp_high_multiply(a: i32, b: i32) -> i32 {
        if a == i32::MIN && b == i32::MIN {
            return i32::MAX;
        }
        let product = i64::from(a) * i64::from(b);
        let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
        ((product + nudge) / (1 << 31)) as i32
    }

    #[test]
    fn high_multiply_is_gemmlowps() {
        let edge = [i32::MIN, i32::MIN + 1, -3, -1, 0, 1, 2, 1 << 30, i32::MAX];
        for a in edge {
            for b in edge {
                assert_eq!(rounding_high_multiply(a, b), gemmlowp_high_multiply(a, b));
            }
        }
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (a, b) = ((state >> 32) as i32, state as i32);
            assert_eq!(rounding_high_multiply(a, b), gemmlowp_high_multiply(a, b));
        }
    }

    #[test]
    fn shifts_round_half_away_from_zero() {
        assert_eq!(rounding_shift_right(5, 1), 3);
        assert_eq!(rounding_shift_right(-5, 1), -3);
        assert_eq!(rounding_shift_right(-6, 2), -2);
        assert_eq!(rounding_shift_right(6, 2), 2);
        assert_eq!(rounding_shift_right(-7, 0), -7);
        assert_eq!(rounding_shift_right(i32::MAX, 31), 1);
        assert_eq!(rounding_shift_right(i32::MIN, 31), -1);
    }

    #[test]
    fn real_numbers_are_quantised_to_the_nearest() {
        assert_eq!(quantise(6.0, 0.5, -128), -116);
        assert_eq!(quantise(-1.0, 0.4, 3), 0);
        assert_eq!(quantise(1.0, 2.0, 0), 1);
        assert_eq!(quantise(6.0, f32::MIN_POSITIVE, 0), i32::MAX);
    }

    #[test]
    fn softmax_sums_to_one() {
        let scale = SoftmaxScale::new(1.0, 0.1).unwrap();
        let mut output = [0; 3];
        softmax(scale, &[10, 10, 10], &mut output);
        assert_eq!(output, [-43; 3]);
        softmax(scale, &[127, -128, -128], &mut output);
        assert_eq!(output, [127, -128, -128]);
    }
}

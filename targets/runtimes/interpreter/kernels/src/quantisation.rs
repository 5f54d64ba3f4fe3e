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
    let mask = (1_u32 << (exponent & 31)).wrapping_sub(1) as i32;
    let remainder = value & mask;
    let threshold = (mask >> 1) + i32::from(value < 0);
    (value >> (exponent & 31)) + i32::from(remainder > threshold)
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
}

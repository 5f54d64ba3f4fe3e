//! SOFTMAX of int8.

use crate::fixed_point::{exp_on_negative_values, reciprocal_of_one_plus};
use crate::quantisation::{Multiplier, rounding_high_multiply, rounding_shift_right};

/// Integer bits of a softmax input difference; beside them is a sign, the rest is fractional.
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

/// exp(`difference`) of an input of softmax in units of 2^-31, [`None`] if that is nothing.
#[inline(never)]
fn exp_of(scale: SoftmaxScale, difference: i32) -> Option<i32> {
    if difference < scale.difference_min {
        return None;
    }
    Some(exp_on_negative_values(
        scale.rescale(difference),
        DIFFERENCE_INTEGER_BITS,
    ))
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
    fn softmax_sums_to_one() {
        let scale = SoftmaxScale::new(1.0, 0.1).unwrap();
        let mut output = [0; 3];
        softmax(scale, &[10, 10, 10], &mut output);
        assert_eq!(output, [-43; 3]);
        softmax(scale, &[127, -128, -128], &mut output);
        assert_eq!(output, [127, -128, -128]);
    }
}

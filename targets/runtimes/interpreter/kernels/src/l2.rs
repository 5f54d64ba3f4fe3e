//! L2_NORMALIZATION.

use crate::Multiplier;
use crate::fixed_point::saturating_shift_left;
use crate::quantisation::{rounding_high_multiply, rounding_shift_right};
use crate::together;

/// Divides each row of `depth` elements by its length, at least 1e-6.
pub fn normalise(depth: usize, input: &[f32], output: &mut [f32]) {
    let rows = together(
        input.chunks_exact(depth.max(1)),
        output.chunks_exact_mut(depth.max(1)),
    );
    for (input, output) in rows {
        let square = input.iter().fold(0.0_f32, |sum, &it| sum + it * it);
        let length = libm::sqrtf(square);
        let length = if length < 1e-6 { 1e-6 } else { length };
        for (output, &value) in output.iter_mut().zip(input) {
            *output = value / length;
        }
    }
}

/// Divides each row of `depth` elements by its length; the output has the scale 1/128.
pub fn normalise_int8(depth: usize, zero_point: i32, input: &[i8], output: &mut [i8]) {
    let rows = together(
        input.chunks_exact(depth.max(1)),
        output.chunks_exact_mut(depth.max(1)),
    );
    for (input, output) in rows {
        let difference = |value: i8| i32::from(value).wrapping_sub(zero_point);
        let square = input.iter().fold(0_i32, |sum, &value| {
            let difference = difference(value);
            sum.wrapping_add(difference.wrapping_mul(difference))
        });
        let Multiplier { multiplier, shift } = reciprocal_square_root(square);
        let scale = Multiplier {
            multiplier,
            shift: shift + 7,
        };
        for (output, &value) in output.iter_mut().zip(input) {
            *output = scale.apply(difference(value)).clamp(-128, 127) as i8;
        }
    }
}

/// 1 / sqrt(`value`), of 0 as of 1: five Newton-Raphson steps from 1 in fixed point with 3 integer
/// bits (`GetInvSqrtQuantizedMultiplierExp` of TensorFlow Lite).
fn reciprocal_square_root(value: i32) -> Multiplier {
    const ONE: i32 = 1 << 28;
    const HALF_THREE: i32 = ONE + ONE / 2;
    const HALF_SQRT_2: i32 = 1_518_500_250;
    if value <= 1 {
        return Multiplier {
            multiplier: i32::MAX,
            shift: 0,
        };
    }
    let (mut value, mut right) = (value, 11_i32);
    while value >= 1 << 29 {
        value /= 4;
        right += 1;
    }
    // To [2^27, 2^29), two bits at a time.
    let pairs = (value.leading_zeros().saturating_sub(1) / 2).saturating_sub(1);
    right -= pairs as i32;
    let half = value.wrapping_shl(2 * pairs) >> 1;
    let quarter = rounding_shift_right(half, 1);
    let mut x = ONE;
    for _ in 0..5 {
        let cube = rounding_high_multiply(rounding_high_multiply(x, x), x);
        let cube = saturating_shift_left(cube, 6);
        let more = rounding_high_multiply(HALF_THREE, x);
        let less = rounding_high_multiply(quarter, cube);
        x = saturating_shift_left(more.wrapping_sub(less), 3);
    }
    let root = rounding_high_multiply(x, HALF_SQRT_2);
    Multiplier {
        multiplier: root.wrapping_shl(right.min(0).unsigned_abs()),
        shift: -right.max(0) as i8,
    }
}

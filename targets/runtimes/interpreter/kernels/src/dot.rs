//! Sums of products of int8 weights and integer values, with the instructions of Armv7E-M where
//! there are any.

use crate::simd::{pack_high, pack_low, smlad, sxtab16, sxtab16_odd, sxtb16, sxtb16_odd};

/// Integers that int8 weights are multiplied with.
pub trait Value: Copy + Into<i32> {
    /// `sum` plus the products of weights and values, each with an offset added, of which weights and
    /// theirs have together 9 bits, values and theirs 17, signs included. What one of the slices has
    /// more than the other is left out.
    fn dot(sum: i64, weights: (&[i8], i32), values: (&[Self], i32)) -> i64;
}

/// Both halves of a word.
fn both(value: i32) -> u32 {
    let half = value as u32 & 0xffff;
    half | half << 16
}

/// [`Value::dot`] in plain arithmetic, for at most as many products as fit 32 bits.
#[inline]
fn plain<V: Value>((weights, weights_offset): (&[i8], i32), (values, offset): (&[V], i32)) -> i32 {
    let products = weights.iter().zip(values).map(|(&weight, &value)| {
        let (weight, value): (i32, i32) = (weight.into(), value.into());
        let weight = weight.wrapping_add(weights_offset);
        weight.wrapping_mul(value.wrapping_add(offset))
    });
    products.fold(0, i32::wrapping_add)
}

/// Words of four weights that are summed in 32 bits: so many products of 22 bits, or of 18, fit.
const LINE: usize = 64;

/// [`Value::dot`] by words: of four weights and four values each `step` makes a sum of a sum.
#[inline(always)]
fn by_words<V: Value>(
    mut sum: i64,
    (weights, weights_offset): (&[i8], i32),
    (values, offset): (&[V], i32),
    step: impl Fn(u32, &[V; 4], i32) -> i32,
) -> i64 {
    let count = weights.len().min(values.len());
    let (Some(weights), Some(values)) = (weights.get(..count), values.get(..count)) else {
        return sum;
    };
    let (words, weights) = weights.as_chunks::<4>();
    let (fours, values) = values.as_chunks::<4>();
    let mut fours = fours.chunks(LINE);
    for words in words.chunks(LINE) {
        let fours = fours.next().unwrap_or(&[]);
        let line = words.iter().zip(fours).fold(0, |line, (word, four)| {
            step(u32::from_le_bytes(word.map(|it| it as u8)), four, line)
        });
        sum = sum.wrapping_add(line.into());
    }
    sum.wrapping_add(plain((weights, weights_offset), (values, offset)).into())
}

impl Value for i8 {
    #[inline(never)]
    fn dot(sum: i64, weights: (&[i8], i32), values: (&[i8], i32)) -> i64 {
        let (weights_offset, offset) = (both(weights.1), both(values.1));
        by_words(sum, weights, values, |weight, value, line| {
            let value = u32::from_le_bytes(value.map(|it| it as u8));
            let line = smlad(
                sxtab16(weights_offset, weight),
                sxtab16(offset, value),
                line,
            );
            smlad(
                sxtab16_odd(weights_offset, weight),
                sxtab16_odd(offset, value),
                line,
            )
        })
    }
}

impl Value for i16 {
    #[inline(never)]
    fn dot(mut sum: i64, weights: (&[i8], i32), values: (&[i16], i32)) -> i64 {
        // With an offset values may have more than 16 bits.
        if (weights.1, values.1) != (0, 0) {
            /// So many products of 26 bits fit 32 bits.
            const LINE: usize = 32;
            let mut lines = values.0.chunks(LINE);
            for line in weights.0.chunks(LINE) {
                let values = (lines.next().unwrap_or(&[]), values.1);
                sum = sum.wrapping_add(plain((line, weights.1), values).into());
            }
            return sum;
        }
        by_words(sum, weights, values, |weight, &[a, b, c, d], line| {
            let pair = |low: i16, high: i16| u32::from(low as u16) | u32::from(high as u16) << 16;
            let (even, odd) = (sxtb16(weight), sxtb16_odd(weight));
            let line = smlad(pack_low(even, odd), pair(a, b), line);
            smlad(pack_high(odd, even), pair(c, d), line)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn compare<V: Value + TryFrom<i32>>(offsets: [i32; 2], range: i32) {
        let mut state = 1_u64;
        let mut draw = |low: i32, high: i32| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            low + ((state >> 33) % (high - low + 1) as u64) as i32
        };
        for length in (0..70).chain([8191, 8192, 8193, 20_000]) {
            let ends = length % 3 == 0;
            let weights: Vec<i8> = (0..length)
                .map(|_| if ends { -128 } else { draw(-128, 127) as i8 })
                .collect();
            let values: Vec<V> = (0..length)
                .map(|_| {
                    if ends {
                        -range
                    } else {
                        draw(-range, range - 1)
                    }
                })
                .map(|value| V::try_from(value).ok().unwrap())
                .collect();
            let products = weights.iter().zip(&values).map(|(&weight, &value)| {
                let value: i32 = value.into();
                i64::from(i32::from(weight) + offsets[0]) * i64::from(value + offsets[1])
            });
            let expected = 7 + products.sum::<i64>();
            let found = V::dot(7, (&weights, offsets[0]), (&values, offsets[1]));
            assert_eq!(found, expected, "{length} {offsets:?}");
        }
    }

    #[test]
    fn sums_are_those_of_all_products() {
        for offsets in [[0, 0], [0, -127], [-127, 128], [128, -127]] {
            compare::<i8>(offsets, 128);
        }
        for offsets in [[0, 0], [0, 32_767], [-127, 0], [128, -32_768]] {
            compare::<i16>(offsets, 32_768);
        }
    }
}

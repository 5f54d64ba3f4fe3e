//! From accumulators to outputs without a multiplication to 64 bits.

use crate::quantisation::{Multiplier, rounding_shift_right};
use crate::{Add, Requantisation};

/// 2·`a`·`b` in units of 2^32, rounded to nearest, ties upwards: [`rounding_high_multiply`] for an `a` in
/// -2^28..2^28 and a `b` that isn't negative, whose halves are `high` and `low`.
///
/// With a = a1·2^16 + a0, where a0 has a sign, no sum but the last needs more than 32 bits; what is below 2^16 of a0·low
/// can't change how the whole is rounded.
///
/// [`rounding_high_multiply`]: crate::quantisation::rounding_high_multiply
#[inline(always)]
fn high_multiply(a: i32, high: i32, low: i32) -> i32 {
    let a0 = i32::from(a as i16);
    let a1 = a.wrapping_sub(a0) >> 16;
    let below = a0.wrapping_mul(low) >> 16;
    let middle = a0.wrapping_mul(high).wrapping_add(a1.wrapping_mul(low));
    let carried = middle.wrapping_add(below).wrapping_add(1 << 14) >> 15;
    (a1.wrapping_mul(high) << 1).wrapping_add(carried)
}

/// Accumulators from -`LIMIT` to below it fit [`high_multiply`].
const LIMIT: u32 = 1 << 28;

/// The halves of a multiplier.
#[inline(always)]
fn halves(multiplier: i32) -> [i32; 2] {
    [multiplier >> 16, multiplier & 0xffff]
}

/// How the accumulators of a channel are scaled, in the order in which the assembly loads it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Scale {
    /// Upper half of the multiplier.
    high: i32,
    /// Lower half of the multiplier.
    low: i32,
    /// Half of what is shifted out, and the zero point of the output where it is shifted to.
    add: i32,
    /// Bits that are shifted out, 1 at least.
    right: u32,
    /// Bounds of the output.
    bounds: [i32; 2],
}

/// [`Scale::apply`] to the accumulator in r2, by the scale at r5, which is left at what follows; all other low registers are
/// used. What an ASR shifts out last is the carry: with it ADC rounds.
#[cfg(armv6m)]
macro_rules! scale {
    () => {
        concat!(
            "ldm r5!, {{r3, r4, r6, r7}}\n",
            "sxth r0, r2\n",
            "subs r2, r2, r0\n",
            "asrs r2, r2, #16\n",
            "movs r1, r0\n",
            "muls r1, r3, r1\n",
            "muls r0, r4, r0\n",
            "asrs r0, r0, #16\n",
            "adds r1, r1, r0\n",
            "muls r4, r2, r4\n",
            "adds r1, r1, r4\n",
            "muls r2, r3, r2\n",
            "lsls r2, r2, #1\n",
            "asrs r1, r1, #15\n",
            "adcs r2, r1\n",
            "asrs r1, r2, #31\n",
            "adds r2, r2, r1\n",
            "adds r2, r2, r6\n",
            "asrs r2, r7\n",
            "ldm r5!, {{r3, r4}}\n",
            "cmp r2, r3\n",
            "bge 90f\n",
            "movs r2, r3\n",
            "90:\n",
            "cmp r2, r4\n",
            "ble 91f\n",
            "movs r2, r4\n",
            "91:\n",
        )
    };
}
#[cfg(armv6m)]
pub(super) use scale;

/// Largest shift that is taken: the zero point is added before it, which doesn't overflow up to here.
const MOST_SHIFT: i8 = 21;

/// What an operator's outputs have in common.
#[derive(Clone, Copy)]
pub struct Outputs<'o> {
    pub requantisation: &'o Requantisation<'o>,
    /// Zero point.
    pub offset: i32,
    /// Both included.
    pub bounds: [i32; 2],
    /// Largest sum of the products of a window, in either direction.
    pub products: u32,
}

impl<'o> Outputs<'o> {
    /// For windows of `size` elements.
    pub fn new(
        requantisation: &'o Requantisation,
        offset: i32,
        bounds: [i32; 2],
        size: usize,
    ) -> Self {
        Self {
            requantisation,
            offset,
            bounds,
            products: (size as u32).saturating_mul(255 * 128),
        }
    }

    /// The scale of a channel, if it is right for all accumulators that there can be.
    #[inline(never)]
    pub fn scale(&self, channel: usize, bias: i32) -> Option<Scale> {
        let Multiplier { multiplier, shift } = self.requantisation.get(channel);
        let fits = self.products.saturating_add(bias.unsigned_abs()) < LIMIT;
        if !fits || !(-MOST_SHIFT..0).contains(&shift) {
            return None;
        }
        let [high, low] = halves(multiplier);
        let right = -i32::from(shift) & 31;
        Some(Scale {
            high,
            low,
            add: ((1_u32 << right) >> 1) as i32 + (self.offset << right),
            right: right as u32,
            bounds: self.bounds,
        })
    }

    /// The output of any accumulator.
    #[inline(never)]
    pub fn any(&self, channel: usize, sum: i32) -> i8 {
        let scaled = self.requantisation.get(channel).apply(sum);
        let [low, high] = self.bounds;
        scaled.saturating_add(self.offset).max(low).min(high) as i8
    }
}

impl Scale {
    /// The output of an accumulator.
    #[inline(always)]
    pub fn apply(&self, sum: i32) -> i8 {
        let high = high_multiply(sum, self.high, self.low);
        // Ties away from zero: one less before an arithmetic shift of a negative number.
        let rounded = high.wrapping_add(high >> 31).wrapping_add(self.add);
        let [low, high] = self.bounds;
        (rounded >> (self.right & 31)).max(low).min(high) as i8
    }
}

/// [`Multiplier::apply`], without a product of 64 bits where that is right.
#[inline(always)]
fn scaled(multiplier: Multiplier, value: i32) -> i32 {
    let shifted = value.wrapping_shl(multiplier.shift.max(0) as u32);
    if shifted.wrapping_add(LIMIT as i32) as u32 >= 2 * LIMIT {
        return scaled_wide(multiplier, value);
    }
    let [high, low] = halves(multiplier.multiplier);
    let value = high_multiply(shifted, high, low);
    rounding_shift_right(value, multiplier.shift.min(0).unsigned_abs().into())
}

#[cold]
#[inline(never)]
fn scaled_wide(multiplier: Multiplier, value: i32) -> i32 {
    multiplier.apply(value)
}

/// ADD.
pub(super) fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
    let [first, second, last] = *multipliers;
    let [low, high] = op.bounds;
    let value = |multiplier, value: i8, offset: i32| {
        scaled(multiplier, (i32::from(value) + offset) << Add::LEFT_SHIFT)
    };
    for ((output, &a), &b) in output.iter_mut().zip(inputs[0]).zip(inputs[1]) {
        let sum = value(first, a, op.input_offsets[0]) + value(second, b, op.input_offsets[1]);
        let scaled = scaled(last, sum) + op.output_offset;
        *output = scaled.max(low).min(high) as i8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantisation::rounding_high_multiply;

    #[test]
    fn products_by_halves_are_those_of_64_bits() {
        let limit = LIMIT as i32;
        let mut state = 1_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 32) as i32
        };
        let compare = |a: i32, b: i32| {
            let [high, low] = halves(b);
            let expected = rounding_high_multiply(a, b);
            assert_eq!(high_multiply(a, high, low), expected, "{a} {b}");
        };
        let edges = [
            0,
            1,
            0x7fff,
            0x8000,
            0x8001,
            0xffff,
            0x1_0000,
            0x1_8000,
            limit - 1,
        ];
        let multipliers = [
            0,
            1 << 30,
            (1 << 30) + 0xffff,
            0x4000_8000,
            0x7fff_0000,
            i32::MAX,
        ];
        for a in edges.into_iter().flat_map(|a| [a, -a]).chain([-limit]) {
            for b in multipliers {
                compare(a, b);
            }
        }
        for _ in 0..100_000 {
            compare(draw() >> (3 + (draw() & 15)), draw() & i32::MAX);
        }
    }

    #[test]
    fn a_scale_is_refused_where_it_could_be_wrong() {
        let scale = |shift: i8, size, bias| {
            let requantisation = Requantisation {
                multipliers: &[1 << 30],
                shifts: &[shift],
                narrow: false,
            };
            Outputs::new(&requantisation, 127, [-128, 127], size)
                .scale(0, bias)
                .is_some()
        };
        assert!(scale(-1, 64, 100));
        assert!(scale(-21, 64, 100));
        assert!(!scale(0, 64, 100));
        assert!(!scale(-22, 64, 100));
        // Accumulators of 2^28.
        assert!(!scale(-1, 64, 1 << 28));
        assert!(!scale(-1, 64, i32::MIN));
        assert!(scale(-1, 8_000, 0));
        assert!(!scale(-1, 9_000, 0));
    }

    #[test]
    fn outputs_are_those_of_the_reference() {
        let mut state = 1_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 32) as i32
        };
        for shift in 1..=MOST_SHIFT {
            for offset in [-128, 0, 127] {
                for _ in 0..300 {
                    let multipliers = [draw() & i32::MAX | 1 << 30];
                    let requantisation = Requantisation {
                        multipliers: &multipliers,
                        shifts: &[-shift],
                        narrow: false,
                    };
                    let outputs = Outputs::new(&requantisation, offset, [-128, 127], 1);
                    let scale = outputs.scale(0, 0).unwrap();
                    // Sums that aren't all beyond the bounds, and some that are.
                    let wide = (9 + i32::from(shift)).min(28);
                    let sum = draw() >> (31 - wide);
                    assert_eq!(scale.apply(sum), outputs.any(0, sum), "{sum} {shift}");
                }
            }
        }
    }
}

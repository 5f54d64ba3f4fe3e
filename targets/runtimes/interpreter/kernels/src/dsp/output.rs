//! From accumulators to outputs.

use crate::quantisation::Multiplier;
use crate::simd::steps::dot;
use crate::simd::tile::{MOST_SHIFT, Scale};
use crate::{Conv2d, Requantisation, simd};

/// What all outputs of an operator have in common.
pub(super) struct Output {
    offset: i32,
    bounds: [i32; 2],
    /// Whether the fast way gives the right result: [`Requantisation::narrow`] holds, and the
    /// bounds are those of 8 bits, as with most activations.
    fast: bool,
}

impl Output {
    pub fn new(requantisation: &Requantisation, offset: i32, bounds: [i32; 2]) -> Self {
        Self {
            offset,
            bounds,
            fast: requantisation.narrow && bounds == [-128, 127],
        }
    }

    /// Scales, shifts and clamps an accumulator.
    #[inline(always)]
    pub fn requantise(&self, multiplier: i32, shift: i8, sum: i32) -> i8 {
        if self.fast {
            self.fast(multiplier, shift, sum)
        } else {
            self.slow(multiplier, shift, sum)
        }
    }

    /// [`Self::requantise`] for two accumulators of one channel.
    #[inline(always)]
    pub fn requantise_two(&self, multiplier: i32, shift: i8, [a, b]: [i32; 2]) -> [i8; 2] {
        if self.fast {
            return [
                self.fast(multiplier, shift, a),
                self.fast(multiplier, shift, b),
            ];
        }
        self.slow_two(multiplier, shift, a, b)
    }

    /// [`Self::requantise`] for an accumulator of each of four channels.
    #[inline(always)]
    pub fn requantise_four(
        &self,
        multipliers: &[i32; 4],
        shifts: &[i8; 4],
        [a, b, c, d]: [i32; 4],
    ) -> [i8; 4] {
        if self.fast {
            return [
                self.fast(multipliers[0], shifts[0], a),
                self.fast(multipliers[1], shifts[1], b),
                self.fast(multipliers[2], shifts[2], c),
                self.fast(multipliers[3], shifts[3], d),
            ];
        }
        self.slow_four(multipliers, shifts, a, b, c, d)
    }

    /// If [`Self::fast`](Output::fast) says so.
    #[inline(always)]
    fn fast(&self, multiplier: i32, shift: i8, sum: i32) -> i8 {
        // 2·sum fits 32 bits, so that doubling can come before the multiplication, and the
        // shift is to the right and at least 1.
        let right = -i32::from(shift);
        let half = (simd::lsl(1, right) as u32 >> 1) as i32;
        let high = simd::smmulr(sum << 1, multiplier);
        // Ties away from zero: one less before an arithmetic shift of a negative number.
        let rounded = high.wrapping_add(high >> 31).wrapping_add(half);
        let value = simd::asr(rounded, right).wrapping_add(self.offset);
        simd::ssat8(value) as i8
    }

    /// In general.
    #[cold]
    #[inline(never)]
    fn slow(&self, multiplier: i32, shift: i8, sum: i32) -> i8 {
        exact(
            self.offset,
            self.bounds,
            Multiplier { multiplier, shift },
            sum,
        )
    }

    /// Accumulators by themselves: as an array they would have to be in memory, on the fast way too.
    #[cold]
    #[inline(never)]
    fn slow_two(&self, multiplier: i32, shift: i8, a: i32, b: i32) -> [i8; 2] {
        [a, b].map(|sum| self.slow(multiplier, shift, sum))
    }

    #[cold]
    #[inline(never)]
    fn slow_four(
        &self,
        multipliers: &[i32; 4],
        shifts: &[i8; 4],
        a: i32,
        b: i32,
        c: i32,
        d: i32,
    ) -> [i8; 4] {
        let mut outputs = [0; 4];
        let scales = multipliers.iter().zip(shifts);
        for ((output, sum), (&multiplier, &shift)) in
            outputs.iter_mut().zip([a, b, c, d]).zip(scales)
        {
            *output = self.slow(multiplier, shift, sum);
        }
        outputs
    }
}

/// The output of any accumulator.
#[cold]
#[inline(never)]
pub(super) fn exact(offset: i32, bounds: [i32; 2], multiplier: Multiplier, sum: i32) -> i8 {
    let value = multiplier.apply(sum).saturating_add(offset);
    value.max(bounds[0]).min(bounds[1]) as i8
}

/// Values and weights whose products an output sums up, for the way that is right in any case.
pub(super) struct Sum<'s> {
    pub values: &'s [i8],
    pub weights: &'s [i8],
    /// Lines, and elements of each.
    pub count: [usize; 2],
    /// From one line of the values, and of the weights, to the next.
    pub lines: [usize; 2],
    /// From one element of a line to the next.
    pub steps: [usize; 2],
}

impl Sum<'_> {
    /// The output of a channel.
    #[inline(never)]
    pub fn output(&self, op: &Conv2d, scales: &Requantisation, channel: usize) -> i8 {
        let mut sum = op.bias.get(channel);
        for line in 0..self.count[0] {
            let values = self.values.get(line * self.lines[0]..).unwrap_or(&[]);
            let weights = self.weights.get(line * self.lines[1]..).unwrap_or(&[]);
            sum = dot(
                sum,
                values,
                op.input_offset,
                weights,
                self.steps,
                self.count[1],
            );
        }
        exact(op.output_offset, op.bounds, scales.get(channel), sum)
    }
}

/// Which accumulators are scaled the fast way: those of windows of some size.
#[derive(Clone, Copy)]
pub(super) struct Fast {
    /// No bias may be so large in either direction, for any accumulator to keep within 2^30.
    bias: u32,
    /// Zero point of the output.
    offset: i32,
}

impl Fast {
    /// For windows with `size` elements.
    pub fn new(size: usize, offset: i32) -> Self {
        let products = (size as u64).saturating_mul(255 * 128);
        let bias = (1_u64 << 30).saturating_sub(products) as u32;
        Self { bias, offset }
    }

    /// The fast way to scale a channel's accumulators, if it is right, and the shift to the right.
    #[inline(always)]
    pub fn scale(&self, multiplier: Multiplier, bias: i32) -> Option<Scale> {
        let fast = bias.unsigned_abs() < self.bias && (-MOST_SHIFT..0).contains(&multiplier.shift);
        fast.then(|| Scale::new(multiplier.multiplier, multiplier.shift, self.offset))
    }
}

/// Keeps outputs within bounds narrower than those of 8 bits.
pub(super) fn clamp(outputs: &mut [i8], bounds: [i32; 2]) {
    if bounds == [-128, 127] {
        return;
    }
    let [low, high] = bounds;
    for output in outputs {
        *output = i32::from(*output).max(low).min(high) as i8;
    }
}

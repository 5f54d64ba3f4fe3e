//! Depthwise convolution, four channels at a time.

use super::output::Output;
use super::{Positions, both};
use crate::quantisation::Multiplier;
use crate::simd::{self, depthwise_tap, load};
use crate::{Conv2d, Requantisation, each_image};

/// The window of one output of a depthwise convolution.
#[derive(Clone, Copy)]
struct Taps<'t> {
    /// The image from the first element inside it.
    input: &'t [i8],
    /// The weights from the first element inside the image.
    weights: &'t [i8],
    rows: usize,
    columns: usize,
    /// Steps in the image: row, column.
    input_steps: [usize; 2],
    /// Steps in the weights: row, column.
    weight_steps: [usize; 2],
}

impl Taps<'_> {
    /// Calls `visit` with the first indices of each element in image and weights.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        for row in 0..self.rows {
            let mut input = row * self.input_steps[0];
            let mut weight = row * self.weight_steps[0];
            for _ in 0..self.columns {
                visit(input, weight);
                input += self.input_steps[1];
                weight += self.weight_steps[1];
            }
        }
    }
}

/// A depthwise convolution.
struct Groups<'g> {
    op: &'g Conv2d<'g>,
    requantisation: &'g Requantisation<'g>,
    finish: Output,
    /// Output channels of an input channel.
    multiplier: usize,
}

impl Groups<'_> {
    /// Lets `accumulate` add to the biases of the channels of each group.
    #[inline(always)]
    fn each(
        &self,
        outputs: &mut [[i8; 4]],
        mut accumulate: impl FnMut(usize, [i32; 4]) -> [i32; 4],
    ) {
        let finish = &self.finish;
        let multipliers = self.requantisation.multipliers.as_chunks::<4>().0;
        let shifts = self.requantisation.shifts.as_chunks::<4>().0;
        let scales = multipliers.iter().zip(shifts);
        for (group, (outputs, (multipliers, shifts))) in outputs.iter_mut().zip(scales).enumerate()
        {
            let sums = accumulate(group, self.op.bias.fours(group));
            *outputs = finish.requantise_four(multipliers, shifts, sums);
        }
    }

    /// One output of any window.
    #[inline(never)]
    fn one(&self, taps: &Taps, channel: usize) -> i8 {
        let from = channel.checked_div(self.multiplier).unwrap_or(0);
        let input = taps.input.get(from..).unwrap_or(&[]);
        let weights = taps.weights.get(channel..).unwrap_or(&[]);
        let offset = self.op.input_offset;
        let mut sum = self.op.bias.get(channel);
        taps.each(|at, weight| {
            let value = input.get(at).map_or(0, |&value| i32::from(value) + offset);
            let weight = weights.get(weight).map_or(0, |&weight| i32::from(weight));
            sum = simd::smlabb(value as u32, weight as u32, sum);
        });
        let Multiplier { multiplier, shift } = self.requantisation.get(channel);
        self.finish.requantise(multiplier, shift, sum)
    }

    /// The outputs of any window, one channel of input each.
    #[inline(never)]
    fn any(&self, taps: &Taps, outputs: &mut [[i8; 4]]) {
        let offset = both(self.op.input_offset);
        self.each(outputs, |group, sums| {
            let channel = 4 * group;
            let input = taps.input.get(channel..).unwrap_or(&[]);
            let weights = taps.weights.get(channel..).unwrap_or(&[]);
            let mut sums = sums;
            taps.each(|at, weight| {
                sums = depthwise_tap(load(input, at), load(weights, weight), offset, sums);
            });
            sums
        });
    }

    /// The outputs of any window, where four channels share one of the input.
    #[inline(never)]
    fn shared(&self, taps: &Taps, outputs: &mut [[i8; 4]]) {
        let offset = self.op.input_offset;
        self.each(outputs, |group, sums| {
            let channel = 4 * group;
            let from = channel.checked_div(self.multiplier).unwrap_or(0);
            let input = taps.input.get(from..).unwrap_or(&[]);
            let weights = taps.weights.get(channel..).unwrap_or(&[]);
            let mut sums = sums;
            for row in 0..taps.rows {
                let values = input.get(row * taps.input_steps[0]..).unwrap_or(&[]);
                let words = weights.get(row * taps.weight_steps[0]..).unwrap_or(&[]);
                let words = words.chunks(taps.weight_steps[1].max(1));
                let mut at = 0;
                for word in words.take(taps.columns) {
                    let value = values.get(at).map_or(0, |&value| i32::from(value) + offset);
                    at += taps.input_steps[1];
                    let (value, word) = (value as u32, load(word, 0));
                    let (even, odd) = (simd::sxtb16(word), simd::sxtb16_odd(word));
                    sums = [
                        simd::smlabb(value, even, sums[0]),
                        simd::smlabb(value, odd, sums[1]),
                        simd::smlabt(value, even, sums[2]),
                        simd::smlabt(value, odd, sums[3]),
                    ];
                }
            }
            sums
        });
    }
}

impl<'g> Groups<'g> {
    fn of(op: &'g Conv2d, requantisation: &'g Requantisation) -> Self {
        let [_, _, depth] = op.window.input;
        let multiplier = op.window.output[2].checked_div(depth).unwrap_or(0).max(1);
        Self {
            op,
            requantisation,
            finish: Output::new(requantisation, op.output_offset, op.bounds),
            multiplier,
        }
    }

    /// Lets `compute` write the channels of each output.
    #[inline(always)]
    fn each_output(&self, input: &[i8], output: &mut [i8], compute: impl Fn(&Taps, &mut [i8])) {
        let window = &self.op.window;
        let [_, width, depth] = window.input;
        let channels = window.output[2];
        for (image, output) in each_image(window.batches, input, output) {
            let outputs = output.chunks_exact_mut(channels.max(1));
            for (outputs, [y, x]) in outputs.zip(Positions::of(window)) {
                let (top, left) = (window.origin(0, y), window.origin(1, x));
                let (rows, columns) = (window.inside(0, top), window.inside(1, left));
                let row = (top + (rows.start * window.dilation[0]) as isize) as usize;
                let column = (left + (columns.start * window.dilation[1]) as isize) as usize;
                let element = rows.start * window.filter[1] + columns.start;
                let taps = Taps {
                    input: image.get((row * width + column) * depth..).unwrap_or(&[]),
                    weights: self.op.filter.get(element * channels..).unwrap_or(&[]),
                    rows: rows.len(),
                    columns: columns.len(),
                    input_steps: [
                        window.dilation[0] * width * depth,
                        window.dilation[1] * depth,
                    ],
                    weight_steps: [window.filter[1] * channels, channels],
                };
                compute(&taps, outputs);
            }
        }
    }
}

/// DEPTHWISE_CONV_2D of as many output channels as input channels, a multiple of 4.
pub(super) fn fours(op: &Conv2d, requantisation: &Requantisation, input: &[i8], output: &mut [i8]) {
    let groups = Groups::of(op, requantisation);
    groups.each_output(input, output, |taps, outputs| {
        groups.any(taps, outputs.as_chunks_mut().0);
    });
}

/// DEPTHWISE_CONV_2D.
pub(super) fn depthwise_conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let channels = op.window.output[2];
    let groups = Groups::of(op, requantisation);
    let compute = match groups.multiplier {
        1 => Groups::any,
        _ => Groups::shared,
    };
    let grouped = if groups.multiplier == 1 || groups.multiplier.is_multiple_of(4) {
        channels / 4 * 4
    } else {
        0
    };
    groups.each_output(input, output, |taps, outputs| {
        let Some((together, alone)) = outputs.split_at_mut_checked(grouped) else {
            return;
        };
        compute(&groups, taps, together.as_chunks_mut().0);
        for (channel, output) in (grouped..).zip(alone) {
            *output = groups.one(taps, channel);
        }
    });
}

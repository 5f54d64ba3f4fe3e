//! Fully connected layers: four output channels at a time, for which the input is widened once.

use super::both;
use super::output::Output;
use crate::quantisation::Multiplier;
use crate::simd::dot_4x1;
use crate::{FullyConnected, Requantisation, each_image};

/// FULLY_CONNECTED.
pub(super) fn fully_connected(
    op: &FullyConnected,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let layer = Layer {
        op,
        requantisation,
        finish: Output::new(requantisation, op.output_offset, op.bounds),
        offset: both(op.input_offset),
    };
    for (input, output) in each_image(op.batches, input, output) {
        let mut filter = op.filter;
        for (group, outputs) in output.chunks_mut(4).enumerate() {
            let channel = 4 * group;
            if let Ok(outputs) = <&mut [i8; 4]>::try_from(&mut *outputs) {
                let sums = layer.sums(filter, op.depth, input, op.bias.fours(group));
                *outputs = match requantisation.fours(group) {
                    Some((multipliers, shifts)) => layer.four(multipliers, shifts, sums),
                    None => layer.alike(channel, sums),
                };
                filter = filter.get(4 * op.depth..).unwrap_or(&[]);
            } else {
                layer.rest(filter, input, channel, outputs);
            }
        }
    }
}

/// What all rows of weights have in common.
struct Layer<'l> {
    op: &'l FullyConnected<'l>,
    requantisation: &'l Requantisation<'l>,
    finish: Output,
    /// Added to each input, in both halves.
    offset: u32,
}

impl Layer<'_> {
    /// Adds to `sums` the products of the input and four rows of weights, each `stride` elements
    /// after the last.
    #[inline(never)]
    fn sums(&self, rows: &[i8], stride: usize, input: &[i8], sums: [i32; 4]) -> [i32; 4] {
        let mut sums = dot_4x1(rows, stride, input, self.offset, sums);
        let tail = input.len() % 4;
        if tail > 0 {
            let whole = input.len() - tail;
            let tail = input.get(whole..).unwrap_or(&[]);
            self.add_tail(rows.get(whole..).unwrap_or(&[]), stride, tail, &mut sums);
        }
        sums
    }

    /// The outputs of rows of weights that are left over at the end.
    #[inline(never)]
    fn rest(&self, rows: &[i8], input: &[i8], channel: usize, outputs: &mut [i8]) {
        let depth = self.op.depth;
        let rows = rows.chunks_exact(depth.max(1));
        for (channel, (output, row)) in (channel..).zip(outputs.iter_mut().zip(rows)) {
            // The row stands for itself four times.
            let sums = self.sums(row, 0, input, [self.op.bias.get(channel); 4]);
            [*output, ..] = self.alike(channel, sums);
        }
    }

    /// The outputs of rows that have the multiplier of `channel`.
    #[inline(never)]
    fn alike(&self, channel: usize, sums: [i32; 4]) -> [i8; 4] {
        let Multiplier { multiplier, shift } = self.requantisation.get(channel);
        self.four(&[multiplier; 4], &[shift; 4], sums)
    }

    /// The outputs of four rows.
    #[inline(never)]
    fn four(&self, multipliers: &[i32; 4], shifts: &[i8; 4], sums: [i32; 4]) -> [i8; 4] {
        self.finish.requantise_four(multipliers, shifts, sums)
    }

    /// Adds the products of the inputs that don't fill a word.
    #[inline(never)]
    fn add_tail(&self, rows: &[i8], stride: usize, input: &[i8], sums: &mut [i32; 4]) {
        let mut first = 0;
        for sum in sums {
            let row = rows.get(first..).unwrap_or(&[]);
            *sum = dot_tail(row, input, self.op.input_offset, *sum);
            first += stride;
        }
    }
}

/// Adds to `sum` the products of the inputs that don't fill a word.
#[inline(never)]
fn dot_tail(row: &[i8], input: &[i8], offset: i32, sum: i32) -> i32 {
    let mut sum = sum;
    // At most three: too few to be worth unrolling.
    for (&weight, &value) in row.iter().zip(input).take(3) {
        sum = sum.wrapping_add(i32::from(weight) * (i32::from(value) + offset));
    }
    sum
}

//! Fully connected layers: four output channels at a time, for which the input is widened once.

use super::both;
use super::output::{clamp, dot, exact};
use crate::simd::rows::Rows;
use crate::{FullyConnected, Requantisation, each_image};

/// FULLY_CONNECTED.
pub(super) fn fully_connected(
    op: &FullyConnected,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let rows = Rows {
        weights: op.filter,
        bias: op.bias.0,
        multipliers: requantisation.multipliers,
        shifts: requantisation.shifts,
        offset: both(op.input_offset),
        output_offset: op.output_offset,
    };
    for (input, output) in each_image(op.batches, input, output) {
        let done = match requantisation.narrow {
            true => rows.compute(input, output),
            false => 0,
        };
        for (channel, output) in output.iter_mut().enumerate().skip(done) {
            *output = one(op, requantisation, channel, input);
        }
    }
    clamp(output, op.bounds);
}

/// One output, in any case.
#[inline(never)]
fn one(op: &FullyConnected, scales: &Requantisation, channel: usize, input: &[i8]) -> i8 {
    let row = op.filter.get(channel * op.depth..).unwrap_or(&[]);
    let bias = op.bias.get(channel);
    let sum = dot(bias, input, op.input_offset, row, [1; 2], op.depth);
    exact(op.output_offset, op.bounds, scales.get(channel), sum)
}

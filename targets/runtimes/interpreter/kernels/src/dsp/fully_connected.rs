//! Fully connected layers: the input is widened once for all output channels if they have one scale,
//! else for four at a time.

use super::both;
use super::output::{clamp, exact};
use crate::quantisation::Multiplier;
use crate::simd::blocks::Blocks;
use crate::simd::rows::Rows;
use crate::simd::steps::dot;
use crate::simd::tile::{MOST_SHIFT, Scale};
use crate::{FullyConnected, Requantisation, each_image};

/// FULLY_CONNECTED.
pub(super) fn fully_connected(
    op: &FullyConnected,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let blocks = match cfg!(feature = "size") {
        true => None,
        false => blocks(op, requantisation),
    };
    for (input, output) in each_image(op.batches, input, output) {
        let done = blocks.as_ref().map(|blocks| blocks.compute(input, output));
        if done.flatten().is_none() {
            row_by_row(op, requantisation, input, output);
        }
    }
    clamp(output, op.bounds);
}

/// Four rows at a time, or each by itself.
#[inline(never)]
fn row_by_row(
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
    let done = match requantisation.narrow {
        true => rows.compute(input, output),
        false => 0,
    };
    for (channel, output) in output.iter_mut().enumerate().skip(done) {
        *output = one(op, requantisation, channel, input);
    }
}

/// Rows that have one scale, whose zero point can be added before the shift.
fn blocks<'b>(op: &FullyConnected<'b>, requantisation: &Requantisation) -> Option<Blocks<'b>> {
    let Multiplier { multiplier, shift } = requantisation.get(0);
    let one = requantisation.multipliers.len() == 1 && (-MOST_SHIFT..0).contains(&shift);
    (one && requantisation.narrow).then_some(Blocks {
        weights: op.filter,
        bias: op.bias.0,
        scale: Scale::new(multiplier, shift, op.output_offset),
        offset: both(op.input_offset),
    })
}

/// One output, in any case.
#[inline(never)]
fn one(op: &FullyConnected, scales: &Requantisation, channel: usize, input: &[i8]) -> i8 {
    let row = op.filter.get(channel * op.depth..).unwrap_or(&[]);
    let bias = op.bias.get(channel);
    let sum = dot(bias, input, op.input_offset, row, [1; 2], op.depth);
    exact(op.output_offset, op.bounds, scales.get(channel), sum)
}

//! Fully connected layers: two output channels at a time.

use super::rows::two_rows;
use super::scale::Outputs;
use crate::{FullyConnected, Requantisation, each_image};

/// FULLY_CONNECTED.
pub(super) fn fully_connected(
    op: &FullyConnected,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let outputs = Outputs::new(requantisation, op.output_offset, op.bounds, op.depth);
    let depth = op.depth.max(1);
    for (input, output) in each_image(op.batches, input, output) {
        let mut rows = op.filter;
        for (pair, output) in output.chunks_mut(2).enumerate() {
            let sums = match (words(input), rows.get(..2 * depth).and_then(words)) {
                (Some(values), Some(weights)) => two_rows(values, op.input_offset, weights),
                _ => {
                    let (first, second) = rows.split_at_checked(depth).unwrap_or((rows, &[]));
                    [first, second].map(|row| dot(input, op.input_offset, row))
                }
            };
            for (at, (output, sum)) in output.iter_mut().zip(sums).enumerate() {
                let channel = 2 * pair + at;
                let bias = op.bias.get(channel);
                let sum = sum.wrapping_add(bias);
                *output = match outputs.scale(channel, bias) {
                    Some(scale) => scale.apply(sum),
                    None => outputs.any(channel, sum),
                };
            }
            rows = rows.get(2 * depth..).unwrap_or(&[]);
        }
    }
}

/// Whole words, if that is what there is.
fn words(bytes: &[i8]) -> Option<&[u32]> {
    bytemuck::try_cast_slice(bytes).ok()
}

/// The sum of the products of values, with `offset` added, and weights.
#[inline(never)]
fn dot(values: &[i8], offset: i32, weights: &[i8]) -> i32 {
    let products = values.iter().zip(weights);
    products.fold(0, |sum, (&value, &weight)| {
        sum.wrapping_add((i32::from(value) + offset) * i32::from(weight))
    })
}

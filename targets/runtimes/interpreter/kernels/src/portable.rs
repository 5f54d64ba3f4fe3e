//! The reference kernels: plain loops after the definition of each operator.

use super::{
    Add, Conv2d, FullyConnected, Kernels, Pool2d, Requantisation, Softmax, Window, together,
};
use crate::quantisation::Multiplier;
use crate::softmax::{SoftmaxScale, softmax};

/// The reference kernels, in plain Rust.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

fn clamp(value: i32, bounds: [i32; 2]) -> i8 {
    value.max(bounds[0]).min(bounds[1]) as i8
}

/// Writes one element, which must exist.
fn store(output: &mut [i8], at: usize, value: i8) {
    if let Some(output) = output.get_mut(at) {
        *output = value;
    }
}

/// Calls `visit` for each position of the output image with the index of its first channel in
/// the output, the index of the input image, and the origin of the window.
pub(super) fn each_position(window: &Window, mut visit: impl FnMut(usize, usize, [isize; 2])) {
    let mut at = 0;
    for batch in 0..window.batches {
        for y in 0..window.output[0] {
            for x in 0..window.output[1] {
                visit(at, batch, [window.origin(0, y), window.origin(1, x)]);
                at += window.output[2];
            }
        }
    }
}

/// Calls `visit` for each element of the window at `origin` that lies inside the image, with the
/// element's index in the filter and the index of the first channel in the input.
pub(super) fn each_element(
    window: &Window,
    batch: usize,
    origin: [isize; 2],
    mut visit: impl FnMut(usize, usize),
) {
    let [height, width, channels] = window.input;
    for filter_y in window.inside(0, origin[0]) {
        let y = (origin[0] + (filter_y * window.dilation[0]) as isize) as usize;
        for filter_x in window.inside(1, origin[1]) {
            let x = (origin[1] + (filter_x * window.dilation[1]) as isize) as usize;
            visit(
                filter_y * window.filter[1] + filter_x,
                ((batch * height + y) * width + x) * channels,
            );
        }
    }
}

impl Kernels for Portable {
    fn conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        _scratch: &mut [u32],
    ) {
        let window = &op.window;
        let depth = window.input[2];
        let size = window.filter[0] * window.filter[1] * depth;
        each_position(window, |at, batch, origin| {
            for channel in 0..window.output[2] {
                let filter = &op.filter[channel * size..][..size];
                let mut sum = op.bias.get(channel);
                each_element(window, batch, origin, |element, first| {
                    let weights = &filter[element * depth..][..depth];
                    for (&weight, &value) in weights.iter().zip(&input[first..][..depth]) {
                        let product = i32::from(weight) * (i32::from(value) + op.input_offset);
                        sum = sum.wrapping_add(product);
                    }
                });
                let scaled = requantisation.get(channel).apply(sum);
                output[at + channel] = clamp(scaled.saturating_add(op.output_offset), op.bounds);
            }
        });
    }

    fn depthwise_conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        let window = &op.window;
        let channels = window.output[2];
        let multiplier = channels / window.input[2];
        each_position(window, |at, batch, origin| {
            for channel in 0..channels {
                let mut sum = op.bias.get(channel);
                each_element(window, batch, origin, |element, first| {
                    let weight = i32::from(op.filter[element * channels + channel]);
                    let value = i32::from(input[first + channel / multiplier]);
                    sum = sum.wrapping_add(weight * (value + op.input_offset));
                });
                let scaled = requantisation.get(channel).apply(sum);
                output[at + channel] = clamp(scaled.saturating_add(op.output_offset), op.bounds);
            }
        });
    }

    fn fully_connected(
        op: &FullyConnected,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        let channels = op.filter.len() / op.depth;
        let rows = together(
            input.chunks_exact(op.depth),
            output.chunks_exact_mut(channels),
        );
        for (input, output) in rows {
            let filters = op.filter.chunks_exact(op.depth);
            for (channel, (output, filter)) in output.iter_mut().zip(filters).enumerate() {
                let mut sum = op.bias.get(channel);
                for (&weight, &value) in filter.iter().zip(input) {
                    let product = i32::from(weight) * (i32::from(value) + op.input_offset);
                    sum = sum.wrapping_add(product);
                }
                let scaled = requantisation.get(channel).apply(sum);
                *output = clamp(scaled.saturating_add(op.output_offset), op.bounds);
            }
        }
    }

    fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        let window = &op.window;
        each_position(window, |at, batch, origin| {
            for channel in 0..window.output[2] {
                let mut sum = 0_i32;
                let mut count = 0;
                each_element(window, batch, origin, |_, first| {
                    sum += input.get(first + channel).map_or(0, |&value| value.into());
                    count += 1;
                });
                // Rounded to nearest, ties away from zero.
                let half = if sum > 0 { count / 2 } else { -(count / 2) };
                let mean = (sum + half).checked_div(count).unwrap_or(0);
                store(output, at + channel, clamp(mean, op.bounds));
            }
        });
    }

    fn max_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        let window = &op.window;
        each_position(window, |at, batch, origin| {
            for channel in 0..window.output[2] {
                let mut max = i8::MIN;
                each_element(window, batch, origin, |_, first| {
                    max = max.max(input.get(first + channel).copied().unwrap_or(i8::MIN));
                });
                store(output, at + channel, clamp(max.into(), op.bounds));
            }
        });
    }

    fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
        let scaled = |index: usize, value: i8| {
            let shifted = (i32::from(value) + op.input_offsets[index]) << Add::LEFT_SHIFT;
            multipliers[index].apply(shifted)
        };
        for ((output, &a), &b) in output.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            let sum = scaled(0, a) + scaled(1, b);
            *output = clamp(multipliers[2].apply(sum) + op.output_offset, op.bounds);
        }
    }

    fn softmax(op: &Softmax, scale: SoftmaxScale, input: &[i8], output: &mut [i8]) {
        let rows = together(
            input.chunks_exact(op.depth.max(1)),
            output.chunks_exact_mut(op.depth.max(1)),
        );
        for (input, output) in rows {
            softmax(scale, input, output);
        }
    }
}

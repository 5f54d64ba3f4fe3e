//! The operators' arithmetic on float32.
//!
//! Products are summed in the order of TensorFlow Lite Micro's reference kernels, the bias is added
//! last, and nothing is fused, so that results differ from theirs by the rounding of compilers at
//! most. Multiplication and addition are two instructions of one cycle each on a Cortex-M4, the
//! fused one takes three.

use super::portable::{each_element, each_position};
use super::{Window, together};

/// CONV_2D or DEPTHWISE_CONV_2D.
#[derive(Clone, Copy, Debug)]
pub struct Conv2d<'a> {
    /// Geometry.
    pub window: Window,
    /// Weights. Convolution: output channel, row, column, input channel. Depthwise: row, column,
    /// output channel.
    pub filter: &'a [f32],
    /// Biases, one per output channel, or none.
    pub bias: &'a [f32],
    /// Bounds of the output, both included.
    pub bounds: [f32; 2],
}

/// FULLY_CONNECTED.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnected<'a> {
    /// Rows of the input and of the output.
    pub batches: usize,
    /// Length of an input row.
    pub depth: usize,
    /// Weights: output channel, input channel.
    pub filter: &'a [f32],
    /// Biases, one per output channel, or none.
    pub bias: &'a [f32],
    /// Bounds of the output, both included.
    pub bounds: [f32; 2],
}

/// AVERAGE_POOL_2D.
#[derive(Clone, Copy, Debug)]
pub struct Pool2d {
    /// Geometry.
    pub window: Window,
    /// Bounds of the output, both included.
    pub bounds: [f32; 2],
}

/// Channels that are computed at a time, so that each input is loaded once for all of them.
const CHANNELS: usize = 4;

/// `value` within the bounds; what isn't a number stays so.
pub fn clamp(value: f32, [low, high]: [f32; 2]) -> f32 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// Stores sums of some channels from `channel` on, with bias and bounds.
fn finish(output: &mut [f32], sums: &[f32], channel: usize, bias: &[f32], bounds: [f32; 2]) {
    for (index, (output, &sum)) in output.iter_mut().zip(sums).enumerate() {
        let bias = bias.get(channel + index).copied().unwrap_or(0.0);
        *output = clamp(sum + bias, bounds);
    }
}

/// Adds the products of `input` with four lines of weights, each to its sum.
///
/// A function of its own, so that everything in its loop is in registers.
#[inline(never)]
fn accumulate(sums: &mut [f32; CHANNELS], lines: [&[f32]; CHANNELS], input: &[f32]) {
    let ([mut a, mut b, mut c, mut d], [to_a, to_b, to_c, to_d]) = (*sums, lines);
    let weights = to_a.iter().zip(to_b).zip(to_c).zip(to_d);
    for (&value, (((&for_a, &for_b), &for_c), &for_d)) in input.iter().zip(weights) {
        a += value * for_a;
        b += value * for_b;
        c += value * for_c;
        d += value * for_d;
    }
    *sums = [a, b, c, d];
}

/// Four of the lines of `size` weights from line `first` on. Behind the last one, where nobody
/// needs the sums, the first stands again.
fn lines(filter: &[f32], size: usize, first: usize) -> [&[f32]; CHANNELS] {
    let line = |index: usize| {
        let start = (first + index) * size;
        filter.get(start..start + size)
    };
    let fallback = line(0).unwrap_or(&[]);
    core::array::from_fn(|index| line(index).unwrap_or(fallback))
}

/// CONV_2D.
pub fn conv_2d(op: &Conv2d, input: &[f32], output: &mut [f32]) {
    let window = &op.window;
    let channels = window.output[2];
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..at + channels) else {
            return;
        };
        for (index, chunk) in output.chunks_mut(CHANNELS).enumerate() {
            let channel = index * CHANNELS;
            let sums = window_sums(op, input, batch, origin, channel);
            finish(chunk, &sums, channel, op.bias, op.bounds);
        }
    });
}

/// The sums of four channels of a convolution from `channel` on, for the window at `origin`.
fn window_sums(
    op: &Conv2d,
    input: &[f32],
    batch: usize,
    origin: [isize; 2],
    channel: usize,
) -> [f32; CHANNELS] {
    let window = &op.window;
    let depth = window.input[2];
    let size = window.filter[0] * window.filter[1] * depth;
    let filters = lines(op.filter, size, channel);
    let mut sums = [0.0; CHANNELS];
    let mut add = |element: usize, first: usize, length: usize| {
        let weights = filters.map(|filter| filter.get(element * depth..).unwrap_or(&[]));
        if let Some(input) = input.get(first..first + length) {
            accumulate(&mut sums, weights, input);
        }
    };
    if window.dilation[1] != 1 {
        each_element(window, batch, origin, |element, first| {
            add(element, first, depth);
        });
        return sums;
    }
    // Neighbours in a row of the window are neighbours in memory.
    let columns = window.inside(1, origin[1]);
    let x = (origin[1] + columns.start as isize).max(0) as usize;
    for row in window.inside(0, origin[0]) {
        let y = (origin[0] + (row * window.dilation[0]) as isize) as usize;
        let first = ((batch * window.input[0] + y) * window.input[1] + x) * depth;
        let element = row * window.filter[1] + columns.start;
        add(element, first, columns.len() * depth);
    }
    sums
}

/// DEPTHWISE_CONV_2D.
pub fn depthwise_conv_2d(op: &Conv2d, input: &[f32], output: &mut [f32]) {
    let window = &op.window;
    let channels = window.output[2];
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(1).max(1);
    // Where code is compiled for size, nobody sees that it isn't 0.
    let source = |channel: usize| match cfg!(feature = "size") {
        true => channel.checked_div(multiplier).unwrap_or(0),
        false => channel / multiplier,
    };
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..at + channels) else {
            return;
        };
        for (index, chunk) in output.chunks_mut(CHANNELS).enumerate() {
            let channel = index * CHANNELS;
            let mut sums = [0.0_f32; CHANNELS];
            each_element(window, batch, origin, |element, first| {
                let weights = op.filter.get(element * channels + channel..).unwrap_or(&[]);
                let values = input.get(first + source(channel)..).unwrap_or(&[]);
                match (weights.first_chunk(), values.first_chunk()) {
                    (Some(weights), Some(values)) if multiplier == 1 => {
                        multiply(&mut sums, weights, values);
                    }
                    _ => {
                        for (index, (sum, &weight)) in sums.iter_mut().zip(weights).enumerate() {
                            let from = first + source(channel + index);
                            *sum += input.get(from).copied().unwrap_or(0.0) * weight;
                        }
                    }
                }
            });
            finish(chunk, &sums, channel, op.bias, op.bounds);
        }
    });
}

/// Adds the products of four weights and values, each to its sum.
#[inline(always)]
fn multiply(sums: &mut [f32; CHANNELS], weights: &[f32; CHANNELS], values: &[f32; CHANNELS]) {
    for ((sum, &weight), &value) in sums.iter_mut().zip(weights).zip(values) {
        *sum += value * weight;
    }
}

/// FULLY_CONNECTED.
pub fn fully_connected(op: &FullyConnected, input: &[f32], output: &mut [f32]) {
    let depth = op.depth.max(1);
    let channels = (op.filter.len() / depth).max(1);
    let rows = together(input.chunks_exact(depth), output.chunks_exact_mut(channels));
    for (input, output) in rows {
        for (index, chunk) in output.chunks_mut(CHANNELS).enumerate() {
            let channel = index * CHANNELS;
            let mut sums = [0.0; CHANNELS];
            accumulate(&mut sums, lines(op.filter, depth, channel), input);
            finish(chunk, &sums, channel, op.bias, op.bounds);
        }
    }
}

/// AVERAGE_POOL_2D.
pub fn average_pool_2d(op: &Pool2d, input: &[f32], output: &mut [f32]) {
    let window = &op.window;
    each_position(window, |at, batch, origin| {
        for channel in 0..window.output[2] {
            let (mut sum, mut count) = (0.0_f32, 0.0_f32);
            each_element(window, batch, origin, |_, first| {
                sum += input.get(first + channel).copied().unwrap_or(0.0);
                count += 1.0;
            });
            if let Some(output) = output.get_mut(at + channel) {
                *output = clamp(sum / count.max(1.0), op.bounds);
            }
        }
    });
}

/// SOFTMAX of rows of `depth` elements.
pub fn softmax(depth: usize, beta: f32, input: &[f32], output: &mut [f32]) {
    let rows = together(
        input.chunks_exact(depth.max(1)),
        output.chunks_exact_mut(depth.max(1)),
    );
    for (input, output) in rows {
        let max = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0_f32;
        for (output, &value) in output.iter_mut().zip(input) {
            *output = exp((value - max) * beta);
            sum += *output;
        }
        for output in output {
            *output /= sum;
        }
    }
}

/// e to the power of `x`, within 2 units in the last place where it is a normal number; 0 below
/// that, infinity above the largest one.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, and e^r by its Taylor series up to r^7 (W. J. Cody and
/// W. Waite, "Software Manual for the Elementary Functions", 1980, chapter 6, for the reduction
/// with ln 2 in two parts).
pub fn exp(x: f32) -> f32 {
    /// ln 2 = HIGH + LOW; HIGH has so few bits that its product with n is exact.
    const HIGH: f32 = 355.0 / 512.0;
    const LOW: f32 = -2.121_944_4e-4;
    if x.is_nan() {
        return x;
    }
    if x < -87.33 {
        return 0.0;
    }
    if x > 88.72 {
        return f32::INFINITY;
    }
    let scaled = x * core::f32::consts::LOG2_E;
    let n = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32;
    let r = (x - n as f32 * HIGH) - n as f32 * LOW;
    let mut series = 1.0 / 5_040.0;
    for factor in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        series = series * r + factor;
    }
    // In two steps, as 2^128 is no float32 but e^88.7 is one.
    let power = |n: i32| f32::from_bits(((n + 127) as u32) << 23);
    series * power(n / 2) * power(n - n / 2)
}

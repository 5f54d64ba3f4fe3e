//! Sums of products of any types, in plain loops: for operators and types that have no kernels of
//! their own.
//!
//! What the types have in common is left to functions: `dot` adds the products of a line of weights
//! and as many values to a sum, in order, and `finish` makes an element of the output of the sum
//! for a channel.

use crate::portable::{each_element, each_position};
use crate::{Multiplier, Window};

/// Adds products of float32 weights and values to `sum`.
pub fn dot_float32(sum: f32, weights: &[f32], values: &[f32]) -> f32 {
    let products = weights.iter().zip(values);
    products.fold(sum, |sum, (&weight, &value)| sum + value * weight)
}

/// Adds the products of integers and offsets to `sum`. Weights and their offset have together 9
/// bits, values and theirs 17, signs included.
#[inline]
pub fn dot_integers<W: Copy + Into<i32>, V: Copy + Into<i32>>(
    sum: i64,
    (weights, weights_offset): (&[W], i32),
    (values, values_offset): (&[V], i32),
) -> i64 {
    /// So many products of 26 bits fit 32 bits.
    const LINE: usize = 32;
    let mut values = values.chunks(LINE);
    weights.chunks(LINE).fold(sum, |sum, weights| {
        let values = values.next().unwrap_or(&[]);
        let products = weights.iter().zip(values).map(|(&weight, &value)| {
            let (weight, value): (i32, i32) = (weight.into(), value.into());
            weight
                .wrapping_add(weights_offset)
                .wrapping_mul(value.wrapping_add(values_offset))
        });
        sum.wrapping_add(products.fold(0_i32, i32::wrapping_add).into())
    })
}

/// `value` times the number that `multiplier` stands for, as TensorFlow Lite multiplies 64-bit
/// accumulators: with the upper 16 bits of the multiplier, rounded to nearest, ties upwards. The
/// shift has to be below 15.
pub fn multiply_wide(multiplier: Multiplier, value: i64) -> i32 {
    let reduced = match multiplier.multiplier {
        0x7fff_0000.. => 0x7fff,
        whole => (whole + (1 << 15)) >> 16,
    };
    let shift = (15 - i32::from(multiplier.shift)).clamp(1, 63) as u32;
    let product = value.wrapping_mul(reduced.into());
    (product.wrapping_add(1 << (shift - 1)) >> shift) as i32
}

/// A convolution. Weights: output channel, row, column, input channel of the group. The first
/// output channels belong to the first input channels, and so on, if the weights are fewer than
/// those of all input channels.
pub fn conv_2d<W, V, S: Copy, O>(
    window: &Window,
    filter: &[W],
    input: &[V],
    output: &mut [O],
    start: S,
    dot: impl Fn(S, &[W], &[V]) -> S,
    finish: impl Fn(usize, S) -> O,
) {
    let channels = window.output[2];
    let area = window.filter[0].wrapping_mul(window.filter[1]);
    let lines = area.wrapping_mul(channels);
    let depth = filter.len().checked_div(lines).unwrap_or(0);
    let groups = window.input[2].checked_div(depth).unwrap_or(0);
    let members = channels.checked_div(groups).unwrap_or(0);
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..).and_then(|it| it.get_mut(..channels)) else {
            return;
        };
        for (channel, output) in output.iter_mut().enumerate() {
            let group = channel.checked_div(members).unwrap_or(0);
            let offset = group.wrapping_mul(depth);
            let line = channel.wrapping_mul(area);
            let mut sum = start;
            each_element(window, batch, origin, |element, first| {
                let weights = part(
                    filter,
                    line.wrapping_add(element).wrapping_mul(depth),
                    depth,
                );
                let values = part(input, first.wrapping_add(offset), depth);
                sum = dot(sum, weights, values);
            });
            *output = finish(channel, sum);
        }
    });
}

/// A convolution of each channel by itself. Weights: row, column, output channel.
pub fn depthwise_conv_2d<W, V, S: Copy, O>(
    window: &Window,
    filter: &[W],
    input: &[V],
    output: &mut [O],
    start: S,
    dot: impl Fn(S, &[W], &[V]) -> S,
    finish: impl Fn(usize, S) -> O,
) {
    let channels = window.output[2];
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(0);
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..).and_then(|it| it.get_mut(..channels)) else {
            return;
        };
        for (channel, output) in output.iter_mut().enumerate() {
            let mut sum = start;
            each_element(window, batch, origin, |element, first| {
                let weight = element.wrapping_mul(channels).wrapping_add(channel);
                let value = first.wrapping_add(channel.checked_div(multiplier).unwrap_or(0));
                sum = dot(sum, part(filter, weight, 1), part(input, value, 1));
            });
            *output = finish(channel, sum);
        }
    });
}

/// A fully connected layer. Weights: output channel, input channel.
pub fn fully_connected<W, V, S: Copy, O>(
    depth: usize,
    filter: &[W],
    input: &[V],
    output: &mut [O],
    start: S,
    dot: impl Fn(S, &[W], &[V]) -> S,
    finish: impl Fn(usize, S) -> O,
) {
    let depth = depth.max(1);
    let channels = (filter.len() / depth).max(1);
    // Iterators of chunks that are zipped divide by the chunk's length, and check it.
    let mut rows = input.chunks_exact(depth);
    for output in output.chunks_exact_mut(channels) {
        let Some(input) = rows.next() else {
            return;
        };
        let mut lines = filter.chunks_exact(depth);
        for (channel, output) in output.iter_mut().enumerate() {
            let weights = lines.next().unwrap_or(&[]);
            *output = finish(channel, dot(start, weights, input));
        }
    }
}

/// A transposed convolution. Its `window` is that of the convolution from its output to its input,
/// as which it has `output` and `input` exchanged. Weights: output channel, row, column, input
/// channel.
pub fn transpose_conv_2d<W, V, S: Copy, O>(
    window: &Window,
    filter: &[W],
    input: &[V],
    output: &mut [O],
    start: S,
    dot: impl Fn(S, &[W], &[V]) -> S,
    finish: impl Fn(usize, S) -> O,
) {
    let [height, width, channels] = window.input;
    let [rows, columns, depth] = window.output;
    let area = window.filter[0].wrapping_mul(window.filter[1]);
    let mut pixels = output.chunks_exact_mut(channels.max(1));
    for batch in 0..window.batches {
        for y in 0..height {
            for x in 0..width {
                let Some(output) = pixels.next() else {
                    return;
                };
                for (channel, output) in output.iter_mut().enumerate() {
                    let line = channel.wrapping_mul(area);
                    let mut sum = start;
                    for (row, filter_y) in reaching(window, 0, y, rows) {
                        for (column, filter_x) in reaching(window, 1, x, columns) {
                            let element = filter_y
                                .wrapping_mul(window.filter[1])
                                .wrapping_add(filter_x)
                                .wrapping_add(line);
                            let pixel = batch
                                .wrapping_mul(rows)
                                .wrapping_add(row)
                                .wrapping_mul(columns)
                                .wrapping_add(column);
                            let weights = part(filter, element.wrapping_mul(depth), depth);
                            sum = dot(sum, weights, part(input, pixel.wrapping_mul(depth), depth));
                        }
                    }
                    *output = finish(channel, sum);
                }
            }
        }
    }
}

/// The positions of the window of which an element lies at `at` along `axis`, in order, each with
/// the element.
fn reaching(
    window: &Window,
    axis: usize,
    at: usize,
    positions: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let (filter, stride, padding) = match axis {
        0 => (window.filter[0], window.stride[0], window.padding[0]),
        _ => (window.filter[1], window.stride[1], window.padding[1]),
    };
    let at = at.wrapping_add(padding);
    // From the first position whose window ends behind `at`.
    let past = (at.wrapping_add(1)).saturating_sub(filter);
    let first = past.div_ceil(stride.max(1));
    (first..positions).map_while(move |position| {
        let element = at.checked_sub(position.wrapping_mul(stride))?;
        Some((position, element))
    })
}

/// Distances between neighbours of a matrix, in elements: rows and columns.
pub type Steps = [usize; 2];

/// The product of two matrices. `size` is rows, columns, and the length of a sum.
pub fn multiply_matrices<T: Copy, S: Copy, O>(
    [rows, columns, depth]: [usize; 3],
    (a, a_steps): (&[T], Steps),
    (b, b_steps): (&[T], Steps),
    output: &mut [O],
    start: S,
    step: impl Fn(S, T, T) -> S,
    finish: impl Fn(S) -> O,
) {
    let lines = output.chunks_exact_mut(columns.max(1));
    for (row, output) in lines.take(rows).enumerate() {
        for (column, output) in output.iter_mut().enumerate() {
            let mut sum = start;
            let mut at = row.wrapping_mul(a_steps[0]);
            let mut to = column.wrapping_mul(b_steps[1]);
            for _ in 0..depth {
                if let (Some(&a), Some(&b)) = (a.get(at), b.get(to)) {
                    sum = step(sum, a, b);
                }
                at = at.wrapping_add(a_steps[1]);
                to = to.wrapping_add(b_steps[0]);
            }
            *output = finish(sum);
        }
    }
}

/// `length` elements from `first` on, or none.
#[inline]
fn part<T>(elements: &[T], first: usize, length: usize) -> &[T] {
    let part = elements.get(first..).and_then(|rest| rest.get(..length));
    part.unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_multiplication_rounds_once() {
        let half = Multiplier::from_real(0.5).unwrap();
        assert_eq!(multiply_wide(half, 3), 2);
        assert_eq!(multiply_wide(half, -3), -1);
        let tiny = Multiplier::from_real(1.0 / (1_u64 << 20) as f64).unwrap();
        assert_eq!(multiply_wide(tiny, 5 << 40), 5 << 20);
        // The upper 16 bits would round up to a 17th.
        let nearly = Multiplier {
            multiplier: i32::MAX,
            shift: 0,
        };
        assert_eq!(multiply_wide(nearly, 1 << 20), 0x7fff << 5);
    }

    #[test]
    fn transposed_windows_reach_each_element_once() {
        let window = Window {
            batches: 1,
            input: [7, 7, 1],
            output: [3, 3, 1],
            filter: [3, 3],
            stride: [2, 2],
            dilation: [1, 1],
            padding: [0, 0],
        };
        let mut found = [0; 7];
        for (at, found) in found.iter_mut().enumerate() {
            *found = reaching(&window, 0, at, 3).count();
        }
        assert_eq!(found, [1, 1, 2, 1, 2, 1, 1]);
    }
}

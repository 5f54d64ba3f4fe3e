//! Sums of products of any types, in loops that all share: for operators and types that have no
//! kernels of their own.
//!
//! What the types have in common is left to functions: `dot` adds the products of a line of weights
//! and as many values to a sum, in order, and `finish` makes an element of the output of the sum
//! for a channel.

use crate::dot::Value;
use crate::portable::{each_element, each_position};
use crate::{Multiplier, Window};

/// Adds products of float32 weights and values to `sum`.
pub fn dot_float32(sum: f32, weights: &[f32], values: &[f32]) -> f32 {
    let products = weights.iter().zip(values);
    products.fold(sum, |sum, (&weight, &value)| sum + value * weight)
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

/// Calls `visit` for the elements of the window at `origin` that lie inside the image, line by line:
/// with the index of a line's first element in the filter, that of its first channel in the input,
/// and how many elements it has. Unless `joined`, each element is a line.
fn each_line(
    window: &Window,
    batch: usize,
    origin: [isize; 2],
    joined: bool,
    mut visit: impl FnMut(usize, usize, usize),
) {
    if !joined {
        return each_element(window, batch, origin, |element, first| {
            visit(element, first, 1);
        });
    }
    let columns = window.inside(1, origin[1]).len();
    let mut left = 0;
    each_element(window, batch, origin, |element, first| {
        if left == 0 {
            left = columns;
            visit(element, first, columns);
        }
        left = left.wrapping_sub(1);
    });
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
    let joined = groups == 1 && window.dilation[1] == 1;
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..).and_then(|it| it.get_mut(..channels)) else {
            return;
        };
        for (channel, output) in output.iter_mut().enumerate() {
            let group = channel.checked_div(members).unwrap_or(0);
            let offset = group.wrapping_mul(depth);
            let line = channel.wrapping_mul(area);
            let mut sum = start;
            each_line(window, batch, origin, joined, |element, first, elements| {
                let weights = line.wrapping_add(element).wrapping_mul(depth);
                let length = elements.wrapping_mul(depth);
                let values = part(input, first.wrapping_add(offset), length);
                sum = dot(sum, part(filter, weights, length), values);
            });
            *output = finish(channel, sum);
        }
    });
}

/// [`conv_2d`] of int16 with int8 weights.
pub fn conv_2d_int16(
    window: &Window,
    filter: &[i8],
    input: &[i16],
    output: &mut [i16],
    finish: &dyn Fn(usize, i64) -> i16,
) {
    let dot = |sum, weights: &[i8], values: &[i16]| Value::dot(sum, (weights, 0), (values, 0));
    conv_2d(window, filter, input, output, 0, dot, finish);
}

/// A convolution of int16 with int8 weights, of each channel by itself. Weights: row, column, output
/// channel.
pub fn depthwise_conv_2d_int16(
    window: &Window,
    filter: &[i8],
    input: &[i16],
    output: &mut [i16],
    finish: &dyn Fn(usize, i64) -> i16,
) {
    /// Channels that are computed at a time.
    const GROUP: usize = 4;
    let channels = window.output[2];
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(0);
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..).and_then(|it| it.get_mut(..channels)) else {
            return;
        };
        for (group, output) in output.chunks_mut(GROUP).enumerate() {
            let channel = group * GROUP;
            let mut sums = [0_i64; GROUP];
            each_element(window, batch, origin, |element, first| {
                let weights = element.wrapping_mul(channels).wrapping_add(channel);
                let weights = filter.get(weights..).unwrap_or(&[]);
                let mut add = |offset: usize, weight: i8, value: i16| {
                    if let Some(sum) = sums.get_mut(offset) {
                        let product = i32::from(weight) * i32::from(value);
                        *sum = sum.wrapping_add(product.into());
                    }
                };
                if multiplier == 1 {
                    let values = input.get(first.wrapping_add(channel)..).unwrap_or(&[]);
                    let pairs = weights.iter().zip(values).take(GROUP);
                    for (offset, (&weight, &value)) in pairs.enumerate() {
                        add(offset, weight, value);
                    }
                    return;
                }
                for (offset, &weight) in weights.iter().take(GROUP).enumerate() {
                    let value = (channel + offset).checked_div(multiplier).unwrap_or(0);
                    let value = input.get(first.wrapping_add(value)).copied().unwrap_or(0);
                    add(offset, weight, value);
                }
            });
            for ((offset, &sum), output) in sums.iter().enumerate().zip(output) {
                *output = finish(channel + offset, sum);
            }
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

/// The product of two int8 matrices, to whose elements `offsets` are added, as
/// [`multiply_matrices`].
pub fn multiply_matrices_int8(
    [rows, columns, depth]: [usize; 3],
    (a, a_steps): (&[i8], Steps),
    (b, b_steps): (&[i8], Steps),
    offsets: [i32; 2],
    output: &mut [i8],
    finish: &dyn Fn(i32) -> i8,
) {
    /// Columns that are computed at a time.
    const GROUP: usize = 4;
    let lines = output.chunks_exact_mut(columns.max(1));
    let in_lines = a_steps[1] == 1 && b_steps[0] == 1;
    for (row, output) in lines.take(rows).enumerate() {
        let first = row.wrapping_mul(a_steps[0]);
        if in_lines {
            let a = part(a, first, depth);
            for (column, output) in output.iter_mut().enumerate() {
                let b = part(b, column.wrapping_mul(b_steps[1]), depth);
                *output = finish(Value::dot(0, (a, offsets[0]), (b, offsets[1])) as i32);
            }
            continue;
        }
        for (group, output) in output.chunks_mut(GROUP).enumerate() {
            let mut sums = [0_i32; GROUP];
            let mut at = first;
            let mut to = (group * GROUP).wrapping_mul(b_steps[1]);
            for _ in 0..depth {
                let Some(&a) = a.get(at) else {
                    break;
                };
                let a = i32::from(a).wrapping_add(offsets[0]);
                let mut column = to;
                for sum in &mut sums {
                    // Columns behind the last aren't used.
                    let b = b.get(column).map_or(0, |&b| i32::from(b));
                    *sum = sum.wrapping_add(a.wrapping_mul(b.wrapping_add(offsets[1])));
                    column = column.wrapping_add(b_steps[1]);
                }
                at = at.wrapping_add(a_steps[1]);
                to = to.wrapping_add(b_steps[0]);
            }
            for (output, &sum) in output.iter_mut().zip(&sums) {
                *output = finish(sum);
            }
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

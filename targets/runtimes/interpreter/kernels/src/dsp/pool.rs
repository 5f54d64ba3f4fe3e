//! Pools: four channels at a time.

use super::Positions;
use crate::pools::rounded_mean;
use crate::simd::pool::{Elements, MOST};
use crate::{Kernels, Pool2d, Portable, Window, each_image};

/// AVERAGE_POOL_2D.
pub(super) fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
    let [height, width] = op.window.filter;
    if op.window.output[2] < 4 || height.saturating_mul(width) > MOST {
        return Portable::average_pool_2d(op, input, output);
    }
    each_four(op, input, output, 0, |elements| {
        let [even, odd] = elements.sums();
        let count = elements.count() as i32;
        [even, odd, even >> 16, odd >> 16].map(|half| rounded_mean(i32::from(half as i16), count))
    });
}

/// MAX_POOL_2D.
pub(super) fn max_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
    if op.window.output[2] < 4 {
        return Portable::max_pool_2d(op, input, output);
    }
    each_four(op, input, output, -128, |elements| {
        let largest = elements.largest().to_le_bytes();
        largest.map(|largest| i32::from(largest as i8))
    });
}

/// All outputs within the bounds, of `fold`'s four channels each, or `none` where a window has no element
/// inside the image; what fours leave over is folded with some of those before it once more.
#[inline(always)]
fn each_four(
    op: &Pool2d,
    input: &[i8],
    output: &mut [i8],
    none: i32,
    fold: impl Fn(&Elements) -> [i32; 4],
) {
    let window = &op.window;
    let channels = window.output[2];
    let [low, high] = op.bounds;
    for (image, output) in each_image(window.batches, input, output) {
        let outputs = output.chunks_exact_mut(channels.max(1));
        for (outputs, position) in outputs.zip(Positions::of(window)) {
            let part = Part::at(window, position);
            let mut first = 0;
            while first < channels {
                first = first.min(channels - 4);
                let image = image.get(part.first + first..).unwrap_or(&[]);
                let elements = Elements::new(image, part.count, part.steps);
                let four = outputs.get_mut(first..).and_then(|it| it.first_chunk_mut());
                let Some(four) = four else {
                    return;
                };
                let values = elements.as_ref().map_or([none; 4], &fold);
                *four = values.map(|value| value.max(low).min(high) as i8);
                first += 4;
            }
        }
    }
}

/// The part of a window that lies inside the image.
struct Part {
    /// Where it begins in the image.
    first: usize,
    /// Rows and columns.
    count: [usize; 2],
    /// Steps in the image: row, column.
    steps: [usize; 2],
}

impl Part {
    fn at(window: &Window, [y, x]: [usize; 2]) -> Self {
        let [_, width, channels] = window.input;
        let (top, left) = (window.origin(0, y), window.origin(1, x));
        let (rows, columns) = (window.inside(0, top), window.inside(1, left));
        let row = (top + rows.start as isize) as usize;
        let column = (left + columns.start as isize) as usize;
        let part = Self {
            first: (row * width + column) * channels,
            count: [rows.len(), columns.len()],
            steps: [width * channels, channels],
        };
        // Whole rows are one.
        match columns.len() == width {
            true => Self {
                count: [1, rows.len() * columns.len()],
                ..part
            },
            false => part,
        }
    }
}

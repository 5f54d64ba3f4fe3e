//! Average pooling: the sums of four channels at a time, in the halves of two words.

use super::Positions;
use crate::pools::rounded_mean;
use crate::simd::{self, load};
use crate::{Pool2d, Window, each_image};

/// Most elements whose sum surely fits 16 bits.
const MOST: usize = 255;

/// AVERAGE_POOL_2D.
pub(super) fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
    let window = &op.window;
    let channels = window.output[2];
    let together = if window.filter[0].saturating_mul(window.filter[1]) <= MOST {
        channels / 4 * 4
    } else {
        0
    };
    for (image, output) in each_image(window.batches, input, output) {
        let outputs = output.chunks_exact_mut(channels.max(1));
        for (outputs, [y, x]) in outputs.zip(Positions::of(window)) {
            let part = Part::at(window, image, [y, x]);
            let Some((together, alone)) = outputs.split_at_mut_checked(together) else {
                return;
            };
            let groups = together.as_chunks_mut::<4>().0;
            let first = 4 * groups.len();
            for (group, outputs) in groups.iter_mut().enumerate() {
                let sums = part.four(4 * group);
                for (output, sum) in outputs.iter_mut().zip(sums) {
                    *output = mean(op, sum, part.count);
                }
            }
            for (channel, output) in (first..).zip(alone) {
                *output = mean(op, part.one(channel), part.count);
            }
        }
    }
}

/// An output.
#[inline(never)]
fn mean(op: &Pool2d, sum: i32, count: i32) -> i8 {
    let [low, high] = op.bounds;
    rounded_mean(sum, count).max(low).min(high) as i8
}

/// The part of a window that lies inside the image.
struct Part<'p> {
    /// The image from the first element on.
    image: &'p [i8],
    rows: usize,
    columns: usize,
    /// Elements of one channel.
    count: i32,
    /// Steps in the image: row, column.
    steps: [usize; 2],
}

impl<'p> Part<'p> {
    fn at(window: &Window, image: &'p [i8], [y, x]: [usize; 2]) -> Self {
        let [_, width, channels] = window.input;
        let (top, left) = (window.origin(0, y), window.origin(1, x));
        let (rows, columns) = (window.inside(0, top), window.inside(1, left));
        let row = (top + rows.start as isize) as usize;
        let column = (left + columns.start as isize) as usize;
        Self {
            image: image
                .get((row * width + column) * channels..)
                .unwrap_or(&[]),
            rows: rows.len(),
            columns: columns.len(),
            count: (rows.len() * columns.len()) as i32,
            steps: [width * channels, channels],
        }
    }

    /// Calls `visit` with the index of the first channel of each element.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize)) {
        for row in 0..self.rows {
            let mut at = row * self.steps[0];
            for _ in 0..self.columns {
                visit(at);
                at += self.steps[1];
            }
        }
    }

    /// The sums of four channels, if they fit 16 bits.
    #[inline(never)]
    fn four(&self, channel: usize) -> [i32; 4] {
        let image = self.image.get(channel..).unwrap_or(&[]);
        let (mut even, mut odd) = (0, 0);
        self.each(|at| {
            let word = load(image, at);
            (even, odd) = (simd::sxtab16(even, word), simd::sxtab16_odd(odd, word));
        });
        [even, odd, even >> 16, odd >> 16].map(|half| i32::from(half as i16))
    }

    /// The sum of a channel.
    #[inline(never)]
    fn one(&self, channel: usize) -> i32 {
        let image = self.image.get(channel..).unwrap_or(&[]);
        let mut sum = 0;
        self.each(|at| sum = simd::sxtab(sum, image.get(at).copied().unwrap_or(0)));
        sum
    }
}

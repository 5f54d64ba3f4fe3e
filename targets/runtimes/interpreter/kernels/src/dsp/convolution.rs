//! Convolution: windows are unfolded two at a time into 16-bit columns, so that inputs are widened
//! once for all output channels, and each widened weight is used for both.

use super::output::Output;
use super::{Positions, both};
use crate::simd::tile::some;
use crate::simd::{self, Block, dot_2x2, dot_2x2_block, load};
use crate::{Conv2d, Requantisation, Window, each_image};

/// Writes bytes of any number and alignment as one column of 16-bit elements.
struct Unfold<'s> {
    /// Halves of blocks: each column has every other one.
    halves: &'s mut [[u32; 2]],
    /// The next half.
    next: usize,
    offset: u32,
    /// Bytes that don't fill a word yet, the first one lowest.
    pending: u32,
    /// How many bits of `pending` are in use: 0, 8, 16 or 24.
    bits: u32,
}

impl<'s> Unfold<'s> {
    /// Writes column 0 or 1.
    fn new(halves: &'s mut [[u32; 2]], column: usize, offset: u32) -> Self {
        Self {
            halves,
            next: column,
            offset,
            pending: 0,
            bits: 0,
        }
    }

    #[inline(always)]
    fn word(&mut self, word: u32) {
        if let Some(half) = self.halves.get_mut(self.next) {
            *half = [
                simd::sxtab16(self.offset, word),
                simd::sxtab16_odd(self.offset, word),
            ];
        }
        self.next += 2;
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.pending |= u32::from(byte) << self.bits;
        self.bits += 8;
        if self.bits == 32 {
            self.word(self.pending);
            self.pending = 0;
            self.bits = 0;
        }
    }

    /// The next elements.
    fn run(&mut self, run: &[i8]) {
        let (words, rest) = bytemuck::cast_slice::<i8, u8>(run).as_chunks::<4>();
        if self.bits == 0 {
            for &word in words {
                self.word(u32::from_le_bytes(word));
            }
        } else {
            for &word in words {
                let word = u32::from_le_bytes(word);
                self.word(self.pending | word << self.bits);
                self.pending = word >> (32 - self.bits);
            }
        }
        for &byte in rest {
            self.byte(byte);
        }
    }

    /// `count` elements of padding.
    #[inline(always)]
    fn pad(&mut self, count: usize) {
        if count > 0 {
            self.pad_some(count);
        }
    }

    #[inline(never)]
    fn pad_some(&mut self, count: usize) {
        // What becomes 0 when the offset is added.
        let zero = self.offset.wrapping_neg() as u8;
        let mut left = count;
        while left > 0 {
            if self.bits == 0 && left >= 4 {
                self.word(u32::from(zero) * 0x0101_0101);
                left -= 4;
            } else {
                self.byte(zero);
                left -= 1;
            }
        }
    }

    /// Fills the last word.
    fn end(&mut self) {
        if self.bits != 0 {
            let missing = (32 - self.bits) / 8;
            self.pad(missing as usize);
        }
    }
}

/// Unfolds the window of the output at row `y` and column `x` of an image.
#[inline(never)]
fn unfold(window: &Window, image: &[i8], y: usize, x: usize, unfold: &mut Unfold) {
    let [_, width, depth] = window.input;
    let [filter_height, filter_width] = window.filter;
    let (top, left) = (window.origin(0, y), window.origin(1, x));
    let (rows, columns) = (window.inside(0, top), window.inside(1, left));
    unfold.pad(rows.start * filter_width * depth);
    for filter_y in rows.clone() {
        let row = (top + (filter_y * window.dilation[0]) as isize) as usize * width;
        unfold.pad(columns.start * depth);
        let first = (left + (columns.start * window.dilation[1]) as isize) as usize;
        if window.dilation[1] == 1 {
            let run = image.get((row + first) * depth..);
            let run = run.and_then(|run| run.get(..columns.len() * depth));
            unfold.run(run.unwrap_or(&[]));
        } else {
            for column in 0..columns.len() {
                let at = (row + first + column * window.dilation[1]) * depth;
                let run = image.get(at..).and_then(|run| run.get(..depth));
                unfold.run(run.unwrap_or(&[]));
            }
        }
        unfold.pad((filter_width - columns.end) * depth);
    }
    unfold.pad((filter_height - rows.end) * filter_width * depth);
    unfold.end();
}

/// CONV_2D.
pub(super) fn conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    let window = &op.window;
    let channels = window.output[2];
    let halves = scratch.as_chunks_mut().0;
    let offset = both(op.input_offset);
    for (image, output) in each_image(window.batches, input, output) {
        let mut positions = Positions::of(window);
        for outputs in output.chunks_mut((2 * channels).max(1)) {
            for column in 0..2 {
                if let Some([y, x]) = positions.next() {
                    let mut column = Unfold::new(halves, column, offset);
                    unfold(window, image, y, x, &mut column);
                }
            }
            let tiles = Tiles {
                op,
                requantisation,
                size: op.filter.len().checked_div(channels).unwrap_or(0),
                blocks: bytemuck::try_cast_slice(halves).unwrap_or(&[]),
                finish: Output::new(requantisation, op.output_offset, op.bounds),
            };
            match outputs.split_at_mut_checked(channels) {
                Some((first, second)) => tiles.compute(first, second),
                None => return,
            }
        }
    }
}

/// All channels of the outputs whose windows are unfolded.
struct Tiles<'t> {
    op: &'t Conv2d<'t>,
    requantisation: &'t Requantisation<'t>,
    /// Elements of a window.
    size: usize,
    blocks: &'t [Block],
    finish: Output,
}

impl Tiles<'_> {
    /// Both outputs, or the first if the second is empty.
    #[inline(never)]
    fn compute(&self, first: &mut [i8], second: &mut [i8]) {
        let finish = &self.finish;
        let channels = first.len();
        let scales = self.requantisation;
        let (Some(multipliers), Some(shifts)) = (
            scales.multipliers.get(..channels),
            scales.shifts.get(..channels),
        ) else {
            return;
        };
        let rows = self.op.filter.chunks((2 * self.size).max(1));
        for (pair, rows) in rows.enumerate() {
            let channel = 2 * pair;
            if channel >= channels || rows.len() < self.size {
                return;
            }
            // A channel that is left over stands for two.
            let next = (channel + 1).min(channels - 1);
            let (row, below) = rows.split_at(self.size);
            let below = if next == channel { row } else { below };
            let [low, high] = [self.op.bias.get(channel), self.op.bias.get(next)];
            let [a, b, c, d] = self.sums([row, below], [low, low, high, high]);
            let [a, b] = finish.requantise_two(multipliers[channel], shifts[channel], [a, b]);
            first[channel] = a;
            if let Some(output) = second.get_mut(channel) {
                *output = b;
            }
            let (Some(&multiplier), Some(&shift)) = (multipliers.get(next), shifts.get(next))
            else {
                return;
            };
            let [c, d] = finish.requantise_two(multiplier, shift, [c, d]);
            if let Some(output) = first.get_mut(next) {
                *output = c;
            }
            if let Some(output) = second.get_mut(next) {
                *output = d;
            }
        }
    }

    /// Adds the products of two rows of weights and both windows to `sums`.
    #[inline(always)]
    fn sums(&self, rows: [&[i8]; 2], sums: [i32; 4]) -> [i32; 4] {
        let sums = dot_2x2(rows, self.blocks, sums);
        if self.size.is_multiple_of(4) {
            return sums;
        }
        match self.blocks.last() {
            Some(&block) => dot_2x2_block(rows.map(last_word), block, sums),
            None => sums,
        }
    }
}

/// The last elements of a row that don't fill a word, filled up with zeros.
#[inline(always)]
fn last_word(row: &[i8]) -> u32 {
    let count = row.len() % 4;
    match row.len().checked_sub(4) {
        Some(at) => load(row, at) >> ((8 * (4 - count as u32)) & 31),
        None => some(row),
    }
}

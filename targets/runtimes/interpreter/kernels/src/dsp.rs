//! Kernels for the DSP extension of Armv7E-M (Cortex-M4, M7).
//!
//! Two 8-bit weights are widened by one instruction (SXTB16) and two multiply-accumulates are
//! done by another (SMLAD). A convolution unfolds two windows at a time into 16-bit columns, so
//! that inputs are widened once for all output channels, and works on tiles of two windows by two
//! output channels, so that each widened weight is used twice.

use super::simd::{
    self, Block, DepthwiseSteps, depthwise_3, depthwise_tap, dot_2x2, dot_2x2_block, dot_4x1, load,
};
use super::{
    Add, Conv2d, FullyConnected, Kernels, Pool2d, Portable, Requantisation, Softmax, Window,
    each_image,
};
use crate::quantisation::{Multiplier, SoftmaxScale};

/// Kernels for Armv7E-M. On other machines the instructions are emulated.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

/// From accumulators to outputs.
#[derive(Clone, Copy)]
struct Output {
    offset: i32,
    bounds: [i32; 2],
    /// Whether the fast way gives the right result: [`Requantisation::narrow`] holds, and the
    /// bounds are those of 8 bits, as with most activations.
    fast: bool,
}

impl Output {
    fn new(requantisation: &Requantisation, offset: i32, bounds: [i32; 2]) -> Self {
        Self {
            offset,
            bounds,
            fast: requantisation.narrow && bounds == [-128, 127],
        }
    }

    /// Scales, shifts and clamps accumulators of one channel.
    #[inline(always)]
    fn requantise<const N: usize>(self, multiplier: i32, shift: i8, sums: [i32; N]) -> [i8; N] {
        if !self.fast {
            let multiplier = Multiplier { multiplier, shift };
            return sums.map(|sum| self.requantise_slowly(multiplier, sum));
        }
        // 2·sum fits 32 bits, so that doubling can come before the multiplication, and the
        // shift is to the right and at least 1.
        let right = -i32::from(shift);
        let half = (simd::lsl(1, right) as u32 >> 1) as i32;
        sums.map(|sum| {
            let high = simd::smmulr(sum << 1, multiplier);
            // Ties away from zero: one less before an arithmetic shift of a negative number.
            let rounded = high.wrapping_add(high >> 31).wrapping_add(half);
            let value = simd::asr(rounded, right).wrapping_add(self.offset);
            simd::ssat8(value) as i8
        })
    }

    /// [`Self::requantise`] in general.
    #[cold]
    #[inline(never)]
    fn requantise_slowly(self, multiplier: Multiplier, sum: i32) -> i8 {
        let value = multiplier.apply(sum).saturating_add(self.offset);
        value.max(self.bounds[0]).min(self.bounds[1]) as i8
    }
}

/// Both halves of a word.
fn both(value: i32) -> u32 {
    let half = value as u32 & 0xffff;
    half | half << 16
}

/// Writes bytes of any number and alignment as one column of 16-bit elements.
struct Unfold<'s> {
    blocks: core::slice::IterMut<'s, Block>,
    /// Which of the two columns of a block: 0 or 2.
    column: usize,
    offset: u32,
    /// Bytes that don't fill a word yet, the first one lowest.
    pending: u32,
    /// How many bits of `pending` are in use: 0, 8, 16 or 24.
    bits: u32,
}

impl<'s> Unfold<'s> {
    fn new(blocks: &'s mut [Block], column: usize, offset: u32) -> Self {
        Self {
            blocks: blocks.iter_mut(),
            column,
            offset,
            pending: 0,
            bits: 0,
        }
    }

    #[inline(always)]
    fn word(&mut self, word: u32) {
        if let Some(block) = self.blocks.next() {
            if self.column == 0 {
                block[0] = simd::sxtab16(self.offset, word);
                block[1] = simd::sxtab16_odd(self.offset, word);
            } else {
                block[2] = simd::sxtab16(self.offset, word);
                block[3] = simd::sxtab16_odd(self.offset, word);
            }
        }
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
        while left > 0 && self.bits != 0 {
            self.byte(zero);
            left -= 1;
        }
        let word = u32::from(zero) * 0x0101_0101;
        while left >= 4 {
            self.word(word);
            left -= 4;
        }
        while left > 0 {
            self.byte(zero);
            left -= 1;
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

/// Where the outputs of one batch lie, in order: row and column.
fn positions(window: &Window) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [height, width, _] = window.output;
    (0..height).flat_map(move |y| (0..width).map(move |x| [y, x]))
}

fn conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    let window = &op.window;
    let channels = window.output[2];
    let blocks = scratch.as_chunks_mut().0;
    let offset = both(op.input_offset);
    for (image, output) in each_image(window.batches, input, output) {
        let mut positions = positions(window);
        for outputs in output.chunks_mut((2 * channels).max(1)) {
            for column in [0, 2] {
                if let Some([y, x]) = positions.next() {
                    let mut column = Unfold::new(blocks, column, offset);
                    unfold(window, image, y, x, &mut column);
                }
            }
            let tiles = Tiles {
                op,
                requantisation,
                size: op.filter.len().checked_div(channels).unwrap_or(0),
                blocks,
                finish: Output::new(requantisation, op.output_offset, op.bounds),
            };
            match outputs.split_at_mut_checked(channels) {
                Some((first, second)) if !second.is_empty() => tiles.pair(first, second),
                _ => tiles.single(outputs),
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
    /// Both outputs.
    #[inline(always)]
    fn pair(&self, first: &mut [i8], second: &mut [i8]) {
        let channels = first.len();
        let multipliers = self.requantisation.multipliers.as_chunks::<2>().0;
        let shifts = self.requantisation.shifts.as_chunks::<2>().0;
        let outputs = first.as_chunks_mut::<2>().0.iter_mut();
        let outputs = outputs.zip(second.as_chunks_mut::<2>().0);
        let rows = self.op.filter.chunks_exact((2 * self.size).max(1));
        let scales = multipliers.iter().zip(shifts);
        let mut channel = 0;
        for (((first, second), rows), (multipliers, shifts)) in outputs.zip(rows).zip(scales) {
            let [low, high] = [self.op.bias.get(channel), self.op.bias.get(channel + 1)];
            let Some(rows) = rows.split_at_checked(self.size) else {
                return;
            };
            let [s0, s1, s2, s3] = self.sums([rows.0, rows.1], [low, low, high, high]);
            [first[0], second[0]] = self.finish.requantise(multipliers[0], shifts[0], [s0, s1]);
            [first[1], second[1]] = self.finish.requantise(multipliers[1], shifts[1], [s2, s3]);
            channel += 2;
        }
        if let ([.., first], [.., second], 1) = (first, second, channels % 2) {
            [*first, *second] = self.channel(channels - 1);
        }
    }

    /// The first output only.
    fn single(&self, outputs: &mut [i8]) {
        for (channel, output) in outputs.iter_mut().enumerate() {
            [*output, _] = self.channel(channel);
        }
    }

    /// One channel of both outputs.
    #[inline(never)]
    fn channel(&self, channel: usize) -> [i8; 2] {
        let row = self.op.filter.get(channel * self.size..);
        let row = row.and_then(|row| row.get(..self.size)).unwrap_or(&[]);
        let [first, second, ..] = self.sums([row, row], [self.op.bias.get(channel); 4]);
        let Multiplier { multiplier, shift } = self.requantisation.get(channel);
        self.finish.requantise(multiplier, shift, [first, second])
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
    if let Some(at) = row.len().checked_sub(4) {
        return load(row, at) >> ((8 * (4 - count as u32)) & 31);
    }
    let bytes = row.iter().rev();
    bytes.fold(0, |word, &byte| word << 8 | u32::from(byte as u8))
}

/// The window of one output of a depthwise convolution.
#[derive(Clone, Copy)]
struct Taps<'t> {
    /// The image from the first element inside it.
    input: &'t [i8],
    /// The weights from the first element inside the image.
    weights: &'t [i8],
    rows: usize,
    columns: usize,
    /// Steps in the image: row, column.
    input_steps: [usize; 2],
    /// Steps in the weights: row, column.
    weight_steps: [usize; 2],
}

impl Taps<'_> {
    /// Calls `visit` with the first indices of each element in image and weights.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        for row in 0..self.rows {
            let mut input = row * self.input_steps[0];
            let mut weight = row * self.weight_steps[0];
            for _ in 0..self.columns {
                visit(input, weight);
                input += self.input_steps[1];
                weight += self.weight_steps[1];
            }
        }
    }

    /// Four channels from `channel` on, each with an input of its own.
    #[inline(always)]
    fn four(&self, channel: usize, offset: u32, sums: [i32; 4]) -> [i32; 4] {
        let input = self.input.get(channel..).unwrap_or(&[]);
        let weights = self.weights.get(channel..).unwrap_or(&[]);
        let mut sums = sums;
        self.each(|at, weight| {
            sums = depthwise_tap(load(input, at), load(weights, weight), offset, sums);
        });
        sums
    }

    /// [`Self::four`] for a window 3 columns wide, `COLUMNS` of which are inside the image.
    #[inline(always)]
    fn four_by_3<const COLUMNS: usize>(
        &self,
        channel: usize,
        offset: u32,
        sums: [i32; 4],
    ) -> [i32; 4] {
        let steps = DepthwiseSteps {
            rows: self.rows,
            channels: self.weight_steps[1],
            input_row: self.input_steps[0],
        };
        let input = self.input.get(channel..).unwrap_or(&[]);
        let weights = self.weights.get(channel..).unwrap_or(&[]);
        depthwise_3::<COLUMNS>(input, weights, steps, offset, sums).unwrap_or(sums)
    }

    /// Four channels of weights from `channel` on that share the input `from`.
    #[inline(always)]
    fn four_of_one(&self, from: usize, channel: usize, offset: i32, sums: [i32; 4]) -> [i32; 4] {
        let input = self.input.get(from..).unwrap_or(&[]);
        let weights = self.weights.get(channel..).unwrap_or(&[]);
        let mut sums = sums;
        self.each(|at, weight| {
            let value = input.get(at).map_or(0, |&value| i32::from(value) + offset) as u32;
            let word = load(weights, weight);
            let (even, odd) = (simd::sxtb16(word), simd::sxtb16_odd(word));
            sums = [
                simd::smlabb(value, even, sums[0]),
                simd::smlabb(value, odd, sums[1]),
                simd::smlabt(value, even, sums[2]),
                simd::smlabt(value, odd, sums[3]),
            ];
        });
        sums
    }

    /// One channel.
    fn one(&self, from: usize, channel: usize, offset: i32, sum: i32) -> i32 {
        let mut sum = sum;
        self.each(|at, weight| {
            let value = self
                .input
                .get(at + from)
                .map_or(0, |&value| i32::from(value) + offset);
            let weight = self
                .weights
                .get(weight + channel)
                .map_or(0, |&weight| weight.into());
            sum = value.wrapping_mul(weight).wrapping_add(sum);
        });
        sum
    }
}

fn depthwise_conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let window = &op.window;
    let [_, width, depth] = window.input;
    let channels = window.output[2];
    let multiplier = channels.checked_div(depth).unwrap_or(0).max(1);
    let packed_offset = both(op.input_offset);
    let finish = Output::new(requantisation, op.output_offset, op.bounds);
    for (image, output) in each_image(window.batches, input, output) {
        let outputs = output.chunks_exact_mut(channels.max(1));
        for (outputs, [y, x]) in outputs.zip(positions(window)) {
            let (top, left) = (window.origin(0, y), window.origin(1, x));
            let (rows, columns) = (window.inside(0, top), window.inside(1, left));
            let row = (top + (rows.start * window.dilation[0]) as isize) as usize;
            let column = (left + (columns.start * window.dilation[1]) as isize) as usize;
            let element = rows.start * window.filter[1] + columns.start;
            let taps = Taps {
                input: image.get((row * width + column) * depth..).unwrap_or(&[]),
                weights: op.filter.get(element * channels..).unwrap_or(&[]),
                rows: rows.len(),
                columns: columns.len(),
                input_steps: [
                    window.dilation[0] * width * depth,
                    window.dilation[1] * depth,
                ],
                weight_steps: [window.filter[1] * channels, channels],
            };
            let three = window.filter[1] == 3 && window.dilation[1] == 1;
            let mut group = Group {
                op,
                requantisation,
                finish,
                outputs,
            };
            let done = match (multiplier, three, columns.len()) {
                (1, true, 1) => group.each(|at, sums| taps.four_by_3::<1>(at, packed_offset, sums)),
                (1, true, 2) => group.each(|at, sums| taps.four_by_3::<2>(at, packed_offset, sums)),
                (1, true, _) => group.each(|at, sums| taps.four_by_3::<3>(at, packed_offset, sums)),
                (1, false, _) => group.each(|at, sums| taps.four(at, packed_offset, sums)),
                _ if multiplier.is_multiple_of(4) => group
                    .each(|at, sums| taps.four_of_one(at / multiplier, at, op.input_offset, sums)),
                _ => 0,
            };
            for (channel, output) in group.outputs.iter_mut().enumerate().skip(done) {
                let bias = op.bias.get(channel);
                let sum = taps.one(channel / multiplier, channel, op.input_offset, bias);
                let Multiplier { multiplier, shift } = requantisation.get(channel);
                [*output] = finish.requantise(multiplier, shift, [sum]);
            }
        }
    }
}

/// All channels of one output of a depthwise convolution.
struct Group<'g> {
    op: &'g Conv2d<'g>,
    requantisation: &'g Requantisation<'g>,
    finish: Output,
    outputs: &'g mut [i8],
}

impl Group<'_> {
    /// Lets `accumulate` add to the biases of four channels at a time, from the one that it is
    /// given, and writes the outputs. Returns how many channels that covers.
    #[inline(always)]
    fn each(&mut self, accumulate: impl Fn(usize, [i32; 4]) -> [i32; 4]) -> usize {
        let multipliers = self.requantisation.multipliers.as_chunks::<4>().0;
        let shifts = self.requantisation.shifts.as_chunks::<4>().0;
        let outputs = self.outputs.as_chunks_mut::<4>().0;
        let mut channel = 0;
        for ((outputs, multipliers), shifts) in outputs.iter_mut().zip(multipliers).zip(shifts) {
            let sums = accumulate(channel, self.op.bias.four(channel));
            for index in 0..4 {
                let (multiplier, shift) = (multipliers[index], shifts[index]);
                [outputs[index]] = self.finish.requantise(multiplier, shift, [sums[index]]);
            }
            channel += 4;
        }
        channel
    }
}

fn fully_connected(
    op: &FullyConnected,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let depth = op.depth;
    let offset = both(op.input_offset);
    let finish = Output::new(requantisation, op.output_offset, op.bounds);
    let whole = depth / 4 * 4;
    for (input, output) in each_image(op.batches, input, output) {
        let Some((words, tail)) = input.split_at_checked(whole) else {
            return;
        };
        let mut filter = op.filter;
        let mut channel = 0;
        for outputs in output.chunks_mut(4) {
            // Rows that are left over at the end stand for themselves four times.
            let (step, stride) = if outputs.len() == 4 {
                (4, depth)
            } else {
                (1, 0)
            };
            for outputs in outputs.chunks_mut(step) {
                let sums = dot_4x1(filter, stride, words, offset, op.bias.four(channel));
                for (index, (output, mut sum)) in outputs.iter_mut().zip(sums).enumerate() {
                    if !tail.is_empty() {
                        let row = filter.get(index * depth + whole..).unwrap_or(&[]);
                        sum = dot_tail(row, tail, op.input_offset, sum);
                    }
                    let Multiplier { multiplier, shift } = requantisation.get(channel + index);
                    [*output] = finish.requantise(multiplier, shift, [sum]);
                }
                filter = filter.get(step * depth..).unwrap_or(&[]);
                channel += step;
            }
        }
    }
}

/// Adds to `sum` the products of the inputs that don't fill a word.
#[inline(never)]
fn dot_tail(row: &[i8], input: &[i8], offset: i32, sum: i32) -> i32 {
    row.iter().zip(input).fold(sum, |sum, (&weight, &value)| {
        sum.wrapping_add(i32::from(weight) * (i32::from(value) + offset))
    })
}

/// `value` · `multiplier` / 2^(31 + `right`), rounded twice, where 2 · `value` fits 32 bits and
/// neither step can overflow.
#[inline(always)]
fn scale_narrow(value: i32, multiplier: i32, right: u32) -> i32 {
    let high = simd::smmulr(value << 1, multiplier);
    let half = ((1_u32 << right) >> 1) as i32;
    let below = if right == 0 { 0 } else { high >> 31 };
    (high + half + below) >> right
}

impl Kernels for Dsp {
    fn conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    ) {
        conv_2d(op, requantisation, input, output, scratch);
    }

    fn depthwise_conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        depthwise_conv_2d(op, requantisation, input, output);
    }

    fn fully_connected(
        op: &FullyConnected,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        fully_connected(op, requantisation, input, output);
    }

    fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        Portable::average_pool_2d(op, input, output);
    }

    fn max_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        Portable::max_pool_2d(op, input, output);
    }

    fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
        let [a, b, sum] =
            multipliers.map(|m| (m.multiplier, u32::from(m.shift.unsigned_abs()) & 31));
        for ((output, &x), &y) in output.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            // At most 255 · 2^20 each, so all of this stays below 2^30.
            let x = (i32::from(x) + op.input_offsets[0]) << Add::LEFT_SHIFT;
            let y = (i32::from(y) + op.input_offsets[1]) << Add::LEFT_SHIFT;
            let total = scale_narrow(x, a.0, a.1) + scale_narrow(y, b.0, b.1);
            let value = scale_narrow(total, sum.0, sum.1) + op.output_offset;
            *output = value.max(op.bounds[0]).min(op.bounds[1]) as i8;
        }
    }

    fn softmax(op: &Softmax, scale: SoftmaxScale, input: &[i8], output: &mut [i8]) {
        Portable::softmax(op, scale, input, output);
    }
}

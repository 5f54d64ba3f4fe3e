//! Convolution with weights that stay: two channels' weights are widened, and the windows of all
//! outputs of a part of the columns go by where they lie in the image. Nothing is unfolded, weights
//! are read from slow memory once for each part of the columns, and channels whose weights are all
//! zero are written without products.

use super::fully_connected::fully_connected;
use super::output::{Fast, Sum, clamp, exact};
use super::parts::{Part, Parts};
use crate::simd::load;
use crate::simd::row::Row;
use crate::simd::tile::{Lines, Pair, Region, Scale, Step, widen};
use crate::{Conv2d, FullyConnected, Requantisation, Window, each_image};

/// Most rows of a window.
const MOST_LINES: usize = 16;

/// Pairs of weights for which there is room apart from the scratch: windows whose lines don't fill
/// words take more than an unfolded window does.
const ROOM: usize = 12;

/// Most elements of an image that is copied with its padding, and of the words that reach past it.
const PADDED: usize = 768;

/// Fewest outputs that are worth widening weights for.
const FEWEST: usize = 4;

/// Weights that are so few that another kernel isn't worth its flash.
const FEW_WEIGHTS: usize = 4096;

/// Whether this is the way for a convolution.
pub(super) fn suits(window: &Window) -> bool {
    let line = window.filter[1] * window.input[2];
    let weights = window.filter[0] * line * window.output[2];
    let fits = line.is_multiple_of(4) || window.filter[0] * line.div_ceil(4) <= ROOM;
    fits && window.dilation == [1; 2]
        && window.filter[0] <= MOST_LINES
        && (window.output[0] * window.output[1] >= FEWEST || weights <= FEW_WEIGHTS)
        && Parts::fit(window)
}

/// A window of one element that goes over every element goes over one long row.
fn flattened(window: &Window) -> Window {
    if window.filter != [1; 2] || window.stride != [1; 2] {
        return *window;
    }
    let positions = window.positions();
    let [_, _, depth] = window.input;
    let [_, _, channels] = window.output;
    Window {
        batches: 1,
        input: [1, positions, depth],
        output: [1, positions, channels],
        ..*window
    }
}

/// Whether an image has one output, and its window is the whole image.
fn is_dense(window: &Window) -> bool {
    let [height, width, _] = window.input;
    let [rows, columns, _] = window.output;
    [rows, columns] == [1; 2] && window.filter == [height, width] && window.padding == [0; 2]
}

/// The fully connected layer that such a convolution is.
fn dense<'c>(op: &Conv2d<'c>) -> FullyConnected<'c> {
    FullyConnected {
        batches: op.window.batches,
        depth: op.window.input.iter().product(),
        filter: op.filter,
        bias: op.bias,
        input_offset: op.input_offset,
        output_offset: op.output_offset,
        bounds: op.bounds,
    }
}

/// CONV_2D.
pub(super) fn conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    if requantisation.narrow && is_dense(&op.window) {
        return fully_connected(&dense(op), requantisation, input, output);
    }
    let window = flattened(&op.window);
    match padded(&window) {
        Some(padded) => conv_2d_padded(op, padded, requantisation, input, output, scratch),
        None => convolve(op, &window, requantisation, input, output, scratch),
    }
    clamp(output, op.bounds);
}

/// The window over a small image with its padding in memory, if that is worth it: if edges would
/// break words, and many windows are at an edge.
fn padded(window: &Window) -> Option<Window> {
    let [_, _, depth] = window.input;
    let reach = |axis: usize| (window.output[axis] - 1) * window.stride[axis] + window.filter[axis];
    let [height, width] = [reach(0), reach(1)];
    let bytes = height
        .checked_mul(width)?
        .checked_mul(depth)?
        .checked_add(3)?;
    let worth = window.padding != [0; 2] && !depth.is_multiple_of(4);
    let needed = worth && !cfg!(feature = "size");
    (needed && window.batches == 1 && bytes <= PADDED).then_some(Window {
        input: [height, width, depth],
        padding: [0; 2],
        ..*window
    })
}

/// [`convolve`] with the padding in memory.
#[inline(never)]
fn conv_2d_padded(
    op: &Conv2d,
    window: Window,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    // What becomes 0 when the offset is added.
    let mut image = [op.input_offset.wrapping_neg() as i8; PADDED];
    let [_, width, depth] = op.window.input;
    let [top, left] = op.window.padding;
    let lines = image.chunks_exact_mut((window.input[1] * depth).max(1));
    let lines = lines.take(window.input[0]).skip(top);
    for (to, from) in lines.zip(input.chunks_exact((width * depth).max(1))) {
        let to = to.get_mut(left * depth..).unwrap_or(&mut []);
        for (to, &from) in to.iter_mut().zip(from) {
            *to = from;
        }
    }
    convolve(op, &window, requantisation, &image, output, scratch);
}

/// All outputs, within the bounds of 8 bits.
#[inline(never)]
fn convolve(
    op: &Conv2d,
    window: &Window,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    let mut parts = Default::default();
    if Parts::fill(&mut parts, window).is_none() {
        return;
    }
    let size = window.filter[0] * window.filter[1] * window.input[2];
    let mut room = [[0; 4]; ROOM];
    let scratch: &mut [Pair] = scratch.as_chunks_mut().0;
    let mut channels = Channels {
        op,
        requantisation,
        window,
        parts: &parts,
        pairs: match scratch.len() > ROOM {
            true => scratch,
            false => &mut room,
        },
        channels: [0; 2],
        bias: [0; 2],
        line_sums: [[0; 2]; MOST_LINES],
        scales: None,
        fast: Fast::new(size, op.output_offset),
    };
    let whole = match cfg!(feature = "size") {
        true => None,
        false => Whole::of(window, &parts, input),
    };
    if let Some(whole) = &whole
        && whole.follows()
        && channels.rows(whole, input, output).is_some()
    {
        return;
    }
    let mut waiting = None;
    for (channel, weights) in op.filter.chunks_exact(size.max(1)).enumerate() {
        if is_zero(weights) {
            channels.constant(channel, output);
            continue;
        }
        let Some(before) = waiting.take() else {
            waiting = Some(channel);
            continue;
        };
        channels.each_output([before, channel], whole.as_ref(), input, output);
    }
    // A channel that is left over stands for two.
    if let Some(last) = waiting {
        channels.each_output([last; 2], whole.as_ref(), input, output);
    }
}

/// An image whose windows all have the same part inside it, whole lines of whole words.
struct Whole<'w> {
    /// From the first window on.
    image: &'w [i8],
    lines: Lines,
    /// Weights of a channel before those of the part, and of the part.
    weights: [usize; 2],
    /// Rows and columns of outputs.
    count: [usize; 2],
    /// Steps of windows and outputs, to the next row and column.
    steps: [Step; 2],
}

impl<'w> Whole<'w> {
    #[inline(never)]
    fn of(window: &Window, [rows, columns]: &[Parts; 2], image: &'w [i8]) -> Option<Self> {
        let (row, column) = (rows.only()?, columns.only()?);
        let run = window.filter[1] * window.input[2];
        let fits = column.size == window.filter[1] && run.is_multiple_of(4);
        (fits && window.batches == 1).then_some(())?;
        Some(Self {
            image: image.get(row.image + column.image..)?,
            lines: Lines {
                count: row.size,
                words: run / 4,
                step: rows.step,
            },
            weights: [row.first * run, row.size * run],
            count: [row.count, column.count],
            steps: [rows, columns].map(|axis| [axis.distance, axis.stride]),
        })
    }

    /// Whether windows are of one line each, and follow one another.
    fn follows(&self) -> bool {
        let ([_, [next, _]], [down, across]) = (self.steps, self.count);
        let lines = &self.lines;
        down == 1 && across > 1 && lines.count == 1 && next == 4 * lines.words
    }
}

/// Most channels aren't, and show it by their first weights.
#[inline(always)]
fn is_zero(weights: &[i8]) -> bool {
    load(weights, 0) == 0 && all_zero(weights)
}

#[cold]
#[inline(never)]
fn all_zero(weights: &[i8]) -> bool {
    let (fours, rest) = weights.as_chunks::<16>();
    let any = |four: &[i8; 16]| {
        let (words, _) = four.as_chunks::<4>();
        let words = words
            .iter()
            .map(|word| u32::from_le_bytes(word.map(|weight| weight as u8)));
        words.fold(0, |any, word| any | word)
    };
    fours.iter().all(|four| any(four) == 0) && rest.iter().all(|&weight| weight == 0)
}

/// Two channels whose weights are widened.
struct Channels<'c> {
    op: &'c Conv2d<'c>,
    requantisation: &'c Requantisation<'c>,
    window: &'c Window,
    /// Rows and columns of outputs.
    parts: &'c [Parts; 2],
    pairs: &'c mut [Pair],
    channels: [usize; 2],
    bias: [i32; 2],
    /// Sums of the weights of each line.
    line_sums: [[i32; 2]; MOST_LINES],
    /// How accumulators are scaled the fast way, if that is right for both.
    scales: Option<[Scale; 2]>,
    /// Which accumulators those are.
    fast: Fast,
}

/// A line of a window.
struct Line {
    words: usize,
    /// Elements before it that fill up its first word.
    front: usize,
}

impl<'c> Channels<'c> {
    /// Writes the outputs of a channel without weights, which are all the same.
    #[inline(never)]
    fn constant(&self, channel: usize, output: &mut [i8]) {
        let bias = self.op.bias.get(channel);
        let value = exact(
            self.op.output_offset,
            self.op.bounds,
            self.requantisation.get(channel),
            bias,
        );
        let mut at = channel;
        while let Some(output) = output.get_mut(at) {
            *output = value;
            at += self.window.output[2];
        }
    }

    /// All outputs of two channels.
    #[inline(always)]
    fn each_output(
        &mut self,
        channels: [usize; 2],
        whole: Option<&Whole>,
        input: &[i8],
        output: &mut [i8],
    ) {
        let done = whole.and_then(|whole| self.whole(channels, whole, output));
        if done.is_none() {
            self.compute(channels, input, output);
        }
    }

    /// All outputs of all channels of a [`Whole`] whose windows follow one another. The code that each two
    /// channels run through fits the smallest instruction cache of a board, 1 KiB. [`None`] if this isn't the
    /// way.
    #[inline(never)]
    fn rows(&mut self, whole: &Whole<'c>, input: &[i8], output: &mut [i8]) -> Option<()> {
        // Channels that can't be scaled the fast way need no pairs.
        let pairs = core::mem::take(&mut self.pairs);
        let (count, [_, [_, stride]]) = ([whole.lines.words, whole.count[1]], whole.steps);
        let mut row = Row::new(whole.image, pairs, count, stride, self.op.input_offset)?;
        let skipped = whole.weights[0];
        let op = self.op;
        let size = self.window.filter[0] * self.window.filter[1] * self.window.input[2];
        let (mut channel, mut taken) = (0, 0);
        let mut filter = op.filter;
        loop {
            if let Some((weights, rest)) = filter.split_at_checked(size) {
                filter = rest;
                let this = channel;
                channel += 1;
                if is_zero(weights) {
                    self.constant(this, output);
                    continue;
                }
                let bias = op.bias.get(this);
                let scale = self.fast.scale(self.requantisation.get(this), bias);
                let behind = weights.get(skipped..).unwrap_or(&[]);
                let done = scale.and_then(|scale| row.take(taken, this, behind, bias, scale));
                if done.is_none() {
                    self.compute([this; 2], input, output);
                    continue;
                }
                taken += 1;
                if taken < 2 {
                    continue;
                }
            } else if taken == 0 {
                return Some(());
            } else {
                row.repeat();
            }
            taken = 0;
            row.compute(output)?;
        }
    }

    /// All outputs of two channels of a [`Whole`]; [`None`] if the fast way to scale them isn't right.
    #[inline(never)]
    fn whole(&mut self, channels: [usize; 2], whole: &Whole, output: &mut [i8]) -> Option<()> {
        let op = self.op;
        let [skipped, count] = whole.weights;
        let size = self.window.filter[0] * self.window.filter[1] * self.window.input[2];
        let mut start = channels.map(|channel| op.bias.get(channel));
        let mut scales = [Scale::default(); 2];
        for index in 0..2 {
            let channel = channels[index];
            scales[index] = self
                .fast
                .scale(self.requantisation.get(channel), start[index])?;
            let weights = op.filter.get(channel * size + skipped..)?.get(..count)?;
            let sum = widen(weights, 0, index, self.pairs);
            start[index] = start[index].wrapping_add(sum.wrapping_mul(op.input_offset));
        }
        let region = Region {
            weights: self.pairs,
            image: whole.image,
            lines: whole.lines,
            start,
            channels,
            scales: &scales,
        };
        region.all(whole.steps, whole.count, output)
    }

    /// All outputs of two channels, part by part.
    #[inline(never)]
    fn compute(&mut self, channels: [usize; 2], input: &[i8], output: &mut [i8]) {
        let window = self.window;
        self.channels = channels;
        self.bias = channels.map(|channel| self.op.bias.get(channel));
        let scale = |channel| {
            let bias = self.op.bias.get(channel);
            self.fast.scale(self.requantisation.get(channel), bias)
        };
        self.scales = match channels.map(scale) {
            [Some(first), Some(second)] => Some([first, second]),
            _ => None,
        };
        for column in self.parts[1].iter() {
            let line = self.widen(column);
            for (image, output) in each_image(window.batches, input, output) {
                for row in self.parts[0].iter() {
                    self.part([row, column], &line, image, output);
                }
            }
        }
    }

    /// Widens the weights of the columns that are inside the image.
    #[inline(never)]
    fn widen(&mut self, column: &Part) -> Line {
        let [height, width] = self.window.filter;
        let depth = self.window.input[2];
        let run = column.size * depth;
        let words = run.div_ceil(4);
        // At the right edge a word is filled up in front, where the image goes on.
        let front = match column.first == 0 && column.size < width {
            true => 4 * words - run,
            false => 0,
        };
        for (index, channel) in self.channels.into_iter().enumerate() {
            let mut first = (channel * height * width + column.first) * depth;
            let pairs = self.pairs.chunks_exact_mut(words.max(1));
            for (sums, pairs) in self.line_sums.iter_mut().zip(pairs).take(height) {
                let weights = self.op.filter.get(first..).unwrap_or(&[]);
                let weights = weights.get(..run).unwrap_or(&[]);
                sums[index & 1] = widen(weights, front, index, pairs);
                first += width * depth;
            }
        }
        Line { words, front }
    }

    /// Outputs whose windows have the same part inside the image.
    #[inline(never)]
    fn part(&self, part: [&Part; 2], line: &Line, image: &[i8], output: &mut [i8]) {
        let [row, column] = part;
        let [rows, columns] = [row.count, column.count];
        if self
            .fast(part, line, [0; 2], [rows, columns], image, output)
            .is_some()
        {
            return;
        }
        // What fills up the last line of the last output may reach past the end of the image.
        let [last_row, last_column] = [rows - 1, columns - 1];
        let mut rest = |from, count: [usize; 2]| {
            if self.fast(part, line, from, count, image, output).is_none() {
                for y in from[0]..from[0] + count[0] {
                    for x in from[1]..from[1] + count[1] {
                        self.one(part, [y, x], image, output);
                    }
                }
            }
        };
        rest([0, 0], [last_row, columns]);
        if cfg!(feature = "size") {
            return rest([last_row, 0], [1, columns]);
        }
        rest([last_row, 0], [1, last_column]);
        rest([last_row, last_column], [1, 1]);
    }

    /// Outputs from a row and column of [`Self::part`] on, so many rows and columns; [`None`] if this
    /// isn't the way for them.
    #[inline(never)]
    fn fast(
        &self,
        [row, column]: [&Part; 2],
        line: &Line,
        [y, x]: [usize; 2],
        [down, across]: [usize; 2],
        image: &[i8],
        output: &mut [i8],
    ) -> Option<()> {
        let [rows, columns] = self.parts;
        let mut start = self.bias;
        for sums in self.line_sums.get(row.first..)?.get(..row.size)? {
            for (start, sum) in start.iter_mut().zip(sums) {
                *start = start.wrapping_add(sum.wrapping_mul(self.op.input_offset));
            }
        }
        let at = row.image + y * rows.distance + column.image + x * columns.distance;
        let to = row.output + y * rows.stride + column.output + x * columns.stride;
        let region = Region {
            weights: self.pairs.get(row.first * line.words..)?,
            image: image.get(at.checked_sub(line.front)?..)?,
            lines: Lines {
                count: row.size,
                words: line.words,
                step: rows.step,
            },
            start,
            channels: self.channels,
            scales: self.scales.as_ref()?,
        };
        let output = output.get_mut(to..)?;
        let steps = [rows, columns].map(|axis| [axis.distance, axis.stride]);
        region.all(steps, [down, across], output)
    }

    /// One output, in any case.
    #[inline(never)]
    fn one(&self, [row, column]: [&Part; 2], [y, x]: [usize; 2], image: &[i8], output: &mut [i8]) {
        let (op, window) = (self.op, self.window);
        let [rows, columns] = self.parts;
        let depth = window.input[2];
        let at = row.image + y * rows.distance + column.image + x * columns.distance;
        let to = row.output + y * rows.stride + column.output + x * columns.stride;
        let line = window.filter[1] * depth;
        for channel in self.channels {
            let first = (channel * window.filter[0] + row.first) * line + column.first * depth;
            let sum = Sum {
                values: image.get(at..).unwrap_or(&[]),
                weights: op.filter.get(first..).unwrap_or(&[]),
                count: [row.size, column.size * depth],
                lines: [rows.step, line],
                steps: [1; 2],
            };
            if let Some(output) = output.get_mut(to + channel) {
                *output = sum.output(op, self.requantisation, channel);
            }
        }
    }
}

//! Convolution: the weights of two channels are widened once and stay while the windows of all outputs go by.

use super::general::General;
use super::pairs::{Lines, Pair, Two, sums, widen};
use super::regions::{Grid, Region, each_region};
use super::scale::{Outputs, Scale};
use crate::{Bias, Conv2d, Requantisation, Window, each_image};

/// Most elements of a window whose lines are taken where they lie: the sums of their weights are kept.
const ELEMENTS: usize = 32;
/// Words of windows that are unfolded at a time.
const UNFOLDED: usize = 192;

/// CONV_2D.
pub(super) fn conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u32],
) {
    let window = &op.window;
    let channels = window.output[2].max(1);
    let size = op.filter.len() / channels;
    let layer = Layer {
        filter: op.filter,
        size,
        bias: op.bias,
        input_offset: op.input_offset,
        outputs: Outputs::new(requantisation, op.output_offset, op.bounds, size),
    };
    let elements = window.filter[0].saturating_mul(window.filter[1]);
    let lines = window.input[2].is_multiple_of(4)
        && window.dilation == [1; 2]
        && elements <= ELEMENTS
        && bytemuck::try_cast_slice::<i8, u32>(input).is_ok();
    let words = size.div_ceil(4);
    for (image, output) in each_image(window.batches, input, output) {
        if lines {
            layer.compute(window, image, output, scratch);
            continue;
        }
        // Windows that are unfolded are the pixels of an image.
        let mut unfolded = [0; UNFOLDED];
        let most = UNFOLDED.checked_div(words).unwrap_or(0);
        if most == 0 {
            layer.compute(window, image, output, &mut []);
            continue;
        }
        let unfolded: &mut [i8] = bytemuck::cast_slice_mut(&mut unfolded);
        let mut positions = positions(window);
        for outputs in output.chunks_mut(most.wrapping_mul(channels).max(1)) {
            let mut count = 0;
            let most = outputs.len() / channels;
            for to in unfolded.chunks_exact_mut((4 * words).max(1)).take(most) {
                if let Some(position) = positions.next() {
                    unfold(op, image, position, to);
                    count += 1;
                }
            }
            let window = Window {
                batches: 1,
                input: [1, count, 4 * words],
                output: [1, count, channels],
                filter: [1; 2],
                stride: [1; 2],
                dilation: [1; 2],
                padding: [0; 2],
            };
            layer.compute(&window, unfolded, outputs, scratch);
        }
    }
}

/// Rows and columns of all outputs, in order.
fn positions(window: &Window) -> impl Iterator<Item = [usize; 2]> {
    let [rows, columns, _] = window.output;
    (0..rows).flat_map(move |y| (0..columns).map(move |x| [y, x]))
}

/// Copies the window of an output; what is outside of the image is the zero point.
#[inline(never)]
fn unfold(op: &Conv2d, image: &[i8], [y, x]: [usize; 2], unfolded: &mut [i8]) {
    let window = &op.window;
    let [_, width, depth] = window.input;
    let (top, left) = (window.origin(0, y), window.origin(1, x));
    let (rows, columns) = (window.inside(0, top), window.inside(1, left));
    if [rows.len(), columns.len()] != window.filter {
        unfolded.fill(op.input_offset.wrapping_neg() as i8);
    }
    // Elements of a line that are copied at once.
    let together = match window.dilation[1] {
        1 => columns.len().max(1),
        _ => 1,
    };
    for row in rows {
        let y = (top + (row * window.dilation[0]) as isize) as usize;
        let mut copy = |column: usize, count: usize| {
            let x = (left + (column * window.dilation[1]) as isize) as usize;
            let from = image.get((y * width + x) * depth..);
            let to = unfolded.get_mut((row * window.filter[1] + column) * depth..);
            let from = from.and_then(|from| from.get(..count * depth));
            let to = to.and_then(|to| to.get_mut(..count * depth));
            if let (Some(from), Some(to)) = (from, to) {
                to.copy_from_slice(from);
            }
        };
        let mut column = columns.start;
        while column < columns.end {
            copy(column, together);
            column += together;
        }
    }
}

/// The channels of a convolution, whatever its windows.
struct Layer<'l> {
    filter: &'l [i8],
    /// Weights of a channel.
    size: usize,
    bias: Bias<'l>,
    input_offset: i32,
    outputs: Outputs<'l>,
}

/// A channel whose weights are widened.
#[derive(Clone, Copy)]
struct Channel {
    index: usize,
    bias: i32,
    /// Sum of its weights.
    sum: i32,
    scale: Scale,
}

impl Layer<'_> {
    /// All outputs of an image whose windows are lines of words. Without scratch it may be any.
    #[inline(never)]
    fn compute(&self, window: &Window, image: &[i8], output: &mut [i8], scratch: &mut [u32]) {
        let pairs = scratch.as_chunks_mut().0;
        let words = bytemuck::try_cast_slice(image).unwrap_or(&[]);
        let mut waiting: Option<Channel> = None;
        for (index, weights) in self.filter.chunks_exact(self.size.max(1)).enumerate() {
            let bias = self.bias.get(index);
            if is_dead(weights) {
                let value = self.outputs.any(index, bias);
                for output in output.chunks_mut(window.output[2].max(1)) {
                    if let Some(output) = output.get_mut(index) {
                        *output = value;
                    }
                }
                continue;
            }
            let scale = self.outputs.scale(index, bias);
            let side = usize::from(waiting.is_some());
            let Some((scale, sum)) = scale.zip(widen(weights, side, pairs)) else {
                let general = General {
                    window: &Window {
                        batches: 1,
                        ..*window
                    },
                    weights,
                    step: window.input[2],
                    from: 0,
                    depth: window.input[2],
                    bias,
                    input_offset: self.input_offset,
                    outputs: &self.outputs,
                    channel: index,
                };
                general.compute(image, output);
                continue;
            };
            let channel = Channel {
                index,
                bias,
                sum,
                scale,
            };
            match waiting.take() {
                None => waiting = Some(channel),
                Some(first) => self.two(window, [first, channel], pairs, words, output),
            }
        }
        // A channel that is left over stands for two.
        if let Some(last) = waiting {
            for [even, even_too, odd, odd_too] in &mut *pairs {
                (*even_too, *odd_too) = (*even, *odd);
            }
            self.two(window, [last, last], pairs, words, output);
        }
    }

    /// What the sums of two channels begin with, if the weights that are inside the image have the sums `weights`.
    fn start(&self, [first, second]: &[Channel; 2], weights: [i32; 2]) -> [i32; 2] {
        let zero = self.input_offset;
        [
            first.bias.wrapping_add(zero.wrapping_mul(weights[0])),
            second.bias.wrapping_add(zero.wrapping_mul(weights[1])),
        ]
    }

    /// Two channels, whose weights are `pairs`.
    #[inline(never)]
    fn two(
        &self,
        window: &Window,
        channels: [Channel; 2],
        pairs: &[Pair],
        image: &[u32],
        output: &mut [i8],
    ) {
        let words = window.input[2] / 4;
        let whole = [channels[0].sum, channels[1].sum];
        let mut elements = None;
        each_region(window, &mut |region| {
            let weights = match region.inside == window.filter {
                true => whole,
                false => {
                    let elements = elements.get_or_insert_with(|| element_sums(pairs, words));
                    inside(elements, window, region)
                }
            };
            let [rows, columns] = region.inside;
            let down = window.input[1] * words;
            let two = Two {
                lines: Lines::new(rows, columns * words, down, window.filter[1] * words),
                grid: Grid::new(window, region),
                start: self.start(&channels, weights),
                channels: [channels[0].index, channels[1].index],
                scales: [&channels[0].scale, &channels[1].scale],
            };
            let image = image.get(region.pixel.wrapping_mul(words)..).unwrap_or(&[]);
            let pairs = pairs.get(region.element * words..).unwrap_or(&[]);
            let output = output.get_mut(region.output * window.output[2]..);
            two.compute(image, pairs, output.unwrap_or(&mut []));
        });
    }
}

/// Whether all weights are 0.
#[inline(never)]
fn is_dead(weights: &[i8]) -> bool {
    match bytemuck::try_cast_slice::<i8, u32>(weights) {
        Ok(words) => words.iter().all(|&word| word == 0),
        Err(_) => weights.iter().all(|&weight| weight == 0),
    }
}

/// Sums of the weights of each element of the window.
#[inline(never)]
fn element_sums(pairs: &[Pair], words: usize) -> [[i32; 2]; ELEMENTS] {
    let mut elements = [[0; 2]; ELEMENTS];
    for (element, pairs) in elements.iter_mut().zip(pairs.chunks_exact(words.max(1))) {
        *element = sums(pairs);
    }
    elements
}

/// Sums of the weights that are inside the image.
#[inline(never)]
fn inside(elements: &[[i32; 2]; ELEMENTS], window: &Window, region: &Region) -> [i32; 2] {
    let mut total = [0; 2];
    for row in 0..region.inside[0] {
        let first = region.element + row * window.filter[1];
        for [first, second] in elements.iter().skip(first).take(region.inside[1]) {
            total = [total[0] + first, total[1] + second];
        }
    }
    total
}

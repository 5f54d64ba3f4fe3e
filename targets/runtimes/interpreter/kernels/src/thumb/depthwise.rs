//! Depthwise convolution: the weights of four channels are widened once and stay while all outputs go by.

use super::regions::each_region;
use super::scale::{Outputs, Scale};
use super::taps::{Part, Tap};
use crate::portable::{each_element, each_position};
use crate::{Conv2d, Requantisation};

/// Most elements of a window whose weights are widened.
const ELEMENTS: usize = 32;

/// DEPTHWISE_CONV_2D.
pub(super) fn depthwise_conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    let channels = op.window.output[2];
    let elements = op.window.filter[0].saturating_mul(op.window.filter[1]);
    let outputs = Outputs::new(requantisation, op.output_offset, op.bounds, elements);
    let words = bytemuck::try_cast_slice::<i8, u32>(input).ok();
    let together = op.window.input[2] == channels && channels.is_multiple_of(4);
    for first in (0..channels).step_by(4) {
        let four = match words {
            Some(words) if together && elements <= ELEMENTS => {
                Four::new(op, &outputs, first).map(|four| (four, words))
            }
            _ => None,
        };
        match four {
            Some((four, words)) => four.all(words, output),
            None => {
                for channel in first..channels.min(first + 4) {
                    one_channel(op, &outputs, channel, input, output);
                }
            }
        }
    }
}

/// A channel any of whose numbers may be too large for the fast way, and any window.
#[inline(never)]
fn one_channel(op: &Conv2d, outputs: &Outputs, channel: usize, input: &[i8], output: &mut [i8]) {
    let window = &op.window;
    let channels = window.output[2];
    let multiplier = channels.checked_div(window.input[2]).unwrap_or(1);
    let from = channel.checked_div(multiplier).unwrap_or(0);
    each_position(window, |at, batch, origin| {
        let mut sum = op.bias.get(channel);
        each_element(window, batch, origin, |element, first| {
            let weight = op.filter.get(element * channels + channel);
            if let (Some(&weight), Some(&value)) = (weight, input.get(first + from)) {
                let product = i32::from(weight) * (i32::from(value) + op.input_offset);
                sum = sum.wrapping_add(product);
            }
        });
        if let Some(output) = output.get_mut(at + channel) {
            *output = outputs.any(channel, sum);
        }
    });
}

/// Four channels.
struct Four<'f> {
    op: &'f Conv2d<'f>,
    first: usize,
    biases: [i32; 4],
    scales: [Scale; 4],
    taps: [Tap; ELEMENTS],
}

impl<'f> Four<'f> {
    /// Those from `first` on, if all can be scaled the fast way.
    #[inline(never)]
    fn new(op: &'f Conv2d, outputs: &Outputs, first: usize) -> Option<Self> {
        let biases = op.bias.fours(first / 4);
        let scale = |at: usize| outputs.scale(first + at, biases[at & 3]);
        let scales = [scale(0)?, scale(1)?, scale(2)?, scale(3)?];
        let mut taps = [[0; 4]; ELEMENTS];
        let channels = op.window.output[2];
        for (tap, weights) in taps.iter_mut().zip(op.filter.chunks(channels.max(1))) {
            for (tap, &weight) in tap.iter_mut().zip(weights.iter().skip(first)) {
                *tap = weight.into();
            }
        }
        Some(Self {
            op,
            first,
            biases,
            scales,
            taps,
        })
    }

    /// All outputs.
    #[inline(never)]
    fn all(&self, input: &[u32], output: &mut [i8]) {
        let window = &self.op.window;
        let words = window.input[2] / 4;
        let [from, to] = [window.input, window.output].map(|[rows, columns, _]| rows * columns);
        for batch in 0..window.batches {
            each_region(window, &mut |region| {
                let [rows, columns] = region.inside;
                let part = Part::new(
                    region.inside,
                    window.dilation[1] * words,
                    window.dilation[0] * window.input[1] * words,
                    window.filter[1],
                );
                let start = self.start(region.element, [rows, columns]);
                let taps = self.taps.get(region.element..).unwrap_or(&[]);
                for y in 0..region.count[0] {
                    let pixel =
                        batch * from + region.pixel + y * window.stride[0] * window.input[1];
                    let image = input.get(pixel * words + self.first / 4..);
                    let at = batch * to + region.output + y * window.output[1];
                    let output = output.get_mut(at * window.output[2] + self.first..);
                    self.run(
                        (&part, taps, start),
                        image.unwrap_or(&[]),
                        region.count[1],
                        output.unwrap_or(&mut []),
                    );
                }
            });
        }
    }

    /// What sums begin with where a part of the window is inside the image: so many rows and columns from
    /// `element` on.
    #[inline(never)]
    fn start(&self, element: usize, [rows, columns]: [usize; 2]) -> [i32; 4] {
        let mut total = [0; 4];
        for row in 0..rows {
            let first = element + row * self.op.window.filter[1];
            for tap in self.taps.iter().skip(first).take(columns) {
                for (total, weight) in total.iter_mut().zip(tap) {
                    *total += weight;
                }
            }
        }
        for (total, bias) in total.iter_mut().zip(self.biases) {
            *total = bias.wrapping_add(self.op.input_offset.wrapping_mul(*total));
        }
        total
    }

    /// So many outputs in a row.
    #[inline(never)]
    fn run(
        &self,
        (part, taps, start): (&Part, &[Tap], [i32; 4]),
        mut image: &[u32],
        count: usize,
        mut output: &mut [i8],
    ) {
        let window = &self.op.window;
        let step = window.stride[1] * window.input[2] / 4;
        for _ in 0..count {
            let sums = part.sums(image, taps, start);
            if let Some(four) = output.first_chunk_mut::<4>() {
                for (output, (scale, sum)) in four.iter_mut().zip(self.scales.iter().zip(sums)) {
                    *output = scale.apply(sum);
                }
            }
            image = image.get(step..).unwrap_or(&[]);
            output = match output.get_mut(window.output[2]..) {
                Some(output) => output,
                None => return,
            };
        }
    }
}

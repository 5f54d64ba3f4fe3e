//! Depthwise convolution: the weights of four channels are widened once and stay while all outputs go by.

use super::general::General;
use super::regions::{Grid, each_region};
use super::scale::{Outputs, Scale};
use super::taps::{self, Part, Tap};
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
    let together = op.window.input[2] == channels
        && channels.is_multiple_of(4)
        && op.window.dilation == [1; 2];
    let multiplier = channels.checked_div(op.window.input[2]).unwrap_or(1);
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
                    let general = General {
                        window: &op.window,
                        weights: op.filter.get(channel..).unwrap_or(&[]),
                        step: channels,
                        from: channel.checked_div(multiplier).unwrap_or(0),
                        depth: 1,
                        bias: op.bias.get(channel),
                        input_offset: op.input_offset,
                        outputs: &outputs,
                        channel,
                    };
                    general.compute(input, output);
                }
            }
        }
    }
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
                let four = taps::Four {
                    part: Part {
                        inside: region.inside,
                        steps: [window.input[1] * words, words],
                        across: window.filter[1],
                    },
                    grid: Grid::new(window, region),
                    start: self.start(region.element, region.inside),
                    scales: &self.scales,
                };
                let pixel = region.pixel.wrapping_add(batch * from);
                let image = input.get(pixel.wrapping_mul(words).wrapping_add(self.first / 4)..);
                let taps = self.taps.get(region.element..);
                let at = batch * to + region.output;
                let output = output.get_mut(at * window.output[2] + self.first..);
                four.compute(
                    image.unwrap_or(&[]),
                    taps.unwrap_or(&[]),
                    output.unwrap_or(&mut []),
                );
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
}

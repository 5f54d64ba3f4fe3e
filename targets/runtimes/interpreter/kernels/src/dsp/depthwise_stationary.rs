//! Depthwise convolution with weights that stay: those of four channels are widened once, and the
//! windows of all outputs go by.

use core::ops::Range;

use super::both;
use super::output::{Fast, Sum, clamp};
use super::parts::{Part, Parts};
use super::planes::{Planes, Room};
use crate::simd::depthwise::{Four, MOST_TAPS, Region, widen};
use crate::simd::plane::Channel;
use crate::{Conv2d, Requantisation, Window, each_image};

/// Whether this is the way for a depthwise convolution: channels go by fours, and each has one of
/// the input to itself.
pub(super) fn suits(window: &Window) -> bool {
    window.filter[0] * window.filter[1] <= MOST_TAPS
        && window.input[2] == window.output[2]
        && window.output[2].is_multiple_of(4)
        && Parts::fit(window)
}

/// DEPTHWISE_CONV_2D.
pub(super) fn depthwise_conv_2d(
    op: &Conv2d,
    requantisation: &Requantisation,
    input: &[i8],
    output: &mut [i8],
) {
    match Planes::of(&op.window) {
        Some(planes) => by_planes(op, requantisation, &planes, input, output),
        None => by_regions(op, requantisation, 0..op.window.output[2], input, output),
    }
    clamp(output, op.bounds);
}

/// All channels, by planes.
#[inline(never)]
fn by_planes(
    op: &Conv2d,
    requantisation: &Requantisation,
    planes: &Planes,
    input: &[i8],
    output: &mut [i8],
) {
    let fast = Fast::new(9, op.output_offset);
    let mut room = Room::new(op);
    let channels = op.window.output[2];
    let mut four = [Channel::default(); 4];
    let (four, _) = four.split_at_mut(channels.min(4));
    for first in (0..channels).step_by(4) {
        let filled = planes.fill(four, op, requantisation, &fast, first);
        if filled.is_none() {
            by_regions(op, requantisation, first..first + 4, input, output);
            continue;
        }
        for (image, output) in each_image(op.window.batches, input, output) {
            if let (Some(image), Some(output)) = (image.get(first..), output.get_mut(first..)) {
                planes.compute(four, &mut room, image, output);
            }
        }
    }
}

/// Some channels, a multiple of 4, by regions.
#[inline(never)]
fn by_regions(
    op: &Conv2d,
    requantisation: &Requantisation,
    some: Range<usize>,
    input: &[i8],
    output: &mut [i8],
) {
    let window = &op.window;
    let mut parts = Default::default();
    if Parts::fill(&mut parts, window).is_none() {
        return;
    }
    let size = window.filter[0] * window.filter[1];
    let channels = window.output[2];
    let fast = Fast::new(size, op.output_offset);
    let group = Group {
        op,
        requantisation,
        parts: &parts,
    };
    let [rows, columns] = &parts;
    let only = rows.only().zip(columns.only());
    let mut four = Four::new(both(op.input_offset));
    let only = only.and_then(|(row, column)| four.go_to(&group.region([row, column])));
    for first in some.step_by(4) {
        let weights = op.filter.get(first..).unwrap_or(&[]);
        widen(
            weights,
            channels,
            four.taps.get_mut(..size).unwrap_or(&mut []),
        );
        let is_fast = fill(&mut four, op, requantisation, &fast, first).is_some();
        let simple = only.is_some() && is_fast && window.batches == 1;
        if simple && let (Some(image), Some(output)) = (input.get(first..), output.get_mut(first..))
        {
            if four.compute(image, output).is_none() {
                return;
            }
            continue;
        }
        for (image, output) in each_image(window.batches, input, output) {
            group.compute(is_fast.then_some(&mut four), first, image, output);
        }
    }
}

/// Fills in the channels from `first` on, in the place where they stay; [`None`] if the fast way isn't
/// right for one of them.
#[inline(always)]
fn fill(
    four: &mut Four,
    op: &Conv2d,
    requantisation: &Requantisation,
    fast: &Fast,
    first: usize,
) -> Option<()> {
    let (biases, scales) = four.channels();
    *biases = op.bias.fours(first / 4);
    for (at, (scale, bias)) in scales.iter_mut().zip(biases).enumerate() {
        *scale = fast.scale(requantisation.get(first + at), *bias)?;
    }
    Some(())
}

/// What all channels have in common.
struct Group<'g> {
    op: &'g Conv2d<'g>,
    requantisation: &'g Requantisation<'g>,
    parts: &'g [Parts; 2],
}

impl Group<'_> {
    /// Outputs whose windows have the same part inside the image.
    fn region(&self, [row, column]: [&Part; 2]) -> Region {
        let [rows, columns] = self.parts;
        let across = self.op.window.filter[1];
        Region {
            tap: row.first * across + column.first,
            size: [row.size, column.size],
            steps: [rows.step, columns.step],
            columns: across,
            image: row.image + column.image,
            output: row.output + column.output,
            count: [row.count, column.count],
            distances: [rows.distance, columns.distance],
            strides: [rows.stride, columns.stride],
        }
    }

    /// All outputs of an image, of the four channels from `first` on, region by region; without `four` the
    /// fast way isn't right.
    #[inline(never)]
    fn compute(&self, mut four: Option<&mut Four>, first: usize, image: &[i8], output: &mut [i8]) {
        let [rows, columns] = self.parts;
        for row in rows.iter() {
            for column in columns.iter() {
                let part = [row, column];
                let fast = four.as_deref_mut();
                let done = fast.and_then(|four| self.fast(four, part, first, image, output));
                if done.is_some() {
                    continue;
                }
                for y in 0..row.count {
                    for x in 0..column.count {
                        self.one(part, [y, x], first, image, output);
                    }
                }
            }
        }
    }

    /// The outputs of a region; [`None`] if this isn't the way for them.
    #[inline(never)]
    fn fast(
        &self,
        four: &mut Four,
        part: [&Part; 2],
        first: usize,
        image: &[i8],
        output: &mut [i8],
    ) -> Option<()> {
        four.go_to(&self.region(part))?;
        four.compute(image.get(first..)?, output.get_mut(first..)?)
    }

    /// One output, in any case.
    #[inline(never)]
    fn one(
        &self,
        [row, column]: [&Part; 2],
        [y, x]: [usize; 2],
        first: usize,
        image: &[i8],
        output: &mut [i8],
    ) {
        let (op, [rows, columns]) = (self.op, self.parts);
        let [_, across] = op.window.filter;
        let channels = op.window.output[2];
        let at = row.image + y * rows.distance + column.image + x * columns.distance;
        let to = row.output + y * rows.stride + column.output + x * columns.stride;
        let tap = row.first * across + column.first;
        for channel in first..first + 4 {
            let sum = Sum {
                values: image.get(at + channel..).unwrap_or(&[]),
                weights: op.filter.get(tap * channels + channel..).unwrap_or(&[]),
                count: [row.size, column.size],
                lines: [rows.step, across * channels],
                steps: [columns.step, channels],
            };
            if let Some(output) = output.get_mut(to + channel) {
                *output = sum.output(op, self.requantisation, channel);
            }
        }
    }
}

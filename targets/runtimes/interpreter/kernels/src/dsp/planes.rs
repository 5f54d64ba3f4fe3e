//! Depthwise convolution of three by three: each channel is copied with its padding into a plane on the
//! stack, as many lines at a time as there is room for, where neighbours are words.

use super::output::Fast;
use crate::simd::plane::{Channel, Lines, Plane};
use crate::simd::{load, pack_high, pack_low, smlabb, smlad, sxtb16, sxtb16_odd};
use crate::{Conv2d, Requantisation, Window};

/// Words of the plane.
pub(super) const WORDS: usize = 192;

/// Fewest lines of outputs that are worth copying those lines of the image that they share with others.
const FEWEST: usize = 4;

/// An axis of an image and its outputs.
#[derive(Clone, Copy)]
struct Axis {
    input: usize,
    output: usize,
    padding: usize,
    /// Elements of the image from one position to the next, and of the outputs.
    step: usize,
    stride: usize,
}

impl Axis {
    fn of(window: &Window, axis: usize) -> Self {
        let depth = window.input[2];
        let [_, width, _] = window.input;
        let [_, columns, _] = window.output;
        let (step, stride) = match axis {
            0 => (width * depth, columns * depth),
            _ => (depth, depth),
        };
        Self {
            input: window.input[axis & 1],
            output: window.output[axis & 1],
            padding: window.padding[axis & 1],
            step,
            stride,
        }
    }
}

/// How the planes of a depthwise convolution lie.
pub(super) struct Planes {
    /// Across goes the longer axis of the outputs, for they are computed in twos.
    across: Axis,
    down: Axis,
    /// Elements of a window, in the order of [`Channel::weights`]; the last is there twice.
    order: &'static [[usize; 2]; 5],
    /// Elements from one line to the next.
    pitch: usize,
    /// Most lines of outputs at a time.
    lines: usize,
}

impl Planes {
    /// [`None`] if they aren't the way for a depthwise convolution.
    #[inline(never)]
    pub fn of(window: &Window) -> Option<Self> {
        const ROWS: &[[usize; 2]; 5] = &[[0, 2], [3, 5], [6, 8], [1, 4], [7, 7]];
        const COLUMNS: &[[usize; 2]; 5] = &[[0, 6], [1, 7], [2, 8], [3, 4], [5, 5]];
        let Window {
            filter,
            stride,
            dilation,
            ..
        } = *window;
        if filter != [3; 2] || stride != [1; 2] || dilation != [1; 2] {
            return None;
        }
        let [rows, columns] = [0, 1].map(|axis| Axis::of(window, axis));
        let (across, down, order) = match rows.output > columns.output {
            true => (rows, columns, COLUMNS),
            false => (columns, rows, ROWS),
        };
        let pitch = (across.output + 2).checked_next_multiple_of(4)?;
        let room = (4 * WORDS).checked_div(pitch)?.saturating_sub(2);
        let lines = room.min(down.output);
        (across.output >= 2 && lines >= FEWEST.min(down.output)).then_some(Self {
            across,
            down,
            order,
            pitch,
            lines,
        })
    }

    /// Fills in four channels, from `first` on, in the place where they stay; [`None`] if the fast way
    /// to scale them isn't right for one of them.
    #[inline(never)]
    pub fn fill(
        &self,
        four: &mut [Channel; 4],
        op: &Conv2d,
        requantisation: &Requantisation,
        fast: &Fast,
        first: usize,
    ) -> Option<()> {
        const ONES: u32 = 0x0001_0001;
        for (at, &[low, high]) in self.order.iter().enumerate() {
            let word = |tap: usize| load(op.filter, tap * op.window.output[2] + first);
            let (low, high) = (word(low), word(high));
            let (even, odd) = (
                [sxtb16(low), sxtb16(high)],
                [sxtb16_odd(low), sxtb16_odd(high)],
            );
            let [a, b, c, d] = four;
            a.weights[at] = pack_low(even[0], even[1]);
            b.weights[at] = pack_low(odd[0], odd[1]);
            c.weights[at] = pack_high(even[1], even[0]);
            d.weights[at] = pack_high(odd[1], odd[0]);
        }
        let biases = op.bias.fours(first / 4);
        for (at, (channel, bias)) in four.iter_mut().zip(biases).enumerate() {
            channel.scale = fast.scale(requantisation.get(first + at), bias)?;
            let [pairs @ .., last] = channel.weights;
            let sum = pairs.iter().fold(0, |sum, &pair| smlad(pair, ONES, sum));
            let sum = smlabb(last, ONES, sum);
            channel.bias = bias.wrapping_add(sum.wrapping_mul(op.input_offset));
        }
        Some(())
    }

    /// All outputs of four channels of an image, which begin where image and outputs do. The plane is
    /// full of `padding` before the first of them.
    #[inline(never)]
    pub fn compute(
        &self,
        four: &[Channel; 4],
        plane: &mut [u32; WORDS],
        padding: u32,
        image: &[i8],
        output: &mut [i8],
    ) -> Option<()> {
        let (across, down) = (&self.across, &self.down);
        let mut line = 0;
        while line < down.output {
            let count = self.lines.min(down.output - line);
            if count < down.output {
                plane.fill(padding);
            }
            // Lines of the image with its padding, and those that are inside.
            let begin = line.max(down.padding);
            let end = (line + count + 2).min(down.padding + down.input);
            let lines = Lines {
                count: [
                    end.saturating_sub(begin),
                    across.input.min(across.output + 2 - across.padding),
                ],
                steps: [down.step, across.step],
            };
            let from = (begin - down.padding) * down.step;
            let to = (begin - line) * self.pitch + across.padding;
            let outputs = Lines {
                count: [count, across.output],
                steps: [down.stride, across.stride],
            };
            for (at, channel) in four.iter().enumerate() {
                let elements: &mut [i8] = bytemuck::cast_slice_mut(plane);
                lines.copy(image.get(from + at..)?, elements.get_mut(to..)?, self.pitch);
                let plane = Plane::new(elements, self.pitch, outputs)?;
                plane.compute(channel, output.get_mut(line * down.stride + at..)?);
            }
            line += count;
        }
        Some(())
    }
}

//! Depthwise convolution of three by three: each channel is copied with its padding into a plane on the
//! stack, as many lines at a time as there is room for, where neighbours are words.

use super::output::Fast;
use crate::simd::plane::{Channel, Lines, Plane};
use crate::simd::{load, pack_high, pack_low, smlabb, smlad, sxtb16, sxtb16_odd};
use crate::{Conv2d, Requantisation, Window};

/// Most elements of a plane.
const ROOM: usize = 768;

/// Memory for a plane, which has words at its lines' beginnings.
#[repr(C, align(4))]
pub(super) struct Room {
    elements: [i8; ROOM],
    /// What becomes 0 when the offset of the input is added.
    padding: i8,
}

impl Room {
    pub fn new(op: &Conv2d) -> Self {
        let padding = op.input_offset.wrapping_neg() as i8;
        Self {
            elements: [padding; ROOM],
            padding,
        }
    }
}

/// Some lines of outputs, and what their windows have of the image.
struct Strip {
    inside: Lines,
    /// Where that begins, in the image and in the plane.
    from: [usize; 2],
    outputs: Lines,
    /// Where they begin.
    to: usize,
}

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
    order: &'static [[usize; 2]],
    /// Elements from one line to the next.
    pitch: usize,
    /// Most lines of outputs at a time.
    lines: usize,
}

impl Planes {
    /// [`None`] if they aren't the way for a depthwise convolution.
    #[inline(never)]
    pub fn of(window: &Window) -> Option<Self> {
        const ROWS: &[[usize; 2]] = &[[0, 2], [3, 5], [6, 8], [1, 4], [7, 7]];
        const COLUMNS: &[[usize; 2]] = &[[0, 6], [1, 7], [2, 8], [3, 4], [5, 5]];
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
        let room = ROOM.checked_div(pitch)?.saturating_sub(2);
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
        four: &mut [Channel],
        op: &Conv2d,
        requantisation: &Requantisation,
        fast: &Fast,
        first: usize,
    ) -> Option<()> {
        const ONES: u32 = 0x0001_0001;
        for (at, taps) in self.order.iter().enumerate() {
            let [low, high] = taps.map(|tap| load(op.filter, tap * op.window.output[2] + first));
            let even = [sxtb16(low), sxtb16(high)];
            let odd = [sxtb16_odd(low), sxtb16_odd(high)];
            let pairs = [
                pack_low(even[0], even[1]),
                pack_low(odd[0], odd[1]),
                pack_high(even[1], even[0]),
                pack_high(odd[1], odd[0]),
            ];
            for (channel, pair) in four.iter_mut().zip(pairs) {
                if let Some(weights) = channel.weights.get_mut(at) {
                    *weights = pair;
                }
            }
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

    /// All outputs of channels of an image, which begin where image and outputs do. The room is full of
    /// padding before the first of them.
    #[inline(never)]
    pub fn compute(&self, channels: &[Channel], room: &mut Room, image: &[i8], output: &mut [i8]) {
        let (across, down) = (&self.across, &self.down);
        let mut line = 0;
        while line < down.output {
            let count = self.lines.min(down.output - line);
            if count < down.output {
                room.elements.fill(room.padding);
            }
            // Lines of the image with its padding.
            let begin = line.max(down.padding);
            let end = (line + count + 2).min(down.padding + down.input);
            let columns = across.input.min(across.output + 2 - across.padding);
            let strip = Strip {
                inside: Lines {
                    count: [end.saturating_sub(begin), columns],
                    steps: [down.step, across.step],
                },
                from: [
                    (begin - down.padding) * down.step,
                    (begin - line) * self.pitch + across.padding,
                ],
                outputs: Lines {
                    count: [count, across.output],
                    steps: [down.stride, across.stride],
                },
                to: line * down.stride,
            };
            for (at, channel) in channels.iter().enumerate() {
                let (Some(image), Some(output)) = (image.get(at..), output.get_mut(at..)) else {
                    return;
                };
                self.strip(&strip, channel, &mut room.elements, image, output);
            }
            line += count;
        }
    }

    /// Some lines of outputs of a channel.
    #[inline(never)]
    fn strip(
        &self,
        strip: &Strip,
        channel: &Channel,
        elements: &mut [i8],
        image: &[i8],
        output: &mut [i8],
    ) -> Option<()> {
        let [from, at] = strip.from;
        let inside = elements.get_mut(at..)?;
        strip.inside.copy(image.get(from..)?, inside, self.pitch);
        let plane = Plane::new(elements, self.pitch, strip.outputs)?;
        plane.compute(channel, output.get_mut(strip.to..)?);
        Some(())
    }
}

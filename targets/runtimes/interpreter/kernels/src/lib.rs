//! The arithmetic of the operators, apart from the graph.
//!
//! A [`Kernels`] implementation gets each operator with everything resolved: geometry, zero
//! points, clamping bounds, multipliers, and slices of exactly the right length. [`Portable`] is
//! the reference, which others take what they don't improve on from, [`Dsp`] the one for Armv7E-M, [`Compact`] what it
//! is where code is to be small, [`Thumb`] the one for Armv6-M. They give the same results bit for bit.
//!
//! Activations are in NHWC order: batch, row, column, channel.
//!
//! The crate is apart from the interpreter's because it is compiled for speed, that one for size.

#![no_std]

#[cfg(test)]
extern crate std;

use core::ops::Range;

pub mod dot;
mod dsp;
pub mod fft;
pub mod fixed_point;
pub mod float;
pub mod l2;
pub mod pools;
mod portable;
pub mod products;
pub mod quantisation;
pub mod reduce;
mod simd;
mod softmax;
mod thumb;

pub use dsp::{Compact, Dsp, conv_2d_suits, depthwise_conv_2d_suits};
pub use portable::Portable;
pub use quantisation::Multiplier;
pub use softmax::SoftmaxScale;
pub use thumb::Thumb;

/// How a window slides over the rows and columns of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Images in the batch.
    pub batches: usize,
    /// Rows, columns and channels of an input image.
    pub input: [usize; 3],
    /// Rows, columns and channels of an output image.
    pub output: [usize; 3],
    /// Rows and columns of the window.
    pub filter: [usize; 2],
    /// Steps of the window, rows and columns.
    pub stride: [usize; 2],
    /// Distance between neighbouring elements of the window, rows and columns.
    pub dilation: [usize; 2],
    /// Rows above and columns left of the image that the first window covers.
    pub padding: [usize; 2],
}

impl Window {
    /// Positions of the window: elements of one channel of all output images.
    pub fn positions(&self) -> usize {
        self.batches * self.output[0] * self.output[1]
    }

    /// Where the window of the output at `position` along `axis` (0 rows, 1 columns) lies:
    /// the input position of its first element, which may be negative.
    #[inline]
    pub fn origin(&self, axis: usize, position: usize) -> isize {
        (position * self.stride[axis]) as isize - self.padding[axis] as isize
    }

    /// The elements of the window along `axis` that lie inside the image, if its first one lies
    /// at `origin`.
    #[inline(always)]
    pub fn inside(&self, axis: usize, origin: isize) -> Range<usize> {
        elements_inside(
            self.filter[axis],
            self.dilation[axis],
            self.input[axis] as isize,
            origin,
        )
    }
}

/// The elements of a line of `filter`, each `dilation` after the last and the first at `origin`,
/// that lie in `0..length`.
#[inline(never)]
fn elements_inside(filter: usize, dilation: usize, length: isize, origin: isize) -> Range<usize> {
    let before = (-origin).max(0) as usize;
    let until = (length - origin).max(0) as usize;
    // Rounded up: the first element at or after a position.
    let first_from = |position: usize| match dilation {
        0 | 1 => position.min(filter),
        _ => position.div_ceil(dilation).min(filter),
    };
    let start = first_from(before);
    start..first_from(until).max(start)
}

/// Replaces each element of `input`, as an unsigned number, by that of `table` at it.
pub fn look_up(table: &[i8; 256], input: &[i8], output: &mut [i8]) {
    for (output, &value) in output.iter_mut().zip(input) {
        *output = table[usize::from(value as u8)];
    }
}

/// Elements of one of `batches` images, 1 at least.
#[inline(never)]
fn part(elements: usize, batches: usize) -> usize {
    elements.checked_div(batches).unwrap_or(0).max(1)
}

/// What two iterators give, pair by pair. Of chunks it is a `zip`, whose lengths are divisions: where code
/// is compiled for size they aren't seen to have a divisor above 0, so that it isn't one there.
#[inline(always)]
pub(crate) fn together<A, B>(
    first: impl Iterator<Item = A>,
    second: impl Iterator<Item = B>,
) -> impl Iterator<Item = (A, B)> {
    #[cfg(not(feature = "size"))]
    {
        first.zip(second)
    }
    #[cfg(feature = "size")]
    {
        let mut second = second;
        first.map_while(move |first| Some((first, second.next()?)))
    }
}

/// Splits the images of a batch, inputs with outputs.
pub(crate) fn each_image<'t>(
    batches: usize,
    input: &'t [i8],
    output: &'t mut [i8],
) -> impl Iterator<Item = (&'t [i8], &'t mut [i8])> {
    let (from, to) = (part(input.len(), batches), part(output.len(), batches));
    together(input.chunks_exact(from), output.chunks_exact_mut(to))
}

/// Biases, one per output channel, or none.
#[derive(Clone, Copy, Debug)]
pub struct Bias<'a>(&'a [[u8; 4]]);

impl<'a> Bias<'a> {
    /// Biases as the model holds them: 32-bit little-endian integers.
    pub fn new(raw: &'a [u8]) -> Self {
        Self(raw.as_chunks().0)
    }

    /// The bias of `channel`, 0 if there is none.
    #[inline(always)]
    pub fn get(&self, channel: usize) -> i32 {
        self.0
            .get(channel)
            .map_or(0, |raw| i32::from_le_bytes(*raw))
    }

    /// The biases of the four channels of a group, 0 if there aren't so many.
    #[inline(always)]
    pub fn fours(&self, group: usize) -> [i32; 4] {
        let four = self.0.as_chunks::<4>().0.get(group);
        four.map_or([0; 4], |raw| raw.map(i32::from_le_bytes))
    }

    /// Those of `count` channels from `first` on.
    pub fn part(&self, first: usize, count: usize) -> Self {
        let part = self.0.get(first..).and_then(|rest| rest.get(..count));
        Self(part.unwrap_or(&[]))
    }

    /// How many there are: as many as output channels, or 0.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// CONV_2D or DEPTHWISE_CONV_2D.
#[derive(Clone, Copy, Debug)]
pub struct Conv2d<'a> {
    /// Geometry.
    pub window: Window,
    /// Weights. Convolution: output channel, row, column, input channel. Depthwise: row, column,
    /// output channel.
    pub filter: &'a [i8],
    /// Biases.
    pub bias: Bias<'a>,
    /// Negated zero point of the input.
    pub input_offset: i32,
    /// Zero point of the output.
    pub output_offset: i32,
    /// Bounds of the output, both included.
    pub bounds: [i32; 2],
}

/// FULLY_CONNECTED.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnected<'a> {
    /// Rows of the input and of the output.
    pub batches: usize,
    /// Length of an input row.
    pub depth: usize,
    /// Weights: output channel, input channel.
    pub filter: &'a [i8],
    /// Biases.
    pub bias: Bias<'a>,
    /// Negated zero point of the input.
    pub input_offset: i32,
    /// Zero point of the output.
    pub output_offset: i32,
    /// Bounds of the output, both included.
    pub bounds: [i32; 2],
}

/// AVERAGE_POOL_2D or MAX_POOL_2D.
#[derive(Clone, Copy, Debug)]
pub struct Pool2d {
    /// Geometry.
    pub window: Window,
    /// Bounds of the output, both included.
    pub bounds: [i32; 2],
}

/// ADD of two tensors of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Add {
    /// Negated zero points of the inputs.
    pub input_offsets: [i32; 2],
    /// Zero point of the output.
    pub output_offset: i32,
    /// Bounds of the output, both included.
    pub bounds: [i32; 2],
}

impl Add {
    /// Inputs are shifted left by this many bits before they are scaled.
    pub const LEFT_SHIFT: u32 = 20;
}

/// SOFTMAX along the last dimension.
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    /// Length of a row.
    pub depth: usize,
}

/// Multipliers from accumulator to output, one per output channel or one for all.
#[derive(Clone, Copy, Debug)]
pub struct Requantisation<'a> {
    /// [`Multiplier::multiplier`].
    pub multipliers: &'a [i32],
    /// [`Multiplier::shift`], at least as many.
    pub shifts: &'a [i8],
    /// Whether all shifts are negative and no accumulator can reach 2^30, so that the rounding
    /// can be done in fewer steps.
    pub narrow: bool,
}

impl Requantisation<'_> {
    /// The multipliers of `count` channels from `first` on, [`None`] if there aren't so many.
    pub fn part(&self, first: usize, count: usize) -> Option<Self> {
        if self.multipliers.len() == 1 {
            return Some(*self);
        }
        Some(Self {
            multipliers: self.multipliers.get(first..)?.get(..count)?,
            shifts: self.shifts.get(first..)?.get(..count)?,
            narrow: self.narrow,
        })
    }

    /// The multiplier of `channel`.
    #[inline]
    pub fn get(&self, channel: usize) -> Multiplier {
        let channel = if self.multipliers.len() == 1 {
            0
        } else {
            channel
        };
        Multiplier {
            multiplier: self.multipliers.get(channel).copied().unwrap_or(0),
            shift: self.shifts.get(channel).copied().unwrap_or(0),
        }
    }
}

/// The operators. Lengths of all slices follow from the geometry and were checked.
pub trait Kernels {
    /// CONV_2D that [`conv_2d_suits`]. `scratch` has [`conv_2d_scratch`] words.
    fn conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    );
    /// Any CONV_2D. `scratch` has [`conv_2d_scratch`] words.
    fn conv_2d_any(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    ) {
        Self::conv_2d(op, requantisation, input, output, scratch);
    }
    /// DEPTHWISE_CONV_2D that [`depthwise_conv_2d_suits`].
    fn depthwise_conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    );
    /// Any DEPTHWISE_CONV_2D.
    fn depthwise_conv_2d_any(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        Self::depthwise_conv_2d(op, requantisation, input, output);
    }
    /// FULLY_CONNECTED.
    fn fully_connected(
        op: &FullyConnected,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    );
    /// AVERAGE_POOL_2D.
    fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        Portable::average_pool_2d(op, input, output);
    }
    /// MAX_POOL_2D.
    fn max_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        Portable::max_pool_2d(op, input, output);
    }
    /// ADD. `multipliers` are those of the two inputs and of the output.
    fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
        Portable::add(op, multipliers, inputs, output);
    }
    /// SOFTMAX.
    fn softmax(op: &Softmax, scale: SoftmaxScale, input: &[i8], output: &mut [i8]) {
        Portable::softmax(op, scale, input, output);
    }
}

/// Scratch of a CONV_2D, in words: two unfolded windows of 16-bit elements, each rounded up to
/// words. The same for all kernels, so that a plan doesn't depend on them.
pub fn conv_2d_scratch(window: &Window) -> Option<usize> {
    let [height, width] = window.filter;
    let elements = height.checked_mul(width)?.checked_mul(window.input[2])?;
    elements.div_ceil(4).checked_mul(4)
}

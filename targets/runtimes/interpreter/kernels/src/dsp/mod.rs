//! Kernels for the DSP extension of Armv7E-M (Cortex-M4, M7).
//!
//! Two 8-bit weights are widened by one instruction (SXTB16) and two multiply-accumulates are
//! done by another (SMLAD).

mod convolution;
mod depthwise;
mod fully_connected;
mod output;
mod pool;

use super::simd;
use super::{
    Add, Conv2d, FullyConnected, Kernels, Pool2d, Portable, Requantisation, Softmax, Window,
};
use crate::quantisation::Multiplier;
use crate::softmax::SoftmaxScale;

/// Kernels for Armv7E-M. On other machines the instructions are emulated.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

/// Both halves of a word.
fn both(value: i32) -> u32 {
    let half = value as u32 & 0xffff;
    half | half << 16
}

/// Where the outputs of one image lie, in order: row and column.
struct Positions {
    next: [usize; 2],
    /// Rows and columns.
    size: [usize; 2],
}

impl Positions {
    fn of(window: &Window) -> Self {
        let [height, width, _] = window.output;
        Self {
            next: [0; 2],
            size: [height, width],
        }
    }
}

impl Iterator for Positions {
    type Item = [usize; 2];

    #[inline(always)]
    fn next(&mut self) -> Option<[usize; 2]> {
        let [y, x] = self.next;
        let [height, width] = self.size;
        if y >= height || x >= width {
            return None;
        }
        self.next = if x + 1 == width {
            [y + 1, 0]
        } else {
            [y, x + 1]
        };
        Some([y, x])
    }
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
        convolution::conv_2d(op, requantisation, input, output, scratch);
    }

    fn depthwise_conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        depthwise::depthwise_conv_2d(op, requantisation, input, output);
    }

    fn fully_connected(
        op: &FullyConnected,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        fully_connected::fully_connected(op, requantisation, input, output);
    }

    fn average_pool_2d(op: &Pool2d, input: &[i8], output: &mut [i8]) {
        pool::average_pool_2d(op, input, output);
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

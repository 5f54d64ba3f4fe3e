//! Kernels for the DSP extension of Armv7E-M (Cortex-M4, M7).
//!
//! Two 8-bit weights are widened by one instruction (SXTB16) and two multiply-accumulates are
//! done by another (SMLAD).

mod add;
mod compact;
mod convolution;
mod depthwise;
mod depthwise_stationary;
mod fully_connected;
mod output;
mod parts;
mod planes;
mod pool;
mod stationary;

pub use compact::Compact;

use super::{Add, Conv2d, FullyConnected, Kernels, Pool2d, Requantisation, Window};
use crate::quantisation::Multiplier;

/// Kernels for Armv7E-M. On other machines the instructions are emulated.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

/// Whether [`Kernels::conv_2d`] is there for a convolution; [`Kernels::conv_2d_any`] is for all.
pub fn conv_2d_suits(window: &Window) -> bool {
    stationary::suits(window)
}

/// Whether [`Kernels::depthwise_conv_2d`] is there for a depthwise convolution;
/// [`Kernels::depthwise_conv_2d_any`] is for all.
pub fn depthwise_conv_2d_suits(window: &Window) -> bool {
    depthwise_stationary::suits(window)
}

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

impl Kernels for Dsp {
    fn conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    ) {
        stationary::conv_2d(op, requantisation, input, output, scratch);
    }

    fn conv_2d_any(
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
        depthwise_stationary::depthwise_conv_2d(op, requantisation, input, output);
    }

    fn depthwise_conv_2d_any(
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
        pool::max_pool_2d(op, input, output);
    }

    fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
        add::add(op, multipliers, inputs, output);
    }
}

//! Kernels for cores with the 16-bit instructions of Thumb alone (Armv6-M: Cortex-M0, M0+).
//!
//! They multiply 32 bits by 32 to the lower 32 in one cycle, load in two, and have eight registers that all
//! instructions take. So two products are had of one multiplication ([`pairs`]), weights are widened once and stay
//! while outputs go by, and a 64-bit product is put together of 16-bit halves ([`scale`]).

mod convolution;
mod depthwise;
mod fully_connected;
mod general;
mod pairs;
mod regions;
mod rows;
mod scale;
mod taps;

use super::{Add, Conv2d, FullyConnected, Kernels, Requantisation};
use crate::quantisation::Multiplier;

/// Kernels for Armv6-M. On other machines the loops in assembly are plain Rust.
#[derive(Clone, Copy, Debug)]
pub struct Thumb;

impl Kernels for Thumb {
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

    fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
        scale::add(op, multipliers, inputs, output);
    }
}

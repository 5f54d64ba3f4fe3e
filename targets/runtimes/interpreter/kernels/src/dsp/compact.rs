//! Kernels that take little flash.

use super::{Dsp, depthwise};
use crate::{Conv2d, FullyConnected, Kernels, Requantisation};

/// Kernels for Armv7E-M that take little flash: convolutions and fully connected layers are those of
/// [`Dsp`](super::Dsp), depthwise ones go output by output, others are [`Portable`](crate::Portable).
#[derive(Clone, Copy, Debug)]
pub struct Compact;

impl Kernels for Compact {
    fn conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    ) {
        Dsp::conv_2d(op, requantisation, input, output, scratch);
    }

    fn conv_2d_any(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
        scratch: &mut [u32],
    ) {
        Dsp::conv_2d_any(op, requantisation, input, output, scratch);
    }

    fn depthwise_conv_2d(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        depthwise::fours(op, requantisation, input, output);
    }

    fn depthwise_conv_2d_any(
        op: &Conv2d,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        Dsp::depthwise_conv_2d_any(op, requantisation, input, output);
    }

    fn fully_connected(
        op: &FullyConnected,
        requantisation: &Requantisation,
        input: &[i8],
        output: &mut [i8],
    ) {
        Dsp::fully_connected(op, requantisation, input, output);
    }
}

//! Operators on int16 activations, with int8 weights ("16x8").
//!
//! TensorFlow Lite sums products in 64 bits, or in 32 if the biases have 32, which are the same
//! numbers wherever nothing overflows; the two are scaled differently.

pub(in crate::operators) mod conv_2d;
pub(in crate::operators) mod depthwise_conv_2d;
pub(in crate::operators) mod fully_connected;

use super::weights::{self, Layer};
use crate::error::Fault;
use crate::file::flatbuffer::Vector;
use crate::file::schema::tensor_type::{INT8, INT16, INT32, INT64};
use crate::kernels::products::multiply_wide;
use crate::kernels::{Bias, Multiplier, Requantisation};
use crate::model::operator::Operator;
use crate::model::tensor::Quantisation;

/// The range of int16.
const LIMITS: [i32; 2] = [-32_768, 32_767];

/// The input of the biases.
const BIAS: usize = 2;

/// Biases, and what they say about the width of sums.
pub(super) enum Biases<'m> {
    /// 32 bits.
    Short(Bias<'m>),
    /// 64 bits.
    Long(Vector<'m, i64>),
    /// 16 bits, summed in 64.
    Half(&'m [[u8; 2]]),
}

impl<'m> Biases<'m> {
    /// Those in the input at `position`. Without any, the option in field `width` says which type
    /// they would have.
    fn read(operator: &Operator<'_, 'm>, position: usize, width: usize) -> Self {
        match operator.optional_input(position) {
            Some(tensor) if tensor.type_number() == INT32 => Self::Short(Bias::new(tensor.data())),
            Some(tensor) => Self::Long(Vector::new(tensor.data())),
            None if operator.option(width, 0_u8) == INT32 => Self::Short(Bias::new(&[])),
            None => Self::Long(Vector::EMPTY),
        }
    }

    /// Those in the input at `position`, which have 64 or 16 bits.
    pub fn long(operator: &Operator<'_, 'm>, position: usize) -> Self {
        match operator.optional_input(position) {
            Some(tensor) if tensor.type_number() == INT16 => {
                Self::Half(tensor.data().as_chunks().0)
            }
            Some(tensor) => Self::Long(Vector::new(tensor.data())),
            None => Self::Long(Vector::EMPTY),
        }
    }

    /// The element of an int16 output for the sum of products of a channel, without its zero
    /// point.
    pub fn scale(&self, multiplier: Multiplier, channel: usize, sum: i64) -> i32 {
        match self {
            Self::Short(bias) => {
                let sum = (sum as i32).wrapping_add(bias.get(channel));
                multiplier.apply(sum)
            }
            Self::Long(bias) => {
                let bias = bias.get(channel).unwrap_or(0);
                multiply_wide(multiplier, sum.wrapping_add(bias))
            }
            Self::Half(bias) => {
                let bias = bias.get(channel).map_or(0, |raw| i16::from_le_bytes(*raw));
                multiply_wide(multiplier, sum.wrapping_add(bias.into()))
            }
        }
    }
}

/// Checks input, output, weights, whose `channels` lie along `dimension`, and the fused activation
/// in option `activation`.
pub(super) fn check(
    operator: &Operator,
    layer: &Layer,
    channels: usize,
    dimension: i32,
    activation: usize,
) -> Result<(), Fault> {
    for end in &layer.ends {
        end.expect_quantisation()?;
    }
    layer.weights.expect_content(INT8)?;
    layer.weights.expect_filter_scales(channels, dimension)?;
    operator.expect_activation(activation)
}

/// Checks that there is one bias per channel, of 64 bits or a type of `others`, or none.
pub(super) fn check_biases(
    operator: &Operator,
    position: usize,
    channels: usize,
    others: &[u8],
) -> Result<(), Fault> {
    let Some(tensor) = operator.optional_input(position) else {
        return Ok(());
    };
    if tensor.shape().elements() != channels {
        return Err(operator.shape_error("bias"));
    }
    let found = tensor.type_number();
    let known = others.contains(&found);
    tensor.expect_constant(if known { found } else { INT64 })
}

/// Writes multipliers, which have to be such that [`multiply_wide`] is defined.
pub(super) fn prepare(
    layer: &Layer,
    constants: &mut [u32],
    count: usize,
    scale: fn([f32; 3]) -> f64,
) -> Option<bool> {
    layer.prepare(constants, count, 0, scale)?;
    let scales = weights::requantisation(constants, count, false)?;
    let below = scales.shifts.iter().all(|&shift| shift < 15);
    below.then_some(false)
}

/// The elements of an int16 output.
pub(super) struct Output<'a> {
    pub biases: Biases<'a>,
    pub scales: Requantisation<'a>,
    pub bounds: [i32; 2],
    /// 0 where TensorFlow Lite takes none into account.
    pub zero_point: i32,
}

impl Output<'_> {
    pub fn finish(&self, channel: usize, sum: i64) -> i16 {
        let scaled = self.biases.scale(self.scales.get(channel), channel, sum);
        let [low, high] = self.bounds;
        scaled.wrapping_add(self.zero_point).max(low).min(high) as i16
    }
}

pub(in crate::operators) fn bounds(
    operator: &Operator,
    activation: usize,
    output: Quantisation,
) -> [i32; 2] {
    operator.bounds_within(activation, output, LIMITS)
}

//! What operators with weights share: scales, multipliers, biases, and weights that are coded.

use crate::coded::Coded;
use crate::error::ModelError;
use crate::flatbuffer::Vector;
use crate::kernels::{Bias, Requantisation};
use crate::operator::Operator;
use crate::quantisation::Multiplier;
use crate::schema::tensor_type;
use crate::tensor::{Quantisation, Weights};

/// The input of the weights, and that of the biases.
pub(super) const WEIGHTS: usize = 1;
const BIAS: usize = 2;

/// Scale and zero point of the first input, which lives in the arena, and of the first output.
pub(super) fn ends(operator: &Operator) -> Result<[Quantisation; 2], ModelError> {
    Ok([
        operator.input(0)?.quantisation()?,
        operator.output(0)?.quantisation()?,
    ])
}

/// Scales of an operator with weights.
#[derive(Clone, Copy)]
pub(super) struct Scales<'m> {
    /// Of the input.
    pub input: f32,
    /// Of the weights: one per output channel, or one for all.
    pub filter: Vector<'m, f32>,
    /// Of the output.
    pub output: f32,
}

impl<'m> Scales<'m> {
    /// The scales of an operator whose `channels` lie along `dimension` of the weights.
    pub fn read(
        operator: &Operator<'m>,
        channels: usize,
        dimension: i32,
    ) -> Result<Self, ModelError> {
        let weights = operator.input(WEIGHTS)?;
        let [input, output] = ends(operator)?;
        Ok(Self {
            input: input.scale,
            filter: weights.filter_scales(channels, dimension)?,
            output: output.scale,
        })
    }

    /// The scale from accumulator to output of `channel`, in double precision and in TensorFlow
    /// Lite's order.
    pub fn of_channel(&self, channel: usize) -> Option<f64> {
        let filter = self.filter.get(channel).or(self.filter.get(0))?;
        let product = f64::from(self.input) * f64::from(filter);
        Some(product / f64::from(self.output))
    }

    /// The scale from accumulator to output of a fully connected layer with one scale for all
    /// weights: TensorFlow Lite multiplies the scales of input and weights in single precision
    /// (`GetQuantizedConvolutionMultipler`).
    pub fn of_all(&self) -> Option<f64> {
        let product = self.input * self.filter.get(0)?;
        Some(f64::from(product) / f64::from(self.output))
    }
}

/// The int8 weights, or how to decode them; their scales are checked.
pub(super) fn check<'m>(operator: &Operator<'m>) -> Result<Option<Coded<'m>>, ModelError> {
    let weights = operator.input(WEIGHTS)?;
    weights.check_filter_scales()?;
    match weights.weights()? {
        Weights::Plain(_) => Ok(None),
        Weights::Coded(coded) => Ok(Some(coded)),
    }
}

/// How many biases there are, checked to be one per channel, or none.
pub(super) fn check_bias(
    operator: &Operator,
    channels: usize,
    element_type: u8,
) -> Result<usize, ModelError> {
    let Some(tensor) = operator.optional_input(BIAS)? else {
        return Ok(0);
    };
    if tensor.shape().elements() != channels {
        return Err(operator.shape_error("bias"));
    }
    if element_type == tensor_type::FLOAT32 {
        tensor.constant_f32()?;
    }
    tensor.constant(element_type)?;
    Ok(channels)
}

/// The int32 biases, or none.
pub(super) fn bias<'m>(operator: &Operator<'m>) -> Bias<'m> {
    let tensor = operator.optional_input(BIAS);
    let tensor = tensor.ok().flatten();
    Bias::new(tensor.map_or(&[], |tensor| tensor.data()))
}

/// The float32 biases, or none.
pub(super) fn float_bias<'m>(operator: &Operator<'m>) -> &'m [f32] {
    let tensor = operator.optional_input(BIAS);
    let tensor = tensor.ok().flatten();
    let raw = tensor.map_or(&[] as &[u8], |tensor| tensor.data());
    bytemuck::try_cast_slice(raw).unwrap_or(&[])
}

/// Words of constants for `channels` channels: a 32-bit multiplier each, then an 8-bit shift each.
pub(super) fn multiplier_words(channels: usize) -> usize {
    channels.saturating_add(channels.div_ceil(4))
}

/// Writes `count` multipliers and then as many shifts of 8 bits.
#[inline(never)]
pub(super) fn write_multipliers(
    constants: &mut [u32],
    count: usize,
    real: &dyn Fn(usize) -> Option<f64>,
) -> Option<()> {
    let (multipliers, shifts) = constants.split_at_mut_checked(count)?;
    let shifts: &mut [i8] = bytemuck::cast_slice_mut(shifts);
    shifts.fill(0);
    for (channel, (word, shift)) in multipliers.iter_mut().zip(shifts).enumerate() {
        let multiplier = Multiplier::from_real(real(channel)?)?;
        *word = multiplier.multiplier as u32;
        *shift = multiplier.shift;
    }
    Some(())
}

/// Splits constants into `count` multipliers and their shifts.
pub(super) fn requantisation(
    constants: &[u32],
    count: usize,
    narrow: bool,
) -> Option<Requantisation<'_>> {
    let (multipliers, shifts) = constants.split_at_checked(count)?;
    Some(Requantisation {
        multipliers: bytemuck::cast_slice(multipliers),
        shifts: bytemuck::cast_slice(shifts).get(..count)?,
        narrow,
    })
}

/// Whether all shifts are negative and all accumulators stay below 2^30 in magnitude, whatever
/// the input: `depth` products of at most 255 * 128, and a bias.
#[inline(never)]
pub(super) fn is_narrow(constants: &[u32], channels: usize, depth: usize, bias: &Bias) -> bool {
    let products = depth as u64 * 255 * 128;
    let bias = (0..bias.len()).map(|channel| bias.get(channel).unsigned_abs());
    let bounded = products + u64::from(bias.max().unwrap_or(0)) < 1 << 30;
    bounded
        && requantisation(constants, channels, false)
            .is_some_and(|requantisation| requantisation.shifts.iter().all(|&shift| shift < 0))
}

/// Calls `use_weights` with the index of the first weight and the weights: once with all that lie
/// plain in the file, or for each piece of at most `most` that is decoded.
pub(super) fn each_piece(
    operator: &Operator,
    most: usize,
    work: &mut [u8],
    mut use_weights: impl FnMut(usize, &[i8]) -> Option<()>,
) -> Option<()> {
    match operator.input(WEIGHTS).ok()?.weights().ok()? {
        Weights::Plain(weights) => use_weights(0, weights),
        Weights::Coded(coded) => each_decoded(&coded, most, work, &mut use_weights),
    }
}

/// Decodes weights piece by piece; [`None`] if there are fewer or more.
fn each_decoded(
    coded: &Coded,
    most: usize,
    work: &mut [u8],
    use_weights: &mut dyn FnMut(usize, &[i8]) -> Option<()>,
) -> Option<()> {
    let (mut decoder, weights) = coded.begin(work)?;
    let (count, most) = (coded.bytes(), most.max(1));
    let mut first = 0;
    while first < count {
        let piece = weights.get_mut(..most.min(count - first))?;
        if !decoder.decode(piece) {
            return None;
        }
        use_weights(first, piece)?;
        first += piece.len();
    }
    decoder.is_at_end().then_some(())
}

/// Decodes the weights of an operator piece by piece, and does nothing with them.
pub(crate) fn decode(operator: &Operator, most: usize, work: &mut [u8]) -> Option<()> {
    each_piece(operator, most, work, |_, _| Some(()))
}

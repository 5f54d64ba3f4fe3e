//! What operators with weights share: scales, multipliers, biases, and weights that are coded.

use crate::compression::coded::Coded;
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::kernels::{Bias, Multiplier, Requantisation};
use crate::model::operator::Operator;
use crate::model::tensor::{Quantisation, RawTensor, Weights};
use crate::operators::Needs;

/// The input of the weights, and that of the biases.
const WEIGHTS: usize = 1;
const BIAS: usize = 2;

/// The tensors of an operator with weights.
#[derive(Clone, Copy)]
pub(super) struct Layer<'m> {
    /// Input and output.
    pub ends: [RawTensor<'m>; 2],
    pub weights: RawTensor<'m>,
    bias: Option<RawTensor<'m>>,
}

impl<'m> Layer<'m> {
    #[inline(never)]
    pub fn read(operator: &Operator<'_, 'm>) -> Self {
        Self {
            ends: operator.ends(),
            weights: operator.input(WEIGHTS),
            bias: operator.optional_input(BIAS),
        }
    }

    /// A layer whose inputs are in another order.
    pub fn of(
        ends: [RawTensor<'m>; 2],
        weights: RawTensor<'m>,
        bias: Option<RawTensor<'m>>,
    ) -> Self {
        Self {
            ends,
            weights,
            bias,
        }
    }

    /// Scale and zero point of input and output.
    #[inline(never)]
    pub fn quantisation(&self) -> [Quantisation; 2] {
        let [input, output] = &self.ends;
        [input.quantisation(), output.quantisation()]
    }

    /// The bytes of the biases, none if they are left out.
    pub fn bias_data(&self) -> &'m [u8] {
        self.bias.map_or(&[], |tensor| tensor.data())
    }

    /// The int32 biases, or none.
    pub fn bias(&self) -> Bias<'m> {
        Bias::new(self.bias_data())
    }

    /// The float32 biases, or none.
    pub fn float_bias(&self) -> &'m [f32] {
        self.bias.map_or(&[], |tensor| tensor.floats())
    }

    /// How many biases there are.
    pub fn biases(&self) -> usize {
        self.bias.map_or(0, |tensor| tensor.shape().elements())
    }

    /// Whether weights and biases lie in the file.
    pub fn is_constant(&self) -> bool {
        self.weights.is_constant() && self.bias.is_none_or(|tensor| tensor.is_constant())
    }

    /// Negated zero point of weights that have one scale. TensorFlow Lite takes none into account
    /// if each channel has its scale, nor in convolutions.
    pub fn weights_offset(&self) -> i32 {
        match self.scales() {
            1 => self.weights.quantisation().zero_point.wrapping_neg(),
            _ => 0,
        }
    }

    /// How many scales the weights have.
    pub fn scales(&self) -> usize {
        self.weights.quantisations().0.len()
    }

    /// Bytes of the weights if they are coded.
    pub fn coded(&self) -> usize {
        match self.weights.weights() {
            Weights::Plain(_) => 0,
            Weights::Coded(coded) => coded.bytes(),
        }
    }

    /// Writes `count` multipliers, of all channels or one for all, and answers whether they are
    /// [`Requantisation::narrow`] for accumulators of `depth` products. `scale` is that from
    /// accumulator to output, of the scales of input, weights and output.
    #[inline(never)]
    pub fn prepare(
        &self,
        constants: &mut [u32],
        count: usize,
        depth: usize,
        scale: fn([f32; 3]) -> f64,
    ) -> Option<bool> {
        let [input, output] = self.quantisation();
        let (scales, _) = self.weights.quantisations();
        let (multipliers, shifts) = constants.split_at_mut_checked(count)?;
        let shifts: &mut [i8] = bytemuck::cast_slice_mut(shifts);
        shifts.fill(0);
        let products = depth as u64 * 255 * 128;
        let bias = self.bias();
        let bias = (0..bias.len()).map(|channel| bias.get(channel).unsigned_abs());
        let mut narrow = products + u64::from(bias.max().unwrap_or(0)) < 1 << 30;
        for (channel, (word, shift)) in multipliers.iter_mut().zip(shifts).enumerate() {
            let filter = scales.get(channel).or(scales.get(0))?;
            let real = scale([input.scale, filter, output.scale]);
            let multiplier = Multiplier::from_real(real)?;
            *word = multiplier.multiplier as u32;
            *shift = multiplier.shift;
            narrow &= multiplier.shift < 0;
        }
        Some(narrow)
    }

    /// What a layer needs with `count` multipliers whose weights are each part of `uses` products.
    #[inline(never)]
    pub fn needs(&self, count: usize, uses: usize) -> Needs {
        Needs {
            constants: multiplier_words(count),
            decoded: self.coded(),
            ..self.float_needs(uses)
        }
    }

    /// [`Self::needs`] of a layer without multipliers.
    pub fn float_needs(&self, uses: usize) -> Needs {
        Needs {
            weights: self.weights.shape().elements(),
            biases: self.biases(),
            uses,
            ..Needs::default()
        }
    }

    /// Checks the weights and biases of a float32 layer, and the fused activation in option
    /// `activation`.
    pub fn check_float(
        &self,
        operator: &Operator,
        channels: usize,
        activation: usize,
    ) -> Result<(), Fault> {
        self.weights.expect_constant(FLOAT32)?;
        operator.expect_activation(activation)?;
        self.check_bias(operator, channels, FLOAT32)
    }

    /// Checks input and output of an int8 layer, its weights, whose `channels` lie along
    /// `dimension`, their scales, the int32 biases and the fused activation in option `activation`.
    pub fn check_int8(
        &self,
        operator: &Operator,
        channels: usize,
        dimension: i32,
        activation: usize,
    ) -> Result<(), Fault> {
        let [input, output] = &self.ends;
        input.expect_arena()?;
        input.expect_quantisation()?;
        output.expect_quantisation()?;
        self.weights.expect_content(INT8)?;
        self.weights.expect_filter_scales(channels, dimension)?;
        operator.expect_activation(activation)?;
        self.check_bias(operator, channels, INT32)
    }

    /// Checks that there is one bias per channel, or none.
    pub fn check_bias(
        &self,
        operator: &Operator,
        channels: usize,
        element_type: u8,
    ) -> Result<(), Fault> {
        let Some(tensor) = self.bias else {
            return Ok(());
        };
        if tensor.shape().elements() != channels {
            return Err(operator.shape_error("bias"));
        }
        tensor.expect_constant(element_type)
    }
}

/// Words of `count` multipliers: 32 bits each, then a shift of 8 bits each.
fn multiplier_words(count: usize) -> usize {
    count + count.div_ceil(4)
}

/// The scale from accumulator to output in double precision and in TensorFlow Lite's order.
pub(super) fn scale([input, filter, output]: [f32; 3]) -> f64 {
    f64::from(input) * f64::from(filter) / f64::from(output)
}

/// The scale from accumulator to output of a fully connected layer with one scale for all weights:
/// TensorFlow Lite multiplies the scales of input and weights in single precision
/// (`GetQuantizedConvolutionMultipler`).
fn scale_of_all([input, filter, output]: [f32; 3]) -> f64 {
    f64::from(input * filter) / f64::from(output)
}

/// The scale from accumulator to output of a fully connected layer whose weights have `count`
/// scales.
pub(super) fn scale_for(count: usize) -> fn([f32; 3]) -> f64 {
    match count {
        1 => scale_of_all,
        _ => scale,
    }
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

/// The weights as they would lie plain in the file, if they may be coded: of those that are the file may
/// hold less.
#[inline(always)]
pub(super) fn plain(weights: Option<&[i8]>) -> Option<&[i8]> {
    match cfg!(feature = "huffman") {
        true => Some(weights.unwrap_or(&[])),
        false => weights,
    }
}

/// [`each_piece`] of the weights of an operator, which are `plain` unless the model is compressed.
#[inline]
pub(super) fn each_piece_of(
    operator: &Operator,
    plain: &[i8],
    most: usize,
    work: &mut [u8],
    use_weights: &mut dyn FnMut(usize, &[i8]) -> Option<()>,
) -> Option<()> {
    if cfg!(feature = "huffman") && operator.graph.file.compressed {
        return each_piece(&operator.input(WEIGHTS), most, work, use_weights);
    }
    use_weights(0, plain)
}

/// Calls `use_weights` with the index of the first weight and the weights: once with all that lie
/// plain in the file, or for each piece of at most `most` that is decoded.
#[inline]
pub(super) fn each_piece(
    weights: &RawTensor,
    most: usize,
    work: &mut [u8],
    use_weights: &mut dyn FnMut(usize, &[i8]) -> Option<()>,
) -> Option<()> {
    match weights.weights() {
        Weights::Plain(weights) => use_weights(0, weights),
        Weights::Coded(coded) => each_decoded(&coded, most, work, use_weights),
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
    let weights = operator.input(WEIGHTS);
    each_piece(&weights, most, work, &mut |_, _| Some(()))
}

/// The elements of an int8 output, made of sums of products.
pub(super) struct Int8Output<'a> {
    pub bias: Bias<'a>,
    pub scales: Requantisation<'a>,
    pub bounds: [i32; 2],
    pub zero_point: i32,
}

impl Int8Output<'_> {
    /// The element for the sum of `channel`. Sums wrap at 32 bits as TensorFlow Lite's do.
    pub fn finish(&self, channel: usize, sum: i64) -> i8 {
        let sum = (sum as i32).wrapping_add(self.bias.get(channel));
        let scaled = self.scales.get(channel).apply(sum);
        let [low, high] = self.bounds;
        scaled.saturating_add(self.zero_point).max(low).min(high) as i8
    }
}

/// The elements of a float32 output, made of sums of products.
pub(super) struct FloatOutput<'a> {
    pub bias: &'a [f32],
    pub bounds: [f32; 2],
}

impl FloatOutput<'_> {
    /// The element for the sum of `channel`.
    pub fn finish(&self, channel: usize, sum: f32) -> f32 {
        let sum = sum + self.bias.get(channel).copied().unwrap_or(0.0);
        let [low, high] = self.bounds;
        // Written so that what isn't a number stays visible.
        if sum < low {
            low
        } else if sum > high {
            high
        } else {
            sum
        }
    }
}

//! One operator of a model: its tensors and options, checked against each other.

use crate::coded::Coded;
use crate::error::ModelError;
use crate::flatbuffer::{Table, Vector};
use crate::float::{self, FloatOp};
use crate::kernels::{Add, Bias, Conv2d, FullyConnected, Pool2d, Softmax, Window};
use crate::model::{Model, Quantisation, RawTensor};
use crate::quantisation::quantise;
use crate::schema::{self, builtin};

/// Largest stride, dilation, and extent of an image or window along one axis.
const MAX_EXTENT: usize = 65_535;
/// Most elements of a pooling window, so that the sum of a window fits 32 bits.
const MAX_POOL: usize = 1 << 20;
/// Longest row of a softmax: its sum of exponentials has 12 integer bits.
const MAX_SOFTMAX: usize = 4_095;

/// An operator with everything that its kernel needs, save what depends on the arena.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'m> {
    /// Index in the model.
    pub index: u32,
    /// What it does.
    pub kind: Kind<'m>,
    /// Tensor index of its first input.
    pub input: u32,
    /// Tensor index of its second input, for ADD.
    pub second: Option<u32>,
    /// Tensor index of its output.
    pub output: u32,
    /// Elements of its output.
    pub elements: usize,
    /// The weights, if they have to be decoded; `kind` has none then.
    pub(crate) coded: Option<Coded<'m>>,
}

/// The operators that are supported.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'m> {
    /// CONV_2D.
    Conv2d {
        /// Geometry and weights.
        op: Conv2d<'m>,
        /// Scales.
        scales: Scales<'m>,
    },
    /// DEPTHWISE_CONV_2D.
    DepthwiseConv2d {
        /// Geometry and weights.
        op: Conv2d<'m>,
        /// Scales.
        scales: Scales<'m>,
    },
    /// FULLY_CONNECTED.
    FullyConnected {
        /// Geometry and weights.
        op: FullyConnected<'m>,
        /// Scales.
        scales: Scales<'m>,
    },
    /// AVERAGE_POOL_2D.
    AveragePool2d(Pool2d),
    /// MAX_POOL_2D.
    MaxPool2d(Pool2d),
    /// ADD.
    Add {
        /// Zero points and bounds.
        op: Add,
        /// Scales of the two inputs and of the output.
        scales: [f32; 3],
    },
    /// RESHAPE: a copy.
    Reshape,
    /// Any operator on float32 tensors.
    Float(FloatOp<'m>),
    /// SOFTMAX.
    Softmax {
        /// Geometry.
        op: Softmax,
        /// Factor of the exponent.
        beta: f32,
        /// Scale of the input.
        input_scale: f32,
    },
}

/// Scales of an operator with weights.
#[derive(Clone, Copy, Debug)]
pub struct Scales<'m> {
    /// Of the input.
    pub input: f32,
    /// Of the weights: one per output channel, or one for all.
    pub filter: Vector<'m, f32>,
    /// Of the output.
    pub output: f32,
}

impl<'m> Operator<'m> {
    pub(crate) fn read(
        model: &Model<'m>,
        index: u32,
        table: &Table<'m>,
    ) -> Result<Self, ModelError> {
        let code = table.scalar(schema::operator::OPCODE_INDEX, 0_u32)?;
        let Some((builtin, version)) = model.operator_code(code)? else {
            return Err(ModelError::Malformed {
                at: table.position(),
            });
        };
        let (newest, options_type) = match builtin {
            builtin::ADD => (5, schema::add::OPTIONS_TYPE),
            builtin::AVERAGE_POOL_2D | builtin::MAX_POOL_2D => (3, schema::pool_2d::OPTIONS_TYPE),
            builtin::CONV_2D => (8, schema::conv_2d::OPTIONS_TYPE),
            builtin::DEPTHWISE_CONV_2D => (7, schema::depthwise_conv_2d::OPTIONS_TYPE),
            builtin::FULLY_CONNECTED => (13, schema::fully_connected::OPTIONS_TYPE),
            builtin::RESHAPE => (2, 0),
            builtin::SOFTMAX => (3, schema::softmax::OPTIONS_TYPE),
            _ => {
                return Err(ModelError::UnsupportedOperator {
                    operator: index,
                    builtin,
                });
            }
        };
        if !(1..=newest).contains(&version) {
            return Err(ModelError::OperatorVersion {
                operator: index,
                builtin,
                version,
            });
        }
        let found_type = table.scalar(schema::operator::OPTIONS_TYPE, 0_u8)?;
        if options_type != 0 && found_type != options_type {
            return Err(ModelError::UnsupportedOption {
                operator: index,
                option: "options table",
            });
        }
        let options = table.table(schema::operator::OPTIONS)?;
        Reader {
            model,
            index,
            inputs: table.vector(schema::operator::INPUTS)?,
            outputs: table.vector(schema::operator::OUTPUTS)?,
            options: options.unwrap_or(*table),
            has_options: options.is_some(),
        }
        .read(builtin)
    }

    /// Tensor indices of the inputs that live in the arena.
    pub fn inputs(&self) -> impl Iterator<Item = u32> + use<> {
        [Some(self.input), self.second].into_iter().flatten()
    }

    /// Multiply-accumulate operations.
    pub fn macs(&self) -> u64 {
        let times = match &self.kind {
            Kind::Conv2d { op, .. } | Kind::DepthwiseConv2d { op, .. } => op.window.positions(),
            Kind::FullyConnected { op, .. } => op.batches,
            Kind::Float(op) => op.uses_of_a_weight(),
            _ => 0,
        };
        times as u64 * self.weights() as u64
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        let biases = match &self.kind {
            Kind::Conv2d { op, .. } | Kind::DepthwiseConv2d { op, .. } => op.bias.len(),
            Kind::FullyConnected { op, .. } => op.bias.len(),
            Kind::Float(op) => op.biases(),
            _ => 0,
        };
        self.weights() as u64 + biases as u64
    }

    /// How many weights there are, decoded or not.
    pub(crate) fn weights(&self) -> usize {
        if let Some(coded) = self.coded {
            return coded.bytes();
        }
        match &self.kind {
            Kind::Conv2d { op, .. } | Kind::DepthwiseConv2d { op, .. } => op.filter.len(),
            Kind::FullyConnected { op, .. } => op.filter.len(),
            Kind::Float(op) => op.weights(),
            _ => 0,
        }
    }

    /// Checks every scale of the operator's weights, and their coding: too long for each reading.
    pub(crate) fn check_weights(&self, model: &Model<'m>) -> Result<(), ModelError> {
        match self.kind {
            Kind::Conv2d { .. } | Kind::DepthwiseConv2d { .. } | Kind::FullyConnected { .. } => {
                let table = model.operator_inputs(self.index)?;
                let filter = table.get(1).unwrap_or(-1) as u32;
                let filter = model.raw_tensor(filter)?;
                filter.check_filter_scales()?;
                filter.check_coding()
            }
            _ => Ok(()),
        }
    }
}

/// The raw parts of an operator while it is read.
pub(crate) struct Reader<'r, 'm> {
    model: &'r Model<'m>,
    index: u32,
    pub(crate) inputs: Vector<'m, i32>,
    outputs: Vector<'m, i32>,
    options: Table<'m>,
    has_options: bool,
}

impl<'m> Reader<'_, 'm> {
    fn read(&self, builtin: i32) -> Result<Operator<'m>, ModelError> {
        let (fewest, most) = match builtin {
            builtin::CONV_2D | builtin::DEPTHWISE_CONV_2D | builtin::FULLY_CONNECTED => (2, 3),
            builtin::ADD => (2, 2),
            builtin::RESHAPE => (1, 2),
            _ => (1, 1),
        };
        if !(fewest..=most).contains(&self.inputs.len()) || self.outputs.len() != 1 {
            return Err(ModelError::Arity {
                operator: self.index,
            });
        }
        let input = self.tensor(&self.inputs, 0)?;
        let output = self.tensor(&self.outputs, 0)?;
        if input.is_float() {
            return Ok(Operator {
                index: self.index,
                kind: Kind::Float(float::read(self, builtin, &input, &output)?),
                input: input.index,
                second: None,
                output: output.index,
                elements: output.shape.elements(),
                coded: None,
            });
        }
        let quantisation = [input.activation()?, output.activation()?];
        let (mut second, mut coded) = (None, None);
        let kind = match builtin {
            builtin::CONV_2D | builtin::DEPTHWISE_CONV_2D | builtin::FULLY_CONNECTED => {
                let weights = self.tensor(&self.inputs, 1)?;
                let filter;
                (filter, coded) = weights.weights()?.parts();
                let read = match builtin {
                    builtin::CONV_2D => Self::conv_2d,
                    builtin::DEPTHWISE_CONV_2D => Self::depthwise_conv_2d,
                    _ => Self::fully_connected,
                };
                read(self, [&input, &output], &weights, filter, quantisation)?
            }
            builtin::AVERAGE_POOL_2D => {
                Kind::AveragePool2d(self.pool_2d([&input, &output], quantisation)?)
            }
            builtin::MAX_POOL_2D => Kind::MaxPool2d(self.pool_2d([&input, &output], quantisation)?),
            builtin::ADD => {
                let other = self.tensor(&self.inputs, 1)?;
                second = Some(other.index);
                self.add(&input, &other, &output, quantisation)?
            }
            builtin::RESHAPE => self.reshape([&input, &output], quantisation)?,
            _ => self.softmax(&input, &output, quantisation)?,
        };
        Ok(Operator {
            index: self.index,
            kind,
            input: input.index,
            second,
            output: output.index,
            elements: output.shape.elements(),
            coded,
        })
    }

    pub(crate) fn tensor(
        &self,
        indices: &Vector<'m, i32>,
        position: usize,
    ) -> Result<RawTensor<'m>, ModelError> {
        let index = indices.get(position).unwrap_or(-1);
        self.model.raw_tensor(index as u32)
    }

    pub(crate) fn shape_error(&self, tensor: &'static str) -> ModelError {
        ModelError::Shape {
            operator: self.index,
            tensor,
        }
    }

    pub(crate) fn option_error(&self, option: &'static str) -> ModelError {
        ModelError::UnsupportedOption {
            operator: self.index,
            option,
        }
    }

    pub(crate) fn option<S: crate::flatbuffer::Scalar>(
        &self,
        id: usize,
        default: S,
    ) -> Result<S, ModelError> {
        if self.has_options {
            Ok(self.options.scalar(id, default)?)
        } else {
            Ok(default)
        }
    }

    /// The bias, checked to have one element per channel, or none.
    fn bias(&self, channels: usize) -> Result<Bias<'m>, ModelError> {
        match self.inputs.get(2) {
            None | Some(-1) => Ok(Bias::new(&[])),
            Some(index) => {
                let tensor = self.model.raw_tensor(index as u32)?;
                if tensor.shape.elements() != channels {
                    return Err(self.shape_error("bias"));
                }
                Ok(Bias::new(tensor.constant_i32()?))
            }
        }
    }

    /// The bias of a float32 operator, checked to have one element per channel, or none.
    #[cfg(feature = "float")]
    pub(crate) fn float_bias(&self, channels: usize) -> Result<&'m [f32], ModelError> {
        match self.inputs.get(2) {
            None | Some(-1) => Ok(&[]),
            Some(index) => {
                let tensor = self.model.raw_tensor(index as u32)?;
                if tensor.shape.elements() != channels {
                    return Err(self.shape_error("bias"));
                }
                tensor.constant_f32()
            }
        }
    }

    /// Bounds of a float32 output for the fused activation in option `id`.
    #[cfg(feature = "float")]
    pub(crate) fn float_bounds(&self, id: usize) -> Result<[f32; 2], ModelError> {
        match self.option(id, 0_i8)? {
            0 => Ok([f32::NEG_INFINITY, f32::INFINITY]),
            1 => Ok([0.0, f32::INFINITY]),
            2 => Ok([-1.0, 1.0]),
            3 => Ok([0.0, 6.0]),
            _ => Err(self.option_error("fused activation")),
        }
    }

    /// Bounds of the output for the fused activation in option `id`.
    fn bounds(&self, id: usize, output: Quantisation) -> Result<[i32; 2], ModelError> {
        let at = |real| quantise(real, output.scale, output.zero_point);
        let (low, high) = match self.option(id, 0_i8)? {
            0 => (i32::MIN, i32::MAX),
            1 => (at(0.0), i32::MAX),
            2 => (at(-1.0), at(1.0)),
            3 => (at(0.0), at(6.0)),
            _ => return Err(self.option_error("fused activation")),
        };
        Ok([low.max(-128), high.min(127)])
    }

    /// A positive option of at most [`MAX_EXTENT`].
    pub(crate) fn extent(
        &self,
        id: usize,
        default: i32,
        name: &'static str,
    ) -> Result<usize, ModelError> {
        let value = self.option(id, default)?;
        if (1..=MAX_EXTENT as i32).contains(&value) {
            Ok(value as usize)
        } else {
            Err(self.option_error(name))
        }
    }

    /// The geometry of a sliding window, checked against the output's shape except for its
    /// channels.
    fn window(
        &self,
        shapes: [&RawTensor; 2],
        padding: i8,
        filter: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
    ) -> Result<Window, ModelError> {
        let [batches, input @ ..] = shapes[0]
            .shape
            .exactly::<4>()
            .ok_or(self.shape_error("input"))?;
        let [output_batches, output @ ..] = shapes[1]
            .shape
            .exactly::<4>()
            .ok_or(self.shape_error("output"))?;
        let mut before = [0; 2];
        for axis in 0..2 {
            // Filters come from shapes and can be larger than strides and dilations.
            let (length, step) = (input[axis], stride[axis]);
            if filter[axis] > MAX_EXTENT || length > MAX_EXTENT {
                return Err(self.option_error("extent of image or window"));
            }
            let span = (filter[axis] as u64 - 1) * dilation[axis] as u64 + 1;
            if span > MAX_EXTENT as u64 {
                return Err(self.option_error("extent of image or window"));
            }
            let span = span as usize;
            let reach = match padding {
                0 => length + step - 1,
                1 => (length + step).saturating_sub(span),
                _ => return Err(self.option_error("padding")),
            };
            let positions = reach.checked_div(step).unwrap_or(0);
            if positions < 1 || positions != output[axis] {
                return Err(self.shape_error("output"));
            }
            before[axis] = ((positions - 1) * step + span).saturating_sub(length) / 2;
        }
        if output_batches != batches {
            return Err(self.shape_error("output"));
        }
        Ok(Window {
            batches,
            input,
            output,
            filter,
            stride,
            dilation,
            padding: before,
        })
    }

    /// The geometry of a CONV_2D, checked against its weights.
    pub(crate) fn conv_2d_window(
        &self,
        images: [&RawTensor; 2],
        weights: &RawTensor,
    ) -> Result<Window, ModelError> {
        use schema::conv_2d as field;
        let [channels, height, width, depth] = weights
            .shape
            .exactly::<4>()
            .ok_or(self.shape_error("filter"))?;
        let window = self.window(
            images,
            self.option(field::PADDING, 0)?,
            [height, width],
            [
                self.extent(field::STRIDE_H, 0, "stride")?,
                self.extent(field::STRIDE_W, 0, "stride")?,
            ],
            [
                self.extent(field::DILATION_H, 1, "dilation")?,
                self.extent(field::DILATION_W, 1, "dilation")?,
            ],
        )?;
        if depth != window.input[2] || channels != window.output[2] {
            return Err(self.shape_error("filter"));
        }
        Ok(window)
    }

    fn conv_2d(
        &self,
        images: [&RawTensor<'m>; 2],
        weights: &RawTensor<'m>,
        filter: &'m [i8],
        [from, to]: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        let window = self.conv_2d_window(images, weights)?;
        let channels = window.output[2];
        Ok(Kind::Conv2d {
            op: Conv2d {
                window,
                filter,
                bias: self.bias(channels)?,
                input_offset: -from.zero_point,
                output_offset: to.zero_point,
                bounds: self.bounds(schema::conv_2d::ACTIVATION, to)?,
            },
            scales: Scales {
                input: from.scale,
                filter: weights.filter_scales(channels, 0)?,
                output: to.scale,
            },
        })
    }

    /// The geometry of a DEPTHWISE_CONV_2D, checked against its weights.
    pub(crate) fn depthwise_conv_2d_window(
        &self,
        images: [&RawTensor; 2],
        weights: &RawTensor,
    ) -> Result<Window, ModelError> {
        use schema::depthwise_conv_2d as field;
        let [1, height, width, channels] = weights
            .shape
            .exactly::<4>()
            .ok_or(self.shape_error("filter"))?
        else {
            return Err(self.shape_error("filter"));
        };
        let window = self.window(
            images,
            self.option(field::PADDING, 0)?,
            [height, width],
            [
                self.extent(field::STRIDE_H, 0, "stride")?,
                self.extent(field::STRIDE_W, 0, "stride")?,
            ],
            [
                self.extent(field::DILATION_H, 1, "dilation")?,
                self.extent(field::DILATION_W, 1, "dilation")?,
            ],
        )?;
        let multiplier = channels.checked_div(window.input[2]).unwrap_or(0);
        if channels != window.output[2] || multiplier * window.input[2] != channels {
            return Err(self.shape_error("filter"));
        }
        if self.option(field::DEPTH_MULTIPLIER, 0_i32)? as usize != multiplier {
            return Err(self.option_error("depth multiplier"));
        }
        Ok(window)
    }

    fn depthwise_conv_2d(
        &self,
        images: [&RawTensor<'m>; 2],
        weights: &RawTensor<'m>,
        filter: &'m [i8],
        [from, to]: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        let window = self.depthwise_conv_2d_window(images, weights)?;
        let channels = window.output[2];
        Ok(Kind::DepthwiseConv2d {
            op: Conv2d {
                window,
                filter,
                bias: self.bias(channels)?,
                input_offset: -from.zero_point,
                output_offset: to.zero_point,
                bounds: self.bounds(schema::depthwise_conv_2d::ACTIVATION, to)?,
            },
            scales: Scales {
                input: from.scale,
                filter: weights.filter_scales(channels, 3)?,
                output: to.scale,
            },
        })
    }

    /// Batches, depth and channels of a FULLY_CONNECTED, checked against its weights.
    pub(crate) fn fully_connected_shape(
        &self,
        [input, output]: [&RawTensor; 2],
        weights: &RawTensor,
    ) -> Result<[usize; 3], ModelError> {
        use schema::fully_connected as field;
        let [channels, depth] = weights
            .shape
            .exactly::<2>()
            .ok_or(self.shape_error("filter"))?;
        let elements = input.shape.elements();
        let batches = elements.checked_div(depth).unwrap_or(0);
        if batches * depth != elements {
            return Err(self.shape_error("input"));
        }
        let rows = output.shape.elements().checked_div(channels).unwrap_or(0);
        if output.shape.last() != Some(&(channels as u32)) || rows != batches {
            return Err(self.shape_error("output"));
        }
        if self.option(field::WEIGHTS_FORMAT, 0_i8)? != 0 {
            return Err(self.option_error("weights format"));
        }
        Ok([batches, depth, channels])
    }

    fn fully_connected(
        &self,
        tensors: [&RawTensor<'m>; 2],
        weights: &RawTensor<'m>,
        filter: &'m [i8],
        [from, to]: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        let [batches, depth, channels] = self.fully_connected_shape(tensors, weights)?;
        Ok(Kind::FullyConnected {
            op: FullyConnected {
                batches,
                depth,
                filter,
                bias: self.bias(channels)?,
                input_offset: -from.zero_point,
                output_offset: to.zero_point,
                bounds: self.bounds(schema::fully_connected::ACTIVATION, to)?,
            },
            scales: Scales {
                input: from.scale,
                filter: weights.filter_scales(channels, 0)?,
                output: to.scale,
            },
        })
    }

    /// The geometry of a pooling operator.
    pub(crate) fn pool_2d_window(&self, images: [&RawTensor; 2]) -> Result<Window, ModelError> {
        use schema::pool_2d as field;
        let filter = [
            self.extent(field::FILTER_HEIGHT, 0, "window")?,
            self.extent(field::FILTER_WIDTH, 0, "window")?,
        ];
        if filter[0].saturating_mul(filter[1]) > MAX_POOL {
            return Err(self.option_error("window"));
        }
        let window = self.window(
            images,
            self.option(field::PADDING, 0)?,
            filter,
            [
                self.extent(field::STRIDE_H, 0, "stride")?,
                self.extent(field::STRIDE_W, 0, "stride")?,
            ],
            [1, 1],
        )?;
        if window.input[2] != window.output[2] {
            return Err(self.shape_error("output"));
        }
        Ok(window)
    }

    fn pool_2d(
        &self,
        images: [&RawTensor<'m>; 2],
        quantisation: [Quantisation; 2],
    ) -> Result<Pool2d, ModelError> {
        let window = self.pool_2d_window(images)?;
        self.same_quantisation(quantisation)?;
        Ok(Pool2d {
            window,
            bounds: self.bounds(schema::pool_2d::ACTIVATION, quantisation[1])?,
        })
    }

    fn add(
        &self,
        a: &RawTensor<'m>,
        b: &RawTensor<'m>,
        output: &RawTensor<'m>,
        [from_a, to]: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        let from_b = b.activation()?;
        if a.shape != b.shape {
            return Err(self.shape_error("second input"));
        }
        if a.shape != output.shape {
            return Err(self.shape_error("output"));
        }
        Ok(Kind::Add {
            op: Add {
                input_offsets: [-from_a.zero_point, -from_b.zero_point],
                output_offset: to.zero_point,
                bounds: self.bounds(schema::add::ACTIVATION, to)?,
            },
            scales: [from_a.scale, from_b.scale, to.scale],
        })
    }

    /// Checks that a RESHAPE keeps all elements.
    pub(crate) fn check_reshape(&self, [input, output]: [&RawTensor; 2]) -> Result<(), ModelError> {
        if let Some(index @ 0..) = self.inputs.get(1) {
            self.model.raw_tensor(index as u32)?.constant_i32()?;
        }
        if input.shape.elements() != output.shape.elements() {
            return Err(self.shape_error("output"));
        }
        Ok(())
    }

    fn reshape(
        &self,
        tensors: [&RawTensor<'m>; 2],
        quantisation: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        self.check_reshape(tensors)?;
        self.same_quantisation(quantisation)?;
        Ok(Kind::Reshape)
    }

    /// Length of the rows of a SOFTMAX.
    pub(crate) fn softmax_depth(
        &self,
        [input, output]: [&RawTensor; 2],
    ) -> Result<usize, ModelError> {
        if input.shape != output.shape {
            return Err(self.shape_error("output"));
        }
        Ok(input.shape.last().map_or(0, |&depth| depth as usize))
    }

    fn softmax(
        &self,
        input: &RawTensor<'m>,
        output: &RawTensor<'m>,
        [from, to]: [Quantisation; 2],
    ) -> Result<Kind<'m>, ModelError> {
        let depth = self.softmax_depth([input, output])?;
        if depth > MAX_SOFTMAX {
            return Err(self.shape_error("input"));
        }
        if to.scale != 1.0 / 256.0 || to.zero_point != -128 {
            return Err(ModelError::OperatorQuantisation {
                operator: self.index,
                tensor: "output",
            });
        }
        Ok(Kind::Softmax {
            op: Softmax { depth },
            beta: self.option(schema::softmax::BETA, 0.0)?,
            input_scale: from.scale,
        })
    }

    /// Checks that input and output are quantised alike, for operators that don't rescale.
    fn same_quantisation(&self, [from, to]: [Quantisation; 2]) -> Result<(), ModelError> {
        if from == to {
            Ok(())
        } else {
            Err(ModelError::OperatorQuantisation {
                operator: self.index,
                tensor: "output",
            })
        }
    }
}

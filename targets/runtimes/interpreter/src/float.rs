//! The operators on float32 tensors.

#[cfg(not(feature = "float"))]
pub(crate) use none::read;
#[cfg(feature = "float")]
pub(crate) use operators::read;

#[cfg(not(feature = "float"))]
pub use none::FloatOp;
#[cfg(feature = "float")]
pub use operators::FloatOp;

#[cfg(feature = "float")]
mod operators {
    use core::ops::Range;

    use crate::error::ModelError;
    use crate::kernels::float::{self, Conv2d, FullyConnected, Pool2d};
    use crate::model::RawTensor;
    use crate::operator::Reader;
    use crate::schema::{self, builtin};

    /// An operator on float32 tensors, with everything that its kernel needs.
    #[derive(Clone, Copy, Debug)]
    pub enum FloatOp<'m> {
        /// CONV_2D.
        Conv2d(Conv2d<'m>),
        /// DEPTHWISE_CONV_2D.
        DepthwiseConv2d(Conv2d<'m>),
        /// FULLY_CONNECTED.
        FullyConnected(FullyConnected<'m>),
        /// AVERAGE_POOL_2D.
        AveragePool2d(Pool2d),
        /// RESHAPE: a copy.
        Reshape,
        /// SOFTMAX along the last dimension.
        Softmax {
            /// Length of a row.
            depth: usize,
            /// Factor of the exponent.
            beta: f32,
        },
    }

    /// Reads an operator whose input is float32.
    pub(crate) fn read<'m>(
        reader: &Reader<'_, 'm>,
        builtin: i32,
        input: &RawTensor<'m>,
        output: &RawTensor<'m>,
    ) -> Result<FloatOp<'m>, ModelError> {
        output.expect_float()?;
        let both = [input, output];
        match builtin {
            builtin::CONV_2D | builtin::DEPTHWISE_CONV_2D => {
                let weights = reader.tensor(&reader.inputs, 1)?;
                let depthwise = builtin == builtin::DEPTHWISE_CONV_2D;
                let (window, activation) = if depthwise {
                    let activation = schema::depthwise_conv_2d::ACTIVATION;
                    (reader.depthwise_conv_2d_window(both, &weights)?, activation)
                } else {
                    let activation = schema::conv_2d::ACTIVATION;
                    (reader.conv_2d_window(both, &weights)?, activation)
                };
                let op = Conv2d {
                    window,
                    filter: weights.constant_f32()?,
                    bias: reader.float_bias(window.output[2])?,
                    bounds: reader.float_bounds(activation)?,
                };
                Ok(if depthwise {
                    FloatOp::DepthwiseConv2d(op)
                } else {
                    FloatOp::Conv2d(op)
                })
            }
            builtin::FULLY_CONNECTED => {
                let weights = reader.tensor(&reader.inputs, 1)?;
                let [batches, depth, channels] = reader.fully_connected_shape(both, &weights)?;
                Ok(FloatOp::FullyConnected(FullyConnected {
                    batches,
                    depth,
                    filter: weights.constant_f32()?,
                    bias: reader.float_bias(channels)?,
                    bounds: reader.float_bounds(schema::fully_connected::ACTIVATION)?,
                }))
            }
            builtin::AVERAGE_POOL_2D => Ok(FloatOp::AveragePool2d(Pool2d {
                window: reader.pool_2d_window(both)?,
                bounds: reader.float_bounds(schema::pool_2d::ACTIVATION)?,
            })),
            builtin::RESHAPE => {
                reader.check_reshape(both)?;
                Ok(FloatOp::Reshape)
            }
            builtin::SOFTMAX => {
                let beta = reader.option(schema::softmax::BETA, 0.0_f32)?;
                if !beta.is_finite() {
                    return Err(reader.option_error("beta"));
                }
                let depth = reader.softmax_depth(both)?;
                Ok(FloatOp::Softmax { depth, beta })
            }
            _ => Err(reader.option_error("type: it runs on int8 tensors alone")),
        }
    }

    impl FloatOp<'_> {
        /// Weights.
        pub fn weights(&self) -> usize {
            match self {
                Self::Conv2d(op) | Self::DepthwiseConv2d(op) => op.filter.len(),
                Self::FullyConnected(op) => op.filter.len(),
                _ => 0,
            }
        }

        /// Biases.
        pub fn biases(&self) -> usize {
            match self {
                Self::Conv2d(op) | Self::DepthwiseConv2d(op) => op.bias.len(),
                Self::FullyConnected(op) => op.bias.len(),
                _ => 0,
            }
        }

        /// How many products each weight is part of, padding included.
        pub fn uses_of_a_weight(&self) -> usize {
            match self {
                Self::Conv2d(op) | Self::DepthwiseConv2d(op) => op.window.positions(),
                Self::FullyConnected(op) => op.batches,
                _ => 0,
            }
        }

        /// The name of the operator.
        pub fn name(&self) -> &'static str {
            match self {
                Self::Conv2d(_) => "CONV_2D",
                Self::DepthwiseConv2d(_) => "DEPTHWISE_CONV_2D",
                Self::FullyConnected(_) => "FULLY_CONNECTED",
                Self::AveragePool2d(_) => "AVERAGE_POOL_2D",
                Self::Reshape => "RESHAPE",
                Self::Softmax { .. } => "SOFTMAX",
            }
        }

        /// Elements of the input, for an output of `elements`.
        fn input_elements(&self, elements: usize) -> usize {
            match self {
                Self::Conv2d(op) | Self::DepthwiseConv2d(op) => {
                    op.window.batches * op.window.input.iter().product::<usize>()
                }
                Self::FullyConnected(op) => op.batches * op.depth,
                Self::AveragePool2d(op) => {
                    op.window.batches * op.window.input.iter().product::<usize>()
                }
                Self::Reshape | Self::Softmax { .. } => elements,
            }
        }

        /// Runs the operator on the tensors at the offsets `input` and `output`; [`None`] if
        /// anything lies outside the arena.
        pub(crate) fn run(
            &self,
            tensors: &mut [u8],
            input: u32,
            output: u32,
            elements: usize,
        ) -> Option<()> {
            let at = |offset: u32, elements: usize| -> Range<usize> {
                let offset = offset as usize;
                offset..offset.saturating_add(elements.saturating_mul(size_of::<f32>()))
            };
            let (from, to) = (
                at(input, self.input_elements(elements)),
                at(output, elements),
            );
            let [input, output] = tensors.get_disjoint_mut([from, to]).ok()?;
            let input: &[f32] = bytemuck::try_cast_slice(input).ok()?;
            let output: &mut [f32] = bytemuck::try_cast_slice_mut(output).ok()?;
            match self {
                Self::Conv2d(op) => float::conv_2d(op, input, output),
                Self::DepthwiseConv2d(op) => float::depthwise_conv_2d(op, input, output),
                Self::FullyConnected(op) => float::fully_connected(op, input, output),
                Self::AveragePool2d(op) => float::average_pool_2d(op, input, output),
                Self::Reshape => {
                    for (output, input) in output.iter_mut().zip(input) {
                        *output = *input;
                    }
                }
                Self::Softmax { depth, beta } => float::softmax(*depth, *beta, input, output),
            }
            Some(())
        }
    }
}

/// Without the feature `float` there are no float32 operators, and no code for them.
#[cfg(not(feature = "float"))]
mod none {
    use core::marker::PhantomData;

    use crate::error::ModelError;
    use crate::model::RawTensor;
    use crate::operator::Reader;

    #[derive(Clone, Copy, Debug)]
    enum Never {}

    /// A float32 operator, of which there are none.
    #[derive(Clone, Copy, Debug)]
    pub struct FloatOp<'m>(Never, PhantomData<&'m ()>);

    pub(crate) fn read<'m>(
        reader: &Reader<'_, 'm>,
        _: i32,
        _: &RawTensor<'m>,
        _: &RawTensor<'m>,
    ) -> Result<FloatOp<'m>, ModelError> {
        Err(reader.option_error("type"))
    }

    impl FloatOp<'_> {
        pub fn weights(&self) -> usize {
            match self.0 {}
        }

        pub fn biases(&self) -> usize {
            match self.0 {}
        }

        pub fn uses_of_a_weight(&self) -> usize {
            match self.0 {}
        }

        pub fn name(&self) -> &'static str {
            match self.0 {}
        }

        pub(crate) fn run(&self, _: &mut [u8], _: u32, _: u32, _: usize) -> Option<()> {
            match self.0 {}
        }
    }
}

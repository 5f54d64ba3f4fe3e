//! Tables of options.

/// Fields of `Conv2DOptions`.
pub mod conv_2d {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 1;
    /// Padding.
    pub const PADDING: usize = 0;
    /// Stride in x.
    pub const STRIDE_W: usize = 1;
    /// Stride in y.
    pub const STRIDE_H: usize = 2;
    /// Fused activation.
    pub const ACTIVATION: usize = 3;
    /// Dilation in x.
    pub const DILATION_W: usize = 4;
    /// Dilation in y.
    pub const DILATION_H: usize = 5;
    /// Type of biases, and of sums, if there are no biases.
    pub const QUANTIZED_BIAS_TYPE: usize = 6;
}

/// Fields of `DepthwiseConv2DOptions`.
pub mod depthwise_conv_2d {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 2;
    /// Padding.
    pub const PADDING: usize = 0;
    /// Stride in x.
    pub const STRIDE_W: usize = 1;
    /// Stride in y.
    pub const STRIDE_H: usize = 2;
    /// Output channels per input channel.
    pub const DEPTH_MULTIPLIER: usize = 3;
    /// Fused activation.
    pub const ACTIVATION: usize = 4;
    /// Dilation in x.
    pub const DILATION_W: usize = 5;
    /// Dilation in y.
    pub const DILATION_H: usize = 6;
}

/// Fields of `Pool2DOptions`.
pub mod pool_2d {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 5;
    /// Padding.
    pub const PADDING: usize = 0;
    /// Stride in x.
    pub const STRIDE_W: usize = 1;
    /// Stride in y.
    pub const STRIDE_H: usize = 2;
    /// Window width.
    pub const FILTER_WIDTH: usize = 3;
    /// Window height.
    pub const FILTER_HEIGHT: usize = 4;
    /// Fused activation.
    pub const ACTIVATION: usize = 5;
}

/// Fields of `FullyConnectedOptions`.
pub mod fully_connected {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 8;
    /// Fused activation.
    pub const ACTIVATION: usize = 0;
    /// Order of the weights: 0 is row by row.
    pub const WEIGHTS_FORMAT: usize = 1;
    /// Type of biases, and of sums, if there are no biases.
    pub const QUANTIZED_BIAS_TYPE: usize = 4;
}

/// Fields of `SoftmaxOptions`.
pub mod softmax {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 9;
    /// Factor of the exponent.
    pub const BETA: usize = 0;
}

/// Fields of `AddOptions`.
pub mod add {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 11;
    /// Fused activation.
    pub const ACTIVATION: usize = 0;
}

/// Fields of `TransposeConvOptions`.
pub mod transpose_conv {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 49;
    /// Padding.
    pub const PADDING: usize = 0;
    /// Stride in x.
    pub const STRIDE_W: usize = 1;
    /// Stride in y.
    pub const STRIDE_H: usize = 2;
    /// Fused activation.
    pub const ACTIVATION: usize = 3;
}

/// Fields of `BatchMatMulOptions`.
pub mod batch_matmul {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 101;
    /// Whether the matrices of the first input are transposed.
    pub const ADJ_X: usize = 0;
    /// Whether the matrices of the second input are transposed.
    pub const ADJ_Y: usize = 1;
}

/// Fields of `L2NormOptions`.
pub mod l2_normalization {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 12;
    /// Fused activation.
    pub const ACTIVATION: usize = 0;
}

/// Fields of `SVDFOptions`.
pub mod svdf {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 6;
    /// Filters that are summed to an element of the output.
    pub const RANK: usize = 0;
    /// Fused activation.
    pub const ACTIVATION: usize = 1;
    /// What is below 0 as 0, as activation.
    pub const RELU: i8 = 1;
    /// Hyperbolic tangent as activation.
    pub const TANH: i8 = 4;
    /// The sign bit as activation.
    pub const SIGN_BIT: i8 = 5;
}

/// Fields of `UnidirectionalSequenceLSTMOptions`.
pub mod unidirectional_sequence_lstm {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 71;
    /// Activation of the candidate, of the new cell state.
    pub const ACTIVATION: usize = 0;
    /// Bound of the cell state, 0 for none.
    pub const CELL_CLIP: usize = 1;
    /// Whether time is the outermost dimension, not the batch.
    pub const TIME_MAJOR: usize = 3;
    /// Hyperbolic tangent as activation.
    pub const TANH: i8 = 4;
}

/// Fields of `VarHandleOptions`.
pub mod var_handle {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 111;
    /// Name of the container.
    pub const CONTAINER: usize = 0;
    /// Name of the variable in its container.
    pub const SHARED_NAME: usize = 1;
}

/// Fields of `CallOnceOptions`.
pub mod call_once {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 103;
    /// Subgraph that is run once.
    pub const INIT_SUBGRAPH: usize = 0;
}

/// Fields of `IfOptions`.
pub mod if_else {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 92;
    /// Subgraph that is run if the condition is true.
    pub const THEN_SUBGRAPH: usize = 0;
    /// Subgraph that is run otherwise.
    pub const ELSE_SUBGRAPH: usize = 1;
}

/// Fields of `WhileOptions`.
pub mod while_loop {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 93;
    /// Subgraph that says whether to go on.
    pub const CONDITION_SUBGRAPH: usize = 0;
    /// Subgraph that is repeated.
    pub const BODY_SUBGRAPH: usize = 1;
}

/// Value of the options type of `ReducerOptions`: MEAN, SUM and relatives.
pub const REDUCER_OPTIONS: u8 = 27;

/// Fields of `MulOptions`; the fused activation is the one of [`add`].
pub mod mul {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 21;
}

/// Fields of `SubOptions`; the fused activation is the one of [`add`].
pub mod sub {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 28;
}

/// Fields of `DivOptions`; the fused activation is the one of [`add`].
pub mod div {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 29;
}

/// Fields of `LeakyReluOptions`.
pub mod leaky_relu {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 75;
    /// Factor of what is negative.
    pub const ALPHA: usize = 0;
}

/// Fields of `ResizeBilinearOptions`.
pub mod resize_bilinear {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 15;
    /// Whether the corners' centres are laid upon each other.
    pub const ALIGN_CORNERS: usize = 2;
    /// Whether pixels are squares around their centres.
    pub const HALF_PIXEL_CENTERS: usize = 3;
}

/// Fields of `ConcatenationOptions`.
pub mod concatenation {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 10;
    /// Axis.
    pub const AXIS: usize = 0;
    /// Fused activation.
    pub const ACTIVATION: usize = 1;
}

/// Fields of `SpaceToDepthOptions`.
pub mod space_to_depth {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 19;
    /// Edge of a block.
    pub const BLOCK_SIZE: usize = 0;
}

/// Fields of `GatherOptions`.
pub mod gather {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 23;
    /// Axis.
    pub const AXIS: usize = 0;
    /// Leading axes that input and positions have in common.
    pub const BATCH_DIMENSIONS: usize = 1;
}

/// Fields of `SqueezeOptions`.
pub mod squeeze {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 30;
    /// Dimensions that are left out.
    pub const DIMENSIONS: usize = 0;
}

/// Fields of `StridedSliceOptions`.
pub mod strided_slice {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 32;
    /// Axes that begin at their first element.
    pub const BEGIN_MASK: usize = 0;
    /// Axes that end with their last element.
    pub const END_MASK: usize = 1;
    /// Axes of which one element is taken, and which vanish.
    pub const SHRINK_AXIS_MASK: usize = 4;
}

/// Fields of `ArgMaxOptions`.
pub mod arg_max {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 40;
}

/// Fields of `ArgMinOptions`.
pub mod arg_min {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 57;
}

/// Fields of `PackOptions`.
pub mod pack {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 59;
    /// Number of values.
    pub const COUNT: usize = 0;
    /// Axis.
    pub const AXIS: usize = 1;
}

/// Fields of `UnpackOptions`.
pub mod unpack {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 64;
    /// Number of values.
    pub const COUNT: usize = 0;
    /// Axis.
    pub const AXIS: usize = 1;
}

/// Fields of `ResizeNearestNeighborOptions`.
pub mod resize_nearest_neighbor {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 74;
    /// Whether the corners' centres are laid upon each other.
    pub const ALIGN_CORNERS: usize = 0;
    /// Whether pixels are squares around their centres.
    pub const HALF_PIXEL_CENTERS: usize = 1;
}

/// Fields of `MirrorPadOptions`.
pub mod mirror_pad {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 77;
    /// Mode.
    pub const MODE: usize = 0;
    /// Mode in which the border itself isn't repeated.
    pub const REFLECT: i8 = 0;
}

/// Fields of `DepthToSpaceOptions`.
pub mod depth_to_space {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 94;
    /// Edge of a block: the same field as in `SpaceToDepthOptions`.
    pub const BLOCK_SIZE: usize = 0;
}

/// Fields of `CumsumOptions`.
pub mod cumsum {
    /// Value of the options type.
    pub const OPTIONS_TYPE: u8 = 102;
    /// Whether an element is left out of its own sum.
    pub const EXCLUSIVE: usize = 0;
    /// Whether sums are made from the end.
    pub const REVERSE: usize = 1;
}

//! The part of the TensorFlow Lite schema (schema version 3) that the interpreter reads: field
//! numbers of the tables and the values of enumerations. Source: `schema.fbs` of LiteRT.

/// File identifier at byte 4.
pub const IDENTIFIER: &[u8; 4] = b"TFL3";
/// File identifier of a compressed model: the same tables, with weights in a Huffman code. The last
/// character is the version of the format.
pub const COMPRESSED_IDENTIFIER: &[u8; 4] = b"TBZ1";
/// The only schema version there is.
pub const VERSION: u32 = 3;

/// Fields of `Model`.
pub mod model {
    /// Schema version.
    pub const VERSION: usize = 0;
    /// Operator codes.
    pub const OPERATOR_CODES: usize = 1;
    /// Subgraphs.
    pub const SUBGRAPHS: usize = 2;
    /// Buffers.
    pub const BUFFERS: usize = 4;
}

/// Fields of `OperatorCode`.
pub mod operator_code {
    /// Builtin code as files up to 2020 have it, 8 bits.
    pub const DEPRECATED_BUILTIN_CODE: usize = 0;
    /// Version of the operator.
    pub const VERSION: usize = 2;
    /// Name of a custom operator.
    pub const CUSTOM_CODE: usize = 1;
    /// Builtin code.
    pub const BUILTIN_CODE: usize = 3;
}

/// Fields of `SubGraph`.
pub mod subgraph {
    /// Tensors.
    pub const TENSORS: usize = 0;
    /// Indices of the input tensors.
    pub const INPUTS: usize = 1;
    /// Indices of the output tensors.
    pub const OUTPUTS: usize = 2;
    /// Operators, in the order in which they run.
    pub const OPERATORS: usize = 3;
}

/// Fields of `Tensor`.
pub mod tensor {
    /// Dimensions.
    pub const SHAPE: usize = 0;
    /// Element type.
    pub const TYPE: usize = 1;
    /// Index of the buffer.
    pub const BUFFER: usize = 2;
    /// Name.
    pub const NAME: usize = 3;
    /// Quantisation parameters.
    pub const QUANTIZATION: usize = 4;
    /// Whether the tensor keeps its value between inferences.
    pub const IS_VARIABLE: usize = 5;
    /// Sparsity parameters.
    pub const SPARSITY: usize = 6;
}

/// Fields of `QuantizationParameters`.
pub mod quantization {
    /// Scales: one, or one per channel.
    pub const SCALE: usize = 2;
    /// Zero points: as many as scales.
    pub const ZERO_POINT: usize = 3;
    /// The dimension that counts the channels.
    pub const QUANTIZED_DIMENSION: usize = 6;
}

/// Fields of `Buffer`.
pub mod buffer {
    /// Content.
    pub const DATA: usize = 0;
    /// Position of content that is stored outside the FlatBuffer.
    pub const OFFSET: usize = 1;
    /// In a compressed model: how the content is coded, [`PLAIN`] or [`HUFFMAN`].
    pub const CODING: usize = 3;
    /// In a compressed model: bytes of the content once it is decoded.
    pub const DECODED_BYTES: usize = 4;
    /// In a compressed model: CRC-32 of the content as it is coded.
    pub const CRC32: usize = 5;

    /// As it is.
    pub const PLAIN: u8 = 0;
    /// As `huffman` describes it.
    pub const HUFFMAN: u8 = 1;
}

/// Fields of `Operator`.
pub mod operator {
    /// Index into the operator codes.
    pub const OPCODE_INDEX: usize = 0;
    /// Indices of the input tensors, -1 for one that is absent.
    pub const INPUTS: usize = 1;
    /// Indices of the output tensors.
    pub const OUTPUTS: usize = 2;
    /// Which table the options are.
    pub const OPTIONS_TYPE: usize = 3;
    /// Options.
    pub const OPTIONS: usize = 4;
    /// Options of a custom operator, bytes.
    pub const CUSTOM_OPTIONS: usize = 5;
}

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

/// Values of `TensorType`.
pub mod tensor_type {
    /// 32-bit floating point.
    pub const FLOAT32: u8 = 0;
    /// 32-bit signed integer.
    pub const INT32: u8 = 2;
    /// 8-bit unsigned integer.
    pub const UINT8: u8 = 3;
    /// 64-bit signed integer.
    pub const INT64: u8 = 4;
    /// A byte that is 0 or 1.
    pub const BOOL: u8 = 6;
    /// 16-bit signed integer.
    pub const INT16: u8 = 7;
    /// 8-bit signed integer.
    pub const INT8: u8 = 9;
    /// 64-bit unsigned integer.
    pub const UINT64: u8 = 12;
    /// A handle of a variable.
    pub const RESOURCE: u8 = 13;
    /// 32-bit unsigned integer.
    pub const UINT32: u8 = 15;
}

/// Values of `BuiltinOperator`.
#[expect(missing_docs, reason = "the schema's own names")]
pub mod builtin {
    pub const ADD: i32 = 0;
    pub const AVERAGE_POOL_2D: i32 = 1;
    pub const CONCATENATION: i32 = 2;
    pub const CONV_2D: i32 = 3;
    pub const DEPTHWISE_CONV_2D: i32 = 4;
    pub const DEPTH_TO_SPACE: i32 = 5;
    pub const DEQUANTIZE: i32 = 6;
    pub const EMBEDDING_LOOKUP: i32 = 7;
    pub const FLOOR: i32 = 8;
    pub const FULLY_CONNECTED: i32 = 9;
    pub const HASHTABLE_LOOKUP: i32 = 10;
    pub const L2_NORMALIZATION: i32 = 11;
    pub const L2_POOL_2D: i32 = 12;
    pub const LOCAL_RESPONSE_NORMALIZATION: i32 = 13;
    pub const LOGISTIC: i32 = 14;
    pub const LSH_PROJECTION: i32 = 15;
    pub const LSTM: i32 = 16;
    pub const MAX_POOL_2D: i32 = 17;
    pub const MUL: i32 = 18;
    pub const RELU: i32 = 19;
    pub const RELU_N1_TO_1: i32 = 20;
    pub const RELU6: i32 = 21;
    pub const RESHAPE: i32 = 22;
    pub const RESIZE_BILINEAR: i32 = 23;
    pub const RNN: i32 = 24;
    pub const SOFTMAX: i32 = 25;
    pub const SPACE_TO_DEPTH: i32 = 26;
    pub const SVDF: i32 = 27;
    pub const TANH: i32 = 28;
    pub const CONCAT_EMBEDDINGS: i32 = 29;
    pub const SKIP_GRAM: i32 = 30;
    pub const CALL: i32 = 31;
    pub const CUSTOM: i32 = 32;
    pub const EMBEDDING_LOOKUP_SPARSE: i32 = 33;
    pub const PAD: i32 = 34;
    pub const UNIDIRECTIONAL_SEQUENCE_RNN: i32 = 35;
    pub const GATHER: i32 = 36;
    pub const BATCH_TO_SPACE_ND: i32 = 37;
    pub const SPACE_TO_BATCH_ND: i32 = 38;
    pub const TRANSPOSE: i32 = 39;
    pub const MEAN: i32 = 40;
    pub const SUB: i32 = 41;
    pub const DIV: i32 = 42;
    pub const SQUEEZE: i32 = 43;
    pub const UNIDIRECTIONAL_SEQUENCE_LSTM: i32 = 44;
    pub const STRIDED_SLICE: i32 = 45;
    pub const BIDIRECTIONAL_SEQUENCE_RNN: i32 = 46;
    pub const EXP: i32 = 47;
    pub const TOPK_V2: i32 = 48;
    pub const SPLIT: i32 = 49;
    pub const LOG_SOFTMAX: i32 = 50;
    pub const DELEGATE: i32 = 51;
    pub const BIDIRECTIONAL_SEQUENCE_LSTM: i32 = 52;
    pub const CAST: i32 = 53;
    pub const PRELU: i32 = 54;
    pub const MAXIMUM: i32 = 55;
    pub const ARG_MAX: i32 = 56;
    pub const MINIMUM: i32 = 57;
    pub const LESS: i32 = 58;
    pub const NEG: i32 = 59;
    pub const PADV2: i32 = 60;
    pub const GREATER: i32 = 61;
    pub const GREATER_EQUAL: i32 = 62;
    pub const LESS_EQUAL: i32 = 63;
    pub const SELECT: i32 = 64;
    pub const SLICE: i32 = 65;
    pub const SIN: i32 = 66;
    pub const TRANSPOSE_CONV: i32 = 67;
    pub const SPARSE_TO_DENSE: i32 = 68;
    pub const TILE: i32 = 69;
    pub const EXPAND_DIMS: i32 = 70;
    pub const EQUAL: i32 = 71;
    pub const NOT_EQUAL: i32 = 72;
    pub const LOG: i32 = 73;
    pub const SUM: i32 = 74;
    pub const SQRT: i32 = 75;
    pub const RSQRT: i32 = 76;
    pub const SHAPE: i32 = 77;
    pub const POW: i32 = 78;
    pub const ARG_MIN: i32 = 79;
    pub const FAKE_QUANT: i32 = 80;
    pub const REDUCE_PROD: i32 = 81;
    pub const REDUCE_MAX: i32 = 82;
    pub const PACK: i32 = 83;
    pub const LOGICAL_OR: i32 = 84;
    pub const ONE_HOT: i32 = 85;
    pub const LOGICAL_AND: i32 = 86;
    pub const LOGICAL_NOT: i32 = 87;
    pub const UNPACK: i32 = 88;
    pub const REDUCE_MIN: i32 = 89;
    pub const FLOOR_DIV: i32 = 90;
    pub const REDUCE_ANY: i32 = 91;
    pub const SQUARE: i32 = 92;
    pub const ZEROS_LIKE: i32 = 93;
    pub const FILL: i32 = 94;
    pub const FLOOR_MOD: i32 = 95;
    pub const RANGE: i32 = 96;
    pub const RESIZE_NEAREST_NEIGHBOR: i32 = 97;
    pub const LEAKY_RELU: i32 = 98;
    pub const SQUARED_DIFFERENCE: i32 = 99;
    pub const MIRROR_PAD: i32 = 100;
    pub const ABS: i32 = 101;
    pub const SPLIT_V: i32 = 102;
    pub const UNIQUE: i32 = 103;
    pub const CEIL: i32 = 104;
    pub const REVERSE_V2: i32 = 105;
    pub const ADD_N: i32 = 106;
    pub const GATHER_ND: i32 = 107;
    pub const COS: i32 = 108;
    pub const WHERE: i32 = 109;
    pub const RANK: i32 = 110;
    pub const ELU: i32 = 111;
    pub const REVERSE_SEQUENCE: i32 = 112;
    pub const MATRIX_DIAG: i32 = 113;
    pub const QUANTIZE: i32 = 114;
    pub const MATRIX_SET_DIAG: i32 = 115;
    pub const ROUND: i32 = 116;
    pub const HARD_SWISH: i32 = 117;
    pub const IF: i32 = 118;
    pub const WHILE: i32 = 119;
    pub const NON_MAX_SUPPRESSION_V4: i32 = 120;
    pub const NON_MAX_SUPPRESSION_V5: i32 = 121;
    pub const SCATTER_ND: i32 = 122;
    pub const SELECT_V2: i32 = 123;
    pub const DENSIFY: i32 = 124;
    pub const SEGMENT_SUM: i32 = 125;
    pub const BATCH_MATMUL: i32 = 126;
    pub const CUMSUM: i32 = 128;
    pub const CALL_ONCE: i32 = 129;
    pub const BROADCAST_TO: i32 = 130;
    pub const RFFT2D: i32 = 131;
    pub const CONV_3D: i32 = 132;
    pub const IMAG: i32 = 133;
    pub const REAL: i32 = 134;
    pub const COMPLEX_ABS: i32 = 135;
    pub const HASHTABLE: i32 = 136;
    pub const HASHTABLE_FIND: i32 = 137;
    pub const HASHTABLE_IMPORT: i32 = 138;
    pub const HASHTABLE_SIZE: i32 = 139;
    pub const REDUCE_ALL: i32 = 140;
    pub const CONV_3D_TRANSPOSE: i32 = 141;
    pub const VAR_HANDLE: i32 = 142;
    pub const READ_VARIABLE: i32 = 143;
    pub const ASSIGN_VARIABLE: i32 = 144;
    pub const BROADCAST_ARGS: i32 = 145;
    pub const RANDOM_STANDARD_NORMAL: i32 = 146;
    pub const BUCKETIZE: i32 = 147;
    pub const RANDOM_UNIFORM: i32 = 148;
    pub const MULTINOMIAL: i32 = 149;
    pub const GELU: i32 = 150;
    pub const DYNAMIC_UPDATE_SLICE: i32 = 151;
    pub const RELU_0_TO_1: i32 = 152;
    pub const UNSORTED_SEGMENT_PROD: i32 = 153;
    pub const UNSORTED_SEGMENT_MAX: i32 = 154;
    pub const UNSORTED_SEGMENT_SUM: i32 = 155;
    pub const ATAN2: i32 = 156;
    pub const UNSORTED_SEGMENT_MIN: i32 = 157;
    pub const SIGN: i32 = 158;
    pub const BITCAST: i32 = 159;
    pub const BITWISE_XOR: i32 = 160;
}

/// Name of an element type, as `TensorType` spells it.
pub fn tensor_type_name(value: u8) -> &'static str {
    TENSOR_TYPES
        .get(usize::from(value))
        .copied()
        .unwrap_or("unknown")
}

/// Name of an operator, as `BuiltinOperator` spells it.
pub fn builtin_name(code: i32) -> &'static str {
    usize::try_from(code)
        .ok()
        .and_then(|code| BUILTINS.get(code).copied())
        .unwrap_or("unknown")
}

const TENSOR_TYPES: [&str; 19] = [
    "FLOAT32",
    "FLOAT16",
    "INT32",
    "UINT8",
    "INT64",
    "STRING",
    "BOOL",
    "INT16",
    "COMPLEX64",
    "INT8",
    "FLOAT64",
    "COMPLEX128",
    "UINT64",
    "RESOURCE",
    "VARIANT",
    "UINT32",
    "UINT16",
    "INT4",
    "BFLOAT16",
];

const BUILTINS: [&str; 209] = [
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEPTH_TO_SPACE",
    "DEQUANTIZE",
    "EMBEDDING_LOOKUP",
    "FLOOR",
    "FULLY_CONNECTED",
    "HASHTABLE_LOOKUP",
    "L2_NORMALIZATION",
    "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION",
    "LOGISTIC",
    "LSH_PROJECTION",
    "LSTM",
    "MAX_POOL_2D",
    "MUL",
    "RELU",
    "RELU_N1_TO_1",
    "RELU6",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RNN",
    "SOFTMAX",
    "SPACE_TO_DEPTH",
    "SVDF",
    "TANH",
    "CONCAT_EMBEDDINGS",
    "SKIP_GRAM",
    "CALL",
    "CUSTOM",
    "EMBEDDING_LOOKUP_SPARSE",
    "PAD",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
    "GATHER",
    "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND",
    "TRANSPOSE",
    "MEAN",
    "SUB",
    "DIV",
    "SQUEEZE",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "STRIDED_SLICE",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "EXP",
    "TOPK_V2",
    "SPLIT",
    "LOG_SOFTMAX",
    "DELEGATE",
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "CAST",
    "PRELU",
    "MAXIMUM",
    "ARG_MAX",
    "MINIMUM",
    "LESS",
    "NEG",
    "PADV2",
    "GREATER",
    "GREATER_EQUAL",
    "LESS_EQUAL",
    "SELECT",
    "SLICE",
    "SIN",
    "TRANSPOSE_CONV",
    "SPARSE_TO_DENSE",
    "TILE",
    "EXPAND_DIMS",
    "EQUAL",
    "NOT_EQUAL",
    "LOG",
    "SUM",
    "SQRT",
    "RSQRT",
    "SHAPE",
    "POW",
    "ARG_MIN",
    "FAKE_QUANT",
    "REDUCE_PROD",
    "REDUCE_MAX",
    "PACK",
    "LOGICAL_OR",
    "ONE_HOT",
    "LOGICAL_AND",
    "LOGICAL_NOT",
    "UNPACK",
    "REDUCE_MIN",
    "FLOOR_DIV",
    "REDUCE_ANY",
    "SQUARE",
    "ZEROS_LIKE",
    "FILL",
    "FLOOR_MOD",
    "RANGE",
    "RESIZE_NEAREST_NEIGHBOR",
    "LEAKY_RELU",
    "SQUARED_DIFFERENCE",
    "MIRROR_PAD",
    "ABS",
    "SPLIT_V",
    "UNIQUE",
    "CEIL",
    "REVERSE_V2",
    "ADD_N",
    "GATHER_ND",
    "COS",
    "WHERE",
    "RANK",
    "ELU",
    "REVERSE_SEQUENCE",
    "MATRIX_DIAG",
    "QUANTIZE",
    "MATRIX_SET_DIAG",
    "ROUND",
    "HARD_SWISH",
    "IF",
    "WHILE",
    "NON_MAX_SUPPRESSION_V4",
    "NON_MAX_SUPPRESSION_V5",
    "SCATTER_ND",
    "SELECT_V2",
    "DENSIFY",
    "SEGMENT_SUM",
    "BATCH_MATMUL",
    "PLACEHOLDER_FOR_GREATER_OP_CODES",
    "CUMSUM",
    "CALL_ONCE",
    "BROADCAST_TO",
    "RFFT2D",
    "CONV_3D",
    "IMAG",
    "REAL",
    "COMPLEX_ABS",
    "HASHTABLE",
    "HASHTABLE_FIND",
    "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE",
    "REDUCE_ALL",
    "CONV_3D_TRANSPOSE",
    "VAR_HANDLE",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
    "BROADCAST_ARGS",
    "RANDOM_STANDARD_NORMAL",
    "BUCKETIZE",
    "RANDOM_UNIFORM",
    "MULTINOMIAL",
    "GELU",
    "DYNAMIC_UPDATE_SLICE",
    "RELU_0_TO_1",
    "UNSORTED_SEGMENT_PROD",
    "UNSORTED_SEGMENT_MAX",
    "UNSORTED_SEGMENT_SUM",
    "ATAN2",
    "UNSORTED_SEGMENT_MIN",
    "SIGN",
    "BITCAST",
    "BITWISE_XOR",
    "RIGHT_SHIFT",
    "STABLEHLO_LOGISTIC",
    "STABLEHLO_ADD",
    "STABLEHLO_DIVIDE",
    "STABLEHLO_MULTIPLY",
    "STABLEHLO_MAXIMUM",
    "STABLEHLO_RESHAPE",
    "STABLEHLO_CLAMP",
    "STABLEHLO_CONCATENATE",
    "STABLEHLO_BROADCAST_IN_DIM",
    "STABLEHLO_CONVOLUTION",
    "STABLEHLO_SLICE",
    "STABLEHLO_CUSTOM_CALL",
    "STABLEHLO_REDUCE",
    "STABLEHLO_ABS",
    "STABLEHLO_AND",
    "STABLEHLO_COSINE",
    "STABLEHLO_EXPONENTIAL",
    "STABLEHLO_FLOOR",
    "STABLEHLO_LOG",
    "STABLEHLO_MINIMUM",
    "STABLEHLO_NEGATE",
    "STABLEHLO_OR",
    "STABLEHLO_POWER",
    "STABLEHLO_REMAINDER",
    "STABLEHLO_RSQRT",
    "STABLEHLO_SELECT",
    "STABLEHLO_SUBTRACT",
    "STABLEHLO_TANH",
    "STABLEHLO_SCATTER",
    "STABLEHLO_COMPARE",
    "STABLEHLO_CONVERT",
    "STABLEHLO_DYNAMIC_SLICE",
    "STABLEHLO_DYNAMIC_UPDATE_SLICE",
    "STABLEHLO_PAD",
    "STABLEHLO_IOTA",
    "STABLEHLO_DOT_GENERAL",
    "STABLEHLO_REDUCE_WINDOW",
    "STABLEHLO_SORT",
    "STABLEHLO_WHILE",
    "STABLEHLO_GATHER",
    "STABLEHLO_TRANSPOSE",
    "DILATE",
    "STABLEHLO_RNG_BIT_GENERATOR",
    "REDUCE_WINDOW",
    "STABLEHLO_COMPOSITE",
    "STABLEHLO_SHIFT_LEFT",
    "STABLEHLO_CBRT",
];

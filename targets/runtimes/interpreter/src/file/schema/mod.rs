//! The part of the TensorFlow Lite schema (schema version 3) that the interpreter reads: field
//! numbers of the tables and the values of enumerations. Source: `schema.fbs` of LiteRT.

#[expect(missing_docs, reason = "the schema's own names")]
pub mod builtin;
mod names;
mod options;

pub use names::{builtin_name, tensor_type_name};
pub use options::*;

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

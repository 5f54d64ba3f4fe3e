//! Everything that can be wrong with a model or an arena.

use core::fmt;

use thiserror::Error;

use crate::file::flatbuffer::Malformed;
use crate::file::schema::{builtin_name, tensor_type_name};

/// Why a model file can't be run. Indices count from 0 in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Too short, or without the identifier of a TensorFlow Lite file.
    #[error("not a TensorFlow Lite model: the identifier TFL3 is missing")]
    NotAModel,
    /// A compressed model of another version than this one.
    #[error("compressed models of version `{}` are not supported, only `1` is: compress the model again", char::from(*.found))]
    CompressedVersion {
        /// The version's character in the file.
        found: u8,
    },
    /// The weights of a tensor can't be decoded.
    #[error("tensor {tensor}: its compressed weights are damaged: {}", .damage)]
    Coding {
        /// Tensor index.
        tensor: u32,
        /// What is wrong.
        damage: Damage,
    },
    /// The weights of a tensor don't lie at an address at which they can be read.
    #[error("tensor {tensor}: its buffer isn't aligned to 4 bytes")]
    Alignment {
        /// Tensor index.
        tensor: u32,
    },
    /// An offset, length or table of the file is damaged.
    #[error("the model file is damaged: what is at byte {at} doesn't fit into the file")]
    Malformed {
        /// Byte position of the damage.
        at: u32,
    },
    /// The schema version isn't 3.
    #[error("schema version {found} is not supported, only 3 is")]
    SchemaVersion {
        /// Version in the file.
        found: u32,
    },
    /// The model has no subgraph, or too many.
    #[error("the model has {found} subgraphs, 1 to 64 are supported")]
    Subgraphs {
        /// Number in the file.
        found: u32,
    },
    /// The model has no input.
    #[error("the model has {found} inputs, at least 1 is needed")]
    Inputs {
        /// Number in the file.
        found: u32,
    },
    /// The model has no output.
    #[error("the model has {found} outputs, at least 1 is needed")]
    Outputs {
        /// Number in the file.
        found: u32,
    },
    /// The model has no operator, or too many.
    #[error("the model has {found} operators, 1 to {limit} are supported")]
    Operators {
        /// Number in the file.
        found: u32,
        /// Most that are supported.
        limit: u32,
    },
    /// The builtin operator isn't one of those the interpreter runs.
    #[error("operator {operator}: {} (builtin {builtin}) is not supported", builtin_name(*.builtin))]
    UnsupportedOperator {
        /// Operator index.
        operator: u32,
        /// Builtin code.
        builtin: i32,
    },
    /// The operator is of a version that isn't known.
    #[error("operator {operator}: version {version} of {} is not supported", builtin_name(*.builtin))]
    OperatorVersion {
        /// Operator index.
        operator: u32,
        /// Builtin code.
        builtin: i32,
        /// Version in the file.
        version: i32,
    },
    /// The operator has the wrong number of inputs or outputs.
    #[error("operator {operator}: wrong number of inputs or outputs")]
    Arity {
        /// Operator index.
        operator: u32,
    },
    /// An option of the operator has a value that isn't supported.
    #[error("operator {operator}: unsupported {option}")]
    UnsupportedOption {
        /// Operator index.
        operator: u32,
        /// Which option.
        option: Name,
    },
    /// The shapes of the operator's tensors don't belong together.
    #[error(
        "operator {operator}: the shape of {tensor} doesn't match the other tensors and the options"
    )]
    Shape {
        /// Operator index.
        operator: u32,
        /// Which tensor, by its part in the operator.
        tensor: Name,
    },
    /// The product of the operator's scales can't be expressed as multiplier and shift.
    #[error("operator {operator}: the scales of its tensors are too far apart")]
    Multiplier {
        /// Operator index.
        operator: u32,
    },
    /// Quantisation parameters that the operator demands are different.
    #[error("operator {operator}: unsupported quantisation of {tensor}")]
    OperatorQuantisation {
        /// Operator index.
        operator: u32,
        /// Which tensor, by its part in the operator.
        tensor: Name,
    },
    /// A tensor is read before an operator has written it.
    #[error("operator {operator}: tensor {tensor} is read but not written by an earlier operator")]
    ReadBeforeWrite {
        /// Operator index.
        operator: u32,
        /// Tensor index.
        tensor: u32,
    },
    /// A tensor is written twice, or it is the model's input or a constant.
    #[error("operator {operator}: tensor {tensor} must not be written")]
    WriteConflict {
        /// Operator index.
        operator: u32,
        /// Tensor index.
        tensor: u32,
    },
    /// A tensor index points past the tensors.
    #[error("tensor {tensor} doesn't exist")]
    NoSuchTensor {
        /// Tensor index.
        tensor: u32,
    },
    /// The model's output is not the output of an operator.
    #[error("tensor {tensor}, the model's output, is not written by any operator")]
    OutputNotWritten {
        /// Tensor index.
        tensor: u32,
    },
    /// The elements of the tensor are of a type that isn't supported there.
    #[error("tensor {tensor}: type {} is not supported here, {} is", tensor_type_name(*.found), tensor_type_name(*.expected))]
    TensorType {
        /// Tensor index.
        tensor: u32,
        /// `TensorType` in the file.
        found: u8,
        /// `TensorType` that would do.
        expected: u8,
    },
    /// The tensor has a dimension that is negative, or too many elements.
    #[error(
        "tensor {tensor}: unsupported shape: no dimension may be negative, and below 2^31 bytes in all are needed"
    )]
    TensorShape {
        /// Tensor index.
        tensor: u32,
    },
    /// The tensor lacks quantisation parameters, or they aren't plausible.
    #[error("tensor {tensor}: quantisation parameters are missing or unusable")]
    TensorQuantisation {
        /// Tensor index.
        tensor: u32,
    },
    /// The tensor's buffer is of another length than its shape and type demand.
    #[error("tensor {tensor}: its buffer holds {found} bytes, its shape needs {needed}")]
    BufferLength {
        /// Tensor index.
        tensor: u32,
        /// Bytes by shape and type.
        needed: u32,
        /// Bytes in the file.
        found: u32,
    },
    /// The tensor's buffer doesn't exist, or lies outside the FlatBuffer.
    #[error("tensor {tensor}: its buffer doesn't exist")]
    NoSuchBuffer {
        /// Tensor index.
        tensor: u32,
    },
    /// The tensor has to be a constant and isn't, or the other way round.
    #[error("tensor {tensor}: {}", if *.constant { "a constant is not supported here" } else { "it has to be a constant" })]
    Constant {
        /// Tensor index.
        tensor: u32,
        /// Whether it is one.
        constant: bool,
    },
    /// The tensor is sparse.
    #[error("tensor {tensor}: sparse tensors are not supported")]
    TensorKind {
        /// Tensor index.
        tensor: u32,
    },
    /// The plan exceeds what 32-bit offsets can express.
    #[error("the model's tensors need 2 GB or more")]
    TooLarge,
}

/// The name of a part of an operator in an error. Only with the feature `checks` does it hold text;
/// an image has no use for it, and no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(#[cfg(feature = "checks")] &'static str);

impl Name {
    /// The name `text`.
    #[inline(always)]
    #[cfg_attr(
        not(feature = "checks"),
        expect(unused_variables, reason = "there is no room for it")
    )]
    pub const fn new(text: &'static str) -> Self {
        Self(
            #[cfg(feature = "checks")]
            text,
        )
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        #[cfg(feature = "checks")]
        return formatter.write_str(self.0);
        #[cfg(not(feature = "checks"))]
        formatter.write_str("a part")
    }
}

/// What is wrong with compressed weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// The checksum isn't the one the file says.
    #[error("the checksum doesn't match")]
    Checksum,
    /// The code isn't a complete Huffman code of the lengths that are allowed.
    #[error("the Huffman table is not a complete code")]
    Table,
    /// The coded bits give fewer or more weights than the tensor has.
    #[error("the coded bits are not as many as the weights need")]
    Length,
    /// Coded in a way that isn't known, or something that may not be coded.
    #[error("it must not be coded like this")]
    Coding,
}

impl ModelError {
    /// A number for the error that stays the same from version to version.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotAModel => 1,
            Self::Malformed { .. } => 2,
            Self::SchemaVersion { .. } => 3,
            Self::Subgraphs { .. } => 4,
            Self::Inputs { .. } => 5,
            Self::Outputs { .. } => 6,
            Self::Operators { .. } => 7,
            Self::UnsupportedOperator { .. } => 8,
            Self::OperatorVersion { .. } => 9,
            Self::Arity { .. } => 10,
            Self::UnsupportedOption { .. } => 11,
            Self::Shape { .. } => 12,
            Self::Multiplier { .. } => 13,
            Self::OperatorQuantisation { .. } => 14,
            Self::ReadBeforeWrite { .. } => 15,
            Self::WriteConflict { .. } => 16,
            Self::NoSuchTensor { .. } => 17,
            Self::OutputNotWritten { .. } => 18,
            Self::TensorType { .. } => 19,
            Self::TensorShape { .. } => 20,
            Self::TensorQuantisation { .. } => 21,
            Self::BufferLength { .. } => 22,
            Self::NoSuchBuffer { .. } => 23,
            Self::Constant { .. } => 24,
            Self::TensorKind { .. } => 25,
            Self::TooLarge => 26,
            Self::CompressedVersion { .. } => 27,
            Self::Coding { .. } => 28,
            Self::Alignment { .. } => 29,
        }
    }

    /// The operator at fault, if it is one operator's fault.
    pub const fn operator(&self) -> Option<u32> {
        match *self {
            Self::UnsupportedOperator { operator, .. }
            | Self::OperatorVersion { operator, .. }
            | Self::Arity { operator }
            | Self::UnsupportedOption { operator, .. }
            | Self::Shape { operator, .. }
            | Self::Multiplier { operator }
            | Self::OperatorQuantisation { operator, .. }
            | Self::ReadBeforeWrite { operator, .. }
            | Self::WriteConflict { operator, .. } => Some(operator),
            _ => None,
        }
    }
}

/// Why a model can't be run, as functions return it. With the feature `checks` it is a
/// [`ModelError`]; without, what an image reports of one, in a word.
#[cfg(feature = "checks")]
pub type Fault = ModelError;

/// Why a model can't be run: what an image reports of a [`ModelError`], in a word.
#[cfg(not(feature = "checks"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the model can't be run: error {}", self.code())]
pub struct Fault(core::num::NonZeroU32);

/// The fault that an error is.
#[inline(always)]
pub(crate) const fn fault(error: ModelError) -> Fault {
    #[cfg(feature = "checks")]
    return error;
    #[cfg(not(feature = "checks"))]
    {
        let operator = match error.operator() {
            // Below 2^14: `MAX_OPERATORS`.
            Some(operator) => (operator & 0xffff) + 1,
            None => 0,
        };
        let code = error.code() | 1 << 31;
        match core::num::NonZeroU32::new(code | operator << 8) {
            Some(word) => Fault(word),
            None => Fault(core::num::NonZeroU32::MIN),
        }
    }
}

#[cfg(not(feature = "checks"))]
impl Fault {
    /// [`ModelError::code`].
    pub const fn code(&self) -> u32 {
        self.0.get() & 0xff
    }

    /// [`ModelError::operator`].
    pub const fn operator(&self) -> Option<u32> {
        (self.0.get() >> 8 & 0x1_ffff).checked_sub(1)
    }
}

#[cfg(not(feature = "checks"))]
impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        fault(malformed.into())
    }
}

impl From<Malformed> for ModelError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed { at: malformed.at }
    }
}

/// Why a model can't be prepared in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PrepareError {
    /// The arena is too small.
    #[error("the arena is too small: {needed} bytes are needed, {given} were given")]
    ArenaTooSmall {
        /// Bytes that would do at the same address.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The model can't be run.
    #[error(transparent)]
    Model(#[from] Fault),
}

/// An inference failed: an input holds a position or a size that the model has no room for, a WHILE has no
/// end in sight (on a host), or the model's bytes or the arena were changed since it was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "operator {operator}: a position or size in the inputs is out of range, a loop has no end in sight, or the \
     model has changed"
)]
pub struct InvokeError {
    /// Operator index.
    pub operator: u32,
}

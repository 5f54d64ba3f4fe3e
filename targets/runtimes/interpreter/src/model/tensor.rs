//! Tensors of a model file, read where they lie.

use core::fmt;

use crate::compression::coded::Coded;
use crate::error::{Damage, Fault, ModelError, fault};
use crate::file::flatbuffer::{Table, Tables, Vector};
use crate::file::schema::{self, tensor_type};
use crate::model::shape::Shape;

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElementType {
    /// 8-bit signed integers.
    Int8,
    /// 8-bit unsigned integers.
    UInt8,
    /// 16-bit signed integers.
    Int16,
    /// 32-bit signed integers.
    Int32,
    /// 32-bit unsigned integers.
    UInt32,
    /// 64-bit signed integers.
    Int64,
    /// 64-bit unsigned integers.
    UInt64,
    /// Bytes that are 0 or 1.
    Bool,
    /// 32-bit floating point.
    Float32,
    /// A handle of a variable: 32 bits.
    Resource,
}

impl ElementType {
    /// The type with this number in `TensorType`, [`None`] if the interpreter has no such tensors.
    pub const fn from_schema(value: u8) -> Option<Self> {
        Some(match value {
            tensor_type::FLOAT32 => Self::Float32,
            tensor_type::INT32 => Self::Int32,
            tensor_type::UINT32 => Self::UInt32,
            tensor_type::UINT8 => Self::UInt8,
            tensor_type::INT64 => Self::Int64,
            tensor_type::UINT64 => Self::UInt64,
            tensor_type::BOOL => Self::Bool,
            tensor_type::INT16 => Self::Int16,
            tensor_type::INT8 => Self::Int8,
            tensor_type::RESOURCE => Self::Resource,
            _ => return None,
        })
    }

    /// Bytes of one element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Int8 | Self::UInt8 | Self::Bool => 1,
            Self::Int16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 | Self::Resource => 4,
            Self::Int64 | Self::UInt64 => 8,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::UInt32 => "uint32",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            Self::Bool => "bool",
            Self::Float32 => "float32",
            Self::Resource => "resource",
        })
    }
}

/// Scale and zero point of a whole tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantisation {
    /// Real value of one step.
    pub scale: f32,
    /// The element that stands for 0.0.
    pub zero_point: i32,
}

/// A tensor of the file. Its fields are read when they are asked for; what is damaged reads as
/// absent, which checks find.
#[derive(Clone, Copy, Debug)]
pub struct RawTensor<'m> {
    /// Index in its subgraph.
    pub index: u32,
    pub(crate) table: Table<'m>,
    pub(crate) buffers: Tables<'m>,
    pub(crate) compressed: bool,
}

/// The weights of an operator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weights<'m> {
    /// As they are in the file.
    Plain(&'m [i8]),
    /// To be decoded.
    Coded(Coded<'m>),
}

impl<'m> RawTensor<'m> {
    /// Number of the element type in `TensorType`.
    pub fn type_number(&self) -> u8 {
        self.table.get(schema::tensor::TYPE, 0_u8)
    }

    /// Type of the elements, [`None`] if the interpreter has no such tensors.
    pub fn element_type(&self) -> Option<ElementType> {
        ElementType::from_schema(self.type_number())
    }

    /// Dimensions.
    pub fn shape(&self) -> Shape<'m> {
        Shape(self.table.numbers(schema::tensor::SHAPE))
    }

    /// Bytes of the elements.
    #[inline(never)]
    pub fn bytes(&self) -> usize {
        let element = self.element_type().map_or(1, ElementType::bytes);
        self.shape().elements().wrapping_mul(element)
    }

    /// Whether the tensor keeps its value between inferences.
    pub fn is_variable(&self) -> bool {
        self.table.get(schema::tensor::IS_VARIABLE, 0_u8) != 0
    }

    /// Whether the file holds the tensor's content, or there is none to hold.
    #[inline(never)]
    pub fn is_constant(&self) -> bool {
        !self.data().is_empty() || self.shape().elements() == 0
    }

    /// Name, may be empty.
    pub fn name(&self) -> &'m str {
        self.table.text(schema::tensor::NAME).unwrap_or("")
    }

    /// The content as it lies in the file; empty if the tensor lives in the arena.
    #[inline(never)]
    pub fn data(&self) -> &'m [u8] {
        self.buffer().content(schema::buffer::DATA, 1)
    }

    fn buffer(&self) -> Table<'m> {
        let index = self.table.get(schema::tensor::BUFFER, 0_u32);
        self.buffers.at(index as usize)
    }

    /// The content as float32 numbers; none if it doesn't lie at a multiple of 4.
    pub fn floats(&self) -> &'m [f32] {
        bytemuck::try_cast_slice(self.data()).unwrap_or(&[])
    }

    /// The content as 32-bit integers.
    pub fn integers(&self) -> Vector<'m, i32> {
        Vector::new(self.data())
    }

    /// The content as int8 weights, which may be coded.
    pub(crate) fn weights(&self) -> Weights<'m> {
        if let Ok(Some(coded)) = self.coded() {
            return Weights::Coded(coded);
        }
        Weights::Plain(bytemuck::cast_slice(self.data()))
    }

    /// How the content is coded, if it is.
    fn coded(&self) -> Result<Option<Coded<'m>>, Fault> {
        if self.compressed {
            return Coded::read(self.index, &self.buffer(), self.data());
        }
        Ok(None)
    }

    /// Scale and zero point of the whole tensor: the first that are there, 0 if there are none.
    #[inline(never)]
    pub fn quantisation(&self) -> Quantisation {
        let table = self.table.child(schema::tensor::QUANTIZATION);
        let zero_point = table.first::<i64>(schema::quantization::ZERO_POINT);
        Quantisation {
            scale: table.first(schema::quantization::SCALE).unwrap_or(0.0),
            zero_point: zero_point.unwrap_or(0) as i32,
        }
    }

    /// All scales and zero points.
    #[inline(never)]
    pub fn quantisations(&self) -> (Vector<'m, f32>, Vector<'m, i64>) {
        let table = self.table.child(schema::tensor::QUANTIZATION);
        (
            table.numbers(schema::quantization::SCALE),
            table.numbers(schema::quantization::ZERO_POINT),
        )
    }
}

/// Checks. What they have found sound can be asked for without a second look.
impl<'m> RawTensor<'m> {
    /// Checks all that any operator relies on: that tensor and buffer exist, the shape is sound, and
    /// content is as long as the shape says.
    #[cfg(feature = "checks")]
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let tensor = self.index;
        if self.table.has(schema::tensor::SPARSITY) {
            return Err(fault(ModelError::TensorKind { tensor }));
        }
        let buffer = self.table.get(schema::tensor::BUFFER, 0_u32) as usize;
        let missing = fault(ModelError::NoSuchBuffer { tensor });
        let buffer = self.buffers.get(buffer)?.ok_or(missing)?;
        if buffer.scalar(schema::buffer::OFFSET, 0_u32)? > 1 {
            return Err(missing);
        }
        let data = buffer.vector::<u8>(schema::buffer::DATA)?;
        if let Some(table) = self.table.table(schema::tensor::QUANTIZATION)? {
            table.vector::<f32>(schema::quantization::SCALE)?;
            table.vector::<i64>(schema::quantization::ZERO_POINT)?;
        }
        let size = self.element_type().map_or(1, ElementType::bytes) as u64;
        let wrong = fault(ModelError::TensorShape { tensor });
        let mut elements = 1_u64;
        for dimension in self.table.vector::<i32>(schema::tensor::SHAPE)?.iter() {
            // Each factor is below 2^31 and the product stays below 2^33.
            elements *= u64::from(u32::try_from(dimension).map_err(|_| wrong)?);
            if elements * 4 >= 1 << 33 {
                return Err(wrong);
            }
        }
        let needed = elements * size;
        if needed >= 1 << 31 {
            return Err(wrong);
        }
        let found = match self.coded()? {
            Some(coded) if coded.bytes() as u64 == needed => return coded.check(tensor),
            Some(coded) => coded.bytes(),
            None => data.len(),
        };
        if found == 0 || found as u64 == needed || self.element_type().is_none() {
            return Ok(());
        }
        Err(fault(ModelError::BufferLength {
            tensor,
            needed: needed as u32,
            found: found as u32,
        }))
    }

    /// Checks the type of the elements.
    pub fn expect_type(&self, expected: u8) -> Result<(), Fault> {
        let found = self.type_number();
        if found == expected {
            return Ok(());
        }
        Err(fault(ModelError::TensorType {
            tensor: self.index,
            found,
            expected,
        }))
    }

    /// Checks that the tensor is a constant with plain elements of type `expected`; float32 ones
    /// have to lie at a multiple of 4.
    pub fn expect_constant(&self, expected: u8) -> Result<(), Fault> {
        let tensor = self.index;
        if self.coded()?.is_some() {
            let damage = Damage::Coding;
            return Err(fault(ModelError::Coding { tensor, damage }));
        }
        self.expect_content(expected)?;
        if expected == tensor_type::FLOAT32 && self.floats().len() * 4 != self.data().len() {
            return Err(fault(ModelError::Alignment { tensor }));
        }
        Ok(())
    }

    /// Checks that the tensor is a constant with elements of type `expected`, which may be coded.
    pub fn expect_content(&self, expected: u8) -> Result<(), Fault> {
        self.expect_type(expected)?;
        if self.is_constant() {
            return Ok(());
        }
        let (tensor, constant) = (self.index, false);
        Err(fault(ModelError::Constant { tensor, constant }))
    }

    /// Checks that the tensor lives in the arena.
    pub fn expect_arena(&self) -> Result<(), Fault> {
        if !self.is_constant() {
            return Ok(());
        }
        let (tensor, constant) = (self.index, true);
        Err(fault(ModelError::Constant { tensor, constant }))
    }

    /// Checks that the whole tensor has one scale and one zero point, and both are plausible.
    pub fn expect_quantisation(&self) -> Result<Quantisation, Fault> {
        self.expect_quantisation_with(is_scale)
    }

    /// [`Self::expect_quantisation`] of a factor, whose scale may be 0: all of it stands for 0 then.
    pub fn expect_factor(&self) -> Result<Quantisation, Fault> {
        self.expect_quantisation_with(|scale| scale == 0.0 || is_scale(scale))
    }

    fn expect_quantisation_with(
        &self,
        is_scale: impl Fn(f32) -> bool,
    ) -> Result<Quantisation, Fault> {
        let (scales, zero_points) = self.quantisations();
        let range = match self.type_number() {
            tensor_type::UINT8 => 0..=255,
            tensor_type::INT16 => -32_768..=32_767,
            tensor_type::INT32 | tensor_type::INT64 => i32::MIN.into()..=i32::MAX.into(),
            _ => -128..=127,
        };
        let one = scales.len() == 1 && zero_points.len() == 1;
        let plausible = scales.iter().all(is_scale)
            && zero_points
                .iter()
                .all(|zero_point| range.contains(&zero_point));
        if one && plausible {
            return Ok(self.quantisation());
        }
        Err(self.quantisation_error())
    }

    /// Checks that a filter with `channels` channels along `dimension` has scales that aren't
    /// negative, one for each channel or one for all. Its zero points, of which TensorFlow Lite
    /// takes into account but one and only in fully connected layers, have to be of 8 bits.
    pub fn expect_filter_scales(&self, channels: usize, dimension: i32) -> Result<(), Fault> {
        let (scales, zero_points) = self.quantisations();
        let along = self
            .table
            .child(schema::tensor::QUANTIZATION)
            .get(schema::quantization::QUANTIZED_DIMENSION, 0_i32);
        let counted = scales.len() == 1 || scales.len() == channels && along == dimension;
        let sound = scales.iter().all(|scale| scale == 0.0 || is_scale(scale))
            && zero_points.iter().all(|it| (-128..=127).contains(&it));
        if counted && sound {
            return Ok(());
        }
        Err(self.quantisation_error())
    }

    /// The tensor's quantisation is missing or isn't plausible.
    pub fn quantisation_error(&self) -> Fault {
        fault(ModelError::TensorQuantisation { tensor: self.index })
    }
}

/// Converters give subnormal scales to what is always 0.
fn is_scale(scale: f32) -> bool {
    scale.is_finite() && scale > 0.0
}

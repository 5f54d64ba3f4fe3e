//! Tensors of a model file, read where they lie.

use core::fmt;

use crate::coded::Coded;
use crate::error::{Damage, ModelError};
use crate::flatbuffer::{Table, Tables, Vector};
use crate::schema::{self, tensor_type};
use crate::shape::Shape;

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
    /// 64-bit signed integers.
    Int64,
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
            tensor_type::UINT8 => Self::UInt8,
            tensor_type::INT64 => Self::Int64,
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
            Self::Int32 | Self::Float32 | Self::Resource => 4,
            Self::Int64 => 8,
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
            Self::Int64 => "int64",
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

/// A tensor of the file. Its fields are read when they are asked for.
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
        self.table
            .scalar(schema::tensor::TYPE, 0_u8)
            .unwrap_or(u8::MAX)
    }

    /// Type of the elements, [`None`] if the interpreter has no such tensors.
    pub fn element_type(&self) -> Option<ElementType> {
        ElementType::from_schema(self.type_number())
    }

    /// Dimensions.
    pub fn shape(&self) -> Shape<'m> {
        Shape(
            self.table
                .vector(schema::tensor::SHAPE)
                .unwrap_or(Vector::EMPTY),
        )
    }

    /// Bytes of the elements.
    pub fn bytes(&self) -> usize {
        let element = self.element_type().map_or(1, ElementType::bytes);
        self.shape().elements().wrapping_mul(element)
    }

    /// Whether the tensor keeps its value between inferences.
    pub fn is_variable(&self) -> bool {
        matches!(
            self.table.scalar(schema::tensor::IS_VARIABLE, 0_u8),
            Ok(1..)
        )
    }

    /// Whether the file holds the tensor's content, or there is none to hold.
    pub fn is_constant(&self) -> bool {
        !self.data().is_empty() || self.shape().iter().any(|dimension| dimension == 0)
    }

    /// Name, may be empty.
    pub fn name(&self) -> &'m str {
        self.table.text(schema::tensor::NAME).unwrap_or("")
    }

    /// The content as it lies in the file; empty if the tensor lives in the arena.
    pub fn data(&self) -> &'m [u8] {
        let Some(buffer) = self.buffer() else {
            return &[];
        };
        let data = buffer.vector::<u8>(schema::buffer::DATA);
        data.map_or(&[], |data| data.raw())
    }

    fn buffer(&self) -> Option<Table<'m>> {
        let index = self.table.scalar(schema::tensor::BUFFER, 0_u32).ok()?;
        self.buffers.get(index as usize).ok()?
    }

    /// How the content is coded, if it is.
    fn coded(&self) -> Result<Option<Coded<'m>>, ModelError> {
        match self.buffer() {
            Some(buffer) if self.compressed => Coded::read(self.index, &buffer, self.data()),
            _ => Ok(None),
        }
    }

    /// Checks all that any operator relies on: that the buffer exists, the shape is sound, and
    /// content is as long as the shape says. The other functions needn't fail after that.
    #[inline(never)]
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let tensor = self.index;
        if self.table.has(schema::tensor::SPARSITY) {
            return Err(ModelError::TensorKind { tensor });
        }
        self.table.scalar(schema::tensor::TYPE, 0_u8)?;
        self.table.scalar(schema::tensor::IS_VARIABLE, 0_u8)?;
        let buffer = self.table.scalar(schema::tensor::BUFFER, 0_u32)? as usize;
        let missing = ModelError::NoSuchBuffer { tensor };
        let buffer = self.buffers.get(buffer)?.ok_or(missing)?;
        if buffer.scalar(schema::buffer::OFFSET, 0_u32)? > 1 {
            return Err(missing);
        }
        let data = buffer.vector::<u8>(schema::buffer::DATA)?;
        let size = self.element_type().map_or(1, ElementType::bytes) as u64;
        let wrong = ModelError::TensorShape { tensor };
        let mut elements = 1_u64;
        for dimension in self.table.vector::<i32>(schema::tensor::SHAPE)?.iter() {
            // Each factor is below 2^31 and the product stays below 2^33.
            elements *= u64::from(u32::try_from(dimension).map_err(|_| wrong)?);
            if elements * 4 >= 1 << 33 {
                return Err(wrong);
            }
        }
        let needed = elements * size;
        if needed >= 1 << 31 || (needed == 0 && !data.is_empty()) {
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
        Err(ModelError::BufferLength {
            tensor,
            needed: needed as u32,
            found: found as u32,
        })
    }

    /// Checks the type of the elements.
    pub fn expect_type(&self, expected: u8) -> Result<(), ModelError> {
        let found = self.type_number();
        if found == expected {
            return Ok(());
        }
        Err(ModelError::TensorType {
            tensor: self.index,
            found,
            expected,
        })
    }

    /// The content of a constant with elements of type `expected`, as it lies in the file.
    pub fn constant(&self, expected: u8) -> Result<&'m [u8], ModelError> {
        self.expect_type(expected)?;
        let tensor = self.index;
        if self.coded()?.is_some() {
            let damage = Damage::Coding;
            return Err(ModelError::Coding { tensor, damage });
        }
        let data = self.data();
        if data.is_empty() && self.bytes() > 0 {
            let constant = false;
            return Err(ModelError::Constant { tensor, constant });
        }
        Ok(data)
    }

    /// The content of a constant with 32-bit integers.
    pub fn constant_i32(&self) -> Result<Vector<'m, i32>, ModelError> {
        Ok(Vector::new(self.constant(tensor_type::INT32)?))
    }

    /// The content of a constant float32 tensor.
    pub fn constant_f32(&self) -> Result<&'m [f32], ModelError> {
        let raw = self.constant(tensor_type::FLOAT32)?;
        bytemuck::try_cast_slice(raw).map_err(|_| ModelError::Alignment { tensor: self.index })
    }

    /// The content of a constant int8 tensor, which may be coded.
    pub(crate) fn weights(&self) -> Result<Weights<'m>, ModelError> {
        if let Some(coded) = self.coded()? {
            self.expect_type(tensor_type::INT8)?;
            return Ok(Weights::Coded(coded));
        }
        let plain = self.constant(tensor_type::INT8)?;
        Ok(Weights::Plain(bytemuck::cast_slice(plain)))
    }

    /// Checks that the tensor lives in the arena.
    pub fn expect_arena(&self) -> Result<(), ModelError> {
        if self.is_constant() {
            let (tensor, constant) = (self.index, true);
            return Err(ModelError::Constant { tensor, constant });
        }
        Ok(())
    }

    /// Scale and zero point of the whole tensor, checked to be plausible.
    pub fn quantisation(&self) -> Result<Quantisation, ModelError> {
        let wrong = ModelError::TensorQuantisation { tensor: self.index };
        let (scales, zero_points) = self.quantisations()?;
        let (Some(scale), Some(zero_point), 1, 1) = (
            scales.get(0),
            zero_points.get(0),
            scales.len(),
            zero_points.len(),
        ) else {
            return Err(wrong);
        };
        if !is_scale(scale) {
            return Err(wrong);
        }
        let zero_point = i32::try_from(zero_point).map_err(|_| wrong)?;
        let range = match self.type_number() {
            tensor_type::UINT8 => 0..=255,
            tensor_type::INT16 => -32768..=32767,
            tensor_type::INT32 | tensor_type::INT64 => i32::MIN..=i32::MAX,
            _ => -128..=127,
        };
        if !range.contains(&zero_point) {
            return Err(wrong);
        }
        Ok(Quantisation { scale, zero_point })
    }

    /// The scales of a filter with `channels` channels along `dimension`: one for each, or one
    /// for all. Their values are checked by [`Self::check_filter_scales`].
    pub fn filter_scales(
        &self,
        channels: usize,
        dimension: i32,
    ) -> Result<Vector<'m, f32>, ModelError> {
        let wrong = ModelError::TensorQuantisation { tensor: self.index };
        let (scales, _) = self.quantisations()?;
        match scales.len() {
            1 => Ok(scales),
            count if count == channels => {
                let table = self.table.table(schema::tensor::QUANTIZATION)?;
                let along = table
                    .ok_or(wrong)?
                    .scalar(schema::quantization::QUANTIZED_DIMENSION, 0_i32)?;
                if along == dimension {
                    Ok(scales)
                } else {
                    Err(wrong)
                }
            }
            _ => Err(wrong),
        }
    }

    /// Checks that all scales of a filter are positive and all its zero points 0.
    pub fn check_filter_scales(&self) -> Result<(), ModelError> {
        let (scales, zero_points) = self.quantisations()?;
        let sound = scales.iter().all(is_scale)
            && zero_points.iter().all(|zero_point| zero_point == 0)
            && (zero_points.is_empty() || zero_points.len() == scales.len());
        if sound {
            Ok(())
        } else {
            Err(ModelError::TensorQuantisation { tensor: self.index })
        }
    }

    /// Scales and zero points, unchecked.
    pub fn quantisations(&self) -> Result<(Vector<'m, f32>, Vector<'m, i64>), ModelError> {
        let table = self.table.table(schema::tensor::QUANTIZATION)?;
        let table = table.ok_or(ModelError::TensorQuantisation { tensor: self.index })?;
        Ok((
            table.vector(schema::quantization::SCALE)?,
            table.vector(schema::quantization::ZERO_POINT)?,
        ))
    }
}

fn is_scale(scale: f32) -> bool {
    scale.is_normal() && scale > 0.0
}

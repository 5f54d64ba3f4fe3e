//! A validated, zero-copy view of a model file.

use core::fmt;
use core::ops::Deref;

use crate::coded::Coded;
use crate::error::{Damage, ModelError};
use crate::flatbuffer::{Table, Tables, Vector};
use crate::operator::{Kind, Operator};
use crate::schema::{self, tensor_type};

/// Most operators a model may have.
pub const MAX_OPERATORS: usize = 128;

/// A model file that was found to be sound: no access to it can fail any more.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    tensors: Tables<'m>,
    operators: Tables<'m>,
    codes: Tables<'m>,
    buffers: Tables<'m>,
    compressed: bool,
    input: u32,
    output: u32,
}

/// Dimensions of a tensor, 1 to 4 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    dimensions: [u32; 4],
    rank: usize,
}

impl Shape {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.iter().product::<u32>() as usize
    }

    /// The dimensions if there are exactly `N`.
    pub(crate) fn exactly<const N: usize>(&self) -> Option<[usize; N]> {
        let dimensions = <[u32; N]>::try_from(&**self).ok()?;
        Some(dimensions.map(|dimension| dimension as usize))
    }
}

impl Deref for Shape {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        self.dimensions.get(..self.rank).unwrap_or(&[])
    }
}

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// 8-bit signed integers.
    Int8,
    /// 32-bit floating point.
    Float32,
}

impl ElementType {
    /// Bytes of one element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Int8 => 1,
            Self::Float32 => 4,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Int8 => formatter.write_str("int8"),
            Self::Float32 => formatter.write_str("float32"),
        }
    }
}

/// The model's input or output.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'m> {
    /// Name in the file, may be empty.
    pub name: &'m str,
    /// Dimensions.
    pub shape: Shape,
    /// Type of the elements.
    pub element_type: ElementType,
    /// Real value of one step; 1 for floating point.
    pub scale: f32,
    /// The element that stands for 0.0.
    pub zero_point: i32,
    /// Size in bytes.
    pub bytes: usize,
}

impl<'m> Model<'m> {
    /// Checks the whole file: structure, version, types, shapes, quantisation and the order of
    /// the operators. The file stays where it is.
    ///
    /// # Errors
    /// Says what is damaged or not supported, and where.
    pub fn parse(bytes: &'m [u8]) -> Result<Self, ModelError> {
        let compressed = is_compressed(bytes)?;
        let root = Table::root(bytes)?;
        let version = root.scalar(schema::model::VERSION, 0)?;
        if version != schema::VERSION {
            return Err(ModelError::SchemaVersion { found: version });
        }
        let subgraphs = root.tables(schema::model::SUBGRAPHS)?;
        let (Some(subgraph), 1) = (subgraphs.get(0)?, subgraphs.len()) else {
            let found = subgraphs.len() as u32;
            return Err(ModelError::Subgraphs { found });
        };
        let inputs = subgraph.vector::<i32>(schema::subgraph::INPUTS)?;
        let (Some(input), 1) = (inputs.get(0), inputs.len()) else {
            let found = inputs.len() as u32;
            return Err(ModelError::Inputs { found });
        };
        let outputs = subgraph.vector::<i32>(schema::subgraph::OUTPUTS)?;
        let (Some(output), 1) = (outputs.get(0), outputs.len()) else {
            let found = outputs.len() as u32;
            return Err(ModelError::Outputs { found });
        };
        let model = Self {
            tensors: subgraph.tables(schema::subgraph::TENSORS)?,
            operators: subgraph.tables(schema::subgraph::OPERATORS)?,
            codes: root.tables(schema::model::OPERATOR_CODES)?,
            buffers: root.tables(schema::model::BUFFERS)?,
            compressed,
            input: input as u32,
            output: output as u32,
        };
        model.validate()?;
        Ok(model)
    }

    fn validate(&self) -> Result<(), ModelError> {
        let count = self.operators.len();
        if !(1..=MAX_OPERATORS).contains(&count) {
            return Err(ModelError::Operators {
                found: count as u32,
                limit: MAX_OPERATORS as u32,
            });
        }
        self.raw_tensor(self.input)?.check_activation()?;
        self.raw_tensor(self.output)?.check_activation()?;
        for index in 0..count {
            let operator = self.operator(index)?;
            operator.check_weights(self)?;
            for tensor in operator.inputs() {
                if self.producer(tensor).is_none_or(|at| at > index) {
                    return Err(ModelError::ReadBeforeWrite {
                        operator: index as u32,
                        tensor,
                    });
                }
            }
            // Any second writer would be found as the first one.
            if self.producer(operator.output) != Some(index + 1) {
                return Err(ModelError::WriteConflict {
                    operator: index as u32,
                    tensor: operator.output,
                });
            }
        }
        match self.producer(self.output) {
            Some(1..) => Ok(()),
            _ => Err(ModelError::OutputNotWritten {
                tensor: self.output,
            }),
        }
    }

    /// The model's input.
    pub fn input(&self) -> Tensor<'m> {
        self.described(self.input)
    }

    /// The model's output.
    pub fn output(&self) -> Tensor<'m> {
        self.described(self.output)
    }

    fn described(&self, index: u32) -> Tensor<'m> {
        let empty = Shape {
            dimensions: [0; 4],
            rank: 0,
        };
        let found = self.raw_tensor(index).and_then(|tensor| {
            let quantisation = tensor.check_activation()?;
            Ok((tensor, quantisation))
        });
        match found {
            Ok((tensor, quantisation)) => Tensor {
                name: tensor.table.text(schema::tensor::NAME).unwrap_or(""),
                shape: tensor.shape,
                element_type: tensor.element_type(),
                scale: quantisation.scale,
                zero_point: quantisation.zero_point,
                bytes: tensor.bytes(),
            },
            // `parse` has checked both tensors.
            Err(_) => Tensor {
                name: "",
                shape: empty,
                element_type: ElementType::Int8,
                scale: 0.0,
                zero_point: 0,
                bytes: 0,
            },
        }
    }

    /// The operators in the order in which they run.
    pub fn operators(&self) -> impl Iterator<Item = Operator<'m>> + use<'m> {
        let model = *self;
        (0..self.operators.len()).map_while(move |index| model.operator(index).ok())
    }

    /// Whether the file is a compressed model, in which weights may be coded.
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// How many operators there are.
    pub fn operator_count(&self) -> usize {
        self.operators.len()
    }

    /// Multiply-accumulate operations of one inference: convolutions and fully connected layers,
    /// padding included.
    pub fn macs(&self) -> u64 {
        self.operators().map(|operator| operator.macs()).sum()
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.operators().map(|operator| operator.parameters()).sum()
    }

    /// The operator at `index`, with shapes and options checked.
    pub(crate) fn operator(&self, index: usize) -> Result<Operator<'m>, ModelError> {
        match self.operators.get(index)? {
            Some(table) => Operator::read(self, index as u32, &table),
            None => Err(ModelError::Operators {
                found: self.operators.len() as u32,
                limit: MAX_OPERATORS as u32,
            }),
        }
    }

    /// Tensor indices of the inputs of the operator at `index`.
    pub(crate) fn operator_inputs(&self, index: u32) -> Result<Vector<'m, i32>, ModelError> {
        match self.operators.get(index as usize)? {
            Some(table) => Ok(table.vector(schema::operator::INPUTS)?),
            None => Err(ModelError::Arity { operator: index }),
        }
    }

    /// Builtin code and version of the operator code at `index`.
    pub(crate) fn operator_code(&self, index: u32) -> Result<Option<(i32, i32)>, ModelError> {
        use schema::operator_code::{BUILTIN_CODE, DEPRECATED_BUILTIN_CODE, VERSION};
        let Some(code) = self.codes.get(index as usize)? else {
            return Ok(None);
        };
        // The newer field counts unless it can't hold the value that the older one has.
        let builtin = code
            .scalar::<i32>(BUILTIN_CODE, 0)?
            .max(code.scalar::<i8>(DEPRECATED_BUILTIN_CODE, 0)?.into());
        Ok(Some((builtin, code.scalar(VERSION, 1)?)))
    }

    /// Who writes the tensor: 0 the caller (it is the model's input), n + 1 operator n.
    pub(crate) fn producer(&self, tensor: u32) -> Option<usize> {
        if tensor == self.input {
            return Some(0);
        }
        (0..self.operators.len())
            .find(|&index| {
                let table = self.operators.get(index).ok().flatten();
                table
                    .and_then(|table| table.vector::<i32>(schema::operator::OUTPUTS).ok())
                    .and_then(|outputs| outputs.get(0))
                    .is_some_and(|output| output as u32 == tensor)
            })
            .map(|index| index + 1)
    }

    /// Index of the model's output tensor.
    pub(crate) fn output_tensor(&self) -> u32 {
        self.output
    }

    /// The tensor at `index`, with its shape and buffer checked.
    pub(crate) fn raw_tensor(&self, index: u32) -> Result<RawTensor<'m>, ModelError> {
        let tensor = index;
        let table = self
            .tensors
            .get(index as usize)?
            .ok_or(ModelError::NoSuchTensor { tensor })?;
        if table.scalar(schema::tensor::IS_VARIABLE, 0_u8)? != 0
            || table.has(schema::tensor::SPARSITY)
        {
            return Err(ModelError::TensorKind { tensor });
        }
        let element_type = table.scalar(schema::tensor::TYPE, 0_u8)?;
        let buffer = table.scalar(schema::tensor::BUFFER, 0_u32)? as usize;
        let buffer = self
            .buffers
            .get(buffer)?
            .ok_or(ModelError::NoSuchBuffer { tensor })?;
        if buffer.scalar(schema::buffer::OFFSET, 0_u32)? > 1 {
            return Err(ModelError::NoSuchBuffer { tensor });
        }
        let data = buffer.vector::<u8>(schema::buffer::DATA)?.raw();
        let coded = if self.compressed {
            Coded::read(index, &buffer, data)?
        } else {
            None
        };
        Ok(RawTensor {
            index,
            table,
            element_type,
            shape: shape(index, &table)?,
            data,
            coded,
        })
    }
}

impl fmt::Debug for Model<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("operators", &self.operators.len())
            .field("input", &self.input)
            .field("output", &self.output)
            .finish()
    }
}

fn shape(tensor: u32, table: &Table) -> Result<Shape, ModelError> {
    let found = table.vector::<i32>(schema::tensor::SHAPE)?;
    let mut shape = Shape {
        dimensions: [0; 4],
        rank: found.len(),
    };
    let wrong = ModelError::TensorShape { tensor };
    if !(1..=4).contains(&shape.rank) {
        return Err(wrong);
    }
    let mut bytes = 4_u64;
    for (dimension, found) in shape.dimensions.iter_mut().zip(found.iter()) {
        *dimension = u32::try_from(found).map_err(|_| wrong)?;
        // Each factor is below 2^31 and the product stays below 2^33.
        bytes *= u64::from(*dimension);
        if bytes == 0 || bytes >= 1 << 33 {
            return Err(wrong);
        }
    }
    Ok(shape)
}

/// Whether a file is a compressed model, by its identifier.
fn is_compressed(bytes: &[u8]) -> Result<bool, ModelError> {
    let identifier = bytes.get(4..8).and_then(|it| it.first_chunk::<4>());
    let [name @ .., version] = schema::COMPRESSED_IDENTIFIER;
    match identifier {
        Some(schema::IDENTIFIER) => Ok(false),
        Some([found @ .., found_version]) if cfg!(feature = "huffman") && found == name => {
            if found_version == version {
                Ok(true)
            } else {
                let found = *found_version;
                Err(ModelError::CompressedVersion { found })
            }
        }
        _ => Err(ModelError::NotAModel),
    }
}

/// Scale and zero point of a whole tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantisation {
    pub scale: f32,
    pub zero_point: i32,
}

/// A tensor of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawTensor<'m> {
    pub index: u32,
    pub shape: Shape,
    table: Table<'m>,
    element_type: u8,
    data: &'m [u8],
    coded: Option<Coded<'m>>,
}

/// The weights of an operator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weights<'m> {
    /// As they are in the file.
    Plain(&'m [i8]),
    /// To be decoded.
    Coded(Coded<'m>),
}

impl<'m> Weights<'m> {
    /// The weights if they needn't be decoded, and how to decode them otherwise.
    pub fn parts(self) -> (&'m [i8], Option<Coded<'m>>) {
        match self {
            Self::Plain(weights) => (weights, None),
            Self::Coded(coded) => (&[], Some(coded)),
        }
    }
}

impl<'m> RawTensor<'m> {
    fn expect_type(&self, expected: u8) -> Result<(), ModelError> {
        if self.element_type == expected {
            Ok(())
        } else {
            Err(ModelError::TensorType {
                tensor: self.index,
                found: self.element_type,
                expected,
            })
        }
    }

    /// Type of the elements of an activation that was checked.
    pub fn element_type(&self) -> ElementType {
        match self.element_type {
            tensor_type::FLOAT32 => ElementType::Float32,
            _ => ElementType::Int8,
        }
    }

    /// Whether the elements are float32 and models of these are supported.
    pub fn is_float(&self) -> bool {
        cfg!(feature = "float") && self.element_type == tensor_type::FLOAT32
    }

    /// Checks that the tensor is a float32 one that lives in the arena.
    #[cfg(feature = "float")]
    pub fn expect_float(&self) -> Result<(), ModelError> {
        self.expect_type(tensor_type::FLOAT32)?;
        self.expect_no_content()
    }

    /// Bytes of an activation that was checked.
    pub fn bytes(&self) -> usize {
        self.shape.elements() * self.element_type().bytes()
    }

    fn constant(&self, element_type: u8, size: usize) -> Result<&'m [u8], ModelError> {
        self.expect_type(element_type)?;
        let tensor = self.index;
        if self.coded.is_some() {
            let damage = Damage::Coding;
            return Err(ModelError::Coding { tensor, damage });
        }
        if self.data.is_empty() {
            return Err(ModelError::Constant {
                tensor,
                constant: false,
            });
        }
        let needed = self.shape.elements() * size;
        if self.data.len() != needed {
            return Err(ModelError::BufferLength {
                tensor,
                needed: needed as u32,
                found: self.data.len() as u32,
            });
        }
        Ok(self.data)
    }

    /// The content of a constant int8 tensor, which may be coded.
    pub fn weights(&self) -> Result<Weights<'m>, ModelError> {
        let Some(coded) = self.coded else {
            let plain = self.constant(tensor_type::INT8, 1)?;
            return Ok(Weights::Plain(bytemuck::cast_slice(plain)));
        };
        self.expect_type(tensor_type::INT8)?;
        let needed = self.shape.elements();
        if coded.bytes() != needed {
            return Err(ModelError::BufferLength {
                tensor: self.index,
                needed: needed as u32,
                found: coded.bytes() as u32,
            });
        }
        Ok(Weights::Coded(coded))
    }

    /// The content of a constant float32 tensor.
    #[cfg(feature = "float")]
    pub fn constant_f32(&self) -> Result<&'m [f32], ModelError> {
        let raw = self.constant(tensor_type::FLOAT32, 4)?;
        bytemuck::try_cast_slice(raw).map_err(|_| ModelError::Alignment { tensor: self.index })
    }

    /// Checks coded weights as a whole: too long for each reading.
    pub fn check_coding(&self) -> Result<(), ModelError> {
        match self.coded {
            Some(coded) => coded.check(self.index),
            None => Ok(()),
        }
    }

    /// Checks that the tensor lives in the arena, and is int8 or float32. The latter stands for
    /// itself.
    pub fn check_activation(&self) -> Result<Quantisation, ModelError> {
        if self.is_float() {
            self.expect_no_content()?;
            let (scale, zero_point) = (1.0, 0);
            return Ok(Quantisation { scale, zero_point });
        }
        self.activation()
    }

    fn expect_no_content(&self) -> Result<(), ModelError> {
        if self.data.is_empty() {
            return Ok(());
        }
        Err(ModelError::Constant {
            tensor: self.index,
            constant: true,
        })
    }

    /// The content of a constant int32 tensor, little-endian.
    pub fn constant_i32(&self) -> Result<&'m [u8], ModelError> {
        self.constant(tensor_type::INT32, 4)
    }

    /// Checks that the tensor is an int8 one that lives in the arena.
    pub fn activation(&self) -> Result<Quantisation, ModelError> {
        self.expect_type(tensor_type::INT8)?;
        self.expect_no_content()?;
        let wrong = ModelError::TensorQuantisation { tensor: self.index };
        let (scales, zero_points) = self.quantisation()?;
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
        Ok(Quantisation {
            scale,
            zero_point: i8::try_from(zero_point).map_err(|_| wrong)?.into(),
        })
    }

    /// The scales of a filter with `channels` channels along `dimension`: one for each, or one
    /// for all. Their values are checked by [`Self::check_filter_scales`].
    pub fn filter_scales(
        &self,
        channels: usize,
        dimension: i32,
    ) -> Result<Vector<'m, f32>, ModelError> {
        let wrong = ModelError::TensorQuantisation { tensor: self.index };
        let (scales, _) = self.quantisation()?;
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
        let (scales, zero_points) = self.quantisation()?;
        let sound = scales.iter().all(is_scale)
            && zero_points.iter().all(|zero_point| zero_point == 0)
            && (zero_points.is_empty() || zero_points.len() == scales.len());
        if sound {
            Ok(())
        } else {
            Err(ModelError::TensorQuantisation { tensor: self.index })
        }
    }

    fn quantisation(&self) -> Result<(Vector<'m, f32>, Vector<'m, i64>), ModelError> {
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

/// What the operator does, for those who only list operators.
impl fmt::Display for Operator<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self.kind {
            Kind::Conv2d { .. } => "CONV_2D",
            Kind::DepthwiseConv2d { .. } => "DEPTHWISE_CONV_2D",
            Kind::FullyConnected { .. } => "FULLY_CONNECTED",
            Kind::AveragePool2d(_) => "AVERAGE_POOL_2D",
            Kind::MaxPool2d(_) => "MAX_POOL_2D",
            Kind::Add { .. } => "ADD",
            Kind::Reshape => "RESHAPE",
            Kind::Softmax { .. } => "SOFTMAX",
            Kind::Float(ref op) => op.name(),
        })
    }
}

//! Compressed models: a `.tflite` whose weights are in a Huffman code, which the target decodes
//! layer by layer while it runs. `docs/compression.md` describes the format and what it costs.

mod flatbuffer;
mod huffman;
mod tables;

use std::collections::BTreeMap;

use tinybench_interpreter::flatbuffer::{Malformed, Table};
use tinybench_interpreter::schema::{self, builtin, tensor_type};
use tinybench_interpreter::{Model, ModelError};

/// Ending of a compressed model's file name, without the dot.
pub const EXTENSION: &str = "tbz";

/// A model can't be compressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressError {
    /// It can't be run in the first place.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It has been compressed before.
    #[error("the model is compressed already")]
    Already,
    /// There are no weights that get smaller.
    #[error(
        "no layer's weights get smaller: only int8 weights of convolutions and dense layers are \
         coded"
    )]
    Nothing,
}

impl From<Malformed> for CompressError {
    fn from(malformed: Malformed) -> Self {
        Self::Model(malformed.into())
    }
}

/// A compressed model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compressed {
    /// The file.
    pub file: Vec<u8>,
    /// What became of the weights of each layer that was coded.
    pub layers: Vec<Layer>,
}

/// A layer whose weights were coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Index of the operator.
    pub operator: u32,
    /// Weights, each one byte.
    pub weights: usize,
    /// Share of them that is 0.
    pub zeros: f64,
    /// Bytes they take up coded, code lengths included.
    pub coded: usize,
}

impl Eq for Layer {}

/// A buffer's coded content.
struct CodedBuffer {
    data: Vec<u8>,
    decoded_bytes: u32,
}

/// Codes the weights of all convolutions and dense layers that get smaller by it.
///
/// # Errors
/// [`CompressError`] for a model that can't be run, is compressed, or has nothing to gain.
pub fn compress(model: &[u8]) -> Result<Compressed, CompressError> {
    Model::parse(model)?;
    if model.get(4..8) != Some(schema::IDENTIFIER) {
        return Err(CompressError::Already);
    }
    let root = Table::root(model)?;
    let mut coded = BTreeMap::new();
    let mut layers = Vec::new();
    for Weights {
        operator,
        buffer,
        content: weights,
    } in weights(&root)?
    {
        if coded.contains_key(&buffer) {
            continue;
        }
        let data = huffman::encode(weights);
        if data.len() >= weights.len() {
            continue;
        }
        let zeros = weights.iter().filter(|&&weight| weight == 0).count();
        layers.push(Layer {
            operator,
            weights: weights.len(),
            zeros: zeros as f64 / weights.len() as f64,
            coded: data.len(),
        });
        let decoded_bytes = weights.len() as u32;
        coded.insert(
            buffer,
            CodedBuffer {
                data,
                decoded_bytes,
            },
        );
    }
    if coded.is_empty() {
        return Err(CompressError::Nothing);
    }
    let file = tables::rebuild(&root, schema::COMPRESSED_IDENTIFIER, &coded)?;
    // A buffer may be shared with a tensor whose content must not be coded.
    Model::parse(&file)?;
    Ok(Compressed { file, layers })
}

/// The int8 weights of an operator.
struct Weights<'m> {
    operator: u32,
    buffer: u32,
    content: &'m [u8],
}

/// The weights of all operators that have some.
fn weights<'m>(root: &Table<'m>) -> Result<Vec<Weights<'m>>, Malformed> {
    let mut found = Vec::new();
    let Some(subgraph) = root.tables(schema::model::SUBGRAPHS)?.get(0)? else {
        return Ok(found);
    };
    let codes = root.tables(schema::model::OPERATOR_CODES)?;
    let buffers = root.tables(schema::model::BUFFERS)?;
    let tensors = subgraph.tables(schema::subgraph::TENSORS)?;
    let operators = subgraph.tables(schema::subgraph::OPERATORS)?;
    for index in 0..operators.len() {
        let Some(operator) = operators.get(index)? else {
            break;
        };
        use schema::operator_code::{BUILTIN_CODE, DEPRECATED_BUILTIN_CODE};
        let code = operator.scalar(schema::operator::OPCODE_INDEX, 0_u32)?;
        let Some(code) = codes.get(code as usize)? else {
            continue;
        };
        let code = code
            .scalar(BUILTIN_CODE, 0_i32)?
            .max(code.scalar(DEPRECATED_BUILTIN_CODE, 0_i8)?.into());
        if ![
            builtin::CONV_2D,
            builtin::DEPTHWISE_CONV_2D,
            builtin::FULLY_CONNECTED,
        ]
        .contains(&code)
        {
            continue;
        }
        let inputs = operator.vector::<i32>(schema::operator::INPUTS)?;
        let Some(tensor) = inputs.get(1).and_then(|it| usize::try_from(it).ok()) else {
            continue;
        };
        let Some(tensor) = tensors.get(tensor)? else {
            continue;
        };
        let buffer = tensor.scalar(schema::tensor::BUFFER, 0_u32)?;
        if tensor.scalar(schema::tensor::TYPE, 0_u8)? == tensor_type::INT8
            && let Some(content) = buffers.get(buffer as usize)?
        {
            let content = content.vector::<u8>(schema::buffer::DATA)?.raw();
            found.push(Weights {
                operator: index as u32,
                buffer,
                content,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;

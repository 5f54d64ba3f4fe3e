//! Writes a model anew with some of its buffers coded. What no runtime reads on a device - metadata,
//! signatures, descriptions - is left out.

use std::collections::BTreeMap;

use tinybench_interpreter::flatbuffer::{self, Malformed};
use tinybench_interpreter::huffman::crc32;
use tinybench_interpreter::schema;

use super::CodedBuffer;
use super::flatbuffer::{Table, Value, Vector, write};

/// A field that is copied.
struct Field(usize, Kind);

/// What kind of field it is.
enum Kind {
    /// A number of 8 bits.
    Byte,
    /// A number of 32 bits.
    Word,
    /// A vector of numbers of 32 bits.
    Words,
    /// A vector of numbers of 64 bits.
    DoubleWords,
    /// Text.
    Text,
    /// A table with these fields.
    Table(&'static [Field]),
    /// A vector of tables with these fields.
    Tables(&'static [Field]),
    /// The options of an operator, whose kind the field before says.
    Options,
}

use Kind::{Byte, DoubleWords, Options, Tables, Text, Word, Words};

const OPERATOR_CODE: &[Field] = &[
    Field(schema::operator_code::DEPRECATED_BUILTIN_CODE, Byte),
    Field(schema::operator_code::VERSION, Word),
    Field(schema::operator_code::BUILTIN_CODE, Word),
];
const QUANTISATION: &[Field] = &[
    Field(schema::quantization::SCALE, Words),
    Field(schema::quantization::ZERO_POINT, DoubleWords),
    Field(schema::quantization::QUANTIZED_DIMENSION, Word),
];
const TENSOR: &[Field] = &[
    Field(schema::tensor::SHAPE, Words),
    Field(schema::tensor::TYPE, Byte),
    Field(schema::tensor::BUFFER, Word),
    Field(schema::tensor::NAME, Text),
    Field(schema::tensor::QUANTIZATION, Kind::Table(QUANTISATION)),
];
const OPERATOR: &[Field] = &[
    Field(schema::operator::OPCODE_INDEX, Word),
    Field(schema::operator::INPUTS, Words),
    Field(schema::operator::OUTPUTS, Words),
    Field(schema::operator::OPTIONS_TYPE, Byte),
    Field(schema::operator::OPTIONS, Options),
];
const SUBGRAPH: &[Field] = &[
    Field(schema::subgraph::TENSORS, Tables(TENSOR)),
    Field(schema::subgraph::INPUTS, Words),
    Field(schema::subgraph::OUTPUTS, Words),
    Field(schema::subgraph::OPERATORS, Tables(OPERATOR)),
];
const MODEL: &[Field] = &[
    Field(schema::model::VERSION, Word),
    Field(schema::model::OPERATOR_CODES, Tables(OPERATOR_CODE)),
    Field(schema::model::SUBGRAPHS, Tables(SUBGRAPH)),
];
const CONV_2D: &[Field] = &[
    Field(schema::conv_2d::PADDING, Byte),
    Field(schema::conv_2d::STRIDE_W, Word),
    Field(schema::conv_2d::STRIDE_H, Word),
    Field(schema::conv_2d::ACTIVATION, Byte),
    Field(schema::conv_2d::DILATION_W, Word),
    Field(schema::conv_2d::DILATION_H, Word),
];
const DEPTHWISE_CONV_2D: &[Field] = &[
    Field(schema::depthwise_conv_2d::PADDING, Byte),
    Field(schema::depthwise_conv_2d::STRIDE_W, Word),
    Field(schema::depthwise_conv_2d::STRIDE_H, Word),
    Field(schema::depthwise_conv_2d::DEPTH_MULTIPLIER, Word),
    Field(schema::depthwise_conv_2d::ACTIVATION, Byte),
    Field(schema::depthwise_conv_2d::DILATION_W, Word),
    Field(schema::depthwise_conv_2d::DILATION_H, Word),
];
const POOL_2D: &[Field] = &[
    Field(schema::pool_2d::PADDING, Byte),
    Field(schema::pool_2d::STRIDE_W, Word),
    Field(schema::pool_2d::STRIDE_H, Word),
    Field(schema::pool_2d::FILTER_WIDTH, Word),
    Field(schema::pool_2d::FILTER_HEIGHT, Word),
    Field(schema::pool_2d::ACTIVATION, Byte),
];
const FULLY_CONNECTED: &[Field] = &[
    Field(schema::fully_connected::ACTIVATION, Byte),
    Field(schema::fully_connected::WEIGHTS_FORMAT, Byte),
];
const SOFTMAX: &[Field] = &[Field(schema::softmax::BETA, Word)];
const ADD: &[Field] = &[Field(schema::add::ACTIVATION, Byte)];

/// The fields of an operator's options. The shape of a RESHAPE is that of its output.
fn options(kind: u8) -> &'static [Field] {
    match kind {
        schema::conv_2d::OPTIONS_TYPE => CONV_2D,
        schema::depthwise_conv_2d::OPTIONS_TYPE => DEPTHWISE_CONV_2D,
        schema::pool_2d::OPTIONS_TYPE => POOL_2D,
        schema::fully_connected::OPTIONS_TYPE => FULLY_CONNECTED,
        schema::softmax::OPTIONS_TYPE => SOFTMAX,
        schema::add::OPTIONS_TYPE => ADD,
        _ => &[],
    }
}

/// The file of the model with the table `root`, with these buffers coded.
pub fn rebuild(
    root: &flatbuffer::Table,
    identifier: &[u8; 4],
    coded: &BTreeMap<u32, CodedBuffer>,
) -> Result<Vec<u8>, Malformed> {
    let mut model = copy(root, MODEL)?;
    let buffers = root.tables(schema::model::BUFFERS)?;
    let mut copies = Vec::new();
    for index in 0..buffers.len() {
        let Some(buffer) = buffers.get(index)? else {
            break;
        };
        let mut copy = Table::default();
        if let Some(coded) = coded.get(&(index as u32)) {
            use schema::buffer::{CODING, CRC32, DATA, DECODED_BYTES, HUFFMAN};
            copy.set(DATA, content(&coded.data));
            copy.set(CODING, Value::Byte(HUFFMAN));
            copy.set(DECODED_BYTES, word(coded.decoded_bytes));
            copy.set(CRC32, word(crc32(&coded.data)));
        } else if buffer.has(schema::buffer::DATA) {
            let data = buffer.vector::<u8>(schema::buffer::DATA)?.raw();
            copy.set(schema::buffer::DATA, content(data));
        }
        copies.push(copy);
    }
    model.set(schema::model::BUFFERS, Value::Tables(copies));
    Ok(write(&model, identifier))
}

fn word(value: u32) -> Value {
    Value::Word(value.to_le_bytes())
}

/// A buffer's content, aligned as the schema asks for.
fn content(data: &[u8]) -> Value {
    Value::Vector(Vector {
        raw: data.to_vec(),
        size: 1,
        alignment: 16,
        terminated: false,
    })
}

fn numbers(raw: &[u8], size: usize) -> Value {
    Value::Vector(Vector {
        raw: raw.to_vec(),
        size,
        alignment: size,
        terminated: false,
    })
}

/// The fields of `table` that are present.
fn copy(table: &flatbuffer::Table, fields: &[Field]) -> Result<Table, Malformed> {
    let mut copied = Table::default();
    for &Field(id, ref kind) in fields.iter().filter(|Field(id, _)| table.has(*id)) {
        let value = match kind {
            Byte => Value::Byte(table.scalar(id, 0)?),
            Word => word(table.scalar(id, 0)?),
            Words => numbers(table.vector::<u32>(id)?.raw(), 4),
            DoubleWords => numbers(table.vector::<i64>(id)?.raw(), 8),
            Text => Value::Vector(Vector {
                raw: table.text(id)?.as_bytes().to_vec(),
                size: 1,
                alignment: 1,
                terminated: true,
            }),
            Kind::Table(fields) => match table.table(id)? {
                Some(inner) => Value::Table(copy(&inner, fields)?),
                None => continue,
            },
            Tables(fields) => {
                let tables = table.tables(id)?;
                let mut copies = Vec::new();
                for index in 0..tables.len() {
                    if let Some(inner) = tables.get(index)? {
                        copies.push(copy(&inner, fields)?);
                    }
                }
                Value::Tables(copies)
            }
            Options => match table.table(id)? {
                Some(inner) => {
                    let fields = options(table.scalar(schema::operator::OPTIONS_TYPE, 0)?);
                    Value::Table(copy(&inner, fields)?)
                }
                None => continue,
            },
        };
        copied.set(id, value);
    }
    Ok(copied)
}

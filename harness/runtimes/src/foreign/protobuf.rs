//! Files in the encoding of Protocol Buffers, which have no signature: told apart by their fields.

use super::{Found, Kind, SAVED_MODEL};

/// Most fields of a message that are looked at.
const MOST_FIELDS: usize = 100_000;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'a> {
    Number(u64),
    /// Text, bytes or a message, as much of it as there is.
    Bytes(&'a [u8]),
    /// Four or eight bytes.
    Fixed,
}

/// The fields of a message, as far as they are sound.
struct Fields<'a> {
    rest: &'a [u8],
    /// Whether something was no field.
    damaged: bool,
}

impl<'a> Fields<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self {
            rest,
            damaged: false,
        }
    }

    /// A number of up to 64 bits, seven bits a byte, the lowest first.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => {
                self.rest = self.rest.get(8..)?;
                Value::Fixed
            }
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.rest.split_at(length.min(self.rest.len()));
                self.rest = rest;
                Value::Bytes(bytes)
            }
            5 => {
                self.rest = self.rest.get(4..)?;
                Value::Fixed
            }
            _ => return None,
        };
        (tag >> 3 > 0).then_some((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.damaged {
            return None;
        }
        let field = self.field();
        self.damaged = field.is_none();
        field
    }
}

/// A file that is one message of a known kind.
pub(super) fn kind(bytes: &[u8]) -> Option<Found> {
    let mut fields = Fields::of(bytes);
    let all: Vec<_> = fields.by_ref().take(MOST_FIELDS).collect();
    if fields.damaged {
        return None;
    }
    let number = |wanted: u64| {
        all.iter().find_map(|&(id, value)| match value {
            Value::Number(number) if id == wanted => Some(number),
            _ => None,
        })
    };
    let message = |wanted: u64| {
        all.iter().find_map(|&(id, value)| match value {
            Value::Bytes(bytes) if id == wanted => Some(bytes),
            _ => None,
        })
    };
    let first = number(1);
    // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8.
    if first.is_some_and(|version| (1..100).contains(&version)) && message(7).is_some() {
        let producer = message(2).and_then(word);
        let by = producer.map_or(String::new(), |name| format!(", written by {name}"));
        let advice = "convert it: `onnx2tf -i FILE -oiqt` writes an int8 .tflite (docs/inspect.md)";
        return Some((Kind::Onnx, format!("an ONNX model{by}"), advice));
    }
    // Model: specificationVersion 1, description 2, the network in a field from 200 on.
    if first.is_some() && all.iter().any(|&(id, _)| (200..3_000).contains(&id)) {
        let advice = "convert the network that it was made from (docs/inspect.md has the lines)";
        return Some((Kind::CoreMl, "a Core ML model".to_owned(), advice));
    }
    // SavedModel: saved_model_schema_version 1, meta_graphs 2.
    if first == Some(1) && message(2).is_some_and(|graph| graph.starts_with(&[0x0a])) {
        let what = "the saved_model.pb of a TensorFlow SavedModel";
        return Some((Kind::SavedModel, what.to_owned(), SAVED_MODEL));
    }
    // GraphDef: node 1 (name 1, op 2), library 2, version 3, versions 4.
    let nodes = all.iter().filter(|(id, _)| *id == 1).count();
    let known = all.iter().all(|&(id, _)| id <= 5);
    if known && message(1).is_some_and(is_node) {
        let advice = "convert it: tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(FILE, inputs, \
                      outputs), with a representative_dataset for int8 (docs/inspect.md has the lines)";
        let what = format!("a TensorFlow graph (.pb) of {nodes} nodes");
        return Some((Kind::FrozenGraph, what, advice));
    }
    None
}

/// Whether bytes are a node of a graph: a name and an operation, both words.
fn is_node(bytes: &[u8]) -> bool {
    let mut fields = Fields::of(bytes);
    let mut named = |wanted: u64| match fields.next() {
        Some((id, Value::Bytes(bytes))) => id == wanted && word(bytes).is_some(),
        _ => false,
    };
    named(1) && named(2)
}

/// A short text without anything but visible characters of ASCII.
fn word(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && text.len() <= 200).then_some(text)
}

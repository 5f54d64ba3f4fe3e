//! The file format: FlatBuffers, the schema, and FlexBuffers, which options of custom operators are.

pub(crate) mod count;
pub mod flatbuffer;
pub mod flexbuffer;
pub mod schema;

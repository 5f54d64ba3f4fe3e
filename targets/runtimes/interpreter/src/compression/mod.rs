//! Weights in a Huffman code.

pub(crate) mod coded;
#[cfg(feature = "huffman")]
pub mod huffman;

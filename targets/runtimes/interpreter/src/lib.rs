//! The tinybench runtime `interpreter`: runs TensorFlow Lite models in place.
//!
//! - [`Model`] reads a `.tflite` file where it lies, checks all of it once, and describes it.
//! - [`operators`] are registrations, of which an image links those that its model needs.
//! - [`Interpreter`] plans the model's tensors in one arena, provided by the caller, and runs it.
//! - [`arena_needed`] says on any machine how large that arena has to be.
//! - [`kernels`] are the operators' arithmetic, exchangeable: equal bit for bit to TensorFlow
//!   Lite Micro's reference kernels.
//!
//! With the feature `huffman` it runs compressed models too, whose weights it decodes layer by
//! layer; without, there is no code for them. With the feature `checks` errors say which part of an
//! operator they mean, and registrations have names; an image has no use for either.
//!
//! Nothing is allocated, and nothing a model file contains makes the crate panic.

#![no_std]

#[cfg(test)]
extern crate std;

mod compression;
#[cfg(feature = "checks")]
pub mod description;
mod error;
mod file;
mod interpreter;
mod model;
pub mod operators;
mod registration;
mod run;
pub mod runtime;

#[cfg(feature = "huffman")]
pub use compression::huffman;
pub use error::{Damage, Fault, InvokeError, ModelError, Name, PrepareError};
pub use file::{flatbuffer, flexbuffer, schema};
pub use interpreter::{Interpreter, arena_needed, arena_needed_with, planning_words, room_needed};
pub use model::graph::{Code, Graph};
pub use model::operator::Operator;
pub use model::shape::{self, Shape};
pub use model::tensor::{ElementType, Quantisation, RawTensor};
pub use model::{MAX_OPERATORS, Model, Tensor};
pub use run::{DIGEST_WORDS, Digest, Inputs, Memory, Place, Run};
pub use tinybench_kernels as kernels;
pub use tinybench_kernels::{Multiplier, SoftmaxScale};

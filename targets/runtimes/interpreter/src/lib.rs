//! The tinybench runtime `interpreter`: runs int8 TensorFlow Lite models in place.
//!
//! - [`Model`] reads a `.tflite` file where it lies, checks all of it once, and describes it.
//! - [`Interpreter`] plans the model's tensors in one arena, provided by the caller, and runs it.
//! - [`arena_needed`] says on any machine how large that arena has to be.
//! - [`kernels`] are the operators' arithmetic, exchangeable: equal bit for bit to TensorFlow
//!   Lite Micro's reference kernels.
//!
//! With the feature `float` it runs float32 models too, and with `huffman` compressed ones, whose
//! weights it decodes layer by layer. Without them there is no code for either.
//!
//! Nothing is allocated, and nothing a model file contains makes the crate panic.

#![no_std]

#[cfg(test)]
extern crate std;

mod coded;
mod error;
pub mod flatbuffer;
mod float;
#[cfg(feature = "huffman")]
pub mod huffman;
mod interpreter;
pub mod kernels;
mod model;
mod operator;
mod plan;
mod quantisation;
pub mod runtime;
pub mod schema;

pub use error::{Damage, InvokeError, ModelError, PrepareError};
pub use interpreter::{Interpreter, arena_needed};
pub use model::{ElementType, MAX_OPERATORS, Model, Shape, Tensor};
pub use operator::{Kind, Operator, Scales};
pub use quantisation::{Multiplier, SoftmaxScale};

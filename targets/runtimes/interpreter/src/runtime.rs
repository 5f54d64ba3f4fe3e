//! The interpreter behind tinybench's on-target interface.

use core::marker::PhantomData;

use tinybench_interface::{PrepareError, Runtime};

use crate::error::{self, Fault};
use crate::model::Model;
use crate::operators::Resolver;

/// The registrations that an image links.
pub trait Operators {
    /// A slice of them.
    fn list() -> Resolver;
    /// Memory beside the arena, of [`room_needed`](crate::room_needed) words; less of it makes
    /// inferences slower. It is asked for when a model is prepared, and given back before it is again.
    fn room() -> &'static mut [u32] {
        &mut []
    }
}

/// All registrations.
#[derive(Clone, Copy, Debug)]
pub struct All;

impl Operators for All {
    fn list() -> Resolver {
        crate::operators::ALL
    }
}

/// The interpreter with the operators `O` and the fastest kernels for the target.
pub struct Interpreter<O>(crate::Interpreter<'static, 'static>, PhantomData<O>);

fn prepare(
    model: &'static [u8],
    operators: Resolver,
    arena: &'static mut [u8],
    room: &'static mut [u32],
) -> Result<crate::Interpreter<'static, 'static>, PrepareError> {
    let model = Model::with(model, operators).map_err(refused)?;
    crate::Interpreter::with_room(&model, arena, room).map_err(|error| match error {
        error::PrepareError::ArenaTooSmall { needed, .. } => PrepareError::ArenaTooSmall { needed },
        error::PrepareError::Model(error) => refused(error),
    })
}

fn refused(error: Fault) -> PrepareError {
    PrepareError::Model {
        code: error.code(),
        operator: error.operator().unwrap_or(u32::MAX),
    }
}

impl<O: Operators> Runtime for Interpreter<O> {
    const NAME: &'static str = "interpreter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let interpreter = prepare(model, O::list(), arena, O::room())?;
        Ok(Self(interpreter, PhantomData))
    }

    fn input(&mut self) -> &mut [u8] {
        self.0.input_bytes_mut()
    }

    fn output(&self) -> &[u8] {
        self.0.output_bytes()
    }

    fn input_at(&mut self, position: usize) -> &mut [u8] {
        self.0.input_at_mut(position)
    }

    fn output_at(&self, position: usize) -> &[u8] {
        self.0.output_at(position)
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn invoke(&mut self) -> Result<(), u32> {
        self.0.invoke().map_err(|error| error.operator)
    }

    fn arena_used(&self) -> usize {
        self.0.arena_used()
    }

    fn arena_tensors(&self) -> usize {
        self.0.tensor_bytes()
    }

    fn arena_decoding(&self) -> usize {
        self.0.decoding_bytes()
    }

    fn decode(&mut self) -> Result<(), u32> {
        self.0.decode().map_err(|error| error.operator)
    }
}

//! The interpreter behind tinybench's on-target interface.

use tinybench_interface::{PrepareError, Runtime};

use crate::error::{self, ModelError};
use crate::model::Model;

#[cfg(armv7e_m)]
use crate::kernels::Dsp as Best;
#[cfg(not(armv7e_m))]
use crate::kernels::Portable as Best;

/// The interpreter with the fastest kernels for the target.
pub struct Interpreter(crate::Interpreter<'static, 'static, Best>);

fn refused(error: ModelError) -> PrepareError {
    PrepareError::Model {
        code: error.code(),
        operator: error.operator().unwrap_or(u32::MAX),
    }
}

impl Runtime for Interpreter {
    const NAME: &'static str = "interpreter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let model = Model::parse(model).map_err(refused)?;
        match crate::Interpreter::new(&model, arena) {
            Ok(interpreter) => Ok(Self(interpreter)),
            Err(error::PrepareError::ArenaTooSmall { needed, .. }) => {
                Err(PrepareError::ArenaTooSmall { needed })
            }
            Err(error::PrepareError::Model(error)) => Err(refused(error)),
        }
    }

    fn input(&mut self) -> &mut [u8] {
        self.0.input_bytes_mut()
    }

    fn output(&self) -> &[u8] {
        self.0.output_bytes()
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

//! The engine behind tinybench's on-target interface.

use tinybench_interface::{PrepareError, Runtime};

use crate::engine::Engine;
use crate::error::ArenaTooSmall;
use crate::model::Model;

/// Forests and centroids.
pub struct Classical(Engine<'static, 'static>);

impl Runtime for Classical {
    const NAME: &'static str = "classical";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let model = Model::parse(model).map_err(|error| PrepareError::Model {
            code: error.code(),
            operator: u32::MAX,
        })?;
        match Engine::new(&model, arena) {
            Ok(engine) => Ok(Self(engine)),
            Err(ArenaTooSmall { needed, .. }) => Err(PrepareError::ArenaTooSmall { needed }),
        }
    }

    fn input(&mut self) -> &mut [u8] {
        self.0.input_mut()
    }

    fn output(&self) -> &[u8] {
        self.0.output()
    }

    fn invoke(&mut self) -> Result<(), u32> {
        self.0.invoke();
        Ok(())
    }

    fn arena_used(&self) -> usize {
        self.0.arena_used()
    }
}

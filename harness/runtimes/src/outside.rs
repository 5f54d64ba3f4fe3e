//! An engine that only its `runtime.toml` describes, as the host knows it: which models it reads. What is
//! in them, and the reference for its outputs, the project's own engines tell.

use crate::description::Description;
use crate::manifest::{Manifest, ModelPlace};
use crate::{HostRuntime, ModelFacts, RuntimeError, engine_for};

/// What is said of a version that a command tells, as long as that hasn't run.
const BY_COMMAND: &str = "as its command tells";

/// An engine that isn't the project's own.
#[derive(Clone, Debug)]
pub struct Outside(pub(crate) Manifest);

impl Outside {
    fn check(&self, model: &[u8]) -> Result<(), RuntimeError> {
        match self.0.reads(model) {
            true => Ok(()),
            false => Err(RuntimeError::Other(format!(
                "{} doesn't read such files: its runtime.toml says reads = {:?}",
                self.0.name, self.0.reads
            ))),
        }
    }
}

impl HostRuntime for Outside {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn version(&self) -> &str {
        self.0.version.as_deref().unwrap_or(BY_COMMAND)
    }

    fn summary(&self) -> &str {
        &self.0.summary
    }

    fn reads(&self, model: &[u8]) -> bool {
        self.0.reads(model)
    }

    fn has_planner(&self) -> bool {
        false
    }

    fn has_model_in_flash(&self) -> bool {
        self.0.model == ModelPlace::File
    }

    fn describe(&self, model: &[u8]) -> Result<Description, RuntimeError> {
        self.check(model)?;
        engine_for(model).describe(model)
    }

    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        self.check(model)?;
        let facts = engine_for(model).tensors(model)?;
        Ok(ModelFacts {
            arena_bytes: 0,
            // Features of the firmware for the project's own engines.
            compressed: false,
            stateful: false,
            ..facts
        })
    }

    fn plans_in(&self, _: &[u8], _: &mut [u8]) -> Result<bool, RuntimeError> {
        Err(RuntimeError::Other(format!(
            "the host can't plan for {}",
            self.0.name
        )))
    }

    fn reference(&self, model: &[u8]) -> String {
        engine_for(model).reference(model)
    }

    fn infer_sequences(
        &self,
        model: &[u8],
        inputs: &[u8],
        steps: usize,
    ) -> Result<Vec<u8>, RuntimeError> {
        let engine = engine_for(model);
        let outputs = engine
            .inspect(model)
            .and_then(|_| engine.infer_sequences(model, inputs, steps));
        outputs.map_err(|error| {
            RuntimeError::Other(format!(
                "{error}\n  help: {} may run it, but its outputs have to be compared with some: give \
                 them with --reference",
                self.0.name
            ))
        })
    }
}

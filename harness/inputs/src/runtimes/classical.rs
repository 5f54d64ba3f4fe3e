//! Decision forests and nearest centroids on motion features.

use tinybench_classical::runtime::Classical as ClassicalOnTarget;
use tinybench_classical::{Engine, MAGIC, Model, ModelError, arena_needed};
use tinybench_interface::Runtime as _;
use tinybench_interpreter::ElementType;
use tinybench_pipeline::Quantisation;

use super::{HostRuntime, ModelFacts, RuntimeError};

/// What inputs and outputs stand for: themselves.
const WHOLE_NUMBERS: Quantisation = Quantisation {
    scale: 1.0,
    zero_point: 0,
};

/// The project's own runtime of models that aren't networks.
#[derive(Clone, Copy, Debug)]
pub struct Classical;

impl From<ModelError> for RuntimeError {
    fn from(error: ModelError) -> Self {
        Self(error.to_string())
    }
}

impl HostRuntime for Classical {
    fn name(&self) -> &'static str {
        ClassicalOnTarget::NAME
    }

    fn version(&self) -> &'static str {
        ClassicalOnTarget::VERSION
    }

    fn summary(&self) -> &'static str {
        "decision forests and nearest centroids on windows of an accelerometer, integers only"
    }

    fn reads(&self, model: &[u8]) -> bool {
        model.starts_with(&MAGIC)
    }

    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        let model = Model::parse(model)?;
        Ok(ModelFacts {
            input_bytes: model.input_bytes(),
            output_bytes: model.output_bytes(),
            macs: model.macs(),
            parameters: model.parameters(),
            arena_bytes: arena_needed(&model),
            input: WHOLE_NUMBERS,
            output: WHOLE_NUMBERS,
            input_type: ElementType::Int8,
            output_type: ElementType::Int8,
            compressed: false,
            stateful: false,
        })
    }

    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
        Ok(Engine::new(&Model::parse(model)?, arena).is_ok())
    }

    fn infer(&self, model: &[u8], inputs: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let model = Model::parse(model)?;
        // One byte more, for an arena that begins at an odd address.
        let mut arena = vec![0; arena_needed(&model) + 1];
        let mut engine =
            Engine::new(&model, &mut arena).map_err(|error| RuntimeError(error.to_string()))?;
        let mut outputs = Vec::new();
        for window in inputs.chunks_exact(model.input_bytes()) {
            engine.input_mut().copy_from_slice(window);
            engine.invoke();
            outputs.extend_from_slice(engine.output());
        }
        Ok(outputs)
    }
}

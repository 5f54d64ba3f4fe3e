//! Decision forests and nearest centroids on motion features.

use tinybench_classical::runtime::Classical as ClassicalOnTarget;
use tinybench_classical::{Classifier, Engine, MAGIC, Model, ModelError, arena_needed};
use tinybench_interface::Runtime as _;
use tinybench_interpreter::ElementType;
use tinybench_pipeline::Quantisation;

use super::description::{Arena, Description, Tensor};
use super::{HostRuntime, ModelFacts, RuntimeError, TensorFacts, check_kind};

/// What inputs and outputs stand for: themselves.
const WHOLE_NUMBERS: Quantisation = Quantisation {
    scale: 1.0,
    zero_point: 0,
};

/// Axes of the accelerometer whose samples a window holds.
const AXES: u64 = 3;

/// The project's own runtime of models that aren't networks.
#[derive(Clone, Copy, Debug)]
pub struct Classical;

impl From<ModelError> for RuntimeError {
    fn from(error: ModelError) -> Self {
        Self::Other(error.to_string())
    }
}

impl HostRuntime for Classical {
    fn name(&self) -> &str {
        ClassicalOnTarget::NAME
    }

    fn version(&self) -> &str {
        ClassicalOnTarget::VERSION
    }

    fn summary(&self) -> &str {
        "decision forests and nearest centroids on windows of an accelerometer, integers only"
    }

    fn reads(&self, model: &[u8]) -> bool {
        model.starts_with(&MAGIC)
    }

    fn describe(&self, model: &[u8]) -> Result<Description, RuntimeError> {
        check_kind(self, model)?;
        let parsed = Model::parse(model)?;
        let tensor = |name: &str, element_type: ElementType, shape: Vec<u64>| Tensor {
            index: 0,
            name: name.to_owned(),
            element_type: element_type.to_string(),
            bytes: shape.iter().product::<u64>() * element_type.bytes() as u64,
            shape,
            scale: None,
            zero_point: None,
        };
        let window = vec![parsed.samples() as u64, AXES];
        let answer = match parsed.classifier() {
            Classifier::Forest(_) => (ElementType::Int8, parsed.output_bytes() as u64),
            Classifier::Centroids(_) => (ElementType::UInt32, 1),
        };
        Ok(Description {
            format: self.name().to_owned(),
            inputs: vec![tensor("window", ElementType::Int16, window)],
            outputs: vec![tensor("answer", answer.0, vec![answer.1])],
            state: Vec::new(),
            operators: Vec::new(),
            macs: parsed.macs(),
            parameters: parsed.parameters(),
            weight_bytes: model.len() as u64,
            arena: Some(Arena::of_one_piece(arena_needed(&parsed) as u64)),
        })
    }

    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        check_kind(self, model)?;
        let model = Model::parse(model)?;
        let tensor = |bytes| vec![TensorFacts::flat(bytes, ElementType::Int8, WHOLE_NUMBERS)];
        Ok(ModelFacts {
            macs: model.macs(),
            parameters: model.parameters(),
            arena_bytes: arena_needed(&model),
            ..ModelFacts::of(tensor(model.input_bytes()), tensor(model.output_bytes()))
        })
    }

    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
        Ok(Engine::new(&Model::parse(model)?, arena).is_ok())
    }

    fn infer_sequences(
        &self,
        model: &[u8],
        inputs: &[u8],
        _steps: usize,
    ) -> Result<Vec<u8>, RuntimeError> {
        let model = Model::parse(model)?;
        // One byte more, for an arena that begins at an odd address.
        let mut arena = vec![0; arena_needed(&model) + 1];
        let mut engine = Engine::new(&model, &mut arena)
            .map_err(|error| RuntimeError::Other(error.to_string()))?;
        let mut outputs = Vec::new();
        for window in inputs.chunks_exact(model.input_bytes()) {
            engine.input_mut().copy_from_slice(window);
            engine.invoke();
            outputs.extend_from_slice(engine.output());
        }
        Ok(outputs)
    }
}

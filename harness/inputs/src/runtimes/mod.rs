//! The inference engines under test, as the host knows them: to read models, to plan arenas and
//! to compute reference outputs. The same engine is compiled into the firmware by its name.

mod classical;

use std::collections::BTreeSet;

use tinybench_interface::Runtime as _;
use tinybench_interpreter::kernels::Portable;
use tinybench_interpreter::operators::With;
use tinybench_interpreter::runtime::{All, Interpreter as OnTarget};
use tinybench_interpreter::schema::{COMPRESSED_IDENTIFIER, IDENTIFIER};
use tinybench_interpreter::{
    ElementType, Interpreter as Engine, Model, ModelError, PrepareError, Tensor, arena_needed_with,
    planning_words,
};
use tinybench_pipeline::Quantisation;
use tinybench_support::exits_with;

pub use classical::Classical;

use tinybench_support::suggest;

type InterpreterOnTarget = OnTarget<All>;

/// What the harness must know of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelFacts {
    /// Bytes of one input; of all input tensors, one after the other.
    pub input_bytes: usize,
    /// Bytes of one output; of all output tensors, one after the other.
    pub output_bytes: usize,
    /// Multiply-accumulate operations of one inference.
    pub macs: u64,
    /// Weights and biases.
    pub parameters: u64,
    /// Bytes of arena that are enough.
    pub arena_bytes: usize,
    /// What the input's values stand for.
    pub input: Quantisation,
    /// What the output's values stand for.
    pub output: Quantisation,
    /// Type of the input's elements.
    pub input_type: ElementType,
    /// Type of the output's elements.
    pub output_type: ElementType,
    /// Whether the model's weights lie coded in the file.
    pub compressed: bool,
    /// Whether the model keeps anything from one inference to the next, or has more than one
    /// subgraph.
    pub stateful: bool,
}

impl ModelFacts {
    /// Values of one input.
    pub fn inputs(&self) -> usize {
        self.input_bytes / self.input_type.bytes()
    }

    /// Values of one output.
    pub fn outputs(&self) -> usize {
        self.output_bytes / self.output_type.bytes()
    }

    /// The features of the firmware without which it can't run the model.
    pub fn firmware_features(&self) -> Vec<&'static str> {
        let features = [(self.compressed, "huffman"), (self.stateful, "state")];
        let needed = features.into_iter().filter(|(needed, _)| *needed);
        needed.map(|(_, feature)| feature).collect()
    }
}

/// A runtime refuses a model, or fails on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuntimeError(String);

/// An inference engine on the host.
pub trait HostRuntime: Sync {
    /// Name, as `--runtime` takes it.
    fn name(&self) -> &'static str;
    /// Version of the engine.
    fn version(&self) -> &'static str;
    /// What it is, in a few words.
    fn summary(&self) -> &'static str;
    /// Whether a file is one of this runtime's models, by the identifier it begins with. It may
    /// still be refused.
    fn reads(&self, model: &[u8]) -> bool;
    /// Checks a model and describes it.
    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError>;
    /// Names of the engine's operators that the firmware has to link for a model, sorted; none if
    /// it has to link all there are.
    fn operators(&self, _model: &[u8]) -> Vec<&'static str> {
        Vec::new()
    }
    /// Whether the model can be planned in `arena`.
    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError>;
    /// Outputs for `inputs`, each one vector after the other, by the portable kernels.
    fn infer(&self, model: &[u8], inputs: &[u8]) -> Result<Vec<u8>, RuntimeError>;
}

/// All runtimes there are.
pub const RUNTIMES: [&dyn HostRuntime; 2] = [&Interpreter, &Classical];

/// There is no such runtime.
#[derive(Debug, thiserror::Error)]
#[error("there is no runtime `{name}`; {hint} (`tinybench runtimes` lists them)")]
pub struct UnknownRuntime {
    /// The name that was asked for.
    pub name: String,
    /// The nearest name, or all names.
    pub hint: String,
}

exits_with!(UnknownRuntime => Usage);

/// The runtime called `name`.
pub fn find(name: &str) -> Result<&'static dyn HostRuntime, UnknownRuntime> {
    RUNTIMES
        .into_iter()
        .find(|runtime| runtime.name() == name)
        .ok_or_else(|| {
            let names: Vec<_> = RUNTIMES
                .iter()
                .map(|runtime| runtime.name().to_owned())
                .collect();
            UnknownRuntime {
                name: name.to_owned(),
                hint: suggest::hint(name, &names),
            }
        })
}

/// The runtime for a model that no runtime was named for: the one that reads such files. For a
/// file that none reads it is the first, which then says what is wrong with it.
pub fn for_model(model: &[u8]) -> &'static dyn HostRuntime {
    RUNTIMES
        .into_iter()
        .find(|runtime| runtime.reads(model))
        .unwrap_or(RUNTIMES[0])
}

/// Alignment of the arenas that are tried, as that of the arena in the firmware.
const ARENA_ALIGNMENT: usize = 16;

/// The smallest arena in which `runtime` can plan `model`, by bisection, if `enough` bytes are
/// enough.
pub fn smallest_arena(
    runtime: &dyn HostRuntime,
    model: &[u8],
    enough: usize,
) -> Result<usize, RuntimeError> {
    let mut memory = vec![0; enough + ARENA_ALIGNMENT];
    let skip = memory
        .as_ptr()
        .align_offset(ARENA_ALIGNMENT)
        .min(ARENA_ALIGNMENT);
    let memory = &mut memory[skip..];
    let (mut fails, mut works) = (0, enough);
    while works - fails > 1 {
        let middle = fails + (works - fails) / 2;
        if runtime.plans_in(model, &mut memory[..middle])? {
            works = middle;
        } else {
            fails = middle;
        }
    }
    Ok(works)
}

/// The project's own interpreter of TensorFlow Lite models.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter;

/// Reads a model with all operators there are, and the portable kernels.
fn parse(model: &[u8]) -> Result<Model<'_>, ModelError> {
    Model::with(model, With::<Portable>::ALL)
}

/// Bytes of a model's inputs or outputs together, which have to be of one type.
fn bytes_of_one_type<'m>(
    what: &str,
    tensors: impl Iterator<Item = Tensor<'m>>,
) -> Result<usize, RuntimeError> {
    let mut first = None;
    let mut bytes = 0;
    for tensor in tensors {
        let first = *first.get_or_insert(tensor.element_type);
        if tensor.element_type != first {
            return Err(RuntimeError(format!(
                "the model's {what} are {first} and {}: they have to be of one type",
                tensor.element_type
            )));
        }
        if tensor.bytes == 0 {
            return Err(RuntimeError(format!(
                "one of the model's {what}, `{}`, is empty",
                tensor.name
            )));
        }
        bytes += tensor.bytes;
    }
    if bytes == 0 {
        return Err(RuntimeError(format!("the model has no {what}")));
    }
    Ok(bytes)
}

/// Bytes of arena that a model needs.
fn arena_needed(model: &Model) -> Result<usize, ModelError> {
    arena_needed_with(model, &mut vec![0; planning_words(model)])
}

impl From<ModelError> for RuntimeError {
    fn from(error: ModelError) -> Self {
        Self(error.to_string())
    }
}

impl HostRuntime for Interpreter {
    fn name(&self) -> &'static str {
        InterpreterOnTarget::NAME
    }

    fn version(&self) -> &'static str {
        InterpreterOnTarget::VERSION
    }

    fn summary(&self) -> &'static str {
        "TensorFlow Lite models, read in place; int8 equal bit for bit to TensorFlow Lite Micro"
    }

    fn reads(&self, model: &[u8]) -> bool {
        // Of compressed models any version: the engine says which it knows.
        let [name @ .., _] = COMPRESSED_IDENTIFIER;
        let identifier = model.get(4..8).unwrap_or_default();
        identifier == IDENTIFIER || identifier.starts_with(name)
    }

    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        let model = parse(model)?;
        let (input, output) = (model.input(), model.output());
        let input_bytes = bytes_of_one_type("inputs", model.inputs())?;
        let output_bytes = bytes_of_one_type("outputs", model.outputs())?;
        let quantisation = |tensor: Tensor| Quantisation {
            scale: tensor.scale,
            zero_point: tensor.zero_point,
        };
        Ok(ModelFacts {
            input_bytes,
            output_bytes,
            macs: model.macs(),
            parameters: model.parameters(),
            arena_bytes: arena_needed(&model)?,
            input: quantisation(input),
            output: quantisation(output),
            input_type: input.element_type,
            output_type: output.element_type,
            compressed: model.is_compressed(),
            stateful: model.is_stateful(),
        })
    }

    fn operators(&self, model: &[u8]) -> Vec<&'static str> {
        let Ok(model) = parse(model) else {
            // The build then fails, or the firmware says what is wrong.
            return Vec::new();
        };
        let mut names = BTreeSet::new();
        for graph in model.graphs() {
            for operator in graph.operators() {
                let registration = model.registration(&operator);
                names.extend(registration.map(|(_, registration)| registration.name));
            }
        }
        names.into_iter().collect()
    }

    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
        match Engine::new(&parse(model)?, arena) {
            Ok(_) => Ok(true),
            Err(PrepareError::ArenaTooSmall { .. }) => Ok(false),
            Err(PrepareError::Model(error)) => Err(error.into()),
        }
    }

    fn infer(&self, model: &[u8], inputs: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let model = parse(model)?;
        // The arena may begin at any address, and a few bytes are lost to alignment then.
        let mut arena = vec![0; arena_needed(&model)? + ARENA_ALIGNMENT];
        let mut engine =
            Engine::new(&model, &mut arena).map_err(|error| RuntimeError(error.to_string()))?;
        let mut outputs = Vec::new();
        let each = model.inputs().map(|tensor| tensor.bytes).sum();
        for mut vector in inputs.chunks_exact(each) {
            engine.reset();
            for (position, tensor) in model.inputs().enumerate() {
                let (part, rest) = vector.split_at(tensor.bytes);
                engine.input_at_mut(position).copy_from_slice(part);
                vector = rest;
            }
            engine
                .invoke()
                .map_err(|error| RuntimeError(error.to_string()))?;
            for position in 0..model.outputs().count() {
                outputs.extend(engine.output_at(position));
            }
        }
        Ok(outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plans in `needed` bytes of arena, if that is aligned.
    struct Needs(usize);

    impl HostRuntime for Needs {
        fn name(&self) -> &'static str {
            "needs"
        }
        fn version(&self) -> &'static str {
            "1"
        }
        fn summary(&self) -> &'static str {
            ""
        }
        fn reads(&self, _: &[u8]) -> bool {
            false
        }
        fn inspect(&self, _: &[u8]) -> Result<ModelFacts, RuntimeError> {
            Err(RuntimeError("none".to_owned()))
        }
        fn plans_in(&self, _: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
            assert_eq!(arena.as_ptr().align_offset(ARENA_ALIGNMENT), 0);
            Ok(arena.len() >= self.0)
        }
        fn infer(&self, _: &[u8], _: &[u8]) -> Result<Vec<u8>, RuntimeError> {
            Err(RuntimeError("none".to_owned()))
        }
    }

    #[test]
    fn bisection_finds_the_smallest_arena() {
        for needed in [1, 2, 99, 100, 4095, 4096] {
            assert_eq!(smallest_arena(&Needs(needed), &[], 4096).unwrap(), needed);
        }
    }

    #[test]
    fn a_model_is_for_the_runtime_that_reads_it() {
        assert_eq!(for_model(b"\x1c\0\0\0TFL3").name(), "interpreter");
        assert!(Interpreter.reads(b"\x1c\0\0\0TBZ2"));
        assert_eq!(for_model(b"TBCM").name(), "classical");
        assert_eq!(for_model(b"").name(), "interpreter");
    }

    #[test]
    fn an_unknown_runtime_gets_the_nearest_name() {
        let error = find("interpeter").err().unwrap();
        assert_eq!(
            error.to_string(),
            "there is no runtime `interpeter`; did you mean `interpreter`? (`tinybench runtimes` \
             lists them)"
        );
    }
}

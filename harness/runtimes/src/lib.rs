//! The inference engines under test. A runtime is a folder with a `runtime.toml` ([`manifest`]), found
//! by name or path ([`Runtimes`]). The project's own engines are on the host as well ([`ENGINES`]): to
//! read models, to plan arenas and to compute reference outputs. Of all others the host knows which
//! models they read.

mod catalogue;
mod classical;
pub mod description;
pub mod foreign;
pub mod manifest;
pub mod obstacles;
mod outside;

use std::collections::BTreeSet;
use std::fmt;

use tinybench_interface::Runtime as _;
use tinybench_interpreter::kernels::Portable;
use tinybench_interpreter::operators::With;
use tinybench_interpreter::runtime::{All, Interpreter as OnTarget};
use tinybench_interpreter::schema::{COMPRESSED_IDENTIFIER, IDENTIFIER};
use tinybench_interpreter::{
    DIGEST_WORDS, ElementType, Interpreter as Engine, Model, ModelError, PrepareError, Tensor,
    arena_needed_with, planning_words, room_needed,
};
use tinybench_pipeline::Quantisation;
use tinybench_support::OWN_REFERENCE;

pub use catalogue::{Runtime, Runtimes, UnknownRuntime};
pub use classical::Classical;
pub use outside::Outside;

use description::Description;
use foreign::Foreign;
use obstacles::Obstacles;

type InterpreterOnTarget = OnTarget<All>;

/// What the harness must know of one of a model's inputs or outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorFacts {
    /// Its name in the model, may be empty.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Type of its elements.
    pub element_type: ElementType,
    /// What its elements stand for.
    pub quantisation: Quantisation,
    /// Its size.
    pub bytes: usize,
}

impl TensorFacts {
    /// A tensor of so many bytes without a name.
    pub fn flat(bytes: usize, element_type: ElementType, quantisation: Quantisation) -> Self {
        Self {
            name: String::new(),
            shape: vec![bytes / element_type.bytes().max(1)],
            element_type,
            quantisation,
            bytes,
        }
    }
}

/// What the harness must know of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFacts {
    /// Its inputs, in the model's order.
    pub input_tensors: Vec<TensorFacts>,
    /// Its outputs.
    pub output_tensors: Vec<TensorFacts>,
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
    /// What the first input's values stand for.
    pub input: Quantisation,
    /// What the first output's values stand for.
    pub output: Quantisation,
    /// Type of the first input's elements.
    pub input_type: ElementType,
    /// Type of the first output's elements.
    pub output_type: ElementType,
    /// Whether the model's weights lie coded in the file.
    pub compressed: bool,
    /// Whether the model keeps anything from one inference to the next, or has more than one
    /// subgraph.
    pub stateful: bool,
}

impl ModelFacts {
    /// Of a model of which nothing but its inputs and outputs is known.
    pub fn of(input_tensors: Vec<TensorFacts>, output_tensors: Vec<TensorFacts>) -> Self {
        let bytes = |tensors: &[TensorFacts]| tensors.iter().map(|it| it.bytes).sum();
        let quantisation = |tensors: &[TensorFacts]| {
            let one = Quantisation {
                scale: 1.0,
                zero_point: 0,
            };
            tensors.first().map_or(one, |it| it.quantisation)
        };
        let element_type = |tensors: &[TensorFacts]| {
            let first = tensors.first();
            first.map_or(ElementType::Int8, |it| it.element_type)
        };
        Self {
            input_bytes: bytes(&input_tensors),
            output_bytes: bytes(&output_tensors),
            macs: 0,
            parameters: 0,
            arena_bytes: 0,
            input: quantisation(&input_tensors),
            output: quantisation(&output_tensors),
            input_type: element_type(&input_tensors),
            output_type: element_type(&output_tensors),
            compressed: false,
            stateful: false,
            input_tensors,
            output_tensors,
        }
    }

    /// Values of the first output.
    pub fn output_elements(&self) -> usize {
        elements(self.output_tensors.get(..1).unwrap_or_default())
    }

    /// Values of one input.
    pub fn inputs(&self) -> usize {
        elements(&self.input_tensors)
    }

    /// Values of one output.
    pub fn outputs(&self) -> usize {
        elements(&self.output_tensors)
    }

    /// The features of the firmware without which it can't run the model.
    pub fn firmware_features(&self) -> Vec<&'static str> {
        let features = [(self.compressed, "huffman"), (self.stateful, "state")];
        let needed = features.into_iter().filter(|(needed, _)| *needed);
        needed.map(|(_, feature)| feature).collect()
    }
}

/// Values of all these tensors.
fn elements(tensors: &[TensorFacts]) -> usize {
    let each = tensors.iter();
    each.map(|it| it.bytes / it.element_type.bytes().max(1))
        .sum()
}

/// A runtime refuses a model, or fails on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The file is no model of any runtime.
    #[error("{0}")]
    Foreign(Foreign),
    /// The file is a model of another runtime.
    #[error(
        "{asked} doesn't read such models\n  help: {reads} does: take --runtime {reads}, or none"
    )]
    OtherRuntime {
        /// The runtime that was asked for.
        asked: String,
        /// The one that reads it.
        reads: String,
    },
    /// The model needs what the runtime hasn't got.
    #[error("{0}")]
    Obstacles(Box<Obstacles>),
    /// The model can be run, and not with these inputs.
    #[error(
        "operator {operator} can't run with vector {vector}: a position or size in its inputs is out of range, \
         or its loop has no end in sight\n  help: give inputs that the model is made for, with --inputs or --reference"
    )]
    Inputs {
        /// Operator index.
        operator: u32,
        /// The vector, from 0.
        vector: usize,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// An inference engine on the host.
pub trait HostRuntime: Sync + fmt::Debug {
    /// Name, as `--runtime` takes it.
    fn name(&self) -> &str;
    /// Version of the engine.
    fn version(&self) -> &str;
    /// What it is, in a few words.
    fn summary(&self) -> &str;
    /// Whether a file is one of this runtime's models, by the identifier it begins with. It may
    /// still be refused.
    fn reads(&self, model: &[u8]) -> bool;
    /// Describes a model, whether it can run or not.
    ///
    /// # Errors
    /// The file is none of this runtime's models, or so damaged that nothing can be told of it.
    fn describe(&self, model: &[u8]) -> Result<Description, RuntimeError>;
    /// Checks a model and says what the harness must know of it.
    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError>;
    /// The model's inputs and outputs, its operations and parameters, whether the engine has all of its
    /// operators or not.
    ///
    /// # Errors
    /// The file is none of this runtime's models, or so damaged that it has none of these.
    fn tensors(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        self.inspect(model)
    }
    /// Whether the host can plan an arena for it. Where it can't, the target tells how large one must
    /// be.
    fn has_planner(&self) -> bool {
        true
    }
    /// Whether the model file lies in the target's flash, and not in the engine's own code.
    fn has_model_in_flash(&self) -> bool {
        true
    }
    /// What computes the outputs of [`Self::infer`].
    fn reference(&self, _model: &[u8]) -> String {
        format!(
            "{OWN_REFERENCE}{} {} on the host",
            self.name(),
            self.version()
        )
    }
    /// Names of the engine's operators that the firmware has to link for a model, sorted; none if
    /// it has to link all there are.
    fn operators(&self, _model: &[u8]) -> Vec<&'static str> {
        Vec::new()
    }
    /// Words of memory beside the arena that make the engine faster with a model.
    fn room_words(&self, _model: &[u8]) -> u32 {
        0
    }
    /// The functions that call operators, each through a pointer, by their names in the source: how a
    /// profile tells where an operator begins and ends. None for an engine without operators.
    fn calls_operators_in(&self) -> &'static [&'static str] {
        &[]
    }
    /// Code that the engine runs only where something keeps it from quicker code: what a profile counts as
    /// what that costs.
    fn slow_code(&self) -> &'static [SlowCode] {
        &[]
    }
    /// Whether the model can be planned in `arena`.
    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError>;
    /// Outputs for `inputs`, each one step after the other, by the portable kernels. Every so many
    /// `steps` are a sequence, before which a model with a state begins anew.
    fn infer_sequences(
        &self,
        model: &[u8],
        inputs: &[u8],
        steps: usize,
    ) -> Result<Vec<u8>, RuntimeError>;
    /// The same of vectors that have nothing to do with each other.
    fn infer(&self, model: &[u8], inputs: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        self.infer_sequences(model, inputs, 1)
    }
}

/// Code of an engine that isn't run where all is well.
#[derive(Clone, Copy, Debug)]
pub struct SlowCode {
    /// What it is there for, and why, in a few words.
    pub what: &'static str,
    /// The functions, by their names in the source; one that ends in `::` stands for all that it begins.
    pub functions: &'static [&'static str],
}

impl SlowCode {
    /// Whether a function of this name, as a symbol table has it, is part of it.
    pub fn has(&self, function: &str) -> bool {
        // What one mangling puts into angle brackets, the other doesn't.
        let name: String = function
            .chars()
            .filter(|it| !matches!(it, '<' | '>'))
            .collect();
        self.functions.iter().any(|it| match it.ends_with("::") {
            true => name.starts_with(it),
            false => name == *it,
        })
    }
}

/// The project's own engines.
pub const ENGINES: [&dyn HostRuntime; 2] = [&Interpreter, &Classical];

/// The engine that reads such models. For a file that none reads it is the first, which then says what
/// is wrong with it.
pub fn engine_for(model: &[u8]) -> &'static dyn HostRuntime {
    ENGINES
        .into_iter()
        .find(|engine| engine.reads(model))
        .unwrap_or(ENGINES[0])
}

/// Refuses a file that isn't one of `runtime`'s models, and says what it is.
fn check_kind(runtime: &dyn HostRuntime, model: &[u8]) -> Result<(), RuntimeError> {
    if runtime.reads(model) {
        return Ok(());
    }
    let other = ENGINES.into_iter().find(|it| it.reads(model));
    Err(match other {
        Some(other) => RuntimeError::OtherRuntime {
            asked: runtime.name().to_owned(),
            reads: other.name().to_owned(),
        },
        None => RuntimeError::Foreign(Foreign::of(model)),
    })
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

/// Opens a model, and finds everything that keeps it from running.
fn open(model: &[u8]) -> Result<(Model<'_>, Obstacles), RuntimeError> {
    check_kind(&Interpreter, model)?;
    let resolver = With::<Portable>::ALL;
    let model = Model::open(model, resolver).map_err(damaged)?;
    let obstacles = obstacles::of(&model, resolver, InterpreterOnTarget::NAME);
    Ok((model, obstacles))
}

/// A file of which nothing can be told.
fn damaged(error: ModelError) -> RuntimeError {
    RuntimeError::Other(format!("{error}\n  help: {}", obstacles::CONVERT_AGAIN))
}

/// Reads a model that can run.
fn check(model: &[u8]) -> Result<Model<'_>, RuntimeError> {
    let (model, obstacles) = open(model)?;
    if obstacles.list.is_empty() {
        return Ok(model);
    }
    Err(RuntimeError::Obstacles(Box::new(obstacles)))
}

/// A model's inputs or outputs, of which there is one at least, and none is empty.
fn tensors<'m>(
    what: &str,
    tensors: impl Iterator<Item = Tensor<'m>>,
) -> Result<Vec<TensorFacts>, RuntimeError> {
    let facts = |tensor: Tensor| {
        if tensor.bytes == 0 {
            return Err(RuntimeError::Other(format!(
                "one of the model's {what}, `{}`, is empty",
                tensor.name
            )));
        }
        Ok(TensorFacts {
            name: tensor.name.to_owned(),
            shape: tensor.shape.iter().collect(),
            element_type: tensor.element_type,
            quantisation: Quantisation {
                scale: tensor.scale,
                zero_point: tensor.zero_point,
            },
            bytes: tensor.bytes,
        })
    };
    let tensors: Vec<_> = tensors.map(facts).collect::<Result<_, _>>()?;
    match tensors.is_empty() {
        true => Err(RuntimeError::Other(format!("the model has no {what}"))),
        false => Ok(tensors),
    }
}

/// All that is known of a model but its arena.
fn facts(model: &Model) -> Result<ModelFacts, RuntimeError> {
    let input_tensors = tensors("inputs", model.inputs())?;
    let output_tensors = tensors("outputs", model.outputs())?;
    Ok(ModelFacts {
        macs: model.macs(),
        parameters: model.parameters(),
        compressed: model.is_compressed(),
        stateful: model.is_stateful(),
        ..ModelFacts::of(input_tensors, output_tensors)
    })
}

/// Bytes of arena that a model needs.
fn arena_needed(model: &Model) -> Result<usize, ModelError> {
    arena_needed_with(model, &mut vec![0; planning_words(model)])
}

impl From<ModelError> for RuntimeError {
    fn from(error: ModelError) -> Self {
        Self::Other(error.to_string())
    }
}

impl HostRuntime for Interpreter {
    fn name(&self) -> &str {
        InterpreterOnTarget::NAME
    }

    fn version(&self) -> &str {
        InterpreterOnTarget::VERSION
    }

    fn calls_operators_in(&self) -> &'static [&'static str] {
        &["tinybench_interpreter::interpreter::prepared::Prepared::run"]
    }

    fn slow_code(&self) -> &'static [SlowCode] {
        &[
            SlowCode {
                what: "requantising the general way, as scales, biases or bounds don't allow the quick one",
                functions: &[
                    "tinybench_kernels::dsp::output::exact",
                    "tinybench_kernels::dsp::output::Output::slow",
                    "tinybench_kernels::dsp::output::Output::slow_two",
                    "tinybench_kernels::dsp::output::Output::slow_four",
                ],
            },
            SlowCode {
                what: "sums product by product, of channels that the quick code can't take",
                functions: &[
                    "tinybench_kernels::simd::steps::dot",
                    "tinybench_kernels::thumb::general::",
                ],
            },
            SlowCode {
                what: "unfolding windows, whose shape doesn't allow reading them in place",
                functions: &[
                    "tinybench_kernels::dsp::convolution::unfold",
                    "tinybench_kernels::dsp::convolution::Unfold::",
                ],
            },
        ]
    }

    fn summary(&self) -> &str {
        "TensorFlow Lite models, read in place; int8 equal bit for bit to TensorFlow Lite Micro"
    }

    fn reads(&self, model: &[u8]) -> bool {
        // Of compressed models any version: the engine says which it knows.
        let [name @ .., _] = COMPRESSED_IDENTIFIER;
        let identifier = model.get(4..8).unwrap_or_default();
        identifier == IDENTIFIER || identifier.starts_with(name)
    }

    fn describe(&self, model: &[u8]) -> Result<Description, RuntimeError> {
        let (model, obstacles) = open(model)?;
        Ok(description::of_network(&model, &obstacles))
    }

    fn inspect(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        let model = check(model)?;
        Ok(ModelFacts {
            arena_bytes: arena_needed(&model)?,
            ..facts(&model)?
        })
    }

    fn tensors(&self, model: &[u8]) -> Result<ModelFacts, RuntimeError> {
        facts(&open(model)?.0)
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

    fn room_words(&self, model: &[u8]) -> u32 {
        /// Most operators that room is set aside for. Of models with more, those of the first 64 are kept.
        const MOST: usize = 64 * DIGEST_WORDS;
        room_needed(model).min(MOST) as u32
    }

    fn plans_in(&self, model: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
        match Engine::new(&parse(model)?, arena) {
            Ok(_) => Ok(true),
            Err(PrepareError::ArenaTooSmall { .. }) => Ok(false),
            Err(PrepareError::Model(error)) => Err(error.into()),
        }
    }

    fn infer_sequences(
        &self,
        model: &[u8],
        inputs: &[u8],
        steps: usize,
    ) -> Result<Vec<u8>, RuntimeError> {
        let model = parse(model)?;
        // The arena may begin at any address, and a few bytes are lost to alignment then.
        let mut arena = vec![0; arena_needed(&model)? + ARENA_ALIGNMENT];
        let mut engine = Engine::new(&model, &mut arena)
            .map_err(|error| RuntimeError::Other(error.to_string()))?;
        let mut outputs = Vec::new();
        let each = model.inputs().map(|tensor| tensor.bytes).sum();
        for (number, vector) in inputs.chunks_exact(each).enumerate() {
            if number.is_multiple_of(steps.max(1)) {
                engine.reset();
            }
            let mut rest = vector;
            for (position, tensor) in model.inputs().enumerate() {
                let (part, after) = rest.split_at(tensor.bytes);
                engine.input_at_mut(position).copy_from_slice(part);
                rest = after;
            }
            engine.invoke().map_err(|error| RuntimeError::Inputs {
                operator: error.operator,
                vector: number / steps.max(1),
            })?;
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
    #[derive(Debug)]
    struct Needs(usize);

    impl HostRuntime for Needs {
        fn name(&self) -> &str {
            "needs"
        }
        fn version(&self) -> &str {
            "1"
        }
        fn summary(&self) -> &str {
            ""
        }
        fn reads(&self, _: &[u8]) -> bool {
            false
        }
        fn describe(&self, _: &[u8]) -> Result<Description, RuntimeError> {
            Err(RuntimeError::Other("none".to_owned()))
        }
        fn inspect(&self, _: &[u8]) -> Result<ModelFacts, RuntimeError> {
            Err(RuntimeError::Other("none".to_owned()))
        }
        fn plans_in(&self, _: &[u8], arena: &mut [u8]) -> Result<bool, RuntimeError> {
            assert_eq!(arena.as_ptr().align_offset(ARENA_ALIGNMENT), 0);
            Ok(arena.len() >= self.0)
        }
        fn infer_sequences(&self, _: &[u8], _: &[u8], _: usize) -> Result<Vec<u8>, RuntimeError> {
            Err(RuntimeError::Other("none".to_owned()))
        }
    }

    #[test]
    fn bisection_finds_the_smallest_arena() {
        for needed in [1, 2, 99, 100, 4095, 4096] {
            assert_eq!(smallest_arena(&Needs(needed), &[], 4096).unwrap(), needed);
        }
    }

    #[test]
    fn a_model_is_for_the_engine_that_reads_it() {
        assert_eq!(engine_for(b"\x1c\0\0\0TFL3").name(), "interpreter");
        assert!(Interpreter.reads(b"\x1c\0\0\0TBZ2"));
        assert_eq!(engine_for(b"TBCM").name(), "classical");
        assert_eq!(engine_for(b"").name(), "interpreter");
    }
}

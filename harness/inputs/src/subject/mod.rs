//! What is measured: a model with inputs and the outputs it must give, from a workload of the
//! project or from the user's own files.

mod data;
mod error;
mod file;
mod judgement;
mod own;
pub mod room;
mod samples;
mod seeded;
mod variant;

pub use data::OfDataset;
pub use error::SubjectError;
pub use file::read_model;
pub use judgement::{Judgement, Metric};
pub use own::{Given, Source};
pub use samples::Samples;
pub use seeded::seeded_bytes;
pub use variant::Placed;

use std::path::{Path, PathBuf};

use tinybench_learning::Configuration;

use crate::board::Board;
use crate::learning::{Stream, StreamError};
use crate::runtimes::{self, HostRuntime, ModelFacts};
use crate::suite::{FetchedModel, Models};
use crate::workload::{Audio, Card, MAX_DATA_BYTES, TaskKind, Workload};
use room::Footprint;
use tinybench_record::{self as record, InputSource, MAX_NAME};
use tinybench_support::files;
use tinybench_support::float;
use tinybench_support::hash::sha256_hex;
use tinybench_support::printable::printable;

/// Seed of the inputs for a model that comes without any.
pub const SEED: u64 = 1;

/// How many inputs are made from the seed, unless the user says.
pub const SEEDED_VECTORS: usize = 8;

/// How many vectors are run, at most, unless the user says.
pub const DEFAULT_VECTORS: usize = 48;

/// Bytes of an output that is a score.
const SCORE_BYTES: usize = 4;

/// How many vectors to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VectorCount {
    /// [`DEFAULT_VECTORS`], or all if there are fewer.
    #[default]
    Default,
    /// All there are.
    All,
    /// So many, or all if there are fewer.
    Count(usize),
}

impl VectorCount {
    /// How many of `available` vectors to run.
    pub fn of(self, available: usize) -> usize {
        match self {
            Self::Default => available.min(DEFAULT_VECTORS),
            Self::All => available,
            Self::Count(count) => available.min(count),
        }
    }
}

/// A model with its inputs and reference outputs, for one runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Name of the workload, or the stem of the model's file.
    pub name: String,
    /// The model file.
    pub model_path: PathBuf,
    /// Its contents.
    pub model: Vec<u8>,
    /// What the runtime says about it.
    pub facts: ModelFacts,
    /// The smallest arena, as the runtime plans it on the host; none if only the target can tell.
    pub arena_min_bytes: Option<u32>,
    /// Where the inputs are from.
    pub source: InputSource,
    /// Seed of the inputs, if they are made from one.
    pub seed: Option<u64>,
    /// All inputs, one vector after the other.
    pub inputs: Vec<u8>,
    /// Reference outputs for all of them.
    pub outputs: Vec<u8>,
    /// What made the reference outputs.
    pub reference: String,
    /// How they make up what is counted as a vector.
    pub samples: Samples,
    /// How many vectors there are, more than `samples` where not all were read.
    pub available: usize,
    /// How the answers are judged, where there are labels.
    pub judgement: Option<Judgement>,
    /// What the outputs mean, where the workload says.
    pub task: Option<TaskKind>,
    /// Raw audio of all vectors, if the model's input is to be computed from it on the target.
    pub audio: Option<Audio>,
    /// The stream of which the vectors are the samples, if the model's outputs are features to learn
    /// from.
    pub learning: Option<LearningSubject>,
    /// By how much float32 outputs may differ from the reference, relative to the largest of them.
    pub tolerance: f64,
    /// How the weights are held, where that is what is compared.
    pub compression: Option<record::Compression>,
    /// How good the model is on its whole test set, where the workload's card says.
    pub test_set: Option<record::Quality>,
}

/// What there is to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningSubject {
    /// The stream.
    pub stream: Stream,
    /// The learner of each of its policies.
    pub configurations: Vec<Configuration>,
}

impl LearningSubject {
    fn new(stream: Stream, features: usize, board: &Board) -> Result<Self, SubjectError> {
        let ram = board.memory.all_ram().length;
        if stream.memory_bytes > ram as usize {
            return Err(SubjectError::LearnerTooBigForRam {
                path: stream.path,
                board: board.name.clone(),
                bytes: stream.memory_bytes,
                ram,
            });
        }
        let configurations = stream
            .policies
            .iter()
            .map(|&policy| stream.configuration(features, policy))
            .collect::<Result<_, StreamError>>()?;
        Ok(Self {
            stream,
            configurations,
        })
    }
}

/// Vectors without a card: no labels, nothing to judge.
struct Vectors {
    source: InputSource,
    seed: Option<u64>,
    inputs: Vec<u8>,
    outputs: Vec<u8>,
    reference: String,
    /// How many of them are a sequence.
    steps: usize,
}

/// A model that has been read and fits the board.
struct Checked {
    path: PathBuf,
    model: Vec<u8>,
    facts: ModelFacts,
    arena_min_bytes: Option<u32>,
}

impl Checked {
    fn new(
        path: &Path,
        model: Vec<u8>,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Self, SubjectError> {
        let refused = |source| SubjectError::Model {
            path: path.to_owned(),
            source,
        };
        let facts = runtime.inspect(&model).map_err(refused)?;
        let footprint = Footprint::of(model.len(), &facts);
        if let Some(shortage) = footprint.shortage(board) {
            return Err(SubjectError::TooBig {
                path: path.to_owned(),
                board: board.name.clone(),
                shortage,
                footprint,
                advice: None,
            });
        }
        let arena_min_bytes = match runtime.has_planner() {
            true => {
                let smallest = runtimes::smallest_arena(runtime, &model, facts.arena_bytes);
                Some(smallest.map_err(refused)? as u32)
            }
            false => None,
        };
        Ok(Self {
            path: path.to_owned(),
            model,
            facts,
            arena_min_bytes,
        })
    }

    /// How many inputs of this model `bytes` are.
    fn count(&self, path: &Path, bytes: usize) -> Result<usize, SubjectError> {
        let each = self.facts.input_bytes;
        if bytes == 0 || !bytes.is_multiple_of(each) {
            return Err(SubjectError::Size {
                path: path.to_owned(),
                bytes,
                expected: format!("a multiple of the model's input, {each} bytes"),
            });
        }
        Ok(bytes / each)
    }

    /// What is measured of a model without a card.
    fn subject(self, name: String, vectors: Vectors) -> Subject {
        let samples = Samples::of(vectors.inputs.len() / self.facts.input_bytes, vectors.steps);
        Subject {
            name,
            model_path: self.path,
            model: self.model,
            facts: self.facts,
            arena_min_bytes: self.arena_min_bytes,
            source: vectors.source,
            seed: vectors.seed,
            inputs: vectors.inputs,
            outputs: vectors.outputs,
            reference: vectors.reference,
            available: samples.count(),
            samples,
            judgement: None,
            task: None,
            audio: None,
            learning: None,
            tolerance: float::TOLERANCE,
            compression: None,
            test_set: None,
        }
    }

    /// Compares the size of the model as it is promised with what it is.
    fn check_size(&self, macs: u64, parameters: u64) -> Result<(), String> {
        for (name, promised, found) in [
            ("macs", macs, self.facts.macs),
            ("parameters", parameters, self.facts.parameters),
        ] {
            if promised != found {
                return Err(format!("{name} is {promised}, the model has {found}"));
            }
        }
        Ok(())
    }

    /// Compares what the card says with what the model is.
    fn check_card(&self, card: &Card) -> Result<(), String> {
        self.check_size(card.model.macs, card.model.parameters)?;
        let (inputs, outputs) = (self.facts.inputs(), self.facts.outputs());
        let output_bytes = self.facts.output_bytes;
        if let Some(task) = &card.task {
            let classes = task.classes.len();
            match task.kind {
                TaskKind::Classification if classes != outputs => {
                    return Err(format!(
                        "task.classes has {classes} names, the model has {outputs} outputs"
                    ));
                }
                TaskKind::Anomaly if inputs != outputs => {
                    return Err(format!(
                        "the output of an anomaly has the size of the input; the model has \
                         {inputs} inputs and {outputs} outputs"
                    ));
                }
                TaskKind::AnomalyScore if output_bytes != SCORE_BYTES => {
                    return Err(format!(
                        "the output of an anomaly-score has {SCORE_BYTES} bytes, the model has \
                         {output_bytes}"
                    ));
                }
                _ => {}
            }
        }
        if let Some(features) = &card.features {
            let features = features.parameters().features();
            if features != inputs {
                return Err(format!(
                    "[features] gives {features} values, the model has {inputs} inputs"
                ));
            }
        }
        Ok(())
    }

    fn check_outputs(&self, path: &Path, bytes: usize, count: usize) -> Result<(), SubjectError> {
        let each = self.facts.output_bytes;
        if bytes != count * each {
            return Err(SubjectError::Size {
                path: path.to_owned(),
                bytes,
                expected: format!("{count} outputs of {each} bytes, {} in all", count * each),
            });
        }
        Ok(())
    }
}

impl Subject {
    /// A workload of the project.
    pub fn from_workload(
        workload: Workload,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Self, SubjectError> {
        let card = workload.card;
        let checked = Checked::new(&workload.model_path, workload.model, runtime, board)?;
        let folder = workload.model_path.parent().unwrap_or(Path::new("."));
        let inputs_path = folder.join(&card.vectors.inputs);
        let count = checked.count(&inputs_path, workload.inputs.len())?;
        if count != card.vectors.count {
            return Err(SubjectError::Size {
                path: inputs_path,
                bytes: workload.inputs.len(),
                expected: format!("the {} vectors its card promises", card.vectors.count),
            });
        }
        checked.check_outputs(
            &folder.join(&card.vectors.outputs),
            workload.outputs.len(),
            count,
        )?;
        checked
            .check_card(&card)
            .map_err(|problem| SubjectError::Card {
                path: checked.path.clone(),
                problem,
            })?;
        let (mut inputs, mut outputs, mut labels) =
            (workload.inputs, workload.outputs, workload.labels);
        let learning = match &card.learning {
            None => None,
            Some(it) => {
                let path = folder.join(&it.stream);
                let stream = Stream::load(&path)?;
                if stream.inputs != inputs_path {
                    return Err(SubjectError::Card {
                        path,
                        problem: "its inputs must be the card's vectors".to_owned(),
                    });
                }
                stream.check_inputs(inputs.len(), checked.facts.input_bytes)?;
                Some(LearningSubject::new(
                    stream,
                    checked.facts.output_bytes,
                    board,
                )?)
            }
        };
        if let Some(audio) = &workload.audio {
            let count = audio.bytes.len() / audio.vector_bytes();
            inputs.truncate(count * checked.facts.input_bytes);
            outputs.truncate(count * checked.facts.output_bytes);
            labels.iter_mut().for_each(|labels| labels.truncate(count));
        }
        let samples = Samples::of(inputs.len() / checked.facts.input_bytes, 1);
        Ok(Self {
            name: workload.name,
            model_path: checked.path,
            model: checked.model,
            facts: checked.facts,
            arena_min_bytes: checked.arena_min_bytes,
            source: InputSource::Workload,
            seed: None,
            inputs,
            outputs,
            reference: card.vectors.reference,
            available: samples.count(),
            samples,
            judgement: (card.task.as_ref().zip(labels))
                .map(|(task, labels)| Judgement::of_card(task.kind, &labels)),
            task: card.task.map(|task| task.kind),
            audio: workload.audio,
            learning,
            tolerance: float::TOLERANCE,
            compression: None,
            test_set: card
                .quality
                .map(|it| record::Quality::new(it.metric, it.value, it.samples)),
        })
    }

    /// The user's own extractor with a stream. The features are computed by the runtime's portable
    /// kernels on the host.
    pub fn from_stream(
        path: &Path,
        model: Vec<u8>,
        stream: &Path,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Self, SubjectError> {
        let checked = Checked::new(path, model, runtime, board)?;
        let stream = Stream::load(stream)?;
        let inputs = files::read(&stream.inputs, MAX_DATA_BYTES)?;
        stream.check_inputs(inputs.len(), checked.facts.input_bytes)?;
        let learning = LearningSubject::new(stream, checked.facts.output_bytes, board)?;
        let outputs =
            runtime
                .infer(&checked.model, &inputs)
                .map_err(|source| SubjectError::Model {
                    path: path.to_owned(),
                    source,
                })?;
        let vectors = Vectors {
            source: InputSource::Stream,
            seed: None,
            inputs,
            outputs,
            reference: runtime.reference(&checked.model),
            steps: 1,
        };
        let mut subject = checked.subject(name_of(path), vectors);
        subject.learning = Some(learning);
        Ok(subject)
    }

    /// A model of a suite that was fetched to `path`. Its vectors are `NAME.inputs.i8` and
    /// `NAME.outputs.i8` in the folder `golden` if there are such, otherwise the suite's own.
    pub fn from_fetched(
        models: &Models,
        model: &FetchedModel,
        path: &Path,
        golden: Option<&Path>,
        runtime: &dyn HostRuntime,
        board: &Board,
    ) -> Result<Self, SubjectError> {
        let checked = Checked::new(path, files::read(path, MAX_DATA_BYTES)?, runtime, board)?;
        checked
            .check_size(model.macs, model.parameters)
            .map_err(|problem| SubjectError::Card {
                path: path.to_owned(),
                problem,
            })?;
        let stem = model.file().trim_end_matches(".tflite");
        let vectors = match golden {
            Some(folder) if folder.join(format!("{stem}.inputs.i8")).is_file() => {
                checked.read_reference(folder, stem, 1)?
            }
            _ => {
                let (inputs, outputs) = models.vectors(model, checked.facts.input_bytes)?;
                let outputs_path = models.folder.join(&model.outputs);
                checked.check_outputs(&outputs_path, outputs.len(), models.vectors.count)?;
                Vectors {
                    source: InputSource::Seeded,
                    seed: Some(models.vectors.seed),
                    inputs,
                    outputs,
                    reference: models.vectors.reference.clone(),
                    steps: 1,
                }
            }
        };
        Ok(checked.subject(model.name.clone(), vectors))
    }

    /// How many of them to run: all of a data set, unless the user says.
    pub fn to_run(&self, vectors: VectorCount) -> usize {
        match (vectors, &self.samples) {
            (VectorCount::Default, Samples::Windows(_)) => self.count(),
            _ => vectors.of(self.count()),
        }
    }

    /// How many vectors there are to run.
    pub fn count(&self) -> usize {
        self.samples.count()
    }
}

/// The name under which the user's own model goes into a record.
pub fn name_of(path: &Path) -> String {
    plain(&stem(path))
}

/// A name from outside as a record can hold it: without control characters, and short. One that is
/// cut ends in a part of its hash, so that it stays apart from others.
fn plain(name: &str) -> String {
    const HASH: usize = 12;
    let name = printable(name);
    if name.trim().is_empty() {
        return "unnamed".to_owned();
    }
    if name.len() <= MAX_NAME {
        return name.into_owned();
    }
    let room = MAX_NAME - HASH - 1;
    let starts = name.char_indices().map(|(start, _)| start);
    let end = starts
        .take_while(|&start| start <= room)
        .last()
        .unwrap_or(0);
    format!("{}-{}", &name[..end], &sha256_hex(name.as_bytes())[..HASH])
}

/// A model's file without the extension: what the names of its reference files begin with.
pub fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_names_of_records() {
        let name = |stem: &str| name_of(Path::new(&format!("{stem}.tflite")));
        assert_eq!(name("kws"), "kws");
        assert_eq!(name("a\u{1b}[31m\nb"), r"a\u{1b}[31m\u{a}b");
        assert_eq!(name(" "), "unnamed");
        assert_eq!(name(&"x".repeat(MAX_NAME)), "x".repeat(MAX_NAME));
        let long = ["a", "b"].map(|last| name(&format!("{}{last}", "ä".repeat(120))));
        assert!(long.iter().all(|name| name.len() <= MAX_NAME), "{long:?}");
        assert_ne!(long[0], long[1]);
    }

    #[test]
    fn the_number_of_vectors_is_bounded_by_what_there_is() {
        assert_eq!(VectorCount::Default.of(240), DEFAULT_VECTORS);
        assert_eq!(VectorCount::Default.of(12), 12);
        assert_eq!(VectorCount::All.of(240), 240);
        assert_eq!(VectorCount::Count(5).of(3), 3);
    }
}

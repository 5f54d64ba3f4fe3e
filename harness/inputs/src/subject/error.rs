//! Why something can't be measured.

use std::io;
use std::path::PathBuf;

use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{ReadError, WriteError};

use super::room::{Footprint, Shortage};
use crate::board::Board;
use crate::compress::CompressError;
use crate::dataset::DatasetError;
use crate::learning::StreamError;
use crate::runtimes::RuntimeError;
use crate::suite::SuiteError;
use crate::vectors::VectorsError;
use crate::vectors::labels::LabelsError;

/// Most bytes of inputs that are made from the seed.
pub(super) const MAX_SEEDED_BYTES: usize = 64 << 20;

/// Why something can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The runtime refuses the model.
    #[error("{path}: {source}")]
    Model {
        /// The model file.
        path: PathBuf,
        /// What the runtime says.
        source: RuntimeError,
    },
    /// The model's weights can't be coded.
    #[error("{path}: {source}")]
    Compress {
        /// The model file.
        path: PathBuf,
        /// Why not.
        source: CompressError,
    },
    /// A file can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A folder can't be made.
    #[error("can't make the folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The vectors of a suite can't be used.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A stream can't be learnt from.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The learner's memory doesn't fit in the board's RAM.
    #[error(
        "{path}: learner.memory_bytes is {bytes}, and the {board}'s RAM has {ram} bytes in all"
    )]
    LearnerTooBigForRam {
        /// The stream.
        path: PathBuf,
        /// The board.
        board: String,
        /// Bytes of the learner's memory.
        bytes: usize,
        /// Size of RAM, bytes.
        ram: u32,
    },
    /// The user's vectors can't be used.
    #[error(transparent)]
    Vectors(#[from] VectorsError),
    /// The inputs are no whole number of sequences.
    #[error("{path} has {inputs} inputs, which are no sequences of {steps} steps")]
    NoSequences {
        /// The file.
        path: PathBuf,
        /// How many inputs it has.
        inputs: usize,
        /// Steps of a sequence.
        steps: usize,
    },
    /// The user's labels can't be read.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// The user's labels aren't those of the model and its vectors.
    #[error("{path} has {problem}")]
    Judgement {
        /// The file of labels.
        path: PathBuf,
        /// What doesn't fit.
        problem: String,
    },
    /// A data set can't be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A data set is not for this model.
    #[error("{path} can't be given the data set: {problem}")]
    DatasetOfAnother {
        /// The model file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
    /// A workload's card, or a suite, doesn't describe its model.
    #[error("{path} is not the model that was promised: {problem}")]
    Card {
        /// The model file.
        path: PathBuf,
        /// What differs.
        problem: String,
    },
    /// A file of inputs or outputs has the wrong size.
    #[error("{path} has {bytes} bytes, which is not {expected}")]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: usize,
        /// What its size should be.
        expected: String,
    },
    /// The model doesn't fit the board.
    #[error("{path} is too big for the {board}: {shortage}{}", help(advice.as_deref()))]
    TooBig {
        /// The model file.
        path: PathBuf,
        /// The board.
        board: String,
        /// What the board has too little of.
        shortage: Shortage,
        /// What the model needs.
        footprint: Footprint,
        /// What to do about it, if that is known.
        advice: Option<String>,
    },
    /// More inputs were asked for than are made.
    #[error(
        "--vectors {count}: inputs of {each} bytes are made for {} of them at most; --reference takes \
         your own",
        MAX_SEEDED_BYTES / each
    )]
    TooManyVectors {
        /// How many were asked for.
        count: usize,
        /// Bytes of one.
        each: usize,
    },
}

impl Exits for SubjectError {
    fn exit(&self) -> Exit {
        match self {
            Self::Write(_) | Self::Folder { .. } => Exit::Output,
            Self::TooManyVectors { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}

impl SubjectError {
    /// Whether the model doesn't fit the board.
    pub fn is_too_big(&self) -> bool {
        matches!(self, Self::TooBig { .. })
    }

    /// The error with what to do about a board that is too small. `boards` gives all that are known.
    #[must_use]
    pub fn advised(mut self, boards: impl FnOnce() -> Vec<Board>) -> Self {
        if let Self::TooBig {
            footprint, advice, ..
        } = &mut self
        {
            *advice = Some(footprint.advice(&boards()));
        }
        self
    }
}

fn help(advice: Option<&str>) -> String {
    advice.map_or(String::new(), |advice| format!("\n  help: {advice}"))
}

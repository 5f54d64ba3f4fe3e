//! Why vectors or labels can't be used.

use std::path::PathBuf;

use tinybench_support::exits_with;
use tinybench_support::files::ReadError;

use super::Side;
use super::npy::Problem;
use super::npz::ArchiveProblem;

/// Why vectors can't be used.
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no file of any form.
    #[error("{folder} has no {names}{hint}")]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The names that a file could have.
        names: String,
        /// What else there is.
        hint: String,
    },
    /// There are two forms of the same.
    #[error("{folder} has both {first} and {second}: which are the vectors? Leave one")]
    Ambiguous {
        /// The folder.
        folder: PathBuf,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A `.npy` file can't be read.
    #[error("{path}: {problem}")]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: Problem,
    },
    /// A `.npz` file can't be read.
    #[error("{path}: {problem}")]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: ArchiveProblem,
    },
    /// An archive lacks an array.
    #[error("{path} has no array {wanted}; its arrays: {found}")]
    NoArray {
        /// The file.
        path: PathBuf,
        /// The names that the array could have.
        wanted: String,
        /// Those that there are.
        found: String,
    },
    /// An array isn't that of the tensor.
    #[error("{place} is {found}, but the model's {side} are {tensor}{hint}")]
    Tensor {
        /// The array.
        place: String,
        /// Its type and shape.
        found: String,
        /// Which side it is for.
        side: Side,
        /// The tensor's name, type and shape.
        tensor: String,
        /// What to do.
        hint: String,
    },
    /// An array has sequences of another length.
    #[error(
        "{place} has {sequences} sequences of {length} steps, which --steps {length} would say; now \
         a sequence has {steps}"
    )]
    Steps {
        /// The array.
        place: String,
        /// How many sequences it has.
        sequences: usize,
        /// Steps of each.
        length: usize,
        /// Steps that were asked for.
        steps: usize,
    },
    /// Two tensors have different numbers of vectors.
    #[error("{first} has {first_count} vectors, {second} has {second_count}")]
    Counts {
        /// One of them.
        first: String,
        /// How many it has.
        first_count: usize,
        /// The other.
        second: String,
        /// How many that has.
        second_count: usize,
    },
    /// A file of bare elements has the wrong size.
    #[error("{path} has {bytes} bytes, which is not a multiple of the {each} of {tensor}")]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: usize,
        /// The tensor's name, type and shape.
        tensor: String,
        /// Its size.
        each: usize,
    },
}

exits_with!(VectorsError => Input);

/// A list in words: `a, b or c`.
pub(super) fn joined<T: ToString>(items: impl Iterator<Item = T>, word: &str) -> String {
    let mut items: Vec<String> = items.map(|it| it.to_string()).collect();
    match items.pop() {
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} {word} {last}", items.join(", ")),
        None => String::new(),
    }
}

//! Labels of the user's own vectors: a `.npy` array, or a text file with a line for each vector, of
//! one number or of several between commas.

use std::path::{Path, PathBuf};

use tinybench_support::exits_with;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::printable;

use super::npy::{Array, Problem, shape_text};
use crate::workload::MAX_DATA_BYTES;

/// Why labels can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    /// The file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The array can't be read.
    #[error("{path}: {problem}")]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: Problem,
    },
    /// The array holds no labels.
    #[error("{path} is {found}; labels are an array with one row for each vector")]
    Shape {
        /// The file.
        path: PathBuf,
        /// Type and shape.
        found: String,
    },
    /// A line is wrong.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// There is none.
    #[error("{path} has no labels: a line for each vector, or a .npy array")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

exits_with!(LabelsError => Input);

/// What is known of each vector: a class, or the values that the output should have.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// All of them, a vector after the other.
    pub values: Vec<f64>,
    /// How many each vector has, at least one.
    pub width: usize,
}

impl Labels {
    /// The class of each vector.
    pub fn classes(bytes: &[u8]) -> Self {
        Self {
            values: bytes.iter().map(|&it| it.into()).collect(),
            width: 1,
        }
    }

    /// How many vectors they are for.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// Those of one vector.
    pub fn of(&self, vector: usize) -> &[f64] {
        let begin = vector * self.width;
        self.values.get(begin..begin + self.width).unwrap_or(&[])
    }

    /// Reads a file of labels: an array if its name ends in `.npy`, otherwise text.
    ///
    /// # Errors
    /// If it can't be read, has no labels, or is neither.
    pub fn load(path: &Path) -> Result<Self, LabelsError> {
        if path.extension().is_some_and(|it| it == "npy") {
            let file = files::read(path, MAX_DATA_BYTES)?;
            return Self::of_array(&file, path);
        }
        Self::parse(&files::read_text(path, MAX_DATA_BYTES)?, path)
    }

    /// An array with one row for each vector. `path` is where the file is from.
    fn of_array(file: &[u8], path: &Path) -> Result<Self, LabelsError> {
        let path = || path.to_owned();
        let array = Array::parse(file).map_err(|problem| LabelsError::Array {
            path: path(),
            problem,
        })?;
        let width = array.shape.iter().skip(1).product();
        if array.shape.is_empty() || width == 0 {
            return Err(LabelsError::Shape {
                path: path(),
                found: format!("{} {}", array.dtype.name(), shape_text(&array.shape)),
            });
        }
        let values = array.values();
        match values.is_empty() {
            true => Err(LabelsError::Empty { path: path() }),
            false => Ok(Self { values, width }),
        }
    }

    /// Lines of numbers, all with the same number of them. `path` is where they are from.
    ///
    /// # Errors
    /// The first line that is something else.
    pub fn parse(text: &str, path: &Path) -> Result<Self, LabelsError> {
        let (mut values, mut width) = (Vec::new(), 0);
        for (index, line) in text.lines().enumerate() {
            let problem = |problem: String| LabelsError::Line {
                path: path.to_owned(),
                line: index + 1,
                problem,
            };
            if line.trim().is_empty() {
                continue;
            }
            let before = values.len();
            for field in line.split(',') {
                let field = field.trim();
                let value: f64 = field.parse().map_err(|_| {
                    problem(format!(
                        "`{}` is no number; a line has a vector's class, or its targets between \
                         commas, and there is no heading",
                        printable(field)
                    ))
                })?;
                values.push(value);
            }
            let found = values.len() - before;
            match width {
                0 => width = found,
                _ if width == found => {}
                _ => {
                    return Err(problem(format!(
                        "it has {found} numbers, and the lines before have {width}"
                    )));
                }
            }
        }
        match width {
            0 => Err(LabelsError::Empty {
                path: path.to_owned(),
            }),
            _ => Ok(Self { values, width }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vectors::npy::tests::of;

    fn parse(text: &str) -> Result<Labels, String> {
        Labels::parse(text, Path::new("labels.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_a_vector() {
        let labels = parse("3\r\n0\n\n11\n").unwrap();
        assert_eq!((labels.count(), labels.of(2)), (3, &[11.0][..]));
        let labels = parse("0.5, -1e3\n2,4\n").unwrap();
        assert_eq!((labels.count(), labels.of(0)), (2, &[0.5, -1000.0][..]));
    }

    #[test]
    fn what_is_no_label_is_told_with_its_line() {
        for (text, expected) in [
            (
                "label\n1\n",
                "labels.csv, line 1: `label` is no number; a line has a vector's class, or its \
                 targets between commas, and there is no heading",
            ),
            (
                "1\n2,3\n",
                "labels.csv, line 2: it has 2 numbers, and the lines before have 1",
            ),
            (
                "\n \n",
                "labels.csv has no labels: a line for each vector, or a .npy array",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn an_array_has_a_row_for_each_vector() {
        let path = Path::new("labels.npy");
        let rows = of("<i2", &[2, 2], &[1, 0, 2, 0, 3, 0, 4, 0]);
        let labels = Labels::of_array(&rows, path).unwrap();
        assert_eq!((labels.count(), labels.of(1)), (2, &[3.0, 4.0][..]));
        let error = Labels::of_array(&of("|i1", &[], &[1]), path).unwrap_err();
        assert_eq!(
            error.to_string(),
            "labels.npy is int8 (); labels are an array with one row for each vector"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([0-9.,eE+-]{0,6}|nan|inf|\n| ){0,20}") {
            if let Ok(labels) = parse(&text) {
                prop_assert!(labels.width > 0 && labels.values.len().is_multiple_of(labels.width));
            }
        }
    }
}

//! Data sets: a folder of samples and `y_labels.csv`, a line for each sample: its file, the number
//! of classes, its class, and for anomaly detection how the file is cut into windows: bytes of one
//! and bytes from one to the next. They are those of MLPerf Tiny.

mod task;

pub use task::{Metric, Task, Windows};

use std::path::{Path, PathBuf};

use tinybench_support::exits_with;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::printable;

/// The file of labels.
pub const LABELS: &str = "y_labels.csv";

/// Largest file of labels, bytes.
const MAX_LABELS_BYTES: u64 = 16 << 20;

/// Largest sample, bytes. The largest that are published have 100 KB.
const MAX_SAMPLE_BYTES: u64 = 16 << 20;

exits_with!(DatasetError => Input);

/// A data set can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There are no labels in the folder.
    #[error(
        "there is no {LABELS} in {folder}, nor in a folder {name} there; get the data set from \
         github.com/mlcommons/tiny (benchmark/evaluation/datasets)"
    )]
    NoLabels {
        /// The folder.
        folder: PathBuf,
        /// The name of the data set's own folder.
        name: &'static str,
    },
    /// A line of the labels is wrong.
    #[error("{path}, line {line}: {problem}")]
    Label {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// There are no samples.
    #[error("{path} names no samples")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Files are missing.
    #[error(
        "{count} of the {total} samples that {path} names can't be used, the first being {first}"
    )]
    Samples {
        /// The file of labels.
        path: PathBuf,
        /// How many.
        count: usize,
        /// Of how many.
        total: usize,
        /// The first of them, and why.
        first: String,
    },
}

/// A sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its file's name in the folder.
    pub file: String,
    /// How many classes there are.
    pub classes: usize,
    /// Its class, from 0.
    pub class: usize,
    /// How its file is cut into inputs.
    pub windows: Windows,
    path: PathBuf,
    length: u64,
}

impl Sample {
    /// Reads its inputs, one after the other.
    pub fn inputs(&self) -> Result<Vec<Vec<u8>>, DatasetError> {
        let bytes = files::read(&self.path, MAX_SAMPLE_BYTES)?;
        if bytes.len() as u64 != self.length {
            return Err(ReadError {
                path: self.path.clone(),
                reason: "it has changed since the session began".to_owned(),
            }
            .into());
        }
        let Windows {
            bytes: size,
            stride,
        } = self.windows;
        Ok(bytes
            .windows(size)
            .step_by(stride)
            .map(<[u8]>::to_vec)
            .collect())
    }

    /// How many inputs it has.
    pub fn count(&self) -> usize {
        let Windows { bytes, stride } = self.windows;
        let rest = self.length.saturating_sub(bytes as u64);
        rest as usize / stride + 1
    }
}

/// The samples of a task, all of them there and of the right size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Where they are.
    pub folder: PathBuf,
    /// At least one.
    pub samples: Vec<Sample>,
}

impl Dataset {
    /// Reads the labels in `folder`, or in the task's own folder inside it, and looks whether every
    /// file is there and has the size that the task demands.
    ///
    /// # Errors
    /// [`DatasetError`] names the line or the first file that is wrong.
    pub fn open(folder: &Path, task: Task) -> Result<Self, DatasetError> {
        let inner = folder.join(task.data_folder());
        let folder = [folder, &inner]
            .into_iter()
            .find(|folder| folder.join(LABELS).is_file())
            .ok_or_else(|| DatasetError::NoLabels {
                folder: folder.to_owned(),
                name: task.data_folder(),
            })?;
        let path = folder.join(LABELS);
        let text = files::read_text(&path, MAX_LABELS_BYTES)?;
        let mut samples = Vec::new();
        let mut wrong = Vec::new();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for (index, row) in reader.records().enumerate() {
            let label = |line: u64, problem: String| DatasetError::Label {
                path: path.clone(),
                line,
                problem,
            };
            let row = row.map_err(|error| label(index as u64 + 1, error.to_string()))?;
            let line = row.position().map_or(index as u64 + 1, csv::Position::line);
            let mut sample = sample(&row, folder, task).map_err(|problem| label(line, problem))?;
            match length(&sample) {
                Ok(length) => sample.length = length,
                Err(problem) => wrong.push(problem),
            }
            samples.push(sample);
        }
        if let Some(first) = wrong.first() {
            return Err(DatasetError::Samples {
                path,
                count: wrong.len(),
                total: samples.len(),
                first: first.clone(),
            });
        }
        if samples.is_empty() {
            return Err(DatasetError::Empty { path });
        }
        Ok(Self {
            folder: folder.to_owned(),
            samples,
        })
    }
}

/// What a row of the labels says. The error says what is wrong with it.
fn sample(row: &csv::StringRecord, folder: &Path, task: Task) -> Result<Sample, String> {
    let field = |index: usize, name: &str| {
        row.get(index)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| format!("there is no {name}; a line is file,classes,class"))
    };
    let number = |index: usize, name: &str| {
        let text = field(index, name)?;
        text.parse::<usize>()
            .map_err(|_| format!("the {name} `{}` is no number", printable(text)))
    };
    let file = field(0, "file")?.to_owned();
    if Path::new(&file)
        .components()
        .any(|part| !matches!(part, std::path::Component::Normal(_)))
    {
        return Err(format!("`{}` leads out of the folder", printable(&file)));
    }
    let (classes, class) = (number(1, "number of classes")?, number(2, "class")?);
    let expected = match task.metric() {
        Metric::Top1 => task.results(),
        // Normal, or not.
        Metric::Auc => 2,
    };
    if classes != expected {
        return Err(format!(
            "there are {classes} classes, and {} has {expected}; is it the data set of another \
             task?",
            task.name()
        ));
    }
    if class >= classes {
        return Err(format!(
            "class {class} isn't one of {classes}, counted from 0"
        ));
    }
    let mut windows = task.windows();
    if row.get(3).is_some_and(|text| !text.is_empty()) {
        windows = Windows {
            bytes: number(3, "size of a window")?,
            stride: number(4, "stride")?,
        };
    }
    if windows.bytes != task.input_bytes() || windows.stride == 0 {
        return Err(format!(
            "windows of {} bytes every {}, and an input of {} has {}",
            windows.bytes,
            windows.stride,
            task.name(),
            task.input_bytes()
        ));
    }
    Ok(Sample {
        path: folder.join(&file),
        file,
        classes,
        class,
        windows,
        length: 0,
    })
}

/// The size of a sample's file. The error says what is wrong with it.
fn length(sample: &Sample) -> Result<u64, String> {
    let file = printable(&sample.file);
    let length = match std::fs::metadata(&sample.path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Err(format!("{file}: it is no file")),
        Err(error) => return Err(format!("{file}: {error}")),
    };
    let Windows { bytes, stride } = sample.windows;
    let one_input = stride == bytes;
    let fits = match one_input {
        true => length == bytes as u64,
        false => (bytes as u64..=MAX_SAMPLE_BYTES).contains(&length),
    };
    if fits {
        return Ok(length);
    }
    let expected = match one_input {
        true => format!("{bytes}"),
        false => format!("{bytes} or more"),
    };
    Err(format!(
        "{file}: it has {length} bytes instead of {expected}"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn said(files: &[(&str, &[u8])], task: Task) -> String {
        let folder = folder(files);
        let error = Dataset::open(folder.path(), task).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "[FOLDER]")
    }

    #[test]
    fn samples_are_read_with_their_labels() {
        let folder = folder(&[
            ("kws01/y_labels.csv", b"a.bin, 12, 3\r\nb.bin,12,0\n"),
            ("kws01/a.bin", &[1; 490]),
            ("kws01/b.bin", &[2; 490]),
        ]);
        let data = Dataset::open(folder.path(), Task::Kws).unwrap();
        assert_eq!(data.folder, folder.path().join("kws01"));
        let classes: Vec<_> = data.samples.iter().map(|s| (&*s.file, s.class)).collect();
        assert_eq!(classes, [("a.bin", 3), ("b.bin", 0)]);
        assert_eq!(data.samples[1].inputs().unwrap(), [vec![2; 490]]);
    }

    #[test]
    fn a_spectrogram_is_cut_into_overlapping_windows() {
        let bytes: Vec<u8> = (0..2560 + 2 * 512 + 100).map(|i| (i / 512) as u8).collect();
        let folder = folder(&[("y_labels.csv", b"x.bin,2,1,2560,512\n"), ("x.bin", &bytes)]);
        let data = Dataset::open(folder.path(), Task::Ad).unwrap();
        let inputs = data.samples[0].inputs().unwrap();
        assert_eq!(inputs.len(), 3);
        assert_eq!(data.samples[0].count(), 3);
        assert_eq!(inputs[2], bytes[1024..1024 + 2560]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let mut texts = Vec::new();
        for (labels, task) in [
            ("a.bin,12", Task::Kws),
            ("a.bin,12,12", Task::Kws),
            ("a.bin,12,x", Task::Kws),
            ("a.bin,10,1", Task::Kws),
            ("../a.bin,12,1", Task::Kws),
            ("a.bin,2,1,2561,512", Task::Ad),
            ("a.bin,2,1,2560,0", Task::Ad),
            ("a.bin,2,1", Task::Ad),
            ("a.bin,12,1\nnone.bin,12,0", Task::Kws),
            ("a.bin,10,1", Task::Ic),
            ("", Task::Kws),
        ] {
            let files = [(LABELS, labels.as_bytes()), ("a.bin", &[0; 490][..])];
            texts.push(said(&files, task));
        }
        texts.push(said(&[], Task::Vww));
        insta::assert_snapshot!(texts.join("\n"));
    }

    proptest! {
        #[test]
        fn any_labels_are_read_or_refused(text in "([a-z./]{0,6}|[0-9,\"\n]{1,4}){0,12}") {
            let folder = folder(&[(LABELS, text.as_bytes())]);
            let _ = Dataset::open(folder.path(), Task::Ad);
        }
    }
}

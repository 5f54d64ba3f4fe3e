//! Workloads that are a model with test vectors: `workloads/models/NAME/card.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::files::{self, ReadError};
use crate::hash::sha256_hex;
use crate::suggest;

/// Largest card that is read, bytes.
const MAX_CARD_BYTES: u64 = 64 * 1024;

/// Largest model, input, output or label file that is read, bytes. No flash of a microcontroller
/// comes near it.
pub const MAX_DATA_BYTES: u64 = 256 * 1024 * 1024;

/// A workload's card: its description for the harness.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Card {
    /// Short name, as `--workload` takes it; also the folder's name.
    pub name: String,
    /// Name in words.
    pub title: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The model.
    pub model: CardModel,
    /// Test vectors.
    pub vectors: CardVectors,
    /// What the outputs mean, if they are to be judged.
    pub task: Option<CardTask>,
    /// How good the model is on all of its test set.
    pub quality: Option<CardQuality>,
}

/// The model of a workload.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardModel {
    /// File name, beside the card.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// What kind of network it is.
    pub architecture: String,
    /// Multiply-accumulate operations of one inference.
    pub macs: u64,
    /// Weights and biases.
    pub parameters: u64,
}

/// Inputs, and the outputs and labels that go with them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardVectors {
    /// How many there are.
    pub count: usize,
    /// File of inputs, int8, one vector after the other.
    pub inputs: String,
    /// SHA-256 of that file.
    pub inputs_sha256: String,
    /// File of reference outputs, int8, one vector after the other.
    pub outputs: String,
    /// SHA-256 of that file.
    pub outputs_sha256: String,
    /// File of labels, one byte a vector.
    pub labels: Option<String>,
    /// SHA-256 of that file.
    pub labels_sha256: Option<String>,
    /// What made the reference outputs.
    pub reference: String,
}

/// What the outputs mean.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardTask {
    /// Kind of task.
    pub kind: TaskKind,
    /// Names of the classes, in the order of the outputs.
    pub classes: Vec<String>,
}

/// A kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// The largest output is the answer.
    Classification,
}

/// Quality on the whole test set, as it was when the model was made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardQuality {
    /// Name of the metric.
    pub metric: String,
    /// Its value.
    pub value: f64,
    /// The least that is acceptable.
    pub threshold: f64,
    /// Size of the test set.
    pub samples: u64,
}

/// A workload with the contents of its files, all of them checked against the card.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// The card.
    pub card: Card,
    /// Path of the model file.
    pub model_path: PathBuf,
    /// The model file.
    pub model: Vec<u8>,
    /// Inputs, one vector after the other.
    pub inputs: Vec<u8>,
    /// Reference outputs, one vector after the other.
    pub outputs: Vec<u8>,
    /// One label a vector, each an index into the classes.
    pub labels: Option<Vec<u8>>,
}

/// Why a workload can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// There is no such workload.
    #[error("there is no workload `{name}`; {hint} (`tinybench workloads` lists them)")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The card isn't TOML, or lacks something.
    #[error("{path} is not a workload card: {message}")]
    Syntax {
        /// The card.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// The card contradicts itself or its files.
    #[error("{path}: {problem}")]
    Value {
        /// The card.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

impl Card {
    /// Reads a card from its text. `path` is named in errors; the folder it is in must have the
    /// workload's name.
    pub fn parse(text: &str, path: &Path) -> Result<Self, WorkloadError> {
        let card: Self = toml::from_str(text).map_err(|error| WorkloadError::Syntax {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        card.check(folder).map_err(|problem| WorkloadError::Value {
            path: path.to_owned(),
            problem,
        })?;
        Ok(card)
    }

    fn check(&self, folder: Option<&str>) -> Result<(), String> {
        if folder != Some(&self.name) {
            return Err(format!(
                "name is `{}`, which must be the folder's own name",
                self.name
            ));
        }
        if self.vectors.count == 0 {
            return Err("vectors.count is 0: at least one vector is needed".to_owned());
        }
        if self.vectors.labels.is_some() != self.task.is_some() {
            return Err("vectors.labels and [task] go together".to_owned());
        }
        if self.vectors.labels.is_some() != self.vectors.labels_sha256.is_some() {
            return Err("vectors.labels and vectors.labels_sha256 go together".to_owned());
        }
        let files = [
            Some(&self.model.file),
            Some(&self.vectors.inputs),
            Some(&self.vectors.outputs),
            self.vectors.labels.as_ref(),
        ];
        for file in files.into_iter().flatten() {
            if Path::new(file)
                .file_name()
                .is_none_or(|name| name != file.as_str())
            {
                return Err(format!(
                    "`{file}` must be the name of a file beside the card"
                ));
            }
        }
        Ok(())
    }
}

/// The folder of workloads.
#[derive(Clone, Debug)]
pub struct Workloads {
    cards: BTreeMap<String, PathBuf>,
}

impl Workloads {
    /// Lists the workloads in `directory`. A directory that isn't there has none.
    pub fn open(directory: &Path) -> Result<Self, WorkloadError> {
        let mut cards = BTreeMap::new();
        if !directory.exists() {
            return Ok(Self { cards });
        }
        for folder in files::list(directory)? {
            let card = folder.join("card.toml");
            if card.is_file()
                && let Some(name) = folder.file_name().and_then(|name| name.to_str())
            {
                cards.insert(name.to_owned(), card);
            }
        }
        Ok(Self { cards })
    }

    /// Names of all workloads, sorted.
    pub fn names(&self) -> Vec<String> {
        self.cards.keys().cloned().collect()
    }

    /// Reads the card of the workload called `name`.
    pub fn card(&self, name: &str) -> Result<Card, WorkloadError> {
        let path = self.path(name)?;
        let text = files::read_text(path, MAX_CARD_BYTES)?;
        Card::parse(&text, path)
    }

    /// Reads the workload called `name` with all its files, and checks their sizes and hashes.
    pub fn load(&self, name: &str) -> Result<Workload, WorkloadError> {
        let card = self.card(name)?;
        let path = self.path(name)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let value = |problem| WorkloadError::Value {
            path: path.clone(),
            problem,
        };
        let read = |file: &str, sha256: &str| -> Result<Vec<u8>, WorkloadError> {
            let bytes = files::read(&folder.join(file), MAX_DATA_BYTES)?;
            let actual = sha256_hex(&bytes);
            if actual != sha256 {
                return Err(value(format!(
                    "{file} has SHA-256 {actual}, the card says {sha256}: the file was changed or \
                     is incomplete"
                )));
            }
            Ok(bytes)
        };
        let vectors = &card.vectors;
        let model = read(&card.model.file, &card.model.sha256)?;
        let inputs = read(&vectors.inputs, &vectors.inputs_sha256)?;
        let outputs = read(&vectors.outputs, &vectors.outputs_sha256)?;
        let labels = match (&vectors.labels, &vectors.labels_sha256) {
            (Some(file), Some(sha256)) => Some(read(file, sha256)?),
            _ => None,
        };
        if let (Some(labels), Some(task)) = (&labels, &card.task) {
            if labels.len() != vectors.count {
                return Err(value(format!(
                    "there are {} labels for {} vectors",
                    labels.len(),
                    vectors.count
                )));
            }
            if let Some(label) = labels
                .iter()
                .find(|&&label| label as usize >= task.classes.len())
            {
                return Err(value(format!(
                    "there is a label {label}, but there are only {} classes",
                    task.classes.len()
                )));
            }
        }
        let model_path = folder.join(&card.model.file);
        Ok(Workload {
            card,
            model_path,
            model,
            inputs,
            outputs,
            labels,
        })
    }

    fn path(&self, name: &str) -> Result<&PathBuf, WorkloadError> {
        self.cards.get(name).ok_or_else(|| WorkloadError::Unknown {
            name: name.to_owned(),
            hint: suggest::hint(name, &self.names()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with one workload `tiny`: two vectors of three bytes in, two bytes out.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let tiny = folder.path().join("tiny");
        fs::create_dir(&tiny).unwrap();
        let files: [(&str, &[u8]); 4] = [
            ("tiny.tflite", b"model"),
            ("vectors.inputs.i8", &[1, 2, 3, 4, 5, 6]),
            ("vectors.outputs.i8", &[1, 0, 0, 1]),
            ("vectors.labels.u8", &[0, 1]),
        ];
        for (name, bytes) in files {
            fs::write(tiny.join(name), bytes).unwrap();
        }
        let hash = |index: usize| sha256_hex(files[index].1);
        let card = format!(
            r#"
name = "tiny"
title = "Tiny"
description = "For tests."
[model]
file = "tiny.tflite"
sha256 = "{}"
bytes = 5
architecture = "none"
macs = 1
parameters = 1
[vectors]
count = 2
inputs = "vectors.inputs.i8"
inputs_sha256 = "{}"
outputs = "vectors.outputs.i8"
outputs_sha256 = "{}"
labels = "vectors.labels.u8"
labels_sha256 = "{}"
reference = "by hand"
[task]
kind = "classification"
classes = ["a", "b"]
[data]
synthetic = true
"#,
            hash(0),
            hash(1),
            hash(2),
            hash(3)
        );
        fs::write(tiny.join("card.toml"), card).unwrap();
        folder
    }

    fn load(folder: &tempfile::TempDir) -> Result<Workload, WorkloadError> {
        Workloads::open(folder.path()).unwrap().load("tiny")
    }

    /// The error after `from` is replaced by `to` in the card.
    fn message_with(from: &str, to: &str) -> String {
        let folder = folder();
        let path = folder.path().join("tiny/card.toml");
        let card = fs::read_to_string(&path).unwrap();
        assert!(card.contains(from), "the card has no `{from}`");
        fs::write(&path, card.replace(from, to)).unwrap();
        let message = load(&folder).unwrap_err().to_string();
        message.replace(&path.display().to_string(), "card.toml")
    }

    #[test]
    fn a_workload_is_read_with_its_files() {
        let workload = load(&folder()).unwrap();
        assert_eq!(workload.model, b"model");
        assert_eq!(workload.inputs, [1, 2, 3, 4, 5, 6]);
        assert_eq!(workload.labels, Some(vec![0, 1]));
        assert_eq!(workload.card.task.unwrap().classes, ["a", "b"]);
    }

    #[test]
    fn a_changed_file_is_refused() {
        let folder = folder();
        fs::write(folder.path().join("tiny/tiny.tflite"), b"other").unwrap();
        let message = load(&folder).unwrap_err().to_string();
        assert!(message.contains("tiny.tflite has SHA-256 d9298a10d1b0735837dc4bd85dac641b"));
        assert!(
            message.contains("the file was changed or is incomplete"),
            "{message}"
        );
    }

    #[test]
    fn a_contradiction_is_an_error_that_says_what() {
        assert_eq!(
            message_with("name = \"tiny\"", "name = \"small\""),
            "card.toml: name is `small`, which must be the folder's own name"
        );
        assert_eq!(
            message_with("count = 2", "count = 3"),
            "card.toml: there are 2 labels for 3 vectors"
        );
        assert_eq!(
            message_with("\"a\", \"b\"", "\"a\""),
            "card.toml: there is a label 1, but there are only 1 classes"
        );
        assert_eq!(
            message_with("\"vectors.inputs.i8\"", "\"../../secret\""),
            "card.toml: `../../secret` must be the name of a file beside the card"
        );
        assert!(message_with("macs = 1", "macs = -1").contains("expected u64"));
    }

    #[test]
    fn an_unknown_workload_gets_the_nearest_name() {
        let folder = folder();
        let workloads = Workloads::open(folder.path()).unwrap();
        assert_eq!(
            workloads.load("tinny").unwrap_err().to_string(),
            "there is no workload `tinny`; did you mean `tiny`? (`tinybench workloads` lists them)"
        );
    }

    #[test]
    fn every_workload_of_the_project_is_whole() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workloads/models");
        let workloads = Workloads::open(&directory).unwrap();
        for name in workloads.names() {
            workloads.load(&name).unwrap();
        }
    }
}

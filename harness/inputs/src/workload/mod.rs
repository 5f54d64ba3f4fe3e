//! Workloads that are a model with test vectors: `workloads/models/NAME/card.toml`.

mod card;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tinybench_support::exit::{Exit, Exits};

pub use card::{
    Card, CardAudio, CardFeatures, CardLearning, CardModel, CardQuality, CardTask, CardVectors,
    TaskKind,
};
use tinybench_pipeline::parameters::Parameters;

use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;
use tinybench_support::suggest;

/// Largest card that is read, bytes.
const MAX_CARD_BYTES: u64 = 64 * 1024;

/// Largest model, input, output or label file that is read, bytes. No flash of a microcontroller
/// comes near it.
pub const MAX_DATA_BYTES: u64 = 256 * 1024 * 1024;

/// What is appended to the name of a workload to measure it from raw audio.
pub const AUDIO_SUFFIX: &str = "-audio";

/// Bytes of one sample.
const SAMPLE_BYTES: usize = 2;

/// A workload with the contents of its files, all of them checked against the card.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// The name it was asked for by.
    pub name: String,
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
    /// Raw audio of the first vectors, if it is to be measured from there.
    pub audio: Option<Audio>,
}

/// The raw audio of a workload's vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// What computes the model's input from it.
    pub parameters: Parameters,
    /// 16-bit little-endian samples of all vectors, only those that the features need.
    pub bytes: Vec<u8>,
}

impl Audio {
    /// Bytes of one vector.
    pub fn vector_bytes(&self) -> usize {
        SAMPLE_BYTES * self.parameters.samples()
    }
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
    /// One of the user's is called like one that there is.
    #[error("{path}: tinybench brings a workload of this name; give the folder another")]
    Taken {
        /// The user's card.
        path: PathBuf,
    },
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

impl Exits for WorkloadError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}

/// The folders of workloads.
#[derive(Clone, Debug)]
pub struct Workloads {
    cards: BTreeMap<String, PathBuf>,
}

impl Workloads {
    /// Lists the workloads in `folders`. One that isn't there has none.
    ///
    /// # Errors
    /// A folder can't be read, or has a workload that is called like one of a folder before it.
    pub fn open(folders: &[impl AsRef<Path>]) -> Result<Self, WorkloadError> {
        let mut cards: BTreeMap<String, PathBuf> = BTreeMap::new();
        for folder in folders.iter().map(AsRef::as_ref).filter(|it| it.exists()) {
            let before = cards.clone();
            for folder in files::list(folder)? {
                let card = folder.join("card.toml");
                let name = folder.file_name().and_then(|name| name.to_str());
                let Some(name) = name.filter(|_| card.is_file()) else {
                    continue;
                };
                // With that ending it is the workload's of the name before it, from raw audio.
                let of = name.strip_suffix(AUDIO_SUFFIX).unwrap_or(name);
                if before.contains_key(name) || before.contains_key(of) {
                    return Err(WorkloadError::Taken { path: card });
                }
                cards.insert(name.to_owned(), card);
            }
        }
        Ok(Self { cards })
    }

    /// Names of all workloads, sorted.
    pub fn names(&self) -> Vec<String> {
        self.cards.keys().cloned().collect()
    }

    /// The card's file of the workload called `name`, which may end in [`AUDIO_SUFFIX`].
    ///
    /// # Errors
    /// There is no such workload.
    pub fn card_path(&self, name: &str) -> Result<&Path, WorkloadError> {
        Ok(self.path(name)?.0)
    }

    /// Reads the card of the workload called `name`, which may end in [`AUDIO_SUFFIX`].
    pub fn card(&self, name: &str) -> Result<Card, WorkloadError> {
        let path = self.path(name)?.0;
        files::check_regular(path)?;
        let text = files::read_text(path, MAX_CARD_BYTES)?;
        Card::parse(&text, path)
    }

    /// Reads the workload called `name` with all its files, and checks their sizes and hashes. A
    /// name that ends in [`AUDIO_SUFFIX`] is the workload of that name without it, from raw audio.
    pub fn load(&self, name: &str) -> Result<Workload, WorkloadError> {
        let card = self.card(name)?;
        let (path, from_audio) = self.path(name)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let value = |problem| WorkloadError::Value {
            path: path.clone(),
            problem,
        };
        let read = |file: &str, sha256: &str| -> Result<Vec<u8>, WorkloadError> {
            let path = folder.join(file);
            files::check_regular(&path)?;
            let bytes = files::read(&path, MAX_DATA_BYTES)?;
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
        if model.len() as u64 != card.model.bytes {
            return Err(value(format!(
                "{} has {} bytes, the card says {}",
                card.model.file,
                model.len(),
                card.model.bytes
            )));
        }
        let inputs = read(&vectors.inputs, &vectors.inputs_sha256)?;
        let outputs = read(&vectors.outputs, &vectors.outputs_sha256)?;
        let labels = match (&vectors.labels, &vectors.labels_sha256) {
            (Some(file), Some(sha256)) => Some(read(file, sha256)?),
            _ => None,
        };
        if let (Some(labels), Some(task)) = (&labels, &card.task) {
            check_labels(labels, task, vectors.count).map_err(value)?;
        }
        let model_path = folder.join(&card.model.file);
        let mut workload = Workload {
            name: name.to_owned(),
            model_path,
            model,
            inputs,
            outputs,
            labels,
            audio: None,
            card,
        };
        if from_audio {
            let (Some(audio), Some(features)) = (&workload.card.audio, &workload.card.features)
            else {
                return Err(value(format!(
                    "there is no `{name}`: the workload has no raw audio"
                )));
            };
            let bytes = read(&audio.file, &audio.sha256)?;
            let expected = audio.count.checked_mul(audio.samples);
            let expected = expected.and_then(|samples| samples.checked_mul(SAMPLE_BYTES));
            if Some(bytes.len()) != expected {
                return Err(value(format!(
                    "{} has {} bytes, not {} times {} samples of 16 bits",
                    audio.file,
                    bytes.len(),
                    audio.count,
                    audio.samples
                )));
            }
            let parameters = features.parameters();
            let needed = SAMPLE_BYTES * parameters.samples();
            workload.audio = Some(Audio {
                parameters,
                bytes: bytes
                    .chunks_exact(audio.samples * SAMPLE_BYTES)
                    .flat_map(|vector| &vector[..needed])
                    .copied()
                    .collect(),
            });
        }
        Ok(workload)
    }

    /// The card of a workload, and whether its name asks for raw audio.
    fn path(&self, name: &str) -> Result<(&PathBuf, bool), WorkloadError> {
        if let Some(path) = self.cards.get(name) {
            return Ok((path, false));
        }
        name.strip_suffix(AUDIO_SUFFIX)
            .and_then(|name| self.cards.get(name))
            .map(|path| (path, true))
            .ok_or_else(|| WorkloadError::Unknown {
                name: name.to_owned(),
                hint: suggest::hint(name, &self.names()),
            })
    }
}

fn check_labels(labels: &[u8], task: &CardTask, count: usize) -> Result<(), String> {
    if labels.len() != count {
        return Err(format!(
            "there are {} labels for {count} vectors",
            labels.len()
        ));
    }
    let classes = task.classes.len();
    match labels.iter().find(|&&label| usize::from(label) >= classes) {
        Some(label) => Err(format!(
            "there is a label {label}, but there are only {classes} classes"
        )),
        None => Ok(()),
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
        Workloads::open(&[folder.path()]).unwrap().load("tiny")
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

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let folder = folder();
        let model = folder.path().join("tiny/tiny.tflite");
        fs::remove_file(&model).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&model).status();
        assert!(made.unwrap().success());
        let message = load(&folder).unwrap_err().to_string();
        assert!(message.contains("it is a pipe"), "{message}");
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
        assert_eq!(
            message_with(
                "[data]",
                "[quality]\nmetric = \"top1\"\nvalue = nan\nthreshold = 0.5\nsamples = 9\n[data]"
            ),
            "card.toml: quality.value is NaN, which is no number"
        );
    }

    #[test]
    fn a_card_of_an_anomaly_has_two_classes() {
        let anomaly = "kind = \"anomaly\"";
        let folder = folder();
        let path = folder.path().join("tiny/card.toml");
        let card = fs::read_to_string(&path).unwrap();
        fs::write(&path, card.replace("kind = \"classification\"", anomaly)).unwrap();
        let kind = load(&folder).unwrap().card.task.unwrap().kind;
        assert_eq!(kind, TaskKind::Anomaly);
        let card = fs::read_to_string(&path).unwrap();
        fs::write(&path, card.replace("\"a\", \"b\"", "\"a\"")).unwrap();
        let message = load(&folder).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "task.classes has 1 names; an anomaly has two classes, normal and anomalous"
            ),
            "{message}"
        );
    }

    /// What is appended to the card of a workload with audio: two frames from 24 samples.
    const AUDIO: &str = r#"
[features]
kind = "log-mel"
sample_rate = 16000
full_scale = 32768
frames = 2
window_samples = 16
window = "hann-periodic"
hop_samples = 8
fft_samples = 256
spectrum = "power"
mel_scale = "htk"
mel_bands = 4
low_hz = 20
high_hz = 8000
logarithm = "natural"
log_floor = 1e-5
[audio]
count = 1
file = "vectors.audio.i16"
samples = 30
"#;

    /// Loads `tiny-audio` after `from` is replaced by `to` in the card.
    fn with_audio(from: &str, to: &str) -> Result<Workload, String> {
        let folder = folder();
        let path = folder.path().join("tiny/card.toml");
        let audio: Vec<u8> = (0..60).collect();
        fs::write(folder.path().join("tiny/vectors.audio.i16"), &audio).unwrap();
        let card = fs::read_to_string(&path).unwrap();
        let card = format!("{card}{AUDIO}sha256 = \"{}\"\n", sha256_hex(&audio));
        assert!(card.contains(from), "the card has no `{from}`");
        fs::write(&path, card.replace(from, to)).unwrap();
        let workloads = Workloads::open(&[folder.path()]).unwrap();
        workloads.load("tiny-audio").map_err(|error| {
            let message = error.to_string();
            message.replace(&path.display().to_string(), "card.toml")
        })
    }

    #[test]
    fn a_workload_with_audio_keeps_the_samples_that_the_features_need() {
        let workload = with_audio("name", "name").unwrap();
        assert_eq!(workload.name, "tiny-audio");
        let audio = workload.audio.unwrap();
        assert_eq!(audio.vector_bytes(), 48);
        let expected: Vec<u8> = (0..48).collect();
        assert_eq!(audio.bytes, expected);
        // And without the ending of its name it is a workload like any other.
        let folder = folder();
        assert_eq!(load(&folder).unwrap().audio, None);
        let message = Workloads::open(&[folder.path()])
            .unwrap()
            .load("tiny-audio")
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("there is no `tiny-audio`: the workload has no raw audio"),
            "{message}"
        );
    }

    #[test]
    fn a_front_end_that_there_is_not_is_an_error_that_says_what() {
        for (from, to, expected) in [
            (
                "\"htk\"",
                "\"slaney\"",
                "unknown variant `slaney`, expected `htk`",
            ),
            ("32768", "1", "[features]: full_scale must be 32768"),
            (
                "= 256",
                "= 250",
                "[features]: fft_samples must be 256, 512 or 1024",
            ),
            (
                "\"log-mel\"",
                "\"mfcc\"",
                "[features]: dct goes with the kind `mfcc`",
            ),
            (
                "samples = 30",
                "samples = 20",
                "audio.samples is 20, but the features are computed from 24",
            ),
            (
                "count = 1\nfile",
                "count = 3\nfile",
                "audio.count is 3, which must be 1 to vectors.count, 2",
            ),
            (
                "samples = 30",
                "samples = 31",
                "vectors.audio.i16 has 60 bytes, not 1 times 31 samples of 16 bits",
            ),
            (
                "samples = 30",
                "samples = 4611686018427387934",
                "has 60 bytes, not 1 times 4611686018427387934 samples",
            ),
            (
                "\"vectors.audio.i16\"",
                "\"../vectors.audio.i16\"",
                "`../vectors.audio.i16` must be the name of a file beside the card",
            ),
        ] {
            let message = with_audio(from, to).unwrap_err();
            assert!(message.contains(expected), "{from}: {message}");
        }
    }

    #[test]
    fn an_unknown_workload_gets_the_nearest_name() {
        let folder = folder();
        let workloads = Workloads::open(&[folder.path()]).unwrap();
        assert_eq!(
            workloads.load("tinny").unwrap_err().to_string(),
            "there is no workload `tinny`; did you mean `tiny`? (`tinybench workloads` lists them)"
        );
    }

    #[test]
    fn every_workload_of_the_project_is_whole() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workloads/models");
        let workloads = Workloads::open(&[directory]).unwrap();
        for name in workloads.names() {
            workloads.load(&name).unwrap();
        }
    }
}

//! A stream of labelled samples: `stream.toml` and the files it names.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tinybench_learning::{Configuration, ConfigurationError, DriftParameters, Policy};

use super::policy_name;
use crate::workload::MAX_DATA_BYTES;
use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;
use tinybench_support::printable::{is_hazard, printable};

/// The version of the benchmark that this tinybench runs.
pub const BENCHMARK: &str = "tinybench-knn/1";

/// Largest `stream.toml` that is read, bytes.
const MAX_STREAM_BYTES: u64 = 64 * 1024;

/// Most samples of a stream.
const MAX_SAMPLES: usize = 100_000;

/// Longest name of a class, bytes.
const MAX_NAME: usize = 100;

/// A stream with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The file that describes it.
    pub path: PathBuf,
    /// The file of its inputs, int8, one sample after the other.
    pub inputs: PathBuf,
    /// The class of each sample, an index into `classes`.
    pub labels: Vec<u8>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Classes that aren't there from the start.
    pub arrivals: Vec<Arrival>,
    /// When the concept changes, if it does.
    pub drift: Option<Drift>,
    /// How much memory the learner has, bytes.
    pub memory_bytes: usize,
    /// The policies to run, one after the other.
    pub policies: Vec<Policy>,
    learner: FileLearner,
    drift_test: FileDriftTest,
}

/// A class that comes later.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Its name.
    pub class: String,
    /// The first sample of it, from 0.
    pub at: usize,
}

/// A change of the concept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// The first sample behind it, from 0.
    pub at: usize,
    /// What changes, for people.
    pub what: String,
}

/// `stream.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    benchmark: String,
    samples: usize,
    inputs: String,
    labels: String,
    classes: Vec<String>,
    #[serde(default)]
    arrivals: Vec<Arrival>,
    drift: Option<Drift>,
    #[serde(default)]
    learner: FileLearner,
    #[serde(default)]
    drift_test: FileDriftTest,
}

/// The learner; what isn't said is as in the benchmark's own streams.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileLearner {
    neighbours: usize,
    memory_bytes: usize,
    seed: u32,
    policies: Vec<String>,
}

impl Default for FileLearner {
    fn default() -> Self {
        Self {
            neighbours: 5,
            memory_bytes: 16 * 1024,
            seed: 1,
            policies: Policy::ALL.map(|it| policy_name(it).to_owned()).into(),
        }
    }
}

/// The drift test, likewise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileDriftTest {
    skip: u32,
    baseline: u32,
    batch: u32,
    threshold: f64,
}

impl Default for FileDriftTest {
    fn default() -> Self {
        Self {
            skip: 40,
            baseline: 60,
            batch: 10,
            threshold: 10.0,
        }
    }
}

/// Why a stream can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file isn't TOML, or lacks something.
    #[error("{path} is not a stream: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// The stream contradicts itself or its files.
    #[error("{path}: {problem}")]
    Value {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The learner that it asks for can't be.
    #[error("{path}: [learner] or [drift_test]: {source}")]
    Configuration {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ConfigurationError,
    },
}

impl Stream {
    /// Reads `stream.toml` and the labels, and checks that they agree.
    pub fn load(path: &Path) -> Result<Self, StreamError> {
        let text = files::read_text(path, MAX_STREAM_BYTES)?;
        let file: File = toml::from_str(&text).map_err(|error| StreamError::Syntax {
            path: path.to_owned(),
            // The line in question is part of the message.
            message: error
                .to_string()
                .trim_end()
                .lines()
                .map(printable)
                .collect::<Vec<_>>()
                .join("\n"),
        })?;
        let value = |problem| StreamError::Value {
            path: path.to_owned(),
            problem,
        };
        let policies = file.check().map_err(value)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let labels = files::read(&folder.join(&file.labels), MAX_DATA_BYTES)?;
        file.check_labels(&labels).map_err(value)?;
        Ok(Self {
            path: path.to_owned(),
            inputs: folder.join(&file.inputs),
            labels,
            classes: file.classes,
            arrivals: file.arrivals,
            drift: file.drift,
            memory_bytes: file.learner.memory_bytes & !3,
            policies,
            learner: file.learner,
            drift_test: file.drift_test,
        })
    }

    /// Checks that `inputs`, of `input_bytes` each, are as many as there are labels.
    pub fn check_inputs(&self, inputs: usize, input_bytes: usize) -> Result<(), StreamError> {
        let samples = self.labels.len();
        if inputs == samples * input_bytes {
            return Ok(());
        }
        let found = inputs as f64 / input_bytes as f64;
        Err(self.value(format!(
            "{}: {} has {inputs} bytes, which are {found:.1} samples of the extractor's input of \
             {input_bytes} bytes, and the stream promises {samples}",
            match inputs < samples * input_bytes {
                true => "the stream ends early",
                false => "the stream is too long",
            },
            self.inputs.display(),
        )))
    }

    /// The learner of one of the policies, for an extractor of so many `features`. Checks that
    /// there can be such.
    pub fn configuration(
        &self,
        features: usize,
        policy: Policy,
    ) -> Result<Configuration, StreamError> {
        let FileDriftTest {
            skip,
            baseline,
            batch,
            threshold,
        } = self.drift_test;
        let configuration = Configuration {
            features,
            classes: self.classes.len(),
            neighbours: self.learner.neighbours,
            policy,
            drift: DriftParameters {
                skip,
                baseline,
                batch,
                threshold: (threshold * 65_536.0).round() as u32,
            },
            seed: self.learner.seed,
        };
        configuration
            .check(self.memory_bytes)
            .map_err(|source| StreamError::Configuration {
                path: self.path.clone(),
                source,
            })?;
        Ok(configuration)
    }

    /// SHA-256 of the inputs and labels, hexadecimal.
    pub fn sha256(&self, inputs: &[u8]) -> String {
        sha256_hex(&[inputs, &self.labels].concat())
    }

    fn value(&self, problem: String) -> StreamError {
        StreamError::Value {
            path: self.path.clone(),
            problem,
        }
    }
}

impl File {
    /// Checks what can be said without the labels.
    fn check(&self) -> Result<Vec<Policy>, String> {
        if self.benchmark != BENCHMARK {
            return Err(format!(
                "benchmark is `{}`, and this version of tinybench runs `{BENCHMARK}`",
                printable(&self.benchmark)
            ));
        }
        for file in [&self.inputs, &self.labels] {
            if Path::new(file)
                .file_name()
                .is_none_or(|name| name != file.as_str())
            {
                return Err(format!(
                    "`{}` must be the name of a file beside the stream's own",
                    printable(file)
                ));
            }
        }
        if !(1..=MAX_SAMPLES).contains(&self.samples) {
            return Err(format!(
                "samples is {}, which must be 1 to {MAX_SAMPLES}",
                self.samples
            ));
        }
        if !(0.0..=10_000.0).contains(&self.drift_test.threshold) {
            return Err(format!(
                "drift_test.threshold is {}, which must be above 0 and at most 10000",
                self.drift_test.threshold
            ));
        }
        for (index, class) in self.classes.iter().enumerate() {
            if class.trim().is_empty() || class.len() > MAX_NAME || class.contains(is_hazard) {
                return Err(format!(
                    "class {index} has no name, one of more than {MAX_NAME} bytes, or one with \
                     control characters"
                ));
            }
            if self.classes[..index].contains(class) {
                return Err(format!("there are two classes `{class}`"));
            }
        }
        self.check_drift()?;
        if self.learner.policies.is_empty() {
            return Err("learner.policies is empty".to_owned());
        }
        let mut policies = Vec::new();
        for name in &self.learner.policies {
            let policy = Policy::ALL
                .into_iter()
                .find(|&it| policy_name(it) == name)
                .ok_or_else(|| {
                    let names = Policy::ALL.map(policy_name).join(", ");
                    let name = printable(name);
                    format!("learner.policies: there is no `{name}`; there are {names}")
                })?;
            if policies.contains(&policy) {
                return Err(format!("learner.policies has `{name}` twice"));
            }
            policies.push(policy);
        }
        Ok(policies)
    }

    fn check_drift(&self) -> Result<(), String> {
        let Some(drift) = &self.drift else {
            return Ok(());
        };
        if drift.at >= self.samples {
            return Err(format!(
                "the drift never comes: drift.at is sample {} of a stream of {}, counted from 0",
                drift.at, self.samples
            ));
        }
        let FileDriftTest { skip, baseline, .. } = self.drift_test;
        let ready = u64::from(skip) + u64::from(baseline);
        if (drift.at as u64) < ready {
            return Err(format!(
                "the drift comes at sample {}, before the drift test knows the accuracy without \
                 it: that takes drift_test.skip + drift_test.baseline = {ready} samples",
                drift.at
            ));
        }
        Ok(())
    }

    fn check_labels(&self, labels: &[u8]) -> Result<(), String> {
        if labels.len() != self.samples {
            let which = match labels.len() < self.samples {
                true => "the stream ends early",
                false => "the stream is too long",
            };
            return Err(format!(
                "{which}: {} has {} labels of one byte, and the stream promises {} samples",
                self.labels,
                labels.len(),
                self.samples
            ));
        }
        let classes = self.classes.len();
        let outside = |&label: &u8| usize::from(label) >= classes;
        if let Some(sample) = labels.iter().position(outside) {
            return Err(format!(
                "sample {sample} has the label {}, but there are only {classes} classes, \
                 from 0",
                labels[sample]
            ));
        }
        for Arrival { class, at } in &self.arrivals {
            let index = self.classes.iter().position(|name| name == class);
            let index = index.ok_or_else(|| {
                let class = printable(class);
                format!("the class `{class}` arrives, but is not among the classes")
            })?;
            match labels.iter().position(|&label| usize::from(label) == index) {
                Some(first) if first == *at => {}
                Some(first) => {
                    return Err(format!(
                        "the class `{class}` arrives at sample {at} by what the stream says, and \
                         at {first} by its labels"
                    ));
                }
                None => {
                    return Err(format!(
                        "the class `{class}` never arrives: no sample has its label, {index}"
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A stream of 200 samples of four bytes, of three classes.
    const STREAM: &str = r#"
benchmark = "tinybench-knn/1"
samples = 200
inputs = "stream.inputs.i8"
labels = "stream.labels.u8"
classes = ["a", "b", "c"]
[[arrivals]]
class = "c"
at = 50
[drift]
at = 150
what = "a and b change places"
[learner]
memory_bytes = 1024
[drift_test]
threshold = 5.5
"#;

    fn labels() -> Vec<u8> {
        (0..200_u8)
            .map(|sample| {
                if sample < 50 {
                    sample % 2
                } else {
                    (sample + 1) % 3
                }
            })
            .collect()
    }

    fn load(text: &str, labels: &[u8]) -> Result<Stream, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stream.toml");
        fs::write(&path, text).unwrap();
        fs::write(folder.path().join("stream.labels.u8"), labels).unwrap();
        Stream::load(&path).map_err(|error| {
            let message = error.to_string();
            message.replace(&path.display().to_string(), "stream.toml")
        })
    }

    fn message_with(from: &str, to: &str) -> String {
        assert!(STREAM.contains(from), "{from}");
        load(&STREAM.replace(from, to), &labels()).unwrap_err()
    }

    #[test]
    fn a_stream_is_read_with_its_labels_and_has_a_learner() {
        let mut expected = labels();
        // The first of the class that arrives.
        expected[50] = 2;
        expected[51] = 0;
        let stream = load(STREAM, &expected).unwrap();
        assert_eq!(stream.labels, expected);
        assert_eq!(stream.policies, Policy::ALL);
        let configuration = stream.configuration(8, Policy::Hybrid).unwrap();
        assert_eq!((configuration.neighbours, configuration.classes), (5, 3));
        assert_eq!(configuration.drift.threshold, 360_448);
        stream.check_inputs(800, 4).unwrap();
    }

    #[test]
    fn a_contradiction_is_an_error_that_says_what() {
        for (from, to, expected) in [
            (
                "knn/1",
                "knn/2",
                "benchmark is `tinybench-knn/2`, and this version of tinybench runs \
                 `tinybench-knn/1`",
            ),
            (
                "at = 150",
                "at = 200",
                "the drift never comes: drift.at is sample 200 of a stream of 200, counted from 0",
            ),
            (
                "at = 150",
                "at = 90",
                "the drift comes at sample 90, before the drift test knows the accuracy without \
                 it: that takes drift_test.skip + drift_test.baseline = 100 samples",
            ),
            (
                "samples = 200",
                "samples = 201",
                "the stream ends early: stream.labels.u8 has 200 labels of one byte, and the \
                 stream promises 201 samples",
            ),
            (
                "\"b\", \"c\"]",
                "\"c\"]",
                "sample 52 has the label 2, but there are only 2 classes, from 0",
            ),
            (
                "at = 50",
                "at = 51",
                "the class `c` arrives at sample 51 by what the stream says, and at 52 by its \
                 labels",
            ),
            (
                "\"b\", \"c\"]",
                "\"b\", \"b\"]",
                "there are two classes `b`",
            ),
            (
                "\"b\", \"c\"]",
                "\"b\", \"\\u001b[2J\"]",
                "class 2 has no name, one of more than 100 bytes, or one with control characters",
            ),
            (
                "class = \"c\"",
                "class = \"d\"",
                "the class `d` arrives, but is not among the classes",
            ),
            (
                "\"stream.labels.u8\"",
                "\"../stream.labels.u8\"",
                "`../stream.labels.u8` must be the name of a file beside the stream's own",
            ),
            (
                "memory_bytes = 1024",
                "policies = [\"lazy\"]",
                "learner.policies: there is no `lazy`; there are incremental, \
                 condensing-in-time, hybrid",
            ),
        ] {
            let message = message_with(from, to);
            assert_eq!(message, format!("stream.toml: {expected}"), "{to}");
        }
        let message = message_with("what =", "why =");
        assert!(message.contains("unknown field `why`"), "{message}");
    }

    #[test]
    fn a_learner_that_cannot_be_is_refused() {
        let mut right = labels();
        right[50] = 2;
        right[51] = 0;
        let refused = |from: &str, to: &str| {
            let stream = load(&STREAM.replace(from, to), &right).unwrap();
            let error = stream.configuration(64, Policy::Incremental).unwrap_err();
            let path = stream.path.display().to_string();
            error.to_string().replace(&path, "stream.toml")
        };
        assert_eq!(
            refused("1024", "200"),
            "stream.toml: [learner] or [drift_test]: the memory is too small for one sample: it \
             has 200 bytes, a sample of 64 features takes 204"
        );
        assert_eq!(
            refused("1024", "1024\nneighbours = 30"),
            "stream.toml: [learner] or [drift_test]: 30 neighbours are to vote, but the memory \
             has room for only 12 samples"
        );
    }

    #[test]
    fn inputs_that_end_early_are_refused() {
        let mut right = labels();
        right[50] = 2;
        right[51] = 0;
        let stream = load(STREAM, &right).unwrap();
        let message = stream.check_inputs(798, 4).unwrap_err().to_string();
        assert!(message.contains("the stream ends early"), "{message}");
        assert!(
            message.contains("798 bytes, which are 199.5 samples"),
            "{message}"
        );
        let message = stream.check_inputs(804, 4).unwrap_err().to_string();
        assert!(message.contains("the stream is too long"), "{message}");
    }
}

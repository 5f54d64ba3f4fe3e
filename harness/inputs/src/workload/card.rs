//! A workload's card: `card.toml`.

use std::path::Path;

use serde::Deserialize;
use tinybench_pipeline::parameters::{Kind, Parameters};

use super::WorkloadError;

/// What a sample of 16-bit audio is divided by.
const FULL_SCALE: u32 = 32_768;

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
    /// How the model's input comes from audio.
    pub features: Option<CardFeatures>,
    /// The raw audio of the first vectors.
    pub audio: Option<CardAudio>,
    /// What there is to learn, if the model is an extractor of features and the vectors are samples.
    pub learning: Option<CardLearning>,
}

/// What there is to learn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardLearning {
    /// File name of the stream that says so, beside the card.
    pub stream: String,
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
    /// The largest output is the answer; a label is an index into the classes.
    Classification,
    /// The output reproduces the input, and the mean squared error of that is the score. The
    /// classes are normal and anomalous, in this order.
    Anomaly,
    /// The output is the score itself, one unsigned 32-bit number, little-endian. The classes are
    /// normal and anomalous, in this order.
    #[serde(rename = "anomaly-score")]
    AnomalyScore,
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

/// The raw audio of the first `count` vectors.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardAudio {
    /// How many vectors have audio.
    pub count: usize,
    /// File of 16-bit little-endian samples, one vector after the other.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Samples of one vector.
    pub samples: usize,
}

/// How the model's input comes from audio. What a front end can't compute otherwise is named, so
/// that a card that needs something else is refused rather than misread.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CardFeatures {
    kind: FeatureKind,
    sample_rate: u32,
    full_scale: u32,
    frames: usize,
    window_samples: usize,
    window: Window,
    hop_samples: usize,
    fft_samples: usize,
    spectrum: Spectrum,
    mel_scale: MelScale,
    mel_bands: usize,
    low_hz: f64,
    high_hz: f64,
    logarithm: Logarithm,
    log_floor: f64,
    dct: Option<Dct>,
    #[serde(default)]
    coefficients: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FeatureKind {
    Mfcc,
    LogMel,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Window {
    HannPeriodic,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Spectrum {
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MelScale {
    Htk,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Logarithm {
    Natural,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
enum Dct {
    #[serde(rename = "ii-orthonormal")]
    TwoOrthonormal,
}

impl CardFeatures {
    /// What a front end needs to compute them.
    pub fn parameters(&self) -> Parameters {
        Parameters {
            kind: match self.kind {
                FeatureKind::Mfcc => Kind::Mfcc,
                FeatureKind::LogMel => Kind::LogMel,
            },
            sample_rate: self.sample_rate,
            frames: self.frames,
            window_samples: self.window_samples,
            hop_samples: self.hop_samples,
            fft_samples: self.fft_samples,
            mel_bands: self.mel_bands,
            low_hz: self.low_hz,
            high_hz: self.high_hz,
            log_floor: self.log_floor,
            coefficients: self.coefficients,
        }
    }

    fn check(&self) -> Result<(), String> {
        let problem = |text: String| format!("[features]: {text}");
        if self.full_scale != FULL_SCALE {
            return Err(problem(format!("full_scale must be {FULL_SCALE}")));
        }
        if self.dct.is_some() != (self.kind == FeatureKind::Mfcc) {
            return Err(problem("dct goes with the kind `mfcc`".to_owned()));
        }
        let parameters = self.parameters();
        parameters
            .check()
            .map_err(|error| problem(error.to_string()))
    }
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
        if let Some(quality) = &self.quality {
            let numbers = [("value", quality.value), ("threshold", quality.threshold)];
            if let Some((name, value)) = numbers.iter().find(|(_, value)| !value.is_finite()) {
                return Err(format!("quality.{name} is {value}, which is no number"));
            }
        }
        if self.learning.is_some() && self.task.is_some() {
            return Err(
                "[learning] and [task] don't go together: the stream has the labels".to_owned(),
            );
        }
        if let Some(task) = &self.task {
            let classes = task.classes.len();
            match task.kind {
                TaskKind::Classification if classes == 0 => {
                    return Err("task.classes is empty".to_owned());
                }
                TaskKind::Anomaly | TaskKind::AnomalyScore if classes != 2 => {
                    return Err(format!(
                        "task.classes has {classes} names; an anomaly has two classes, normal and \
                         anomalous"
                    ));
                }
                _ => {}
            }
        }
        self.check_audio()?;
        let files = [
            Some(&self.model.file),
            Some(&self.vectors.inputs),
            Some(&self.vectors.outputs),
            self.vectors.labels.as_ref(),
            self.audio.as_ref().map(|audio| &audio.file),
            self.learning.as_ref().map(|learning| &learning.stream),
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

    fn check_audio(&self) -> Result<(), String> {
        if let Some(features) = &self.features {
            features.check()?;
        }
        let Some(audio) = &self.audio else {
            return Ok(());
        };
        let Some(features) = &self.features else {
            return Err("[audio] needs [features], which say what is computed from it".to_owned());
        };
        match &self.task {
            None => {
                let missing = "[audio] needs [task], which says what the last stage answers";
                return Err(missing.to_owned());
            }
            Some(task) if task.kind == TaskKind::AnomalyScore => {
                return Err("an `anomaly-score` can't be measured from [audio]".to_owned());
            }
            Some(_) => {}
        }
        if !(1..=self.vectors.count).contains(&audio.count) {
            return Err(format!(
                "audio.count is {}, which must be 1 to vectors.count, {}",
                audio.count, self.vectors.count
            ));
        }
        let needed = features.parameters().samples();
        if audio.samples < needed {
            return Err(format!(
                "audio.samples is {}, but the features are computed from {needed}",
                audio.samples
            ));
        }
        Ok(())
    }
}

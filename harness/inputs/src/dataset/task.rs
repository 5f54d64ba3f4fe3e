//! The benchmarks of the suite.

use clap::ValueEnum;

/// A benchmark of MLPerf Tiny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Keyword spotting
    Kws,
    /// Visual wake words
    Vww,
    /// Image classification
    Ic,
    /// Anomaly detection
    Ad,
    /// Streaming wake word
    Sww,
}

/// How the answers of a benchmark are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The share of samples whose largest output is that of the right class.
    Top1,
    /// The area under the receiver operating characteristic.
    Auc,
}

/// How a sample is cut into inputs: a window of so many bytes each so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Bytes of one input.
    pub bytes: usize,
    /// Bytes from the start of one window to that of the next.
    pub stride: usize,
}

impl Task {
    /// The benchmark of the model that a device names in its profile. A name of another suite is
    /// none; a digit behind the stem is the model's version (`ic02` is the larger model).
    pub fn of_model(model: &str) -> Option<Self> {
        match model.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "kws" => Some(Self::Kws),
            "vww" => Some(Self::Vww),
            "ic" => Some(Self::Ic),
            "ad" => Some(Self::Ad),
            "strww" | "sww" => Some(Self::Sww),
            _ => None,
        }
    }

    /// The short name, which is also the benchmark's folder in a submission.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kws => "kws",
            Self::Vww => "vww",
            Self::Ic => "ic",
            Self::Ad => "ad",
            Self::Sww => "sww",
        }
    }

    /// The folder of the published data set.
    pub fn data_folder(self) -> &'static str {
        match self {
            Self::Kws => "kws01",
            Self::Vww => "vww01",
            Self::Ic => "ic01",
            Self::Ad => "ad01",
            Self::Sww => "sww01",
        }
    }

    /// Bytes of one input as a device takes it: 49 × 10 MFCC features, 96 × 96 and 32 × 32 pixels
    /// of three colours, 5 × 128 values of a spectrogram as `f32`, 30 × 40 features.
    pub fn input_bytes(self) -> usize {
        match self {
            Self::Kws => 49 * 10,
            Self::Vww => 96 * 96 * 3,
            Self::Ic => 32 * 32 * 3,
            Self::Ad => 5 * 128 * 4,
            Self::Sww => 30 * 40,
        }
    }

    /// How many values a device gives as its result.
    pub fn results(self) -> usize {
        match self {
            Self::Kws => 12,
            Self::Vww => 2,
            Self::Ic => 10,
            // The mean squared error of the window.
            Self::Ad => 1,
            Self::Sww => 3,
        }
    }

    /// How a sample is cut into inputs where a data set's labels don't say.
    pub fn windows(self) -> Windows {
        match self {
            Self::Ad => Windows {
                bytes: self.input_bytes(),
                stride: 128 * 4,
            },
            _ => Windows {
                bytes: self.input_bytes(),
                stride: self.input_bytes(),
            },
        }
    }

    /// How its answers are judged.
    pub fn metric(self) -> Metric {
        match self {
            Self::Ad => Metric::Auc,
            _ => Metric::Top1,
        }
    }

    /// Inferences before a window of a performance run (`tests_performance.yaml`).
    pub fn warm_ups(self) -> u32 {
        match self {
            Self::Kws | Self::Ad | Self::Sww => 10,
            Self::Vww | Self::Ic => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_s_model_names_its_task() {
        for (model, task) in [
            ("kws01", Some(Task::Kws)),
            ("vww01", Some(Task::Vww)),
            ("ic01", Some(Task::Ic)),
            ("ic02", Some(Task::Ic)),
            ("ad01", Some(Task::Ad)),
            ("strww01", Some(Task::Sww)),
            ("sww01", Some(Task::Sww)),
            ("nlp01", None),
            ("", None),
            ("01", None),
        ] {
            assert_eq!(Task::of_model(model), task, "{model}");
        }
    }
}

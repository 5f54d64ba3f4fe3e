//! The accuracy mode: how many answers are right.

use super::device::{Device, Inference};
use super::error::DeviceError;
use super::performance::infer;
use tinybench_inputs::dataset::{DatasetError, Sample};
use tinybench_inputs::dataset::{Metric, Task};
use tinybench_record::{QualityInterval, auc, interval};
use tinybench_support::progress::Progress;

/// What a device gave for a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The sample.
    pub sample: Sample,
    /// One inference for each of its inputs.
    pub inferences: Vec<Inference>,
}

/// What an accuracy run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    /// The task.
    pub task: Task,
    /// The samples that were run.
    pub samples: Vec<Judged>,
    /// How many there are in the data set.
    pub available: usize,
}

/// An accuracy run broke off.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum AccuracyError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Has the device infer every input of every sample once.
pub fn measure(
    device: &mut Device<'_>,
    task: Task,
    samples: Vec<Sample>,
    available: usize,
    progress: &mut Progress,
) -> Result<Accuracy, AccuracyError> {
    let inputs: usize = samples.iter().map(Sample::count).sum();
    progress.begin("running the data set", Some(inputs as u64));
    let mut judged = Vec::with_capacity(samples.len());
    for sample in samples {
        let mut inferences = Vec::new();
        for (index, input) in sample.inputs()?.iter().enumerate() {
            device.load(input, &format!("{}, window {index}", sample.file))?;
            inferences.push(infer(device, task, 1, 0)?);
            progress.advance(1);
        }
        judged.push(Judged { sample, inferences });
    }
    Ok(Accuracy {
        task,
        samples: judged,
        available,
    })
}

impl Accuracy {
    /// Every inference, in order.
    pub fn inferences(&self) -> impl Iterator<Item = &Inference> {
        self.samples.iter().flat_map(|judged| &judged.inferences)
    }

    /// The share of samples that were classified right; none where the task has no classes.
    pub fn top1(&self) -> Option<f64> {
        if self.task.metric() != Metric::Top1 {
            return None;
        }
        let right = self
            .samples
            .iter()
            .filter(|judged| largest(&judged.scores()) == judged.sample.class)
            .count();
        Some(right as f64 / self.samples.len() as f64)
    }

    /// The area under the receiver operating characteristic. Of several classes it is the mean of
    /// each against the others, as the reference host takes it (scikit-learn's `ovr`, `macro`).
    /// None if a class has no samples, or all of them.
    pub fn auc(&self) -> Option<f64> {
        match self.task.results() {
            // The score says how abnormal a sample is, and class 1 is abnormal.
            results @ 1..=2 => auc(&self.scores(1, results - 1)),
            classes => {
                let each: Option<Vec<f64>> = (0..classes)
                    .map(|class| auc(&self.scores(class, class)))
                    .collect();
                each.map(|each| each.iter().sum::<f64>() / classes as f64)
            }
        }
    }

    /// The confidence interval of [`Self::auc`]; none of a mean of several classes.
    pub fn auc_interval(&self) -> Option<QualityInterval> {
        let results = self.task.results();
        (results <= 2)
            .then(|| interval::of_auc(&self.scores(1, results - 1)))
            .flatten()
    }

    /// One result of each sample, and whether the sample is of this class.
    fn scores(&self, class: usize, output: usize) -> Vec<(f64, bool)> {
        let scores = |judged: &Judged| (judged.scores()[output], judged.sample.class == class);
        self.samples.iter().map(scores).collect()
    }

    /// The metric by which the task is judged.
    pub fn quality(&self) -> Option<(&'static str, f64)> {
        match self.task.metric() {
            Metric::Top1 => Some(("top1", self.top1()?)),
            Metric::Auc => Some(("auc", self.auc()?)),
        }
    }
}

impl Judged {
    /// The mean of its results; where there are several, each was first made a distribution.
    pub fn scores(&self) -> Vec<f64> {
        let count = self.inferences.len() as f64;
        let mut mean = Vec::new();
        for inference in &self.inferences {
            let results = &inference.results;
            let sum: f64 = results.iter().sum();
            let scale = match results.len() {
                1 => 1.0,
                // All zero: what is left of it by three digits. It is nothing, in every class.
                _ if sum == 0.0 => 0.0,
                _ => 1.0 / sum,
            };
            mean.resize(results.len(), 0.0);
            for (mean, value) in mean.iter_mut().zip(results) {
                *mean += value * scale / count;
            }
        }
        mean
    }
}

/// The index of the largest value, the first of equals.
fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_the_first_of_equals() {
        assert_eq!(largest(&[0.1, 0.4, 0.4]), 1);
        assert_eq!(largest(&[0.0, 0.0]), 0);
    }
}

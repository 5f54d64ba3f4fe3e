//! The accuracy mode: how many answers are right.

use super::dataset::{DatasetError, Sample};
use super::device::{Device, Inference};
use super::error::DeviceError;
use super::performance::infer;
use super::task::{Metric, Task};
use crate::progress::Progress;

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
        let scores: Vec<(Vec<f64>, usize)> = self
            .samples
            .iter()
            .map(|judged| (judged.scores(), judged.sample.class))
            .collect();
        let of_class = |class: usize, output: usize| {
            let scores = scores
                .iter()
                .map(|(scores, label)| (scores[output], *label == class));
            auc(&scores.collect::<Vec<_>>())
        };
        match self.task.results() {
            // The score says how abnormal a sample is, and class 1 is abnormal.
            1 => of_class(1, 0),
            2 => of_class(1, 1),
            classes => {
                let each: Option<Vec<f64>> =
                    (0..classes).map(|class| of_class(class, class)).collect();
                each.map(|each| each.iter().sum::<f64>() / classes as f64)
            }
        }
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

/// The area under the curve, in the form of Mann and Whitney (Hanley and McNeil, Radiology 143,
/// 1982): the probability that one of the class has a higher score than one of the others, a tie
/// counting one half. By ranks, because data sets are large.
fn auc(scores: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = sorted.iter().filter(|(_, label)| *label).count();
    let negatives = sorted.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut rank_sum = 0.0;
    let mut start = 0;
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        // Ranks count from 1; equals share their mean.
        let rank = start as f64 + (tied.len() + 1) as f64 / 2.0;
        rank_sum += rank * tied.iter().filter(|(_, label)| *label).count() as f64;
        start += tied.len();
    }
    let (positives, negatives) = (positives as f64, negatives as f64);
    let wins = rank_sum - positives * (positives + 1.0) / 2.0;
    Some(wins / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_pairs_in_the_right_order_and_ties_half() {
        let scores = |normal: &[f64], anomalous: &[f64]| -> Vec<(f64, bool)> {
            let with = |label| move |&score: &f64| (score, label);
            let normal = normal.iter().map(with(false));
            normal.chain(anomalous.iter().map(with(true))).collect()
        };
        assert_eq!(auc(&scores(&[1.0, 2.0], &[3.0, 4.0])), Some(1.0));
        assert_eq!(auc(&scores(&[3.0, 4.0], &[1.0, 2.0])), Some(0.0));
        assert_eq!(auc(&scores(&[1.0, 1.0], &[1.0])), Some(0.5));
        assert_eq!(auc(&scores(&[1.0, 2.0, 5.0], &[2.0, 6.0])), Some(4.5 / 6.0));
        assert_eq!(auc(&scores(&[1.0], &[])), None);
    }

    #[test]
    fn the_largest_is_the_first_of_equals() {
        assert_eq!(largest(&[0.1, 0.4, 0.4]), 1);
        assert_eq!(largest(&[0.0, 0.0]), 0);
    }
}

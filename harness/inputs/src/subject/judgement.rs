//! How the answers for vectors with labels are judged.

use clap::ValueEnum;

use super::samples::Samples;
use crate::runtimes::ModelFacts;
use crate::vectors::labels::Labels;
use crate::workload::TaskKind;

/// A figure for the quality of the answers. Of several outputs the first is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Metric {
    /// Share of vectors whose largest output is at the label's position, from 0
    Top1,
    /// Area under the ROC curve; label 1 is what is to be found, 0 is not; the score is the only
    /// output, or the second of two
    Auc,
    /// The same of an auto-encoder: the score is the mean squared error between output and input
    AucMse,
    /// Root of the mean squared error; the labels are the values that the output should have
    Rmse,
    /// Mean absolute error; the labels are the values that the output should have
    Mae,
    /// [`Self::Auc`] of a score that is an unsigned 32-bit number in four bytes.
    #[value(skip)]
    AucOfBits,
}

impl Metric {
    /// As a record and `--metric` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Top1 => "top1",
            Self::Auc | Self::AucMse | Self::AucOfBits => "auc",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
        }
    }
}

/// What the answers are compared with, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The figure.
    pub metric: Metric,
    /// One row for each sample.
    pub labels: Labels,
    /// The real inputs of all inferences, for an auto-encoder whose error is that against them; those
    /// that the model was given, where there are none.
    pub real_inputs: Option<Vec<f32>>,
}

impl Judgement {
    /// By the labels of the user, which have to fit the model and the samples that there are. The
    /// error says what doesn't.
    pub fn new(
        metric: Metric,
        labels: Labels,
        facts: &ModelFacts,
        samples: usize,
    ) -> Result<Self, String> {
        let width = labels.width;
        if labels.count() != samples {
            return Err(format!("{} labels, but {samples} vectors", labels.count()));
        }
        let outputs = facts.output_elements();
        let numbers = match metric {
            Metric::Rmse | Metric::Mae => outputs,
            _ => 1,
        };
        if width != numbers {
            return Err(format!(
                "{width} numbers for each vector, and {} needs {numbers}",
                metric.name()
            ));
        }
        let fits = |value: &&f64| match metric {
            Metric::Top1 => value.fract() == 0.0 && (0.0..outputs as f64).contains(*value),
            Metric::Auc | Metric::AucMse | Metric::AucOfBits => **value == 0.0 || **value == 1.0,
            Metric::Rmse | Metric::Mae => value.is_finite(),
        };
        if let Some(value) = labels.values.iter().find(|value| !fits(value)) {
            let expected = match metric {
                Metric::Top1 => format!("a whole number from 0 to {}", outputs.saturating_sub(1)),
                Metric::Auc | Metric::AucMse | Metric::AucOfBits => "0 or 1".to_owned(),
                Metric::Rmse | Metric::Mae => "a number".to_owned(),
            };
            return Err(format!(
                "a label {value}, and for {} it has to be {expected}",
                metric.name()
            ));
        }
        match metric {
            Metric::Auc if outputs > 2 => Err(format!(
                "labels for a score, but the model has {outputs} outputs; auc takes one or two"
            )),
            Metric::AucMse if facts.inputs() != facts.outputs() => Err(format!(
                "labels for an auto-encoder, but the model has {} inputs and {} outputs",
                facts.inputs(),
                facts.outputs()
            )),
            _ => Ok(Self {
                metric,
                labels,
                real_inputs: None,
            }),
        }
    }

    /// By the labels of a workload, whose card was compared with its model.
    pub(super) fn of_card(task: TaskKind, labels: &[u8]) -> Self {
        Self {
            metric: match task {
                TaskKind::Classification => Metric::Top1,
                TaskKind::Anomaly => Metric::AucMse,
                TaskKind::AnomalyScore => Metric::AucOfBits,
            },
            labels: Labels::classes(labels),
            real_inputs: None,
        }
    }

    /// Which inferences of a sample are judged: of a sequence that of its last step, of a sample that
    /// is cut into windows all of them.
    pub fn judged(samples: &Samples, sample: usize) -> std::ops::Range<usize> {
        let all = samples.inferences(sample);
        match samples {
            Samples::Sequences { .. } => all.end - 1..all.end,
            _ => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tinybench_interpreter::ElementType;
    use tinybench_pipeline::Quantisation;

    use super::*;
    use crate::runtimes::TensorFacts;

    fn refused(metric: Metric, outputs: usize, labels: &str) -> String {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let tensor = |bytes| TensorFacts::flat(bytes, ElementType::Int8, one);
        let facts = ModelFacts::of(vec![tensor(5)], vec![tensor(outputs)]);
        let labels = Labels::parse(labels, Path::new("l")).unwrap();
        match Judgement::new(metric, labels, &facts, 2) {
            Ok(_) => "fits".to_owned(),
            Err(problem) => problem,
        }
    }

    #[test]
    fn labels_have_to_fit_the_model_and_the_metric() {
        for (metric, outputs, labels, expected) in [
            (Metric::Top1, 3, "0\n2", "fits"),
            (Metric::Auc, 2, "0\n1", "fits"),
            (Metric::AucMse, 5, "0\n1", "fits"),
            (Metric::Rmse, 2, "0.5,1\n1,2", "fits"),
            (Metric::Top1, 3, "0\n2\n1", "3 labels, but 2 vectors"),
            (
                Metric::Top1,
                3,
                "0\n3",
                "a label 3, and for top1 it has to be a whole number from 0 to 2",
            ),
            (
                Metric::Top1,
                3,
                "0.5\n1",
                "a label 0.5, and for top1 it has to be a whole number from 0 to 2",
            ),
            (
                Metric::Auc,
                1,
                "0\n2",
                "a label 2, and for auc it has to be 0 or 1",
            ),
            (
                Metric::Auc,
                3,
                "0\n1",
                "labels for a score, but the model has 3 outputs; auc takes one or two",
            ),
            (
                Metric::AucMse,
                3,
                "0\n1",
                "labels for an auto-encoder, but the model has 5 inputs and 3 outputs",
            ),
            (
                Metric::Mae,
                3,
                "1\n2",
                "1 numbers for each vector, and mae needs 3",
            ),
            (
                Metric::Mae,
                1,
                "1\ninf",
                "a label inf, and for mae it has to be a number",
            ),
        ] {
            assert_eq!(refused(metric, outputs, labels), expected);
        }
    }
}

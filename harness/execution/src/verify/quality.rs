//! How good the answers are that a target gives, by labels.

use tinybench_interpreter::ElementType;
use tinybench_pipeline::answer::mean_squared_error;

use crate::verify::TargetOutputs;
use tinybench_inputs::runtimes::{ModelFacts, TensorFacts};
use tinybench_inputs::subject::{Judgement, Metric, Samples};
use tinybench_record as record;
use tinybench_record::{auc, interval};
use tinybench_support::float;

/// Judges the outputs of the inferences that were run, of which `samples` are made up. `inputs` are
/// those of all inferences. `None` where what was run doesn't allow a judgement: anomalies can only be
/// told from something normal.
pub fn judge(
    judgement: &Judgement,
    facts: &ModelFacts,
    inputs: &[u8],
    samples: &Samples,
    outputs: &TargetOutputs,
) -> Option<record::Quality> {
    let output = facts.output_tensors.first()?;
    let labels = &judgement.labels;
    let mut judged = Vec::new();
    for sample in outputs.samples(samples) {
        let all = Judgement::judged(samples, sample);
        let first = outputs.vectors.binary_search(&all.start).ok()?;
        let each = all.clone().zip(first..).map(|(inference, run)| {
            let output_bytes = &outputs.bytes[run * facts.output_bytes..][..facts.output_bytes];
            let input = &inputs[inference * facts.input_bytes..][..facts.input_bytes];
            match judgement.metric {
                Metric::AucMse => vec![reconstruction(
                    judgement,
                    facts,
                    inference,
                    input,
                    output_bytes,
                )],
                Metric::AucOfBits => vec![bits(output_bytes)],
                _ => real_values(output, output_bytes),
            }
        });
        judged.push((mean(each, all.len()), labels.of(sample)));
    }
    let count = judged.len();
    let (value, interval) = match judgement.metric {
        Metric::Top1 => {
            let right = judged
                .iter()
                .filter(|(output, label)| label.first() == Some(&(largest(output) as f64)));
            let share = right.count() as f64 / count as f64;
            (share, record::QualityInterval::wilson(share, count as u64))
        }
        Metric::Auc | Metric::AucMse | Metric::AucOfBits => {
            let scores = judged
                .iter()
                .filter_map(|(output, label)| Some((*output.last()?, *label.first()? == 1.0)));
            let scores: Vec<_> = scores.collect();
            (auc(&scores)?, interval::of_auc(&scores))
        }
        Metric::Rmse => mean_error(&judged, |error| error * error, f64::sqrt)?,
        Metric::Mae => mean_error(&judged, f64::abs, |mean| mean)?,
    };
    // An output that is no number, or infinite, has no error that a record could hold.
    value.is_finite().then(|| record::Quality {
        metric: judgement.metric.name().to_owned(),
        value,
        samples: count as u64,
        interval,
        other: record::Other::new(),
    })
}

/// The mean of several inferences, value by value.
fn mean(each: impl Iterator<Item = Vec<f64>>, count: usize) -> Vec<f64> {
    let mut sum = Vec::new();
    for values in each {
        sum.resize(values.len(), 0.0);
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += value;
        }
    }
    sum.iter_mut().for_each(|it| *it /= count as f64);
    sum
}

/// What the values of a tensor stand for. `bytes` may go on behind it.
fn real_values(tensor: &TensorFacts, bytes: &[u8]) -> Vec<f64> {
    let bytes = &bytes[..tensor.bytes];
    if tensor.element_type == ElementType::Float32 {
        return float::values(bytes).map(f64::from).collect();
    }
    let quantisation = tensor.quantisation;
    let elements = bytes.chunks_exact(tensor.element_type.bytes());
    let real = |element: &[u8]| {
        let steps =
            super::whole(tensor.element_type, element) - i128::from(quantisation.zero_point);
        f64::from(quantisation.scale) * steps as f64
    };
    elements.map(real).collect()
}

/// How badly an auto-encoder reproduced its input: the mean squared error of all values.
fn reconstruction(
    judgement: &Judgement,
    facts: &ModelFacts,
    inference: usize,
    input: &[u8],
    output: &[u8],
) -> f64 {
    let whole = |types: &[TensorFacts]| types.iter().all(|it| it.element_type == ElementType::Int8);
    if let Some(reals) = &judgement.real_inputs {
        let reals = &reals[inference * facts.inputs()..][..facts.inputs()];
        return mean_squared_difference(
            reals.iter().copied().map(f64::from),
            all_values(&facts.output_tensors, output),
        );
    }
    if whole(&facts.input_tensors) && whole(&facts.output_tensors) {
        // To the bit as a target with this stage computes it.
        let [input, output] = [input, output].map(signed);
        return mean_squared_error(&input, facts.input, &output, facts.output).into();
    }
    mean_squared_difference(
        all_values(&facts.input_tensors, input),
        all_values(&facts.output_tensors, output),
    )
}

/// The real values of several tensors, one after the other.
fn all_values(tensors: &[TensorFacts], bytes: &[u8]) -> impl Iterator<Item = f64> {
    let mut begin = 0;
    tensors.iter().flat_map(move |tensor| {
        let values = real_values(tensor, &bytes[begin..]);
        begin += tensor.bytes;
        values
    })
}

fn mean_squared_difference(
    one: impl Iterator<Item = f64>,
    other: impl Iterator<Item = f64>,
) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for (one, other) in one.zip(other) {
        sum += (one - other) * (one - other);
        count += 1;
    }
    sum / f64::from(count.max(1))
}

/// An output that is a score in 32 bits.
fn bits(output: &[u8]) -> f64 {
    let (_, score) = output.split_last_chunk().unwrap_or((&[], &[0; 4]));
    u32::from_le_bytes(*score).into()
}

/// The `figure` of the mean of what `error` makes of the difference of every output from its target, and
/// its interval.
fn mean_error(
    judged: &[(Vec<f64>, &[f64])],
    error: fn(f64) -> f64,
    figure: fn(f64) -> f64,
) -> Option<(f64, Option<record::QualityInterval>)> {
    // Every sample has as many outputs, so the mean of their means is that of all.
    let each: Vec<f64> = judged
        .iter()
        .filter(|(output, label)| !output.is_empty() && !label.is_empty())
        .map(|(output, label)| {
            let errors = output.iter().zip(*label);
            let sum: f64 = errors.map(|(output, target)| error(output - target)).sum();
            sum / output.len().min(label.len()) as f64
        })
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    (!each.is_empty()).then(|| (figure(mean), interval::of_mean(&each, figure)))
}

/// Index of the largest value, the first of equals. What is no number is never it.
fn largest(values: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, value) in values.iter().enumerate() {
        if *value > best.1 {
            best = (index, *value);
        }
    }
    best.0
}

fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}

#[cfg(test)]
mod tests {
    use tinybench_inputs::vectors::labels::Labels;
    use tinybench_pipeline::Quantisation;

    use super::*;

    fn outputs(vectors: &[usize], bytes: &[i8]) -> TargetOutputs {
        TargetOutputs {
            vectors: vectors.to_vec(),
            bytes: bytes.iter().map(|byte| byte.cast_unsigned()).collect(),
        }
    }

    fn tensor(bytes: usize, scale: f32, zero_point: i32) -> TensorFacts {
        let quantisation = Quantisation { scale, zero_point };
        TensorFacts::flat(bytes, ElementType::Int8, quantisation)
    }

    fn judgement(metric: Metric, width: usize, labels: &[f64]) -> Judgement {
        Judgement {
            metric,
            labels: Labels {
                values: labels.to_vec(),
                width,
            },
            real_inputs: None,
        }
    }

    #[test]
    fn top1_is_the_share_of_right_answers() {
        // Labels of four vectors of which the second and the fourth were run.
        let outputs = outputs(&[1, 3], &[-128, -1, -5, 3, 3, -128]);
        let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![tensor(3, 0.5, 9)]);
        let by_class = judgement(Metric::Top1, 1, &[9.0, 1.0, 9.0, 1.0]);
        let judged = judge(&by_class, &facts, &[0; 4], &Samples::Each(4), &outputs).unwrap();
        assert_eq!(
            (judged.metric.as_str(), judged.value, judged.samples),
            ("top1", 0.5, 2)
        );
    }

    #[test]
    fn a_sequence_is_judged_by_its_last_step_and_windows_by_their_mean() {
        let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![tensor(2, 1.0, 0)]);
        let judge = |samples: &Samples, label: f64| {
            let outputs = outputs(&[2, 3], &[9, 0, 0, 7]);
            let by_class = judgement(Metric::Top1, 1, &[5.0, label]);
            judge(&by_class, &facts, &[0; 4], samples, &outputs).unwrap()
        };
        let sequences = judge(&Samples::of(4, 2), 1.0);
        assert_eq!((sequences.value, sequences.samples), (1.0, 1));
        let windows = judge(&Samples::Windows(vec![2, 4]), 0.0);
        assert_eq!((windows.value, windows.samples), (1.0, 1));
    }

    #[test]
    fn errors_are_those_of_real_values() {
        // Real outputs: 1.0 and 3.0; -1.0 and 0.0.
        let outputs = outputs(&[0, 1], &[4, 8, 0, 2]);
        let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![tensor(2, 0.5, 2)]);
        let value = |metric| {
            let targets = judgement(metric, 2, &[1.0, 1.0, -1.0, 4.0]);
            let samples = Samples::Each(2);
            judge(&targets, &facts, &[0; 2], &samples, &outputs)
                .unwrap()
                .value
        };
        assert_eq!(value(Metric::Rmse), 5.0_f64.sqrt());
        assert_eq!(value(Metric::Mae), 1.5);
    }

    #[test]
    fn a_score_is_the_only_output_or_the_second_of_two() {
        let labels = judgement(Metric::Auc, 1, &[0.0, 1.0]);
        let value = |bytes: usize, values: &[i8]| {
            let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![tensor(bytes, 0.1, 0)]);
            let outputs = outputs(&[0, 1], values);
            judge(&labels, &facts, &[0; 2], &Samples::Each(2), &outputs)
                .unwrap()
                .value
        };
        assert_eq!(value(1, &[-5, 6]), 1.0);
        assert_eq!(value(2, &[-5, 7, 5, -7]), 0.0);
    }

    #[test]
    fn a_real_output_that_is_no_number_has_no_error() {
        let real = TensorFacts {
            element_type: ElementType::Float32,
            ..tensor(4, 1.0, 0)
        };
        let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![real]);
        let outputs = TargetOutputs {
            vectors: vec![0],
            bytes: f32::NAN.to_le_bytes().to_vec(),
        };
        let targets = judgement(Metric::Mae, 1, &[1.0]);
        assert_eq!(
            judge(&targets, &facts, &[0], &Samples::Each(1), &outputs),
            None
        );
    }

    #[test]
    fn a_score_of_32_bits_is_taken_as_it_is() {
        let facts = ModelFacts::of(vec![tensor(1, 1.0, 0)], vec![tensor(4, 1.0, 0)]);
        // 255 and 256: the second byte counts more than the first.
        let outputs = outputs(&[1, 3], &[-1, 0, 0, 0, 0, 1, 0, 0]);
        let labels = judgement(Metric::AucOfBits, 1, &[9.0, 0.0, 9.0, 1.0]);
        let judged = judge(&labels, &facts, &[0; 4], &Samples::Each(4), &outputs);
        assert_eq!(judged.unwrap().value, 1.0);
    }

    #[test]
    fn an_anomaly_is_scored_by_the_real_values_of_input_and_output() {
        let facts = ModelFacts::of(vec![tensor(2, 1.0, 0)], vec![tensor(2, 0.5, 4)]);
        // Reproduced exactly: [3, -1] is 0.5 * [10 - 4, 2 - 4]. And badly: [0, 0] as [4, 4].
        let inputs = [3_i8, -1, 0, 0].map(i8::cast_unsigned);
        let outputs = outputs(&[0, 1], &[10, 2, 12, 12]);
        let mut labels = judgement(Metric::AucMse, 1, &[0.0, 1.0]);
        let samples = Samples::Each(2);
        let scores = [(&inputs[..2], [10_u8, 2]), (&inputs[2..], [12, 12])]
            .map(|(input, output)| reconstruction(&labels, &facts, 0, input, &output));
        assert_eq!(scores, [0.0, 16.0]);
        let quality = judge(&labels, &facts, &inputs, &samples, &outputs).unwrap();
        assert_eq!(
            (quality.metric.as_str(), quality.value, quality.samples),
            ("auc", 1.0, 2)
        );
        // Against what the input was before it was quantised: now the first is the worse one.
        labels.real_inputs = Some(vec![30.0, -1.0, 4.0, 4.0]);
        let quality = judge(&labels, &facts, &inputs, &samples, &outputs).unwrap();
        assert_eq!(quality.value, 0.0);
        // Without anything normal there is nothing to tell.
        let only = judgement(Metric::AucMse, 1, &[1.0, 1.0]);
        assert_eq!(judge(&only, &facts, &inputs, &samples, &outputs), None);
    }
}

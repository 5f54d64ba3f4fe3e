//! How good the answers are that a target gives, by the labels of a workload.

use tinybench_interpreter::ElementType;
use tinybench_pipeline::answer::{largest, mean_squared_error};

use crate::verify::TargetOutputs;
use tinybench_inputs::float;
use tinybench_inputs::runtimes::ModelFacts;
use tinybench_inputs::workload::TaskKind;
use tinybench_record as record;

/// Judges the outputs of the vectors that were run. `inputs` and `labels` are those of all
/// vectors. `None` where the vectors that were run don't allow a judgement: anomalies can only be
/// told from something normal.
pub fn judge(
    task: TaskKind,
    facts: &ModelFacts,
    inputs: &[u8],
    labels: &[u8],
    outputs: &TargetOutputs,
) -> Option<record::Quality> {
    let (metric, value) = match task {
        TaskKind::Classification => ("top1", top1(facts, outputs, labels)),
        TaskKind::Anomaly => ("auc", auc(&scores(facts, inputs, labels, outputs))?),
        TaskKind::AnomalyScore => ("auc", auc(&given_scores(facts, labels, outputs))?),
    };
    Some(record::Quality {
        metric: metric.to_owned(),
        value,
        samples: outputs.vectors.len() as u64,
        other: record::Other::new(),
    })
}

/// The share of vectors whose largest output (the first of equals) is at the index that `labels`,
/// which has one entry for each vector of the workload, says.
fn top1(facts: &ModelFacts, outputs: &TargetOutputs, labels: &[u8]) -> f64 {
    let answer = |output: &[u8]| match facts.output_type {
        ElementType::Float32 => float::largest(output),
        _ => largest(&signed(output)),
    };
    let right = outputs
        .by_vector(facts.output_bytes)
        .filter(|&(vector, output)| answer(output) == usize::from(labels[vector]))
        .count();
    right as f64 / outputs.vectors.len() as f64
}

/// The score of each vector that was run, and whether its label says that it is an anomaly.
fn scores(
    facts: &ModelFacts,
    inputs: &[u8],
    labels: &[u8],
    outputs: &TargetOutputs,
) -> Vec<(f64, bool)> {
    outputs
        .by_vector(facts.output_bytes)
        .map(|(vector, output)| {
            let input = &inputs[vector * facts.input_bytes..][..facts.input_bytes];
            let score = match facts.output_type {
                ElementType::Float32 => float::mean_squared_error(input, output),
                _ => mean_squared_error(&signed(input), facts.input, &signed(output), facts.output),
            };
            (f64::from(score), labels[vector] != 0)
        })
        .collect()
}

/// The same where the output is the score, in 32 bits.
fn given_scores(facts: &ModelFacts, labels: &[u8], outputs: &TargetOutputs) -> Vec<(f64, bool)> {
    outputs
        .by_vector(facts.output_bytes)
        .map(|(vector, output)| {
            let (_, score) = output.split_last_chunk().unwrap_or((&[], &[0; 4]));
            (u32::from_le_bytes(*score).into(), labels[vector] != 0)
        })
        .collect()
}

/// The area under the receiver operating characteristic, in the form of Mann and Whitney: the
/// probability that an anomaly has a higher score than something normal, a tie counting one half
/// (J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating
/// characteristic (ROC) curve", Radiology 143, 1982). By ranks, because data sets are large. `None`
/// if there are only anomalies or none.
pub fn auc(scores: &[(f64, bool)]) -> Option<f64> {
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

fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}

#[cfg(test)]
mod tests {
    use tinybench_interpreter::ElementType;
    use tinybench_pipeline::Quantisation;

    use super::*;

    fn outputs(vectors: &[usize], bytes: &[i8]) -> TargetOutputs {
        TargetOutputs {
            vectors: vectors.to_vec(),
            bytes: bytes.iter().map(|byte| byte.cast_unsigned()).collect(),
        }
    }

    #[test]
    fn top1_is_the_share_of_right_answers() {
        // Labels of four vectors of which the second and the fourth were run.
        let outputs = outputs(&[1, 3], &[-128, -1, -5, 3, 3, -128]);
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let facts = ModelFacts {
            input_bytes: 1,
            output_bytes: 3,
            macs: 0,
            parameters: 0,
            arena_bytes: 0,
            input: one,
            output: one,
            input_type: ElementType::Int8,
            output_type: ElementType::Int8,
            compressed: false,
        };
        assert_eq!(top1(&facts, &outputs, &[9, 1, 9, 1]), 0.5);
    }

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
        // Of six pairs four are in order and one is a tie.
        assert_eq!(auc(&scores(&[1.0, 2.0, 5.0], &[2.0, 6.0])), Some(4.5 / 6.0));
        assert_eq!(auc(&scores(&[1.0], &[])), None);
    }

    #[test]
    fn a_score_of_32_bits_is_taken_as_it_is() {
        let quantisation = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let facts = ModelFacts {
            input_bytes: 1,
            output_bytes: 4,
            macs: 0,
            parameters: 0,
            arena_bytes: 0,
            input: quantisation,
            output: quantisation,
            input_type: ElementType::Int8,
            output_type: ElementType::Int8,
            compressed: false,
        };
        // 255 and 256: the second byte counts more than the first.
        let outputs = outputs(&[1, 3], &[-1, 0, 0, 0, 0, 1, 0, 0]);
        let judged = judge(TaskKind::AnomalyScore, &facts, &[], &[9, 0, 9, 1], &outputs);
        assert_eq!(judged.unwrap().value, 1.0);
    }

    #[test]
    fn an_anomaly_is_scored_by_the_real_values_of_input_and_output() {
        let quantisation = |scale, zero_point| Quantisation { scale, zero_point };
        let facts = ModelFacts {
            input_bytes: 2,
            output_bytes: 2,
            macs: 0,
            parameters: 0,
            arena_bytes: 0,
            input: quantisation(1.0, 0),
            output: quantisation(0.5, 4),
            input_type: ElementType::Int8,
            output_type: ElementType::Int8,
            compressed: false,
        };
        // Reproduced exactly: [3, -1] is 0.5 * [10 - 4, 2 - 4]. And badly: [0, 0] as [4, 4].
        let inputs = [3_i8, -1, 0, 0].map(i8::cast_unsigned);
        let outputs = outputs(&[0, 1], &[10, 2, 12, 12]);
        let expected = [(0.0, false), (16.0, true)];
        assert_eq!(scores(&facts, &inputs, &[0, 1], &outputs), expected);
        let quality = judge(TaskKind::Anomaly, &facts, &inputs, &[0, 1], &outputs).unwrap();
        assert_eq!(
            (quality.metric.as_str(), quality.value, quality.samples),
            ("auc", 1.0, 2)
        );
        // Without anything normal there is nothing to tell.
        assert_eq!(
            judge(TaskKind::Anomaly, &facts, &inputs, &[1, 1], &outputs),
            None
        );
    }
}

//! Comparing how well anomalies are told: the areas under two receiver operating characteristics.

use super::quality::judge;
use super::{Expected, TargetOutputs};
use tinybench_inputs::runtimes::ModelFacts;
use tinybench_inputs::subject::{Judgement, Metric};
use tinybench_record as record;

/// By how much the area under the target's characteristic may differ from that under the reference's.
const TOLERANCE: f64 = 0.01;

/// What answers are judged by.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// The labels, and the figure.
    pub judgement: &'a Judgement,
    /// The model.
    pub facts: &'a ModelFacts,
    /// The inputs of all inferences.
    pub inputs: &'a [u8],
}

impl Judged<'_> {
    /// Whether the answer is how unlike everything normal something is.
    pub fn tells_anomalies(&self) -> bool {
        matches!(
            self.judgement.metric,
            Metric::Auc | Metric::AucMse | Metric::AucOfBits
        )
    }
}

/// Anomalies aren't told as they are by the reference.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OtherArea {
    /// The areas differ.
    #[error(
        "anomalies are told otherwise than by the reference: the area under the ROC curve is {found:.4} \
         and should be {reference:.4}, {TOLERANCE} more or less"
    )]
    Differs {
        /// That of the reference.
        reference: f64,
        /// That of the target.
        found: f64,
    },
    /// There are none.
    #[error(
        "whether anomalies are told as by the reference can't be said: of the vectors that were run all \
         are anomalies, or none is\n  help: run more of them with --vectors"
    )]
    OneClass,
    /// An area can't be computed.
    #[error(
        "whether anomalies are told as by the reference can't be said: the outputs of {0} have no area under \
         the ROC curve; not all inferences of a vector were run, or a label is missing"
    )]
    None(&'static str),
}

/// The areas under both characteristics.
///
/// # Errors
/// They differ by more than [`TOLERANCE`], or one of them can't be computed.
pub fn compare(
    outputs: &TargetOutputs,
    expected: &Expected,
    judged: Judged,
) -> Result<record::Areas, OtherArea> {
    let each = expected.each();
    let of_reference = outputs.vectors.iter();
    let of_reference = of_reference.flat_map(|it| &expected.bytes[it * each..][..each]);
    let reference = TargetOutputs {
        vectors: outputs.vectors.clone(),
        bytes: of_reference.copied().collect(),
    };
    let Judged {
        judgement,
        facts,
        inputs,
    } = judged;
    let labels = outputs.samples(expected.samples);
    let mut labels = labels.filter_map(|it| judgement.labels.of(it).first());
    let is_anomaly = |label: &f64| *label == 1.0;
    if let Some(first) = labels.next()
        && labels.all(|it| is_anomaly(it) == is_anomaly(first))
    {
        return Err(OtherArea::OneClass);
    }
    let area = |whose, outputs: &TargetOutputs| {
        let quality = judge(judgement, facts, inputs, expected.samples, outputs);
        quality.map(|it| it.value).ok_or(OtherArea::None(whose))
    };
    let reference = area("the reference", &reference)?;
    let found = area("the target", outputs)?;
    match (reference - found).abs() <= TOLERANCE {
        true => Ok(record::Areas {
            reference,
            found,
            tolerance: TOLERANCE,
            other: record::Other::new(),
        }),
        false => Err(OtherArea::Differs { reference, found }),
    }
}

#[cfg(test)]
mod tests {
    use tinybench_inputs::runtimes::TensorFacts;
    use tinybench_inputs::runtimes::manifest::Agreement;
    use tinybench_inputs::subject::Samples;
    use tinybench_inputs::vectors::labels::Labels;
    use tinybench_interpreter::ElementType;
    use tinybench_pipeline::Quantisation;

    use super::super::verify;
    use super::*;
    use tinybench_record::AgreementKind;

    /// Scores of these vectors against the reference 1, 2, 9, 8, of which the last two are anomalies.
    fn compared(vectors: &[usize], scores: &[u8]) -> Result<record::Outputs, String> {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let tensor = TensorFacts::flat(1, ElementType::Int8, one);
        let facts = ModelFacts::of(vec![tensor.clone()], vec![tensor]);
        let judgement = Judgement {
            metric: Metric::Auc,
            labels: Labels::classes(&[0, 0, 1, 1]),
            real_inputs: None,
        };
        let expected = Expected {
            bytes: &[1, 2, 9, 8],
            tensors: &facts.output_tensors,
            samples: &Samples::Each(4),
            reference: "by hand",
            tolerance: 0.0,
            agreement: Agreement::Answer,
            judged: Some(Judged {
                judgement: &judgement,
                facts: &facts,
                inputs: &[0; 4],
            }),
        };
        let outputs = TargetOutputs {
            vectors: vectors.to_vec(),
            bytes: scores.to_vec(),
        };
        verify(&outputs, &expected).map_err(|error| error.to_string())
    }

    #[test]
    fn other_scores_in_the_same_order_agree() {
        let outputs = compared(&[0, 1, 2, 3], &[4, 0, 60, 5]).unwrap();
        let agreement = outputs.agreement.unwrap();
        assert_eq!(agreement.kind, AgreementKind::Auc);
        let areas = agreement.auc.unwrap();
        assert_eq!((areas.reference, areas.found), (1.0, 1.0));
        let largest = outputs.largest_difference.unwrap();
        assert_eq!((outputs.mismatches, outputs.max_abs_diff), (4, 51));
        assert_eq!(
            (
                largest.vector,
                largest.index,
                largest.reference,
                largest.found
            ),
            (2, 0, 9.0, 60.0)
        );
    }

    #[test]
    fn another_order_is_told_with_both_areas() {
        let error = compared(&[0, 1, 2, 3], &[1, 9, 9, 8]).unwrap_err();
        assert!(error.contains("is 0.6250 and should be 1.0000"), "{error}");
        let error = compared(&[0, 1], &[1, 2]).unwrap_err();
        assert!(error.contains("run more of them"), "{error}");
        let error = compared(&[], &[]).unwrap_err();
        assert!(error.contains("the reference have no area"), "{error}");
    }
}

//! Comparing what the target computed with the reference, value by value.

pub mod float;
pub mod learning;
pub mod quality;

use tinybench_interface::Task;
use tinybench_pipeline::answer::{largest, mean_squared_error};

use tinybench_inputs::runtimes::ModelFacts;
use tinybench_record as record;

/// The outputs of the vectors that were run on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOutputs {
    /// Which vectors were run, as indices into the reference.
    pub vectors: Vec<usize>,
    /// Their outputs, int8, in the same order, one after the other.
    pub bytes: Vec<u8>,
}

impl TargetOutputs {
    /// Each vector's index and output of `output_bytes` bytes.
    pub fn by_vector(&self, output_bytes: usize) -> impl Iterator<Item = (usize, &[u8])> {
        let outputs = self.bytes.chunks_exact(output_bytes);
        self.vectors.iter().copied().zip(outputs)
    }
}

/// The first byte that differs, and how many do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the output differs from the reference: vector {vector}, index {index}: expected {expected}, \
     got {got} ({mismatches} of {bytes_compared} bytes differ, by at most {max_abs_diff})"
)]
pub struct Mismatch {
    /// Index of the vector in the reference.
    pub vector: usize,
    /// Index of the byte in that vector's output.
    pub index: usize,
    /// The reference.
    pub expected: i8,
    /// What the target computed.
    pub got: i8,
    /// How many bytes differ in all.
    pub mismatches: u64,
    /// How many were compared.
    pub bytes_compared: u64,
    /// The largest difference.
    pub max_abs_diff: u32,
}

/// Compares `outputs` with `expected`, which holds the reference outputs of all vectors,
/// `output_bytes` each. `reference` says what made them.
pub fn verify(
    outputs: &TargetOutputs,
    expected: &[u8],
    output_bytes: usize,
    reference: &str,
) -> Result<record::Outputs, Mismatch> {
    let mut first = None;
    let mut mismatches = 0;
    let mut max_abs_diff = 0;
    for (vector, got) in outputs.by_vector(output_bytes) {
        let expected = &expected[vector * output_bytes..][..output_bytes];
        for (index, (&expected, &got)) in expected.iter().zip(got).enumerate() {
            let (expected, got) = (expected.cast_signed(), got.cast_signed());
            if expected != got {
                mismatches += 1;
                max_abs_diff = max_abs_diff.max(u32::from(expected.abs_diff(got)));
                first.get_or_insert((vector, index, expected, got));
            }
        }
    }
    let bytes_compared = outputs.bytes.len() as u64;
    if let Some((vector, index, expected, got)) = first {
        return Err(Mismatch {
            vector,
            index,
            expected,
            got,
            mismatches,
            bytes_compared,
            max_abs_diff,
        });
    }
    Ok(record::Outputs {
        reference: reference.to_owned(),
        vectors: outputs.vectors.len() as u64,
        bytes_compared,
        mismatches: 0,
        max_abs_diff: 0,
        verified: true,
        float: None,
        other: record::Other::new(),
    })
}

/// The most by which a feature that a target computed may differ from the reference, in steps of
/// the model's input: features are computed in float32 and rounded, and a value close to the
/// middle of two steps may fall to either.
pub const FEATURE_TOLERANCE: u32 = 1;

/// The first feature that differs by more than [`FEATURE_TOLERANCE`], and how many do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the features differ from the reference: vector {vector}, index {index}: expected {expected}, \
     got {got} ({outside} of {compared} differ by more than {FEATURE_TOLERANCE}, by at most \
     {max_abs_diff})"
)]
pub struct FeatureMismatch {
    /// Index of the vector in the reference.
    pub vector: usize,
    /// Index of the feature in that vector.
    pub index: usize,
    /// The reference.
    pub expected: i8,
    /// What the target computed.
    pub got: i8,
    /// How many differ by more than the tolerance.
    pub outside: u64,
    /// How many were compared.
    pub compared: u64,
    /// The largest difference.
    pub max_abs_diff: u32,
}

/// Compares the features that the target computed for some `vectors` with `expected`, which holds
/// those of all vectors, `input_bytes` each.
pub fn verify_features(
    vectors: &[usize],
    features: &[u8],
    expected: &[u8],
    input_bytes: usize,
) -> Result<record::Features, FeatureMismatch> {
    let mut first = None;
    let (mut outside, mut differing, mut max_abs_diff) = (0, 0, 0);
    for (&vector, got) in vectors.iter().zip(features.chunks_exact(input_bytes)) {
        let expected = &expected[vector * input_bytes..][..input_bytes];
        for (index, (&expected, &got)) in expected.iter().zip(got).enumerate() {
            let (expected, got) = (expected.cast_signed(), got.cast_signed());
            let difference = u32::from(expected.abs_diff(got));
            differing += u64::from(difference > 0);
            max_abs_diff = max_abs_diff.max(difference);
            if difference > FEATURE_TOLERANCE {
                outside += 1;
                first.get_or_insert((vector, index, expected, got));
            }
        }
    }
    let compared = features.len() as u64;
    match first {
        Some((vector, index, expected, got)) => Err(FeatureMismatch {
            vector,
            index,
            expected,
            got,
            outside,
            compared,
            max_abs_diff,
        }),
        None => Ok(record::Features {
            vectors: vectors.len() as u64,
            values_compared: compared,
            differing,
            max_abs_diff,
            tolerance: FEATURE_TOLERANCE,
            verified: true,
            other: record::Other::new(),
        }),
    }
}

/// An answer of the target that doesn't follow from its own output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answer doesn't follow from the output: vector {vector}: expected {expected:#010x}, got \
     {got:#010x} (an index, or the bits of a float32)"
)]
pub struct AnswerMismatch {
    /// Index of the vector in the reference.
    pub vector: usize,
    /// What the host makes of the output.
    pub expected: u32,
    /// What the target made of it.
    pub got: u32,
}

/// Checks the `answers` of the last stage: the host makes the same, to the bit, of the target's
/// `features` and `outputs`.
pub fn verify_answers(
    task: Task,
    facts: &ModelFacts,
    features: &[u8],
    outputs: &TargetOutputs,
    answers: &[u32],
) -> Result<(), AnswerMismatch> {
    let signed =
        |bytes: &[u8]| -> Vec<i8> { bytes.iter().map(|byte| byte.cast_signed()).collect() };
    let features = features.chunks_exact(facts.input_bytes);
    let outputs = outputs.by_vector(facts.output_bytes);
    for (((vector, output), features), &got) in outputs.zip(features).zip(answers) {
        let (input, output) = (signed(features), signed(output));
        let expected = match task {
            Task::Classification => largest(&output) as u32,
            Task::Anomaly => {
                mean_squared_error(&input, facts.input, &output, facts.output).to_bits()
            }
        };
        if got != expected {
            return Err(AnswerMismatch {
                vector,
                expected,
                got,
            });
        }
    }
    Ok(())
}

/// `count` of `available` vectors, spread evenly and beginning with the first, so that vectors in
/// the order of their classes are all represented.
pub fn spread(count: usize, available: usize) -> Vec<usize> {
    let count = count.min(available);
    (0..count).map(|i| i * available / count).collect()
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
    fn equal_outputs_are_verified() {
        let expected: Vec<u8> = (0..8).collect();
        let verified = verify(&outputs(&[0, 3], &[0, 1, 6, 7]), &expected, 2, "by hand").unwrap();
        assert!(verified.verified);
        assert_eq!((verified.vectors, verified.bytes_compared), (2, 4));
    }

    #[test]
    fn a_mismatch_names_the_first_byte_and_counts_the_rest() {
        let expected = [1_i8, 2, 3, -128].map(i8::cast_unsigned);
        let mismatch = verify(&outputs(&[0, 1], &[1, 2, 5, 127]), &expected, 2, "").unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            "the output differs from the reference: vector 1, index 0: expected 3, got 5 (2 of 4 \
             bytes differ, by at most 255)"
        );
    }

    #[test]
    fn features_may_differ_by_the_tolerance_and_no_more() {
        let expected = [1_i8, 2, 3, 4, 5, 6].map(i8::cast_unsigned);
        let features = verify_features(&[0, 2], &[1, 3, 4, 6], &expected, 2).unwrap();
        assert_eq!((features.differing, features.max_abs_diff), (2, 1));
        assert_eq!((features.vectors, features.values_compared), (2, 4));
        let error = verify_features(&[0, 2], &[1, 3, 4, 8], &expected, 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the features differ from the reference: vector 2, index 1: expected 6, got 8 (1 of 4 \
             differ by more than 1, by at most 2)"
        );
    }

    #[test]
    fn an_answer_must_follow_from_the_output() {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let facts = ModelFacts {
            input_bytes: 2,
            output_bytes: 2,
            macs: 0,
            parameters: 0,
            arena_bytes: 0,
            input: one,
            output: one,
            input_type: ElementType::Int8,
            output_type: ElementType::Int8,
            compressed: false,
        };
        let outputs = outputs(&[0, 5], &[1, 2, 4, 3]);
        let check = |task, answers: [u32; 2]| {
            verify_answers(task, &facts, &[1, 0, 0, 0], &outputs, &answers)
        };
        assert_eq!(check(Task::Classification, [1, 0]), Ok(()));
        let scores = [2.0_f32, 12.5].map(f32::to_bits);
        assert_eq!(check(Task::Anomaly, scores), Ok(()));
        let error = check(Task::Classification, [1, 1]).unwrap_err();
        assert_eq!((error.vector, error.expected, error.got), (5, 0, 1));
    }

    #[test]
    fn vectors_are_spread_evenly() {
        assert_eq!(spread(3, 12), [0, 4, 8]);
        assert_eq!(spread(2, 5), [0, 2]);
        assert_eq!(spread(9, 3), [0, 1, 2]);
        assert_eq!(spread(48, 240).last(), Some(&235));
    }
}

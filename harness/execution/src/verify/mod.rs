//! Comparing what the target computed with the reference, value by value.

mod answers;
mod areas;
pub mod float;
pub mod learning;
pub mod quality;

use std::fmt;

use tinybench_interface::Task;
use tinybench_interpreter::ElementType;
use tinybench_pipeline::answer::{largest, mean_squared_error};

pub use answers::AnswerError;
pub use areas::{Judged, OtherArea};
use float::{FloatMismatch, Tolerance};
use tinybench_inputs::runtimes::manifest::Agreement;
use tinybench_inputs::runtimes::{ModelFacts, TensorFacts};
use tinybench_inputs::subject::Samples;
use tinybench_record::{self as record, AgreementKind};
use tinybench_support::float::values;
use tinybench_support::printable::printable;

/// The outputs of the inferences that were run on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOutputs {
    /// Which inferences were run, as indices into the reference, ascending.
    pub vectors: Vec<usize>,
    /// Their outputs in the same order, one after the other.
    pub bytes: Vec<u8>,
}

impl TargetOutputs {
    /// Each inference's index and output of `output_bytes` bytes.
    pub fn by_vector(&self, output_bytes: usize) -> impl Iterator<Item = (usize, &[u8])> {
        let outputs = self.bytes.chunks_exact(output_bytes);
        self.vectors.iter().copied().zip(outputs)
    }

    /// The vectors of which inferences were run, which are then all of them.
    pub fn samples(&self, samples: &Samples) -> impl Iterator<Item = usize> {
        let begins = |&sample: &usize| samples.inferences(sample).start;
        (0..samples.count()).filter(move |it| self.vectors.binary_search(&begins(it)).is_ok())
    }
}

/// Where an element of an output is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the vector in the reference.
    pub vector: usize,
    /// Which of the inferences that the vector is made of, if it is of several.
    pub part: Option<(&'static str, usize)>,
    /// Name of the output, if there are several.
    pub output: Option<String>,
    /// Index of the element in that output.
    pub index: usize,
}

impl Place {
    /// Two values of it, for the record.
    fn difference(self, reference: f64, found: f64) -> record::Difference {
        record::Difference {
            vector: self.vector as u64,
            part: self.part.map(|(name, index)| format!("{name} {index}")),
            output: self.output,
            index: self.index as u64,
            reference,
            found,
            other: record::Other::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "vector {}, ", self.vector)?;
        if let Some((name, index)) = self.part {
            write!(formatter, "{name} {index}, ")?;
        }
        if let Some(output) = &self.output {
            write!(formatter, "output `{}`, ", printable(output))?;
        }
        write!(formatter, "index {}", self.index)
    }
}

/// The first element that differs, and how many bytes do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the output differs from the reference: {place}: expected {expected}, got {got} ({mismatches} of \
     {bytes_compared} bytes differ, by at most {max_abs_diff}{allowed})"
)]
pub struct Mismatch {
    /// Where it is.
    pub place: Place,
    /// The reference.
    pub expected: i128,
    /// What the target computed.
    pub got: i128,
    /// How many bytes differ in all.
    pub mismatches: u64,
    /// How many were compared.
    pub bytes_compared: u64,
    /// The largest difference of two elements.
    pub max_abs_diff: u128,
    /// The largest that was allowed.
    pub allowed: Allowed,
}

/// By how much whole values may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed(pub u128);

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            most => write!(formatter, "; {most} is allowed"),
        }
    }
}

/// What the target computed isn't what the reference says.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum OutputMismatch {
    #[error(transparent)]
    Whole(#[from] Box<Mismatch>),
    #[error(transparent)]
    Float(#[from] Box<FloatMismatch>),
    #[error(transparent)]
    Answer(#[from] Box<AnswerError>),
    #[error(transparent)]
    Area(#[from] OtherArea),
}

/// What outputs are compared with.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The reference outputs of all vectors.
    pub bytes: &'a [u8],
    /// The model's outputs.
    pub tensors: &'a [TensorFacts],
    /// How inferences make up vectors.
    pub samples: &'a Samples,
    /// What made them.
    pub reference: &'a str,
    /// By how much float32 values may differ, relative to the largest of their output.
    pub tolerance: f64,
    /// In what they have to agree.
    pub agreement: Agreement,
    /// How answers are judged, where there are labels.
    pub judged: Option<Judged<'a>>,
}

impl Expected<'_> {
    /// Bytes of all outputs of one inference.
    fn each(&self) -> usize {
        self.tensors.iter().map(|it| it.bytes).sum()
    }

    /// Where an element of the output at `position` is.
    fn place(&self, inference: usize, position: usize, index: usize) -> Place {
        let several = self.tensors.len() > 1;
        let (vector, part) = self.samples.place(inference);
        Place {
            vector,
            part,
            output: several.then(|| self.tensors[position].name.clone()),
            index,
        }
    }

    /// The largest magnitude of the float32 output that lies at `offset` of each vector's.
    fn largest(&self, offset: usize, tensor: &TensorFacts) -> f64 {
        let all = self.bytes.chunks_exact(self.each());
        float::largest(all.flat_map(|it| values(&it[offset..][..tensor.bytes])))
    }
}

/// Compares `outputs` with what is `expected`: float32 within a tolerance, all else byte by byte, or as
/// far as they have to agree.
///
/// # Errors
/// The first element that differs by more than it may, or the first answer.
pub fn verify(
    outputs: &TargetOutputs,
    expected: &Expected,
) -> Result<record::Outputs, OutputMismatch> {
    let mut first = None;
    let (mut mismatches, mut max_abs_diff) = (0, 0);
    let mut largest_difference = None;
    let within = Tolerance::OfLargest(expected.tolerance);
    let (most, tolerance) = match expected.agreement {
        Agreement::Bytes => (0, within),
        Agreement::Steps(steps) => (steps.into(), within),
        Agreement::Answer => (u128::MAX, Tolerance::AnyNumber),
    };
    let mut floats = float::Comparison::new(tolerance);
    let each = expected.each();
    let mut offset = 0;
    for (position, tensor) in expected.tensors.iter().enumerate() {
        let is_float = tensor.element_type == ElementType::Float32;
        let largest = match is_float {
            true => expected.largest(offset, tensor),
            false => 0.0,
        };
        for (inference, got) in outputs.by_vector(each) {
            let reference = &expected.bytes[inference * each..][..each];
            let [reference, got] = [reference, got].map(|it| &it[offset..][..tensor.bytes]);
            let place = |index| expected.place(inference, position, index);
            if is_float {
                floats.add(reference, got, largest, place);
                continue;
            }
            let size = tensor.element_type.bytes();
            let elements = reference.chunks_exact(size).zip(got.chunks_exact(size));
            for (index, (reference, got)) in elements.enumerate() {
                if reference == got {
                    continue;
                }
                let bytes = reference.iter().zip(got);
                mismatches += bytes.filter(|(one, other)| one != other).count() as u64;
                let [reference, got] = [reference, got].map(|it| whole(tensor.element_type, it));
                let difference = reference.abs_diff(got);
                if difference > max_abs_diff {
                    max_abs_diff = difference;
                    largest_difference =
                        Some(place(index).difference(reference as f64, got as f64));
                }
                if difference > most {
                    first.get_or_insert_with(|| (place(index), reference, got));
                }
            }
        }
        offset += tensor.bytes;
    }
    let bytes_compared = outputs.bytes.len() as u64;
    if let Some((place, expected, got)) = first {
        return Err(Box::new(Mismatch {
            place,
            expected,
            got,
            mismatches,
            bytes_compared,
            max_abs_diff,
            allowed: Allowed(most),
        })
        .into());
    }
    let largest_difference = largest_difference.or_else(|| floats.largest_difference());
    let float = floats.finish().map_err(Box::new)?;
    let agreement = match expected.agreement {
        Agreement::Bytes => None,
        Agreement::Steps(steps) => Some(record::Agreement {
            steps: Some(steps),
            ..agreement(AgreementKind::Steps)
        }),
        Agreement::Answer => Some(match expected.judged.filter(Judged::tells_anomalies) {
            Some(judged) => record::Agreement {
                auc: Some(areas::compare(outputs, expected, judged)?),
                ..agreement(AgreementKind::Auc)
            },
            None => record::Agreement {
                answers: Some(answers::compare(outputs, expected).map_err(Box::new)?),
                ..agreement(AgreementKind::Answer)
            },
        }),
    };
    Ok(record::Outputs {
        reference: expected.reference.to_owned(),
        vectors: outputs.samples(expected.samples).count() as u64,
        bytes_compared,
        mismatches,
        max_abs_diff: u32::try_from(max_abs_diff).unwrap_or(u32::MAX),
        verified: true,
        largest_difference,
        agreement,
        float,
        other: record::Other::new(),
    })
}

fn agreement(kind: AgreementKind) -> record::Agreement {
    record::Agreement {
        kind,
        steps: None,
        answers: None,
        auc: None,
        other: record::Other::new(),
    }
}

/// The value of an element that isn't a float.
fn whole(element_type: ElementType, bytes: &[u8]) -> i128 {
    let mut low = [0; 8];
    low[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(low);
    match element_type {
        ElementType::Int8 => (bits as i8).into(),
        ElementType::Int16 => (bits as i16).into(),
        ElementType::Int32 => (bits as i32).into(),
        ElementType::Int64 => bits.cast_signed().into(),
        _ => bits.into(),
    }
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

    /// Compares with reference outputs of these tensors.
    fn compare(
        outputs: &TargetOutputs,
        bytes: &[u8],
        tensors: &[(&str, usize, ElementType)],
        samples: &Samples,
    ) -> Result<record::Outputs, String> {
        agree(Agreement::Bytes, outputs, bytes, tensors, samples)
    }

    /// The same, as far as `agreement` demands.
    fn agree(
        agreement: Agreement,
        outputs: &TargetOutputs,
        bytes: &[u8],
        tensors: &[(&str, usize, ElementType)],
        samples: &Samples,
    ) -> Result<record::Outputs, String> {
        let one = Quantisation {
            scale: 1.0,
            zero_point: 0,
        };
        let tensors = tensors
            .iter()
            .map(|&(name, bytes, element_type)| TensorFacts {
                name: name.to_owned(),
                ..TensorFacts::flat(bytes, element_type, one)
            });
        let expected = Expected {
            bytes,
            tensors: &tensors.collect::<Vec<_>>(),
            samples,
            reference: "by hand",
            tolerance: 0.0,
            agreement,
            judged: None,
        };
        verify(outputs, &expected).map_err(|error| error.to_string())
    }

    const INT8: [(&str, usize, ElementType); 1] = [("y", 2, ElementType::Int8)];

    #[test]
    fn equal_outputs_are_verified() {
        let expected: Vec<u8> = (0..8).collect();
        let outputs = outputs(&[0, 3], &[0, 1, 6, 7]);
        let verified = compare(&outputs, &expected, &INT8, &Samples::Each(4)).unwrap();
        assert!(verified.verified && verified.float.is_none());
        assert_eq!((verified.vectors, verified.bytes_compared), (2, 4));
    }

    #[test]
    fn one_value_is_no_answer() {
        let (outputs, samples) = (outputs(&[0], &[7]), Samples::Each(1));
        let one = [("y", 1, ElementType::Int8)];
        let error = agree(Agreement::Answer, &outputs, &[9], &one, &samples).unwrap_err();
        assert!(error.contains("the first output is one value"), "{error}");
    }

    #[test]
    fn a_mismatch_names_the_first_byte_and_counts_the_rest() {
        let expected = [1_i8, 2, 3, -128].map(i8::cast_unsigned);
        let outputs = outputs(&[0, 1], &[1, 2, 5, 127]);
        assert_eq!(
            compare(&outputs, &expected, &INT8, &Samples::Each(2)).unwrap_err(),
            "the output differs from the reference: vector 1, index 0: expected 3, got 5 (2 of 4 \
             bytes differ, by at most 255)"
        );
        // The same, as the second step of a sequence.
        let error = compare(&outputs, &expected, &INT8, &Samples::of(2, 2)).unwrap_err();
        assert!(
            error.contains(": vector 0, step 1, index 0: expected 3"),
            "{error}"
        );
        let error = compare(&outputs, &expected, &INT8, &Samples::Windows(vec![2])).unwrap_err();
        assert!(
            error.contains(": vector 0, window 1, index 0: expected 3"),
            "{error}"
        );
    }

    #[test]
    fn every_output_is_compared_by_its_own_type() {
        let tensors = [
            ("a", 4, ElementType::Int16),
            ("b", 4, ElementType::Float32),
            ("c", 1, ElementType::UInt8),
        ];
        let vector = |a: [i16; 2], b: f32, c: u8| -> Vec<u8> {
            let a = a.into_iter().flat_map(i16::to_le_bytes);
            a.chain(b.to_le_bytes()).chain([c]).collect()
        };
        let check = |got: Vec<u8>| {
            let outputs = TargetOutputs {
                vectors: vec![0],
                bytes: got,
            };
            let expected = vector([1, -300], f32::INFINITY, 200);
            compare(&outputs, &expected, &tensors, &Samples::Each(1))
        };
        let verified = check(vector([1, -300], f32::INFINITY, 200)).unwrap();
        assert_eq!(verified.bytes_compared, 9);
        assert_eq!(verified.float.unwrap().values_compared, 1);
        for (got, expected) in [
            (
                vector([1, 20], f32::INFINITY, 200),
                "vector 0, output `a`, index 1: expected -300, got 20 (2 of 9 bytes differ, by at \
                 most 320)",
            ),
            (
                vector([1, -300], f32::INFINITY, 7),
                "vector 0, output `c`, index 0: expected 200, got 7",
            ),
            (
                vector([1, -300], 1.0, 200),
                "vector 0, output `b`, index 0: expected inf, got 1.0",
            ),
        ] {
            let error = check(got).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn steps_are_all_that_whole_numbers_may_differ_by() {
        let reference = [10_i8, 20, 30, -128].map(i8::cast_unsigned);
        let check = |got: [i8; 4]| {
            let got = outputs(&[0, 1], &got);
            let each = Samples::Each(2);
            agree(Agreement::Steps(2), &got, &reference, &INT8, &each)
        };
        let verified = check([12, 18, 30, -127]).unwrap();
        assert_eq!((verified.mismatches, verified.max_abs_diff), (3, 2));
        let agreement = verified.agreement.unwrap();
        assert_eq!(
            (agreement.kind, agreement.steps, agreement.answers),
            (AgreementKind::Steps, Some(2), None)
        );
        assert_eq!(
            check([12, 18, 30, -125]).unwrap_err(),
            "the output differs from the reference: vector 1, index 1: expected -128, got -125 (3 of 4 \
             bytes differ, by at most 3; 2 is allowed)"
        );
    }

    #[test]
    fn an_output_that_is_no_number_agrees_in_nothing() {
        let nan = f32::NAN;
        let bytes = |values: [f32; 3]| values.map(f32::to_le_bytes).concat();
        let check = |agreement, reference, got| {
            let got = TargetOutputs {
                vectors: vec![0],
                bytes: bytes(got),
            };
            let tensors = [
                ("answer", 8, ElementType::Float32),
                ("more", 4, ElementType::Float32),
            ];
            let reference = bytes(reference);
            agree(agreement, &got, &reference, &tensors, &Samples::Each(1))
        };
        let answer = |reference, got| check(Agreement::Answer, reference, got);
        let verified = answer([3.0, 1.0, 0.0], [0.2, 0.1, 9.0]).unwrap();
        assert_eq!(verified.agreement.unwrap().answers, Some(1));
        let float = verified.float.unwrap();
        assert_eq!((float.max_abs_diff, float.relative_tolerance), (9.0, None));
        for (reference, got, expected) in [
            (
                [3.0, 1.0, 0.0],
                [0.1, 0.2, 0.0],
                "the answer differs from the reference: vector 0: the largest value is at 1",
            ),
            (
                [3.0, 1.0, 0.0],
                [nan, 0.2, 0.0],
                "by more than any number: vector 0, output `answer`, index 0: expected 3.0, got NaN",
            ),
            (
                [3.0, 1.0, 0.0],
                [3.0, 1.0, nan],
                "by more than any number: vector 0, output `more`, index 0: expected 0.0, got NaN",
            ),
            (
                [nan, 1.0, 0.0],
                [nan, 1.0, 0.0],
                "the reference has no answer: vector 0: the value at 0 isn't a number",
            ),
        ] {
            let said = answer(reference, got).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
        for agreement in [Agreement::Bytes, Agreement::Steps(100)] {
            let said = check(agreement, [3.0, 1.0, 0.0], [3.0, nan, 0.0]).unwrap_err();
            assert!(said.contains("index 1: expected 1.0, got NaN"), "{said}");
        }
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
        let tensor = TensorFacts::flat(2, ElementType::Int8, one);
        let facts = ModelFacts::of(vec![tensor.clone()], vec![tensor]);
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

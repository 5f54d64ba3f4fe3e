//! Comparing float32 outputs with the reference: equal within a tolerance.

use tinybench_inputs::float::values;

use super::TargetOutputs;
use tinybench_record as record;

/// The first value outside the tolerance, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the output differs from the reference by more than {tolerance:e}: vector {vector}, index \
     {index}: expected {expected}, got {got} ({outside} of {compared} values differ by more, by \
     at most {max_abs_diff:e})"
)]
pub struct FloatMismatch {
    /// Index of the vector in the reference.
    pub vector: usize,
    /// Index of the value in that vector's output.
    pub index: usize,
    /// The reference.
    pub expected: f32,
    /// What the target computed.
    pub got: f32,
    /// How many values differ by more than the tolerance.
    pub outside: u64,
    /// How many were compared.
    pub compared: u64,
    /// The largest difference; infinite if something is not a number.
    pub max_abs_diff: f64,
    /// The largest that is allowed.
    pub tolerance: f64,
}

/// Compares `outputs` with `expected`, which holds the reference outputs of all vectors,
/// `output_bytes` each. `reference` says what made them.
pub fn verify(
    outputs: &TargetOutputs,
    expected: &[u8],
    output_bytes: usize,
    tolerance: f64,
    reference: &str,
) -> Result<record::Outputs, FloatMismatch> {
    let mut first = None;
    let (mut outside, mut compared, mut max_abs_diff) = (0, 0, 0.0_f64);
    for (vector, got) in outputs.by_vector(output_bytes) {
        let expected = &expected[vector * output_bytes..][..output_bytes];
        for (index, (expected, got)) in values(expected).zip(values(got)).enumerate() {
            let difference = (f64::from(expected) - f64::from(got)).abs();
            let difference = if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            };
            compared += 1;
            max_abs_diff = max_abs_diff.max(difference);
            if difference > tolerance {
                outside += 1;
                first.get_or_insert((vector, index, expected, got));
            }
        }
    }
    if let Some((vector, index, expected, got)) = first {
        return Err(FloatMismatch {
            vector,
            index,
            expected,
            got,
            outside,
            compared,
            max_abs_diff,
            tolerance,
        });
    }
    Ok(record::Outputs {
        reference: reference.to_owned(),
        vectors: outputs.vectors.len() as u64,
        bytes_compared: outputs.bytes.len() as u64,
        mismatches: 0,
        max_abs_diff: 0,
        verified: true,
        float: Some(record::FloatOutputs {
            values_compared: compared,
            max_abs_diff,
            tolerance,
            other: record::Other::new(),
        }),
        other: record::Other::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(values: &[f32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn check(got: &[f32]) -> Result<record::Outputs, FloatMismatch> {
        let outputs = TargetOutputs {
            vectors: vec![1],
            bytes: bytes(got),
        };
        verify(&outputs, &bytes(&[9.0, 9.0, 1.0, -2.0]), 8, 1e-3, "by hand")
    }

    #[test]
    fn outputs_within_the_tolerance_are_verified() {
        let verified = check(&[1.0005, -2.0]).unwrap();
        let float = verified.float.unwrap();
        assert!(verified.verified);
        assert_eq!((float.values_compared, float.tolerance), (2, 1e-3));
        assert!((float.max_abs_diff - 5e-4).abs() < 1e-6);
    }

    #[test]
    fn outputs_outside_the_tolerance_are_told_and_so_is_what_is_no_number() {
        let mismatch = check(&[1.0, -2.5]).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            "the output differs from the reference by more than 1e-3: vector 1, index 1: expected \
             -2, got -2.5 (1 of 2 values differ by more, by at most 5e-1)"
        );
        assert_eq!(check(&[f32::NAN, -2.0]).unwrap_err().index, 0);
    }
}

//! Comparing the target's outputs with the reference, byte by byte, and judging them by labels.

use crate::record;

/// The outputs of the vectors that were run on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOutputs {
    /// Which vectors were run, as indices into the reference.
    pub vectors: Vec<usize>,
    /// Their outputs, int8, in the same order, one after the other.
    pub bytes: Vec<u8>,
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
    for (&vector, got) in outputs
        .vectors
        .iter()
        .zip(outputs.bytes.chunks_exact(output_bytes))
    {
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
        other: record::Other::new(),
    })
}

/// The share of vectors whose largest output (the first of equals) is at the index that `labels`,
/// which has one entry for each vector of the workload, says.
pub fn top1(outputs: &TargetOutputs, labels: &[u8], output_bytes: usize) -> record::Quality {
    let vectors = outputs
        .vectors
        .iter()
        .zip(outputs.bytes.chunks_exact(output_bytes));
    let right = vectors
        .filter(|&(&vector, output)| argmax(output) == usize::from(labels[vector]))
        .count();
    let samples = outputs.vectors.len();
    record::Quality {
        metric: "top1".to_owned(),
        value: right as f64 / samples as f64,
        samples: samples as u64,
        other: record::Other::new(),
    }
}

/// Index of the largest int8 value, the first of equals; 0 of nothing.
fn argmax(output: &[u8]) -> usize {
    let mut best = 0;
    for (index, value) in output.iter().enumerate() {
        if value.cast_signed() > output[best].cast_signed() {
            best = index;
        }
    }
    best
}

/// `count` of `available` vectors, spread evenly and beginning with the first, so that vectors in
/// the order of their classes are all represented.
pub fn spread(count: usize, available: usize) -> Vec<usize> {
    let count = count.min(available);
    (0..count).map(|i| i * available / count).collect()
}

#[cfg(test)]
mod tests {
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
    fn top1_is_the_share_of_right_answers() {
        // Labels of four vectors of which the second and the fourth were run.
        let quality = top1(
            &outputs(&[1, 3], &[-128, -1, -5, 3, 3, -128]),
            &[9, 1, 9, 1],
            3,
        );
        assert_eq!((quality.value, quality.samples), (0.5, 2));
    }

    #[test]
    fn vectors_are_spread_evenly() {
        assert_eq!(spread(3, 12), [0, 4, 8]);
        assert_eq!(spread(2, 5), [0, 2]);
        assert_eq!(spread(9, 3), [0, 1, 2]);
        assert_eq!(spread(48, 240).last(), Some(&235));
    }
}

//! float32 tensors as they lie in files and on targets: little-endian bytes.

/// The most by which outputs may differ from the reference where nobody says otherwise.
pub const TOLERANCE: f64 = 1e-4;

/// Bytes of one value.
const VALUE_BYTES: usize = size_of::<f32>();

/// The values of a tensor, little-endian.
pub fn values(bytes: &[u8]) -> impl Iterator<Item = f32> {
    let (values, _) = bytes.as_chunks::<VALUE_BYTES>();
    values.iter().map(|raw| f32::from_le_bytes(*raw))
}

/// Index of the largest value, the first of equals.
pub fn largest(bytes: &[u8]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, value) in values(bytes).enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

/// The mean squared difference of two tensors of one size.
pub fn mean_squared_error(input: &[u8], output: &[u8]) -> f32 {
    let squares = values(input).zip(values(output));
    let sum: f64 = squares.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (sum / (input.len() / VALUE_BYTES).max(1) as f64) as f32
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

    #[test]
    fn answers_from_values() {
        assert_eq!(largest(&bytes(&[0.1, 0.7, 0.7])), 1);
        assert_eq!(
            mean_squared_error(&bytes(&[1.0, 2.0]), &bytes(&[1.0, 4.0])),
            2.0
        );
    }
}

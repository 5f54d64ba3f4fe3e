//! float32 tensors as they lie in files and on targets: little-endian bytes.

/// The most by which outputs may differ from the reference, relative to the largest value that the
/// reference has for that output, where nobody says otherwise.
///
/// The same products summed in another order, or with some of them fused, differ in how they are
/// rounded. A sum of n products then has, with high probability, an error below λ √n u of the sum of
/// their magnitudes, with u = 2^-24 and a λ of 1 or 2 (N. J. Higham and T. Mary, "A new approach to
/// probabilistic rounding error analysis", SIAM Journal on Scientific Computing 41(5), 2019). For the
/// 10,000 products of a large layer that is 6e-6 to 1.2e-5.
pub const TOLERANCE: f64 = 1e-5;

/// Bytes of one value.
const VALUE_BYTES: usize = size_of::<f32>();

/// The values of a tensor, little-endian.
pub fn values(bytes: &[u8]) -> impl Iterator<Item = f32> {
    let (values, _) = bytes.as_chunks::<VALUE_BYTES>();
    values.iter().map(|raw| f32::from_le_bytes(*raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_little_endian() {
        let bytes = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0x80, 7];
        assert_eq!(values(&bytes).collect::<Vec<_>>(), [1.5, -0.0]);
    }
}

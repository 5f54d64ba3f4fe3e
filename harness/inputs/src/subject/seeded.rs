//! Inputs for a model that comes without any.

/// `length` pseudo-random bytes: the numbers of SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014), least significant byte first.
pub fn seeded_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 7);
    while bytes.len() < length {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Float32 values of at least -1 and below 1, little-endian, from the upper 24 of each 32 bits.
pub fn seeded_values(bytes: &[u8]) -> Vec<u8> {
    let (words, _) = bytes.as_chunks::<4>();
    let value = |word: &[u8; 4]| (u32::from_le_bytes(*word) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    let values = words.iter().map(value);
    values.flat_map(f32::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::SEED;
    use tinybench_support::float;

    #[test]
    fn seeded_values_lie_between_minus_one_and_one() {
        let bytes = seeded_values(&seeded_bytes(SEED, 4000));
        let values: Vec<f32> = float::values(&bytes).collect();
        assert!(values.iter().all(|value| (-1.0..1.0).contains(value)));
        assert!(values.iter().any(|&value| value < -0.9) && values.iter().any(|&it| it > 0.9));
        assert_eq!(seeded_values(&[0, 0, 0, 0x80]), 0.0_f32.to_le_bytes());
    }

    #[test]
    fn seeded_bytes_are_those_of_splitmix64() {
        // The first two numbers for seed 1234567, from the algorithm's reference implementation.
        let expected = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973];
        let bytes: Vec<u8> = expected
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        assert_eq!(seeded_bytes(1_234_567, 16), bytes);
        assert_eq!(seeded_bytes(1_234_567, 11), bytes[..11]);
    }
}

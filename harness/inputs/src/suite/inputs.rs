//! Inputs made from a seed, for models that come without any.

use crate::subject::seeded_bytes;

/// Largest step of a random walk.
const STEP: i16 = 16;

/// `count` int8 vectors of `size` values: uniform values and random walks in turn. Uniform values
/// reach the ends of the ranges of a network, walks its insides, since they are as smooth as real
/// inputs.
///
/// All are made of the bytes of SplitMix64. A walk begins with the first byte and goes on by each
/// byte modulo 33 less 16, saturating.
pub fn alternating(seed: u64, count: usize, size: usize) -> Vec<u8> {
    let mut bytes = seeded_bytes(seed, count * size);
    for walk in bytes.chunks_exact_mut(size).skip(1).step_by(2) {
        let mut at = 0_i8;
        for (index, byte) in walk.iter_mut().enumerate() {
            at = if index == 0 {
                byte.cast_signed()
            } else {
                let step = i16::from(*byte) % (2 * STEP + 1) - STEP;
                (i16::from(at) + step).clamp(i8::MIN.into(), i8::MAX.into()) as i8
            };
            *byte = at.cast_unsigned();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_vectors_and_walks_take_turns() {
        let vectors = alternating(7, 4, 1000);
        let steps = |vector: &[u8]| -> i16 {
            let signed: Vec<i16> = vector
                .iter()
                .map(|byte| byte.cast_signed().into())
                .collect();
            signed
                .windows(2)
                .map(|pair| (pair[1] - pair[0]).abs())
                .max()
                .unwrap()
        };
        let largest: Vec<i16> = vectors.chunks_exact(1000).map(steps).collect();
        assert!(largest[0] > 100 && largest[2] > 100, "{largest:?}");
        assert_eq!((largest[1], largest[3]), (16, 16));
    }
}

//! The distance to the nearest of some centroids of everything normal: a one-class detector.

use crate::error::ModelError;
use crate::features::FEATURES;
use crate::signal::squared_distance;

/// Most centroids of a model.
pub const MAX_CENTROIDS: usize = 64;

/// Bytes that say how a feature is scaled: mean, multiplier, shift.
pub(crate) const SCALE_BYTES: usize = 6;

/// Bytes of a centroid.
pub(crate) const CENTROID_BYTES: usize = 2 * FEATURES;

/// Greatest absolute value of a scaled feature, so that the difference of two fits 16 bits.
const LIMIT: i16 = 16_383;

/// Binary places of a squared distance that the score leaves out.
const SCORE_SHIFT: u32 = 8;

/// A one-class detector, checked.
#[derive(Clone, Copy, Debug)]
pub struct Centroids<'a> {
    scales: &'a [[u8; SCALE_BYTES]],
    centroids: &'a [[u8; CENTROID_BYTES]],
}

impl<'a> Centroids<'a> {
    /// Takes the tables of a model file and checks all of them.
    pub(crate) fn new(
        scales: &'a [[u8; SCALE_BYTES]],
        centroids: &'a [[u8; CENTROID_BYTES]],
    ) -> Result<Self, ModelError> {
        for (feature, &[.., low, high]) in scales.iter().enumerate() {
            let shift = u16::from_le_bytes([low, high]);
            if shift > 31 {
                return Err(ModelError::Shift { feature, shift });
            }
        }
        for (centroid, bytes) in centroids.iter().enumerate() {
            for &value in bytes.as_chunks().0 {
                let value = i16::from_le_bytes(value);
                if !(-LIMIT..=LIMIT).contains(&value) {
                    return Err(ModelError::Centroid { centroid, value });
                }
            }
        }
        Ok(Self { scales, centroids })
    }

    /// Means, scales and coordinates.
    pub fn parameters(&self) -> u64 {
        (2 * self.scales.len() + self.centroids.len() * FEATURES) as u64
    }

    /// Multiply-accumulates of a score.
    pub fn macs(&self) -> u64 {
        (FEATURES + self.centroids.len() * FEATURES) as u64
    }

    /// How far `features` are from the nearest centroid: Σ (z - c)² / 2^8 for z = (feature - mean)
    /// · multiplier / 2^shift, limited to ±16383. `scaled` takes z. Divisions round down.
    pub fn score(&self, features: &[i16; FEATURES], scaled: &mut [i16]) -> u32 {
        for ((scaled, &feature), scale) in scaled.iter_mut().zip(features).zip(self.scales) {
            let [m0, m1, f0, f1, s0, s1] = *scale;
            let mean = i16::from_le_bytes([m0, m1]);
            let multiplier = u16::from_le_bytes([f0, f1]);
            let shift = u16::from_le_bytes([s0, s1]);
            let product = i64::from(i32::from(feature) - i32::from(mean)) * i64::from(multiplier);
            *scaled = (product >> shift).clamp((-LIMIT).into(), LIMIT.into()) as i16;
        }
        let distances = self
            .centroids
            .iter()
            .map(|centroid| squared_distance(scaled, centroid));
        // At most 50 · 32766² / 2^8, which fits.
        (distances.min().unwrap_or_default() >> SCORE_SHIFT) as u32
    }
}

//! What stands before and behind an inference, for host and target alike: [`features`] computes a
//! model's input from raw audio, [`answer`] makes an answer of its output.
//!
//! All arithmetic is float32 in a fixed order and without fused multiply-add, so that a host and a
//! target compute the same bits.

#![no_std]

#[cfg(feature = "tables")]
extern crate alloc;

pub mod answer;
pub mod features;
mod fft;
pub mod parameters;
#[cfg(feature = "tables")]
pub mod tables;

/// How int8 values stand for real ones: real = `scale` × (value - `zero_point`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantisation {
    /// Real value of one step.
    pub scale: f32,
    /// The value that stands for 0.0.
    pub zero_point: i32,
}

impl Quantisation {
    /// The nearest int8 value to a real one, halves rounded up, saturated.
    #[inline]
    pub fn quantise(self, real: f32) -> i8 {
        // The cast rounds towards zero and saturates.
        let shifted = real / self.scale + 0.5;
        let truncated = shifted as i32;
        let floor = truncated.saturating_sub(i32::from(shifted < truncated as f32));
        let value = floor.saturating_add(self.zero_point);
        value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }

    /// The real value that `value` stands for.
    #[inline]
    pub fn real(self, value: i8) -> f32 {
        self.scale * (i32::from(value) - self.zero_point) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::Quantisation;

    #[test]
    fn quantisation_rounds_to_the_nearest_and_saturates() {
        let half = Quantisation {
            scale: 0.5,
            zero_point: 10,
        };
        let reals = [
            -1e30, -1000.0, -0.74, -0.26, -0.25, 0.0, 0.24, 0.25, 0.26, 1000.0, 1e30,
        ];
        let values = [-128, -128, 9, 9, 10, 10, 10, 11, 11, 127, 127];
        assert_eq!(reals.map(|real| half.quantise(real)), values);
        assert_eq!(half.real(9), -0.5);
    }
}

//! A channel by one product at a time: any window, and any numbers.

use super::scale::Outputs;
use crate::Window;
use crate::portable::{each_element, each_position};

/// An output channel of a convolution of any kind.
pub struct General<'g> {
    pub window: &'g Window,
    /// Its weights from the first on, and how far those of the next element of the window are.
    pub weights: &'g [i8],
    pub step: usize,
    /// The first channel of the input that it sums up, and how many.
    pub from: usize,
    pub depth: usize,
    pub bias: i32,
    /// Negated zero point of the input.
    pub input_offset: i32,
    pub outputs: &'g Outputs<'g>,
    pub channel: usize,
}

impl General<'_> {
    /// The channel of all outputs.
    #[cold]
    #[inline(never)]
    pub fn compute(&self, input: &[i8], output: &mut [i8]) {
        each_position(self.window, |at, batch, origin| {
            let mut sum = self.bias;
            each_element(self.window, batch, origin, |element, first| {
                let weights = self.weights.get(element * self.step..).unwrap_or(&[]);
                let values = input.get(first + self.from..).unwrap_or(&[]);
                for (&weight, &value) in weights.iter().zip(values).take(self.depth) {
                    let product = i32::from(weight) * (i32::from(value) + self.input_offset);
                    sum = sum.wrapping_add(product);
                }
            });
            if let Some(output) = output.get_mut(at + self.channel) {
                *output = self.outputs.any(self.channel, sum);
            }
        });
    }
}

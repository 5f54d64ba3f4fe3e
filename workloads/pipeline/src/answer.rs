//! The last stage: what an output says.

use crate::Quantisation;

/// Index of the largest value, the first of equals; 0 of nothing. The answer of a classification.
pub fn largest(output: &[i8]) -> usize {
    let mut best = (0, i8::MIN);
    for (index, &value) in output.iter().enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

/// The mean squared difference between the real values of a model's input and output: how badly
/// an auto-encoder reproduces what it was given. The score of an anomaly. 0 of nothing.
pub fn mean_squared_error(
    input: &[i8],
    input_quantisation: Quantisation,
    output: &[i8],
    output_quantisation: Quantisation,
) -> f32 {
    let mut sum = 0.0;
    let mut count = 0_u32;
    for (&input, &output) in input.iter().zip(output) {
        let difference = output_quantisation.real(output) - input_quantisation.real(input);
        sum += difference * difference;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / count as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_is_the_answer() {
        assert_eq!(largest(&[-3, 7, 2, 7]), 1);
        assert_eq!(largest(&[-128, -128]), 0);
        assert_eq!(largest(&[]), 0);
    }

    #[test]
    fn the_error_is_that_of_the_real_values() {
        let scaled = |scale, zero_point| Quantisation { scale, zero_point };
        // Inputs 0.5, 1.0 and -1.0; outputs 0.5, 3.0 and 0.0.
        let score = mean_squared_error(&[1, 2, -2], scaled(0.5, 0), &[10, 20, 8], scaled(0.25, 8));
        assert_eq!(score, (0.0 + 4.0 + 1.0) / 3.0);
        assert_eq!(
            mean_squared_error(&[], scaled(1.0, 0), &[], scaled(1.0, 0)),
            0.0
        );
    }
}

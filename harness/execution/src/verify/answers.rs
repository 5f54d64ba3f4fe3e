//! Comparing answers: the place of the largest value of the first output.

use tinybench_interpreter::ElementType;
use tinybench_support::float::values;

use super::{Expected, Place, TargetOutputs, whole};

/// Answers don't agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum AnswerError {
    #[error(transparent)]
    Other(#[from] OtherAnswer),
    #[error(transparent)]
    None(#[from] NoAnswer),
    #[error(
        "the first output is one value, in which the largest one is always the same: compare it in steps \
         (`outputs = {{ steps = 1 }}` in runtime.toml)"
    )]
    OneValue,
}

/// An output from which no answer follows: one of its values isn't a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{whose} has no answer: {place}: the value at {index} isn't a number")]
pub struct NoAnswer {
    /// Whose output it is.
    pub whose: &'static str,
    /// Where it is.
    pub place: AnswerPlace,
    /// Index of the first such value.
    pub index: usize,
}

/// An answer that isn't the reference's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answer differs from the reference: {place}: the largest value is at {got} and should be at \
     {expected} ({differing} of {compared} answers differ)"
)]
pub struct OtherAnswer {
    /// Where it is.
    pub place: AnswerPlace,
    /// The reference.
    pub expected: usize,
    /// What the target answered.
    pub got: usize,
    /// How many differ.
    pub differing: u64,
    /// How many were compared.
    pub compared: u64,
}

/// The vector of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerPlace(Place);

impl std::fmt::Display for AnswerPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "vector {}", self.0.vector)?;
        match self.0.part {
            Some((name, index)) => write!(formatter, ", {name} {index}"),
            None => Ok(()),
        }
    }
}

/// How many answers are as `expected`.
///
/// # Errors
/// The first that isn't; the first output, the reference's or the target's, that has none; outputs of one
/// value.
pub fn compare(outputs: &TargetOutputs, expected: &Expected) -> Result<u64, AnswerError> {
    let Some(tensor) = expected.tensors.first() else {
        return Ok(0);
    };
    if tensor.bytes == tensor.element_type.bytes() {
        return Err(AnswerError::OneValue);
    }
    let (mut compared, mut differing, mut first) = (0, 0, None);
    for (inference, got) in outputs.by_vector(expected.each()) {
        let reference = &expected.bytes[inference * expected.each()..];
        let answer = |whose, output: &[u8]| {
            largest(tensor.element_type, &output[..tensor.bytes]).map_err(|index| NoAnswer {
                whose,
                place: AnswerPlace(expected.place(inference, 0, index)),
                index,
            })
        };
        let answers = [
            answer("the reference", reference)?,
            answer("the target's output", got)?,
        ];
        compared += 1;
        if answers[0] != answers[1] {
            differing += 1;
            first.get_or_insert_with(|| (expected.place(inference, 0, 0), answers));
        }
    }
    match first {
        None => Ok(compared),
        Some((place, [expected, got])) => Err(OtherAnswer {
            place: AnswerPlace(place),
            expected,
            got,
            differing,
            compared,
        }
        .into()),
    }
}

/// Index of the largest value, the first of equals.
///
/// # Errors
/// Index of the first value that isn't a number, beside which none is the largest.
fn largest(element_type: ElementType, bytes: &[u8]) -> Result<usize, usize> {
    let numbers: Vec<f64> = match element_type {
        ElementType::Float32 => values(bytes).map(f64::from).collect(),
        _ => bytes
            .chunks_exact(element_type.bytes())
            .map(|it| whole(element_type, it) as f64)
            .collect(),
    };
    let mut best = 0;
    for (index, number) in numbers.iter().enumerate() {
        if number.is_nan() {
            return Err(index);
        }
        if *number > numbers[best] {
            best = index;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_the_first_of_equals() {
        let bytes = [3_i8, -5, 9, 9].map(i8::cast_unsigned);
        assert_eq!(largest(ElementType::Int8, &bytes), Ok(2));
        assert_eq!(largest(ElementType::UInt8, &bytes), Ok(1));
        let of_floats = |floats: &[f32]| {
            let bytes: Vec<u8> = floats.iter().flat_map(|it| it.to_le_bytes()).collect();
            largest(ElementType::Float32, &bytes)
        };
        assert_eq!(of_floats(&[-1.0, -0.5]), Ok(1));
        assert_eq!(of_floats(&[-1.0, f32::INFINITY]), Ok(1));
        assert_eq!(of_floats(&[f32::NAN, 1.0]), Err(0));
        assert_eq!(of_floats(&[1.0, f32::NAN]), Err(1));
    }
}

//! Comparing float32 outputs with the reference: equal within a tolerance, which is relative to the
//! largest value of the reference.

use tinybench_support::float::values;

use super::Place;
use tinybench_record as record;

/// By how much values may differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// By this share of the largest value of their output.
    OfLargest(f64),
    /// By any number. What isn't a number, or infinite, still has to be the same.
    AnyNumber,
}

impl Tolerance {
    /// Whether values may be `difference` apart, which is the share `relative` of the largest.
    fn allows(self, difference: f64, relative: f64) -> bool {
        match self {
            Self::OfLargest(share) => relative <= share,
            Self::AnyNumber => difference.is_finite(),
        }
    }
}

/// The first value outside the tolerance, and how many there are.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the output differs from the reference {}: {place}: expected {expected:?}, got {got:?} ({outside} \
     of {compared} values differ by more, by at most {max_abs_diff:e})",
    self.bound()
)]
pub struct FloatMismatch {
    /// Where it is.
    pub place: Place,
    /// The reference.
    pub expected: f32,
    /// What the target computed.
    pub got: f32,
    /// How many values differ by more than the tolerance.
    pub outside: u64,
    /// How many were compared.
    pub compared: u64,
    /// The largest difference; infinite if only one of two values is a number.
    pub max_abs_diff: f64,
    /// What is allowed, relative to `largest`.
    pub tolerance: Tolerance,
    /// The largest magnitude in the reference of this output, infinities left out.
    pub largest: f64,
}

impl FloatMismatch {
    fn bound(&self) -> String {
        match self.tolerance {
            Tolerance::OfLargest(share) => format!(
                "by more than {share:e} of its largest value, {:e}",
                self.largest
            ),
            Tolerance::AnyNumber => "by more than any number".to_owned(),
        }
    }
}

/// The largest magnitude of values, little-endian, that is finite; 0 if there is none.
pub fn largest(bytes: impl Iterator<Item = f32>) -> f64 {
    let finite = bytes.filter(|value| value.is_finite());
    finite.fold(0.0, |most, value| most.max(f64::from(value.abs())))
}

/// How far two values are from each other. What isn't a number equals what isn't one either, an
/// infinity itself; of all else it is infinitely far.
fn distance(expected: f32, got: f32) -> f64 {
    if expected == got || (expected.is_nan() && got.is_nan()) {
        return 0.0;
    }
    let difference = (f64::from(expected) - f64::from(got)).abs();
    match difference.is_nan() {
        true => f64::INFINITY,
        false => difference,
    }
}

/// A comparison of all vectors.
pub struct Comparison {
    tolerance: Tolerance,
    first: Option<(Place, f32, f32, f64)>,
    outside: u64,
    compared: u64,
    max_abs_diff: f64,
    max_relative_diff: f64,
    largest_difference: Option<record::Difference>,
}

impl Comparison {
    /// Of values that may differ by `tolerance`.
    pub fn new(tolerance: Tolerance) -> Self {
        Self {
            tolerance,
            first: None,
            outside: 0,
            compared: 0,
            max_abs_diff: 0.0,
            max_relative_diff: 0.0,
            largest_difference: None,
        }
    }

    /// Where values differ most; nothing where that isn't between two numbers.
    pub fn largest_difference(&self) -> Option<record::Difference> {
        self.largest_difference.clone()
    }

    /// Compares one output of one vector, the largest of whose reference is `largest` over all
    /// vectors. `place` says where an element is.
    pub fn add(
        &mut self,
        expected: &[u8],
        got: &[u8],
        largest: f64,
        place: impl Fn(usize) -> Place,
    ) {
        for (index, (expected, got)) in values(expected).zip(values(got)).enumerate() {
            let difference = distance(expected, got);
            let relative = match difference {
                0.0 => 0.0,
                // Against a reference of zeros every difference is one.
                _ => difference / largest,
            };
            self.compared += 1;
            if difference > self.max_abs_diff && expected.is_finite() && got.is_finite() {
                let [expected, got] = [expected, got].map(f64::from);
                self.largest_difference = Some(place(index).difference(expected, got));
            }
            self.max_abs_diff = self.max_abs_diff.max(difference);
            self.max_relative_diff = self.max_relative_diff.max(relative);
            if !self.tolerance.allows(difference, relative) {
                self.outside += 1;
                self.first
                    .get_or_insert_with(|| (place(index), expected, got, largest));
            }
        }
    }

    /// What was found; nothing if nothing was compared.
    ///
    /// # Errors
    /// The first value outside the tolerance.
    pub fn finish(self) -> Result<Option<record::FloatOutputs>, FloatMismatch> {
        if let Some((place, expected, got, largest)) = self.first {
            return Err(FloatMismatch {
                place,
                expected,
                got,
                outside: self.outside,
                compared: self.compared,
                max_abs_diff: self.max_abs_diff,
                tolerance: self.tolerance,
                largest,
            });
        }
        Ok((self.compared > 0).then(|| record::FloatOutputs {
            values_compared: self.compared,
            max_abs_diff: self.max_abs_diff,
            tolerance: None,
            // Against a reference of zeros there is none, and a record holds no infinity.
            max_relative_diff: Some(self.max_relative_diff).filter(|it| it.is_finite()),
            relative_tolerance: match self.tolerance {
                Tolerance::OfLargest(share) => Some(share),
                Tolerance::AnyNumber => None,
            },
            other: record::Other::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(values: &[f32]) -> Vec<u8> {
        let each = values.iter();
        each.flat_map(|value| value.to_le_bytes()).collect()
    }

    fn check(expected: &[f32], got: &[f32]) -> Result<record::FloatOutputs, String> {
        check_within(Tolerance::OfLargest(1e-3), expected, got)
    }

    fn check_within(
        tolerance: Tolerance,
        expected: &[f32],
        got: &[f32],
    ) -> Result<record::FloatOutputs, String> {
        let mut comparison = Comparison::new(tolerance);
        let largest = largest(expected.iter().copied());
        comparison.add(&bytes(expected), &bytes(got), largest, |index| Place {
            vector: 1,
            part: None,
            output: None,
            index,
        });
        let found = comparison.finish().map_err(|error| error.to_string())?;
        Ok(found.unwrap())
    }

    #[test]
    fn the_tolerance_is_relative_to_the_largest_value() {
        let float = check(&[1000.0, 0.0], &[1000.5, -0.5]).unwrap();
        assert_eq!(
            (float.values_compared, float.relative_tolerance),
            (2, Some(1e-3))
        );
        assert_eq!(
            (float.max_abs_diff, float.max_relative_diff),
            (0.5, Some(5e-4))
        );
        assert!(check(&[2e-6, -1e-6], &[2e-6, -1.1e-6]).is_err());
        assert_eq!(
            check(&[2.0, -1.0], &[2.0, -1.25]).unwrap_err(),
            "the output differs from the reference by more than 1e-3 of its largest value, 2e0: vector \
             1, index 1: expected -1.0, got -1.25 (1 of 2 values differ by more, by at most 2.5e-1)"
        );
    }

    #[test]
    fn nothing_but_zero_is_zero() {
        assert!(check(&[0.0, 0.0], &[0.0, -0.0]).is_ok());
        assert!(check(&[0.0, 0.0], &[0.0, 1e-30]).is_err());
    }

    #[test]
    fn what_is_no_number_is_within_no_tolerance() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let check =
            |expected: &[f32], got: &[f32]| check_within(Tolerance::AnyNumber, expected, got);
        let float = check(&[1.0, inf], &[-3e38, inf]).unwrap();
        assert_eq!(float.relative_tolerance, None);
        // Of zeros it is no share.
        let float = check(&[0.0], &[2.0]).unwrap();
        assert_eq!((float.max_abs_diff, float.max_relative_diff), (2.0, None));
        for (expected, got) in [(1.0, nan), (nan, 1.0), (1.0, inf), (inf, -inf)] {
            let said = check(&[0.0, expected], &[0.0, got]).unwrap_err();
            let begin =
                "the output differs from the reference by more than any number: vector 1, index 1:";
            assert!(said.starts_with(begin), "{said}");
        }
    }

    #[test]
    fn infinities_and_what_is_no_number_equal_themselves_alone() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let float = check(&[inf, -inf, nan, 2.0], &[inf, -inf, -nan, 2.0]).unwrap();
        assert_eq!(
            (float.max_abs_diff, float.max_relative_diff),
            (0.0, Some(0.0))
        );
        for (expected, got) in [
            (inf, -inf),
            (inf, nan),
            (nan, inf),
            (nan, 1.0),
            (1.0, nan),
            (1.0, inf),
        ] {
            assert!(
                check(&[expected, 1.0], &[got, 1.0]).is_err(),
                "{expected} {got}"
            );
        }
    }
}

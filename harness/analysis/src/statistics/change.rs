//! Whether two samples of a noisy quantity differ.

use super::bootstrap::{Interval, ratio_of_medians};
use super::mann_whitney::mann_whitney;
use tinybench_support::order::median;

/// p-values above this don't count.
pub const SIGNIFICANCE: f64 = 0.005;

/// What is known about the difference of two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Median of the new sample by that of the base.
    pub ratio: f64,
    /// Interval for it; see [`ratio_of_medians`].
    pub interval: Interval,
    /// p-value; see [`mann_whitney`].
    pub p: f64,
}

/// What follows from a [`Shift`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The new values are larger, by more than the noise floor.
    Larger,
    /// The new values are smaller, by more than the noise floor.
    Smaller,
    /// If there is a difference it is within the noise floor.
    Same,
    /// The samples are too small or too noisy to tell.
    Unclear,
}

/// Compares two samples of positive values. `None` if a sample is empty or holds a value that
/// isn't a positive finite number.
pub fn compare(base: &[f64], new: &[f64]) -> Option<Shift> {
    Some(Shift {
        interval: ratio_of_medians(base, new)?,
        p: mann_whitney(base, new)?,
        ratio: median(new)? / median(base)?,
    })
}

impl Shift {
    /// Whether the samples differ, by more than `floor`: a share, so 0.01 is 1 %.
    ///
    /// They do if p is at most [`SIGNIFICANCE`] and the whole interval lies beyond the floor. They
    /// don't if the whole interval lies within it. Everything else is unclear.
    pub fn change(&self, floor: f64) -> Change {
        let Interval { low, high } = self.interval;
        let significant = self.p <= SIGNIFICANCE;
        // A decrease is outside the floor if going back is an increase that is: 1 / (1 + floor).
        let (least, most) = (1.0 / (1.0 + floor), 1.0 + floor);
        if significant && low > most {
            Change::Larger
        } else if significant && high < least {
            Change::Smaller
        } else if low >= least && high <= most {
            Change::Same
        } else {
            Change::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(low: f64, high: f64, p: f64) -> Change {
        let shift = Shift {
            ratio: f64::midpoint(low, high),
            interval: Interval { low, high },
            p,
        };
        shift.change(0.01)
    }

    #[test]
    fn only_what_is_significant_and_beyond_the_floor_is_a_change() {
        assert_eq!(change(1.011, 1.05, 0.001), Change::Larger);
        assert_eq!(change(1.011, 1.05, 0.006), Change::Unclear);
        assert_eq!(change(1.009, 1.05, 0.001), Change::Unclear);
        assert_eq!(change(0.95, 0.99, 0.001), Change::Smaller);
        assert_eq!(change(0.95, 0.995, 0.001), Change::Unclear);
        assert_eq!(change(0.992, 1.009, 0.001), Change::Same);
        assert_eq!(change(0.98, 1.02, 0.5), Change::Unclear);
    }

    #[test]
    fn a_few_equal_runs_are_the_same() {
        let shift = compare(&[100.0; 3], &[100.0; 3]).unwrap();
        assert_eq!(shift.change(0.0), Change::Same);
    }

    #[test]
    fn five_runs_are_too_few_for_a_change_and_six_are_enough() {
        let apart = |runs| {
            compare(&vec![100.0; runs], &vec![110.0; runs])
                .unwrap()
                .change(0.01)
        };
        assert_eq!(apart(5), Change::Unclear);
        assert_eq!(apart(6), Change::Larger);
    }
}

//! Confidence intervals by the bootstrap.

use tinybench_support::order::{median_of_sorted, quantile_of_sorted};

/// How sure an interval is: the share of comparisons whose interval holds the true ratio.
pub const CONFIDENCE: f64 = 0.99;

/// How many times both samples are drawn again.
pub const RESAMPLES: usize = 2_000;

/// Any number will do; a fixed one makes the interval a function of the samples.
const SEED: u64 = 0x7469_6e79;

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The interval of [`CONFIDENCE`] for `median(new) / median(base)`: the percentile bootstrap
/// (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13).
///
/// Both samples are drawn again, with replacement and each in its own size, [`RESAMPLES`] times.
/// Each time the ratio of the medians of what was drawn is taken. The interval reaches from the
/// 0.5 % to the 99.5 % quantile of these ratios.
///
/// `None` if a sample is empty or holds a value that isn't a positive finite number.
pub fn ratio_of_medians(base: &[f64], new: &[f64]) -> Option<Interval> {
    let base = sorted(base)?;
    let new = sorted(new)?;
    let mut random = oorandom::Rand32::new(SEED);
    let mut counts = Vec::new();
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let base = median_of_resample(&base, &mut random, &mut counts);
            let new = median_of_resample(&new, &mut random, &mut counts);
            new / base
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval {
        low: quantile_of_sorted(&ratios, tail)?,
        high: quantile_of_sorted(&ratios, 1.0 - tail)?,
    })
}

/// The sample in ascending order, if every value is positive and finite.
fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    let usable = |value: &f64| value.is_finite() && *value > 0.0;
    if values.is_empty() || !values.iter().all(usable) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Some(sorted)
}

/// The median of as many draws from `sorted` as it has values. The draws are only counted, which
/// spares sorting them.
fn median_of_resample(sorted: &[f64], random: &mut oorandom::Rand32, counts: &mut Vec<u32>) -> f64 {
    let len = sorted.len();
    counts.clear();
    counts.resize(len, 0);
    for _ in 0..len {
        counts[random.rand_range(0..len as u32) as usize] += 1;
    }
    let mut middle = [0.0; 2];
    let wanted = [(len - 1) / 2, len / 2];
    for (value, wanted) in middle.iter_mut().zip(wanted) {
        let mut seen = 0;
        for (index, count) in counts.iter().enumerate() {
            seen += *count as usize;
            if seen > wanted {
                *value = sorted[index];
                break;
            }
        }
    }
    median_of_sorted(&middle).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_without_spread_have_an_interval_without_width() {
        let interval = ratio_of_medians(&[200.0; 5], &[210.0; 7]).unwrap();
        assert_eq!(
            interval,
            Interval {
                low: 1.05,
                high: 1.05
            }
        );
    }

    #[test]
    fn the_interval_is_as_wide_as_theory_says() {
        // Of 201 equally spaced values the bootstrap's median is normal with standard deviation
        // 201 / (2·√201), here 7.09 steps of 0.01 %: 2.576 of them are 0.183 %.
        let values: Vec<f64> = (0..201).map(|i| 1.0 + f64::from(i - 100) * 1e-4).collect();
        let interval = ratio_of_medians(&[1.0], &values).unwrap();
        assert!((interval.high - 1.001_83).abs() < 2e-4, "{interval:?}");
        assert!((interval.low - 0.998_17).abs() < 2e-4, "{interval:?}");
    }

    #[test]
    fn the_same_samples_give_the_same_interval_in_any_order() {
        let base = [10.0, 12.0, 11.0, 14.0];
        let new = [9.0, 15.0, 13.0, 12.0];
        let mut reversed = base;
        reversed.reverse();
        assert_eq!(
            ratio_of_medians(&base, &new),
            ratio_of_medians(&reversed, &new)
        );
    }

    #[test]
    fn there_is_none_without_positive_values() {
        for bad in [&[][..], &[0.0], &[-1.0, 2.0], &[f64::NAN]] {
            assert_eq!(ratio_of_medians(bad, &[1.0]), None);
            assert_eq!(ratio_of_medians(&[1.0], bad), None);
        }
    }
}

//! How sure a figure of quality is: confidence intervals from what the samples gave.

use super::QualityInterval;

/// How many times the samples are drawn again for a bootstrap.
const RESAMPLES: usize = 2_000;

/// Any number will do; a fixed one makes the interval a function of the samples.
const SEED: u64 = 0x7469_6e79;

/// The interval of an area under the receiver operating characteristic, of scores and whether each is
/// of a positive.
///
/// By its variance after E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson ("Comparing the areas under
/// two or more correlated receiver operating characteristic curves", Biometrics 44, 1988), on the scale
/// of its logit, so that it stays between 0 and 1. Where that variance is 0 or unknown, as of samples
/// that are told apart without a mistake, it is [`newcombe`]'s. `None` if there are only positives or
/// none.
pub fn of_auc(scores: &[(f64, bool)]) -> Option<QualityInterval> {
    let of = |wanted: bool| -> Vec<f64> {
        let all = scores.iter().filter(|(_, label)| *label == wanted);
        all.map(|(score, _)| *score).collect()
    };
    let (positives, negatives) = (of(true), of(false));
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let all: Vec<f64> = scores.iter().map(|(score, _)| *score).collect();
    // Of each positive the share of negatives below it, and of each negative that of positives above.
    let above = placements(&positives, &all, negatives.len());
    let below = placements(&negatives, &all, positives.len());
    let auc = mean(&above);
    let variance = variance(&above)
        .zip(variance(&below))
        .map(|(of_positives, of_negatives)| {
            of_positives / positives.len() as f64 + of_negatives / negatives.len() as f64
        });
    match variance {
        Some(variance) if variance > 0.0 && 0.0 < auc && auc < 1.0 => {
            let logit = (auc / (1.0 - auc)).ln();
            let half = QualityInterval::Z * variance.sqrt() / (auc * (1.0 - auc));
            let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            let (low, high) = (share(logit - half), share(logit + half));
            Some(QualityInterval::new(low, high, "delong"))
        }
        _ => Some(newcombe(auc, positives.len(), negatives.len())),
    }
}

/// Of each of `some`, which are part of `all`, the share of the `others` among them that are less, equals
/// counting one half.
fn placements(some: &[f64], all: &[f64], others: usize) -> Vec<f64> {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (all, among) = (sorted(all), sorted(some));
    let rank = |sorted: &[f64], value: f64| {
        let less = sorted.partition_point(|it| it.total_cmp(&value).is_lt());
        let not_more = sorted.partition_point(|it| it.total_cmp(&value).is_le());
        (less + not_more) as f64 / 2.0
    };
    let share = |value: &f64| (rank(&all, *value) - rank(&among, *value)) / others as f64;
    some.iter().map(share).collect()
}

/// The interval of an area from nothing but the numbers of samples: the fifth method of R. G. Newcombe
/// ("Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2",
/// Statistics in Medicine 25, 2006). Its ends are the areas from which `auc` is just not too far, by the
/// variance of J. A. Hanley and B. J. McNeil (Radiology 143, 1982).
fn newcombe(auc: f64, positives: usize, negatives: usize) -> QualityInterval {
    let (m, n) = (positives as f64, negatives as f64);
    let pairs = f64::midpoint(m, n) - 1.0;
    let deviation = |area: f64| {
        let shape = (1.0 - area) / (2.0 - area) + area / (1.0 + area);
        (area * (1.0 - area) * (1.0 + pairs * shape) / (m * n)).sqrt()
    };
    let is_too_far = |area: f64| (auc - area).abs() > QualityInterval::Z * deviation(area);
    // Between an area that is too far and one that isn't.
    let end = |mut far: f64, mut near: f64| {
        for _ in 0..60 {
            let middle = f64::midpoint(far, near);
            if is_too_far(middle) {
                far = middle;
            } else {
                near = middle;
            }
        }
        near
    };
    QualityInterval::new(end(0.0, auc), end(1.0, auc), "newcombe")
}

/// The interval of `figure` of the mean of `errors`, one a sample: the percentile bootstrap (B. Efron and
/// R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13). `None` of less than two
/// samples, which say nothing of how far others may be off.
pub fn of_mean(errors: &[f64], figure: fn(f64) -> f64) -> Option<QualityInterval> {
    if errors.len() < 2 || !errors.iter().all(|error| error.is_finite()) {
        return None;
    }
    let mut random = oorandom::Rand64::new(SEED.into());
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = errors
                .iter()
                .map(|_| errors[random.rand_range(0..errors.len() as u64) as usize]);
            figure(drawn.sum::<f64>() / errors.len() as f64)
        })
        .collect();
    figures.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - QualityInterval::CONFIDENCE) / 2.0;
    let end = |share| tinybench_support::order::quantile_of_sorted(&figures, share);
    let interval = QualityInterval::new(end(tail)?, end(1.0 - tail)?, "bootstrap");
    Some(interval)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance of the population of which these are a sample; of one value it isn't known.
fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|it| (it - mean) * (it - mean)).sum();
    (values.len() > 1).then(|| squares / (values.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auc;

    fn normal(random: &mut oorandom::Rand64) -> f64 {
        let radius = (-2.0 * (1.0 - random.rand_float()).ln()).sqrt();
        radius * (std::f64::consts::TAU * random.rand_float()).cos()
    }

    /// As many scores of each kind, those of positives `shift` higher, rounded so that some are equal.
    fn drawn(random: &mut oorandom::Rand64, each: usize, shift: f64) -> Vec<(f64, bool)> {
        (0..2 * each)
            .map(|index| {
                let is_positive = index < each;
                let level = if is_positive { shift } else { 0.0 };
                (
                    ((level + normal(random)) * 20.0).round() / 20.0,
                    is_positive,
                )
            })
            .collect()
    }

    #[test]
    fn the_variance_is_that_of_all_pairs() {
        // As the paper defines it, pair by pair.
        let scores = drawn(&mut oorandom::Rand64::new(7), 15, 1.0);
        let (positives, negatives) = scores.split_at(15);
        let pair = |x: f64, y: f64| f64::midpoint(f64::from(x > y), f64::from(x >= y));
        let above: Vec<f64> = positives
            .iter()
            .map(|x| negatives.iter().map(|y| pair(x.0, y.0)).sum::<f64>() / 15.0)
            .collect();
        let below: Vec<f64> = negatives
            .iter()
            .map(|y| positives.iter().map(|x| pair(x.0, y.0)).sum::<f64>() / 15.0)
            .collect();
        let area = above.iter().sum::<f64>() / 15.0;
        assert!((area - auc(&scores).unwrap()).abs() < 1e-12);
        let spread = |all: &[f64]| all.iter().map(|v| (v - area).powi(2)).sum::<f64>() / 14.0;
        let deviation = (spread(&above) / 15.0 + spread(&below) / 15.0).sqrt();
        let interval = of_auc(&scores).unwrap();
        let logit = |p: f64| (p / (1.0 - p)).ln();
        let half = 1.959_964 * deviation / (area * (1.0 - area));
        assert!((logit(interval.high) - logit(area) - half).abs() < 1e-5);
        assert!((logit(area) - logit(interval.low) - half).abs() < 1e-5);
        assert_eq!(interval.method, "delong");
    }

    #[test]
    fn of_100_intervals_about_95_hold_the_true_area() {
        // Two normal distributions with the distance 1 have the area Φ(1 / √2).
        const TRUE: f64 = 0.760_250;
        let mut random = oorandom::Rand64::new(2026);
        let holds = (0..400)
            .filter(|_| {
                let interval = of_auc(&drawn(&mut random, 24, 1.0)).unwrap();
                interval.low <= TRUE && TRUE <= interval.high
            })
            .count();
        assert!((372..=394).contains(&holds), "{holds} of 400");
    }

    #[test]
    fn samples_that_are_told_apart_without_a_mistake_are_not_certain() {
        let perfect = |each: u32| {
            let scores: Vec<_> = (0..2 * each)
                .map(|index| (f64::from(index), index >= each))
                .collect();
            of_auc(&scores).unwrap()
        };
        let (few, many) = (perfect(3), perfect(300));
        assert_eq!((few.high, many.high), (1.0, 1.0));
        assert!(few.low < 0.6 && many.low > 0.98, "{few:?} {many:?}");
        assert_eq!(few.method, "newcombe");
        assert_eq!(of_auc(&[(1.0, true)]), None);
    }

    #[test]
    fn an_interval_of_errors_is_as_wide_as_theory_says() {
        // The mean of 400 values that are 0 or 2: deviation 1 / 20, so 1 ± 1.96 / 20.
        let errors: Vec<f64> = (0..400).map(|index| f64::from(index % 2 * 2)).collect();
        let interval = of_mean(&errors, |mean| mean).unwrap();
        assert!((interval.low - 0.902).abs() < 0.01, "{interval:?}");
        assert!((interval.high - 1.098).abs() < 0.01, "{interval:?}");
        let root = of_mean(&errors, f64::sqrt).unwrap();
        assert!((root.high - interval.high.sqrt()).abs() < 1e-9);
        assert_eq!(of_mean(&[1.0], |mean| mean), None);
    }
}

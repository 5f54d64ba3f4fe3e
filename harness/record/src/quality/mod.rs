//! How good answers are, and how sure that is.

mod auc;
pub mod interval;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{Other, finite};

pub use auc::auc;

/// How good the answers are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Name of the metric: `top1` or `auc`, 0 to 1 and the more the better, or `rmse` or `mae`, errors
    /// in the unit of the output.
    pub metric: String,
    /// Its value on the vectors that were run.
    #[serde(serialize_with = "finite")]
    pub value: f64,
    /// How many vectors that is.
    pub samples: u64,
    /// Where the value may lie on everything that these vectors are a sample of; absent where that
    /// isn't known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<QualityInterval>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// Areas under the receiver operating characteristic, of the same vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Areas {
    /// That of the reference outputs, 0 to 1.
    #[serde(serialize_with = "finite")]
    pub reference: f64,
    /// That of the target's outputs, 0 to 1.
    #[serde(serialize_with = "finite")]
    pub found: f64,
    /// The largest difference that is allowed.
    #[serde(serialize_with = "finite")]
    pub tolerance: f64,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

/// A confidence interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityInterval {
    /// Its lower end.
    #[serde(serialize_with = "finite")]
    pub low: f64,
    /// Its upper end.
    #[serde(serialize_with = "finite")]
    pub high: f64,
    /// How sure it is: the share of such intervals in which the true value lies.
    #[serde(serialize_with = "finite")]
    pub confidence: f64,
    /// How it was computed: `wilson`, `delong`, `newcombe` or `bootstrap`.
    pub method: String,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Quality {
    /// A figure of `samples` vectors, with its interval where that follows from these numbers alone.
    pub fn new(metric: impl Into<String>, value: f64, samples: u64) -> Self {
        let metric = metric.into();
        Self {
            interval: (metric == "top1")
                .then(|| QualityInterval::wilson(value, samples))
                .flatten(),
            metric,
            value,
            samples,
            other: Other::new(),
        }
    }

    /// Whether the metric is an error, which is the better the smaller it is, and has no upper end.
    pub fn is_error(&self) -> bool {
        matches!(self.metric.as_str(), "rmse" | "mae")
    }

    /// The interval; of a record that doesn't have it what follows from the other numbers.
    pub fn interval(&self) -> Option<QualityInterval> {
        let computed = || Self::new(self.metric.as_str(), self.value, self.samples).interval;
        self.interval.clone().or_else(computed)
    }
}

impl QualityInterval {
    /// How sure the intervals are that are computed here.
    pub const CONFIDENCE: f64 = 0.95;

    /// The quantile of the standard normal distribution that belongs to [`Self::CONFIDENCE`].
    pub const Z: f64 = 1.959_963_984_540_054;

    /// An interval of [`Self::CONFIDENCE`].
    pub fn new(low: f64, high: f64, method: &str) -> Self {
        Self {
            low,
            high,
            confidence: Self::CONFIDENCE,
            method: method.to_owned(),
            other: Other::new(),
        }
    }

    /// The score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and
    /// statistical inference", Journal of the American Statistical Association 22, 1927), which is right
    /// for few samples and for shares near 0 and 1 too (L. D. Brown, T. T. Cai and A. DasGupta,
    /// "Interval estimation for a binomial proportion", Statistical Science 16, 2001). `None` without
    /// samples or of what is no share.
    pub fn wilson(share: f64, samples: u64) -> Option<Self> {
        if samples == 0 || !(0.0..=1.0).contains(&share) {
            return None;
        }
        let (n, z2) = (samples as f64, Self::Z * Self::Z);
        let scale = 1.0 + z2 / n;
        let middle = (share + z2 / (2.0 * n)) / scale;
        let spread = share * (1.0 - share) / n + z2 / (4.0 * n * n);
        let half = Self::Z * spread.sqrt() / scale;
        let end = |value: f64| value.clamp(0.0, 1.0);
        // Exactly, where rounding would leave a little.
        let low = if share == 0.0 {
            0.0
        } else {
            end(middle - half)
        };
        let high = if share == 1.0 {
            1.0
        } else {
            end(middle + half)
        };
        Some(Self::new(low, high, "wilson"))
    }

    /// Whether a value may be in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of the interval for `right` of `samples`.
    fn wilson(right: u32, samples: u32) -> (f64, f64) {
        let share = f64::from(right) / f64::from(samples);
        let interval = QualityInterval::wilson(share, samples.into()).unwrap();
        (interval.low, interval.high)
    }

    #[test]
    fn an_end_is_a_share_from_which_the_sample_is_just_not_too_far() {
        // What defines the interval: |share - end| = z * sqrt(end * (1 - end) / n).
        for (right, samples) in [(42, 48), (1, 10), (45, 48), (900, 1_000)] {
            let share = f64::from(right) / f64::from(samples);
            let (low, high) = wilson(right, samples);
            for end in [low, high] {
                let deviation = (end * (1.0 - end) / f64::from(samples)).sqrt();
                let distance = (share - end).abs() / deviation;
                assert!((distance - 1.959_964).abs() < 1e-5, "{right}/{samples}");
            }
            assert!(low < share && share < high);
        }
    }

    #[test]
    fn all_right_and_all_wrong_still_have_a_width() {
        // n / (n + z²) is the lower end if all are right.
        let (low, high) = wilson(10, 10);
        assert!((low - 10.0 / (10.0 + 3.841_459)).abs() < 1e-6);
        assert_eq!(high, 1.0);
        let (low, high) = wilson(0, 10);
        assert!(low == 0.0 && (high - 0.277_53).abs() < 1e-4);
        assert_eq!(QualityInterval::wilson(0.5, 0), None);
        assert_eq!(QualityInterval::wilson(1.5, 10), None);
    }

    #[test]
    fn a_share_has_an_interval_and_an_area_needs_more_than_its_value() {
        assert!(Quality::new("top1", 0.875, 48).interval.is_some());
        assert_eq!(Quality::new("auc", 0.875, 48).interval, None);
        let mut old = Quality::new("top1", 0.875, 48);
        old.interval = None;
        assert_eq!(old.interval(), QualityInterval::wilson(0.875, 48));
    }
}

//! What a change of one metric amounts to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::metrics::{Direction, Limit, Metric, Reading, Unit};
use crate::statistics::{self, Change, Shift};
use tinybench_record::Fidelity;

/// With fewer runs on each side a change can't be significant, however large it is, and the interval holds
/// the true ratio less often than it says.
pub const LEAST_RUNS: usize = 6;

/// What a change amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Worse, and over the limit: the comparison fails.
    Regression,
    /// Worse, within the limit.
    Worse,
    /// The same, or a difference within the noise floor.
    Same,
    /// Too few runs or too much noise to tell.
    Unclear,
    /// Better.
    Better,
    /// Shown and not judged: measured on one side and modelled on the other, on two boards, or what
    /// follows from another figure.
    NotJudged,
}

impl Verdict {
    /// The verdict for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "REGRESSION",
            Self::Worse => "worse",
            Self::Same => "same",
            Self::Unclear => "unclear",
            Self::Better => "better",
            Self::NotJudged => "not judged",
        }
    }
}

/// One metric of one result on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricChange {
    /// The metric's slug.
    pub metric: &'static str,
    /// The unit of `base` and `new`.
    pub unit: &'static str,
    /// The unit in which they are shown.
    #[serde(skip)]
    pub shown_in: Unit,
    /// The base's value; of several samples their median.
    pub base: f64,
    /// The new value.
    pub new: f64,
    /// `new` by `base`; null if the base is 0.
    pub ratio: Option<f64>,
    /// Whether the base is measured or modelled; null if it is counted, which is exact.
    pub base_fidelity: Option<Fidelity>,
    /// The same of the new value.
    pub new_fidelity: Option<Fidelity>,
    /// What the runs say, if the values are noisy.
    pub statistics: Option<Statistics>,
    /// What the change amounts to.
    pub verdict: Verdict,
    /// Why, if the numbers don't say it.
    pub reason: Option<String>,
}

/// What the runs of a noisy metric say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Statistics {
    /// Lower end of the 99 % interval of the ratio of medians.
    pub ratio_low: f64,
    /// Its upper end.
    pub ratio_high: f64,
    /// p-value of the test of Mann and Whitney.
    pub p: f64,
    /// How many runs the base has.
    pub base_runs: usize,
    /// How many runs the new record has.
    pub new_runs: usize,
}

impl MetricChange {
    /// The metric.
    pub fn metric(&self) -> Option<&'static Metric> {
        Metric::find(self.metric).ok()
    }

    /// Whether either value comes from a model of the hardware.
    pub fn is_modelled(&self) -> bool {
        [self.base_fidelity, self.new_fidelity].contains(&Some(Fidelity::Modelled))
    }
}

/// Judges the change of `metric`, which is shown in `unit`, from `base` to `new`, of which changes up to
/// the share `floor` are noise.
pub fn judge(
    metric: &'static Metric,
    unit: Unit,
    base: &Reading,
    new: &Reading,
    limit: Limit,
    floor: f64,
) -> MetricChange {
    let mut change = MetricChange {
        metric: metric.slug,
        unit: unit.symbol(),
        shown_in: unit,
        base: base.value,
        new: new.value,
        ratio: Some(new.value / base.value).filter(|ratio| ratio.is_finite()),
        base_fidelity: base.fidelity,
        new_fidelity: new.fidelity,
        statistics: None,
        verdict: Verdict::NotJudged,
        reason: None,
    };
    if (base.fidelity, base.noisy) != (new.fidelity, new.noisy) {
        change.reason = Some("measured on one side, modelled on the other".to_owned());
    } else if base.noisy {
        noisy(&mut change, metric, base, new, limit, floor);
    } else {
        exact(&mut change, metric, limit, floor);
    }
    if !limit.off && limit.is_exceeded(metric, new.value) {
        let hard = unit.show(limit.hard.unwrap_or_default());
        change.verdict = Verdict::Regression;
        change.reason = Some(format!("over the limit of {hard}"));
        if metric.direction == Direction::BiggerIsBetter {
            change.reason = Some(format!("below the limit of {hard}"));
        }
    }
    change
}

/// Exact values differ by more than the floor, or they don't.
fn exact(change: &mut MetricChange, metric: &Metric, limit: Limit, floor: f64) {
    let (base, new) = (change.base, change.new);
    let worse_by = match metric.direction {
        Direction::SmallerIsBetter => new - base,
        Direction::BiggerIsBetter => base - new,
    };
    // Going back from a change that is beyond the floor is one too.
    let is_noise = (base / (1.0 + floor)..=base * (1.0 + floor)).contains(&new);
    change.verdict = if worse_by == 0.0 {
        Verdict::Same
    } else if is_noise {
        change.reason = Some(format!(
            "within the noise floor of {} %",
            (floor * 1e5).round() / 1e3
        ));
        Verdict::Same
    } else if worse_by < 0.0 {
        Verdict::Better
    } else if worse_by > limit.soft.unwrap_or(0.0) * base && is_gated(limit) {
        Verdict::Regression
    } else {
        Verdict::Worse
    };
}

fn noisy(
    change: &mut MetricChange,
    metric: &Metric,
    base: &Reading,
    new: &Reading,
    limit: Limit,
    floor: f64,
) {
    let [base, new] = [base, new].map(|reading| match reading.samples.as_slice() {
        [] => std::slice::from_ref(&reading.value),
        samples => samples,
    });
    if base.len().min(new.len()) < LEAST_RUNS {
        change.verdict = Verdict::Unclear;
        change.reason = Some(format!(
            "{} and {} runs are too few to tell, {LEAST_RUNS} on each side would do",
            base.len(),
            new.len()
        ));
        return;
    }
    let Some(shift) = statistics::compare(base, new) else {
        change.verdict = Verdict::Unclear;
        change.reason = Some("a value is zero".to_owned());
        return;
    };
    change.ratio = Some(shift.ratio);
    change.statistics = Some(Statistics {
        ratio_low: shift.interval.low,
        ratio_high: shift.interval.high,
        p: shift.p,
        base_runs: base.len(),
        new_runs: new.len(),
    });
    let worse = match metric.direction {
        Direction::SmallerIsBetter => Change::Larger,
        Direction::BiggerIsBetter => Change::Smaller,
    };
    change.verdict = match shift.change(floor) {
        Change::Same => Verdict::Same,
        Change::Unclear => Verdict::Unclear,
        found if found != worse => Verdict::Better,
        _ if is_gated(limit) && is_over(&shift, worse, limit, floor) => Verdict::Regression,
        _ => Verdict::Worse,
    };
}

/// Whether a limit makes worse values a regression: a hard limit alone says what is too much.
fn is_gated(limit: Limit) -> bool {
    !limit.off && (limit.soft.is_some() || limit.hard.is_none())
}

fn is_over(shift: &Shift, worse: Change, limit: Limit, floor: f64) -> bool {
    shift.change(limit.soft.unwrap_or(0.0).max(floor)) == worse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(slug: &str) -> &'static Metric {
        Metric::find(slug).unwrap()
    }

    fn counted(value: f64) -> Reading {
        Reading {
            value,
            fidelity: None,
            samples: Vec::new(),
            noisy: false,
        }
    }

    fn measured(samples: &[f64]) -> Reading {
        Reading {
            value: tinybench_support::order::median(samples).unwrap(),
            fidelity: Some(Fidelity::Measured),
            samples: samples.to_vec(),
            noisy: true,
        }
    }

    fn limit(text: &str) -> Limit {
        Limit::parse(metric("flash"), text).unwrap()
    }

    fn exact(base: f64, new: f64, limit: Limit) -> Verdict {
        judge(
            metric("flash"),
            Unit::Bytes,
            &counted(base),
            &counted(new),
            limit,
            0.0,
        )
        .verdict
    }

    #[test]
    fn exact_values_are_compared_to_the_last_byte() {
        let none = Limit::default();
        assert_eq!(exact(100.0, 100.0, none), Verdict::Same);
        assert_eq!(exact(100.0, 101.0, none), Verdict::Regression);
        assert_eq!(exact(100.0, 99.0, none), Verdict::Better);
        assert_eq!(exact(0.0, 1.0, none), Verdict::Regression);
        assert_eq!(exact(100.0, 101.0, limit("1%")), Verdict::Worse);
        assert_eq!(exact(100.0, 102.0, limit("1%")), Verdict::Regression);
        assert_eq!(exact(100.0, 200.0, limit("off")), Verdict::Worse);
    }

    #[test]
    fn a_hard_limit_holds_whatever_the_base_has() {
        assert_eq!(exact(500.0, 450.0, limit("400B")), Verdict::Regression);
        assert_eq!(exact(300.0, 400.0, limit("400B")), Verdict::Worse);
        assert_eq!(exact(300.0, 310.0, limit("1%|400B")), Verdict::Regression);
        let quality = metric("quality");
        let limit = Limit::parse(quality, "0.9").unwrap();
        let change = judge(
            quality,
            Unit::Share,
            &counted(0.95),
            &counted(0.89),
            limit,
            0.0,
        );
        assert_eq!(change.verdict, Verdict::Regression);
        assert_eq!(change.reason.unwrap(), "below the limit of 90.0 %");
    }

    #[test]
    fn more_quality_is_better() {
        let change = |base, new| {
            judge(
                metric("quality"),
                Unit::Share,
                &counted(base),
                &counted(new),
                Limit::default(),
                0.0,
            )
            .verdict
        };
        assert_eq!(change(0.90, 0.91), Verdict::Better);
        assert_eq!(change(0.90, 0.89), Verdict::Regression);
    }

    #[test]
    fn noisy_values_need_enough_runs_and_a_change_beyond_floor_and_limit() {
        let runs = |level: f64, n: u32| {
            let samples: Vec<_> = (0..n)
                .map(|i| level * (1.0 + f64::from(i % 3) * 1e-3))
                .collect();
            measured(&samples)
        };
        let judge = |new: Reading, limit| {
            judge(
                metric("latency"),
                Unit::Microseconds,
                &runs(100.0, 10),
                &new,
                limit,
                0.005,
            )
        };
        let none = Limit::default();
        assert_eq!(judge(runs(105.0, 10), none).verdict, Verdict::Regression);
        assert_eq!(judge(runs(95.0, 10), none).verdict, Verdict::Better);
        assert_eq!(judge(runs(100.1, 10), none).verdict, Verdict::Same);
        let ten = limit("10%");
        assert_eq!(judge(runs(105.0, 10), ten).verdict, Verdict::Worse);
        assert_eq!(judge(runs(115.0, 10), ten).verdict, Verdict::Regression);
        let (base, few) = (runs(100.0, 5), runs(105.0, 5));
        let few = super::judge(
            metric("latency"),
            Unit::Microseconds,
            &base,
            &few,
            none,
            0.005,
        );
        assert_eq!(few.verdict, Verdict::Unclear);
        assert_eq!(
            few.reason.unwrap(),
            "5 and 5 runs are too few to tell, 6 on each side would do"
        );
        // One run has no spread, and still isn't certain.
        for (base, new) in [(1, 1), (1, 30), (30, 5)] {
            let (base, new) = (runs(100.0, base), runs(100.0, new));
            let change = super::judge(
                metric("latency"),
                Unit::Microseconds,
                &base,
                &new,
                none,
                0.005,
            );
            assert_eq!(change.verdict, Verdict::Unclear);
            assert_eq!(change.statistics, None);
        }
        // A hard limit needs no comparison.
        let (base, new) = (runs(100.0, 1), runs(200_000.0, 1));
        let limit = Limit::parse(metric("latency"), "150ms").unwrap();
        let over = super::judge(
            metric("latency"),
            Unit::Microseconds,
            &base,
            &new,
            limit,
            0.005,
        );
        assert_eq!(over.verdict, Verdict::Regression);
    }

    #[test]
    fn modelled_values_have_a_noise_floor() {
        let modelled = |value: f64| Reading {
            value,
            fidelity: Some(Fidelity::Modelled),
            samples: vec![value; 3],
            noisy: false,
        };
        let verdict = |new: f64, limit: Limit, floor: f64| {
            let (base, new) = (modelled(10_000.0), modelled(new));
            judge(
                metric("latency"),
                Unit::Microseconds,
                &base,
                &new,
                limit,
                floor,
            )
            .verdict
        };
        let none = Limit::default();
        assert_eq!(verdict(10_000.65, none, 0.005), Verdict::Same);
        assert_eq!(verdict(10_000.65, none, 0.0), Verdict::Regression);
        assert_eq!(verdict(10_051.0, none, 0.005), Verdict::Regression);
        assert_eq!(verdict(9_951.0, none, 0.005), Verdict::Same);
        assert_eq!(verdict(9_949.0, none, 0.005), Verdict::Better);
        assert_eq!(verdict(10_051.0, limit("1%"), 0.005), Verdict::Worse);
        let hard = Limit::parse(metric("latency"), "10ms").unwrap();
        assert_eq!(verdict(10_000.65, hard, 0.005), Verdict::Regression);
    }

    #[test]
    fn the_least_runs_are_those_with_which_a_change_can_be_significant() {
        use crate::statistics::{SIGNIFICANCE, least_p};
        assert!(least_p(LEAST_RUNS, LEAST_RUNS) <= SIGNIFICANCE);
        assert!(least_p(LEAST_RUNS - 1, LEAST_RUNS - 1) > SIGNIFICANCE);
    }

    #[test]
    fn measured_and_modelled_are_never_judged() {
        let mut modelled = measured(&[100.0; 10]);
        modelled.fidelity = Some(Fidelity::Modelled);
        modelled.noisy = false;
        let change = judge(
            metric("latency"),
            Unit::Microseconds,
            &measured(&[200.0; 10]),
            &modelled,
            Limit::default(),
            0.0,
        );
        assert_eq!(change.verdict, Verdict::NotJudged);
        assert_eq!(change.ratio, Some(0.5));
    }
}

//! How much worse a metric may become.

use std::collections::BTreeMap;
use std::str::FromStr;

use tinybench_record::RunResult;
use tinybench_support::printable::printable;

use crate::{Direction, Metric, Rank, Unit, UnknownMetric};

/// What a metric may do before it is a regression.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limit {
    /// By how much it may become worse than the base: 0.02 is 2 %.
    pub soft: Option<f64>,
    /// The worst value it may have, whatever the base has; in the unit of the record.
    pub hard: Option<f64>,
    /// Whether it never is a regression.
    pub off: bool,
}

/// A limit that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// It isn't `METRIC=LIMIT`.
    #[error(
        "a limit is METRIC=SOFT%, METRIC=HARD, METRIC=SOFT%|HARD or METRIC=off, such as \
         flash=1%|400KB, not `{}`",
        printable(.0)
    )]
    Form(String),
    /// There is no such metric.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// A percentage isn't one.
    #[error("`{}` is no percentage from 0 on", printable(.0))]
    Percentage(String),
    /// A hard limit isn't a number with a unit of the metric.
    #[error(
        "`{}` is no limit of {metric}: write a number and one of: {units}",
        printable(text)
    )]
    Hard {
        /// What was given.
        text: String,
        /// The metric.
        metric: &'static str,
        /// The units it may have.
        units: String,
    },
}

impl Limit {
    /// Reads a limit for `metric`: `2%`, `400KB`, `1%|400KB` or `off`.
    pub fn parse(metric: &'static Metric, text: &str) -> Result<Self, LimitError> {
        let mut limit = Self::default();
        if text.trim() == "off" {
            limit.off = true;
            return Ok(limit);
        }
        for part in text.split('|') {
            let part = part.trim();
            let target = match part.strip_suffix('%') {
                Some(number) => {
                    let share = percentage(number)?;
                    limit.soft.replace(share)
                }
                None => {
                    let value = metric.unit.parse(part).ok_or_else(|| LimitError::Hard {
                        text: part.to_owned(),
                        metric: metric.slug,
                        units: units(metric),
                    })?;
                    limit.hard.replace(value)
                }
            };
            if target.is_some() {
                return Err(LimitError::Form(format!("{}={text}", metric.slug)));
            }
        }
        Ok(limit)
    }

    /// Whether `value` is worse than the hard limit.
    pub fn is_exceeded(&self, metric: &Metric, value: f64) -> bool {
        self.hard.is_some_and(|hard| match metric.direction {
            Direction::SmallerIsBetter => value > hard,
            Direction::BiggerIsBetter => value < hard,
        })
    }
}

/// A percentage without its sign, as a share.
pub fn percentage(text: &str) -> Result<f64, LimitError> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|number| (0.0..=1e6).contains(number) && number.is_sign_positive())
        .map(|number| number / 100.0)
        .ok_or_else(|| LimitError::Percentage(format!("{text}%")))
}

fn units(metric: &Metric) -> String {
    if metric.unit == Unit::Share {
        return "nothing, as it is a share from 0 to 1 (0.9 is 90 %)".to_owned();
    }
    let names: Vec<_> = metric
        .unit
        .suffixes()
        .iter()
        .map(|(name, _)| if name.is_empty() { "nothing" } else { name })
        .collect();
    names.join(", ")
}

/// A limit as `--limit` takes it: `latency=2%`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLimit {
    /// The metric.
    pub metric: &'static Metric,
    /// Its limit.
    pub limit: Limit,
}

impl FromStr for NamedLimit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let (name, limit) = text
            .split_once('=')
            .ok_or_else(|| LimitError::Form(text.to_owned()))?;
        let metric = Metric::find(name.trim())?;
        Ok(Self {
            metric,
            limit: Limit::parse(metric, limit)?,
        })
    }
}

/// The limits and noise floors of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gate {
    limits: BTreeMap<&'static str, Limit>,
    of_workloads: BTreeMap<String, BTreeMap<&'static str, Limit>>,
    floors: BTreeMap<&'static str, f64>,
    exact: bool,
}

impl Gate {
    /// Sets the limit of a metric for all workloads.
    pub fn set(&mut self, metric: &'static Metric, limit: Limit) {
        self.limits.insert(metric.slug, limit);
    }

    /// Sets the limit of a metric for one workload.
    pub fn set_for(&mut self, workload: &str, metric: &'static Metric, limit: Limit) {
        self.of_workloads
            .entry(workload.to_owned())
            .or_default()
            .insert(metric.slug, limit);
    }

    /// Sets the noise floor of a metric, a share.
    pub fn set_floor(&mut self, metric: &'static Metric, floor: f64) {
        self.floors.insert(metric.slug, floor);
    }

    /// Takes every difference of figures that don't vary for a change, however small.
    pub fn set_exact(&mut self) {
        self.exact = true;
    }

    /// The limit that was set for a metric of a workload, if one was.
    pub fn given(&self, workload: &str, metric: &Metric) -> Option<Limit> {
        self.of_workloads
            .get(workload)
            .and_then(|limits| limits.get(metric.slug))
            .or_else(|| self.limits.get(metric.slug))
            .copied()
    }

    /// The limit of a metric of a workload. Without one, a headline figure may not become worse at
    /// all, and a detail may as it likes.
    pub fn limit(&self, workload: &str, metric: &Metric) -> Limit {
        self.given(workload, metric).unwrap_or(Limit {
            off: metric.rank != Rank::Headline,
            ..Limit::default()
        })
    }

    /// The noise floor of a metric among these results, a share; `noisy` says whether repeating the run
    /// would give another value.
    pub fn floor<'a>(
        &self,
        metric: &Metric,
        noisy: bool,
        results: impl IntoIterator<Item = &'a RunResult>,
    ) -> f64 {
        if self.exact && !noisy {
            return 0.0;
        }
        self.floors
            .get(metric.slug)
            .copied()
            .unwrap_or_else(|| metric.noise_floor_of(results))
    }

    /// The workloads that have limits of their own.
    pub fn workloads(&self) -> impl Iterator<Item = &str> {
        self.of_workloads.keys().map(String::as_str)
    }
}

/// A limit for people, its value in `unit`.
pub fn show(unit: Unit, limit: &Limit) -> String {
    let soft = limit.soft.map(|share| format!("{} %", share * 100.0));
    let hard = limit.hard.map(|value| unit.show(value));
    match (limit.off, soft, hard) {
        (true, ..) => "off".to_owned(),
        (_, Some(soft), Some(hard)) => format!("{soft} | {hard}"),
        (_, Some(one), None) | (_, None, Some(one)) => one,
        (_, None, None) => "0 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Limit, String> {
        text.parse::<NamedLimit>()
            .map(|named| named.limit)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn limits_are_soft_hard_or_both() {
        let limit = |soft, hard| Limit {
            soft,
            hard,
            off: false,
        };
        assert_eq!(parse("latency=2%"), Ok(limit(Some(0.02), None)));
        assert_eq!(parse("flash=1%|400KB"), Ok(limit(Some(0.01), Some(4e5))));
        assert_eq!(parse("latency = 150ms"), Ok(limit(None, Some(150_000.0))));
        assert_eq!(parse("quality=0.9 | 1 %"), Ok(limit(Some(0.01), Some(0.9))));
        assert!(parse("energy=off").unwrap().off);
    }

    #[test]
    fn what_is_no_limit_is_told() {
        let texts: Vec<_> = [
            "latency",
            "latncy=2%",
            "latency=-2%",
            "latency=NaN%",
            "latency=2%|3%",
            "latency=150",
            "flash=1kg",
            "flash=\u{1b}[2J",
            "flash=",
            "quality=2",
            "quality=90",
        ]
        .iter()
        .map(|text| parse(text).unwrap_err())
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn a_limit_of_a_workload_comes_before_that_of_all() {
        let mut gate = Gate::default();
        let flash = Metric::find("flash").unwrap();
        let soft = |soft| Limit {
            soft: Some(soft),
            ..Limit::default()
        };
        assert_eq!(
            gate.floor(Metric::find("latency").unwrap(), false, []),
            0.005
        );
        gate.set_exact();
        assert_eq!(gate.floor(Metric::find("latency").unwrap(), false, []), 0.0);
        assert_eq!(
            gate.floor(Metric::find("latency").unwrap(), true, []),
            0.005
        );
        gate.set(flash, soft(0.01));
        gate.set_for("kws", flash, soft(0.05));
        assert_eq!(gate.limit("kws", flash), soft(0.05));
        assert_eq!(gate.limit("vww", flash), soft(0.01));
        let stack = Metric::find("stack").unwrap();
        assert!(gate.limit("kws", stack).off);
        assert_eq!(
            gate.limit("kws", Metric::find("ram").unwrap()),
            Limit::default()
        );
    }
}

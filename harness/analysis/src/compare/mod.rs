//! Comparing records: what became better or worse, and whether it matters. `docs/compare.md`
//! explains it for people.

mod context;
mod failures;
pub mod markdown;
mod matching;
mod operators;
mod relation;
mod side;
pub mod table;
pub mod text;
mod verdict;

use std::collections::BTreeMap;
use tinybench_support::exits_with;

use schemars::JsonSchema;
use serde::Serialize;

pub use context::{Context, Difference};
pub use failures::{FailureChange, FailureVerdict};
pub use matching::{Matches, Outcome, matches};
pub use operators::{OperatorChange, OperatorChanges, changes as operator_changes};
pub use side::{Entry, FailedEntry, Key, Side};
pub use verdict::{LEAST_RUNS, MetricChange, Statistics, Verdict, judge};

pub use tinybench_metrics::{Aspect, Gate, Limit, LimitError, NamedLimit, percentage, show_limit};

use crate::metrics::{Direction, METRICS, Rank};
use crate::quality;
use crate::statistics::geometric_mean;
use tinybench_support::json::{self, JsonError};
use tinybench_support::printable::printable;

/// The `schema` field of the comparisons this version writes.
pub const SCHEMA: &str = "tinybench.comparison/1";

/// What `tinybench compare` found out: one base, one or more others.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// `tinybench.comparison/` and the major version of the format.
    #[schemars(regex(pattern = r"^tinybench\.comparison/1$"))]
    pub schema: &'static str,
    /// The base, as the user named it.
    pub base: String,
    /// Each of the others against it.
    pub candidates: Vec<Candidate>,
}

/// One side compared with the base.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Candidate {
    /// The side, as the user named it.
    pub name: String,
    /// Differences of the context that the user allowed.
    pub allowed: Vec<Difference>,
    /// The results that both sides have.
    pub results: Vec<ResultChange>,
    /// What failed on one of both sides at least.
    pub failures: Vec<FailureChange>,
    /// What only the base has, measured or failed.
    pub only_base: Vec<String>,
    /// Results that the base doesn't have.
    pub only_new: Vec<String>,
    /// The geometric mean of the ratios over all results, of each headline metric of which less is
    /// better; empty for a single result.
    pub means: Vec<Mean>,
    /// How often each verdict was reached.
    pub summary: Summary,
}

/// One result on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ResultChange {
    /// The workload.
    pub workload: String,
    /// The base's inference engine.
    pub runtime: String,
    /// The base's board.
    pub board: String,
    /// Whether the base's board is a virtual one.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Every metric that both sides have.
    pub metrics: Vec<MetricChange>,
    /// How good the answers are on both sides, in words, and how sure that is.
    pub quality: Option<QualityChange>,
    /// Where the cycles of an inference changed, if both sides were profiled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operators: Option<OperatorChanges>,
    /// Whether just one side was profiled: `base` or `new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_of: Option<&'static str>,
}

/// A figure of quality on both sides, with its number of samples and confidence interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QualityChange {
    /// Of the base.
    pub base: String,
    /// Of the new record.
    pub new: String,
}

/// A mean over all results.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mean {
    /// The metric's slug.
    pub metric: &'static str,
    /// Geometric mean of new by base.
    pub ratio: f64,
    /// Whether any of the values is modelled.
    pub modelled: bool,
    /// Over how many results.
    pub results: usize,
}

/// How often each verdict was reached, over the metrics that are shown and what failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "each is a verdict")]
pub struct Summary {
    pub regression: usize,
    pub worse: usize,
    pub unclear: usize,
    pub same: usize,
    pub better: usize,
    pub not_judged: usize,
    pub failed: usize,
    pub still_fails: usize,
    pub mended: usize,
}

/// Two sides can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// They were obtained in different ways.
    #[error(
        "{base} and {new} were not obtained in the same way, so a difference could come from \
         that:\n{}\nif that is what you want to compare, add --allow {}",
        lines(differences),
        names(differences)
    )]
    Context {
        /// The base.
        base: String,
        /// The other.
        new: String,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// They have nothing in common.
    #[error(
        "{base} and {new} have no workload in common: {base} has {}, {new} has {}",
        base_has.join(", "),
        new_has.join(", ")
    )]
    NothingInCommon {
        /// The base.
        base: String,
        /// The other.
        new: String,
        /// The results of the base.
        base_has: Vec<String>,
        /// The results of the other.
        new_has: Vec<String>,
    },
}

exits_with!(CompareError => Input);

fn lines(differences: &[Difference]) -> String {
    let lines: Vec<_> = differences.iter().map(|d| format!("  {d}")).collect();
    lines.join("\n")
}

fn names(differences: &[Difference]) -> String {
    let mut names: Vec<_> = differences.iter().map(|d| d.aspect).collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.join(",")
}

/// Compares each of `others` with `base`. Aspects of the context may differ only if they are in
/// `allowed`.
pub fn compare(
    base: &Side,
    others: &[Side],
    gate: &Gate,
    allowed: &[Aspect],
) -> Result<Comparison, CompareError> {
    let candidates = others
        .iter()
        .map(|other| candidate(base, other, gate, allowed))
        .collect::<Result<_, _>>()?;
    Ok(Comparison {
        schema: SCHEMA,
        base: printable(&base.name).into_owned(),
        candidates,
    })
}

fn candidate(
    base: &Side,
    new: &Side,
    gate: &Gate,
    allowed: &[Aspect],
) -> Result<Candidate, CompareError> {
    let found = matches(base, new);
    let (base_name, new_name) = (printable(&base.name), printable(&new.name));
    if found.pairs.is_empty() && found.failed.is_empty() {
        return Err(CompareError::NothingInCommon {
            base: base_name.into_owned(),
            new: new_name.into_owned(),
            base_has: labels(&found.only_base),
            new_has: labels(&found.only_new),
        });
    }
    let differences = differences(&found);
    let is_allowed = |difference: &Difference| {
        allowed.contains(&difference.aspect)
            || (difference.aspect.is_of_board()
                && allowed.contains(&Aspect::Board)
                && differences.iter().any(|it| it.aspect == Aspect::Board))
            || (difference.aspect.is_of_runtime()
                && allowed.contains(&Aspect::Runtime)
                && differences.iter().any(|it| it.aspect == Aspect::Runtime))
    };
    let (allowed, refused): (Vec<_>, Vec<_>) = differences
        .iter()
        .cloned()
        .partition(|difference| is_allowed(difference));
    if !refused.is_empty() {
        return Err(CompareError::Context {
            base: base_name.into_owned(),
            new: new_name.into_owned(),
            differences: refused,
        });
    }
    let results: Vec<ResultChange> = found
        .pairs
        .iter()
        .map(|(base, new)| result_change(base, new, gate))
        .collect();
    let failures = failures::changes(&found);
    let only_new: Vec<Outcome> = found
        .only_new
        .iter()
        .copied()
        .filter(|outcome| outcome.failure().is_none())
        .collect();
    Ok(Candidate {
        name: new_name.into_owned(),
        allowed,
        means: means(&results),
        summary: summary(&results, &failures),
        results,
        failures,
        only_base: labels(&found.only_base),
        only_new: labels(&only_new),
    })
}

/// Names of outcomes, for people.
fn labels(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|outcome| {
            let (board, is_virtual) = outcome.board();
            let board = text::board(board, is_virtual);
            let runtime = outcome.runtime().into_iter().map(str::to_owned);
            let failed = outcome.failure().map(|_| "failed".to_owned());
            let parts: Vec<_> = runtime.chain([board]).chain(failed).collect();
            format!("{} ({})", outcome.workload(), parts.join(", "))
        })
        .collect()
}

/// What differs between the sides of each pair; equal differences are one.
fn differences(found: &Matches) -> Vec<Difference> {
    let mut seen: BTreeMap<(Aspect, &str, &str), Vec<String>> = BTreeMap::new();
    for (base, new) in &found.pairs {
        for aspect in base.context.differences(&new.context) {
            seen.entry((aspect, base.context.get(aspect), new.context.get(aspect)))
                .or_default()
                .push(base.key.workload.clone());
        }
    }
    seen.into_iter()
        .map(|((aspect, base, new), workloads)| Difference {
            aspect,
            base: base.to_owned(),
            new: new.to_owned(),
            workloads,
        })
        .collect()
}

fn result_change(base: &Entry, new: &Entry, gate: &Gate) -> ResultChange {
    let workload = &base.key.workload;
    let profiles = (base.result.profile.as_ref(), new.result.profile.as_ref());
    let mut metrics: Vec<MetricChange> = METRICS
        .iter()
        .filter_map(|metric| {
            let unit = metric.unit_in(&base.result);
            let both = [&base.result, &new.result];
            let (base, new) = (base.read(metric)?, new.read(metric)?);
            let limit = gate.limit(workload, metric);
            let floor = gate.floor(metric, new.noisy, both);
            Some(judge(metric, unit, &base, &new, limit, floor))
        })
        .collect();
    relation::put_right(&mut metrics, base, new, gate);
    let figure = |entry: &Entry| entry.result.quality.as_ref().map(quality::figure);
    ResultChange {
        workload: workload.clone(),
        runtime: base.key.runtime.clone(),
        board: base.key.board.clone(),
        is_virtual: base.key.is_virtual,
        operators: profiles
            .0
            .zip(profiles.1)
            .map(|(base, new)| operators::changes(base, new)),
        profile_of: match profiles {
            (Some(_), None) => Some("base"),
            (None, Some(_)) => Some("new"),
            _ => None,
        },
        metrics,
        quality: figure(base)
            .zip(figure(new))
            .map(|(base, new)| QualityChange { base, new }),
    }
}

fn means(results: &[ResultChange]) -> Vec<Mean> {
    if results.len() < 2 {
        return Vec::new();
    }
    METRICS
        .iter()
        .filter(|metric| {
            metric.rank == Rank::Headline && metric.direction == Direction::SmallerIsBetter
        })
        .filter_map(|metric| {
            let changes: Vec<&MetricChange> = results
                .iter()
                .flat_map(|result| &result.metrics)
                .filter(|change| change.metric == metric.slug)
                .collect();
            let ratios: Vec<f64> = changes.iter().filter_map(|change| change.ratio).collect();
            Some(Mean {
                metric: metric.slug,
                ratio: geometric_mean(&ratios).filter(|_| ratios.len() > 1)?,
                modelled: changes.iter().any(|change| change.is_modelled()),
                results: ratios.len(),
            })
        })
        .collect()
}

fn summary(results: &[ResultChange], failures: &[FailureChange]) -> Summary {
    let mut summary = Summary::default();
    for change in results.iter().flat_map(ResultChange::shown) {
        *match change.verdict {
            Verdict::Regression => &mut summary.regression,
            Verdict::Worse => &mut summary.worse,
            Verdict::Unclear => &mut summary.unclear,
            Verdict::Same => &mut summary.same,
            Verdict::Better => &mut summary.better,
            Verdict::NotJudged => &mut summary.not_judged,
        } += 1;
    }
    for failure in failures {
        *match failure.verdict {
            FailureVerdict::Failed => &mut summary.failed,
            FailureVerdict::StillFails => &mut summary.still_fails,
            FailureVerdict::Mended => &mut summary.mended,
        } += 1;
    }
    summary
}

impl ResultChange {
    /// The metrics that tables show: headline figures, and details that changed.
    pub fn shown(&self) -> impl Iterator<Item = &MetricChange> {
        self.metrics.iter().filter(|change| {
            change.verdict == Verdict::Regression
                || match change.metric().map(|metric| metric.rank) {
                    Some(Rank::Headline) => true,
                    Some(Rank::Detail) => change.base != change.new,
                    Some(Rank::View) | None => false,
                }
        })
    }

    /// The metrics that fail the comparison.
    pub fn regressions(&self) -> impl Iterator<Item = &MetricChange> {
        self.metrics
            .iter()
            .filter(|change| change.verdict == Verdict::Regression)
    }
}

impl Candidate {
    /// Counts the verdicts and means anew, after some have changed.
    pub fn recount(&mut self) {
        self.summary = summary(&self.results, &self.failures);
    }
}

impl Comparison {
    /// Each regression, for people: `kws latency +5.20 %`, `ic failed: fault`.
    pub fn regressions(&self) -> Vec<String> {
        self.candidates
            .iter()
            .flat_map(|candidate| {
                let failures = candidate.failures.iter();
                let failed = failures.filter(|it| it.verdict == FailureVerdict::Failed);
                let figures = candidate.results.iter().flat_map(|result| {
                    result.regressions().map(|change| {
                        let title = change.metric().map_or(change.metric, |metric| metric.title);
                        let what = match &change.reason {
                            Some(reason) => reason.clone(),
                            None => text::change(change),
                        };
                        format!("{} {title} {what}", result.workload)
                    })
                });
                failed
                    .map(|it| format!("{} {}", it.workload, text::outcome(it.new.as_ref())))
                    .chain(figures)
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// The comparison as JSON text, with a newline at the end.
    pub fn to_json(&self) -> Result<String, JsonError> {
        json::text(self)
    }

    /// The JSON Schema of a comparison, as JSON text.
    pub fn json_schema() -> String {
        tinybench_record::schema::text::<Self>("tinybench comparison")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;
    use tinybench_record::reading::Loaded;
    use tinybench_record::{Fidelity, RunRecord};

    fn side(name: &str, record: RunRecord) -> Side {
        let path = name.into();
        Side::new(name, &[Loaded { path, record }])
    }

    /// A record of two workloads, with these cycles and bytes of flash.
    fn record(cycles: u32, flash: u32) -> RunRecord {
        let mut record = example();
        let result = &mut record.results[0];
        result.latency.cycles = vec![cycles; 10];
        result.latency.median_cycles = cycles.into();
        result.latency.median_us = f64::from(cycles) / 64.0;
        result.flash.as_mut().unwrap().total_bytes = flash;
        let mut second = result.clone();
        second.workload = "vww".to_owned();
        record.results.push(second);
        record
    }

    fn compared(others: Vec<RunRecord>) -> Comparison {
        let others: Vec<_> = others
            .into_iter()
            .enumerate()
            .map(|(i, record)| side(&format!("new{i}"), record))
            .collect();
        compare(
            &side("base", record(1_000_000, 90_000)),
            &others,
            &Gate::default(),
            &[],
        )
        .unwrap()
    }

    #[test]
    fn what_became_worse_is_a_regression_and_means_go_over_all_workloads() {
        let comparison = compared(vec![record(1_050_000, 89_000)]);
        assert_eq!(
            comparison.regressions(),
            ["kws latency +5.00 %", "vww latency +5.00 %",]
        );
        let candidate = &comparison.candidates[0];
        let mean = &candidate.means[0];
        assert_eq!((mean.metric, mean.results), ("latency", 2));
        assert!((mean.ratio - 1.05).abs() < 1e-12 && mean.modelled);
        // The energy, which the record has as it was, and the flash, which is less.
        assert_eq!(candidate.summary.regression, 2);
        assert_eq!((candidate.summary.worse, candidate.summary.better), (0, 2));
    }

    #[test]
    fn a_record_compared_with_itself_is_the_same() {
        let comparison = compared(vec![record(1_000_000, 90_000)]);
        let summary = comparison.candidates[0].summary;
        assert!(comparison.regressions().is_empty());
        assert_eq!(
            (summary.regression, summary.worse, summary.better),
            (0, 0, 0)
        );
    }

    #[test]
    fn other_contexts_are_refused_unless_allowed() {
        let base = side("base", record(1_000_000, 90_000));
        let mut other = record(1_000_000, 90_000);
        other.board.clock_hz = 32_000_000;
        other.toolchain.as_mut().unwrap().rustc = "1.96.0".to_owned();
        let other = [side("new", other)];
        let compare = |allowed: &[Aspect]| compare(&base, &other, &Gate::default(), allowed);
        let error = compare(&[]).unwrap_err();
        insta::assert_snapshot!(error.to_string());
        compare(&[Aspect::Clock]).unwrap_err();
        let comparison = compare(&[Aspect::Clock, Aspect::Compiler]).unwrap();
        assert_eq!(comparison.candidates[0].allowed.len(), 2);
    }

    #[test]
    fn measured_and_modelled_are_shown_but_not_judged() {
        let base = side("base", record(1_000_000, 90_000));
        let mut real = record(2_000_000, 90_000);
        for result in &mut real.results {
            result.latency.fidelity = Fidelity::Measured;
        }
        let others = [side("real", real)];
        compare(&base, &others, &Gate::default(), &[]).unwrap_err();
        let comparison = compare(&base, &others, &Gate::default(), &[Aspect::Fidelity]).unwrap();
        let latency = &comparison.candidates[0].results[0].metrics[0];
        assert_eq!(latency.verdict, Verdict::NotJudged);
        assert_eq!(latency.ratio, Some(2.0));
        assert!(comparison.regressions().is_empty());
    }

    #[test]
    fn sides_without_a_common_workload_say_what_they_have() {
        let mut other = example();
        other.results[0].workload = "ad".to_owned();
        let error = compare(
            &side("base", record(1, 90_000)),
            &[side("new", other)],
            &Gate::default(),
            &[],
        )
        .unwrap_err();
        insta::assert_snapshot!(error.to_string());
    }

    #[test]
    fn the_schema_file_is_up_to_date_and_describes_what_is_written() {
        let schema = Comparison::json_schema();
        tinybench_record::schema::assert_published("comparison.schema.json", &schema);
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let comparison = compared(vec![record(1_050_000, 89_000), record(900_000, 90_000)]);
        let mut value = serde_json::from_str(&comparison.to_json().unwrap()).unwrap();
        assert!(validator.is_valid(&value), "{value:#}");
        value["candidates"][0]["results"][0]["metrics"][0]["verdict"] = "splendid".into();
        assert!(!validator.is_valid(&value));
    }
}

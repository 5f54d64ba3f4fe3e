//! How changes are written, the same in tables and Markdown.

use super::{
    Candidate, FailureChange, FailureVerdict, MetricChange, OperatorChanges, ResultChange, Verdict,
};
use crate::statistics::CONFIDENCE;
use tinybench_record::{Failure, Fidelity};
use tinybench_support::number::grouped;

/// Stands where there is nothing to say.
pub const NONE: &str = "-";

/// A value with its unit and the mark of a modelled one.
pub fn value(change: &MetricChange, value: f64, fidelity: Option<Fidelity>) -> String {
    marked(change.shown_in.show(value), fidelity)
}

/// Cycles of an operator with the mark of modelled ones.
pub fn cycles(cycles: u64, fidelity: Fidelity) -> String {
    marked(grouped(cycles), Some(fidelity))
}

fn marked(number: String, fidelity: Option<Fidelity>) -> String {
    match fidelity {
        Some(Fidelity::Modelled) => format!("≈ {number}"),
        _ => number,
    }
}

/// The base's value.
pub fn base(change: &MetricChange) -> String {
    value(change, change.base, change.base_fidelity)
}

/// The new value.
pub fn new(change: &MetricChange) -> String {
    value(change, change.new, change.new_fidelity)
}

/// The change in percent; the ratio of what isn't judged.
pub fn change(change: &MetricChange) -> String {
    match change.ratio {
        Some(found) if change.verdict == Verdict::NotJudged => ratio(found),
        Some(ratio) => percent(ratio),
        None if change.base == change.new => percent(1.0),
        None => "from 0".to_owned(),
    }
}

/// The operators of a result, where there is something to say of them: a latency that changed by more than
/// the noise, or operators that only one side has.
pub fn operators(result: &ResultChange) -> Option<&OperatorChanges> {
    let mut metrics = result.metrics.iter();
    let changed = metrics.any(|it| it.metric == "latency" && it.verdict != Verdict::Same);
    let found = result.operators.as_ref();
    found.filter(|it| changed || !it.only_base.is_empty() || !it.only_new.is_empty())
}

/// A ratio for people: `1.052×`.
pub fn ratio(value: f64) -> String {
    format!("{value:.3}×")
}

/// What is known of the quality of a result's answers on both sides, if there is something to say.
pub fn quality(result: &ResultChange) -> Option<String> {
    let found = result.quality.as_ref()?;
    Some(match found.base == found.new {
        true => found.new.clone(),
        false => format!("base {}, new {}", found.base, found.new),
    })
}

/// A ratio as a change in percent, with the digits that matter.
pub fn percent(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let decimals = match percent.abs() {
        0.0 => return "0 %".to_owned(),
        p if p >= 10.0 => 1,
        p if p >= 0.1 => 2,
        p if p >= 0.001 => 4,
        _ => 6,
    };
    format!("{percent:+.decimals$} %")
}

/// What became of a number of cycles, with a sign.
pub fn signed(base: u64, new: u64) -> String {
    let sign = if new < base { '-' } else { '+' };
    format!("{sign}{}", grouped(new.abs_diff(base)))
}

/// A share of a change.
pub fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// The interval of the change, of noisy values.
pub fn interval(change: &MetricChange) -> String {
    change.statistics.map_or(NONE.to_owned(), |statistics| {
        format!(
            "{} to {}",
            percent(statistics.ratio_low),
            percent(statistics.ratio_high)
        )
    })
}

/// The heading of [`interval`].
pub fn interval_heading() -> String {
    format!("{} % interval", CONFIDENCE * 100.0)
}

/// The p-value, of noisy values.
pub fn p(change: &MetricChange) -> String {
    change
        .statistics
        .map_or(NONE.to_owned(), |statistics| match statistics.p {
            p if p < 0.0001 => "<0.0001".to_owned(),
            p => format!("{p:.4}"),
        })
}

/// The verdict, and why if the numbers don't say it.
pub fn verdict(change: &MetricChange) -> String {
    match &change.reason {
        Some(reason) => format!("{}: {reason}", change.verdict.name()),
        None => change.verdict.name().to_owned(),
    }
}

/// What is said of a result: the workload, and of runtime and board what isn't the same for all.
pub fn label(result: &ResultChange, all: &[ResultChange]) -> String {
    let mut label = result.workload.clone();
    let mut more = Vec::new();
    if all.iter().any(|other| other.runtime != result.runtime) {
        more.push(result.runtime.clone());
    }
    let board = |result: &ResultChange| board(&result.board, result.is_virtual);
    if all.iter().any(|other| board(other) != board(result)) {
        more.push(board(result));
    }
    if !more.is_empty() {
        label += &format!(" ({})", more.join(", "));
    }
    label
}

/// What is said of a failure: the workload, and of runtime and board what isn't the same for all of
/// the candidate.
pub fn failure_label(failure: &FailureChange, candidate: &Candidate) -> String {
    let results = candidate.results.iter();
    let of_results = results.map(|it| (Some(&it.runtime), &it.board, it.is_virtual));
    let failures = candidate.failures.iter();
    let of_failures = failures.map(|it| (it.runtime.as_ref(), &it.board, it.is_virtual));
    let mut all = of_results.chain(of_failures);
    let (mut runtimes, mut boards) = (false, false);
    for (runtime, board, is_virtual) in &mut all {
        runtimes |= runtime.is_some() && runtime != failure.runtime.as_ref();
        boards |= (board, is_virtual) != (&failure.board, failure.is_virtual);
    }
    let runtime = failure.runtime.clone().filter(|_| runtimes);
    let board = boards.then(|| board(&failure.board, failure.is_virtual));
    let more: Vec<_> = runtime.into_iter().chain(board).collect();
    match more.as_slice() {
        [] => failure.workload.clone(),
        more => format!("{} ({})", failure.workload, more.join(", ")),
    }
}

/// Stands in the place of a metric where it is told whether something was measured or failed.
pub const OUTCOME: &str = "outcome";

/// The base's outcome.
pub fn base_outcome(failure: &FailureChange) -> String {
    match failure.in_base {
        true => outcome(failure.base.as_ref()),
        false => NONE.to_owned(),
    }
}

/// Whether something was measured, or how it failed.
pub fn outcome(failure: Option<&Failure>) -> String {
    failure.map_or("measured".to_owned(), |it| format!("failed: {}", it.kind))
}

/// What was said when it failed, of the newer side first.
pub fn message(failure: &FailureChange) -> Option<&str> {
    let failure = failure.new.as_ref().or(failure.base.as_ref())?;
    Some(&failure.message)
}

/// A board's name that tells a virtual one from a real one.
pub fn board(name: &str, is_virtual: bool) -> String {
    match is_virtual {
        true => format!("virtual {name}"),
        false => name.to_owned(),
    }
}

/// `2 regressions, 1 better, 5 same`.
pub fn summary(summary: &super::Summary) -> String {
    let parts = [
        (
            summary.regression,
            if summary.regression == 1 {
                "regression"
            } else {
                "regressions"
            },
        ),
        (summary.failed, "failed"),
        (summary.worse, Verdict::Worse.name()),
        (summary.better, Verdict::Better.name()),
        (summary.same, Verdict::Same.name()),
        (summary.unclear, Verdict::Unclear.name()),
        (summary.not_judged, Verdict::NotJudged.name()),
        (summary.still_fails, "failed on both sides"),
        (summary.mended, FailureVerdict::Mended.name()),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_the_digits_that_matter() {
        let texts: Vec<_> = [1.5, 0.97, 1.0123, 1.0, 1.0005, 1.000_012, 1.000_000_1]
            .map(percent)
            .into();
        assert_eq!(
            texts,
            [
                "+50.0 %",
                "-3.00 %",
                "+1.23 %",
                "0 %",
                "+0.0500 %",
                "+0.0012 %",
                "+0.000010 %"
            ]
        );
    }
}

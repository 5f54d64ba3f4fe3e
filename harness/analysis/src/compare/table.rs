//! A comparison as text for a terminal.

use owo_colors::OwoColorize;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Segment};
use tabled::settings::{Alignment, Modify, Padding};

use super::{
    Candidate, Comparison, FailureChange, FailureVerdict, MetricChange, OperatorChanges, Verdict,
    text,
};
use tinybench_support::listing::{GAP, lines, trim};
use tinybench_support::number::grouped;

/// The comparison as text: with one candidate a table with everything that is known of each change,
/// with several one column each. Ends without a newline.
pub fn render(comparison: &Comparison, colour: bool) -> String {
    let table = match comparison.candidates.as_slice() {
        [one] => pair(comparison, one, colour),
        several => many(comparison, several, colour),
    };
    let mut parts = vec![table];
    for candidate in &comparison.candidates {
        parts.extend(operators(candidate));
        parts.extend(notes(candidate));
    }
    let mut legend = "docs/compare.md explains every column and verdict.".to_owned();
    let modelled = comparison
        .candidates
        .iter()
        .flat_map(|candidate| &candidate.results)
        .flat_map(super::ResultChange::shown)
        .any(MetricChange::is_modelled);
    if modelled {
        legend = format!("≈ modelled, not measured. {legend}");
    }
    parts.push(legend);
    parts.join("\n\n")
}

fn pair(comparison: &Comparison, candidate: &Candidate, colour: bool) -> String {
    let mut builder = Builder::default();
    let interval = text::interval_heading();
    builder.push_record(
        [
            "workload", "metric", "base", "new", "change", &interval, "p", "verdict",
        ]
        .map(|text| heading(text, colour)),
    );
    let noisy = candidate
        .results
        .iter()
        .flat_map(|result| &result.metrics)
        .any(|change| change.statistics.is_some());
    for result in &candidate.results {
        let mut label = text::label(result, &candidate.results);
        for change in result.shown() {
            builder.push_record([
                std::mem::take(&mut label),
                title(change),
                text::base(change),
                text::new(change),
                text::change(change),
                text::interval(change),
                text::p(change),
                verdict(change, &text::verdict(change), colour),
            ]);
        }
    }
    for failure in &candidate.failures {
        builder.push_record([
            text::failure_label(failure, candidate),
            text::OUTCOME.to_owned(),
            text::base_outcome(failure),
            text::outcome(failure.new.as_ref()),
            text::NONE.to_owned(),
            text::NONE.to_owned(),
            text::NONE.to_owned(),
            failure_verdict(failure, colour),
        ]);
    }
    if !candidate.means.is_empty() {
        let mut label = "geometric mean".to_owned();
        for mean in &candidate.means {
            let title = crate::metrics::Metric::find(mean.metric).map_or(mean.metric, |m| m.title);
            builder.push_record([
                std::mem::take(&mut label),
                title.to_owned(),
                String::new(),
                String::new(),
                mark(mean.modelled, &text::percent(mean.ratio)),
                String::new(),
                String::new(),
                format!("of {} results", mean.results),
            ]);
        }
    }
    if !noisy {
        // Exact values have neither.
        builder.remove_column(6);
        builder.remove_column(5);
    }
    let last = if noisy { 7 } else { 5 };
    let mut table = builder.build();
    table
        .with(lines())
        .with(GAP)
        .with(Modify::new(Columns::last()).with(Padding::zero()))
        .with(Modify::new(Columns::new(2..last)).with(Alignment::right()));
    format!(
        "base: {}\nnew:  {}\n\n{}\n\n{}",
        comparison.base,
        candidate.name,
        trim(&table.to_string()),
        text::summary(&candidate.summary)
    )
}

/// How many operators are shown of each result.
const OPERATORS: usize = 10;

/// Which operators make up the changes of a candidate's results.
fn operators(candidate: &Candidate) -> Vec<String> {
    let mut parts = Vec::new();
    for result in &candidate.results {
        let label = text::label(result, &candidate.results);
        if let Some(side) = result.profile_of {
            parts.push(format!(
                "{label}: {side} alone was profiled; measured with --profile, both would tell which \
                 operators make up a change"
            ));
        }
        if let Some(changes) = text::operators(result) {
            parts.extend(of_operators(&label, changes));
        }
    }
    parts
}

fn of_operators(label: &str, found: &OperatorChanges) -> Option<String> {
    let whole = text::signed(found.base, found.new);
    let mut lines = Vec::new();
    if !found.changes.is_empty() {
        let mut builder = Builder::default();
        builder.push_record(["operator", "base", "new", "change", "of the change"]);
        for change in found.changes.iter().take(OPERATORS) {
            builder.push_record([
                change.name.clone(),
                grouped(change.base),
                grouped(change.new),
                text::signed(change.base, change.new),
                change.share.map_or(text::NONE.to_owned(), text::share),
            ]);
        }
        let mut table = builder.build();
        table
            .with(self::lines())
            .with(GAP)
            .with(Modify::new(Columns::last()).with(Padding::zero()))
            .with(Modify::new(Columns::new(1..)).with(Alignment::right()));
        lines.push(trim(&table.to_string()));
        let more = found.changes.len().saturating_sub(OPERATORS);
        if more > 0 {
            lines.push(format!("... and {more} more"));
        }
    }
    for (side, names) in [("base", &found.only_base), ("new", &found.only_new)] {
        if !names.is_empty() {
            lines.push(format!("only in {side}: {}", names.join(", ")));
        }
    }
    let heading = format!("{label}: {whole} cycles, by operator");
    (!lines.is_empty()).then(|| format!("{heading}\n\n{}", lines.join("\n")))
}

fn many(comparison: &Comparison, candidates: &[Candidate], colour: bool) -> String {
    let mut builder = Builder::default();
    let headings = ["workload", "metric", comparison.base.as_str()];
    let names = candidates.iter().map(|candidate| candidate.name.as_str());
    builder.push_record(
        headings
            .into_iter()
            .chain(names)
            .map(|t| heading(t, colour)),
    );
    // What the base has, in order, with each candidate's figure where it has one.
    let rows = rows(candidates);
    let mut last_label = String::new();
    for (label, slug) in &rows {
        let changes: Vec<Option<&MetricChange>> = candidates
            .iter()
            .map(|candidate| find(candidate, label, slug))
            .collect();
        let Some(one) = changes.iter().copied().flatten().next() else {
            continue;
        };
        let shown = if *label == last_label { "" } else { label };
        let cells = changes.iter().map(|change| match change {
            Some(change) => ratio_cell(change, colour),
            None => text::NONE.to_owned(),
        });
        builder.push_record(
            [shown.to_owned(), title(one), text::base(one)]
                .into_iter()
                .chain(cells),
        );
        last_label.clone_from(label);
    }
    for (label, base) in failed_rows(candidates) {
        let cells = candidates.iter().map(|candidate| {
            let mut failures = candidate.failures.iter();
            let found = failures.find(|it| text::failure_label(it, candidate) == label);
            found.map_or(text::NONE.to_owned(), |it| failure_verdict(it, colour))
        });
        let first = [label.clone(), text::OUTCOME.to_owned(), base];
        builder.push_record(first.into_iter().chain(cells));
    }
    let mut label = "geometric mean".to_owned();
    for metric in &crate::metrics::METRICS {
        let means: Vec<_> = candidates
            .iter()
            .map(|candidate| {
                candidate
                    .means
                    .iter()
                    .find(|mean| mean.metric == metric.slug)
            })
            .collect();
        if means.iter().all(Option::is_none) {
            continue;
        }
        let cells = means.iter().map(|mean| {
            mean.map_or(text::NONE.to_owned(), |mean| {
                mark(mean.modelled, &text::ratio(mean.ratio))
            })
        });
        let first = [
            std::mem::take(&mut label),
            metric.title.to_owned(),
            String::new(),
        ];
        builder.push_record(first.into_iter().chain(cells));
    }
    let mut table = builder.build();
    table
        .with(lines())
        .with(GAP)
        .with(Modify::new(Segment::new(.., 2..)).with(Alignment::right()))
        .with(Modify::new(Columns::last()).with(Padding::zero()));
    let summaries: Vec<_> = candidates
        .iter()
        .map(|candidate| format!("{}: {}", candidate.name, text::summary(&candidate.summary)))
        .collect();
    format!("{}\n\n{}", trim(&table.to_string()), summaries.join("\n"))
}

/// Which rows the table of several candidates has: each result and metric that one of them shows.
pub(super) fn rows(candidates: &[Candidate]) -> Vec<(String, &'static str)> {
    let mut rows: Vec<(String, usize, &'static str)> = Vec::new();
    for candidate in candidates {
        for result in &candidate.results {
            let label = text::label(result, &candidate.results);
            for change in result.shown() {
                let order = crate::metrics::METRICS
                    .iter()
                    .position(|metric| metric.slug == change.metric);
                rows.push((label.clone(), order.unwrap_or_default(), change.metric));
            }
        }
    }
    rows.sort();
    rows.dedup();
    rows.into_iter()
        .map(|(label, _, slug)| (label, slug))
        .collect()
}

/// Which rows the table of several candidates has for what failed, with the base's outcome.
fn failed_rows(candidates: &[Candidate]) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = candidates
        .iter()
        .flat_map(|candidate| {
            let label = |it| (text::failure_label(it, candidate), text::base_outcome(it));
            candidate.failures.iter().map(label)
        })
        .collect();
    rows.sort();
    rows.dedup_by(|a, b| a.0 == b.0);
    rows
}

pub(super) fn find<'a>(
    candidate: &'a Candidate,
    label: &str,
    slug: &str,
) -> Option<&'a MetricChange> {
    candidate
        .results
        .iter()
        .find(|result| text::label(result, &candidate.results) == label)?
        .metrics
        .iter()
        .find(|change| change.metric == slug)
}

fn ratio_cell(change: &MetricChange, colour: bool) -> String {
    let number = match change.ratio {
        Some(number) => mark(change.is_modelled(), &text::ratio(number)),
        None => text::new(change),
    };
    match change.verdict {
        Verdict::Same => number,
        judged => format!("{} {number}", verdict(change, judged.name(), colour)),
    }
}

fn mark(modelled: bool, number: &str) -> String {
    match modelled {
        true => format!("≈ {number}"),
        false => number.to_owned(),
    }
}

fn title(change: &MetricChange) -> String {
    change
        .metric()
        .map_or(change.metric, |metric| metric.title)
        .to_owned()
}

/// What else there is to say about a candidate.
fn notes(candidate: &Candidate) -> Vec<String> {
    let mut notes = Vec::new();
    let messages: Vec<_> = candidate
        .failures
        .iter()
        .filter_map(|it| {
            let label = text::failure_label(it, candidate);
            Some(format!(
                "  {label}: {}: {}",
                it.verdict.name(),
                text::message(it)?
            ))
        })
        .collect();
    if !messages.is_empty() {
        let lines = messages.join("\n");
        notes.push(format!("{}: what failed\n{lines}", candidate.name));
    }
    let qualities: Vec<_> = candidate
        .results
        .iter()
        .filter_map(|result| {
            let label = text::label(result, &candidate.results);
            Some(format!("  {label}: {}", text::quality(result)?))
        })
        .collect();
    if !qualities.is_empty() {
        let lines = qualities.join("\n");
        notes.push(format!(
            "{}: quality of the answers\n{lines}",
            candidate.name
        ));
    }
    if !candidate.allowed.is_empty() {
        let lines: Vec<_> = candidate
            .allowed
            .iter()
            .map(|difference| format!("  {difference}"))
            .collect();
        notes.push(format!(
            "{}: allowed differences\n{}",
            candidate.name,
            lines.join("\n")
        ));
    }
    for (names, what) in [
        (&candidate.only_base, "only in the base"),
        (&candidate.only_new, "not in the base"),
    ] {
        if !names.is_empty() {
            notes.push(format!("{}: {what}: {}", candidate.name, names.join(", ")));
        }
    }
    notes
}

fn heading(text: &str, colour: bool) -> String {
    if colour {
        text.bold().to_string()
    } else {
        text.to_owned()
    }
}

fn verdict(change: &MetricChange, text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    match change.verdict {
        Verdict::Regression => text.red().bold().to_string(),
        Verdict::Worse => text.yellow().to_string(),
        Verdict::Better => text.green().to_string(),
        Verdict::Same | Verdict::Unclear | Verdict::NotJudged => text.dimmed().to_string(),
    }
}

fn failure_verdict(failure: &FailureChange, colour: bool) -> String {
    let text = failure.verdict.name();
    if !colour {
        return text.to_owned();
    }
    match failure.verdict {
        FailureVerdict::Failed => text.red().bold().to_string(),
        FailureVerdict::StillFails => text.yellow().to_string(),
        FailureVerdict::Mended => text.green().to_string(),
    }
}

//! A comparison as text for a terminal.

use super::{
    Candidate, Comparison, FailureChange, FailureVerdict, MetricChange, OperatorChanges, Verdict,
    text,
};
use owo_colors::OwoColorize;
use tinybench_support::listing::{Fitted, wrapped};

/// The comparison as text: with one candidate a table with everything that is known of each change,
/// with several one column each, in at most `width` columns where that can be. Ends without a newline.
pub fn render(comparison: &Comparison, width: usize, colour: bool) -> String {
    let table = match comparison.candidates.as_slice() {
        [one] => pair(comparison, one, width, colour),
        several => many(comparison, several, width, colour),
    };
    let mut parts = vec![table];
    for candidate in &comparison.candidates {
        let more = operators(candidate, width).into_iter();
        parts.extend(more.chain(notes(candidate).iter().map(|it| wrapped(it, width))));
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
    parts.push(wrapped(&legend, width));
    parts.join("\n\n")
}

fn pair(comparison: &Comparison, candidate: &Candidate, width: usize, colour: bool) -> String {
    let interval = text::interval_heading();
    let mut headings = vec!["workload", "metric", "base", "new", "change"];
    let noisy = candidate
        .results
        .iter()
        .flat_map(|result| &result.metrics)
        .any(|change| change.statistics.is_some());
    // Exact values have neither.
    if noisy {
        headings.extend([&interval, "p"]);
    }
    headings.push("verdict");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for result in &candidate.results {
        let mut label = text::label(result, &candidate.results);
        for change in result.shown() {
            rows.push(vec![
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
        rows.push(vec![
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
            rows.push(vec![
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
        for row in &mut rows {
            row.drain(5..7);
        }
    }
    let table = Fitted {
        headings: headings.into_iter().map(str::to_owned).collect(),
        rows,
        numeric: &["base", "new", "change", &interval, "p"],
        drop: &["p", &interval, "base"],
    };
    format!(
        "base: {}\nnew:  {}\n\n{}\n\n{}",
        comparison.base,
        candidate.name,
        table.render(width, &|text| heading(text, colour)),
        wrapped(&text::summary(&candidate.summary), width)
    )
}

/// How many operators are shown of each result.
const OPERATORS: usize = 10;

/// Which operators make up the changes of a candidate's results.
fn operators(candidate: &Candidate, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    for result in &candidate.results {
        let label = text::label(result, &candidate.results);
        if let Some(side) = result.profile_of {
            let note = format!(
                "{label}: {side} alone was profiled; measured with --profile, both would tell which \
                 operators make up a change"
            );
            parts.push(wrapped(&note, width));
        }
        if let Some(changes) = text::operators(result) {
            parts.extend(of_operators(&label, changes, width));
        }
    }
    parts
}

fn of_operators(label: &str, found: &OperatorChanges, width: usize) -> Option<String> {
    let whole = text::signed(found.base, found.new);
    let mut lines = Vec::new();
    if !found.changes.is_empty() {
        let rows = found.changes.iter().take(OPERATORS).map(|change| {
            vec![
                change.name.clone(),
                text::cycles(change.base, found.base_fidelity),
                text::cycles(change.new, found.new_fidelity),
                text::signed(change.base, change.new),
                change.share.map_or(text::NONE.to_owned(), text::share),
            ]
        });
        let numeric = ["base", "new", "change", "of the change"];
        let table = Fitted {
            headings: ["operator"]
                .iter()
                .chain(&numeric)
                .map(|it| (*it).to_owned())
                .collect(),
            rows: rows.collect(),
            numeric: &numeric,
            drop: &["base", "new"],
        };
        lines.push(table.render(width, &|text| text.to_owned()));
        let more = found.changes.len().saturating_sub(OPERATORS);
        if more > 0 {
            lines.push(format!("... and {more} more"));
        }
    }
    for (side, names) in [("base", &found.only_base), ("new", &found.only_new)] {
        if !names.is_empty() {
            lines.push(wrapped(
                &format!("only in {side}: {}", names.join(", ")),
                width,
            ));
        }
    }
    let heading = format!("{label}: {whole} cycles, by operator");
    (!lines.is_empty()).then(|| format!("{heading}\n\n{}", lines.join("\n")))
}

fn many(comparison: &Comparison, candidates: &[Candidate], width: usize, colour: bool) -> String {
    let headings = ["workload", "metric", comparison.base.as_str()];
    let names = candidates.iter().map(|candidate| candidate.name.as_str());
    let headings: Vec<String> = headings
        .into_iter()
        .chain(names)
        .map(str::to_owned)
        .collect();
    let mut table_rows: Vec<Vec<String>> = Vec::new();
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
        table_rows.push(
            [shown.to_owned(), title(one), text::base(one)]
                .into_iter()
                .chain(cells)
                .collect(),
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
        table_rows.push(first.into_iter().chain(cells).collect());
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
        table_rows.push(first.into_iter().chain(cells).collect());
    }
    let numeric: Vec<&str> = headings[2..].iter().map(String::as_str).collect();
    let table = Fitted {
        headings: headings.clone(),
        rows: table_rows,
        numeric: &numeric,
        drop: &[],
    };
    let table = table.render(width, &|text| heading(text, colour));
    let summaries: Vec<_> = candidates
        .iter()
        .map(|candidate| format!("{}: {}", candidate.name, text::summary(&candidate.summary)))
        .collect();
    format!("{table}\n\n{}", wrapped(&summaries.join("\n"), width))
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

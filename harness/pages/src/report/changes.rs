//! What changed from the first record to each of the others, as `tinybench compare` judges it.

use super::timing::operators;
use crate::page::{Block, Cell, Column, Section, Table, Tone};
use tinybench_analysis::compare::{
    Aspect, Candidate, CompareError, Difference, FailureVerdict, Gate, MetricChange, Side, Verdict,
    compare, text,
};
use tinybench_record::reading::Loaded;

/// A section on every record but the first, none if there is just one. Where a record can't be
/// compared with the first, it says why.
pub fn changes(
    labels: &[String],
    loaded: &[Loaded],
    gate: &Gate,
    allowed: &[Aspect],
) -> Vec<Section> {
    let mut sides = labels
        .iter()
        .zip(loaded)
        .map(|(label, loaded)| Side::new(label.as_str(), std::slice::from_ref(loaded)));
    let Some(base) = sides.next() else {
        return Vec::new();
    };
    let others: Vec<Side> = sides.collect();
    if others.is_empty() {
        return Vec::new();
    }
    let mut section = Section::new("changes", format!("Changes against {}", base.name));
    // Two boards are put beside each other, and what differs is told.
    let allowed: Vec<_> = allowed.iter().copied().chain([Aspect::Board]).collect();
    for other in &others {
        match compare(&base, std::slice::from_ref(other), gate, &allowed) {
            Ok(comparison) => {
                for candidate in &comparison.candidates {
                    compared(candidate, &mut section);
                }
            }
            Err(error) => not_compared(&other.name, &error, &mut section),
        }
    }
    vec![section]
}

fn compared(candidate: &Candidate, section: &mut Section) {
    let name = &candidate.name;
    let is_other_board = |it: &&Difference| it.aspect == Aspect::Board;
    if let Some(boards) = candidate.allowed.iter().find(is_other_board) {
        section.text(format!(
            "{name} is of another board: {} and {}. What differs is given as a ratio and is no \
             regression.",
            boards.base, boards.new
        ));
    }
    let summary = text::summary(&candidate.summary);
    let line = format!("{name}: {summary}");
    section.blocks.push(
        match candidate.summary.regression + candidate.summary.failed {
            0 => Block::Text(line),
            _ => Block::Notice(line),
        },
    );
    if !candidate.failures.is_empty() {
        section.blocks.push(Block::Table(failures(candidate)));
    }
    let shown: Vec<_> = candidate
        .results
        .iter()
        .flat_map(|result| {
            let label = text::label(result, &candidate.results);
            result.shown().map(move |change| (label.clone(), change))
        })
        .collect();
    let (same, changed): (Vec<_>, Vec<_>) = shown
        .into_iter()
        .partition(|(_, change)| change.verdict == Verdict::Same);
    if !changed.is_empty() {
        section.blocks.push(Block::Table(table(
            &format!("{name}: what changed"),
            &changed,
        )));
    }
    if !same.is_empty() {
        section.blocks.push(Block::Detail(table(
            &format!("{name}: what is the same"),
            &same,
        )));
    }
    for result in &candidate.results {
        let label = text::label(result, &candidate.results);
        if let Some(changes) = text::operators(result) {
            let caption = format!("{name}, {label}: which operators make up the change");
            let table = operators::changes(&caption, changes);
            section.blocks.extend(table.map(Block::Table));
        }
        let is_other = |it: &MetricChange| {
            ["quality", "error"].contains(&it.metric) && it.verdict != Verdict::Same
        };
        if result.metrics.iter().any(is_other)
            && let Some(quality) = text::quality(result)
        {
            section.text(format!("{label}, quality of the answers: {quality}."));
        }
    }
    for (what, missing) in [
        ("Only the base has", &candidate.only_base),
        ("The base doesn't have", &candidate.only_new),
    ] {
        if !missing.is_empty() {
            section.text(format!("{what} {}.", missing.join(", ")));
        }
    }
    if !candidate.allowed.is_empty() {
        let differences: Vec<_> = candidate.allowed.iter().map(ToString::to_string).collect();
        section.text(format!(
            "Obtained in different ways: {}.",
            differences.join("; ")
        ));
    }
}

fn failures(candidate: &Candidate) -> Table {
    let columns = ["workload", "base", "new", "verdict", "what happened"];
    let caption = format!("{}: what failed", candidate.name);
    let mut table = Table::new(caption, columns.map(Column::text).to_vec());
    for failure in &candidate.failures {
        let tone = match failure.verdict {
            FailureVerdict::Failed => Tone::Worse,
            FailureVerdict::StillFails => Tone::Plain,
            FailureVerdict::Mended => Tone::Better,
        };
        table.push([
            Cell::from(text::failure_label(failure, candidate)),
            text::base_outcome(failure).into(),
            text::outcome(failure.new.as_ref()).into(),
            Cell::toned(failure.verdict.name(), tone),
            text::message(failure).unwrap_or_default().into(),
        ]);
    }
    table
}

fn table(caption: &str, changes: &[(String, &MetricChange)]) -> Table {
    let has_intervals = changes
        .iter()
        .any(|(_, change)| change.statistics.is_some());
    let mut columns = vec![
        Column::text("workload"),
        Column::text("metric"),
        Column::number("base"),
        Column::number("new"),
        Column::number("change"),
    ];
    if has_intervals {
        columns.push(Column::number(text::interval_heading()));
    }
    columns.push(Column::text("verdict"));
    let mut table = Table::new(caption, columns);
    for (label, change) in changes {
        let title = change.metric().map_or(change.metric, |metric| metric.title);
        let mut cells: Vec<Cell> = vec![
            label.as_str().into(),
            title.into(),
            text::base(change).into(),
            text::new(change).into(),
            text::change(change).into(),
        ];
        if has_intervals {
            cells.push(text::interval(change).into());
        }
        let tone = match change.verdict {
            Verdict::Regression => Tone::Worse,
            Verdict::Better => Tone::Better,
            Verdict::Worse => Tone::Plain,
            Verdict::Same | Verdict::Unclear | Verdict::NotJudged => Tone::Aside,
        };
        cells.push(Cell::toned(text::verdict(change), tone));
        table.push(cells);
    }
    table
}

fn not_compared(name: &str, error: &CompareError, section: &mut Section) {
    match error {
        CompareError::Context { differences, .. } => {
            section.text(format!(
                "{name} is shown beside the base but not compared with it: they were not obtained \
                 in the same way, so a difference could come from that."
            ));
            let mut table = Table::new(
                format!("{name}: how it was obtained otherwise"),
                ["what", "base", "here", "workloads"]
                    .map(Column::text)
                    .to_vec(),
            );
            for difference in differences {
                table.push([
                    difference.aspect.to_string(),
                    difference.base.clone(),
                    difference.new.clone(),
                    difference.workloads.join(", "),
                ]);
            }
            section.blocks.push(Block::Table(table));
        }
        CompareError::NothingInCommon { .. } => {
            section.text(format!("{name} has no workload in common with the base."))
        }
    }
}

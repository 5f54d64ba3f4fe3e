//! The status page: the last run of everything, beside the one before.

use super::history::{Group, History, Series, Step};
use super::names::Names;
use super::series::{changed, value};
use crate::page::{Block, Cell, Column, Document, Row, Section, Table, Tone};

/// The steps at the newest commit, which is what the last run brought.
pub fn latest_steps(history: &History) -> Vec<(&Group, &Series, &Step)> {
    let newest = history.commits.len().saturating_sub(1);
    let mut steps = history.steps();
    steps.retain(|(.., step)| step.commit == newest);
    steps
}

/// What the last run brought, in a few words, and whether it is bad.
pub fn verdict(history: &History) -> (String, bool) {
    let newest = history.commits.len().saturating_sub(1);
    let wrong = history
        .groups
        .iter()
        .filter(|group| group.last == newest && !group.is_verified)
        .count();
    let worse = latest_steps(history)
        .iter()
        .filter(|(.., step)| step.is_worse)
        .count();
    match (wrong, worse) {
        (0, 0) => ("no regressions".to_owned(), false),
        (0, 1) => ("1 regression".to_owned(), true),
        (0, many) => (format!("{many} regressions"), true),
        _ => ("wrong outputs".to_owned(), true),
    }
}

/// The status page.
pub fn page(history: &History, names: &Names) -> Document {
    let (verdict, is_bad) = verdict(history);
    let mut section = Section::new("last-run", "The last run");
    let newest = history.commits.len().saturating_sub(1);
    let mut lead = Vec::new();
    if let Some(commit) = history.commits.last() {
        lead.push(format!(
            "Commit {}, {}: {verdict}",
            commit.short(),
            commit.day()
        ));
    }
    if history.is_modelled() {
        lead.push("≈ marks figures that come from a model of the hardware.".to_owned());
    }
    if is_bad {
        for (group, series, step) in latest_steps(history) {
            if step.is_worse {
                section.blocks.push(Block::Notice(format!(
                    "{}: {} {}",
                    group.title(),
                    series.metric.title,
                    changed(step).0
                )));
            }
        }
    }
    let mut table = Table::new(
        "Every headline figure at the last commit that was measured, and the level before",
        vec![
            Column::text("workload"),
            Column::text("metric"),
            Column::number("change"),
            Column::number("level before"),
            Column::number("last"),
            Column::text("outputs"),
            Column::text("commit"),
            Column::text("board"),
            Column::text("runtime"),
        ],
    );
    for group in &history.groups {
        for series in group.headline() {
            table.rows.push(row(history, group, series, names, newest));
        }
    }
    section.blocks.push(Block::Table(table));
    Document {
        title: "Status".to_owned(),
        lead,
        sections: vec![section],
        ..Document::default()
    }
}

fn row(history: &History, group: &Group, series: &Series, names: &Names, newest: usize) -> Row {
    let Some(last) = series.samples.last() else {
        return Row::default();
    };
    let step = series
        .steps
        .last()
        .filter(|step| step.commit == last.commit);
    let before = match (step, series.stretches.last()) {
        (Some(step), _) => value(series, step.before, last.is_modelled),
        (None, Some(stretch)) => value(series, stretch.level, last.is_modelled),
        (None, None) => "–".to_owned(),
    };
    let (change, tone) = step.map_or(("none".to_owned(), Tone::Aside), changed);
    let commit = &history.commits[last.commit];
    let age = if last.commit == newest {
        commit.short().to_owned()
    } else {
        format!("{} (older)", commit.short())
    };
    Row {
        cells: vec![
            group.workload.as_str().into(),
            Cell::linked(series.metric.title, Some(names.series(group, series))),
            Cell::toned(change, tone),
            before.into(),
            value(series, last.value, last.is_modelled).into(),
            if group.is_verified {
                "verified".into()
            } else {
                Cell::toned("differ", Tone::Worse)
            },
            Cell::linked(age, names.commit(commit)),
            group.board.as_str().into(),
            group.runtime.as_str().into(),
        ],
        facets: Vec::new(),
    }
}

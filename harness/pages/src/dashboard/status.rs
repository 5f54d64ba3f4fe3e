//! The status page: the last run of everything, beside the one before, and what is open.

use super::failures::Failed;
use super::history::{Group, History, Series, State};
use super::names::Names;
use super::series::{changed, value};
use super::state;
use crate::page::{Block, Cell, Column, Document, Row, Section, Table, Tone};

/// How things are, in a few words, and whether it is bad.
pub fn verdict(history: &History) -> (String, bool) {
    let groups = history.groups.iter();
    let wrong = groups.filter(|group| !group.is_verified).count();
    let worse = state::open(history).len();
    let failed = history.current_failures().count();
    match (wrong, failed, worse) {
        (0, 0, 0) => ("no regressions".to_owned(), false),
        (0, 0, 1) => ("1 regression".to_owned(), true),
        (0, 0, many) => (format!("{many} regressions"), true),
        (0, failed, _) => (format!("{failed} failed"), true),
        _ => ("wrong outputs".to_owned(), true),
    }
}

/// The status page.
pub fn page(history: &History, names: &Names) -> Document {
    let (verdict, _) = verdict(history);
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
        lead.push(history.stated_error.clone());
    }
    for (group, series, step) in state::open(history) {
        let commit = &history.commits[step.commit];
        section.blocks.push(Block::Notice(format!(
            "{}: {} {}, open since {} ({})",
            group.title(),
            series.metric.title,
            changed(step).0,
            commit.short(),
            commit.day()
        )));
    }
    for failed in history.current_failures() {
        section.blocks.push(Block::Notice(failed.describe()));
    }
    let mut table = Table::new(
        "Every headline figure at the last commit that was measured, and the level before",
        vec![
            Column::text("workload"),
            Column::text("metric"),
            Column::number("change"),
            Column::number("level before"),
            Column::number("last"),
            Column::text("open"),
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
    let has_group = |failed: &Failed| {
        let mut groups = history.groups.iter();
        groups.any(|group| history.failures_of(group).any(|other| other == failed))
    };
    for failed in history.current_failures().filter(|it| !has_group(it)) {
        table
            .rows
            .push(never_measured(history, failed, names, newest));
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
    let failed = history.failures_of(group).find(|failed| failed.is_current);
    Row {
        cells: vec![
            group.workload.as_str().into(),
            Cell::linked(series.metric.title, Some(names.series(group, series))),
            Cell::toned(change, tone),
            before.into(),
            match (&group.quality, series.metric.slug) {
                (Some(quality), "quality" | "error") if last.commit == group.last => {
                    quality.as_str().into()
                }
                _ => value(series, last.value, last.is_modelled).into(),
            },
            open(history, series),
            match failed {
                Some(failed) => {
                    let commit = history.commits[failed.commit].short();
                    Cell::toned(format!("failed at {commit}: {}", failed.kind), Tone::Worse)
                }
                None if group.is_verified => group.verdict.as_str().into(),
                None => Cell::toned(group.verdict.as_str(), Tone::Worse),
            },
            age(history, last.commit, names, newest),
            group.board.as_str().into(),
            group.runtime.as_str().into(),
        ],
        facets: Vec::new(),
    }
}

/// The steps of a series that are open.
fn open(history: &History, series: &Series) -> Cell {
    let steps = series.steps.iter();
    let open: Vec<_> = steps
        .filter(|step| step.state == Some(State::Open))
        .map(|step| {
            let commit = history.commits[step.commit].short();
            format!("{} since {commit}", changed(step).0)
        })
        .collect();
    match open.is_empty() {
        true => Cell::from("–"),
        false => Cell::toned(open.join(", "), Tone::Worse),
    }
}

/// The commit of a row, and whether there is a newer one.
fn age(history: &History, commit: usize, names: &Names, newest: usize) -> Cell {
    let is_newest = commit == newest;
    let commit = &history.commits[commit];
    let text = if is_newest {
        commit.short().to_owned()
    } else {
        format!("{} (older)", commit.short())
    };
    Cell::linked(text, names.commit(commit))
}

/// A row of what failed whenever it was run.
fn never_measured(history: &History, failed: &Failed, names: &Names, newest: usize) -> Row {
    let none = || Cell::from("–");
    Row {
        cells: vec![
            failed.workload.as_str().into(),
            none(),
            none(),
            none(),
            none(),
            none(),
            Cell::toned(format!("failed: {}", failed.kind), Tone::Worse),
            age(history, failed.commit, names, newest),
            failed.board.as_str().into(),
            failed.runtime.as_deref().unwrap_or("–").into(),
        ],
        facets: Vec::new(),
    }
}

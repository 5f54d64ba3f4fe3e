//! Any two commits beside each other. A script shows those that are chosen; without it these are the last
//! two releases or, where there are fewer, the last two commits.

use serde::Serialize;

use super::history::{Group, History, Series};
use super::names::Names;
use super::series::value;
use crate::page::{Block, Cell, Column, Document, PageError, Section, Table, Tone};
use tinybench_analysis::compare::text;
use tinybench_analysis::metrics::Direction;

/// Shown where there is no figure.
const NONE: &str = "–";

/// What the script needs.
#[derive(Serialize)]
struct Data<'a> {
    /// Id, short name, day and release of each commit, the oldest first.
    commits: Vec<(&'a str, &'a str, String, Option<&'a str>)>,
    /// A series for each row of the table.
    series: Vec<Values>,
    /// The commits that the table shows.
    shown: [usize; 2],
}

/// The values of a series.
#[derive(Serialize)]
struct Values {
    less_is_better: bool,
    /// Changes up to this share are noise.
    floor: f64,
    /// Commits with which a new baseline began.
    baselines: Vec<usize>,
    /// First and last commit of neighbours with the same value, that, and how it is shown.
    runs: Vec<(usize, usize, f64, String)>,
}

/// The page.
///
/// # Errors
/// If its data can't be written.
pub fn page(history: &History, names: &Names) -> Result<Document, PageError> {
    let shown = default(history);
    let mut section = Section::new("comparison", "Two commits beside each other");
    let rows: Vec<_> = history
        .groups
        .iter()
        .flat_map(|group| group.headline().map(move |series| (group, series)))
        .collect();
    let data = Data {
        commits: history
            .commits
            .iter()
            .map(|it| (&*it.id, it.short(), it.day(), it.release.as_deref()))
            .collect(),
        series: rows
            .iter()
            .map(|(group, series)| values(group, series))
            .collect(),
        shown,
    };
    let [base, new] = shown.map(|at| history.commits.get(at).map_or(NONE, |it| it.short()));
    section.text(
        "Every headline figure at both commits; \u{2013} where one of them wasn't measured. Across a \
         new baseline figures were obtained in different ways, and no change is told. Changes within \
         the noise floor of a metric are not marked.",
    );
    section
        .blocks
        .push(Block::Choice(serde_json::to_string(&data)?));
    let mut table = Table::new(
        format!("{base} and {new}"),
        vec![
            Column::text("workload"),
            Column::text("metric"),
            Column::number("base"),
            Column::number("new"),
            Column::number("change"),
            Column::text("board"),
            Column::text("runtime"),
        ],
    );
    for (group, series) in rows {
        let [old, now] = shown.map(|at| at_commit(series, at));
        let figure = |it: Option<(f64, bool)>| {
            it.map_or(NONE.to_owned(), |(number, is_modelled)| {
                value(series, number, is_modelled)
            })
        };
        table.push([
            group.workload.as_str().into(),
            Cell::linked(series.metric.title, Some(names.series(group, series))),
            figure(old).into(),
            figure(now).into(),
            change(group, series, shown, old, now),
            group.board.as_str().into(),
            group.runtime.as_str().into(),
        ]);
    }
    section.blocks.push(Block::Table(table));
    let mut lead = Vec::new();
    if history.is_modelled() {
        lead.push("≈ marks figures that come from a model of the hardware.".to_owned());
    }
    Ok(Document {
        title: "Compare".to_owned(),
        lead,
        sections: vec![section],
        ..Document::default()
    })
}

/// The last two releases, or the last two commits.
fn default(history: &History) -> [usize; 2] {
    let releases = (0..history.commits.len()).filter(|&at| history.commits[at].release.is_some());
    let releases: Vec<_> = releases.collect();
    let last = history.commits.len().saturating_sub(1);
    match releases.as_slice() {
        [.., base, new] => [*base, *new],
        _ => [last.saturating_sub(1), last],
    }
}

/// A series' value at a commit, and whether it is modelled.
fn at_commit(series: &Series, commit: usize) -> Option<(f64, bool)> {
    let at = series.samples.binary_search_by_key(&commit, |it| it.commit);
    let sample = series.samples.get(at.ok()?)?;
    Some((sample.value, sample.is_modelled))
}

fn change(
    group: &Group,
    series: &Series,
    [base, new]: [usize; 2],
    old: Option<(f64, bool)>,
    now: Option<(f64, bool)>,
) -> Cell {
    let Some(((old, _), (now, _))) = old.zip(now) else {
        return NONE.into();
    };
    let mut starts = group.context_changes.iter().map(|it| it.commit);
    if starts.any(|start| (base.min(new) + 1..=base.max(new)).contains(&start)) {
        return Cell::toned("new baseline", Tone::Aside);
    }
    if old <= 0.0 || now <= 0.0 {
        return NONE.into();
    }
    let ratio = now / old;
    let is_noise = (1.0 / (1.0 + series.floor)..=1.0 + series.floor).contains(&ratio);
    let is_worse = (ratio > 1.0) == (series.metric.direction == Direction::SmallerIsBetter);
    let tone = match (is_noise, is_worse) {
        (true, _) => Tone::Plain,
        (false, true) => Tone::Worse,
        (false, false) => Tone::Better,
    };
    Cell::toned(text::percent(ratio), tone)
}

fn values(group: &Group, series: &Series) -> Values {
    let mut runs: Vec<(usize, usize, f64, String)> = Vec::new();
    for sample in &series.samples {
        match runs.last_mut() {
            Some((_, last, number, _)) if *last + 1 == sample.commit && *number == sample.value => {
                *last = sample.commit;
            }
            _ => runs.push((
                sample.commit,
                sample.commit,
                sample.value,
                value(series, sample.value, sample.is_modelled),
            )),
        }
    }
    Values {
        less_is_better: series.metric.direction == Direction::SmallerIsBetter,
        floor: series.floor,
        baselines: group.context_changes.iter().map(|it| it.commit).collect(),
        runs,
    }
}

//! The start page: what changed, and every series.

use std::collections::HashSet;

use super::history::{Group, History, Series, State};
use super::names::Names;
use super::reports::Sides;
use super::series::{changed, level, value};
use super::state;
use crate::page::{Block, Cell, Column, Document, Filter, Row, Section, Table, Tone};
use crate::plot::{Fit, History as Plot, sparkline};

/// Most steps and most series that the start page lists, so that it stays small.
const MOST_STEPS: usize = 100;
const MOST_SERIES: usize = 300;

/// The start page.
pub fn overview(history: &History, title: &str, names: &Names) -> Document {
    Document {
        title: title.to_owned(),
        lead: lead(history),
        filters: filters(history),
        sections: failures_section(history, names)
            .into_iter()
            .chain([steps_section(history, names), all(history, names)])
            .collect(),
    }
}

/// Every step, on a page of its own.
pub fn all_steps(history: &History, names: &Names) -> Document {
    let mut section = Section::new("steps", "Steps");
    section
        .blocks
        .push(Block::Table(steps(history, names, usize::MAX)));
    Document {
        title: "All steps".to_owned(),
        lead: Vec::new(),
        filters: filters(history),
        sections: vec![section],
    }
}

fn lead(history: &History) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(first), Some(last)) = (history.commits.first(), history.commits.last()) {
        lines.push(format!(
            "{} runs of {} commits, {} to {}",
            history.records,
            history.commits.len(),
            first.day(),
            last.day()
        ));
    }
    if history.is_modelled() {
        lines.push("≈ marks figures that come from a model of the hardware.".to_owned());
        lines.push(history.stated_error.clone());
    }
    lines
}

/// What rows can be filtered by, where there is a choice.
fn filters(history: &History) -> Vec<Filter> {
    let values = |of: fn(&Group) -> &str| {
        let mut values: Vec<_> = history.groups.iter().map(|g| of(g).to_owned()).collect();
        values.sort();
        values.dedup();
        values
    };
    let mut metrics: Vec<String> = Vec::new();
    for series in history.groups.iter().flat_map(Group::headline) {
        if !metrics.iter().any(|metric| metric == series.metric.slug) {
            metrics.push(series.metric.slug.to_owned());
        }
    }
    vec![
        Filter {
            facet: "board",
            values: values(|group| &group.board),
        },
        Filter {
            facet: "workload",
            values: values(|group| &group.workload),
        },
        Filter {
            facet: "runtime",
            values: values(|group| &group.runtime),
        },
        Filter {
            facet: "metric",
            values: metrics,
        },
    ]
}

/// What a row about a series can be filtered by.
fn facets(group: &Group, series: &Series) -> Vec<(&'static str, String)> {
    vec![
        ("board", group.board.clone()),
        ("workload", group.workload.clone()),
        ("runtime", group.runtime.clone()),
        ("metric", series.metric.slug.to_owned()),
    ]
}

/// What failed when it was last run, none if nothing did.
fn failures_section(history: &History, names: &Names) -> Option<Section> {
    let columns = [
        "commit",
        "workload",
        "kind",
        "what happened",
        "board",
        "runtime",
        "date",
    ];
    let mut table = Table::new(
        "Workloads that failed when they were last run",
        columns.map(Column::text).to_vec(),
    );
    for failed in history.current_failures() {
        let commit = &history.commits[failed.commit];
        let mut facets = vec![
            ("board", failed.board.clone()),
            ("workload", failed.workload.clone()),
        ];
        facets.extend(failed.runtime.clone().map(|runtime| ("runtime", runtime)));
        table.rows.push(Row {
            cells: vec![
                Cell::linked(commit.short(), names.commit(commit)),
                failed.workload.as_str().into(),
                Cell::toned(failed.kind.as_str(), Tone::Worse),
                failed.message.as_str().into(),
                failed.board.as_str().into(),
                failed.runtime.as_deref().unwrap_or("–").into(),
                commit.day().into(),
            ],
            facets,
        });
    }
    if table.rows.is_empty() {
        return None;
    }
    let mut section = Section::new("failures", "What fails");
    section.blocks.push(Block::Table(table));
    Some(section)
}

fn steps_section(history: &History, names: &Names) -> Section {
    let mut section = Section::new("steps", "Steps");
    let found = history.steps().len();
    if found == 0 {
        section.text("No series has a step: every figure is on the level it began with.");
        return section;
    }
    section.text(
        "Where the level of a series changed, the newest first. A change of compiler, flags, \
         model, inputs or clock begins a new baseline and is no step. A step for the worse stays open \
         until the level is back (fixed), the project accepts it, or a new baseline begins \
         (outdated). A change leads to all figures of the two commits, a metric to its course or the \
         operators that make the step up, the report to both sides with their profiles, if there are any.",
    );
    section
        .blocks
        .push(Block::Table(steps(history, names, MOST_STEPS)));
    let mut links = vec![("Atom feed".to_owned(), "feed.xml".to_owned())];
    if found > MOST_STEPS {
        links.insert(0, (format!("All {found} steps"), "steps.html".to_owned()));
    }
    section.blocks.push(Block::Links(links));
    section
}

/// The steps on which there is a report: those of the newest commits, no more than the start page lists.
pub fn reported(history: &History) -> impl Iterator<Item = (&Group, &Sides)> {
    let groups = history.groups.iter();
    let mut all: Vec<_> = groups
        .flat_map(|group| group.sides.iter().map(move |sides| (group, sides)))
        .collect();
    all.sort_by_key(|(_, sides)| std::cmp::Reverse(sides.commit));
    all.into_iter().take(MOST_STEPS)
}

fn steps(history: &History, names: &Names, most: usize) -> Table {
    let mut table = Table::new(
        "Steps of the headline figures",
        vec![
            Column::text("commit"),
            Column::text("workload"),
            Column::text("metric"),
            Column::number("change"),
            Column::number("before"),
            Column::number("after"),
            Column::text("state"),
            Column::text("report"),
            Column::text("board"),
            Column::text("runtime"),
            Column::text("date"),
        ],
    );
    let reported: HashSet<_> = reported(history)
        .map(|(group, sides)| (group.title(), sides.commit))
        .collect();
    for (group, series, step) in history.steps().into_iter().take(most) {
        let [previous, commit] = [step.previous, step.commit].map(|it| &history.commits[it]);
        let is_modelled = series
            .samples
            .iter()
            .any(|sample| sample.commit == step.commit && sample.is_modelled);
        let (text, tone) = changed(step);
        table.rows.push(Row {
            cells: vec![
                Cell::linked(commit.short(), names.commit(commit)),
                group.workload.as_str().into(),
                Cell::linked(series.metric.title, Some(names.step(group, series, step))),
                Cell {
                    tone,
                    ..Cell::linked(text, Some(names.comparison(previous, commit)))
                },
                value(series, step.before, is_modelled).into(),
                value(series, step.after, is_modelled).into(),
                Cell::toned(
                    state::describe(history, step.state.as_ref()),
                    match step.state {
                        Some(State::Open) => Tone::Worse,
                        _ => Tone::Aside,
                    },
                ),
                match reported.contains(&(group.title(), step.commit)) {
                    true => Cell::linked("report", Some(names.report(group, commit))),
                    false => "–".into(),
                },
                group.board.as_str().into(),
                group.runtime.as_str().into(),
                commit.day().into(),
            ],
            facets: facets(group, series),
        });
    }
    table
}

/// A row for every series, or for the first of every group if there are too many.
fn all(history: &History, names: &Names) -> Section {
    let mut section = Section::new("series", "Series");
    let count: usize = history.groups.iter().map(|g| g.headline().count()).sum();
    let most = if count > MOST_SERIES { 1 } else { usize::MAX };
    if most == 1 {
        section.text("The other metrics of each workload are on its page.");
    }
    let mut table = Table::new(
        "The last commit of every series, and the change since the commit before",
        vec![
            Column::text("workload"),
            Column::text("metric"),
            Column::number("last"),
            Column::number("change"),
            Column::number("steps"),
            Column::text("level"),
            Column::text("board"),
            Column::text("runtime"),
        ],
    );
    for group in &history.groups {
        for series in group.headline().take(most) {
            let Some(last) = series.samples.last() else {
                continue;
            };
            let (change, tone) = match series.steps.last() {
                Some(step) if step.commit == last.commit => changed(step),
                _ => ("–".to_owned(), Tone::Aside),
            };
            let mut picture = Cell::default();
            if count <= MOST_SERIES {
                picture.picture = Some(sparkline(&levels(history, series)));
            }
            table.rows.push(Row {
                cells: vec![
                    group.workload.as_str().into(),
                    Cell::linked(series.metric.title, Some(names.series(group, series))),
                    value(series, last.value, last.is_modelled).into(),
                    Cell::toned(change, tone),
                    series.steps.len().to_string().into(),
                    picture,
                    group.board.as_str().into(),
                    group.runtime.as_str().into(),
                ],
                facets: facets(group, series),
            });
        }
    }
    section.blocks.push(Block::Table(table));
    section
}

/// The levels of a series, no more than can be told apart in a small picture.
fn levels(history: &History, series: &Series) -> Plot {
    const MOST: usize = 60;
    let stride = series.stretches.len().div_ceil(MOST).max(1);
    let fits = series.stretches.iter().step_by(stride).map(level);
    Plot {
        places: history.commits.len(),
        fits: fits.collect::<Vec<Fit>>(),
        ..Plot::default()
    }
}

//! The page of one workload on one runtime and board, and its values as CSV.

use super::history::{Group, History, Sample, Series, Step, Stretch};
use super::names::Names;
use crate::page::{Block, Cell, Column, Document, Plot, Section, Table, Tone};
use crate::plot::{Fit, History as Picture, Point, history as draw};
use crate::report::{MODELLED, operators};
use tinybench_analysis::metrics::Rank;
use tinybench_support::printable::spreadsheet_cell;

/// Most points that a plot shows, and most rows of its table. All values are in the CSV file.
const MOST_POINTS: usize = 400;
const MOST_ROWS: usize = 100;

/// The section of operators, in links.
pub const OPERATORS: &str = "operators";

/// Most steps of which the operators are listed.
const MOST_OPERATOR_STEPS: usize = 10;

/// Most commits that are named as failed.
const MOST_FAILURES: usize = 10;

/// A figure of a series, marked if it is modelled.
pub fn value(series: &Series, value: f64, is_modelled: bool) -> String {
    let mark = if is_modelled { MODELLED } else { "" };
    format!("{mark}{}", series.unit.show(value))
}

/// The size of a step, and what to think of it.
pub fn changed(step: &Step) -> (String, Tone) {
    let tone = if step.is_worse {
        Tone::Worse
    } else {
        Tone::Better
    };
    let word = if step.is_worse { "worse" } else { "better" };
    (format!("{} {word}", step.size()), tone)
}

/// A level as it is drawn.
pub fn level(stretch: &Stretch) -> Fit {
    Fit {
        from: stretch.from,
        to: stretch.to,
        level: stretch.level,
    }
}

/// The page of a group.
pub fn page(history: &History, group: &Group, names: &Names) -> Document {
    let mut sections = Vec::new();
    let mut headline = Section::new("figures", "Figures over commits");
    headline.blocks.extend(failures(history, group));
    let mut details = Section::new("details", "Details over commits");
    let mut constant = Vec::new();
    for series in &group.series {
        if series.metric.rank == Rank::View {
            continue;
        }
        if let Some(first) = series.samples.first().filter(|_| series.is_constant()) {
            constant.push(format!(
                "{} {}",
                series.metric.title,
                value(series, first.value, first.is_modelled)
            ));
            continue;
        }
        let section = match series.metric.rank {
            Rank::Headline => &mut headline,
            Rank::Detail | Rank::View => &mut details,
        };
        section
            .blocks
            .push(Block::Plot(plot(history, group, series, names)));
    }
    if !constant.is_empty() {
        headline.text(format!(
            "The same at every commit: {}.",
            constant.join(", ")
        ));
    }
    headline.blocks.push(Block::Links(vec![(
        "All values as CSV".to_owned(),
        format!("{}.csv", names.stem(group)),
    )]));
    sections.push(headline);
    sections.extend(operators(history, group));
    if !details.blocks.is_empty() {
        sections.push(details);
    }
    sections.extend(contexts(history, group, names));
    let mut lead = vec![format!(
        "{}, runtime {}: {} commits",
        group.board,
        group.runtime,
        group
            .series
            .first()
            .map_or(0, |series| series.samples.len())
    )];
    if let Some(quality) = &group.quality {
        lead.push(format!("Quality at the last commit: {quality}"));
    }
    if series_is_modelled(group) {
        lead.push("≈ marks figures that come from a model of the hardware.".to_owned());
    }
    Document {
        title: format!("{} on {}", group.workload, group.board),
        lead,
        sections,
        ..Document::default()
    }
}

/// Which operators make up the newest steps of the latency, and what those of the last commit take.
fn operators(history: &History, group: &Group) -> Option<Section> {
    let profile = group.profile.as_ref().filter(|it| !it.operators.is_empty());
    if group.operators.is_empty() && profile.is_none() {
        return None;
    }
    let mut section = Section::new(OPERATORS, "Operators");
    let newest = group.operators.iter().rev().take(MOST_OPERATOR_STEPS);
    for (commit, changes) in newest {
        let commit = &history.commits[*commit];
        let caption = format!(
            "{} {}: which operators make up the step of the latency",
            commit.short(),
            commit.day()
        );
        let table = operators::changes(&caption, changes);
        section.blocks.extend(table.map(Block::Table));
    }
    if let Some(profile) = profile {
        let plot = operators::plot("operators-last", "The last commit", profile);
        section.blocks.push(Block::Plot(plot));
        operators::explain(profile, &mut section);
    }
    Some(section)
}

/// Whether any figure of a group is modelled.
fn series_is_modelled(group: &Group) -> bool {
    let mut samples = group.series.iter().flat_map(|series| &series.samples);
    samples.any(|sample| sample.is_modelled)
}

/// What failed, and at which commits.
fn failures(history: &History, group: &Group) -> Option<Block> {
    let failed: Vec<_> = history.failures_of(group).collect();
    let newest = failed.first()?;
    let commits = failed.iter().take(MOST_FAILURES);
    let mut commits: Vec<_> = commits
        .map(|it| history.commits[it.commit].short())
        .collect();
    if failed.len() > MOST_FAILURES {
        commits.push("and before");
    }
    let text = format!(
        "Failed at {}. The newest: {}: {}",
        commits.join(", "),
        newest.kind,
        newest.message
    );
    Some(match newest.is_current {
        true => Block::Notice(text),
        false => Block::Text(text),
    })
}

fn plot(history: &History, group: &Group, series: &Series, names: &Names) -> Plot {
    let metric = series.metric;
    let unit = series.unit;
    let end = |index: Option<&Sample>| {
        index.map_or_else(String::new, |sample| {
            let commit = &history.commits[sample.commit];
            format!("{} {}", commit.short(), commit.day())
        })
    };
    let shown = thinned(&series.samples);
    let mut steps: Vec<(usize, &'static str, String)> = group
        .context_changes
        .iter()
        .map(|change| {
            let text = format!("new baseline, {}", change.describe());
            (change.commit, "step", text)
        })
        .collect();
    steps.extend(series.steps.iter().map(|step| {
        let class = if step.is_worse {
            "step-worse"
        } else {
            "step-better"
        };
        let commit = &history.commits[step.commit];
        let text = format!("{}: {}", commit.short(), changed(step).0);
        (step.commit, class, text)
    }));
    let picture = Picture {
        places: history.commits.len(),
        points: shown
            .iter()
            .map(|sample| {
                let commit = &history.commits[sample.commit];
                Point {
                    place: sample.commit,
                    value: sample.value,
                    class: "point",
                    tip: format!(
                        "{} {}: {}",
                        commit.short(),
                        commit.day(),
                        value(series, sample.value, sample.is_modelled)
                    ),
                }
            })
            .collect(),
        fits: series.stretches.iter().map(level).collect(),
        steps,
        ends: [end(series.samples.first()), end(series.samples.last())],
    };
    let mut note = format!(
        "{} {} A line is the level, a stroke a step.",
        match metric.direction {
            tinybench_analysis::metrics::Direction::SmallerIsBetter => "Less is better.",
            tinybench_analysis::metrics::Direction::BiggerIsBetter => "More is better.",
        },
        "The scale doesn't begin at 0."
    );
    if !group.context_changes.is_empty() {
        note += " A dotted stroke is a new baseline.";
    }
    if shown.len() < series.samples.len() {
        note += &format!(
            " {} of {} values are drawn: the least and the most of neighbours.",
            shown.len(),
            series.samples.len()
        );
    }
    Plot {
        id: metric.slug.to_owned(),
        title: capitalised(metric.title),
        note,
        legend: Vec::new(),
        svg: draw(
            &picture,
            &|value| unit.show(value),
            metric.slug,
            &format!(
                "{} over {} commits, with {} steps.",
                metric.title,
                series.samples.len(),
                series.steps.len()
            ),
        ),
        table: table(history, series, names),
    }
}

/// The newest values.
fn table(history: &History, series: &Series, names: &Names) -> Table {
    let mut table = Table::new(
        format!(
            "{}: the last {} of {} commits",
            capitalised(series.metric.title),
            series.samples.len().min(MOST_ROWS),
            series.samples.len()
        ),
        vec![
            Column::text("commit"),
            Column::text("date"),
            Column::number(series.metric.title),
            Column::number("step"),
        ],
    );
    for sample in series.samples.iter().rev().take(MOST_ROWS) {
        let commit = &history.commits[sample.commit];
        let step = series
            .steps
            .iter()
            .find(|step| step.commit == sample.commit);
        let (text, tone) = step.map_or((String::new(), Tone::Plain), changed);
        table.push([
            Cell::linked(commit.short(), names.commit(commit)),
            commit.day().into(),
            value(series, sample.value, sample.is_modelled).into(),
            Cell::toned(text, tone),
        ]);
    }
    table
}

fn contexts(history: &History, group: &Group, names: &Names) -> Option<Section> {
    if group.context_changes.is_empty() {
        return None;
    }
    let mut section = Section::new("baselines", "New baselines");
    section.text(
        "From these commits on the figures were obtained in another way. They aren't compared \
         with those before.",
    );
    let mut table = Table::new(
        "Changes of the context",
        ["commit", "date", "what changed"]
            .map(Column::text)
            .to_vec(),
    );
    for change in group.context_changes.iter().rev().take(MOST_ROWS) {
        let commit = &history.commits[change.commit];
        table.push([
            Cell::linked(commit.short(), names.commit(commit)),
            commit.day().into(),
            change.describe().into(),
        ]);
    }
    section.blocks.push(Block::Table(table));
    Some(section)
}

/// At most [`MOST_POINTS`] samples: the least and the most of each run of neighbours.
fn thinned(samples: &[Sample]) -> Vec<Sample> {
    if samples.len() <= MOST_POINTS {
        return samples.to_vec();
    }
    let size = samples.len().div_ceil(MOST_POINTS / 2);
    let mut shown = Vec::new();
    for part in samples.chunks(size) {
        let by_value = |one: &&Sample, other: &&Sample| one.value.total_cmp(&other.value);
        let least = part.iter().min_by(by_value);
        let most = part.iter().max_by(by_value);
        let mut both: Vec<Sample> = [least, most].into_iter().flatten().copied().collect();
        both.sort_by_key(|sample| sample.commit);
        both.dedup_by_key(|sample| sample.commit);
        shown.extend(both);
    }
    shown
}

/// All values of a group, a line each.
pub fn csv(history: &History, group: &Group) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["commit", "time", "metric", "unit", "value", "modelled"])?;
    for series in &group.series {
        for sample in &series.samples {
            let commit = &history.commits[sample.commit];
            writer.write_record([
                &*spreadsheet_cell(&commit.id),
                &commit.time.to_string(),
                series.metric.slug,
                series.metric.unit.symbol(),
                &sample.value.to_string(),
                if sample.is_modelled { "true" } else { "false" },
            ])?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_extremes() {
        let sample = |commit: usize, value: f64| Sample {
            commit,
            value,
            is_modelled: false,
        };
        let mut samples: Vec<_> = (0..10_000).map(|n| sample(n, 1.0)).collect();
        samples[4_321].value = 9.0;
        samples[8_765].value = 0.5;
        let shown = thinned(&samples);
        assert!(shown.len() <= MOST_POINTS);
        assert!(shown.contains(&samples[4_321]) && shown.contains(&samples[8_765]));
        assert!(shown.is_sorted_by_key(|sample| sample.commit));
    }
}

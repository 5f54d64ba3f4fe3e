//! What was found, in one table.

use super::results::{Item, Results, metric};
use crate::page::{Block, Cell, Column, Section, Table, Tone};
use tinybench_analysis::metrics::{Metric, Rank};
use tinybench_analysis::{quality, reference};
use tinybench_record::ExecutionKind;

/// Metrics of the summary, in its order.
const SHOWN: [&str; 5] = ["latency", "energy", "flash", "ram", "arena"];

/// The title of a report on `results`.
pub fn title(results: &Results) -> String {
    let boards = distinct(
        results
            .runs
            .iter()
            .map(|run| run.record.board.name.as_str()),
    );
    let measured = results.items.iter().map(|i| i.result.workload.as_str());
    let failures = results.runs.iter().flat_map(|run| &run.record.failures);
    let workloads = distinct(measured.chain(failures.map(|it| it.workload.as_str())));
    let what = match workloads.as_slice() {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        more => format!("{} workloads", more.len()),
    };
    format!("{what} on {}", listed(&boards))
}

/// What was measured, where and when.
pub fn lead(results: &Results) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for run in results.runs {
        let record = &run.record;
        let board = &record.board;
        let how = match record.execution.kind {
            ExecutionKind::Probe => "measured through",
            ExecutionKind::Virtual => "modelled on",
        };
        let name = if results.has_several_runs() {
            format!("{}: ", run.label)
        } else {
            String::new()
        };
        lines.push(format!(
            "{name}{}, {} at {} MHz, {how} {}, {}",
            board.name,
            board.chip,
            board.clock_hz as f64 / 1e6,
            record.execution.probe,
            record.started_at.get(..10).unwrap_or_default()
        ));
    }
    if results.has_modelled() {
        lines.push(
            "≈ marks figures that come from a model of the hardware. They were not measured."
                .to_owned(),
        );
    }
    lines
}

/// The headline figures.
pub fn section(results: &Results) -> Section {
    let mut section = Section::new("summary", "Summary");
    let differs = |item: &&Item| item.result.outputs.as_ref().is_some_and(|o| !o.verified);
    for item in results.items.iter().filter(differs) {
        section.blocks.push(Block::Notice(format!(
            "{}: the outputs differ from the reference. Its figures are the cost of wrong answers.",
            results.full_label(item)
        )));
    }
    let metrics: Vec<&Metric> = SHOWN
        .iter()
        .filter_map(|slug| metric(slug))
        .filter(|metric| metric.rank == Rank::Headline && results.have(metric))
        .collect();
    let labelled = results.items.iter().any(|i| !results.label(i).is_empty());
    let mut columns = vec![Column::text("workload")];
    if labelled {
        columns.push(Column::text("run"));
    }
    columns.extend(metrics.iter().map(|metric| Column::number(metric.title)));
    let judged = results.items.iter().any(|it| it.result.quality.is_some());
    if judged {
        columns.push(Column::text("quality, 95 % interval"));
    }
    columns.push(Column::text("outputs"));
    let mut table = Table::new(
        "Cost of one inference. RAM and flash are without the measuring program's own part.",
        columns,
    );
    for item in &results.items {
        let mut cells: Vec<Cell> = vec![item.result.workload.as_str().into()];
        if labelled {
            cells.push(results.label(item).into());
        }
        for metric in &metrics {
            cells.push(item.shown(metric).unwrap_or_else(|| "–".to_owned()).into());
        }
        if judged {
            let quality = item.result.quality.as_ref();
            cells.push(quality.map_or("–".to_owned(), quality::brief).into());
        }
        cells.push(match &item.result.outputs {
            Some(outputs) => {
                let reference = reference::against(item.result).unwrap_or_default();
                let agreement = reference::agreement(outputs).map(|it| format!(", {it}"));
                let agreement = agreement.unwrap_or_default();
                match outputs.verified {
                    true => format!("verified against {reference}{agreement}").into(),
                    false => Cell::toned(format!("differ from {reference}"), Tone::Worse),
                }
            }
            None => "–".into(),
        });
        table.push(cells);
    }
    section.blocks.push(Block::Table(table));
    section
}

/// Each once, by first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

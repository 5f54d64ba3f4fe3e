//! Latency and energy: the figures, and how far single runs lie apart.

mod layouts;
pub mod operators;
mod power;

use super::results::{Item, Results, mark, metric};
use crate::page::{Block, Column, Plot, Section, Table};
use crate::plot::{Bar, BarGroup, Part, Strip, bars, strips};
use tinybench_analysis::metrics::Metric;
use tinybench_support::number::grouped;
use tinybench_support::order::median;

/// Latency with its distribution, then energy, then the operators of what was profiled.
pub fn sections(results: &Results) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(latency) = metric("latency") {
        let mut section = Section::new("latency", "Latency");
        section.blocks.push(Block::Plot(magnitudes(
            results,
            latency,
            "latency-plot",
            "Time of one inference",
        )));
        distributions(results, latency, &mut section);
        section.blocks.extend(stages(results, latency));
        layouts::table(results, latency, &mut section);
        sections.push(section);
    }
    if let Some(energy) = metric("energy").filter(|energy| results.have(energy)) {
        let mut section = Section::new("energy", "Energy");
        section.blocks.push(Block::Plot(magnitudes(
            results,
            energy,
            "energy-plot",
            "Energy of one inference",
        )));
        section.blocks.extend(power::table(results));
        section.blocks.extend(power::metered(results));
        sections.push(section);
    }
    sections.extend(operators::section(results));
    sections
}

/// Bars of one metric.
fn magnitudes(results: &Results, metric: &'static Metric, id: &str, title: &str) -> Plot {
    let own_scales = !results.is_single();
    let class = |item: &Item, modelled: bool| {
        let first = results.has_several_runs() && item.run == 0;
        match (first, modelled) {
            (true, true) => "bar first modelled",
            (true, false) => "bar first",
            (false, true) => "bar modelled",
            (false, false) => "bar",
        }
    };
    let mut table = Table::new(
        format!("{title}; ratio to the first run"),
        vec![
            Column::text("workload"),
            Column::text("run"),
            Column::number(metric.title),
            Column::number("ratio"),
            Column::text("from"),
        ],
    );
    let mut groups = Vec::new();
    for group in results.groups() {
        let mut shown = BarGroup::default();
        let mut first = None;
        for item in group {
            let Some(reading) = item.reading(metric) else {
                continue;
            };
            let (figure, label) = (item.shown(metric).unwrap_or_default(), results.label(item));
            let base = *first.get_or_insert(reading.value);
            let ratio = if base > 0.0 {
                format!("{:.3}", reading.value / base)
            } else {
                "–".to_owned()
            };
            let origin = if reading.is_modelled() {
                "a model of the hardware"
            } else {
                "measurement"
            };
            table.push([
                item.result.workload.clone(),
                item.run_label.to_owned(),
                figure.clone(),
                ratio.clone(),
                origin.to_owned(),
            ]);
            shown.bars.push(Bar {
                label: match (own_scales, label.is_empty()) {
                    (false, _) | (_, true) => results.full_label(item),
                    (true, false) => label,
                },
                figure: figure.clone(),
                parts: vec![Part {
                    value: reading.value,
                    class: class(item, reading.is_modelled()),
                    tip: format!("{}: {figure}, from {origin}", results.full_label(item)),
                }],
            });
        }
        if own_scales && let Some(item) = group.first() {
            shown.name = item.result.workload.clone();
        }
        if !shown.bars.is_empty() {
            groups.push(shown);
        }
    }
    let mut legend = Vec::new();
    let any_modelled = results
        .items
        .iter()
        .filter_map(|item| item.reading(metric))
        .any(|reading| reading.is_modelled());
    if results.has_several_runs() {
        legend.push((
            "bar first",
            format!("{}, the first run", results.runs[0].label),
        ));
        legend.push(("bar", "other runs".to_owned()));
    }
    if any_modelled {
        legend.push(("bar modelled", "modelled, not measured".to_owned()));
    }
    let scale = if own_scales {
        "Each workload has its own scale, from 0."
    } else {
        "One scale for all, from 0."
    };
    let description = format!(
        "Bars of {} results. The table below has the figures.",
        table.rows.len()
    );
    Plot {
        id: id.to_owned(),
        title: title.to_owned(),
        note: format!("Shorter is better. {scale}"),
        legend,
        svg: bars(&groups, own_scales, id, &description),
        table,
    }
}

/// A strip of the single runs of each result, a plot for each workload in which they differ, and
/// words for those in which they don't.
fn distributions(results: &Results, latency: &Metric, section: &mut Section) {
    let mut equal = Vec::new();
    for (index, group) in results.groups().enumerate() {
        let spread = group
            .iter()
            .any(|item| item.result.latency.min_cycles != item.result.latency.max_cycles);
        if spread {
            section
                .blocks
                .push(Block::Plot(distribution(results, latency, group, index)));
        } else {
            equal.extend(group);
        }
    }
    if equal.is_empty() {
        return;
    }
    let named: Vec<_> = equal
        .iter()
        .map(|item| {
            format!(
                "{} ({} runs of {} cycles)",
                results.full_label(item),
                item.result.latency.cycles.len(),
                grouped(item.result.latency.min_cycles.into())
            )
        })
        .collect();
    section.text(format!(
        "All timed runs took the same number of cycles, so there is no distribution to show: {}.",
        named.join(", ")
    ));
}

/// The stages of results from raw audio, if there are such.
fn stages(results: &Results, latency: &Metric) -> Option<Block> {
    let mut table = Table::new(
        "Stages from raw audio to the answer",
        vec![
            Column::text("result"),
            Column::number("preprocessing"),
            Column::number("inference"),
            Column::number("postprocessing"),
        ],
    );
    for item in &results.items {
        let Some(stages) = &item.result.latency.stages else {
            continue;
        };
        let times = [&stages.preprocess, &stages.inference, &stages.postprocess].map(|stage| {
            let mark = mark(Some(item.result.latency.fidelity));
            format!("{mark}{}", latency.unit.show(stage.median_us))
        });
        table.push([results.full_label(item)].into_iter().chain(times));
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

fn distribution(results: &Results, latency: &Metric, group: &[Item], index: usize) -> Plot {
    let workload = group.first().map_or("", |item| &item.result.workload);
    let mut table = Table::new(
        format!("{workload}: cycles of the timed runs"),
        vec![
            Column::text("run"),
            Column::number("runs"),
            Column::number("least"),
            Column::number("lower quartile"),
            Column::number("median"),
            Column::number("upper quartile"),
            Column::number("most"),
        ],
    );
    let mut lines = Vec::new();
    for item in group {
        let Some(reading) = item.reading(latency) else {
            continue;
        };
        let mark = mark(reading.fidelity);
        let cycles = &item.result.latency.cycles;
        let mut sorted: Vec<f64> = cycles.iter().map(|&cycles| f64::from(cycles)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile = |share| {
            let value =
                tinybench_support::order::quantile_of_sorted(&sorted, share).unwrap_or_default();
            format!("{mark}{}", grouped(value.round() as u64))
        };
        let mut row = vec![item.run_label.to_owned(), cycles.len().to_string()];
        row.extend([0.0, 0.25, 0.5, 0.75, 1.0].map(quantile));
        table.push(row);
        let class = if reading.is_modelled() {
            "dot modelled"
        } else {
            "dot"
        };
        let dots =
            reading
                .samples
                .iter()
                .zip(cycles)
                .enumerate()
                .map(|(run, (&value, &cycles))| {
                    let tip = format!(
                        "run {}: {mark}{}, {} cycles",
                        run + 1,
                        latency.unit.show(value),
                        grouped(cycles.into())
                    );
                    (value, class, tip)
                });
        lines.push(Strip {
            label: match results.label(item) {
                label if label.is_empty() => format!("{} runs", cycles.len()),
                label => format!("{label}, {} runs", cycles.len()),
            },
            figure: format!("median {mark}{}", latency.unit.show(reading.value)),
            dots: dots.collect(),
            mark: median(&reading.samples),
        });
    }
    let id = format!("distribution-{index}");
    let description = format!("The {} timed runs of {workload} as dots.", lines.len());
    Plot {
        title: format!("{workload}: the single runs"),
        note: "A dot for each timed run, a stroke for the median. The scale doesn't begin at 0."
            .to_owned(),
        legend: Vec::new(),
        svg: strips(
            &lines,
            false,
            &|value| latency.unit.show(value),
            &id,
            &description,
        ),
        id,
        table,
    }
}

//! Runtimes beside each other: which is faster by how much, and what that takes.

use super::answers::place;
use super::results::{Item, Results, mark, metric};
use crate::page::{Block, Cell, Column, Section, Table, Tone};
use tinybench_analysis::metrics::Metric;
use tinybench_analysis::reference;

/// What is set in relation, in its order.
const FIGURES: [&str; 4] = ["latency", "flash", "arena", "ram"];

/// A section on workloads that were measured on several runtimes; none where there is none.
pub fn section(results: &Results) -> Option<Section> {
    let groups: Vec<Vec<Item>> = results.groups().flat_map(of_boards).collect();
    if groups.is_empty() {
        return None;
    }
    let figures = || FIGURES.iter().filter_map(|slug| metric(slug));
    let mut columns: Vec<Column> = ["workload", "board", "runtime", "version"]
        .map(Column::text)
        .into();
    columns.extend(figures().map(|it| Column::number(it.title)));
    columns.extend(["outputs", "largest difference at"].map(Column::text));
    let mut table = Table::new(
        "Each figure with its ratio to that of the first runtime",
        columns,
    );
    let mut section = Section::new("runtimes", "Runtimes");
    for group in &groups {
        section.text(fastest(results, group));
        for item in group {
            let outputs = item.result.outputs.as_ref();
            let mut cells: Vec<Cell> = vec![
                item.result.workload.as_str().into(),
                item.record.board.name.as_str().into(),
                results.label(item).into(),
                item.result.runtime.version.as_str().into(),
            ];
            cells.extend(figures().map(|it| figure(it, item, &group[0]).into()));
            cells.push(match outputs {
                Some(outputs) if !outputs.verified => Cell::toned("differ", Tone::Worse),
                outputs => outputs.map_or("–".to_owned(), reference::verdict).into(),
            });
            cells.push(outputs.map_or("–".to_owned(), place).into());
            table.push(cells);
        }
    }
    section.blocks.push(Block::Table(table));
    Some(section)
}

/// The results of one workload, those of each board together, where it has several runtimes. Variants
/// of the model are other models, and a board and the model of it are two boards.
fn of_boards<'a>(group: &[Item<'a>]) -> Vec<Vec<Item<'a>>> {
    let mut boards: Vec<Vec<Item>> = Vec::new();
    for item in group.iter().filter(|it| it.result.compression.is_none()) {
        let place = |of: &Item| {
            (
                of.record.board.name.clone(),
                of.record.execution.kind,
                of.result.latency.fidelity,
                of.result.model.sha256.clone(),
            )
        };
        match boards.iter_mut().find(|it| place(&it[0]) == place(item)) {
            Some(items) => items.push(*item),
            None => boards.push(vec![*item]),
        }
    }
    let name = |item: &Item<'a>| &item.result.runtime.name;
    boards.retain(|items| items.iter().any(|it| name(it) != name(&items[0])));
    boards
}

/// Which is the fastest of those whose outputs are right, and by how much. Times that differ by no more than
/// the noise are the same.
fn fastest(results: &Results, group: &[Item]) -> String {
    let Some(latency) = metric("latency") else {
        return String::new();
    };
    let is_right = |it: &&Item| it.result.outputs.as_ref().is_none_or(|it| it.verified);
    let mut right: Vec<&Item> = group.iter().filter(is_right).collect();
    let time = |item: &Item| item.result.latency.median_us;
    right.sort_by(|a, b| time(a).total_cmp(&time(b)));
    let Some((fastest, others)) = right.split_first() else {
        return String::new();
    };
    let workload = format!(
        "{} on {}",
        fastest.result.workload, fastest.record.board.name
    );
    let floor = latency.noise_floor_of(right.iter().map(|it| it.result));
    let times = |it: &Item| time(it) / time(fastest);
    let (slower, same): (Vec<&Item>, Vec<&Item>) = others
        .iter()
        .copied()
        .partition(|it| times(it) > 1.0 + floor);
    let slower: Vec<String> = slower
        .iter()
        .map(|it| {
            let mark = mark(Some(it.result.latency.fidelity));
            format!(
                "{} takes {mark}{:.2}× its time",
                results.label(it),
                times(it)
            )
        })
        .collect();
    let same: Vec<String> = same.iter().map(|it| results.label(it)).collect();
    let name = results.label(fastest);
    match (slower.is_empty(), same.is_empty()) {
        (true, true) => format!("{workload}: the outputs of all but {name} differ."),
        (true, false) => {
            let all = match right.len() == group.len() {
                true => "all",
                false => "all whose outputs are right",
            };
            format!("{workload}: {all} take the same time, but for noise.")
        }
        (false, true) => format!("{workload}: {name} is the fastest; {}.", slower.join(", ")),
        (false, false) => format!(
            "{workload}: {name} is the fastest, and as fast, but for noise, {}; {}.",
            same.join(", "),
            slower.join(", ")
        ),
    }
}

fn figure(metric: &Metric, item: &Item, first: &Item) -> String {
    let Some((shown, reading)) = item.shown(metric).zip(item.reading(metric)) else {
        return "–".to_owned();
    };
    match first.reading(metric).filter(|it| it.value > 0.0) {
        Some(first) => format!("{shown} ({:.2}×)", reading.value / first.value),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use crate::page::markdown;
    use crate::report::{Extras, Run, document};
    use tinybench_record::example::example;
    use tinybench_record::{Agreement, AgreementKind, Difference, Fidelity, Other, RunRecord};

    /// The example, and the same workload on a runtime that takes half as long and differs by a step.
    fn two_runtimes() -> RunRecord {
        let mut record = example();
        let mut other = record.results[0].clone();
        other.runtime.name = "another".to_owned();
        other.latency.median_us /= 2.0;
        let outputs = other.outputs.as_mut().unwrap();
        (outputs.mismatches, outputs.max_abs_diff) = (3, 1);
        outputs.largest_difference = Some(Difference {
            vector: 2,
            part: None,
            output: None,
            index: 7,
            reference: -5.0,
            found: -4.0,
            other: Other::new(),
        });
        outputs.agreement = Some(Agreement {
            kind: AgreementKind::Steps,
            steps: Some(1),
            answers: None,
            auc: None,
            other: Other::new(),
        });
        record.results.push(other);
        record
    }

    fn said(record: RunRecord) -> String {
        let runs = [Run {
            label: "run".to_owned(),
            record,
        }];
        markdown(&document(&runs, Extras::default()).unwrap(), 60_000)
    }

    #[test]
    fn the_fastest_is_named_with_what_it_takes() {
        let text = said(two_runtimes());
        let start = text.find("## Runtimes").unwrap();
        let end = text[start + 5..].find("\n## ").unwrap() + start + 5;
        let section = &text[start..end];
        let first = example().results[0].runtime.name.clone();
        for words in [
            "another is the fastest",
            &format!("{first} takes ≈ 2.00× its time"),
            "(0.50×)",
            "vector 2, index 7: -4 for -5",
            "verified, ±1 step",
        ] {
            assert!(section.contains(words), "{words}: {section}");
        }
        assert!(!said(example()).contains("## Runtimes"));
    }

    #[test]
    fn nobody_is_the_fastest_by_noise_or_with_wrong_outputs_or_by_a_model() {
        let mut record = two_runtimes();
        record.results[1].latency.median_us = record.results[0].latency.median_us / 1.004;
        assert!(said(record).contains("all take the same time, but for noise."));

        let mut record = two_runtimes();
        record.results[1].outputs.as_mut().unwrap().verified = false;
        let first = record.results[0].runtime.name.clone();
        assert!(said(record).contains(&format!("the outputs of all but {first} differ.")));

        let mut record = two_runtimes();
        record.results[1].latency.fidelity = Fidelity::Measured;
        assert!(!said(record).contains("## Runtimes"));
    }
}

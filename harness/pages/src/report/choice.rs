//! Which of the results to ship: those of a workload beside each other, and whether they keep a budget.

use super::results::{Item, Results, metric};
use crate::page::{Block, Cell, Column, Section, Table, Tone};
use tinybench_analysis::compare::{LEAST_RUNS, NamedLimit};
use tinybench_analysis::metrics::{Metric, Reading};
use tinybench_analysis::quality;
use tinybench_analysis::statistics::{self, Change};

/// What is weighed, in its order: less of it is better.
const WEIGHED: [&str; 4] = ["latency", "energy", "ram", "flash"];

/// A section on what there is to choose from; none where nothing is and there is no budget.
pub fn section(results: &Results, budget: &[NamedLimit]) -> Option<Section> {
    let groups = groups(results);
    let is_choice = groups.iter().any(|group| group.len() > 1);
    if groups.is_empty() || (!is_choice && budget.is_empty()) {
        return None;
    }
    let weighed: Vec<&Metric> = WEIGHED
        .iter()
        .filter_map(|slug| metric(slug))
        .filter(|metric| results.have(metric))
        .collect();
    let has_quality = results.items.iter().any(|it| it.result.quality.is_some());
    let mut columns = vec![Column::text("workload"), Column::text("choice")];
    columns.extend(weighed.iter().map(|metric| Column::number(metric.title)));
    if has_quality {
        columns.push(Column::text("quality, 95 % interval"));
    }
    if !budget.is_empty() {
        columns.push(Column::text("budget"));
    }
    let mut table = Table::new(
        "Each figure with its ratio to the least of the workload",
        columns,
    );
    for group in &groups {
        for item in group {
            let mut cells: Vec<Cell> = vec![base(item).into(), name(results, item).into()];
            cells.extend(weighed.iter().map(|metric| weigh(metric, item, group)));
            if has_quality {
                let judged = item.result.quality.as_ref();
                cells.push(judged.map_or("–".to_owned(), quality::brief).into());
            }
            if !budget.is_empty() {
                cells.push(keeps(item, budget));
            }
            table.push(cells);
        }
    }
    let mut section = Section::new("choice", "Which to ship");
    section.text(text(budget, results));
    section.blocks.push(Block::Table(table));
    Some(section)
}

fn text(budget: &[NamedLimit], results: &Results) -> String {
    // In the unit in which the figures stand beside it.
    let unit = |metric: &Metric| {
        let mut items = results.items.iter();
        let first = items.find(|it| it.reading(metric).is_some());
        first.map_or(metric.unit, |it| metric.unit_in(it.result))
    };
    let limits: Vec<_> = budget
        .iter()
        .filter_map(|it| {
            let most = unit(it.metric).show(it.limit.hard?);
            Some(format!("{} {most}", it.metric.title))
        })
        .collect();
    let budget = match limits.is_empty() {
        true => String::new(),
        false => format!(" The budget: {}.", limits.join(", ")),
    };
    format!(
        "Those of one workload stand together, its variants included. The best figure is marked where \
         it is better than every other by more than the noise.{budget}"
    )
}

/// What a result is a choice for: its workload, or that of which it is a variant.
fn base<'a>(item: &Item<'a>) -> &'a str {
    match &item.result.compression {
        Some(compression) => &compression.workload,
        None => &item.result.workload,
    }
}

/// The results that can be weighed against each other.
fn groups<'a>(results: &Results<'a>) -> Vec<Vec<Item<'a>>> {
    let mut groups: Vec<Vec<Item>> = Vec::new();
    for item in &results.items {
        match groups
            .iter_mut()
            .find(|group| base(&group[0]) == base(item))
        {
            Some(group) => group.push(*item),
            None => groups.push(vec![*item]),
        }
    }
    groups
}

/// What tells a result from the others of its group.
fn name(results: &Results, item: &Item) -> String {
    let board = &item.record.board.name;
    let mut parts = vec![board.clone()];
    if item.result.compression.is_some() {
        parts.insert(0, item.result.workload.clone());
    }
    let label = results.label(item);
    if !label.is_empty() {
        parts.push(label);
    }
    parts.join(" · ")
}

fn weigh(metric: &Metric, item: &Item, group: &[Item]) -> Cell {
    let Some((shown, reading)) = item.shown(metric).zip(item.reading(metric)) else {
        return "–".into();
    };
    let others = || group.iter().filter_map(|it| it.reading(metric));
    let least = others().map(|it| it.value).fold(f64::INFINITY, f64::min);
    if group.len() < 2 || least <= 0.0 {
        return shown.into();
    }
    let text = format!("{shown} ({:.2}×)", reading.value / least);
    // Itself is among them, and only that may not be worse.
    let floor = metric.noise_floor_of(group.iter().map(|it| it.result));
    let is_worse = |it: &Reading| is_less(floor, &reading, it);
    match others().filter(|it| !is_worse(it)).count() == 1 {
        true => Cell::toned(text, Tone::Better),
        false => text.into(),
    }
}

/// Whether one figure is less than another by more than the noise, changes up to `floor` unless they are
/// counted.
fn is_less(floor: f64, one: &Reading, other: &Reading) -> bool {
    let floor = match one.fidelity.or(other.fidelity) {
        Some(_) => floor,
        None => 0.0,
    };
    if !(one.noisy || other.noisy) {
        return other.value > one.value * (1.0 + floor);
    }
    let runs = one.samples.len().min(other.samples.len());
    let shift = statistics::compare(&one.samples, &other.samples);
    runs >= LEAST_RUNS && shift.is_some_and(|shift| shift.change(floor) == Change::Larger)
}

/// Whether a result keeps the budget, and otherwise what it exceeds.
fn keeps(item: &Item, budget: &[NamedLimit]) -> Cell {
    let mut over = Vec::new();
    let mut unknown = Vec::new();
    for NamedLimit { metric, limit } in budget {
        match item.reading(metric) {
            None => unknown.push(metric.title),
            Some(reading) if limit.is_exceeded(metric, reading.value) => over.push(metric.title),
            Some(_) => {}
        }
    }
    if !over.is_empty() {
        return Cell::toned(format!("exceeded: {}", over.join(", ")), Tone::Worse);
    }
    match unknown.is_empty() {
        true => Cell::toned("met", Tone::Better),
        false => format!("not known: {}", unknown.join(", ")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_record::example::example;
    use tinybench_record::{Fidelity, RunRecord};

    /// The example on a board of this name, with so many times the cycles.
    fn on(board: &str, factor: f64) -> RunRecord {
        let mut record = example();
        record.board.name = board.to_owned();
        let latency = &mut record.results[0].latency;
        let scaled = |cycles: &u32| (f64::from(*cycles) * factor) as u32;
        latency.cycles = latency.cycles.iter().map(scaled).collect();
        latency.median_us *= factor;
        record
    }

    fn table(records: Vec<RunRecord>, budget: &str) -> Option<Table> {
        let runs: Vec<_> = records
            .into_iter()
            .zip(["a", "b", "c"])
            .map(|(record, label)| Run {
                label: label.to_owned(),
                record,
            })
            .collect();
        let limits = budget.split(',').filter(|it| !it.is_empty());
        let budget: Vec<NamedLimit> = limits.map(|it| it.parse().unwrap()).collect();
        let section = section(&Results::new(&runs), &budget)?;
        match section.blocks.into_iter().next_back() {
            Some(Block::Table(table)) => Some(table),
            other => panic!("{other:?}"),
        }
    }

    fn column(table: &Table, heading: &str) -> Vec<(String, Tone)> {
        let mut columns = table.columns.iter();
        let at = columns.position(|it| it.heading == heading).unwrap();
        let cells = table.rows.iter().map(|row| &row.cells[at]);
        cells.map(|cell| (cell.text.clone(), cell.tone)).collect()
    }

    #[test]
    fn two_boards_stand_beside_each_other_with_ratios() {
        let table = table(vec![on("nano33", 1.0), on("nucleo", 0.5)], "").unwrap();
        let latency = column(&table, "latency");
        assert_eq!(latency[0], ("≈ 140.6 ms (2.00×)".to_owned(), Tone::Plain));
        assert_eq!(latency[1], ("≈ 70.31 ms (1.00×)".to_owned(), Tone::Better));
        // What is equal has no best.
        let flash = column(&table, "flash");
        assert!(
            flash.iter().all(|(_, tone)| *tone == Tone::Plain),
            "{flash:?}"
        );
    }

    #[test]
    fn a_difference_within_the_noise_has_no_best() {
        let close = table(vec![on("nano33", 1.0), on("nucleo", 0.997)], "").unwrap();
        let latency = column(&close, "latency");
        assert!(
            latency.iter().all(|(_, tone)| *tone == Tone::Plain),
            "{latency:?}"
        );
        // Three measured runs are too few to tell, however far they are apart.
        let measured = |factor| {
            let mut record = on("nano33", factor);
            record.results[0].latency.fidelity = Fidelity::Measured;
            record
        };
        let few = table(vec![measured(1.0), measured(0.5)], "").unwrap();
        let latency = column(&few, "latency");
        assert!(
            latency.iter().all(|(_, tone)| *tone == Tone::Plain),
            "{latency:?}"
        );
    }

    #[test]
    fn a_budget_is_met_or_says_what_exceeds_it() {
        let records = || vec![on("nano33", 1.0), on("nucleo", 0.5)];
        let kept = table(records(), "latency=100ms,ram=64KB").unwrap();
        let words: Vec<_> = column(&kept, "budget").into_iter().map(|it| it.0).collect();
        assert_eq!(words, ["exceeded: latency", "met"]);
        let one = table(vec![on("nano33", 1.0)], "flash=1KB").unwrap();
        assert_eq!(column(&one, "budget")[0].0, "exceeded: flash");
        assert_eq!(table(vec![on("nano33", 1.0)], ""), None);
    }
}

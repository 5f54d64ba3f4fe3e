//! The tables that `tinybench run` prints. `docs/numbers.md` explains every number in them.

mod compression;
mod failures;
mod grid;
pub mod inspection;
mod learning;
mod parts;
mod power;
pub mod profile;
pub mod programs;
mod published;
mod quality;
mod runtimes;
mod timing;

use owo_colors::OwoColorize;

use grid::Grid;
pub use published::Published;
use timing::{layouts, stages};

use tinybench_analysis::{reference, stated_error};
use tinybench_record::{
    AgreementKind, ExecutionKind, Failure, Fidelity, Outputs, RunRecord, RunResult,
};
use tinybench_support::listing::wrapped_with;
use tinybench_support::number::{decimal, grouped};

/// Stands before every number that comes from a model of the hardware.
const MODELLED: &str = "≈ ";

/// Shown where there is no figure.
const NONE: &str = "-";

/// A property that the table shows of each result.
struct Property {
    /// Name and unit, which a space separates.
    heading: &'static str,
    value: fn(&RunResult) -> Option<String>,
}

/// Whether outputs are verified, how closely, and how many vectors.
fn verified(outputs: &Outputs) -> String {
    let agreement = outputs.agreement.as_ref();
    let how = match (outputs.verified, agreement.map(|it| it.kind)) {
        (false, _) => return "NO".to_owned(),
        (true, None) => "yes".to_owned(),
        (true, Some(AgreementKind::Answer)) => "answers".to_owned(),
        (true, Some(AgreementKind::Auc)) => "AUC".to_owned(),
        (true, Some(AgreementKind::Steps)) => {
            format!("±{}", agreement.and_then(|it| it.steps).unwrap_or(0))
        }
    };
    format!("{how}, {}", outputs.vectors)
}

/// Everything the table shows, in order. A property that no result has is left out.
const PROPERTIES: [Property; 11] = [
    Property {
        heading: "workload",
        value: |result| Some(result.workload.clone()),
    },
    Property {
        heading: "runtime",
        value: |result| Some(result.runtime.name.clone()),
    },
    Property {
        heading: "latency ms",
        value: |result| {
            let latency = &result.latency;
            Some(mark(
                latency.fidelity,
                &decimal(latency.median_us / 1_000.0),
            ))
        },
    },
    Property {
        heading: "cycles",
        value: |result| {
            let latency = &result.latency;
            Some(mark(
                latency.fidelity,
                &grouped(latency.median_cycles.round() as u64),
            ))
        },
    },
    Property {
        heading: "instructions",
        value: |result| result.instructions.map(grouped),
    },
    Property {
        heading: "arena KiB",
        value: |result| {
            let memory = result.memory.as_ref()?;
            let is_model = result.function.is_none();
            is_model.then(|| kib(memory.arena_bytes))
        },
    },
    Property {
        heading: "stack B",
        value: |result| {
            result.function.as_ref()?;
            Some(grouped(result.memory.as_ref()?.stack_peak_bytes.into()))
        },
    },
    Property {
        heading: "RAM KiB",
        value: |result| {
            let memory = result.memory.as_ref()?;
            Some(kib(memory
                .ram_total_bytes
                .saturating_sub(memory.harness_bytes)))
        },
    },
    Property {
        heading: "flash KiB",
        value: |result| {
            let flash = result.flash.as_ref()?;
            Some(kib(flash.total_bytes.saturating_sub(flash.harness_bytes)))
        },
    },
    Property {
        heading: "energy µJ",
        value: |result| {
            let energy = result.energy.as_ref()?;
            Some(mark(energy.fidelity, &decimal(energy.uj_per_inference)))
        },
    },
    Property {
        heading: "verified",
        value: |result| result.outputs.as_ref().map(verified),
    },
];

/// The record as tables of at most `width` columns where that is possible: one line a result if
/// they fit, otherwise one column a result. Ends without a newline.
///
/// Variants of workloads alone are one table, which compares them. The main table of others has what
/// failed as well. Below it stands why that failed, the stages of results that have some, what the place of
/// the code changes where that was asked, flash and RAM in their parts,
/// and what others have `published`.
pub fn render(
    record: &RunRecord,
    published: Option<&Published>,
    width: usize,
    colour: bool,
) -> String {
    let (results, failures) = (&record.results, record.failures.as_slice());
    let fit = |grid: Grid| grid.render(width, |text| heading(text, colour));
    let mut parts = vec![wrap(&title(record), width)];
    if !results.is_empty()
        && results.iter().all(|result| result.compression.is_some())
        && let Some(grid) = compression::grid(results, &record.left_out)
    {
        parts.push(fit(grid));
        if !failures.is_empty() {
            parts.push(fit(main(&[], failures, colour)));
        }
        parts.extend(failures::messages(failures, width));
        parts.extend(quality::grid(results).map(fit));
        parts.push(wrap(&compression_legend(record), width));
        return parts.join("\n\n");
    }
    parts.push(fit(main(results, failures, colour)));
    parts.extend(runtimes::grid(&record.board, results).map(fit));
    parts.extend(failures::messages(failures, width));
    parts.extend(quality::grid(results).map(fit));
    parts.extend(stages::grid(results).map(fit));
    parts.extend(layouts::grid(results).map(fit));
    parts.extend(learning::grid(results).map(fit));
    parts.extend(learning::predicting(results).map(fit));
    parts.extend(learning::condensing(results, record.board.clock_hz).map(fit));
    parts.extend(parts::grid(results).map(fit));
    parts.extend(power::grid(results).map(fit));
    if let Some(published) = published
        && let Some(grid) = published.grid(record)
    {
        parts.push(fit(grid));
        parts.push(wrap(&published.legend(record), width));
    }
    parts.push(wrap(&legend(record), width));
    parts.join("\n\n")
}

/// One row a result or failure, without the properties that none has.
fn main(results: &[RunResult], failures: &[Failure], colour: bool) -> Grid {
    let fails = |property: &Property| {
        !failures.is_empty() && ["workload", "runtime", "verified"].contains(&property.heading)
    };
    let shown: Vec<&Property> = PROPERTIES
        .iter()
        .filter(|property| {
            let mut results = results.iter();
            fails(property) || results.any(|result| (property.value)(result).is_some())
        })
        .collect();
    let row = |result| {
        shown
            .iter()
            .map(|property| cell(property, result, colour))
            .collect()
    };
    let failed = |failure| failures::row(failure, &shown, colour);
    let rows = results.iter().map(row);
    Grid {
        headings: shown.iter().map(|it| it.heading.to_owned()).collect(),
        rows: rows.chain(failures.iter().map(failed)).collect(),
        left: 2,
    }
}

/// The results of several runs as one table of at most `width` columns where that is possible, each
/// with what its run is called.
pub fn sweep(runs: &[(&str, &RunRecord)], width: usize, colour: bool) -> String {
    let results: Vec<RunResult> = runs.iter().flat_map(|(_, it)| it.results.clone()).collect();
    let failures: Vec<Failure> = runs
        .iter()
        .flat_map(|(_, it)| it.failures.clone())
        .collect();
    let mut grid = main(&results, &failures, colour);
    let names = |count: fn(&RunRecord) -> usize| {
        let names = runs.iter();
        names.flat_map(move |(name, it)| std::iter::repeat_n((*name).to_owned(), count(it)))
    };
    let first = |grid: &mut Grid, names: &mut dyn Iterator<Item = String>| {
        for (row, name) in grid.rows.iter_mut().zip(names) {
            row.insert(0, name);
        }
        grid.headings.insert(0, "board".to_owned());
        grid.left += 1;
    };
    let of_results = || names(|it| it.results.len());
    first(
        &mut grid,
        &mut of_results().chain(names(|it| it.failures.len())),
    );
    let mut qualities = quality::grid(&results);
    if let Some(grid) = &mut qualities {
        let judged = results.iter().map(|it| quality::row(it).is_some());
        let named = of_results().zip(judged).filter(|(_, judged)| *judged);
        first(grid, &mut named.map(|(name, _)| name));
    }
    let modelled = if results.iter().any(has_modelled) {
        "≈ modelled, not measured. "
    } else {
        ""
    };
    let legend = format!(
        "{modelled}RAM and flash are without the harness's own part. docs/numbers.md explains every \
         number."
    );
    let fit = |grid: Grid| grid.render(width, |text| heading(text, colour));
    let mut parts = vec![fit(grid)];
    parts.extend(failures::messages(&failures, width));
    parts.extend(qualities.map(fit));
    parts.push(wrap(&legend, width));
    parts.join("\n\n")
}

fn heading(text: &str, colour: bool) -> String {
    if colour {
        text.bold().to_string()
    } else {
        text.to_owned()
    }
}

fn cell(property: &Property, result: &RunResult, colour: bool) -> String {
    let text = (property.value)(result).unwrap_or(NONE.to_owned());
    if !colour {
        return text;
    }
    match text.strip_prefix(MODELLED) {
        Some(number) => format!("{}{number}", MODELLED.yellow()),
        None if property.heading == "verified" => match &result.outputs {
            Some(outputs) if outputs.verified => text.green().to_string(),
            Some(_) => text.red().to_string(),
            None => text,
        },
        None => text,
    }
}

fn title(record: &RunRecord) -> String {
    let board = &record.board;
    let kind = match record.execution.kind {
        ExecutionKind::Probe => "measured through",
        ExecutionKind::Virtual => "modelled on",
    };
    let title = format!(
        "{}: {} at {} MHz, {kind} {}",
        board.name,
        board.chip,
        board.clock_hz as f64 / 1e6,
        record.execution.probe
    );
    let energies = record.results.iter().filter_map(|it| it.energy.as_ref());
    match energies.filter_map(|it| it.supply.as_deref()).next() {
        Some(supply) => format!("{title}, supply {supply}"),
        None => title,
    }
}

/// What the marks mean.
fn legend(record: &RunRecord) -> String {
    let mut parts = Vec::new();
    let error = stated_error::sentences(&record.results);
    let energy_error = stated_error::of_energy(&record.results);
    let reference = reference::sentence(&record.results);
    if record.results.iter().any(has_modelled) {
        parts.push("≈ modelled, not measured.");
        parts.extend((!error.is_empty()).then_some(&*error));
        parts.extend((!energy_error.is_empty()).then_some(&*energy_error));
    }
    if !record.results.is_empty() {
        parts.push(
            "RAM is static + arena + stack. RAM and flash are without the harness's own part.",
        );
    }
    parts.extend(reference.as_deref());
    if record.results.iter().any(|it| it.quality.is_some()) {
        parts.push("Where intervals of quality overlap, the samples can't tell which is better.");
    }
    if record.results.iter().any(|it| it.latency.stages.is_some()) {
        parts.push("The latency of a workload from raw audio is that of all stages.");
    }
    if record.results.iter().any(|it| it.latency.layouts.is_some()) {
        parts.push(
            "Layouts are the same objects linked in several places of flash; all other figures are \
             those of the first.",
        );
    }
    let metered: Vec<_> = record.results.iter().filter_map(power::metered).collect();
    parts.extend(metered.iter().map(String::as_str));
    if record.results.iter().any(|it| it.power.is_some()) {
        parts.push("Power is that of the workload and of sleep alone: docs/power.md.");
    }
    if record.results.iter().any(|it| it.learning.is_some()) {
        parts.push(
            "A learning workload's latency is that of its extractor, and its RAM includes the \
             learner's memory.",
        );
    }
    parts.push("docs/numbers.md explains every number.");
    parts.join(" ")
}

/// What the columns of variants mean.
fn compression_legend(record: &RunRecord) -> String {
    let mut parts = Vec::new();
    if record.results.iter().any(has_modelled) {
        parts.push("≈ modelled, not measured.");
    }
    if !record.left_out.is_empty() {
        parts.push("What is too big doesn't fit the board and wasn't run.");
    }
    parts.push(
        "The latency includes decoding. Decoded bytes are the RAM in which weights are decoded, \
         part of RAM. Quality is that of the whole test set, when the model was made. RAM \
         and flash are without the harness's own part. docs/compression.md explains the \
         experiment, docs/numbers.md every number.",
    );
    parts.join(" ")
}

fn has_modelled(result: &RunResult) -> bool {
    let energy = result.energy.as_ref().map(|energy| energy.fidelity);
    [Some(result.latency.fidelity), energy].contains(&Some(Fidelity::Modelled))
}

/// Lines of at most `width` columns, if no word is longer.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    wrapped_with(text, width, 0)
}

/// A number, marked if it comes from a model of the hardware.
pub(crate) fn mark(fidelity: Fidelity, number: &str) -> String {
    match fidelity {
        Fidelity::Measured => number.to_owned(),
        Fidelity::Modelled => format!("{MODELLED}{number}"),
    }
}

fn kib(bytes: u32) -> String {
    format!("{:.1}", f64::from(bytes) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::grid::columns;
    use super::*;
    use tinybench_record::example::{example, with_failures};
    use tinybench_record::published::Row;

    fn two() -> RunRecord {
        let mut record = example();
        let mut second = record.results[0].clone();
        second.workload = "pretrainedResnet_quant".to_owned();
        second.quality = None;
        second.learning = None;
        second.features = None;
        second.latency.stages = None;
        let memory = second.memory.as_mut().unwrap();
        let pipeline = memory.pipeline_bytes.take().unwrap_or_default();
        memory.ram_total_bytes -= pipeline;
        let flash = second.flash.as_mut().unwrap();
        flash.total_bytes -= flash.pipeline_bytes.take().unwrap_or_default();
        second.latency.median_us = 812.25;
        second.latency.median_cycles = 51_984.0;
        record.results.push(second);
        record
    }

    #[test]
    fn a_table_of_120_columns() {
        insta::assert_snapshot!(render(&two(), None, 120, false));
    }

    #[test]
    fn a_table_of_80_columns() {
        insta::assert_snapshot!(render(&two(), None, 80, false));
    }

    #[test]
    fn what_failed_is_a_row_and_says_why() {
        let mut record = two();
        record.failures = with_failures().failures;
        let wide = render(&record, None, 120, false);
        record.results.clear();
        let nothing = render(&record, None, 80, false);
        insta::assert_snapshot!(format!("{wide}\n\n\n{nothing}"));
    }

    fn published() -> Published {
        let row = |round: &str, conditions: &str, latency_ms: [Option<f64>; 2]| Row {
            round: round.to_owned(),
            system: "a board".to_owned(),
            conditions: conditions.to_owned(),
            latency_ms: latency_ms.to_vec(),
        };
        Published {
            file: "results/published/some.csv".to_owned(),
            columns: [("kws", "kws"), ("mlperf-ad", "ad")]
                .map(|(workload, column)| (workload.to_owned(), column.to_owned()))
                .to_vec(),
            rows: vec![
                row("0.5", "M4F 120; 1.8 V", [Some(181.92), Some(10.052)]),
                row("0.7", "M33 160", [Some(54.81), None]),
                row("1.0", "PSoC62 M4F 150", [None, Some(6.7)]),
            ],
        }
    }

    #[test]
    fn published_rows_of_the_same_core_stand_below() {
        // There is no `mlperf-ad` among the results, so neither its column nor the row that has only it.
        insta::assert_snapshot!(render(&two(), Some(&published()), 120, false));
    }

    #[test]
    fn an_anomaly_has_its_auc() {
        let mut record = example();
        record.results[0].quality = Some(tinybench_record::Quality::new("auc", 0.8768, 48));
        let text = render(&record, None, 120, false);
        assert!(text.contains("AUC") && text.contains("0.877"), "{text}");
        assert!(!text.contains("top-1"), "{text}");
    }

    #[test]
    fn the_parts_of_flash_and_ram_add_up() {
        let record = two();
        let grid = parts::grid(&record.results).unwrap();
        for row in grid.rows {
            let numbers: Vec<u32> = row[2..]
                .iter()
                .filter(|cell| *cell != NONE)
                .map(|cell| cell.replace(',', "").parse().unwrap())
                .collect();
            let (total, parts) = numbers.split_last().unwrap();
            assert_eq!(parts.iter().sum::<u32>(), *total, "{row:?}");
        }
    }

    #[test]
    fn a_measurement_has_no_mark() {
        let mut record = example();
        record.execution.kind = ExecutionKind::Probe;
        record.execution.probe = "J-Link 123".to_owned();
        let result = &mut record.results[0];
        result.latency.fidelity = Fidelity::Measured;
        result.instructions = None;
        result.energy = None;
        insta::assert_snapshot!(render(&record, None, 120, false));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut record = two();
        for _ in 0..3 {
            record.results.extend(two().results);
        }
        record.failures = with_failures().failures;
        for width in [48, 60, 80, 120, 200] {
            let text = render(&record, Some(&published()), width, true);
            assert!(columns(&text) <= width, "{width}:\n{text}");
        }
    }
}

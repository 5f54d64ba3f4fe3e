//! How the figures were obtained, and how to obtain them again.

use super::results::Results;
use tinybench_analysis::stated_error;

use crate::page::{Block, Cell, Column, Section, Table};
use tinybench_record::{Board, ExecutionKind, Fidelity, InputSource, RunRecord};

/// What each figure means and the context it was obtained in.
pub fn section(results: &Results) -> Section {
    let mut section = Section::new("methods", "Methods and context");
    let measured = has(results, Fidelity::Measured);
    let modelled = has(results, Fidelity::Modelled);
    section.text(
        "Latency is one inference, from the input in the input tensor to the output in the output \
         tensor, read from the core's cycle counter with interrupts off and no traffic between \
         host and target. One inference is done first and not counted. The figure is the median \
         of the timed runs; all of them are in the records.",
    );
    if modelled {
        section.text(
            "≈ On a virtual board the same image runs on an emulator of the core with a cycle \
             model. Its cycles are deterministic and modelled; instructions, memory and outputs \
             are counted, as on hardware. docs/virtual-board.md says what is modelled, \
             docs/fidelity.md how far off it is known to be.",
        );
        section.text(stated_error::sentences(
            results.items.iter().map(|item| item.result),
        ));
    }
    if measured {
        section.text(
            "Measured latency is that of the board named below. Its clock is taken from the board \
             file; the oscillator's tolerance is not part of the figures.",
        );
    }
    section.text(
        "Energy with ≈ is cycles divided by clock, times the board's active current, times its \
         supply voltage; anything else comes from the instrument that the record names. RAM is \
         static variables, arena and the stack at its deepest, found by painting. Flash is what \
         is programmed. What only the measuring program needs is shown apart and not counted. \
         docs/numbers.md explains every figure.",
    );
    let energy_error = stated_error::of_energy(results.items.iter().map(|item| item.result));
    if !energy_error.is_empty() {
        section.text(energy_error);
    }
    section.blocks.push(Block::Table(context(results)));
    section.blocks.push(Block::Table(models(results)));
    section.blocks.push(Block::Detail(hashes(results)));
    section
}

fn has(results: &Results, fidelity: Fidelity) -> bool {
    results
        .items
        .iter()
        .any(|item| item.result.latency.fidelity == fidelity)
}

/// How the flash was read, as far as the chip has a choice.
fn flash(board: &Board) -> String {
    let switch = |name: &str, on: Option<bool>| {
        on.map(|on| format!("{name} {}", if on { "on" } else { "off" }))
    };
    let settings = [
        board
            .wait_states
            .map(|count| format!("{count} wait states")),
        switch("prefetch", board.prefetch),
        switch("data cache", board.data_cache),
        board
            .dual_bank
            .map(|dual| if dual { "two banks" } else { "one bank" }.to_owned()),
    ];
    let settings: Vec<_> = settings.into_iter().flatten().collect();
    if settings.is_empty() {
        "no setting".to_owned()
    } else {
        settings.join(", ")
    }
}

/// One column a run, one row a property.
fn context(results: &Results) -> Table {
    type Property = (&'static str, fn(&RunRecord) -> String);
    const PROPERTIES: [Property; 12] = [
        ("board", |r| r.board.name.clone()),
        ("chip", |r| r.board.chip.clone()),
        ("core", |r| r.board.core.clone()),
        ("clock", |r| {
            format!("{} MHz", r.board.clock_hz as f64 / 1e6)
        }),
        ("instruction cache", |r| match r.board.instruction_cache {
            Some(true) => "on".to_owned(),
            Some(false) => "off".to_owned(),
            None => "no setting".to_owned(),
        }),
        ("flash", |r| flash(&r.board)),
        ("supply", |r| {
            let supplies = r.results.iter().filter_map(|it| it.energy.as_ref());
            let supply = supplies.filter_map(|energy| energy.supply.clone()).next();
            supply.unwrap_or_else(|| "the board's own".to_owned())
        }),
        ("ran on", |r| match r.execution.kind {
            ExecutionKind::Probe => r.execution.probe.clone(),
            ExecutionKind::Virtual => format!("{} (modelled)", r.execution.probe),
        }),
        ("compiler", |r| match &r.toolchain {
            Some(toolchain) => format!("rustc {}", toolchain.rustc),
            None if r.results.is_empty() => "not known, nothing was measured".to_owned(),
            None => "not known, the firmware is not tinybench's".to_owned(),
        }),
        ("flags", |r| match &r.toolchain {
            Some(toolchain) => format!(
                "{}, opt-level {}, {}",
                toolchain.target,
                toolchain.opt_level,
                toolchain.flags.join(" ")
            ),
            None => "not known".to_owned(),
        }),
        ("tinybench", |r| {
            let commit = r.tinybench.commit.as_deref().unwrap_or("no commit known");
            format!("{}, {commit}", r.tinybench.version)
        }),
        ("started", |r| r.started_at.clone()),
    ];
    let mut columns = vec![Column::text("")];
    columns.extend(
        results
            .runs
            .iter()
            .map(|run| Column::text(run.label.as_str())),
    );
    let mut table = Table::new("Context of the runs", columns);
    for (name, read) in PROPERTIES {
        let values = results.runs.iter().map(|run| read(&run.record));
        table.push([name.to_owned()].into_iter().chain(values));
    }
    table
}

fn models(results: &Results) -> Table {
    let mut table = Table::new(
        "Models and inputs",
        vec![
            Column::text("workload"),
            Column::number("model, bytes"),
            Column::number("MACs"),
            Column::number("parameters"),
            Column::text("runtime"),
            Column::text("inputs"),
        ],
    );
    for group in results.groups() {
        for item in group {
            let result = item.result;
            let inputs = match (result.inputs.source, result.inputs.seed) {
                (InputSource::Workload, _) => "the workload's".to_owned(),
                (InputSource::Reference | InputSource::Stream, _) => {
                    "given with the model".to_owned()
                }
                (InputSource::Seeded, seed) => {
                    format!("pseudo-random, seed {}", seed.unwrap_or_default())
                }
                (InputSource::Dataset, _) => "MLPerf Tiny's data set".to_owned(),
                (InputSource::Program, _) => "what the program holds".to_owned(),
            };
            table.push([
                results.full_label(item),
                grouped(result.model.bytes),
                grouped(result.model.macs),
                grouped(result.model.parameters),
                format!("{} {}", result.runtime.name, result.runtime.version),
                inputs,
            ]);
        }
    }
    table
}

fn grouped(figure: Option<u64>) -> String {
    figure.map_or_else(|| "–".to_owned(), tinybench_support::number::grouped)
}

fn hashes(results: &Results) -> Table {
    let mut table = Table::new(
        "SHA-256 of models, inputs and firmware",
        ["result", "model", "inputs", "firmware"]
            .map(Column::text)
            .to_vec(),
    );
    for item in &results.items {
        let firmware = item.result.firmware.as_ref();
        table.push([
            Cell::from(results.full_label(item)),
            item.result.model.sha256.as_deref().unwrap_or("–").into(),
            item.result.inputs.sha256.as_str().into(),
            firmware.map_or("–", |firmware| &firmware.sha256).into(),
        ]);
    }
    table
}

//! How the figures were obtained, and how to obtain them again.

use super::results::Results;
use tinybench_analysis::stated_error;

use crate::page::{Block, Cell, Column, Section, Table};
use tinybench_record::{Board, ExecutionKind, Fidelity, InputSource, RunRecord, RunResult};

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

/// The commands that repeat the runs.
pub fn repeat(results: &Results) -> Section {
    let mut section = Section::new("repeat", "How to repeat this");
    section.text(
        "In a clone of the repository, for each run. On a virtual board the figures must come out \
         the same, to the cycle, with the same compiler.",
    );
    let commands: Vec<_> = results
        .runs
        .iter()
        .map(|run| commands(&run.record, &run.label, results.has_several_runs()))
        .collect();
    section.blocks.push(Block::Commands(commands.join("\n")));
    section
}

fn commands(record: &RunRecord, label: &str, named: bool) -> String {
    let mut lines = Vec::new();
    if named {
        lines.push(format!("# {}", label.replace(char::is_control, " ")));
    }
    match record.tinybench.commit.as_deref() {
        Some(commit) if commit.ends_with("-dirty") => lines.push(format!(
            "git checkout {}   # the run had changes that are in no commit",
            quoted(commit.trim_end_matches("-dirty"))
        )),
        Some(commit) => lines.push(format!("git checkout {}", quoted(commit))),
        None => {}
    }
    if !record.failures.is_empty() {
        let names: Vec<_> = record
            .failures
            .iter()
            .map(|it| it.workload.as_str())
            .collect();
        lines.push(format!("# without what failed: {}", names.join(", ")));
    }
    if record.results.is_empty() {
        return lines.join("\n") + "\n";
    }
    let board = quoted(&record.board.name);
    if record.results.iter().any(|result| result.mlperf.is_some()) {
        let place = match record.execution.kind {
            ExecutionKind::Virtual => "--firmware FILE",
            ExecutionKind::Probe => "--port PORT",
        };
        lines.push(format!(
            "cargo run --release -p tinybench -- mlperf --board {board} {place}"
        ));
        return lines.join("\n") + "\n";
    }
    let mut command = format!("cargo run --release -p tinybench -- run --board {board}");
    if record.execution.kind == ExecutionKind::Virtual {
        command += " --on virtual";
    }
    let mut runtimes: Vec<&str> = Vec::new();
    for result in &record.results {
        if !runtimes.contains(&result.runtime.name.as_str()) {
            runtimes.push(&result.runtime.name);
        }
    }
    let mut workloads: Vec<&str> = Vec::new();
    for result in &record.results {
        let argument = match result.inputs.source {
            InputSource::Workload => format!(" --workload {}", quoted(&result.workload)),
            InputSource::Reference => format!(" --model {} --reference .", file(result)),
            InputSource::Seeded | InputSource::Dataset => format!(" --model {}", file(result)),
            InputSource::Stream => {
                format!(" --model {} --stream stream.toml", file(result))
            }
        };
        if !workloads.contains(&result.workload.as_str()) {
            workloads.push(&result.workload);
            command += &argument;
        }
    }
    // Runtimes were named if each workload ran on all of them; otherwise each model has its own.
    if runtimes.len() * workloads.len() == record.results.len() {
        for runtime in runtimes {
            command += &format!(" --runtime {}", quoted(runtime));
        }
    }
    if let Some(result) = record.results.first() {
        command += &format!(" --runs {}", result.latency.cycles.len());
        if let Some(outputs) = &result.outputs {
            command += &format!(" --vectors {}", outputs.vectors);
        }
    }
    if let Some(power) = record.results.iter().find_map(|it| it.power.as_ref()) {
        command += &format!(" --every {}s", power.interval_s);
        if let Some(cell) = &power.cell {
            command += &format!(" --cell {}", quoted(&cell.name));
        }
    }
    lines.push(command);
    lines.join("\n") + "\n"
}

/// The model file of a result, as one word of a shell: the record keeps its stem.
fn file(result: &RunResult) -> String {
    let extension = match result.runtime.name.as_str() {
        "classical" => "tbcm",
        _ => "tflite",
    };
    quoted(&format!("{}.{extension}", result.workload))
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn the_command_repeats_the_run() {
        let mut record = example();
        record.tinybench.commit = Some("abc123".to_owned());
        assert_eq!(
            commands(&record, "main", false),
            "git checkout abc123\ncargo run --release -p tinybench -- run --board nano33 --on \
             virtual --workload kws --runtime interpreter --runs 3 --vectors 48\n"
        );
    }

    #[test]
    fn the_command_of_a_mixed_set_leaves_each_model_to_its_runtime() {
        let mut record = example();
        let mut forest = record.results[0].clone();
        forest.workload = "forest".to_owned();
        forest.runtime.name = "classical".to_owned();
        forest.power = Some(tinybench_record::Power {
            interval_s: 0.1,
            duty_cycle: 0.01,
            active_mw: 9.9,
            idle_mw: 0.007,
            mean_ua: 35.3,
            mean_mw: 0.106,
            below_1_mw: true,
            cell: None,
            source: tinybench_record::Power::SOURCE.to_owned(),
            fidelity: Fidelity::Modelled,
            other: tinybench_record::Other::new(),
        });
        record.results.push(forest);
        let text = commands(&record, "main", false);
        let line = text.lines().last().unwrap();
        assert!(
            line.ends_with("--workload kws --workload forest --runs 3 --vectors 48 --every 0.1s"),
            "{line}"
        );
        record.results.remove(0);
        record.results[0].inputs.source = InputSource::Seeded;
        let text = commands(&record, "main", false);
        assert!(
            text.contains("--model forest.tbcm --runtime classical"),
            "{text}"
        );
    }

    #[test]
    fn names_can_not_become_commands() {
        assert_eq!(quoted("kws"), "kws");
        assert_eq!(quoted("a; rm -rf ~"), "'a; rm -rf ~'");
        assert_eq!(quoted("it's\n"), r"'it'\''s'");
        let mut record = example();
        record.results[0].workload = "$(reboot)".to_owned();
        assert!(commands(&record, "a\nreboot", true).starts_with("# a reboot\n"));
        assert!(commands(&record, "a", true).contains("--workload '$(reboot)'"));
    }
}

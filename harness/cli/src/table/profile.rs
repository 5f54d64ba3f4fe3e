//! The tables of `tinybench profile`. `docs/profile.md` explains them.

use std::cmp::Reverse;
use std::num::NonZeroUsize;

use tinybench_analysis::profile::{causes, headline, share, stalls};
use tinybench_execution::profile::board::error;
use tinybench_execution::profile::lines::Line;
use tinybench_inputs::board::Board;
use tinybench_record::{Fidelity, OperatorProfile, PartProfile, Profile, RunResult, Stalls};
use tinybench_support::number::{dimensions, grouped};

use super::grid::Grid;
use super::{NONE, mark, wrap};
use crate::args::By;
use crate::stdout;

/// How many rows a table has unless the user says: so many that it fits one screen.
const ROWS: usize = 10;
/// Longest name of a function, and of an operator's options, characters.
const LONGEST_NAME: usize = 60;
const LONGEST_OPTIONS: usize = 18;
/// Longest source file with its line, and function beside it.
const LONGEST_PLACE: usize = 44;
const LONGEST_IN_LINE: usize = 36;

/// One row of any table.
#[derive(Clone, Debug, Default)]
struct Row {
    name: String,
    options: String,
    output: String,
    line: String,
    count: usize,
    cycles: u64,
    instructions: Option<u64>,
    macs: Option<u64>,
    bound: Option<u64>,
    stalls: Option<u64>,
    weight_bytes: u64,
    arena_bytes: Option<u64>,
    energy_uj: Option<f64>,
    samples: Option<u64>,
}

/// A profile as a table, worst first, and what is known of its causes; `lines` are what is shown by line.
/// Ends without a newline.
pub fn render(
    result: &RunResult,
    profile: &Profile,
    lines: &[Line],
    board: &Board,
    by: By,
    top: Option<NonZeroUsize>,
) -> String {
    let width = stdout::width();
    let by = match by {
        By::Operator | By::Kind if profile.operators.is_empty() => By::Function,
        by => by,
    };
    let headline = headline(profile, &result.workload, &board.name, board.clock_hz);
    let mut parts = vec![wrap(&headline, width)];
    let rows = rows(profile, lines, by);
    let shown = top.map_or(ROWS, NonZeroUsize::get);
    let grid = grid(profile, by, &rows, shown);
    parts.push(grid.render(width, str::to_owned));
    if has_between(by) {
        let why = stalls(profile).into_iter();
        let why = why.chain(causes(profile).into_iter().map(|it| format!("- {it}")));
        let why: Vec<_> = why.map(|it| wrap(&it, width)).collect();
        parts.push(why.join("\n"));
    }
    for note in &profile.notes {
        parts.push(wrap(&format!("note: {note}"), width));
    }
    let legend = match profile.fidelity {
        Fidelity::Modelled => "≈ modelled, not measured. docs/profile.md explains every column.",
        Fidelity::Measured => "docs/profile.md explains every column.",
    };
    parts.push(wrap(legend, width));
    parts.join("\n\n")
}

/// The same rows as comma-separated values, with plain numbers.
///
/// # Errors
/// None that are known.
pub fn csv(
    profile: &Profile,
    lines: &[Line],
    by: By,
    top: Option<NonZeroUsize>,
) -> csv::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "name",
        "options",
        "output",
        "count",
        "cycles",
        "share",
        "instructions",
        "macs",
        "bound_cycles",
        "stall_cycles",
        "weight_bytes",
        "arena_bytes",
        "line",
        "energy_uj",
        "samples",
    ])?;
    let number = |value: Option<u64>| value.map_or(String::new(), |it| it.to_string());
    let rows = rows(profile, lines, by);
    for row in rows.iter().take(top.map_or(usize::MAX, NonZeroUsize::get)) {
        writer.write_record([
            row.name.clone(),
            row.options.clone(),
            row.output.clone(),
            row.count.to_string(),
            row.cycles.to_string(),
            format!("{:.6}", share(row.cycles, profile)),
            number(row.instructions),
            number(row.macs),
            number(row.bound),
            number(row.stalls),
            row.weight_bytes.to_string(),
            number(row.arena_bytes),
            row.line.clone(),
            row.energy_uj.map_or(String::new(), |it| format!("{it:.6}")),
            number(row.samples),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether what is between operators is a row of its own.
fn has_between(by: By) -> bool {
    matches!(by, By::Operator | By::Kind)
}

/// The rows of a table, worst first.
fn rows(profile: &Profile, lines: &[Line], by: By) -> Vec<Row> {
    let mut rows: Vec<Row> = match by {
        By::Operator => profile.operators.iter().map(of_operator).collect(),
        By::Kind => kinds(&profile.operators),
        By::Function => profile
            .functions
            .iter()
            .map(|function| Row {
                name: shortened(&function.name),
                count: 1,
                cycles: function.cycles,
                instructions: function.instructions,
                samples: function.samples,
                ..Row::default()
            })
            .collect(),
        By::Line => lines
            .iter()
            .map(|line| Row {
                name: shortened(&line.function),
                line: line.place.clone().unwrap_or_default(),
                options: line.inlined_into.clone().unwrap_or_default(),
                count: 1,
                cycles: line.cost.cycles,
                // Samples don't tell them.
                instructions: profile.instructions.and(Some(line.cost.instructions)),
                ..Row::default()
            })
            .collect(),
    };
    rows.sort_by_key(|row| Reverse(row.cycles));
    if has_between(by) {
        rows.push(of_part(Profile::BETWEEN, &profile.between));
    }
    rows
}

fn of_operator(operator: &OperatorProfile) -> Row {
    Row {
        name: operator.label(),
        options: operator.options.join(" "),
        output: dimensions(&operator.output_shape),
        macs: operator.macs.filter(|&macs| macs > 0),
        bound: operator.bound_cycles,
        weight_bytes: operator.weight_bytes,
        arena_bytes: operator.arena_bytes,
        ..of_part("", &operator.cost)
    }
}

fn of_part(name: &str, part: &PartProfile) -> Row {
    Row {
        name: name.to_owned(),
        count: 1,
        cycles: part.cycles,
        instructions: part.instructions,
        stalls: part.stalls.as_ref().map(Stalls::total),
        energy_uj: part.energy_uj,
        ..Row::default()
    }
}

/// Operators of one name together.
fn kinds(operators: &[OperatorProfile]) -> Vec<Row> {
    let add = |sum: Option<u64>, more: Option<u64>| match (sum, more) {
        (None, more) => more,
        (sum, None) => sum,
        (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
    };
    let mut kinds: Vec<Row> = Vec::new();
    for operator in operators {
        let row = of_operator(operator);
        let at = kinds.iter().position(|kind| kind.name == operator.name);
        let Some(kind) = at.and_then(|at| kinds.get_mut(at)) else {
            kinds.push(Row {
                name: operator.name.clone(),
                options: String::new(),
                output: String::new(),
                ..row
            });
            continue;
        };
        kind.count += 1;
        kind.cycles += row.cycles;
        kind.instructions = add(kind.instructions, row.instructions);
        kind.macs = add(kind.macs, row.macs);
        kind.bound = add(kind.bound, row.bound);
        kind.stalls = add(kind.stalls, row.stalls);
        kind.energy_uj = kind
            .energy_uj
            .zip(row.energy_uj)
            .map(|(sum, more)| sum + more);
        kind.weight_bytes += row.weight_bytes;
        kind.arena_bytes = kind.arena_bytes.max(row.arena_bytes);
    }
    kinds
}

/// Options cut to what there is room for.
fn cut(options: &str) -> String {
    match options.char_indices().nth(LONGEST_OPTIONS) {
        Some((end, _)) => format!("{}...", options[..end].trim_end()),
        None => options.to_owned(),
    }
}

fn shortened(name: &str) -> String {
    end(name, LONGEST_NAME)
}

/// The end of a text, of so many characters at most.
fn end(text: &str, longest: usize) -> String {
    match text.chars().count() {
        count if count > longest => {
            let end: String = text.chars().skip(count - longest + 3).collect();
            format!("...{end}")
        }
        _ => text.to_owned(),
    }
}

/// A source file and line without the folders that are the same for all.
fn place(line: &str) -> String {
    let inner = line.strip_prefix("/tinybench/").unwrap_or(line);
    // Of the standard library: /rustc/COMMIT/library/core/src/...
    let inner = inner.split_once("/library/").map_or(inner, |(_, it)| it);
    end(inner, LONGEST_PLACE)
}

fn grid(profile: &Profile, by: By, rows: &[Row], shown: usize) -> Grid {
    // What is between operators is always shown.
    let (listed, between) = match by {
        By::Function | By::Line => (rows, None),
        _ => match rows.split_last() {
            Some((between, listed)) => (listed, Some(between)),
            None => (rows, None),
        },
    };
    let (first, rest) = listed.split_at(shown.min(listed.len()));
    let mut lines: Vec<Vec<String>> = first.iter().map(|row| cells(profile, by, row)).collect();
    if !rest.is_empty() {
        let more = Row {
            name: format!("{} more", rest.len()),
            count: rest.iter().map(|row| row.count).sum(),
            cycles: rest.iter().map(|row| row.cycles).sum(),
            ..Row::default()
        };
        lines.push(cells(profile, by, &more));
    }
    lines.extend(between.map(|row| cells(profile, by, row)));
    let headings: &[&str] = match by {
        By::Operator => &[
            "operator",
            "options",
            "output",
            "cycles",
            "%",
            "MACs",
            "cycles /MAC",
            "times bound",
            "stalls %",
            "weights bytes",
            "arena bytes",
        ],
        By::Kind => &[
            "operator",
            "count",
            "cycles",
            "%",
            "MACs",
            "cycles /MAC",
            "times bound",
            "stalls %",
            "weights bytes",
        ],
        By::Function if profile.samples.is_some() => &["function", "cycles", "%", "± %", "samples"],
        By::Function => &[
            "function",
            "cycles",
            "%",
            "instructions",
            "cycles /instruction",
        ],
        By::Line => &[
            "line",
            "function",
            "cycles",
            "%",
            "instructions",
            "cycles /instruction",
        ],
    };
    Grid {
        headings: headings.iter().map(|it| (*it).to_owned()).collect(),
        rows: lines,
        left: match by {
            By::Operator => 3,
            By::Line => 2,
            By::Kind | By::Function => 1,
        },
    }
}

fn cells(profile: &Profile, by: By, row: &Row) -> Vec<String> {
    let number = |value: Option<u64>| value.map_or(NONE.to_owned(), grouped);
    let percent =
        |part: u64, whole: u64| format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64);
    let ratio = |by: Option<u64>| match by.filter(|&it| it > 0) {
        Some(by) => match row.cycles as f64 / by as f64 {
            ratio if ratio < 100.0 => format!("{ratio:.2}"),
            ratio => format!("{ratio:.0}"),
        },
        None => NONE.to_owned(),
    };
    let cycles = mark(profile.fidelity, &grouped(row.cycles));
    let of_all = percent(row.cycles, profile.cycles);
    let stalls = row
        .stalls
        .map_or(NONE.to_owned(), |it| percent(it, row.cycles));
    let weights = match row.weight_bytes {
        0 => NONE.to_owned(),
        bytes => grouped(bytes),
    };
    let figures = [
        cycles,
        of_all,
        number(row.macs),
        ratio(row.macs),
        ratio(row.bound),
        stalls,
        weights,
    ];
    match by {
        By::Operator => [row.name.clone(), cut(&row.options), row.output.clone()]
            .into_iter()
            .chain(figures)
            .chain([number(row.arena_bytes)])
            .collect(),
        By::Kind => [row.name.clone(), row.count.to_string()]
            .into_iter()
            .chain(figures)
            .collect(),
        By::Line => vec![
            match row.line.as_str() {
                "" => NONE.to_owned(),
                line => place(line),
            },
            end(&row.name, LONGEST_IN_LINE),
            figures[0].clone(),
            figures[1].clone(),
            number(row.instructions),
            ratio(row.instructions),
        ],
        By::Function if profile.samples.is_some() => {
            let taken = profile.samples.unwrap_or_default();
            let error = |it: u64| error(it as f64 / taken.max(1) as f64, taken);
            vec![
                row.name.clone(),
                figures[0].clone(),
                figures[1].clone(),
                row.samples
                    .map_or(NONE.to_owned(), |it| format!("{:.1}", 100.0 * error(it))),
                number(row.samples),
            ]
        }
        By::Function => vec![
            row.name.clone(),
            figures[0].clone(),
            figures[1].clone(),
            number(row.instructions),
            ratio(row.instructions),
        ],
    }
}

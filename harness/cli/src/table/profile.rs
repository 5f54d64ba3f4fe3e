//! The tables of `tinybench profile`. `docs/profile.md` explains them.

use std::cmp::Reverse;
use std::num::NonZeroUsize;

use tinybench_inputs::board::Board;
use tinybench_record::{Fidelity, OperatorProfile, PartProfile, Profile, RunResult, Stalls};
use tinybench_support::number::{decimal, grouped};

use super::grid::Grid;
use super::{NONE, mark, wrap};
use crate::args::By;
use crate::stdout;

/// How many rows a table has unless the user says: so many that it fits one screen.
const ROWS: usize = 10;
/// How many causes are told.
const CAUSES: usize = 5;
/// Longest name of a function, and of an operator's options, characters.
const LONGEST_NAME: usize = 60;
const LONGEST_OPTIONS: usize = 18;

/// One row of any table.
#[derive(Clone, Debug, Default)]
struct Row {
    name: String,
    options: String,
    output: String,
    count: usize,
    cycles: u64,
    instructions: Option<u64>,
    macs: Option<u64>,
    bound: Option<u64>,
    stalls: Option<u64>,
    weight_bytes: u64,
    arena_bytes: Option<u64>,
}

/// A profile as a table, worst first, and what is known of its causes. Ends without a newline.
pub fn render(
    result: &RunResult,
    profile: &Profile,
    board: &Board,
    by: By,
    top: Option<NonZeroUsize>,
) -> String {
    let width = stdout::width();
    let by = if profile.operators.is_empty() {
        By::Function
    } else {
        by
    };
    let mut parts = vec![wrap(&headline(result, profile, board), width)];
    let rows = rows(profile, by);
    let shown = top.map_or(ROWS, NonZeroUsize::get);
    let grid = grid(profile, by, &rows, shown);
    parts.push(grid.render(width, str::to_owned));
    if by != By::Function {
        let why = why(profile);
        parts.push(
            why.iter()
                .map(|it| wrap(it, width))
                .collect::<Vec<_>>()
                .join("\n"),
        );
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
pub fn csv(profile: &Profile, by: By, top: Option<NonZeroUsize>) -> csv::Result<String> {
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
    ])?;
    let number = |value: Option<u64>| value.map_or(String::new(), |it| it.to_string());
    let rows = rows(profile, by);
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
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn share(cycles: u64, profile: &Profile) -> f64 {
    cycles as f64 / profile.cycles.max(1) as f64
}

fn headline(result: &RunResult, profile: &Profile, board: &Board) -> String {
    let cycles = profile.cycles;
    let ms = cycles as f64 / board.clock_hz as f64 * 1e3;
    let mut text = format!(
        "{} on {}: {} cycles, {} ms",
        result.workload,
        board.name,
        mark(profile.fidelity, &grouped(cycles)),
        mark(profile.fidelity, &decimal(ms)),
    );
    if let Some(instructions) = profile.instructions {
        let each = cycles as f64 / instructions.max(1) as f64;
        text += &format!(
            "; {} instructions, {each:.2} cycles each",
            grouped(instructions)
        );
    }
    let macs: u64 = profile.operators.iter().filter_map(|it| it.macs).sum();
    if macs > 0 {
        let each = cycles as f64 / macs as f64;
        text += &format!("; {} MACs, {each:.2} cycles each", grouped(macs));
    }
    let bound: u64 = profile
        .operators
        .iter()
        .filter_map(|it| it.bound_cycles)
        .sum();
    if bound > 0 {
        text += &format!(
            ". The core's bound is {} cycles: it takes {:.1} times as many",
            grouped(bound),
            cycles as f64 / bound as f64
        );
    }
    text
}

/// The rows of a table, worst first.
fn rows(profile: &Profile, by: By) -> Vec<Row> {
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
                ..Row::default()
            })
            .collect(),
    };
    rows.sort_by_key(|row| Reverse(row.cycles));
    if by != By::Function {
        rows.push(of_part("between operators", &profile.between));
    }
    rows
}

fn of_operator(operator: &OperatorProfile) -> Row {
    Row {
        name: format!("{} {}", operator.name, operator.index),
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
        kind.weight_bytes += row.weight_bytes;
        kind.arena_bytes = kind.arena_bytes.max(row.arena_bytes);
    }
    kinds
}

/// Dimensions but for a batch of one.
fn dimensions(shape: &[u64]) -> String {
    let shown = match shape {
        [1, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let texts: Vec<String> = shown.iter().map(ToString::to_string).collect();
    texts.join("x")
}

/// Options cut to what there is room for.
fn cut(options: &str) -> String {
    match options.char_indices().nth(LONGEST_OPTIONS) {
        Some((end, _)) => format!("{}...", options[..end].trim_end()),
        None => options.to_owned(),
    }
}

fn shortened(name: &str) -> String {
    match name.chars().count() {
        count if count > LONGEST_NAME => {
            let end: String = name.chars().skip(count - LONGEST_NAME + 3).collect();
            format!("...{end}")
        }
        _ => name.to_owned(),
    }
}

fn grid(profile: &Profile, by: By, rows: &[Row], shown: usize) -> Grid {
    // What is between operators is always shown.
    let (listed, between) = match by {
        By::Function => (rows, None),
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
        By::Function => &[
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
        left: if by == By::Operator { 3 } else { 1 },
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
        By::Function => vec![
            row.name.clone(),
            figures[0].clone(),
            figures[1].clone(),
            number(row.instructions),
            ratio(row.instructions),
        ],
    }
}

/// What the cycles of all operators went to, and the causes that are known, the worst first.
fn why(profile: &Profile) -> Vec<String> {
    let parts = profile
        .operators
        .iter()
        .map(|it| &it.cost)
        .chain([&profile.between]);
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for (name, cycles) in parts
        .filter_map(|it| it.stalls.as_ref())
        .flat_map(Stalls::named)
    {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += cycles,
            None => sums.push((name, cycles)),
        }
    }
    let mut lines = Vec::new();
    if !sums.is_empty() {
        let stalls: u64 = sums.iter().map(|(_, cycles)| cycles).sum();
        let own = profile.cycles.saturating_sub(stalls);
        sums.retain(|&(_, cycles)| share(cycles, profile) >= 0.001);
        sums.sort_by_key(|&(_, cycles)| Reverse(cycles));
        let told = sums
            .iter()
            .map(|(name, cycles)| format!("{name} {:.1} %", 100.0 * share(*cycles, profile)));
        let told: Vec<String> = told.collect();
        lines.push(format!(
            "Of all cycles {:.1} % are the instructions' own; stalls: {}.",
            100.0 * share(own, profile),
            told.join(", ")
        ));
    }
    lines.extend(causes(profile));
    lines
}

/// The causes that operators have, each with those that have it.
fn causes(profile: &Profile) -> Vec<String> {
    struct Found<'a> {
        what: &'a str,
        cycles: Option<u64>,
        operators: Vec<(u64, String)>,
    }
    let mut found: Vec<Found> = Vec::new();
    for operator in &profile.operators {
        for cause in &operator.causes {
            let of = (
                cause.cycles.unwrap_or(0),
                format!("{} {}", operator.name, operator.index),
            );
            match found.iter_mut().find(|it| it.what == cause.what) {
                Some(it) => {
                    it.cycles = it.cycles.zip(cause.cycles).map(|(sum, more)| sum + more);
                    it.operators.push(of);
                }
                None => found.push(Found {
                    what: &cause.what,
                    cycles: cause.cycles,
                    operators: vec![of],
                }),
            }
        }
    }
    // What hardly counts isn't told.
    found.retain(|it| {
        it.cycles
            .is_none_or(|cycles| share(cycles, profile) >= 0.005)
    });
    found.sort_by_key(|it| Reverse(it.cycles));
    let lines = found.into_iter().take(CAUSES).map(|mut it| {
        it.operators.sort_by_key(|(cycles, _)| Reverse(*cycles));
        let count = it.operators.len();
        let names: Vec<String> = it
            .operators
            .into_iter()
            .take(3)
            .map(|(_, name)| name)
            .collect();
        let more = match count.saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let cycles = it
            .cycles
            .map_or(String::new(), |it| format!(", {} cycles", grouped(it)));
        format!("- {}{cycles}: {}{more}", it.what, names.join(", "))
    });
    lines.collect()
}

//! The table of `tinybench profile --image`.

use std::num::NonZeroUsize;

use tinybench_execution::profile::program::ProgramProfile;
use tinybench_support::number::{decimal, grouped};

use super::grid::Grid;
use super::{MODELLED, wrap};
use crate::stdout;

/// How many functions are shown unless the user says.
const ROWS: usize = 20;

/// The whole of a program's profile.
pub fn headline(profile: &ProgramProfile) -> String {
    let ms = profile.cycles as f64 / profile.clock_hz as f64 * 1e3;
    format!(
        "{} on the virtual {}: {MODELLED}{} cycles, {MODELLED}{} ms; {} instructions",
        profile.file,
        profile.board,
        grouped(profile.cycles),
        decimal(ms),
        grouped(profile.instructions)
    )
}

/// The functions of a program, the most expensive first, and how it ended. Ends without a newline.
pub fn render(profile: &ProgramProfile, top: Option<NonZeroUsize>) -> String {
    let width = stdout::width();
    let percent = |cycles: u64| {
        format!(
            "{:.1}",
            100.0 * cycles as f64 / profile.cycles.max(1) as f64
        )
    };
    let shown = top.map_or(ROWS, NonZeroUsize::get);
    let functions = profile.functions.iter().take(shown).map(|it| {
        vec![
            it.name.clone(),
            grouped(it.cycles),
            percent(it.cycles),
            grouped(it.inclusive_cycles),
            grouped(it.instructions),
            grouped(it.calls),
        ]
    });
    let other = |name: String, cycles: u64| {
        let none = String::new;
        let row = vec![
            name,
            grouped(cycles),
            percent(cycles),
            none(),
            none(),
            none(),
        ];
        (cycles > 0).then_some(row)
    };
    let rest = profile.functions.get(shown..).unwrap_or(&[]);
    let more = other(
        format!("{} more", rest.len()),
        rest.iter().map(|it| it.cycles).sum(),
    );
    let exceptions = other(
        "entering and leaving exceptions".to_owned(),
        profile.exception_cycles,
    );
    let asleep = other("asleep".to_owned(), profile.sleep_cycles);
    let grid = Grid {
        headings: [
            "function",
            "cycles",
            "%",
            "inclusive",
            "instructions",
            "calls",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: functions
            .chain(more)
            .chain(exceptions)
            .chain(asleep)
            .collect(),
        left: 1,
    };
    let mut parts = vec![
        wrap(&headline(profile), width),
        grid.render(width, str::to_owned),
    ];
    let deepest = profile.paths.iter().max_by_key(|path| path.stack_bytes);
    if let Some(path) = deepest {
        parts.push(wrap(
            &format!(
                "The stack is deepest, {} bytes, in {}.",
                grouped(path.stack_bytes.into()),
                path.functions.join(" > ")
            ),
            width,
        ));
    }
    parts.extend(
        profile
            .notes
            .iter()
            .map(|it| wrap(&format!("note: {it}"), width)),
    );
    parts.push(wrap(
        "≈ modelled, not measured. docs/profile.md explains every column.",
        width,
    ));
    parts.join("\n\n")
}

/// The same rows as comma-separated values.
///
/// # Errors
/// None that are known.
pub fn csv(profile: &ProgramProfile, top: Option<NonZeroUsize>) -> csv::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "function",
        "cycles",
        "inclusive_cycles",
        "instructions",
        "calls",
    ])?;
    let shown = top.map_or(usize::MAX, NonZeroUsize::get);
    for it in profile.functions.iter().take(shown) {
        writer.write_record([
            it.name.clone(),
            it.cycles.to_string(),
            it.inclusive_cycles.to_string(),
            it.instructions.to_string(),
            it.calls.to_string(),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

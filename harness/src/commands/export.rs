//! `tinybench export`

use super::compare::{Settings, load_side};
use crate::baselines::Baselines;
use crate::cli::{ExportArgs, ExportFormat};
use crate::compare::{Side, compare};
use crate::error::Error;
use crate::export::{ExportError, bmf, csv, github, junit, learning, markdown};
use crate::files;
use crate::metrics::Direction;
use crate::records;
use crate::stdout;

/// Writes records in the format of another tool.
pub fn run(args: &ExportArgs) -> Result<(), Error> {
    if args.base.is_some() && args.format != ExportFormat::Junit {
        return Err(ExportError::Base.into());
    }
    let current = std::env::current_dir().unwrap_or_default();
    let settings = Settings::load(&args.gate, &current)?;
    let baselines = Baselines::around(&current);
    let mut loaded = Vec::new();
    for name in &args.records {
        let found = records::load(&baselines.resolve(name)?)?;
        for skipped in &found.skipped {
            eprintln!("{skipped}");
        }
        loaded.extend(found.loaded);
    }
    let side = Side::new(args.records.join(" "), &loaded);
    let text = match args.format {
        ExportFormat::Csv => csv::render(&loaded)?,
        ExportFormat::Bmf => bmf::render(&side)?,
        ExportFormat::Github => github::render(&side, Direction::SmallerIsBetter)?,
        ExportFormat::GithubBigger => github::render(&side, Direction::BiggerIsBetter)?,
        ExportFormat::Learning => learning::render(&loaded)?,
        ExportFormat::Markdown => markdown::render(&side),
        ExportFormat::Junit => match &args.base {
            None => junit::of_records(&side.entries, &settings.gate)?,
            Some(base) => {
                let base = load_side(base, &baselines)?;
                let comparison = compare(&base, &[side], &settings.gate, &settings.allowed)?;
                junit::of_comparison(&comparison, &settings.gate)?
            }
        },
    };
    match &args.out {
        Some(path) => Ok(files::write(path, text.as_bytes())?),
        None => stdout::print(text.trim_end()),
    }
}

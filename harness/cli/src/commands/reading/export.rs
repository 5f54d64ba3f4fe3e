//! `tinybench export`

use super::compare::{Settings, load_side};
use crate::args::{ExportArgs, ExportFormat};
use crate::stdout;
use tinybench_analysis::baselines::Baselines;
use tinybench_analysis::compare::{Side, compare};
use tinybench_analysis::export::{ExportError, bmf, csv, github, junit, learning, markdown};
use tinybench_analysis::metrics::Direction;
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::files;

/// Writes records in the format of another tool.
pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    if args.base.is_some() && args.format != ExportFormat::Junit {
        return Err(ExportError::Base.into());
    }
    let current = std::env::current_dir().unwrap_or_default();
    let settings = Settings::load(&args.gate, &current)?;
    let baselines = Baselines::around(&current);
    let mut loaded = Vec::new();
    for name in &args.records {
        let found = reading::load(&baselines.resolve(name)?)?;
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
        ExportFormat::Learning => {
            if !side.failures.is_empty() {
                let count = side.failures.len();
                eprintln!(
                    "what failed has no curve and isn't in it: {count} of the records' entries"
                );
            }
            learning::render(&loaded)?
        }
        ExportFormat::Markdown => markdown::render(&side),
        ExportFormat::Junit => match &args.base {
            None => junit::of_records(&side, &settings.gate)?,
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

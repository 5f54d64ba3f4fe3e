//! `tinybench export`

use super::compare::{Settings, load_side};
use crate::args::{ExportArgs, ExportFormat};
use crate::stdout;
use tinybench_analysis::baselines::Baselines;
use tinybench_analysis::compare::{Side, compare};
use tinybench_analysis::export::{
    ExportError, bmf, csv, github, junit, learning, markdown, sqlite,
};
use tinybench_analysis::metrics::Direction;
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::files;

/// Writes records in the format of another tool.
pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    if args.base.is_some() && args.format != ExportFormat::Junit {
        return Err(ExportError::Base.into());
    }
    if args.format == ExportFormat::Sqlite && args.out.is_none() {
        return Err(ExportError::NeedsFile.into());
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
    let document: Vec<u8> = match args.format {
        ExportFormat::Sqlite => sqlite::render(&loaded)?,
        ExportFormat::Csv => csv::render(&loaded)?.into(),
        ExportFormat::Bmf => bmf::render(&side)?.into(),
        ExportFormat::Github => github::render(&side, Direction::SmallerIsBetter)?.into(),
        ExportFormat::GithubBigger => github::render(&side, Direction::BiggerIsBetter)?.into(),
        ExportFormat::Learning => {
            if !side.failures.is_empty() {
                let count = side.failures.len();
                eprintln!(
                    "what failed has no curve and isn't in it: {count} of the records' entries"
                );
            }
            learning::render(&loaded)?.into()
        }
        ExportFormat::Markdown => markdown::render(&side).into(),
        ExportFormat::Junit => match &args.base {
            None => junit::of_records(&side, &settings.gate)?.into(),
            Some(base) => {
                let base = load_side(base, &baselines)?;
                let comparison = compare(&base, &[side], &settings.gate, &settings.allowed)?;
                junit::of_comparison(&comparison, &settings.gate)?.into()
            }
        },
    };
    match &args.out {
        Some(path) => Ok(files::write(path, &document)?),
        None => stdout::print(String::from_utf8_lossy(&document).trim_end()),
    }
}

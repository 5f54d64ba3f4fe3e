//! `tinybench merge`

use crate::args::MergeArgs;
use crate::stdout;
use tinybench_analysis::merge::merge;
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::files;

/// Merges records and writes or prints the result.
pub fn run(args: &MergeArgs) -> Result<(), Failure> {
    let mut all = Vec::new();
    for path in &args.records {
        let found = reading::load(path)?;
        for skipped in &found.skipped {
            eprintln!("{skipped}");
        }
        all.extend(found.loaded);
    }
    let json = merge(&all)?.to_json()?;
    match &args.out {
        Some(path) => Ok(files::write(path, json.as_bytes())?),
        None => stdout::print(json.trim_end()),
    }
}

//! `tinybench merge`

use crate::cli::MergeArgs;
use crate::error::Error;
use crate::files;
use crate::merge::merge;
use crate::records;
use crate::stdout;

/// Merges records and writes or prints the result.
pub fn run(args: &MergeArgs) -> Result<(), Error> {
    let mut all = Vec::new();
    for path in &args.records {
        let found = records::load(path)?;
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

//! Records in the formats that other tools read. `docs/export.md` describes each.

pub mod bmf;
pub mod csv;
pub mod github;
pub mod junit;
pub mod learning;
pub mod markdown;
pub mod sqlite;

use crate::compare::{Entry, FailedEntry, Key, text};
use crate::metrics::{METRICS, Metric, Reading};
use tinybench_support::exit::{Exit, Exits};

/// A record can't be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// As CSV.
    #[error("can't write CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// As JSON.
    #[error("can't write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As JUnit XML.
    #[error("can't write JUnit XML: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// As an SQLite database.
    #[error("can't write an SQLite database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A format that is no text has no file to go to.
    #[error("--format sqlite is no text: name a file with -o FILE")]
    NeedsFile,
    /// `--base` was given for a format that shows no comparison.
    #[error("--base is for --format junit; `tinybench compare --format markdown` compares too")]
    Base,
}

impl Exits for ExportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Base | Self::NeedsFile => Exit::Usage,
            _ => Exit::Output,
        }
    }
}

/// The values of all metrics that an entry has.
fn readings(entry: &Entry) -> impl Iterator<Item = (&'static Metric, Reading)> {
    METRICS
        .iter()
        .filter_map(|metric| Some((metric, entry.read(metric)?)))
}

/// A board's name that tells a virtual one from a real one.
fn board(key: &Key) -> String {
    text::board(&key.board, key.is_virtual)
}

/// Stands where a failure's runtime isn't known.
const UNKNOWN: &str = "unknown runtime";

/// What failed on which runtime and board, by name.
fn failed(failed: &FailedEntry) -> (&str, &str, String) {
    (
        &failed.failure.workload,
        failed.failure.runtime_name().unwrap_or(UNKNOWN),
        text::board(&failed.board, failed.is_virtual),
    )
}

/// The least and the largest of several samples.
fn range(reading: &Reading) -> Option<(f64, f64)> {
    let least = reading.samples.iter().copied().min_by(f64::total_cmp)?;
    let most = reading.samples.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}

#[cfg(test)]
mod tests {
    use crate::compare::Side;
    use tinybench_record::example::{self, example};
    use tinybench_record::reading::Loaded;
    use tinybench_record::{ExecutionKind, Fidelity, RunRecord};

    /// A record of a virtual board and one of a real board, whose energy is modelled.
    pub(super) fn records() -> Vec<Loaded> {
        let fixture = include_bytes!("../../../cli/tests/data/record.json");
        let first = RunRecord::parse(fixture).unwrap();
        let mut second = first.clone();
        second.tinybench.commit = example().tinybench.commit;
        second.execution.kind = ExecutionKind::Probe;
        second.execution.probe = "J-Link 123".to_owned();
        let result = &mut second.results[0];
        result.workload = "my|model <b>".to_owned();
        result.instructions = None;
        result.quality = None;
        let latency = &mut result.latency;
        latency.fidelity = Fidelity::Measured;
        latency.cycles = vec![8_826_500, 8_826_588, 8_826_700];
        (latency.min_cycles, latency.max_cycles) = (8_826_500, 8_826_700);
        [("a.json", first), ("b.json", second)]
            .map(|(path, record)| Loaded {
                path: path.into(),
                record,
            })
            .into()
    }

    pub(super) fn side() -> Side {
        Side::new("records", &records())
    }

    /// As [`records`], of which the first has failures too.
    pub(super) fn with_failures() -> Vec<Loaded> {
        let mut records = records();
        records[0].record.failures = example::with_failures().failures;
        records
    }
}

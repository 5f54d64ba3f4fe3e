//! Results that others have published, to be shown beside a user's own: `results/published/*.csv`.

use std::path::{Path, PathBuf};
use tinybench_support::exits_with;

use serde::Deserialize;

use tinybench_support::files::{self, ReadError};

/// Largest file that is read, bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// One published row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The round of the benchmark.
    pub round: String,
    /// Who submitted it, and the system.
    pub system: String,
    /// Core, clock, software.
    pub conditions: String,
    /// Latency of each model asked for, ms; `None` where none was submitted.
    pub latency_ms: Vec<Option<f64>>,
}

/// A file of published results can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It isn't such a file.
    #[error("{path} is not a file of published results: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

exits_with!(PublishedError => Input);

/// The columns that every row has.
#[derive(Deserialize)]
struct Fixed {
    round: String,
    submitter_system: String,
    conditions: String,
}

/// Reads the latencies of `models`, as the columns `MODEL_ms` have them.
pub fn read(path: &Path, models: &[&str]) -> Result<Vec<Row>, PublishedError> {
    let text = files::read_text(path, MAX_BYTES)?;
    parse(&text, models).map_err(|problem| PublishedError::File {
        path: path.to_owned(),
        problem,
    })
}

fn parse(text: &str, models: &[&str]) -> Result<Vec<Row>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns = models
        .iter()
        .map(|model| {
            let column = format!("{model}_ms");
            headers
                .iter()
                .position(|header| header == column)
                .ok_or_else(|| format!("it has no column `{column}`"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let fixed: Fixed = record
            .deserialize(Some(&headers))
            .map_err(|error| error.to_string())?;
        let latency = |&column: &usize| match record.get(column).unwrap_or_default() {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(ms) if ms.is_finite() && ms > 0.0 => Ok(Some(ms)),
                _ => Err(format!("line {line}: `{text}` is not a latency")),
            },
        };
        rows.push(Row {
            round: fixed.round,
            system: fixed.submitter_system,
            conditions: fixed.conditions,
            latency_ms: columns.iter().map(latency).collect::<Result<_, _>>()?,
        });
    }
    Ok(rows)
}

/// Whether published `conditions` name a core of the kind that a board file calls `core`: they
/// begin with its short name, such as `M4F 120` or `PSoC62 M4F 150` for `cortex-m4f`.
pub fn is_of_core(conditions: &str, core: &str) -> bool {
    let short = match core.strip_prefix("cortex-") {
        // What is published names it without its floating-point unit.
        Some("m33f") => "m33",
        Some(short) => short,
        None => return false,
    };
    let first = conditions.split(';').next().unwrap_or_default();
    first
        .split(' ')
        .any(|word| word.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "round,submitter_system,conditions,kws_ms,ad_ms\n";

    #[test]
    fn rows_are_read_with_gaps() {
        let text = format!("{HEAD}1.2,a,\"M4F 120; x, y\",60.16,5.8\n1.2,b,M33 160; z,,3.8\n");
        let rows = parse(&text, &["ad", "kws"]).unwrap();
        assert_eq!(rows[0].conditions, "M4F 120; x, y");
        assert_eq!(rows[0].latency_ms, [Some(5.8), Some(60.16)]);
        assert_eq!(rows[1].latency_ms, [Some(3.8), None]);
        let of_m4f: Vec<_> = rows
            .iter()
            .map(|row| is_of_core(&row.conditions, "cortex-m4f"))
            .collect();
        assert_eq!(of_m4f, [true, false]);
        assert!(is_of_core(&rows[1].conditions, "cortex-m33f"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |text: &str| parse(text, &["kws"]).unwrap_err();
        assert_eq!(message("a,b\n"), "it has no column `kws_ms`");
        assert_eq!(
            message(&format!("{HEAD}1,a,b,quick,1\n")),
            "line 2: `quick` is not a latency"
        );
        assert_eq!(
            message(&format!("{HEAD}1,a,b,-1,1\n")),
            "line 2: `-1` is not a latency"
        );
        assert!(message(&format!("{HEAD}1,a\n")).contains("line: 2"));
    }

    #[test]
    fn the_published_rows_of_mlperf_tiny_are_all_there() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/mlperf-tiny.csv");
        let rows = read(&path, &["kws", "vww", "ic", "ad"]).unwrap();
        assert_eq!(rows.len(), 73);
        let reference = &rows[0];
        assert_eq!(reference.system, "reference Nucleo-L4R5ZI");
        assert_eq!(reference.latency_ms[0], Some(181.92));
        assert!(is_of_core(&reference.conditions, "cortex-m4f"));
    }
}

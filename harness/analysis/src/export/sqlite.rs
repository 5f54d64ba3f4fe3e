//! An SQLite database in long form: one row a figure, so that a sweep is one query in DuckDB,
//! pandas or R.

use rusqlite::{Connection, MAIN_DB, params};

use super::{ExportError, board};
use crate::compare::{Side, text};
use crate::metrics::METRICS;
use tinybench_record::reading::Loaded;
use tinybench_record::{ExecutionKind, Fidelity};

/// The tables; `docs/export.md` describes them.
const TABLES: &str = "
CREATE TABLE figures (
    figure INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    started_at TEXT NOT NULL,
    project_commit TEXT,
    tinybench_commit TEXT,
    board TEXT NOT NULL,
    chip TEXT NOT NULL,
    clock_hz INTEGER NOT NULL,
    workload TEXT NOT NULL,
    model TEXT NOT NULL,
    model_sha256 TEXT,
    runtime TEXT NOT NULL,
    runtime_version TEXT NOT NULL,
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    value REAL NOT NULL,
    fidelity TEXT NOT NULL,
    verified INTEGER
) STRICT;
CREATE TABLE samples (
    figure INTEGER NOT NULL REFERENCES figures (figure),
    iter INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (figure, iter)
) STRICT, WITHOUT ROWID;
CREATE TABLE failures (
    run TEXT NOT NULL,
    started_at TEXT NOT NULL,
    project_commit TEXT,
    tinybench_commit TEXT,
    board TEXT NOT NULL,
    chip TEXT NOT NULL,
    clock_hz INTEGER NOT NULL,
    workload TEXT NOT NULL,
    model TEXT,
    model_sha256 TEXT,
    runtime TEXT,
    runtime_version TEXT,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    exit_code INTEGER NOT NULL
) STRICT;
";

const FIGURE: &str = "INSERT INTO figures VALUES \
    (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
const SAMPLE: &str = "INSERT INTO samples VALUES (?1, ?2, ?3)";
const FAILURE: &str = "INSERT INTO failures VALUES \
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// The bytes of a database with every figure of every record, the values of each run where there
/// are several, and every failure.
pub fn render(records: &[Loaded]) -> Result<Vec<u8>, ExportError> {
    let mut connection = Connection::open_in_memory()?;
    connection.execute_batch(TABLES)?;
    let transaction = connection.transaction()?;
    {
        let mut figure = transaction.prepare(FIGURE)?;
        let mut sample = transaction.prepare(SAMPLE)?;
        let mut failed = transaction.prepare(FAILURE)?;
        for loaded in records {
            let record = &loaded.record;
            let run = loaded.path.to_string_lossy();
            let commit = record.commit.as_ref().map(|commit| &commit.id);
            let tinybench = &record.tinybench.commit;
            let clock_hz = i64::try_from(record.board.clock_hz).unwrap_or(i64::MAX);
            let chip = &record.board.chip;
            // A side of one record has its results in a fixed order and nothing merged.
            let side = Side::new("", std::slice::from_ref(loaded));
            for entry in &side.entries {
                let result = &entry.result;
                let (model, runtime) = (&result.model, &result.runtime);
                let verified = result.outputs.as_ref().map(|outputs| outputs.verified);
                for metric in &METRICS {
                    let Some(reading) = entry.read(metric) else {
                        continue;
                    };
                    let fidelity = match reading.fidelity {
                        Some(Fidelity::Measured) => "measured",
                        Some(Fidelity::Modelled) => "modelled",
                        None => "counted",
                    };
                    let number = figure.insert(params![
                        run,
                        record.started_at,
                        commit,
                        tinybench,
                        board(&entry.key),
                        chip,
                        clock_hz,
                        result.workload,
                        model.name,
                        model.sha256,
                        runtime.name,
                        runtime.version,
                        metric.slug,
                        metric.unit.symbol(),
                        reading.value,
                        fidelity,
                        verified,
                    ])?;
                    for (iter, value) in (1_i64..).zip(&reading.samples) {
                        sample.execute(params![number, iter, value])?;
                    }
                }
            }
            let is_virtual = record.execution.kind == ExecutionKind::Virtual;
            for failure in &record.failures {
                let (model, runtime) = (failure.model.as_ref(), failure.runtime.as_ref());
                failed.execute(params![
                    run,
                    record.started_at,
                    commit,
                    tinybench,
                    text::board(&record.board.name, is_virtual),
                    chip,
                    clock_hz,
                    failure.workload,
                    model.map(|model| &model.name),
                    model.and_then(|model| model.sha256.as_ref()),
                    runtime.map(|runtime| &runtime.name),
                    runtime.map(|runtime| &runtime.version),
                    failure.kind.name(),
                    failure.message,
                    failure.exit_code,
                ])?;
            }
        }
    }
    transaction.commit()?;
    Ok(connection.serialize(MAIN_DB)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::with_failures;

    /// The database of the records, written to a file and opened again.
    fn read_back() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.sqlite");
        std::fs::write(&path, render(&with_failures()).unwrap()).unwrap();
        let connection = Connection::open(path).unwrap();
        (folder, connection)
    }

    #[test]
    fn every_figure_of_every_record_reads_back() {
        let (_folder, connection) = read_back();
        let query = "SELECT value FROM figures WHERE run = ?1 AND board = ?2 AND workload = ?3 \
                     AND runtime = ?4 AND metric = ?5 AND unit = ?6";
        let mut query = connection.prepare(query).unwrap();
        let mut expected = 0;
        for loaded in with_failures() {
            for entry in Side::new("", std::slice::from_ref(&loaded)).entries {
                for metric in &METRICS {
                    let Some(reading) = entry.read(metric) else {
                        continue;
                    };
                    let key = params![
                        loaded.path.to_str(),
                        board(&entry.key),
                        entry.key.workload,
                        entry.key.runtime,
                        metric.slug,
                        metric.unit.symbol(),
                    ];
                    let value: f64 = query.query_row(key, |row| row.get(0)).unwrap();
                    assert_eq!(value, reading.value, "{}", metric.slug);
                    expected += 1;
                }
            }
        }
        let count = |table: &str| -> i64 {
            let query = format!("SELECT count(*) FROM {table}");
            connection.query_row(&query, [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("figures"), count("failures")), (expected, 2));
        // Latency, cycles and energy of both records, three runs each.
        assert_eq!(count("samples"), 2 * 3 * 3);
    }

    #[test]
    fn what_is_measured_modelled_verified_and_failed_says_so() {
        let (_folder, connection) = read_back();
        let rows = |query: &str| -> Vec<(String, String, i64)> {
            let mut query = connection.prepare(query).unwrap();
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.unwrap().collect::<Result<_, _>>().unwrap()
        };
        let row = |a: &str, b: &str, c| (a.to_owned(), b.to_owned(), c);
        assert_eq!(
            rows("SELECT board, fidelity, verified FROM figures WHERE metric = 'latency'"),
            [
                row("virtual nano33", "modelled", 1),
                row("nano33", "measured", 1)
            ]
        );
        assert_eq!(
            rows("SELECT workload, kind, exit_code FROM failures ORDER BY exit_code"),
            [row("ic", "mismatch", 3), row("vww", "unreadable-input", 7)]
        );
        assert_eq!(
            render(&with_failures()).unwrap(),
            render(&with_failures()).unwrap()
        );
    }
}

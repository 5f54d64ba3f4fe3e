//! CSV in long form: one line a value, for spreadsheets, R and pandas.

use super::{ExportError, board};
use crate::compare::{Side, text};
use crate::metrics::METRICS;
use tinybench_record::reading::Loaded;
use tinybench_record::{ExecutionKind, Fidelity};
use tinybench_support::printable::spreadsheet_cell as plain;

/// The columns.
const COLUMNS: [&str; 14] = [
    "run",
    "started_at",
    "commit",
    "board",
    "workload",
    "runtime",
    "runtime_version",
    "metric",
    "unit",
    "fidelity",
    "iter",
    "value",
    "failure",
    "message",
];

/// Every value of every record: a line a run for what has several runs, otherwise one line with an
/// empty `iter`. What failed has a line with its exit code, the kind of failure and its message.
pub fn render(records: &[Loaded]) -> Result<String, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for loaded in records {
        let record = &loaded.record;
        // A side of one record has its results in a fixed order and nothing merged.
        let side = Side::new("", std::slice::from_ref(loaded));
        for entry in &side.entries {
            for metric in &METRICS {
                let Some(reading) = entry.read(metric) else {
                    continue;
                };
                let mut row = |iteration: &str, value: f64| {
                    writer.write_record([
                        &*plain(&loaded.path.to_string_lossy()),
                        &record.started_at,
                        &plain(record.tinybench.commit.as_deref().unwrap_or_default()),
                        &plain(&board(&entry.key)),
                        &plain(&entry.key.workload),
                        &plain(&entry.key.runtime),
                        &plain(&entry.result.runtime.version),
                        metric.slug,
                        metric.unit.symbol(),
                        match reading.fidelity {
                            Some(Fidelity::Measured) => "measured",
                            Some(Fidelity::Modelled) => "modelled",
                            None => "counted",
                        },
                        iteration,
                        &value.to_string(),
                        "",
                        "",
                    ])
                };
                if reading.samples.is_empty() {
                    row("", reading.value)?;
                }
                for (number, sample) in (1..).zip(&reading.samples) {
                    row(&format!("{number}"), *sample)?;
                }
            }
        }
        for failure in &record.failures {
            let runtime = failure.runtime.as_ref();
            writer.write_record([
                &*plain(&loaded.path.to_string_lossy()),
                &record.started_at,
                &plain(record.tinybench.commit.as_deref().unwrap_or_default()),
                &plain(&text::board(
                    &record.board.name,
                    record.execution.kind == ExecutionKind::Virtual,
                )),
                &plain(&failure.workload),
                &plain(runtime.map_or("", |runtime| &runtime.name)),
                &plain(runtime.map_or("", |runtime| &runtime.version)),
                "exit_code",
                "",
                "counted",
                "",
                &failure.exit_code.to_string(),
                &plain(failure.kind.name()),
                &plain(&failure.message),
            ])?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::with_failures;

    #[test]
    fn one_line_a_value() {
        insta::assert_snapshot!(render(&with_failures()).unwrap());
    }

    #[test]
    fn no_cell_of_text_is_a_formula() {
        let mut records = with_failures();
        let record = &mut records[0].record;
        record.results[0].workload = "=HYPERLINK(1)".to_owned();
        record.failures[0].message = "@SUM(1)".to_owned();
        record.board.name = "+1".to_owned();
        let text = render(&records).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut found = std::collections::BTreeSet::new();
        for row in reader.records() {
            for (column, cell) in row.unwrap().iter().enumerate() {
                let is_number = column == 11;
                assert!(
                    is_number || !cell.starts_with(['=', '+', '-', '@']),
                    "{cell}"
                );
                found.extend(cell.strip_prefix('\'').map(str::to_owned));
            }
        }
        assert!(found.contains("=HYPERLINK(1)") && found.contains("@SUM(1)"));
    }

    #[test]
    fn what_was_written_reads_back() {
        let text = render(&with_failures()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        assert!(rows.iter().any(|row| &row[4] == "my|model <b>"));
        assert!(rows.iter().all(|row| row[11].parse::<f64>().is_ok()));
    }
}

//! The curves of learning on the device as CSV, to be plotted: latency against memory, accuracy and
//! memory against time.

use super::{ExportError, board};
use crate::compare::Side;
use tinybench_record::Fidelity;
use tinybench_record::learning::Learning;
use tinybench_record::reading::Loaded;
use tinybench_support::printable::spreadsheet_cell as plain;

/// The columns.
const COLUMNS: [&str; 16] = [
    "run",
    "board",
    "workload",
    "runtime",
    "fidelity",
    "kind",
    "policy",
    "sample",
    "memory_samples",
    "memory_bytes",
    "memory_elements",
    "kept_samples",
    "predict_cycles",
    "learn_cycles",
    "condense_cycles",
    "accuracy",
];

/// What a row says, apart from whose it is. What it doesn't say is empty.
#[derive(Default)]
struct Row<'a> {
    kind: &'a str,
    policy: &'a str,
    sample: Option<u64>,
    memory_samples: Option<u32>,
    memory_bytes: Option<u32>,
    kept_samples: Option<u32>,
    predict_cycles: Option<u32>,
    learn_cycles: Option<u32>,
    condense_cycles: Option<u32>,
    accuracy: Option<f64>,
}

/// A line for each point of each curve, each alarm and each condensing of every result that
/// learnt.
pub fn render(records: &[Loaded]) -> Result<String, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for loaded in records {
        let side = Side::new("", std::slice::from_ref(loaded));
        for entry in &side.entries {
            let Some(learning) = &entry.result.learning else {
                continue;
            };
            let fidelity = match entry.result.latency.fidelity {
                Fidelity::Measured => "measured",
                Fidelity::Modelled => "modelled",
            };
            for row in rows(learning) {
                let elements = row
                    .memory_samples
                    .map(|samples| u64::from(samples) * u64::from(learning.features));
                writer.write_record([
                    &*plain(&loaded.path.to_string_lossy()),
                    &plain(&board(&entry.key)),
                    &plain(&entry.key.workload),
                    &plain(&entry.key.runtime),
                    fidelity,
                    row.kind,
                    &plain(row.policy),
                    &text(row.sample),
                    &text(row.memory_samples),
                    &text(row.memory_bytes),
                    &text(elements),
                    &text(row.kept_samples),
                    &text(row.predict_cycles),
                    &text(row.learn_cycles),
                    &text(row.condense_cycles),
                    &text(row.accuracy),
                ])?;
            }
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn rows(learning: &Learning) -> impl Iterator<Item = Row<'_>> {
    let policies = learning.policies.iter().flat_map(|policy| {
        let points = policy.curve.iter().map(|point| Row {
            kind: "point",
            policy: &policy.policy,
            sample: Some(point.sample),
            memory_samples: Some(point.memory_samples),
            memory_bytes: Some(point.memory_bytes),
            predict_cycles: Some(point.predict_cycles),
            learn_cycles: Some(point.learn_cycles),
            accuracy: Some(point.accuracy),
            ..Row::default()
        });
        let alarms = policy.alarms.iter().map(|alarm| Row {
            kind: "alarm",
            policy: &policy.policy,
            sample: Some(alarm.at),
            kept_samples: Some(alarm.kept),
            condense_cycles: Some(alarm.cycles),
            ..Row::default()
        });
        points.chain(alarms)
    });
    let condensing = learning.condensing.iter().map(|it| Row {
        kind: "condensing",
        memory_samples: Some(it.samples),
        kept_samples: Some(it.kept),
        condense_cycles: Some(it.cycles),
        ..Row::default()
    });
    policies.chain(condensing)
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn a_line_a_point_an_alarm_and_a_condensing() {
        let loaded = Loaded {
            path: "a.json".into(),
            record: example(),
        };
        let text = render(&[loaded]).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        let whose = "a.json,virtual nano33,kws,interpreter,modelled";
        assert_eq!(
            lines[1..],
            [
                format!("{whose},point,hybrid,19,11,900,704,,6000,300,,0.45"),
                format!("{whose},alarm,hybrid,339,,,,8,,,36000,"),
                format!("{whose},condensing,,,30,,1920,12,,,250000,"),
            ]
        );
    }
}

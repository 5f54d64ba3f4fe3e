//! Learning on the device: what each policy cost, and how well it went.

use super::results::{Item, Results, mark};
use crate::page::{Block, Column, Section, Table};
use tinybench_record::learning::{Learning, Policy};
use tinybench_support::number::decimal;

/// A row for each policy of each result that learnt; `None` if none did.
pub fn section(results: &Results) -> Option<Section> {
    let mut table = Table::new(
        "Policies",
        vec![
            Column::text("workload"),
            Column::text("policy"),
            Column::number("memory, samples"),
            Column::number("memory, bytes"),
            Column::number("extract, ms"),
            Column::number("predict, ms"),
            Column::number("learn, ms"),
            Column::number("condense, ms"),
            Column::number("accuracy, %"),
            Column::number("after drift, %"),
            Column::number("detected after, samples"),
            Column::number("false alarms"),
        ],
    );
    for item in results.groups().flatten() {
        let Some(learning) = &item.result.learning else {
            continue;
        };
        for policy in &learning.policies {
            table.push(row(results.full_label(item), item, learning, policy));
        }
    }
    if table.rows.is_empty() {
        return None;
    }
    let mut section = Section::new("learning", "Learning on the device");
    section.text(
        "Each sample of a stream is predicted, then learnt. Times are the longest of the stream, \
         that of extraction the median. Every step was compared with the host's.",
    );
    section.blocks.push(Block::Table(table));
    Some(section)
}

fn row(label: String, item: &Item, learning: &Learning, policy: &Policy) -> [String; 12] {
    let mark = mark(Some(item.result.latency.fidelity));
    let time = |us: f64| format!("{mark}{}", decimal(us / 1_000.0));
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let none = || "-".to_owned();
    [
        label,
        policy.policy.clone(),
        policy.peak_samples.to_string(),
        policy.peak_memory_bytes.to_string(),
        time(learning.extract.median_us),
        time(policy.predict.max_us),
        time(policy.learn.max_us),
        policy
            .condense
            .as_ref()
            .map_or_else(none, |it| time(it.max_us)),
        percent(policy.accuracy),
        policy.accuracy_after_drift.map_or_else(none, percent),
        policy
            .detection_delay
            .map_or_else(none, |it| it.to_string()),
        policy.false_alarms.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_record::example::example;

    #[test]
    fn a_row_a_policy_where_something_was_learnt() {
        let mut runs = [Run {
            label: "run".to_owned(),
            record: example(),
        }];
        let section = section(&Results::new(&runs)).unwrap();
        let Some(Block::Table(table)) = section.blocks.last() else {
            panic!("{section:?}");
        };
        let cells: Vec<_> = table.rows[0]
            .cells
            .iter()
            .map(|it| it.text.as_str())
            .collect();
        assert_eq!(
            cells[1..],
            [
                "hybrid",
                "30",
                "2284",
                "≈ 140.6",
                "≈ 0.562",
                "≈ 0.562",
                "≈ 0.562",
                "75.0",
                "65.0",
                "20",
                "0"
            ]
        );
        runs[0].record.results[0].learning = None;
        assert!(super::section(&Results::new(&runs)).is_none());
    }
}

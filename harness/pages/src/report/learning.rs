//! Learning on the device: what each policy cost, and how well it went.

use super::results::{Item, Results, mark};
use crate::page::{Block, Column, Plot, Section, Table};
use crate::plot::{Line, lines};
use tinybench_record::learning::{Learning, Point, Policy};
use tinybench_support::number::{decimal, grouped};

/// Lines of the style sheet; told apart by their strokes too.
const COURSES: [&str; 3] = ["course1", "course2", "course3"];

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
    for (number, item) in results.groups().flatten().enumerate() {
        let Some(learning) = &item.result.learning else {
            continue;
        };
        let label = results.full_label(item);
        let courses: [Drawn; 2] = [
            (
                "right predictions over the stream",
                "The share of right predictions in each window, made before the sample was learnt.",
                |point| point.accuracy * 100.0,
                |value| format!("{value:.1} %"),
            ),
            (
                "samples in memory over the stream",
                "How many samples were remembered when the window's last was predicted.",
                |point| f64::from(point.memory_samples),
                |value| grouped(value as u64),
            ),
        ];
        for (which, drawn) in courses.into_iter().enumerate() {
            let id = format!("learning-{number}-{which}");
            section
                .blocks
                .extend(course(&id, &label, learning, drawn).map(Block::Plot));
        }
    }
    Some(section)
}

/// A title, what is drawn, its value at a window and how that is written.
type Drawn = (
    &'static str,
    &'static str,
    fn(&Point) -> f64,
    fn(f64) -> String,
);

/// How something went over the stream under each policy; `None` of a record without windows.
fn course(
    id: &str,
    label: &str,
    learning: &Learning,
    (title, what, value, format): Drawn,
) -> Option<Plot> {
    let policies = || learning.policies.iter().zip(COURSES.into_iter().cycle());
    let drawn: Vec<Line> = policies()
        .map(|(policy, class)| Line {
            class,
            points: policy
                .curve
                .iter()
                .map(|point| {
                    let told = format(value(point));
                    let tip = format!("{} at sample {}: {told}", policy.policy, point.sample);
                    ((point.sample as f64, value(point)), tip)
                })
                .collect(),
        })
        .collect();
    let columns = learning
        .policies
        .iter()
        .map(|it| Column::number(&*it.policy));
    let columns = std::iter::once(Column::number("sample")).chain(columns);
    let mut table = Table::new(format!("{label}: {title}"), columns.collect());
    // All policies see the same stream, in the same windows.
    for (row, point) in learning.policies.first()?.curve.iter().enumerate() {
        let cells = learning.policies.iter().map(|policy| {
            let point = policy.curve.get(row);
            point.map_or("-".to_owned(), |point| format(value(point)))
        });
        table.push(
            std::iter::once(point.sample.to_string())
                .chain(cells)
                .collect::<Vec<_>>(),
        );
    }
    if table.rows.is_empty() {
        return None;
    }
    let arrivals = learning.stream.arrivals.iter();
    let arrivals = arrivals.map(|it| (it.at, format!("{} comes at sample {}", it.class, it.at)));
    let drift = learning
        .stream
        .drift_at
        .map(|at| (at, format!("drift at sample {at}")));
    let marked: Vec<_> = arrivals.chain(drift).collect();
    let told: Vec<_> = marked.iter().map(|(_, told)| told.as_str()).collect();
    let strokes = match told.as_slice() {
        [] => String::new(),
        told => format!(" Strokes: {}.", told.join(", ")),
    };
    let marked: Vec<_> = marked
        .iter()
        .map(|(at, told)| (*at as f64, told.clone()))
        .collect();
    Some(Plot {
        title: format!("{label}: {title}"),
        note: format!("{what}{strokes}"),
        legend: policies()
            .map(|(policy, class)| (class, policy.policy.clone()))
            .collect(),
        svg: lines(
            &drawn,
            &marked,
            &format,
            id,
            "A line for each policy, over the samples of the stream.",
        ),
        id: id.to_owned(),
        table,
    })
}

fn row(label: String, item: &Item, learning: &Learning, policy: &Policy) -> [String; 12] {
    let mark = mark(Some(item.result.latency.fidelity));
    let time = |us: f64| format!("{mark}{}", decimal(us / 1_000.0));
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let none = || "-".to_owned();
    [
        label,
        policy.policy.clone(),
        grouped(policy.peak_samples.into()),
        grouped(policy.peak_memory_bytes.into()),
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
        let tables = section.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        let [table] = tables.collect::<Vec<_>>()[..] else {
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
                "2,284",
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
        let plots = section.blocks.iter().filter_map(|block| match block {
            Block::Plot(plot) => Some(plot),
            _ => None,
        });
        let [accuracy, memory] = plots.collect::<Vec<_>>()[..] else {
            panic!("{section:?}");
        };
        let row = |plot: &Plot| {
            let cells = plot.table.rows[0].cells.iter();
            cells.map(|it| it.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(row(accuracy), ["19", "45.0 %"]);
        assert_eq!(row(memory), ["19", "11"]);
        assert!(accuracy.svg.contains("hybrid at sample 19: 45.0 %"));
        let strokes = "Strokes: b comes at sample 160, drift at sample 320.";
        assert!(accuracy.note.ends_with(strokes), "{}", accuracy.note);
        runs[0].record.results[0].learning = None;
        assert!(super::section(&Results::new(&runs)).is_none());
    }
}

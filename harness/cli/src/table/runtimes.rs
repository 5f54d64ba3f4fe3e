//! Workloads on several runtimes: each figure as a multiple of the first runtime's.

use super::{Grid, NONE, mark};
use tinybench_analysis::metrics::{METRICS, Metric};
use tinybench_record::{Board, Fidelity, RunResult};

/// Slugs of the metrics that are set in relation: what a runtime is chosen for.
const SHOWN: [&str; 4] = ["latency", "arena", "ram", "flash"];

fn shown() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|it| SHOWN.contains(&it.slug))
}

/// A row for each result of a workload that was measured on several runtimes, those of one workload
/// below each other; `None` if there is no such workload.
pub(super) fn grid(board: &Board, results: &[RunResult]) -> Option<Grid> {
    let mut rows = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for first in results {
        let workload = first.workload.as_str();
        if done.contains(&workload) {
            continue;
        }
        done.push(workload);
        let of_workload: Vec<_> = results
            .iter()
            .filter(|it| it.workload == workload)
            .collect();
        let is_other = |it: &&&RunResult| it.runtime.name != first.runtime.name;
        if of_workload.iter().any(|it| is_other(&it)) {
            rows.extend(of_workload.iter().map(|it| row(board, first, it)));
        }
    }
    let names = ["workload", "runtime"].map(str::to_owned).into_iter();
    let ratios = shown().map(|it| format!("{} ratio", it.title));
    (!rows.is_empty()).then(|| Grid {
        headings: names.chain(ratios).collect(),
        rows,
        left: 2,
    })
}

fn row(board: &Board, first: &RunResult, result: &RunResult) -> Vec<String> {
    let mut cells = vec![result.workload.clone(), result.runtime.name.clone()];
    cells.extend(shown().map(|metric| {
        let both = metric.read(board, result).zip(metric.read(board, first));
        let Some((reading, base)) = both.filter(|(_, base)| base.value > 0.0) else {
            return NONE.to_owned();
        };
        // What is counted is exact.
        let fidelity = reading.fidelity.unwrap_or(Fidelity::Measured);
        mark(fidelity, &format!("{:.2}", reading.value / base.value))
    }));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn figures_are_multiples_of_the_first_runtimes() {
        let (board, mut results) = (example().board, example().results);
        assert!(grid(&board, &results).is_none());
        let mut other = results[0].clone();
        other.runtime.name = "another".to_owned();
        other.latency.median_us *= 2.5;
        other.flash = None;
        results.push(other);
        let Grid { headings, rows, .. } = grid(&board, &results).unwrap();
        assert_eq!(
            headings[2..],
            ["latency ratio", "arena ratio", "RAM ratio", "flash ratio"]
        );
        assert_eq!(rows[0][2..], ["≈ 1.00", "1.00", "1.00", "1.00"]);
        assert_eq!(rows[1][1..], ["another", "≈ 2.50", "1.00", "1.00", "-"]);
        // Another workload has a first of its own, and here no other.
        let mut alone = results[0].clone();
        alone.workload = "alone".to_owned();
        results.push(alone);
        assert_eq!(grid(&board, &results).unwrap().rows.len(), 2);
    }
}

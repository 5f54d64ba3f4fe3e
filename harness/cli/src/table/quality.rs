//! How good the answers are: of how many samples, how sure that is, and on the whole test set.

use super::{Grid, NONE, grouped};
use tinybench_analysis::quality;
use tinybench_record::{Quality, RunResult};

/// A row for each result with a figure; `None` if there is none.
pub(super) fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = results.iter().filter_map(row).collect();
    let headings = [
        "workload",
        "metric",
        "quality",
        "interval 95%",
        "samples",
        "test-set quality",
        "test-set samples",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 2,
    })
}

/// The row of a result; none without a figure.
pub(super) fn row(result: &RunResult) -> Option<Vec<String>> {
    let (run, whole) = (result.quality.as_ref(), result.test_set());
    let name = quality::name(run.or(whole)?);
    let or_none = |text: Option<String>| text.unwrap_or(NONE.to_owned());
    // Of another metric it is no comparison.
    let whole = whole.filter(|whole| run.is_none_or(|run| run.metric == whole.metric));
    let samples = |it: &Quality| grouped(it.samples);
    Some(vec![
        result.workload.clone(),
        name,
        or_none(run.map(quality::value)),
        or_none(run.and_then(quality::interval)),
        or_none(run.map(samples)),
        or_none(whole.map(quality::value)),
        or_none(whole.map(samples)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn the_whole_test_set_stands_beside_what_was_run() {
        let mut result = example().results.remove(0);
        let rows = |result: &RunResult| grid(std::slice::from_ref(result)).map(|it| it.rows);
        assert_eq!(
            rows(&result).unwrap(),
            [[
                "kws",
                "top-1",
                "93.8 %",
                "83.2 to 97.9 %",
                "48",
                "90.9 %",
                "1,800"
            ]]
        );
        result.test_set.as_mut().unwrap().metric = "auc".to_owned();
        assert_eq!(rows(&result).unwrap()[0][5..], ["-", "-"]);
        (result.quality, result.test_set) = (None, None);
        assert_eq!(rows(&result), None);
    }
}

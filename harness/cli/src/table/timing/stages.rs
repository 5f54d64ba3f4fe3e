//! The stages from raw audio to an answer.

use crate::table::{Grid, NONE, decimal, mark};
use tinybench_record::{RunResult, Stage};

/// The stages of all results that have any; `None` if none has.
pub fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = results.iter().filter_map(row).collect();
    let headings = [
        "workload",
        "preprocess ms",
        "inference ms",
        "postprocess ms",
        "all ms",
        "features",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

fn row(result: &RunResult) -> Option<Vec<String>> {
    let latency = &result.latency;
    let stages = latency.stages.as_ref()?;
    let time = |us: f64| mark(latency.fidelity, &decimal(us / 1_000.0));
    let stage = |stage: &Stage| time(stage.median_us);
    let features = result.features.as_ref();
    Some(vec![
        result.workload.clone(),
        stage(&stages.preprocess),
        stage(&stages.inference),
        stage(&stages.postprocess),
        time(latency.median_us),
        features.map_or(NONE.to_owned(), |features| match features.differing {
            0 => "equal".to_owned(),
            count => format!(
                "{count} of {} differ by {}",
                features.values_compared, features.max_abs_diff
            ),
        }),
    ])
}

//! Variants of a workload side by side: what each way to hold the weights costs and what it is
//! worth.

use super::{Grid, NONE, decimal, grouped, kib, mark};
use tinybench_record::{Compression, LeftOut, Quality, RunResult};

/// The variants among the results; `None` if there are none.
pub(super) fn grid(results: &[RunResult], left_out: &[LeftOut]) -> Option<Grid> {
    let variants = results
        .iter()
        .filter_map(|result| Some(row(result, result.compression.as_ref()?)));
    let rows: Vec<_> = left_out.iter().map(too_big).chain(variants).collect();
    let headings = [
        "variant",
        "pruned %",
        "model bytes",
        "flash KiB",
        "RAM KiB",
        "decoded bytes",
        "decode ms",
        "latency ms",
        "energy µJ",
        "quality",
        "verified",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

fn row(result: &RunResult, compression: &Compression) -> Vec<String> {
    let latency = &result.latency;
    let time = |us: f64| mark(latency.fidelity, &decimal(us / 1_000.0));
    let or_none = |cell: Option<String>| cell.unwrap_or(NONE.to_owned());
    let (flash, memory) = (result.flash.as_ref(), result.memory.as_ref());
    let verified = result.outputs.as_ref().map(super::verified);
    vec![
        result.workload.clone(),
        format!("{:.0}", compression.sparsity * 100.0),
        or_none(flash.map(|it| grouped(it.model_bytes.into()))),
        or_none(flash.map(|it| kib(it.total_bytes.saturating_sub(it.harness_bytes)))),
        or_none(memory.map(|it| kib(it.ram_total_bytes.saturating_sub(it.harness_bytes)))),
        or_none(memory.and_then(|it| Some(grouped(it.model_bytes?.into())))),
        or_none(latency.decode.as_ref().map(|decode| time(decode.median_us))),
        time(latency.median_us),
        or_none(
            result
                .energy
                .as_ref()
                .map(|energy| mark(energy.fidelity, &decimal(energy.uj_per_inference))),
        ),
        quality(compression),
        or_none(verified),
    ]
}

/// The row of a variant that doesn't fit the board: the size of its file, and no figures of a run.
fn too_big(left_out: &LeftOut) -> Vec<String> {
    let compression = &left_out.compression;
    let mut row = vec![
        left_out.workload.clone(),
        format!("{:.0}", compression.sparsity * 100.0),
        grouped(left_out.model_bytes),
    ];
    row.resize(9, NONE.to_owned());
    row.extend([quality(compression), "too big".to_owned()]);
    row
}

/// Quality on the whole test set.
fn quality(compression: &Compression) -> String {
    match &compression.test_set {
        Some(Quality { metric, value, .. }) if metric == "auc" => format!("AUC {value:.3}"),
        Some(Quality { metric, value, .. }) if metric == "top1" => {
            format!("top-1 {:.1} %", value * 100.0)
        }
        Some(Quality { metric, value, .. }) => format!("{metric} {value:.3}"),
        None => NONE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::{Other, example::example};

    fn compression(coding: &str) -> Compression {
        Compression {
            workload: "kws".to_owned(),
            weights: "int8".to_owned(),
            sparsity: 0.5,
            coding: coding.to_owned(),
            test_set: None,
            other: Other::new(),
        }
    }

    #[test]
    fn variants_and_what_is_too_big_are_in_one_table() {
        let mut result = example().results.remove(0);
        result.compression = Some(compression("huffman"));
        let left_out = LeftOut {
            workload: "kws-float32".to_owned(),
            reason: "it is too big".to_owned(),
            model_bytes: 2_000_000,
            compression: compression("none"),
            other: Other::new(),
        };
        let grid = grid(&[result], &[left_out]).unwrap();
        assert!(grid.rows.iter().all(|row| row.len() == grid.headings.len()));
        assert_eq!(grid.rows[0][..3], ["kws-float32", "50", "2,000,000"]);
        assert_eq!(grid.rows[0].last().unwrap(), "too big");
        assert_eq!(grid.rows[1][..3], ["kws", "50", "53,936"]);
        assert_eq!(super::grid(&[], &[]).map(|grid| grid.rows), None);
    }
}

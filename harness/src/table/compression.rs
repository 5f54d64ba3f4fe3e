//! Variants of a workload side by side: what each way to hold the weights costs and what it is
//! worth.

use super::{Grid, NONE, decimal, grouped, kib, mark};
use crate::record::{Compression, LeftOut, Quality, RunResult};

/// The variants among the results; `None` if there are none.
pub(super) fn grid(results: &[RunResult], left_out: &[LeftOut]) -> Option<Grid> {
    let variants = results
        .iter()
        .filter_map(|result| Some(row(result, result.compression.as_ref()?)));
    let rows: Vec<_> = left_out.iter().map(too_big).chain(variants).collect();
    let headings = [
        "variant",
        "weights",
        "coding",
        "pruned %",
        "model bytes",
        "flash KiB",
        "RAM KiB",
        "decoded bytes",
        "decode ms",
        "latency ms",
        "energy µJ",
        "top-1 %",
        "AUC",
        "verified",
    ];
    // A metric that no variant has is left out.
    let shown = |column: &usize| rows.iter().any(|row: &Vec<String>| row[*column] != NONE);
    let columns: Vec<usize> = (0..headings.len()).filter(shown).collect();
    let pick = |row: &Vec<String>| columns.iter().map(|&column| row[column].clone()).collect();
    (!rows.is_empty()).then(|| Grid {
        headings: columns.iter().map(|&it| headings[it].to_owned()).collect(),
        rows: rows.iter().map(pick).collect(),
        left: 3,
    })
}

fn row(result: &RunResult, compression: &Compression) -> Vec<String> {
    let latency = &result.latency;
    let time = |us: f64| mark(latency.fidelity, &decimal(us / 1_000.0));
    let or_none = |cell: Option<String>| cell.unwrap_or(NONE.to_owned());
    let (flash, memory) = (&result.flash, &result.memory);
    let [top1, auc] = quality(compression);
    let verified = match result.outputs.verified {
        true => format!("yes, {}", result.outputs.vectors),
        false => "NO".to_owned(),
    };
    vec![
        result.workload.clone(),
        compression.weights.clone(),
        compression.coding.clone(),
        format!("{:.0}", compression.sparsity * 100.0),
        grouped(flash.model_bytes.into()),
        kib(flash.total_bytes.saturating_sub(flash.harness_bytes)),
        kib(memory.ram_total_bytes.saturating_sub(memory.harness_bytes)),
        or_none(memory.model_bytes.map(|bytes| grouped(bytes.into()))),
        or_none(latency.decode.as_ref().map(|decode| time(decode.median_us))),
        time(latency.median_us),
        or_none(
            result
                .energy
                .as_ref()
                .map(|energy| mark(energy.fidelity, &decimal(energy.uj_per_inference))),
        ),
        top1,
        auc,
        verified,
    ]
}

/// The row of a variant that doesn't fit the board: the size of its file, and no figures of a run.
fn too_big(left_out: &LeftOut) -> Vec<String> {
    let compression = &left_out.compression;
    let [top1, auc] = quality(compression);
    let mut row = vec![
        left_out.workload.clone(),
        compression.weights.clone(),
        compression.coding.clone(),
        format!("{:.0}", compression.sparsity * 100.0),
        grouped(left_out.model_bytes),
    ];
    row.resize(11, NONE.to_owned());
    row.extend([top1, auc, "too big".to_owned()]);
    row
}

/// Top-1 and AUC on the whole test set, of which a variant has one.
fn quality(compression: &Compression) -> [String; 2] {
    let of = |metric: &str, text: fn(&Quality) -> String| {
        let test_set = compression.test_set.as_ref();
        let found = test_set.filter(|it| it.metric == metric).map(text);
        found.unwrap_or(NONE.to_owned())
    };
    [
        of("top1", |it| format!("{:.1}", it.value * 100.0)),
        of("auc", |it| format!("{:.3}", it.value)),
    ]
}

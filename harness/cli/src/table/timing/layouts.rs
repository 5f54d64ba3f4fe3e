//! The same program in several places of flash.

use tinybench_record::RunResult;
use tinybench_support::number::decimal;

use crate::table::{Grid, grouped, mark};

/// The layouts of all results that were measured in several; `None` if none was.
pub fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = results.iter().filter_map(row).collect();
    let headings = [
        "workload",
        "runtime",
        "layouts",
        "least cycles",
        "most cycles",
        "worst ms",
        "spread %",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 2,
    })
}

fn row(result: &RunResult) -> Option<Vec<String>> {
    let latency = &result.latency;
    let layouts = latency.layouts.as_ref()?;
    let marked = |text: String| mark(latency.fidelity, &text);
    let cycles = |value: f64| marked(grouped(value.round() as u64));
    Some(vec![
        result.workload.clone(),
        result.runtime.name.clone(),
        layouts.each.len().to_string(),
        cycles(layouts.least_cycles()),
        cycles(layouts.worst_cycles),
        marked(decimal(layouts.worst_us / 1_000.0)),
        format!("{:.2}", layouts.spread_percent),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;
    use tinybench_record::{Fidelity, Layout, Layouts};

    #[test]
    fn the_spread_and_the_worst_of_all_layouts_are_shown() {
        let mut result = example().results.remove(0);
        assert!(grid(std::slice::from_ref(&result)).is_none());
        let each = [(0, 9_000_200.0), (36, 9_090_202.0), (72, 9_000_000.0)];
        let each = each.map(|(offset, cycles)| Layout::new(offset, cycles));
        result.latency.layouts = Some(Layouts::new(each.to_vec(), 64_000_000));
        let rows = grid(std::slice::from_ref(&result)).unwrap().rows;
        let expected = [
            "kws",
            "interpreter",
            "3",
            "≈ 9,000,000",
            "≈ 9,090,202",
            "≈ 142.0",
            "1.00",
        ];
        assert_eq!(rows, [expected]);
        result.latency.fidelity = Fidelity::Measured;
        let rows = grid(std::slice::from_ref(&result)).unwrap().rows;
        assert_eq!(rows[0][3], "9,000,000");
    }
}

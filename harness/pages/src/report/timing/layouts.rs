//! The same program in several places of flash: what its place alone changes.

use tinybench_analysis::metrics::Metric;
use tinybench_support::number::grouped;

use crate::page::{Block, Column, Section, Table};
use crate::report::results::{Results, mark};

/// A table of the results that were measured in several layouts, if there are such.
pub fn table(results: &Results, latency: &Metric, section: &mut Section) {
    let mut table = Table::new(
        "The same objects linked in several places of flash",
        vec![
            Column::text("result"),
            Column::number("layouts"),
            Column::number("least cycles"),
            Column::number("most cycles"),
            Column::number("worst latency"),
            Column::number("spread"),
        ],
    );
    for item in &results.items {
        let Some(layouts) = &item.result.latency.layouts else {
            continue;
        };
        let mark = mark(Some(item.result.latency.fidelity));
        let cycles = |value: f64| format!("{mark}{}", grouped(value.round() as u64));
        table.push([
            results.full_label(item),
            layouts.each.len().to_string(),
            cycles(layouts.least_cycles()),
            cycles(layouts.worst_cycles),
            format!("{mark}{}", latency.unit.show(layouts.worst_us)),
            format!("{:.2} %", layouts.spread_percent),
        ]);
    }
    if table.rows.is_empty() {
        return;
    }
    section.blocks.push(Block::Table(table));
    section.text(
        "The place of the code alone changes its time. All other figures are those of the first \
         layout; a change within the spread is taken for noise.",
    );
}

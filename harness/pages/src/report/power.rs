//! Power with a duty cycle.

use super::results::{Results, mark};
use crate::page::{Block, Column, Table};
use tinybench_support::number::{decimal, lifetime, milliwatts};

/// Power of the results that have it, if there are such.
pub fn table(results: &Results) -> Option<Block> {
    let mut table = Table::new(
        "Power of a board that runs the workload at regular intervals and sleeps in between",
        vec![
            Column::text("result"),
            Column::number("every"),
            Column::number("duty"),
            Column::number("in use"),
            Column::number("at rest"),
            Column::number("mean"),
            Column::text("below 1 mW"),
            Column::text("cell"),
            Column::number("it lasts"),
        ],
    );
    for item in &results.items {
        let Some(power) = &item.result.power else {
            continue;
        };
        let modelled = mark(Some(power.fidelity));
        let mw = |value: f64| format!("{modelled}{} mW", milliwatts(value));
        let cell = power.cell.as_ref();
        table.push([
            results.full_label(item),
            format!("{} s", power.interval_s),
            format!(
                "{}{} %",
                mark(Some(item.result.latency.fidelity)),
                decimal(power.duty_cycle * 100.0)
            ),
            mw(power.active_mw),
            mw(power.idle_mw),
            mw(power.mean_mw),
            if power.below_1_mw { "yes" } else { "no" }.to_owned(),
            cell.map_or("–".to_owned(), |cell| cell.name.clone()),
            cell.map_or("–".to_owned(), |cell| {
                format!("{modelled}{}", lifetime(cell.life_hours))
            }),
        ]);
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

//! Power with a duty cycle, and how long a cell lasts.

use super::{Grid, NONE, mark};
use tinybench_record::{Power, RunResult};
use tinybench_support::number::{decimal, lifetime, milliwatts};

/// Power of all results that have it; `None` if none has.
pub(super) fn grid(results: &[RunResult]) -> Option<Grid> {
    let rows: Vec<_> = results.iter().filter_map(row).collect();
    let headings = [
        "workload",
        "every s",
        "duty %",
        "use mW",
        "rest mW",
        "mean mW",
        // A space that keeps the two together.
        "below 1\u{a0}mW",
        "cell",
        "life",
    ];
    (!rows.is_empty()).then(|| Grid {
        headings: headings.map(str::to_owned).to_vec(),
        rows,
        left: 1,
    })
}

fn row(result: &RunResult) -> Option<Vec<String>> {
    let power: &Power = result.power.as_ref()?;
    let shown = |value: f64| mark(power.fidelity, &milliwatts(value));
    let cell = power.cell.as_ref();
    Some(vec![
        result.workload.clone(),
        format!("{}", power.interval_s),
        // The duty is as sure as the latency it is made of.
        mark(result.latency.fidelity, &decimal(power.duty_cycle * 100.0)),
        shown(power.active_mw),
        shown(power.idle_mw),
        shown(power.mean_mw),
        match power.below_1_mw {
            true => "yes".to_owned(),
            false => "no".to_owned(),
        },
        cell.map_or(NONE.to_owned(), |cell| cell.name.clone()),
        cell.map_or(NONE.to_owned(), |cell| {
            mark(power.fidelity, &lifetime(cell.life_hours))
        }),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_with_power_has_a_row_and_others_have_none() {
        let mut record = tinybench_record::example::example();
        assert!(grid(&record.results).is_none());
        let text = include_str!("../../../../targets/boards/nano33.toml");
        let path = std::path::Path::new("nano33.toml");
        let board = tinybench_inputs::board::Board::parse(text, path)
            .unwrap()
            .board;
        let duty_cycle = tinybench_execution::power::DutyCycle {
            every: std::time::Duration::from_millis(1_500),
            cell: tinybench_execution::power::find("lipo100"),
        };
        let power = duty_cycle
            .power("kws", 140_628.125, &board.power.unwrap())
            .unwrap();
        record.results[0].power = Some(power);
        let table = super::super::render(&record, None, 120, false);
        let shown: Vec<_> = table
            .lines()
            .skip_while(|line| !line.contains("duty"))
            .take_while(|line| !line.is_empty())
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}

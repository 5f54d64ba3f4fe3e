//! Power with a duty cycle, and how long a cell lasts.

use super::{Grid, NONE, decimal, mark};
use crate::record::{CellLife, Power, RunResult};

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
        cell.map_or(NONE.to_owned(), |cell| mark(power.fidelity, &life(cell))),
    ])
}

/// A power in mW with digits that matter: what sleeps takes some µW.
pub(crate) fn milliwatts(value: f64) -> String {
    match value {
        v if v < 1.0 => format!("{v:.4}"),
        v => decimal(v),
    }
}

/// A time in the unit that suits it.
pub(crate) fn life(cell: &CellLife) -> String {
    let hours = cell.life_hours;
    let (value, unit) = match hours {
        hours if hours < 48.0 => (hours, "h"),
        hours if hours < 24.0 * 365.25 => (hours / 24.0, "days"),
        hours => (hours / 24.0 / 365.25, "years"),
    };
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Other;

    #[test]
    fn a_result_with_power_has_a_row_and_others_have_none() {
        let mut record = crate::record::tests::example();
        assert!(grid(&record.results).is_none());
        let text = include_str!("../../../targets/boards/nano33.toml");
        let path = std::path::Path::new("nano33.toml");
        let board = crate::board::Board::parse(text, path).unwrap().board;
        let duty_cycle = crate::power::DutyCycle {
            every: std::time::Duration::from_millis(1_500),
            cell: crate::power::find("lipo100"),
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

    #[test]
    fn a_life_has_the_unit_that_suits_it() {
        let shown = |life_hours| {
            life(&CellLife {
                name: "cr2032".to_owned(),
                capacity_mah: 225.0,
                nominal_v: 3.0,
                usable_share: 0.85,
                self_discharge_per_year: 0.015,
                life_hours,
                other: Other::new(),
            })
        };
        assert_eq!(shown(10.25), "10.2 h");
        assert_eq!(shown(240.0), "10.0 days");
        assert_eq!(shown(8_766.0 * 2.5), "2.5 years");
    }
}

//! Power at rest and in use: what a board draws on average that runs a workload at regular
//! intervals and sleeps in between, and how long a cell lasts. `docs/power.md` explains it.

mod cell;
pub mod energy;

use std::time::Duration;
use tinybench_support::exits_with;
use tinybench_support::number::decimal;

pub use cell::{CELLS, Cell, find};

use tinybench_inputs::board;
use tinybench_record::{CellLife, Fidelity, Other, Power};

/// Hours of a year (365.25 days).
const HOURS_A_YEAR: f64 = 8_766.0;

/// How often something is run, and on which cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DutyCycle {
    /// From the beginning of one run to that of the next.
    pub every: Duration,
    /// What the board is fed from, if that was named.
    pub cell: Option<&'static Cell>,
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PowerError {
    /// The board's currents aren't known.
    #[error(
        "--every needs the currents of {board}, and its board file has no [power]: add one, or \
         leave --every away"
    )]
    NoCurrents {
        /// The board.
        board: String,
    },
    /// One run isn't over when the next one has to begin.
    #[error(
        "{workload} takes {} ms, so it can't run every {} ms: give it a longer interval with \
         --every",
        decimal(.latency_us / 1_000.0),
        .every.as_secs_f64() * 1_000.0
    )]
    TooOften {
        /// The workload.
        workload: String,
        /// Its latency, µs.
        latency_us: f64,
        /// The interval.
        every: Duration,
    },
}

exits_with!(PowerError => Usage);

impl DutyCycle {
    /// The power of a board that runs `workload`, which takes `latency_us`, once an interval and
    /// sleeps the rest of it.
    ///
    /// With the share d of the time that it is active, the mean current is d · active + (1 - d) ·
    /// idle, and the power that times the supply voltage. Waking up, falling asleep and everything
    /// but the workload are left out.
    pub fn power(
        &self,
        workload: &str,
        latency_us: f64,
        board: &board::Power,
    ) -> Result<Power, PowerError> {
        let every_us = self.every.as_secs_f64() * 1e6;
        if latency_us > every_us {
            return Err(PowerError::TooOften {
                workload: workload.to_owned(),
                latency_us,
                every: self.every,
            });
        }
        let active_ua = board.active_ma * 1_000.0;
        let duty = latency_us / every_us;
        let mean_ua = duty * active_ua + (1.0 - duty) * board.idle_ua;
        let mean_mw = mean_ua * board.supply_v / 1_000.0;
        Ok(Power {
            interval_s: self.every.as_secs_f64(),
            duty_cycle: duty,
            active_mw: active_ua * board.supply_v / 1_000.0,
            idle_mw: board.idle_ua * board.supply_v / 1_000.0,
            mean_ua,
            mean_mw,
            below_1_mw: mean_mw < Power::LINE_MW,
            cell: self.cell.map(|cell| life(cell, mean_ua)),
            source: Power::SOURCE.to_owned(),
            fidelity: Fidelity::Modelled,
            other: Other::new(),
        })
    }
}

/// How long `cell` gives `mean_ua`. Its self-discharge counts as one more current that never
/// changes: the nominal capacity times the share it loses in a year.
fn life(cell: &Cell, mean_ua: f64) -> CellLife {
    let lost_ma = cell.capacity_mah * cell.self_discharge_per_year / HOURS_A_YEAR;
    CellLife {
        name: cell.name.to_owned(),
        capacity_mah: cell.capacity_mah,
        nominal_v: cell.nominal_v,
        usable_share: cell.usable_share,
        self_discharge_per_year: cell.self_discharge_per_year,
        life_hours: cell.capacity_mah * cell.usable_share / (mean_ua / 1_000.0 + lost_ma),
        other: Other::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn board() -> board::Power {
        let text = include_str!("../../../../targets/boards/nano33.toml");
        let path = std::path::Path::new("nano33.toml");
        let board = board::Board::parse(text, path).unwrap().board;
        board::Power {
            supply_v: 3.0,
            active_ma: 4.0,
            idle_ua: 2.0,
            ..board.power.unwrap()
        }
    }

    fn every(ms: u64, cell: &str) -> DutyCycle {
        DutyCycle {
            every: Duration::from_millis(ms),
            cell: find(cell),
        }
    }

    #[test]
    fn the_mean_is_that_of_both_states_by_their_time() {
        // A tenth of the time 4 mA, the rest 2 µA.
        let power = every(1_000, "").power("w", 100_000.0, &board()).unwrap();
        assert!((power.duty_cycle - 0.1).abs() < 1e-12);
        assert!((power.mean_ua - (400.0 + 1.8)).abs() < 1e-9);
        assert!((power.mean_mw - 1.2054).abs() < 1e-9);
        assert_eq!((power.active_mw, power.idle_mw), (12.0, 0.006));
        assert!(!power.below_1_mw);
        assert_eq!(power.cell, None);
        assert_eq!(power.fidelity, Fidelity::Modelled);
        // And below the line with half the duty.
        let power = every(2_000, "").power("w", 100_000.0, &board()).unwrap();
        assert!(power.below_1_mw);
    }

    #[test]
    fn a_cell_lasts_as_long_as_its_usable_charge() {
        let cell = find("cr2032").unwrap();
        let power = every(1_000, "cr2032")
            .power("w", 1_000_000.0, &board())
            .unwrap();
        // Always active: 4 mA, beside which the self-discharge is hardly anything.
        let life = power.cell.unwrap();
        let plain = cell.capacity_mah * cell.usable_share / 4.0;
        assert!((life.life_hours - plain).abs() / plain < 1e-3, "{life:?}");
        // Without any load it lasts as long as it takes to lose its usable share by itself.
        let mut asleep = board();
        asleep.idle_ua = 0.0;
        let power = every(1_000, "cr2032").power("w", 0.0, &asleep).unwrap();
        let years = power.cell.unwrap().life_hours / HOURS_A_YEAR;
        let expected = cell.usable_share / cell.self_discharge_per_year;
        assert!((years - expected).abs() < 1e-9, "{years}");
    }

    #[test]
    fn what_takes_longer_than_the_interval_is_refused() {
        assert!(every(100, "").power("w", 100_000.0, &board()).is_ok());
        let error = every(100, "").power("kws", 145_878.75, &board());
        assert_eq!(
            error.unwrap_err().to_string(),
            "kws takes 145.9 ms, so it can't run every 100 ms: give it a longer interval with \
             --every"
        );
    }

    proptest! {
        #[test]
        fn the_mean_lies_between_rest_and_use_and_a_longer_interval_lowers_it(
            latency_us in 1.0..1e6_f64,
            every_ms in 1_000_u64..1_000_000,
            more_ms in 1_u64..1_000_000,
        ) {
            let (often, seldom) = (every(every_ms, "lipo100"), every(every_ms + more_ms, "lipo100"));
            let often = often.power("w", latency_us, &board()).unwrap();
            let seldom = seldom.power("w", latency_us, &board()).unwrap();
            prop_assert!(often.idle_mw <= often.mean_mw && often.mean_mw <= often.active_mw);
            prop_assert!(seldom.mean_mw < often.mean_mw);
            prop_assert!(seldom.cell.unwrap().life_hours > often.cell.unwrap().life_hours);
        }
    }
}

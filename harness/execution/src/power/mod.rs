//! Power at rest and in use: what a board draws on average that runs a workload at regular
//! intervals and sleeps in between, and how long a cell lasts. `docs/power.md` explains it.

pub mod energy;
pub mod metered;

use std::time::Duration;

use tinybench_inputs::board;
pub use tinybench_inputs::cell::{CELLS, Cell, CellError, Fed, TooMuch, find};
use tinybench_support::exits_with;
use tinybench_support::number::decimal;

use tinybench_record::{CellLife, Fidelity, Other, Power};

/// Hours of a year (365.25 days).
const HOURS_A_YEAR: f64 = 8_766.0;

/// How often something is run, and on which cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DutyCycle {
    /// From the beginning of one run to that of the next.
    pub every: Duration,
    /// What the board is fed from, if that was named.
    pub cell: Option<Fed>,
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
        /// Its latency, and what waking up takes, µs.
        latency_us: f64,
        /// The interval.
        every: Duration,
    },
    /// The cell isn't known to give what is drawn.
    #[error(
        "{workload} draws {} mA {}, and of {cell} nothing is known beyond {} mA (docs/power.md): name another \
         cell with --cell, or leave it away",
        decimal(.too_much.ma),
        if .too_much.on_average { "on average" } else { "in use" },
        .too_much.most_ma
    )]
    TooMuch {
        /// The workload.
        workload: String,
        /// The cell.
        cell: &'static str,
        /// The current.
        too_much: TooMuch,
    },
}

exits_with!(PowerError => Usage);

impl DutyCycle {
    /// The power of a board that runs `workload`, which takes `latency_us`, once an interval and
    /// sleeps the rest of it.
    ///
    /// With the share d of the time that it is active, the mean current is d · active + (1 - d) ·
    /// idle, and the power that times the supply voltage. It is active while the workload runs and,
    /// where the board file knows how long that takes, while it wakes up and falls asleep. Everything
    /// else is left out.
    ///
    /// # Errors
    /// If a run isn't over when the next has to begin; if the cell isn't known to give so much.
    pub fn power(
        &self,
        workload: &str,
        latency_us: f64,
        board: &board::Power,
    ) -> Result<Power, PowerError> {
        let every_us = self.every.as_secs_f64() * 1e6;
        let wake_us = board.wake_us.unwrap_or(0.0);
        if latency_us + wake_us > every_us {
            return Err(PowerError::TooOften {
                workload: workload.to_owned(),
                latency_us: latency_us + wake_us,
                every: self.every,
            });
        }
        let active_ua = board.active_ma * 1_000.0;
        let duty = latency_us / every_us;
        let awake = duty + wake_us / every_us;
        let mean_ua = awake * active_ua + (1.0 - awake) * board.idle_ua;
        let mean_mw = mean_ua * board.supply_v / 1_000.0;
        let cell = self.cell.map(|fed| {
            life(fed, active_ua, mean_ua).map_err(|too_much| PowerError::TooMuch {
                workload: workload.to_owned(),
                cell: fed.cell.name,
                too_much,
            })
        });
        Ok(Power {
            interval_s: self.every.as_secs_f64(),
            duty_cycle: duty,
            wake_us: board.wake_us,
            active_mw: active_ua * board.supply_v / 1_000.0,
            idle_mw: board.idle_ua * board.supply_v / 1_000.0,
            mean_ua,
            mean_mw,
            below_1_mw: mean_mw < Power::LINE_MW,
            cell: cell.transpose()?,
            source: Power::SOURCE.to_owned(),
            fidelity: Fidelity::Modelled,
            other: Other::new(),
        })
    }
}

/// How long a cell gives `active_ua` in use and `mean_ua` on average. Its self-discharge counts as one more
/// current that never changes: the nominal capacity times the share it loses in a year.
fn life(fed: Fed, active_ua: f64, mean_ua: f64) -> Result<CellLife, TooMuch> {
    let cell = fed.cell;
    let [low, high] = fed.usable(active_ua / 1_000.0, mean_ua / 1_000.0)?;
    let lost_ma = cell.capacity_mah * cell.self_discharge_per_year / HOURS_A_YEAR;
    let hours = |share: f64| cell.capacity_mah * share / (mean_ua / 1_000.0 + lost_ma);
    let middle = (low + high) / 2.0;
    Ok(CellLife {
        name: cell.name.to_owned(),
        capacity_mah: cell.capacity_mah,
        nominal_v: cell.nominal_v,
        temperature_c: fed.temperature_c,
        usable_share: middle,
        usable_range: (low < high).then_some([low, high]),
        self_discharge_per_year: cell.self_discharge_per_year,
        life_hours: hours(middle),
        life_range_hours: (low < high).then(|| [low, high].map(hours)),
        other: Other::new(),
    })
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
            cell: (!cell.is_empty()).then(|| find(cell).unwrap()),
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
        let cell = find("lipo100").unwrap().cell;
        let power = every(1_000, "lipo100")
            .power("w", 1_000_000.0, &board())
            .unwrap();
        // Always active: 4 mA, beside which the self-discharge is little.
        let life = power.cell.unwrap();
        let lost_ma = 100.0 * 0.6 / HOURS_A_YEAR;
        let plain = cell.capacity_mah * 0.85 / (4.0 + lost_ma);
        assert!((life.life_hours - plain).abs() / plain < 1e-9, "{life:?}");
        assert_eq!((life.usable_range, life.life_range_hours), (None, None));
        // Without any load it lasts as long as it takes to lose its usable share by itself.
        let mut asleep = board();
        asleep.idle_ua = 0.0;
        let power = every(1_000, "lipo100").power("w", 0.0, &asleep).unwrap();
        let years = power.cell.unwrap().life_hours / HOURS_A_YEAR;
        let expected = 0.85 / cell.self_discharge_per_year;
        assert!((years - expected).abs() < 1e-9, "{years}");
    }

    #[test]
    fn a_coin_cell_lasts_from_so_long_to_so_long() {
        // A tenth of the time 7.6 mA, whose share is 0.75 to 1 and in the middle 0.875.
        let mut board = board();
        board.active_ma = 7.6;
        let lasts = |cell: &str| {
            let power = every(1_000, cell).power("w", 50_000.0, &board).unwrap();
            (power.mean_ua / 1_000.0, power.cell.unwrap())
        };
        let (mean_ma, life) = lasts("cr2032");
        let lost_ma = 225.0 * 0.015 / HOURS_A_YEAR;
        let hours = |share: f64| 225.0 * share / (mean_ma + lost_ma);
        let [low, high] = life.life_range_hours.unwrap();
        for (found, expected) in [
            (low, hours(0.75)),
            (life.life_hours, hours(0.875)),
            (high, hours(1.0)),
        ] {
            assert!((found / expected - 1.0).abs() < 1e-9, "{life:?}");
        }
        assert_eq!(life.title(), "cr2032");
        let (_, cold) = lasts("cr2032@-20C");
        assert!((cold.life_hours / life.life_hours - 0.72).abs() < 1e-9);
        assert_eq!(cold.title(), "cr2032 at -20 °C");
    }

    #[test]
    fn a_cell_that_is_not_known_to_give_so_much_is_refused() {
        let told = |active_ma: f64, latency_us: f64| {
            let mut board = board();
            board.active_ma = active_ma;
            let error = every(1_000, "cr2032").power("w", latency_us, &board);
            error.unwrap_err().to_string()
        };
        let expected = "w draws 31.00 mA in use, and of cr2032 nothing is known beyond 30 mA (docs/power.md): name \
                        another cell with --cell, or leave it away";
        assert_eq!(told(31.0, 1.0), expected);
        let told = told(12.0, 500_000.0);
        assert!(told.starts_with("w draws 6.001 mA on average"), "{told}");
    }

    #[test]
    fn waking_up_counts_as_use_where_it_is_known() {
        let mut board = board();
        board.wake_us = Some(100_000.0);
        let power = every(1_000, "").power("w", 100_000.0, &board).unwrap();
        // A fifth of the time 4 mA, of which the workload has half.
        assert!((power.mean_ua - (800.0 + 1.6)).abs() < 1e-9);
        assert!((power.duty_cycle - 0.1).abs() < 1e-12);
        assert_eq!(power.wake_us, Some(100_000.0));
        let error = every(199, "").power("w", 100_000.0, &board).unwrap_err();
        assert!(error.to_string().contains("takes 200.0 ms"), "{error}");
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

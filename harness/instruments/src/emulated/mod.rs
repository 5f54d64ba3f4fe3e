//! The far ends of instruments on pseudo-terminals, for tests and for measurements of virtual boards.
//!
//! An emulated instrument speaks the protocol of the real one, so that everything that reads it is what
//! reads the real one. What it measures comes from a [`Board`], whose time passes as the samples are
//! taken. It can misbehave on purpose.

mod lpm01a;
mod ppk2;
mod terminal;

use std::io;

pub use terminal::Terminal;

use crate::kind::Kind;
use terminal::Served;

/// What an emulated instrument is connected to.
pub trait Board: Send {
    /// Lets `seconds` pass; the mean current over them in mA, and the level of the marking pin at their
    /// end. Without power nothing is asked. [`None`] if the board is no longer there.
    fn pass(&mut self, seconds: f64, volts: f64) -> Option<Draw>;
}

/// What a board draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Current, mA.
    pub ma: f64,
    /// Level of the pin that is wired to the logic input.
    pub pin: bool,
}

/// What goes wrong, at which sample of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Misbehaviour {
    /// So many samples never arrive.
    Loses {
        /// The first of them.
        at: u64,
        /// How many.
        samples: u64,
    },
    /// Bytes that don't belong there.
    Garbage {
        /// Before this sample.
        at: u64,
    },
    /// The instrument's cable is pulled.
    Disconnects {
        /// Before this sample.
        at: u64,
    },
    /// The calibration that it tells isn't that with which it measures: all is too large by this factor.
    Miscalibrated {
        /// The factor.
        factor: f64,
    },
    /// It isn't connected to the marking pin.
    NoMarks,
}

/// An instrument that isn't there.
pub struct Emulated {
    kind: Kind,
    served: Served,
}

impl Emulated {
    /// An instrument of `kind` that measures `board`.
    ///
    /// # Errors
    /// If this system has no pseudo-terminals.
    pub fn new(
        kind: Kind,
        board: Box<dyn Board>,
        misbehaviour: Option<Misbehaviour>,
    ) -> io::Result<Self> {
        let terminal = Terminal::open()?;
        let served = match kind {
            Kind::Ppk2 => Served::new(terminal, ppk2::Ppk2::new(board, misbehaviour)),
            Kind::Lpm01a => Served::new(terminal, lpm01a::Lpm01a::new(board, misbehaviour)),
            // It has no serial port: its tests have a stub of its driver.
            Kind::Joulescope => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Self {
            kind,
            served: served?,
        })
    }

    /// Its port.
    pub fn port(&self) -> &str {
        self.served.path()
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::instrument::InstrumentError;
    use crate::integration::{Flaw, Integral, Integration, Plan};
    use crate::meter::open;

    const REST_MA: f64 = 0.002;
    const WINDOW_MA: f64 = 5.3;
    const WINDOWS: u32 = 3;
    const WINDOW_S: f64 = 0.2;
    const VOLTS: f64 = 3.0;

    /// Windows of 0.2 s at 5.3 mA on average, which alternates, and rests of 0.1 s.
    struct Course {
        time: f64,
        samples: u64,
        scale: f64,
    }

    impl Board for Course {
        fn pass(&mut self, seconds: f64, volts: f64) -> Option<Draw> {
            assert_eq!(volts, VOLTS);
            let (time, period) = (self.time + 1e-9, WINDOW_S + 0.1);
            self.time += seconds;
            self.samples += 1;
            let number = (time / period).floor();
            let inside = time - number * period - 0.1;
            if number >= f64::from(WINDOWS) || inside < 0.0 {
                // The pin is pulled low for a moment where a window has ended.
                let behind = time - number * period;
                let pin = !(number > 0.0 && behind < 0.000_3);
                return Some(Draw { ma: REST_MA, pin });
            }
            let ma = if self.samples.is_multiple_of(2) {
                5.1
            } else {
                5.5
            };
            Some(Draw {
                ma: ma * self.scale,
                pin: inside >= 0.000_3,
            })
        }
    }

    fn plan(kind: Kind) -> Plan {
        Plan {
            sample_rate_hz: kind.capability().sample_rate_hz,
            supply_v: VOLTS,
            mark_input: kind.mark_input(),
            windows: WINDOWS,
            settle_s: 0.002,
            late_s: 0.0,
        }
    }

    fn measure(
        kind: Kind,
        scale: f64,
        misbehaviour: Option<Misbehaviour>,
    ) -> Result<Integral, InstrumentError> {
        let board = Course {
            time: 0.0,
            samples: 0,
            scale,
        };
        let emulated = Emulated::new(kind, Box::new(board), misbehaviour).unwrap();
        let mut instrument = open(kind, Some(emulated.port()))?;
        instrument.supply(VOLTS)?;
        instrument.start()?;
        let mut integration = Integration::new(plan(kind));
        let mut events = Vec::new();
        let end = Instant::now() + Duration::from_secs(60);
        while integration.samples() < integration_samples(kind)
            && !integration.has_ended()
            && Instant::now() < end
        {
            events.clear();
            instrument.read(&mut events, Duration::from_millis(100))?;
            integration.feed(&events);
        }
        instrument.stop(&mut events)?;
        Ok(integration.finish(&[WINDOW_S]))
    }

    /// Samples of the whole course, and some more.
    fn integration_samples(kind: Kind) -> u64 {
        let seconds = f64::from(WINDOWS) * (WINDOW_S + 0.1) + 0.05;
        (seconds * kind.capability().sample_rate_hz) as u64
    }

    #[test]
    fn what_is_put_in_comes_out() {
        for kind in Kind::EMULATED {
            let found = measure(kind, 1.0, None).unwrap();
            assert_eq!(found.flaws, [], "{kind:?}");
            let expected = WINDOW_MA * VOLTS * WINDOW_S * 1_000.0;
            // A sample of the slower one is a mean over what alternates.
            let peak_ma = match kind {
                Kind::Ppk2 => 5.5,
                Kind::Lpm01a | Kind::Joulescope => WINDOW_MA,
            };
            for window in &found.windows {
                let off = window.energy_uj / expected - 1.0;
                assert!(off.abs() < 0.002, "{kind:?}: {window:?}, {off}");
                assert!(
                    (window.peak_mw - peak_ma * VOLTS).abs() < 0.2,
                    "{kind:?}: {window:?}"
                );
            }
            let idle = found.idle_mw.unwrap();
            assert!(
                (idle / (REST_MA * VOLTS) - 1.0).abs() < 0.02,
                "{kind:?}: {idle}"
            );
        }
    }

    #[test]
    fn currents_of_all_ranges_come_out() {
        for (kind, scales) in [
            (Kind::Ppk2, &[0.002, 0.03, 0.3, 3.0, 40.0][..]),
            (Kind::Lpm01a, &[0.002, 0.3, 8.0]),
        ] {
            for &scale in scales {
                let found = measure(kind, scale, None).unwrap();
                assert_eq!(found.flaws, [], "{kind:?} {scale}");
                let expected = WINDOW_MA * scale * VOLTS * WINDOW_S * 1_000.0;
                for window in &found.windows {
                    let off = window.energy_uj / expected - 1.0;
                    assert!(off.abs() < 0.005, "{kind:?} {scale}: {window:?}, {off}");
                }
            }
        }
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let flaws = |kind, misbehaviour| measure(kind, 1.0, Some(misbehaviour)).unwrap().flaws;
        for kind in Kind::EMULATED {
            let at = integration_samples(kind) / 2;
            let lost = flaws(kind, Misbehaviour::Loses { at, samples: 5 });
            let samples = |flaw: &Flaw| matches!(flaw, Flaw::Lost { samples: 5 });
            assert!(lost.iter().any(samples), "{kind:?}: {lost:?}");
            let garbage = flaws(kind, Misbehaviour::Garbage { at });
            let broken = |it: &Flaw| matches!(it, Flaw::Damaged { .. } | Flaw::Lost { .. });
            assert!(garbage.iter().any(broken), "{kind:?}: {garbage:?}");
            let expected = 2 * u64::from(WINDOWS);
            let unmarked = flaws(kind, Misbehaviour::NoMarks);
            assert_eq!(unmarked, [Flaw::Marks { expected, found: 0 }], "{kind:?}");
            let error = measure(kind, 1.0, Some(Misbehaviour::Disconnects { at })).unwrap_err();
            assert!(
                matches!(error, InstrumentError::Lost { .. }),
                "{kind:?}: {error}"
            );
        }
        let saturated = measure(Kind::Ppk2, 300.0, None).unwrap().flaws;
        assert!(
            matches!(saturated[..], [Flaw::Saturated { .. }]),
            "{saturated:?}"
        );
        let overcurrent = measure(Kind::Lpm01a, 300.0, None).unwrap().flaws;
        assert!(
            matches!(&overcurrent[0], Flaw::Fault(text) if text.contains("overcurrent")),
            "{overcurrent:?}"
        );
        // Nobody can see a wrong calibration in a stream.
        for kind in Kind::EMULATED {
            let wrong = Misbehaviour::Miscalibrated { factor: 1.1 };
            let found = measure(kind, 1.0, Some(wrong)).unwrap();
            let off = found.windows[0].energy_uj / (WINDOW_MA * VOLTS * WINDOW_S * 1_000.0);
            assert!((off - 1.1).abs() < 0.005, "{kind:?}: {off}");
        }
    }

    #[test]
    fn a_voltage_that_is_not_supplied_is_refused() {
        for (kind, volts) in [(Kind::Ppk2, 5.5), (Kind::Lpm01a, 1.2)] {
            let board = Course {
                time: 0.0,
                samples: 0,
                scale: 1.0,
            };
            let emulated = Emulated::new(kind, Box::new(board), None).unwrap();
            let mut instrument = open(kind, Some(emulated.port())).unwrap();
            let error = instrument.supply(volts).unwrap_err();
            assert!(matches!(error, InstrumentError::Supply(_)), "{error}");
        }
    }

    #[test]
    fn a_terminal_that_says_nothing_is_no_instrument() {
        let terminal = Terminal::open().unwrap();
        let error = open(Kind::Lpm01a, Some(&terminal.path)).err().unwrap();
        assert!(
            error.to_string().contains("doesn't keep to its protocol"),
            "{error}"
        );
        let error = open(Kind::Ppk2, Some("/nowhere")).err().unwrap();
        assert!(matches!(error, InstrumentError::Open { .. }), "{error}");
    }
}

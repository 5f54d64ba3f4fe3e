//! Board, probe and instrument, real or not.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use probe_rs::probe::Probe;
use probe_rs::probe::list::Lister;
use tinybench_inputs::board::Board;
use tinybench_instruments::emulated::{self, Draw, Emulated};
use tinybench_instruments::{Instrument, Meter, open};
use tinybench_support::exit::Failure;
use tinybench_virtual_board::{Ended, VirtualBoard};

use super::error::MeteringError;
use super::request::Metering;
use crate::target::select::Choice;
use crate::target::virtual_board::{self, make};

/// How long a board needs to boot on its new supply.
const BOOT: Duration = Duration::from_millis(500);

/// A board on which energy is measured, supplied by its instrument as long as this is there. The debug
/// probe comes and goes.
pub struct Bench {
    place: Place,
    /// The instrument.
    pub instrument: Box<dyn Instrument>,
    /// Its far end, if it is emulated. It ends with this.
    emulated: Option<Emulated>,
}

/// A virtual board that its instrument and others use.
#[derive(Clone)]
pub struct SharedBoard {
    /// The board. Its instrument lets its time pass.
    pub board: Arc<Mutex<VirtualBoard>>,
    /// How the last of that time passed. Who holds both has locked the board first.
    pub passed: Arc<Mutex<Passed>>,
}

/// How time passed on a virtual board.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passed {
    /// Why the core ran no further.
    pub ended: Ended,
    /// Time that passed, s, while the core slept and nothing could have woken it: its cycles stand.
    pub slept_s: f64,
}

impl SharedBoard {
    /// Of a board on which no time has passed yet.
    pub fn new(board: VirtualBoard) -> Self {
        let passed = Passed {
            ended: Ended::Budget,
            slept_s: 0.0,
        };
        Self {
            board: Arc::new(Mutex::new(board)),
            passed: Arc::new(Mutex::new(passed)),
        }
    }
}

enum Place {
    /// Behind a probe.
    Real(Choice),
    /// A virtual board, which keeps what is in it while no probe is attached.
    Virtual(SharedBoard),
}

impl Bench {
    /// Has the instrument supply the board of a run's choice, and the board boot. A virtual board is fresh
    /// from the factory, and its instrument emulated, which listens to the pin number `mark_pin`.
    ///
    /// # Errors
    /// If the virtual board can't be made; if the instrument isn't there, or refuses.
    pub fn supplied(
        metering: &Metering,
        mark_pin: u32,
        choice: &Choice,
        board: &Board,
    ) -> Result<Self, Failure> {
        let kind = metering.meter.kind();
        let mut bench = match (choice, &metering.meter, &board.power) {
            (Choice::Virtual(_), Meter::Emulated(_), Some(power)) => {
                let shared = SharedBoard::new(make(board)?);
                let drawn = VirtualDraw {
                    shared: shared.clone(),
                    pin: mark_pin,
                    active_ma: power.active_ma,
                    idle_ma: power.idle_ua / 1_000.0,
                    until: None,
                };
                let emulated =
                    Emulated::new(kind, Box::new(drawn), None).map_err(MeteringError::Emulated)?;
                Self {
                    place: Place::Virtual(shared),
                    instrument: open(kind, Some(emulated.port())).map_err(MeteringError::from)?,
                    emulated: Some(emulated),
                }
            }
            (choice, meter, _) => Self {
                place: Place::Real(choice.clone()),
                instrument: open(kind, meter.port()).map_err(MeteringError::from)?,
                emulated: None,
            },
        };
        let supplied = bench.instrument.supply(metering.supply_v);
        supplied.map_err(MeteringError::from)?;
        if !bench.is_virtual() {
            thread::sleep(BOOT);
        }
        Ok(bench)
    }

    /// The instrument, its far end if it is emulated, and the virtual board if that is what it supplies.
    pub fn into_parts(self) -> (Box<dyn Instrument>, Option<Emulated>, Option<SharedBoard>) {
        let board = match self.place {
            Place::Real(_) => None,
            Place::Virtual(board) => Some(board),
        };
        (self.instrument, self.emulated, board)
    }

    /// Whether the board is a model.
    pub fn is_virtual(&self) -> bool {
        matches!(self.place, Place::Virtual(_))
    }

    /// Opens the probe.
    ///
    /// # Errors
    /// If it isn't there.
    pub fn probe(&self, board: &Board) -> Result<Probe, Failure> {
        match &self.place {
            Place::Real(choice) => Ok(choice.open(board, &Lister::new(), &virtual_board::open)?),
            Place::Virtual(shared) => Ok(tinybench_virtual_probe::open(Arc::clone(&shared.board))),
        }
    }
}

/// What a virtual board draws: the active current of its board file while the core runs, the idle current
/// while it sleeps.
struct VirtualDraw {
    shared: SharedBoard,
    pin: u32,
    active_ma: f64,
    idle_ma: f64,
    /// The cycle up to which time has passed, once it has.
    until: Option<f64>,
}

impl emulated::Board for VirtualDraw {
    fn pass(&mut self, seconds: f64, _: f64) -> Option<Draw> {
        let board = &self.shared.board;
        let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = &mut board.machine;
        let begin = machine.cycles();
        let until = self.until.unwrap_or(begin as f64) + seconds * machine.clock_hz() as f64;
        // Whole instructions may have gone beyond what was asked for before.
        let cycles = (until - begin as f64).max(0.0) as u64;
        let slept = machine.sleep_cycles();
        let ended = machine.run(cycles);
        let passed = machine.cycles() - begin;
        let mut asleep = (machine.sleep_cycles() - slept) as f64 / passed.max(1) as f64;
        let how = &self.shared.passed;
        let mut how = how.lock().unwrap_or_else(PoisonError::into_inner);
        how.ended = ended;
        if ended == Ended::Asleep {
            // Nothing will wake it, so its time stands.
            (self.until, asleep) = (None, 1.0);
            how.slept_s += (seconds - passed as f64 / machine.clock_hz() as f64).max(0.0);
        } else {
            self.until = Some(until);
        }
        Some(Draw {
            ma: self.active_ma + asleep * (self.idle_ma - self.active_ma),
            pin: machine.pin(self.pin) == Some(true),
        })
    }
}

#[cfg(test)]
mod tests {
    use tinybench_instruments::emulated::Board as _;
    use tinybench_virtual_board::{Image, Segment};

    use super::*;

    /// A board that runs `code`, whose vector table has nothing but its start, and what it draws.
    fn drawn(code: &[u16]) -> VirtualDraw {
        let words = [0x2000_1000_u32, 0x0000_0009].map(u32::to_le_bytes);
        let code = code.iter().flat_map(|it| it.to_le_bytes());
        let segment = Segment {
            address: 0,
            run_address: 0,
            bytes: words.into_iter().flatten().chain(code).collect(),
        };
        let mut board = VirtualBoard::new("nrf52840").unwrap();
        let image = Image::from_segments(vec![segment]).unwrap();
        board.machine.load(&image).unwrap();
        VirtualDraw {
            shared: SharedBoard::new(board),
            pin: 0,
            active_ma: 3.0,
            idle_ma: 0.5,
            until: None,
        }
    }

    #[test]
    fn who_shares_a_board_sees_how_its_time_passed() {
        // b .
        let mut runs = drawn(&[0xE7FE]);
        assert_eq!(runs.pass(0.001, 3.0).unwrap().ma, 3.0);
        let running = Passed {
            ended: Ended::Budget,
            slept_s: 0.0,
        };
        assert_eq!(*runs.shared.passed.lock().unwrap(), running);

        // wfi; b .
        let mut sleeps = drawn(&[0xBF30, 0xE7FE]);
        for _ in 0..3 {
            assert_eq!(sleeps.pass(0.25, 3.0).unwrap().ma, 0.5);
        }
        let found = *sleeps.shared.passed.lock().unwrap();
        assert_eq!(found.ended, Ended::Asleep);
        assert!((found.slept_s - 0.75).abs() < 1e-6, "{found:?}");

        // udf #0, and no handler of its fault.
        let mut locks_up = drawn(&[0xDE00]);
        locks_up.pass(0.001, 3.0).unwrap();
        let found = locks_up.shared.passed.lock().unwrap().ended;
        assert_eq!(found, Ended::Lockup);
    }
}

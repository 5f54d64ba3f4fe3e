//! Lets a board run by itself, as fast as the real one.
//!
//! A debugger's accesses let time pass, as everywhere. Here the board also runs while no debugger
//! does anything: its time follows the wall clock, and where it got ahead or fell behind it goes on
//! from there.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tinybench_virtual_board::debug_port::{DebugPort, Debuggable};
use tinybench_virtual_board::{Machine, VirtualBoard};

use super::serial::Line;

/// How often the board is run.
const PERIOD: Duration = Duration::from_millis(2);

/// How far the board may fall behind the wall clock before the lag is forgotten.
const MAX_LAG: Duration = Duration::from_millis(50);

/// Cycles after which debuggers get their turn.
const SLICE: u64 = 1 << 17;

/// A debugger whose latest access is no longer ago is busy, and mustn't wait for the board.
const BUSY: Duration = Duration::from_millis(150);

/// Between two slices of a board that nobody uses: whoever comes gets it.
const BREAK: Duration = Duration::from_micros(50);

/// More UARTs than any chip has.
const UARTS: usize = 8;

/// Relates a board's time to the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    clock_hz: u64,
    started: Duration,
    cycles: u64,
}

impl Clock {
    /// A clock of so many hertz that reads `cycles` at the time `now`.
    pub fn new(clock_hz: u64, now: Duration, cycles: u64) -> Self {
        Self {
            clock_hz,
            started: now,
            cycles,
        }
    }

    /// How many cycles a board that has got to `cycles` has to run by `now`.
    pub fn due(&mut self, now: Duration, cycles: u64) -> u64 {
        let elapsed = now.saturating_sub(self.started);
        let since_start = elapsed.as_nanos() * u128::from(self.clock_hz) / 1_000_000_000;
        let wanted = self
            .cycles
            .saturating_add(u64::try_from(since_start).unwrap_or(u64::MAX));
        let most = (MAX_LAG.as_nanos() * u128::from(self.clock_hz) / 1_000_000_000) as u64;
        if cycles > wanted || wanted - cycles > most {
            *self = Self::new(self.clock_hz, now, cycles);
            return if cycles > wanted { 0 } else { most };
        }
        wanted - cycles
    }
}

/// A board that knows when a debugger used it last.
pub struct ServedBoard {
    board: VirtualBoard,
    used: Option<Instant>,
}

impl ServedBoard {
    /// A board that no debugger has used yet.
    pub fn new(board: VirtualBoard) -> Self {
        Self { board, used: None }
    }

    fn is_in_use(&self) -> bool {
        self.used.is_some_and(|used| used.elapsed() < BUSY)
    }
}

impl Debuggable for ServedBoard {
    type Target = Machine;

    fn debug_parts(&mut self) -> (&mut DebugPort, &mut Machine) {
        self.used = Some(Instant::now());
        self.board.debug_parts()
    }
}

/// Runs the board for as long as `goes_on` says so, and moves what passes over its serial lines.
/// Line *n* belongs to UART *n*.
pub fn run_in_real_time(served: &Mutex<ServedBoard>, lines: &[Line], goes_on: impl Fn() -> bool) {
    let lock = || served.lock().unwrap_or_else(PoisonError::into_inner);
    let epoch = Instant::now();
    let mut clock = Clock::new(0, Duration::ZERO, 0);
    while goes_on() {
        let (clock_hz, cycles) = {
            let machine = &lock().board.machine;
            (machine.clock_hz(), machine.cycles())
        };
        // A program can change its chip's clock.
        if clock.clock_hz != clock_hz {
            clock = Clock::new(clock_hz, epoch.elapsed(), cycles);
        }
        let mut due = clock.due(epoch.elapsed(), cycles);
        loop {
            let slice = due.min(SLICE);
            let in_use = {
                let served = &mut *lock();
                run_with_lines(&mut served.board.machine, slice, lines);
                served.is_in_use()
            };
            due -= slice;
            // A lock goes to whoever asks first, and this loop would always be first. One slice a
            // period is as fast as the board has to be.
            if due == 0 || in_use {
                break;
            }
            thread::sleep(BREAK);
        }
        thread::sleep(PERIOD);
    }
}

/// Runs for so many cycles and moves what passes over the serial lines meanwhile.
fn run_with_lines(machine: &mut Machine, cycles: u64, lines: &[Line]) {
    for (number, line) in lines.iter().enumerate() {
        // Whoever sends faster than the board receives has to wait.
        if machine.serial_waiting(number) == 0 {
            machine.serial_input(number, &line.take_input());
        }
    }
    machine.run(cycles);
    for (number, line) in lines.iter().enumerate() {
        line.send(&machine.serial_output(number));
    }
    for number in lines.len()..UARTS {
        // Nobody listens.
        machine.serial_output(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 64_000;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_board_keeps_up_with_the_wall_clock() {
        let mut clock = Clock::new(64_000_000, at(5), 100);
        assert_eq!(clock.due(at(5), 100), 0);
        assert_eq!(clock.due(at(7), 100), 2 * MS);
        assert_eq!(clock.due(at(10), 100 + 2 * MS), 3 * MS);
    }

    #[test]
    fn a_board_that_a_debugger_ran_ahead_goes_on_from_there() {
        let mut clock = Clock::new(64_000_000, at(0), 0);
        let ahead = 500 * MS;
        assert_eq!(clock.due(at(1), ahead), 0);
        assert_eq!(clock.due(at(3), ahead), 2 * MS);
    }

    #[test]
    fn a_long_lag_is_forgotten() {
        let mut clock = Clock::new(64_000_000, at(0), 0);
        assert_eq!(clock.due(at(60_000), 0), 50 * MS);
        assert_eq!(clock.due(at(60_001), 50 * MS), 0);
        assert_eq!(clock.due(at(60_003), 50 * MS), 2 * MS);
    }
}

//! The link to an image on a virtual board: a UART of the chip, in the board's own time.

use std::time::Duration;

use tinybench_virtual_board::{Ended, Machine};

use super::{Link, LinkError};
use tinybench_support::interrupt;

/// Cycles between two looks at what came from the board: how exactly lines are dated.
const SLICE: u64 = 1 << 14;

/// Slices between two looks whether the user wants to stop.
const LOOK: u64 = 1 << 12;

/// A UART of a virtual board. Time passes only while something is waited for, and counts the core's
/// cycles at the board's clock.
pub struct BoardLink {
    machine: Machine,
    board: String,
    uart: usize,
    clock_hz: u64,
    started: u64,
    slices: u64,
    /// Time that passed while the core slept and nothing could have woken it.
    slept: Duration,
}

impl BoardLink {
    /// UART `uart` of a board whose core runs at `clock_hz` and has its image.
    pub fn new(machine: Machine, board: &str, uart: usize, clock_hz: u64) -> Self {
        Self {
            started: machine.cycles(),
            machine,
            board: board.to_owned(),
            uart,
            clock_hz,
            slices: 0,
            slept: Duration::ZERO,
        }
    }

    fn time_of(&self, cycles: u64) -> Duration {
        time_of(cycles, self.clock_hz)
    }
}

/// How long so many cycles take.
pub(super) fn time_of(cycles: u64, clock_hz: u64) -> Duration {
    let nanos = u128::from(cycles) * 1_000_000_000 / u128::from(clock_hz);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Why the core of a machine that `ended` so doesn't go on, if it doesn't.
pub(super) fn stopped(machine: &Machine, ended: Ended) -> Option<String> {
    let fault = || match machine.last_fault() {
        Some(fault) => format!(", after {fault}"),
        None => String::new(),
    };
    match ended {
        Ended::Budget | Ended::Reached | Ended::Asleep => None,
        Ended::Halted => Some(format!("halted at {:#010x}{}", machine.pc(), fault())),
        Ended::Lockup => Some(format!("locked up at {:#010x}{}", machine.pc(), fault())),
    }
}

impl Link for BoardLink {
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.machine.serial_input(self.uart, bytes);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError> {
        let cycles = (patience.as_nanos() * u128::from(self.clock_hz)).div_ceil(1_000_000_000);
        let end = self
            .machine
            .cycles()
            .saturating_add(u64::try_from(cycles).unwrap_or(u64::MAX));
        loop {
            let output = self.machine.serial_output(self.uart);
            if !output.is_empty() {
                buffer.extend(output);
                return Ok(());
            }
            let left = end.saturating_sub(self.machine.cycles());
            if left == 0 {
                return Ok(());
            }
            self.slices += 1;
            if self.slices.is_multiple_of(LOOK) {
                interrupt::check()?;
            }
            let ended = self.machine.run(left.min(SLICE));
            if ended == Ended::Asleep {
                self.slept += self.time_of(left);
                buffer.extend(self.machine.serial_output(self.uart));
                return Ok(());
            }
            if let Some(reason) = stopped(&self.machine, ended) {
                return Err(LinkError::Stopped {
                    board: self.board.clone(),
                    reason,
                });
            }
        }
    }

    fn now(&self) -> Duration {
        self.slept + self.time_of(self.machine.cycles() - self.started)
    }
}

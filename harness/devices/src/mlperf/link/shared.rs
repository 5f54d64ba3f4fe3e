//! The link to an image on a virtual board whose time somebody else lets pass: an emulated instrument.

use std::sync::{MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tinybench_execution::power::metered::{Passed, SharedBoard};
use tinybench_virtual_board::VirtualBoard;

use super::board::{stopped, time_of};
use super::{Link, LinkError};
use tinybench_support::interrupt;

/// How long a wait lets the instrument go on, by the host's clock.
const PAUSE: Duration = Duration::from_millis(1);

/// A UART of a virtual board that is shared.
pub struct SharedBoardLink {
    shared: SharedBoard,
    name: String,
    uart: usize,
    clock_hz: u64,
    started: u64,
}

impl SharedBoardLink {
    /// UART `uart` of the board called `name`, whose core runs at `clock_hz` and has its image.
    pub fn new(shared: SharedBoard, name: &str, uart: usize, clock_hz: u64) -> Self {
        let mut link = Self {
            shared,
            name: name.to_owned(),
            uart,
            clock_hz,
            started: 0,
        };
        let started = link.board().machine.cycles();
        link.started = started;
        link
    }

    fn board(&self) -> MutexGuard<'_, VirtualBoard> {
        let board = &self.shared.board;
        board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passed(&self) -> Passed {
        let passed = &self.shared.passed;
        *passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link for SharedBoardLink {
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.board().machine.serial_input(self.uart, bytes);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, _: Duration) -> Result<(), LinkError> {
        interrupt::check()?;
        let (output, reason) = {
            let mut board = self.board();
            let output = board.machine.serial_output(self.uart);
            (output, stopped(&board.machine, self.passed().ended))
        };
        if !output.is_empty() {
            buffer.extend(output);
            return Ok(());
        }
        if let Some(reason) = reason {
            return Err(LinkError::Stopped {
                board: self.name.clone(),
                reason,
            });
        }
        thread::sleep(PAUSE);
        Ok(())
    }

    fn now(&self) -> Duration {
        let (cycles, slept_s) = {
            let board = self.board();
            (board.machine.cycles(), self.passed().slept_s)
        };
        let ran = time_of(cycles - self.started, self.clock_hz);
        ran.saturating_add(Duration::from_secs_f64(slept_s))
    }
}

#[cfg(test)]
mod tests {
    use tinybench_virtual_board::Ended;

    use super::*;

    fn link() -> SharedBoardLink {
        let board = VirtualBoard::new("nrf52840").unwrap();
        SharedBoardLink::new(SharedBoard::new(board), "nano33", 0, 64_000_000)
    }

    #[test]
    fn an_image_that_has_stopped_is_an_error() {
        for (ended, told) in [
            (Ended::Lockup, "locked up at"),
            (Ended::Halted, "halted at"),
        ] {
            let mut link = link();
            let mut buffer = Vec::new();
            link.receive(&mut buffer, Duration::ZERO).unwrap();
            link.shared.passed.lock().unwrap().ended = ended;
            let error = link.receive(&mut buffer, Duration::ZERO).unwrap_err();
            assert!(matches!(error, LinkError::Stopped { .. }), "{error}");
            assert!(error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn time_passes_for_a_core_that_sleeps_for_ever() {
        let mut link = link();
        assert_eq!(link.now(), Duration::ZERO);
        *link.shared.passed.lock().unwrap() = Passed {
            ended: Ended::Asleep,
            slept_s: 1.5,
        };
        link.receive(&mut Vec::new(), Duration::ZERO).unwrap();
        assert_eq!(link.now(), Duration::from_millis(1_500));
    }
}

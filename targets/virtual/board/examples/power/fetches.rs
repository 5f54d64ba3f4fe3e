//! The instruction cache of an STM32L4R5, as far as its misses go: 32 lines of 32 bytes, the least recently
//! used of which goes first (as in the STM32L4, RM0351, 3.3.4).

use std::collections::VecDeque;

/// Lines.
const LINES: usize = 32;
/// Bytes of each.
const LINE_BYTES: u32 = 32;

/// Lines that are there, the latest last.
#[derive(Default)]
pub struct Fetches {
    lines: VecDeque<u32>,
}

impl Fetches {
    /// Whether the line of the instruction at `address` wasn't there; now it is.
    pub fn misses(&mut self, address: u32) -> bool {
        let line = address / LINE_BYTES;
        if self.lines.back() == Some(&line) {
            return false;
        }
        let before = self.lines.iter().position(|it| *it == line);
        match before {
            Some(place) => {
                self.lines.remove(place);
            }
            None if self.lines.len() == LINES => {
                self.lines.pop_front();
            }
            None => {}
        }
        self.lines.push_back(line);
        before.is_none()
    }
}

//! RNG: random words (RM0432, chapter 34), the same ones for the same seed.
//!
//! Simplified: a word is always ready while the generator is on, and there are no errors.

use super::peripheral::{Io, Peripheral, Write};
use crate::chips::random::Random;

const CR: u32 = 0x00;
const SR: u32 = 0x04;
const DR: u32 = 0x08;
const RNGEN: u32 = 1 << 2;
const IE: u32 = 1 << 3;
const DRDY: u32 = 1 << 0;

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    control: u32,
    numbers: Random,
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self {
            control: 0,
            numbers: Random(seed),
        }
    }

    /// Sets what the numbers start from.
    pub fn seed(&mut self, seed: u64) {
        self.numbers = Random(seed);
    }

    fn is_on(&self) -> bool {
        self.control & RNGEN != 0
    }
}

impl Peripheral for Rng {
    fn read(&mut self, offset: u32, _io: &mut Io<'_>) -> Option<u32> {
        Some(match offset {
            CR => self.control,
            SR if self.is_on() => DRDY,
            DR if self.is_on() => self.numbers.next() as u32,
            SR | DR => 0,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, write: Write, _io: &mut Io<'_>) -> Option<()> {
        match offset {
            CR => write.to(&mut self.control, RNGEN | IE | 1 << 5),
            SR | DR => {}
            _ => return None,
        }
        Some(())
    }

    fn interrupt(&self) -> bool {
        self.control & IE != 0 && self.is_on()
    }

    /// Entropy doesn't start again.
    fn reset(&mut self) {
        self.control = 0;
    }
}

//! RNG: random bytes (Product Specification, 6.19), the same ones for the same seed.
//!
//! Simplified: the time of a byte is always the typical one, and the numbers are those of a
//! generator that passes statistical tests, bias correction or not.

use super::peripheral::{Common, Io, Peripheral, microseconds};
use crate::chips::random::Random;

const START: u32 = 0;
const STOP: u32 = 1;
const VALRDY: u32 = 0;
const VALRDY_STOP: u32 = 1;

const START_UP: u64 = microseconds(128);
const BYTE: u64 = microseconds(30);
const BYTE_CORRECTED: u64 = microseconds(120);

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    common: Common,
    numbers: Random,
    correction: bool,
    value: u32,
    next: Option<u64>,
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self {
            common: Common::default(),
            numbers: Random(seed),
            correction: false,
            value: 0,
            next: None,
        }
    }

    /// What follows from here, after a reset: entropy doesn't start again.
    pub fn state(&self) -> u64 {
        self.numbers.0
    }

    /// Sets what the numbers start from.
    pub fn seed(&mut self, seed: u64) {
        self.numbers = Random(seed);
    }

    fn period(&self) -> u64 {
        if self.correction {
            BYTE_CORRECTED
        } else {
            BYTE
        }
    }
}

impl Peripheral for Rng {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        1
    }

    fn shorts(&self) -> u32 {
        VALRDY_STOP
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            START if self.next.is_none() => self.next = Some(io.now + START_UP + self.period()),
            STOP => self.next = None,
            _ => {}
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x504 => u32::from(self.correction),
            0x508 => self.value,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, _io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x504 => self.correction = value & 1 != 0,
            0x508 => {}
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        self.next.unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        while let Some(time) = self.next
            && time <= io.now
        {
            self.value = self.numbers.next() as u32 & 0xFF;
            io.raise(&mut self.common, VALRDY);
            self.next = (self.common.shorts & VALRDY_STOP == 0).then(|| time + self.period());
        }
    }
}

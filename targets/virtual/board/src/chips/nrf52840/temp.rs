//! TEMP: the die temperature (Product Specification, 6.29), a constant 25 °C.
//!
//! Simplified: the calibration registers hold what is written to them and change nothing.

use super::peripheral::{Common, Io, Peripheral, microseconds};

const START: u32 = 0;
const STOP: u32 = 1;
const DATARDY: u32 = 0;

const CONVERSION: u64 = microseconds(36);
/// 25 °C in steps of 0.25 °C.
const VALUE: u32 = 100;

/// A0 to A5, B0 to B5 and T0 to T4 after a reset, with the gaps between them.
const CALIBRATION: [u32; 21] = [
    0x326, 0x348, 0x3AA, 0x40E, 0x4BD, 0x5A3, 0, 0, 0x3FEF, 0x3FBE, 0x3FBE, 0x12, 0x124, 0x27C, 0,
    0, 0xE2, 0, 0x19, 0x3C, 0x50,
];

/// The sensor.
#[derive(Clone, Debug)]
pub(super) struct Temp {
    common: Common,
    value: u32,
    ready: Option<u64>,
    /// A0 to T4, from 0x520.
    calibration: [u32; 21],
}

impl Default for Temp {
    fn default() -> Self {
        Self {
            common: Common::default(),
            value: 0,
            ready: None,
            calibration: CALIBRATION,
        }
    }
}

impl Peripheral for Temp {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        1
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            START => self.ready = Some(io.now + CONVERSION),
            STOP => self.ready = None,
            _ => {}
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        match offset {
            0x508 => Some(self.value),
            0x520..0x574 => Some(self.calibration[(offset as usize - 0x520) / 4]),
            _ => None,
        }
    }

    fn write(&mut self, offset: u32, value: u32, _io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x508 => {}
            0x520..0x574 => self.calibration[(offset as usize - 0x520) / 4] = value,
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        self.ready.unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        if self.ready.is_some_and(|time| time <= io.now) {
            self.ready = None;
            self.value = VALUE;
            io.raise(&mut self.common, DATARDY);
        }
    }
}

//! A PPK2 that isn't there.

use super::terminal::Device;
use super::{Board, Misbehaviour};
use crate::ppk2::{CAPABILITY, Calibration, LEAST_MV, LEAST_MV_CODE, RANGES, command};

/// Samples that are made at once: 2 ms.
const CHUNK: usize = 200;
/// The largest current of each range but the last, A.
const RANGE_ENDS: [f64; RANGES - 1] = [50e-6, 500e-6, 5e-3, 60e-3];
/// The largest reading.
const MOST: f64 = 16_383.0;

/// A calibration as one may find it, so that what doesn't take it into account is wrong.
fn calibration() -> Calibration {
    Calibration {
        r: [1_027.5, 101.2, 10.21, 0.93, 0.044],
        gs: [0.01, -0.02, 0.03, 0.02, -0.01],
        gi: [0.998, 1.001, 0.997, 1.003, 1.002],
        o: [110.0, 95.0, 88.0, 101.0, 92.0],
        s: [1e-9, 2e-8, 3e-7, 2e-6, 1e-5],
        i: [-2e-8, 1e-7, -1e-6, 2e-6, 1e-5],
        ug: [1.0, 1.0, 1.01, 1.0, 0.99],
    }
}

/// The device.
pub struct Ppk2 {
    board: Box<dyn Board>,
    misbehaviour: Option<Misbehaviour>,
    calibration: Calibration,
    received: Vec<u8>,
    volts: f64,
    powered: bool,
    runs: bool,
    counter: u8,
    samples: u64,
    /// What rounding has left out so far, in readings of each range.
    left: [f64; RANGES],
}

impl Ppk2 {
    pub fn new(board: Box<dyn Board>, misbehaviour: Option<Misbehaviour>) -> Self {
        Self {
            board,
            misbehaviour,
            calibration: calibration(),
            received: Vec::new(),
            volts: 0.0,
            powered: false,
            runs: false,
            counter: 0,
            samples: 0,
            left: [0.0; RANGES],
        }
    }

    /// Takes one command with its arguments off what was received.
    fn command(&mut self, answer: &mut Vec<u8>) -> bool {
        let taken = match self.received[..] {
            [command::START, ..] => {
                (self.runs, self.samples) = (true, 0);
                1
            }
            [command::STOP, ..] => {
                self.runs = false;
                1
            }
            [command::METADATA, ..] => {
                answer.extend(self.calibration.to_metadata().as_bytes());
                1
            }
            [command::BOARD_POWER, on, ..] => {
                self.powered = on == 1;
                2
            }
            [command::MODE, _, ..] => 2,
            [command::VOLTAGE, high, low, ..] => {
                let code = u16::from_be_bytes([high, low]);
                let millivolts = code.saturating_sub(LEAST_MV_CODE) + LEAST_MV;
                self.volts = f64::from(millivolts) / 1_000.0;
                3
            }
            [command::BOARD_POWER | command::MODE | command::VOLTAGE, ..] | [] => return false,
            _ => 1,
        };
        self.received.drain(..taken);
        true
    }

    /// The reading of a current, and its range. What rounding leaves out of one is part of the next, as
    /// noise does it in a real one.
    fn reading(&mut self, amperes: f64) -> (u16, usize) {
        let range = RANGE_ENDS.iter().position(|&end| amperes <= end);
        let range = range.unwrap_or(RANGES - 1);
        let it = &self.calibration;
        // UG · (r · (GS · r + GI) + S · V + I) = amperes, for r.
        let target = amperes / it.ug[range] - it.s[range] * self.volts - it.i[range];
        let (gs, gi) = (it.gs[range], it.gi[range]);
        let root = (gi * gi + 4.0 * gs * target).max(0.0).sqrt();
        let r = 2.0 * target / (gi + root);
        let adc = r * it.r[range] * 163_840.0 / 1.8 + it.o[range];
        let exact = adc / 4.0 + self.left[range];
        let reading = exact.round().clamp(0.0, MOST);
        self.left[range] = (exact - reading).clamp(-1.0, 1.0);
        (reading as u16, range)
    }

    fn sample(&mut self, bytes: &mut Vec<u8>) -> bool {
        let seconds = 1.0 / CAPABILITY.sample_rate_hz;
        let (ma, pin) = match self.powered {
            false => (0.0, false),
            true => match self.board.pass(seconds, self.volts) {
                Some(draw) => (draw.ma, draw.pin),
                None => return false,
            },
        };
        let (mut factor, mut logic) = (1.0, u32::from(pin));
        let now = self.samples;
        self.samples += 1;
        self.counter = (self.counter + 1) % 64;
        match self.misbehaviour {
            Some(Misbehaviour::Loses { at, samples }) if (at..at + samples).contains(&now) => {
                return true;
            }
            Some(Misbehaviour::Garbage { at }) if at == now => bytes.extend(b"abc"),
            Some(Misbehaviour::Disconnects { at }) if at == now => return false,
            Some(Misbehaviour::Miscalibrated { factor: by }) => factor = by,
            Some(Misbehaviour::NoMarks) => logic = 0,
            _ => {}
        }
        let (reading, range) = self.reading(ma * factor / 1_000.0);
        let word =
            u32::from(reading) | (range as u32) << 14 | u32::from(self.counter) << 18 | logic << 24;
        bytes.extend(word.to_le_bytes());
        true
    }
}

impl Device for Ppk2 {
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>) {
        self.received.extend(bytes);
        while self.command(answer) {}
    }

    fn send(&mut self, bytes: &mut Vec<u8>) -> bool {
        !self.runs || (0..CHUNK).all(|_| self.sample(bytes))
    }
}

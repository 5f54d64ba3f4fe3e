//! An LPM01A that isn't there.

use super::terminal::Device;
use super::{Board, Misbehaviour};
use crate::lpm01a::{CAPABILITY, SAMPLES_A_TIMESTAMP};

/// Samples that are made at once: 20 ms.
const CHUNK: usize = 100;

/// How often it looks at its input while it takes a sample: a real one sees every edge.
const LOOKS: u32 = 20;

/// The device.
pub struct Lpm01a {
    board: Box<dyn Board>,
    misbehaviour: Option<Misbehaviour>,
    received: Vec<u8>,
    volts: f64,
    powered: bool,
    runs: bool,
    samples: u64,
    pin: bool,
    /// What rounding has left out so far, A.
    left: f64,
}

impl Lpm01a {
    pub fn new(board: Box<dyn Board>, misbehaviour: Option<Misbehaviour>) -> Self {
        Self {
            board,
            misbehaviour,
            received: Vec::new(),
            volts: 0.0,
            powered: false,
            runs: false,
            samples: 0,
            pin: false,
            left: 0.0,
        }
    }

    fn line(&mut self, line: &str, answer: &mut Vec<u8>) {
        let mut words = line.split_whitespace();
        let Some(command) = words.next() else { return };
        let argument = words.next().unwrap_or_default();
        let known = match (command, argument) {
            (
                "htc" | "hrc" | "acqtime" | "trigdelay" | "trigsrc" | "eventsrc" | "output"
                | "format" | "freq" | "lcd",
                _,
            ) => true,
            ("volt", text) => {
                let millivolts: Option<f64> = text.strip_suffix('m').and_then(|it| it.parse().ok());
                self.volts = millivolts.unwrap_or_default() / 1_000.0;
                millivolts.is_some()
            }
            ("pwr", "on") => {
                self.powered = true;
                true
            }
            ("pwr", "off") => {
                self.powered = false;
                true
            }
            ("start", _) => {
                (self.runs, self.samples) = (true, 0);
                true
            }
            ("stop", _) => {
                if std::mem::take(&mut self.runs) {
                    answer.extend(b"end\r\nPowerShield > Acquisition completed\r\n");
                }
                true
            }
            _ => false,
        };
        let text = match known {
            true => format!("PowerShield > ack {command} {argument}\r\n"),
            false => format!("PowerShield > error {command}\r\nError detail: unknown\r\n"),
        };
        answer.extend(text.as_bytes());
    }

    /// Four digits and an exponent of ten.
    fn digits(&mut self, amperes: f64) -> String {
        let exact = amperes + self.left;
        let mut exponent = -9;
        while exact / 10_f64.powi(exponent) >= 9_999.5 {
            exponent += 1;
        }
        let mantissa = (exact / 10_f64.powi(exponent)).round().max(0.0);
        self.left = exact - mantissa * 10_f64.powi(exponent);
        format!("{:04}{:+03}\r\n", mantissa as u32, exponent)
    }

    fn sample(&mut self, bytes: &mut Vec<u8>) -> bool {
        let seconds = 1.0 / CAPABILITY.sample_rate_hz / f64::from(LOOKS);
        let (mut ma, mut fell) = (0.0, false);
        for _ in 0..LOOKS {
            let pin = match self.powered {
                false => false,
                true => match self.board.pass(seconds, self.volts) {
                    Some(draw) => {
                        ma += draw.ma / f64::from(LOOKS);
                        draw.pin
                    }
                    None => return false,
                },
            };
            fell |= std::mem::replace(&mut self.pin, pin) && !pin;
        }
        if ma > CAPABILITY.most_ma {
            // It cuts the supply, and ends.
            (self.powered, self.runs) = (false, false);
            bytes.extend(b"error overcurrent\r\nend\r\n");
            return true;
        }
        let now = self.samples;
        self.samples += 1;
        if now.is_multiple_of(SAMPLES_A_TIMESTAMP) {
            let ms = now * 1_000 / CAPABILITY.sample_rate_hz as u64;
            let (s, ms) = (ms / 1_000, ms % 1_000);
            let stamp = format!("TimeStamp: {s:03}s {ms:03}ms, buff 00%\r\n");
            bytes.extend(stamp.as_bytes());
        }
        let mut factor = 1.0;
        match self.misbehaviour {
            Some(Misbehaviour::Loses { at, samples }) if (at..at + samples).contains(&now) => {
                return true;
            }
            Some(Misbehaviour::Garbage { at }) if at == now => bytes.extend(b"6409-0\r\n"),
            Some(Misbehaviour::Disconnects { at }) if at == now => return false,
            Some(Misbehaviour::Miscalibrated { factor: by }) => factor = by,
            _ => {}
        }
        if fell && self.misbehaviour != Some(Misbehaviour::NoMarks) {
            // As real ones say of falling edges.
            bytes.extend(b"event 12 ris\r\n");
        }
        let digits = self.digits(ma * factor / 1_000.0);
        bytes.extend(digits.as_bytes());
        true
    }
}

impl Device for Lpm01a {
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>) {
        self.received.extend(bytes);
        while let Some(end) = self.received.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.received.drain(..=end).collect();
            self.line(&String::from_utf8_lossy(&line), answer);
        }
    }

    fn send(&mut self, bytes: &mut Vec<u8>) -> bool {
        (0..CHUNK).all(|_| !self.runs || self.sample(bytes))
    }
}

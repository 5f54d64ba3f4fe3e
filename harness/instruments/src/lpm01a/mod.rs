//! ST's X-NUCLEO-LPM01A: supply and ampere meter with a serial port of 3,686,400 baud.
//!
//! Commands and streams are those of ST's user manual UM2269. It is asked for 5,000 samples a second in
//! ASCII, the most that it sends for any length of time, because only there it tells edges on its input
//! D7. [`binary`] decodes the faster stream without edges.

pub mod ascii;
pub mod binary;
mod stamps;

use std::time::{Duration, Instant};

use crate::instrument::{Capability, Event, Instrument, InstrumentError};
use crate::port::Port;

/// What it can do.
pub const CAPABILITY: Capability = Capability {
    sample_rate_hz: 5_000.0,
    supply_v: [1.8, 3.3],
    most_ma: 50.0,
    told_within_s: 0.2,
    logic_inputs: 1,
};

/// Samples between two time stamps.
pub(crate) const SAMPLES_A_TIMESTAMP: u64 = 1_000;
/// The bit of [`Sample::logic`](crate::Sample::logic) that stands for its input D7: low for the one
/// sample behind a falling edge.
pub(crate) const MARK: u8 = 1 << 7;

/// Baud of its serial port.
const BAUD: u32 = 3_686_400;
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait at once.
const SLICE: Duration = Duration::from_millis(50);
/// The most that is looked at for an answer, bytes.
const MOST_ANSWER: usize = 1 << 16;

/// An open instrument.
pub struct Lpm01a {
    port: Port,
    decoder: ascii::Decoder,
    /// Whether it has ended the measurement, on its own or not.
    ended: bool,
}

impl Lpm01a {
    /// Opens the instrument at `path` and takes control of it.
    ///
    /// # Errors
    /// If the port can't be opened, or what is there doesn't answer.
    pub fn open(path: &str) -> Result<Self, InstrumentError> {
        let port = Port::open(path, BAUD, format!("LPM01A on {path}"))?;
        let mut instrument = Self {
            port,
            decoder: ascii::Decoder::default(),
            ended: false,
        };
        instrument.ask("htc")?;
        for command in [
            "pwr off",
            "acqtime inf",
            "trigdelay 0",
            "trigsrc sw",
            "eventsrc d7 fal",
            "output current",
            "format ascii_dec",
            "freq 5k",
        ] {
            instrument.ask(command)?;
        }
        Ok(instrument)
    }

    /// Sends a command and waits until it is acknowledged.
    fn ask(&mut self, command: &str) -> Result<(), InstrumentError> {
        self.port.send(format!("{command}\r\n").as_bytes())?;
        let word = command.split(' ').next().unwrap_or(command);
        let end = Instant::now() + ANSWER_TIMEOUT;
        let mut text = String::new();
        loop {
            text += &String::from_utf8_lossy(self.port.receive(SLICE)?);
            // Only whole lines.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            for line in whole.lines() {
                let answer = line.trim().trim_start_matches("PowerShield >").trim();
                let mut words = answer.split_whitespace();
                match (words.next(), words.next()) {
                    (Some("ack"), Some(acknowledged)) if acknowledged == word => return Ok(()),
                    (Some("error" | "err"), _) => {
                        return Err(InstrumentError::Refused {
                            instrument: self.port.instrument().to_owned(),
                            command: command.to_owned(),
                            reason: answer.to_owned(),
                        });
                    }
                    _ => {}
                }
            }
            if Instant::now() > end || text.len() > MOST_ANSWER {
                return Err(self.port.protocol(format!("no answer to `{command}`")));
            }
        }
    }
}

impl Instrument for Lpm01a {
    fn capability(&self) -> Capability {
        CAPABILITY
    }

    fn supply(&mut self, volts: f64) -> Result<(), InstrumentError> {
        CAPABILITY.check_supply("LPM01A", volts)?;
        self.ask(&format!("volt {}m", (volts * 1_000.0).round()))?;
        self.ask("pwr on nostatus")
    }

    fn start(&mut self) -> Result<(), InstrumentError> {
        (self.decoder, self.ended) = (ascii::Decoder::default(), false);
        // The answer comes with the stream, where it means nothing.
        self.port.send(b"start\r\n")
    }

    fn read(&mut self, events: &mut Vec<Event>, patience: Duration) -> Result<(), InstrumentError> {
        let before = events.len();
        let bytes = self.port.receive(patience)?;
        self.decoder.feed(bytes, events);
        self.ended |= events[before..].contains(&Event::End);
        Ok(())
    }

    fn stop(&mut self, events: &mut Vec<Event>) -> Result<(), InstrumentError> {
        self.port.send(b"stop\r\n")?;
        let end = Instant::now() + STOP_TIMEOUT;
        while !self.ended {
            self.read(events, SLICE)?;
            if Instant::now() > end {
                return Err(self.port.protocol("it doesn't stop"));
            }
        }
        Ok(())
    }
}

impl Drop for Lpm01a {
    fn drop(&mut self) {
        // It may be gone, and then is off as well.
        let _ = self.port.send(b"stop\r\npwr off\r\nhrc\r\n");
    }
}

//! Nordic's Power Profiler Kit II as a source meter: 100,000 samples a second with eight logic inputs.
//!
//! The protocol is that of Nordic's application (NordicSemiconductor/pc-nrfconnect-ppk,
//! `src/device/serialDevice.ts`): bytes on a serial port over USB, whose speed doesn't matter. The kit
//! doesn't tell the voltage at the board, so it has to be the supply, and what it was set to counts.

mod calibration;
mod decoder;

use std::time::{Duration, Instant};

pub use calibration::{Calibration, MetadataError, RANGES};
pub use decoder::Decoder;

use crate::instrument::{Capability, Event, Instrument, InstrumentError};
use crate::port::Port;

/// What it can do.
pub const CAPABILITY: Capability = Capability {
    sample_rate_hz: 100_000.0,
    supply_v: [0.8, 5.0],
    most_ma: 1_000.0,
    told_within_s: 0.0,
    logic_inputs: 8,
};

/// Commands.
pub(crate) mod command {
    pub const START: u8 = 0x06;
    pub const STOP: u8 = 0x07;
    pub const BOARD_POWER: u8 = 0x0C;
    pub const VOLTAGE: u8 = 0x0D;
    pub const MODE: u8 = 0x11;
    pub const METADATA: u8 = 0x19;
    /// Argument of [`MODE`]: it is the supply.
    pub const SOURCE: u8 = 2;
}

/// The voltage is sent as two bytes: 800 mV are 3 and 32, each mV is one more.
pub(crate) const LEAST_MV: u16 = 800;
pub(crate) const LEAST_MV_CODE: u16 = 3 << 8 | 32;

/// How long metadata may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it may go on behind a stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// The end of metadata.
const METADATA_END: &str = "END";
/// The most of it, bytes.
const MOST_METADATA: usize = 1 << 14;
/// The stream has ended once it is quiet for so long.
const QUIET: Duration = Duration::from_millis(50);

/// An open kit.
pub struct Ppk2 {
    port: Port,
    calibration: Calibration,
    volts: f64,
    decoder: Option<Decoder>,
}

impl Ppk2 {
    /// Opens the kit at `path` and reads its calibration.
    ///
    /// # Errors
    /// If the port can't be opened, or what is there isn't a kit.
    pub fn open(path: &str) -> Result<Self, InstrumentError> {
        let mut port = Port::open(path, 115_200, format!("PPK2 on {path}"))?;
        // It may still be sending, if whoever used it before was killed.
        port.send(&[command::STOP])?;
        let end = Instant::now() + METADATA_TIMEOUT;
        while !port.receive(QUIET)?.is_empty() {
            if Instant::now() > end {
                return Err(port.protocol("it doesn't stop sending"));
            }
        }
        port.send(&[command::METADATA])?;
        let end = Instant::now() + METADATA_TIMEOUT;
        let mut text = String::new();
        while !text.contains(METADATA_END) {
            if Instant::now() > end || text.len() > MOST_METADATA {
                return Err(port.protocol("it doesn't tell its calibration"));
            }
            text += &String::from_utf8_lossy(port.receive(QUIET)?);
        }
        let calibration = Calibration::parse(&text).map_err(|it| port.protocol(it.to_string()))?;
        Ok(Self {
            port,
            calibration,
            volts: 0.0,
            decoder: None,
        })
    }
}

impl Instrument for Ppk2 {
    fn capability(&self) -> Capability {
        CAPABILITY
    }

    fn supply(&mut self, volts: f64) -> Result<(), InstrumentError> {
        CAPABILITY.check_supply("PPK2", volts)?;
        let millivolts = (volts * 1_000.0).round() as u16;
        self.volts = f64::from(millivolts) / 1_000.0;
        let [high, low] = (LEAST_MV_CODE + (millivolts - LEAST_MV)).to_be_bytes();
        self.port.send(&[command::MODE, command::SOURCE])?;
        self.port.send(&[command::VOLTAGE, high, low])?;
        self.port.send(&[command::BOARD_POWER, 1])
    }

    fn start(&mut self) -> Result<(), InstrumentError> {
        self.decoder = Some(Decoder::new(self.calibration, self.volts));
        self.port.send(&[command::START])
    }

    fn read(&mut self, events: &mut Vec<Event>, patience: Duration) -> Result<(), InstrumentError> {
        let bytes = self.port.receive(patience)?;
        if let Some(decoder) = &mut self.decoder {
            decoder.feed(bytes, events);
        }
        Ok(())
    }

    fn stop(&mut self, events: &mut Vec<Event>) -> Result<(), InstrumentError> {
        self.port.send(&[command::STOP])?;
        let end = Instant::now() + STOP_TIMEOUT;
        loop {
            let before = events.len();
            self.read(events, QUIET)?;
            if events.len() == before {
                self.decoder = None;
                return Ok(());
            }
            if Instant::now() > end {
                return Err(self.port.protocol("it doesn't stop"));
            }
        }
    }
}

impl Drop for Ppk2 {
    fn drop(&mut self) {
        // It may be gone, and then is off as well.
        let _ = self.port.send(&[command::STOP]);
        let _ = self.port.send(&[command::BOARD_POWER, 0]);
    }
}

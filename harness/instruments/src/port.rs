//! The serial port of an instrument.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use serialport::{ClearBuffer, SerialPort};
use tinybench_support::interrupt;

use crate::instrument::InstrumentError;

/// How often a wait for bytes looks whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes that are read at once: a few milliseconds of the fastest stream.
const CHUNK: usize = 1 << 14;

/// An open port.
pub struct Port {
    port: Box<dyn SerialPort>,
    /// What the instrument behind it is called in errors.
    instrument: String,
    chunk: Vec<u8>,
}

impl Port {
    /// Opens the port of `instrument`. What had arrived before is thrown away.
    pub fn open(path: &str, baud: u32, instrument: String) -> Result<Self, InstrumentError> {
        let opened = serialport::new(path, baud)
            .timeout(LOOK)
            .open()
            .and_then(|opened| opened.clear(ClearBuffer::Input).map(|()| opened));
        let port = opened.map_err(|error| InstrumentError::Open {
            port: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            port,
            instrument,
            chunk: vec![0; CHUNK],
        })
    }

    /// The instrument behind it.
    pub fn instrument(&self) -> &str {
        &self.instrument
    }

    /// Sends bytes.
    pub fn send(&mut self, mut bytes: &[u8]) -> Result<(), InstrumentError> {
        while !bytes.is_empty() {
            match self.port.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if is_wait(&error) => interrupt::check()?,
                Err(error) => return Err(self.lost(error)),
            }
        }
        Ok(())
    }

    /// The bytes that have come, waiting for `patience` at most; none if nothing came.
    pub fn receive(&mut self, patience: Duration) -> Result<&[u8], InstrumentError> {
        interrupt::check()?;
        let wait = patience.clamp(Duration::from_millis(1), LOOK);
        if let Err(error) = self.port.set_timeout(wait) {
            return Err(self.lost(error.into()));
        }
        match self.port.read(&mut self.chunk) {
            Ok(0) => Err(self.lost(ErrorKind::UnexpectedEof.into())),
            Ok(count) => Ok(&self.chunk[..count]),
            Err(error) if is_wait(&error) => Ok(&[]),
            Err(error) => Err(self.lost(error)),
        }
    }

    fn lost(&self, source: io::Error) -> InstrumentError {
        InstrumentError::Lost {
            instrument: self.instrument.clone(),
            source,
        }
    }

    /// The error of an instrument that answers otherwise than it should.
    pub fn protocol(&self, reason: impl Into<String>) -> InstrumentError {
        InstrumentError::Protocol {
            instrument: self.instrument.clone(),
            reason: reason.into(),
        }
    }
}

fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock
    )
}

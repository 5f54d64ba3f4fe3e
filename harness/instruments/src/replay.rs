//! A recorded trace in the place of an instrument.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::instrument::{Capability, Event, Instrument, InstrumentError};
use crate::trace::{Header, Reader};

/// A trace that is played as fast as it is read.
pub struct Replay {
    path: PathBuf,
    reader: Reader<File>,
}

impl Replay {
    /// Opens the trace at `path`.
    ///
    /// # Errors
    /// If it can't be opened or is no trace.
    pub fn open(path: &Path) -> Result<Self, InstrumentError> {
        let file = File::open(path).map_err(|error| InstrumentError::Open {
            port: path.display().to_string(),
            reason: error.to_string(),
        })?;
        let reader = Reader::new(file).map_err(|error| InstrumentError::Protocol {
            instrument: path.display().to_string(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader,
        })
    }

    /// What the trace begins with.
    pub fn header(&self) -> &Header {
        self.reader.header()
    }
}

impl Instrument for Replay {
    fn capability(&self) -> Capability {
        let header = self.header();
        Capability {
            sample_rate_hz: header.sample_rate_hz,
            supply_v: [header.supply_v; 2],
            most_ma: f64::INFINITY,
            told_within_s: 0.0,
            logic_inputs: 8,
        }
    }

    fn supply(&mut self, volts: f64) -> Result<(), InstrumentError> {
        Ok(self.capability().check_supply("the trace", volts)?)
    }

    fn start(&mut self) -> Result<(), InstrumentError> {
        Ok(())
    }

    fn read(&mut self, events: &mut Vec<Event>, _: Duration) -> Result<(), InstrumentError> {
        match self.reader.read(events) {
            Ok(true) => {}
            Ok(false) => events.push(Event::End),
            Err(error) => {
                return Err(InstrumentError::Protocol {
                    instrument: self.path.display().to_string(),
                    reason: error.to_string(),
                });
            }
        }
        Ok(())
    }

    fn stop(&mut self, _: &mut Vec<Event>) -> Result<(), InstrumentError> {
        Ok(())
    }
}

//! What an instrument says during a session, and what of it belongs to windows.

use std::path::Path;
use std::time::{Duration, Instant};

use tinybench_instruments::emulated::Emulated;
use tinybench_instruments::trace::{self, Header};
use tinybench_instruments::{
    Event, Instrument, InstrumentError, Integral, Integration, Kind, Plan, TraceFile,
    TraceWriteError,
};
use tinybench_support::exit::{Exit, Exits};

/// An instrument that says nothing for so long has stopped.
const SILENCE: Duration = Duration::from_secs(10);
/// How far what an instrument has told may lag behind what the device did, and how long that is waited for.
const LAG: Duration = Duration::from_millis(100);
const CATCH_UP: Duration = Duration::from_secs(30);
/// How long to wait at once.
const SLICE: Duration = Duration::from_millis(100);

/// An instrument that samples all the time.
pub struct Sampler {
    instrument: Box<dyn Instrument>,
    /// Its far end, if it is emulated. It ends with this.
    _emulated: Option<Emulated>,
    header: Header,
    /// When it began, by the clock of the device's link, and how many samples there were since, those that
    /// were lost as well.
    begin: Duration,
    samples: u64,
    measured: Option<Measured>,
}

/// Windows that are under way.
struct Measured {
    integration: Integration,
    trace: TraceFile,
}

/// Why there are no sums.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its type says")]
pub enum SamplerError {
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    #[error(transparent)]
    Trace(#[from] TraceWriteError),
}

impl Exits for SamplerError {
    fn exit(&self) -> Exit {
        match self {
            Self::Instrument(error) => error.exit(),
            Self::Trace(_) => Exit::Output,
        }
    }
}

impl Sampler {
    /// Has an instrument of `kind` sample a device that it supplies with `supply_v`; it is `now` by the
    /// clock of the device's link.
    ///
    /// # Errors
    /// If it refuses, or is lost.
    pub fn start(
        mut instrument: Box<dyn Instrument>,
        emulated: Option<Emulated>,
        kind: Kind,
        supply_v: f64,
        now: Duration,
    ) -> Result<Self, InstrumentError> {
        let header = Header {
            schema: trace::SCHEMA.to_owned(),
            instrument: kind.title().to_owned(),
            sample_rate_hz: instrument.capability().sample_rate_hz,
            supply_v,
            mark_input: kind.mark_input(),
        };
        instrument.start()?;
        Ok(Self {
            instrument,
            _emulated: emulated,
            header,
            begin: now,
            samples: 0,
            measured: None,
        })
    }

    /// What a trace of it begins with.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Takes what the instrument says within `patience`. False if it said nothing.
    ///
    /// # Errors
    /// If it is lost, or the trace can't be written.
    pub fn sample(&mut self, patience: Duration) -> Result<bool, SamplerError> {
        let mut events = Vec::new();
        self.instrument.read(&mut events, patience)?;
        for event in &events {
            let samples = match event {
                Event::Sample(_) => 1,
                Event::Lost(samples) => *samples,
                _ => 0,
            };
            self.samples = self.samples.saturating_add(samples);
        }
        if let Some(measured) = &mut self.measured {
            let taken = measured.integration.feed_until_settled(&events);
            measured.trace.write(&events[..taken])?;
        }
        Ok(!events.is_empty())
    }

    /// Takes what the instrument says until that is of the time `now` by the clock of the device's link.
    ///
    /// # Errors
    /// As [`Self::sample`].
    pub fn catch_up(&mut self, now: Duration) -> Result<(), SamplerError> {
        let passed = now.saturating_sub(self.begin) + LAG;
        let due = passed.as_secs_f64() * self.header.sample_rate_hz;
        // The clocks of real ones aren't equal, so it isn't waited for ever.
        let end = Instant::now() + CATCH_UP;
        while (self.samples as f64) < due && Instant::now() < end {
            if !self.sample(SLICE)? {
                let silent = Instant::now();
                while !self.sample(SLICE)? {
                    if silent.elapsed() > SILENCE {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins to add windows up, and a trace at `path`.
    ///
    /// # Errors
    /// If that can't be written.
    pub fn begin(&mut self, windows: u32, path: &Path) -> Result<(), TraceWriteError> {
        let trace = TraceFile::create(path, &self.header)?;
        self.measured = Some(Measured {
            integration: Integration::new(Plan {
                sample_rate_hz: self.header.sample_rate_hz,
                supply_v: self.header.supply_v,
                mark_input: self.header.mark_input,
                windows,
                // Between windows the device talks and warms up: that is no baseline.
                settle_s: f64::INFINITY,
                late_s: self.instrument.capability().told_within_s,
            }),
            trace,
        });
        Ok(())
    }

    /// What the windows add up to, each of which took `expected_s` by another clock, if one told it. The
    /// trace stands at its path, also where this fails.
    ///
    /// # Errors
    /// As [`Self::sample`].
    pub fn end(&mut self, expected_s: &[f64]) -> Result<Option<Integral>, SamplerError> {
        let mut heard = Instant::now();
        let mut outcome = Ok(());
        while let Some(measured) = &self.measured {
            // An edge that is missing doesn't come later either.
            let it = &measured.integration;
            if it.is_settled() || it.has_ended() || heard.elapsed() > SILENCE {
                break;
            }
            let before = it.windows_done();
            match self.sample(SLICE) {
                Ok(_) => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
            let done = self.measured.as_ref();
            if done.is_some_and(|it| it.integration.windows_done() > before) {
                heard = Instant::now();
            }
        }
        let Some(measured) = self.measured.take() else {
            return Ok(None);
        };
        measured.trace.keep()?;
        outcome?;
        Ok(Some(measured.integration.finish(expected_s)))
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        // What was measured until something went wrong stays.
        if let Some(measured) = self.measured.take() {
            let _ = measured.trace.keep();
        }
        let _ = self.instrument.stop(&mut Vec::new());
    }
}

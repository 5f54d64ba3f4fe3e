//! Traces: everything that came out of an instrument, in a file. `docs/power.md` describes the format.
//!
//! A trace is a gzip file. It begins with a line of JSON, the [`Header`]. Behind it come blocks, each a
//! byte that says what it is and its content, all numbers little-endian.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::instrument::{Event, Sample};

/// What the header names.
pub const SCHEMA: &str = "tinybench.trace/1";
/// Samples of a block at most.
const MOST_SAMPLES: usize = 1 << 16;
/// Bytes of the header and of a text at most.
const MOST_TEXT: u32 = 1 << 16;

/// `u32` count n, n currents in mA as `f32`, n bytes of logic inputs, n bytes that are 1 where the
/// instrument was saturated.
const SAMPLES: u8 = 0;
/// `u64`: so many samples are missing here.
const LOST: u8 = 1;
/// `f64`: voltage at the board, V.
const VOLTAGE: u8 = 2;
/// `u32` length, UTF-8: bytes that were no sample.
const DAMAGED: u8 = 3;
/// As before: what the instrument said that was wrong.
const FAULT: u8 = 4;
/// The instrument ended the measurement.
const END: u8 = 5;

/// What a trace begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the samples are from, such as `Nordic Power Profiler Kit II`.
    pub instrument: String,
    /// Samples a second.
    pub sample_rate_hz: f64,
    /// The voltage that the instrument was set to, V.
    pub supply_v: f64,
    /// The logic input on which the firmware marks its windows, from 0.
    pub mark_input: u32,
}

/// A trace can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file can't be read, or isn't gzip.
    #[error("it can't be read: {0}")]
    Read(#[from] io::Error),
    /// It is no trace.
    #[error("it is no trace of tinybench: {0}")]
    Header(String),
    /// It is damaged.
    #[error("it is damaged behind sample {sample}: {reason}")]
    Damaged {
        /// How many samples were there until then.
        sample: u64,
        /// What is wrong.
        reason: String,
    },
}

/// Writes a trace as its samples come.
pub struct Writer<W: Write> {
    encoder: GzEncoder<W>,
    samples: Vec<Sample>,
}

impl<W: Write> Writer<W> {
    /// Begins a trace.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn new(to: W, header: &Header) -> io::Result<Self> {
        let mut encoder = GzEncoder::new(to, Compression::fast());
        serde_json::to_writer(&mut encoder, header)?;
        encoder.write_all(b"\n")?;
        Ok(Self {
            encoder,
            samples: Vec::new(),
        })
    }

    /// Appends what came out of the instrument.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&mut self, events: &[Event]) -> io::Result<()> {
        for event in events {
            match event {
                Event::Sample(sample) => {
                    self.samples.push(*sample);
                    if self.samples.len() == MOST_SAMPLES {
                        self.flush_samples()?;
                    }
                }
                other => {
                    self.flush_samples()?;
                    self.other(other)?;
                }
            }
        }
        Ok(())
    }

    fn other(&mut self, event: &Event) -> io::Result<()> {
        let (kind, content) = match event {
            Event::Lost(count) => (LOST, count.to_le_bytes().to_vec()),
            Event::Voltage(volts) => (VOLTAGE, volts.to_le_bytes().to_vec()),
            Event::Damaged(text) => (DAMAGED, text_block(text)),
            Event::Fault(text) => (FAULT, text_block(text)),
            Event::End | Event::Sample(_) => (END, Vec::new()),
        };
        self.encoder.write_all(&[kind])?;
        self.encoder.write_all(&content)
    }

    fn flush_samples(&mut self) -> io::Result<()> {
        if self.samples.is_empty() {
            return Ok(());
        }
        let samples = std::mem::take(&mut self.samples);
        let mut block = vec![SAMPLES];
        block.extend((samples.len() as u32).to_le_bytes());
        block.extend(samples.iter().flat_map(|it| it.ma.to_le_bytes()));
        block.extend(samples.iter().map(|it| it.logic));
        block.extend(samples.iter().map(|it| u8::from(it.saturated)));
        self.encoder.write_all(&block)
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush_samples()?;
        self.encoder.finish()
    }
}

fn text_block(text: &str) -> Vec<u8> {
    let mut end = text.len().min(MOST_TEXT as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text.as_bytes()[..end];
    [&(text.len() as u32).to_le_bytes()[..], text].concat()
}

/// Reads a trace block by block.
pub struct Reader<R: Read> {
    decoder: BufReader<MultiGzDecoder<R>>,
    header: Header,
    samples: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// If it isn't a trace.
    pub fn new(from: R) -> Result<Self, TraceError> {
        let mut decoder = BufReader::new(MultiGzDecoder::new(from));
        let mut line = Vec::new();
        (&mut decoder)
            .take(u64::from(MOST_TEXT))
            .read_until(b'\n', &mut line)?;
        let header: Header =
            serde_json::from_slice(&line).map_err(|error| TraceError::Header(error.to_string()))?;
        if header.schema != SCHEMA {
            let found = header.schema;
            let reason = format!("its schema is {found:?}, this version reads {SCHEMA:?}");
            return Err(TraceError::Header(reason));
        }
        let rate = header.sample_rate_hz;
        let sensible = (f64::MIN_POSITIVE..=1e9).contains(&rate)
            && (0.0..=100.0).contains(&header.supply_v)
            && header.mark_input < 8;
        if !sensible {
            let reason = "sample rate, voltage or input is out of range".to_owned();
            return Err(TraceError::Header(reason));
        }
        Ok(Self {
            decoder,
            header,
            samples: 0,
        })
    }

    /// What the trace begins with.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Appends the next block. False behind the last.
    ///
    /// # Errors
    /// If the rest is damaged.
    pub fn read(&mut self, events: &mut Vec<Event>) -> Result<bool, TraceError> {
        let mut kind = [0];
        if self.decoder.read(&mut kind)? == 0 {
            return Ok(false);
        }
        match kind[0] {
            SAMPLES => {
                let count = u32::from_le_bytes(self.array()?) as usize;
                if count > MOST_SAMPLES {
                    return Err(self.damaged(format!("a block of {count} samples")));
                }
                let currents = self.bytes(4 * count)?;
                let logic = self.bytes(count)?;
                let saturated = self.bytes(count)?;
                let (currents, _) = currents.as_chunks::<4>();
                for ((ma, logic), saturated) in currents.iter().zip(logic).zip(saturated) {
                    events.push(Event::Sample(Sample {
                        ma: f32::from_le_bytes(*ma),
                        logic,
                        saturated: saturated != 0,
                    }));
                }
                self.samples += count as u64;
            }
            LOST => events.push(Event::Lost(u64::from_le_bytes(self.array()?))),
            VOLTAGE => events.push(Event::Voltage(f64::from_le_bytes(self.array()?))),
            DAMAGED => events.push(Event::Damaged(self.text()?)),
            FAULT => events.push(Event::Fault(self.text()?)),
            END => events.push(Event::End),
            other => return Err(self.damaged(format!("a block of the unknown kind {other}"))),
        }
        Ok(true)
    }

    fn damaged(&self, reason: String) -> TraceError {
        TraceError::Damaged {
            sample: self.samples,
            reason,
        }
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, TraceError> {
        let mut bytes = vec![0; count];
        match self.decoder.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(self.damaged(error.to_string())),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TraceError> {
        let bytes = self.bytes(N)?;
        Ok(bytes.try_into().unwrap_or([0; N]))
    }

    fn text(&mut self) -> Result<String, TraceError> {
        let length = u32::from_le_bytes(self.array()?);
        if length > MOST_TEXT {
            return Err(self.damaged(format!("a text of {length} bytes")));
        }
        let bytes = self.bytes(length as usize)?;
        String::from_utf8(bytes).map_err(|_| self.damaged("a text that isn't UTF-8".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> Header {
        Header {
            schema: SCHEMA.to_owned(),
            instrument: "Nordic Power Profiler Kit II".to_owned(),
            sample_rate_hz: 100_000.0,
            supply_v: 3.0,
            mark_input: 0,
        }
    }

    fn written(events: &[Event]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        writer.write(events).unwrap();
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<Event>, TraceError> {
        let mut reader = Reader::new(bytes)?;
        let mut events = Vec::new();
        while reader.read(&mut events)? {}
        Ok(events)
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            8 => (0.0..100.0_f32, any::<u8>(), any::<bool>()).prop_map(|(ma, logic, saturated)| {
                Event::Sample(Sample { ma, logic, saturated })
            }),
            1 => any::<u64>().prop_map(Event::Lost),
            1 => (0.0..5.0).prop_map(Event::Voltage),
            1 => ".{0,20}".prop_map(Event::Damaged),
            1 => ".{0,20}".prop_map(Event::Fault),
            1 => Just(Event::End),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(events in prop::collection::vec(event(), 0..100)) {
            prop_assert_eq!(read(&written(&events)).unwrap(), events);
        }

        #[test]
        fn damage_is_an_error_or_reads_as_something(
            events in prop::collection::vec(event(), 0..50),
            at in any::<prop::sample::Index>(),
            with in any::<u8>(),
        ) {
            let mut bytes = written(&events);
            let at = at.index(bytes.len());
            bytes[at] = with;
            let _ = read(&bytes);
            bytes.truncate(at);
            let _ = read(&bytes);
        }

        #[test]
        fn what_is_behind_a_header_may_be_anything(tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            serde_json::to_writer(&mut encoder, &header()).unwrap();
            encoder.write_all(b"\n").unwrap();
            encoder.write_all(&tail).unwrap();
            let _ = read(&encoder.finish().unwrap());
        }
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        for (bytes, told) in [
            (b"hello".to_vec(), "can't be read"),
            (Vec::new(), "can't be read"),
        ] {
            let error = read(&bytes).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let newer = Header {
            schema: "tinybench.trace/2".to_owned(),
            ..header()
        };
        let bytes = Writer::new(Vec::new(), &newer).unwrap().finish().unwrap();
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.contains("tinybench.trace/2"), "{error}");
        let absurd = Header {
            sample_rate_hz: 0.0,
            ..header()
        };
        let bytes = Writer::new(Vec::new(), &absurd).unwrap().finish().unwrap();
        assert!(read(&bytes).is_err());
    }

    #[test]
    fn a_trace_that_breaks_off_says_where() {
        let sample = Event::Sample(Sample {
            ma: 1.0,
            logic: 0,
            saturated: false,
        });
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let whole = written(&vec![sample; 10]);
        let mut plain = Vec::new();
        MultiGzDecoder::new(&whole[..])
            .read_to_end(&mut plain)
            .unwrap();
        plain.extend([SAMPLES, 5]);
        encoder.write_all(&plain).unwrap();
        let error = read(&encoder.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("behind sample 10"), "{error}");
    }
}

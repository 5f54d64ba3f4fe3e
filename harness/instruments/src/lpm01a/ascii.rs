//! The ASCII stream of an LPM01A (`format ascii_dec`).

use super::MARK;
use super::stamps::Stamps;
use crate::instrument::{Event, Sample};

/// Longest line that can mean something, bytes.
const MOST_LINE: usize = 256;

/// Decodes lines: samples such as `6409-07`, 6409 · 10⁻⁷ A; `TimeStamp: 001s 000ms, buff 00%` behind
/// each 1,000 of them; `event 12 ris` for an edge on the input that was chosen; `end`; `error ...`.
/// Answers to commands tell nothing.
#[derive(Clone, Debug)]
pub struct Decoder {
    line: Vec<u8>,
    stamps: Stamps,
    /// Edges that the next sample has to show.
    marked: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            line: Vec::new(),
            stamps: Stamps::new(super::CAPABILITY.sample_rate_hz as u64 / 1_000),
            marked: false,
        }
    }
}

impl Decoder {
    /// Appends what `bytes` say.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        for &byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.line(&line, events);
                }
                byte if self.line.len() < MOST_LINE => self.line.push(byte),
                _ => {}
            }
        }
    }

    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        let damaged = || Event::Damaged(format!("the line {:?}", String::from_utf8_lossy(line)));
        let Ok(text) = std::str::from_utf8(line) else {
            events.push(damaged());
            return;
        };
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        if text.is_empty() {
            return;
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            match amperes(text) {
                Some(amperes) => self.sample(amperes, events),
                None => events.push(damaged()),
            }
        } else if let Some(time) = lower.strip_prefix("timestamp:") {
            match milliseconds(time) {
                Some(ms) => events.extend(self.stamps.stamp(ms)),
                None => events.push(damaged()),
            }
        } else if lower.starts_with("event") {
            self.marked = true;
        } else if lower == "end" || lower.contains("acquisition completed") {
            events.push(Event::End);
        } else if lower.contains("overcurrent") {
            events.push(Event::Fault("overcurrent: the supply was cut".to_owned()));
        } else if lower.starts_with("error") {
            events.push(Event::Fault(text.to_owned()));
        } else if !is_answer(&lower) {
            events.push(damaged());
        }
    }

    fn sample(&mut self, amperes: f64, events: &mut Vec<Event>) {
        self.stamps.sample();
        let logic = if std::mem::take(&mut self.marked) {
            !MARK
        } else {
            u8::MAX
        };
        events.push(Event::Sample(Sample {
            ma: (amperes * 1_000.0) as f32,
            logic,
            // Nothing beyond that can be measured: a damaged exponent gives such figures as well.
            saturated: !amperes.is_finite() || amperes.abs() * 1_000.0 > super::CAPABILITY.most_ma,
        }));
    }
}

/// Lines that answer commands, or tell what everyone can see.
fn is_answer(line: &str) -> bool {
    ["powershield", "ack", "summary", "pwr", "info"]
        .iter()
        .any(|word| line.starts_with(word))
}

/// The time of a stamp such as ` 001s 200ms, buff 00%`.
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, rest) = text.split_once('s')?;
    let (milliseconds, _) = rest.split_once("ms")?;
    let seconds: u64 = seconds.trim().parse().ok()?;
    let milliseconds: u64 = milliseconds.trim().parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(milliseconds)
}

/// Four digits, a sign and two digits: mantissa and exponent of ten.
fn amperes(text: &str) -> Option<f64> {
    let bytes: [u8; 7] = text.as_bytes().try_into().ok()?;
    let number = |digits: &[u8]| {
        let digit = |sum: Option<i32>, byte: &u8| {
            Some(sum? * 10 + i32::from(byte.is_ascii_digit().then(|| byte - b'0')?))
        };
        digits.iter().fold(Some(0), digit)
    };
    let exponent = match bytes[4] {
        b'-' => -number(&bytes[5..])?,
        b'+' => number(&bytes[5..])?,
        _ => return None,
    };
    Some(f64::from(number(&bytes[..4])?) * 10_f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Vec<Event> {
        let mut events = Vec::new();
        Decoder::default().feed(text.as_bytes(), &mut events);
        events
    }

    fn sample(ma: f32, logic: u8) -> Event {
        Event::Sample(Sample {
            ma,
            logic,
            saturated: false,
        })
    }

    #[test]
    fn samples_events_and_the_end_are_told() {
        let events = decode(
            "PowerShield > ack start\r\nTimeStamp: 000s 000ms, buff 00%\r\n6409-07\r\n1500-05\r\n\
             event 12 ris\r\n0001-03\r\n0000+00\r\nend\r\n",
        );
        assert_eq!(
            events,
            [
                sample(0.6409, 0xFF),
                sample(15.0, 0xFF),
                sample(1.0, 0x7F),
                sample(0.0, 0xFF),
                Event::End
            ]
        );
    }

    #[test]
    fn what_is_beyond_the_instruments_range_is_saturated() {
        for (line, saturated) in [("5000-05", false), ("5001-05", true), ("1000+99", true)] {
            let events = decode(&format!("{line}\r\n"));
            assert!(
                matches!(events[..], [Event::Sample(it)] if it.saturated == saturated),
                "{line}: {events:?}"
            );
        }
    }

    #[test]
    fn fewer_samples_between_two_time_stamps_are_a_loss() {
        let with = |count: usize, until: &str| {
            let samples = "1000-06\r\n".repeat(count);
            format!("TimeStamp: 000s 900ms, buff 00%\r\n{samples}TimeStamp: {until}, buff 00%\r\n")
        };
        assert_eq!(decode(&with(1_000, "001s 100ms")).len(), 1_000);
        let lost = |count, until| decode(&with(count, until)).pop();
        assert_eq!(lost(990, "001s 100ms"), Some(Event::Lost(10)));
        assert_eq!(lost(1_000, "001s 300ms"), Some(Event::Lost(1_000)));
    }

    #[test]
    fn what_is_no_sample_is_damage_and_what_is_wrong_a_fault() {
        for line in [
            "TimeStamp: 1s",
            "64O9-07",
            "6409-0",
            "6409007",
            "640-007",
            "hello",
            "\u{fffd}",
        ] {
            let events = decode(&format!("{line}\r\n"));
            assert!(
                matches!(events[..], [Event::Damaged(_)]),
                "{line}: {events:?}"
            );
        }
        for line in ["error buffer full", "Error overcurrent"] {
            let events = decode(&format!("{line}\r\n"));
            assert!(
                matches!(events[..], [Event::Fault(_)]),
                "{line}: {events:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn how_the_stream_is_cut_makes_no_difference(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(b"0123456789-+\r\neventd ".to_vec())],
                0..400,
            ),
            cut in 0_usize..400,
        ) {
            let cut = cut.min(bytes.len());
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            Decoder::default().feed(&bytes, &mut whole);
            let mut decoder = Decoder::default();
            decoder.feed(&bytes[..cut], &mut parts);
            decoder.feed(&bytes[cut..], &mut parts);
            prop_assert_eq!(whole, parts);
        }
    }
}

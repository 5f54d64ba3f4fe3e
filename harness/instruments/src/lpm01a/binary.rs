//! The binary stream of an LPM01A (`format bin_hexa`).

use super::stamps::Stamps;
use crate::instrument::{Event, Sample};

/// What begins what is no sample: an exponent that no sample has.
const RESERVED: u8 = 0xF0;
/// What ends it.
const END: [u8; 2] = [0xFF, 0xFF];
/// Longest text of a message, bytes.
const MOST_TEXT: usize = 256;

/// Kinds of what is no sample.
const ERROR: u8 = 0xF1;
const INFORMATION: u8 = 0xF2;
const TIMESTAMP: u8 = 0xF3;
const FINISHED: u8 = 0xF4;
const OVERCURRENT: u8 = 0xF5;
const TARGET_OFF: u8 = 0xF6;
const VOLTAGE: u8 = 0xF7;

/// Decodes samples of 16 bits, big-endian: four bits of exponent e, twelve of mantissa m, together
/// m · 16⁻ᵉ A. `F0` and a kind begin something else, `FF FF` ends it. Edges aren't told.
#[derive(Clone, Debug)]
pub struct Decoder {
    rest: Vec<u8>,
    stamps: Stamps,
}

impl Decoder {
    /// Of a stream of so many samples a millisecond.
    pub fn new(samples_a_ms: u64) -> Self {
        Self {
            rest: Vec::new(),
            stamps: Stamps::new(samples_a_ms),
        }
    }

    /// Appends what `bytes` say.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        let mut held = std::mem::take(&mut self.rest);
        held.extend(bytes);
        let mut left = &held[..];
        while let Some(length) = self.next(left, events) {
            left = &left[length..];
        }
        self.rest = left.to_vec();
    }

    /// Takes what `bytes` begin with, and returns how long it is; [`None`] if it isn't whole yet.
    fn next(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Option<usize> {
        let &[first, second, ref rest @ ..] = bytes else {
            return None;
        };
        if first < RESERVED {
            self.stamps.sample();
            let exponent = i32::from(first >> 4);
            let mantissa = u16::from(first & 0xF) << 8 | u16::from(second);
            events.push(Event::Sample(Sample {
                ma: (f64::from(mantissa) * 16_f64.powi(-exponent) * 1_000.0) as f32,
                logic: u8::MAX,
                saturated: false,
            }));
            return Some(2);
        }
        let length = match (first, second) {
            (RESERVED, TIMESTAMP) => 5,
            (RESERVED, FINISHED | OVERCURRENT | TARGET_OFF) => 0,
            (RESERVED, VOLTAGE) => 2,
            (RESERVED, ERROR | INFORMATION) => {
                match rest.windows(2).take(MOST_TEXT).position(|it| it == END) {
                    Some(length) => length,
                    None if rest.len() <= MOST_TEXT => return None,
                    None => {
                        events.push(Event::Damaged("a message without an end".to_owned()));
                        return Some(2);
                    }
                }
            }
            _ => {
                events.push(Event::Damaged(format!("the byte {first:#04x}")));
                return Some(1);
            }
        };
        let (content, end) = rest.get(..length + 2)?.split_at(length);
        if end != END {
            events.push(Event::Damaged(format!("{second:#04x} without its end")));
            return Some(2);
        }
        match second {
            TIMESTAMP => {
                // Milliseconds, and how full its buffer is.
                let ms = content
                    .first_chunk()
                    .map_or(0, |ms| u32::from_be_bytes(*ms));
                events.extend(self.stamps.stamp(ms.into()));
            }
            FINISHED => events.push(Event::End),
            OVERCURRENT => events.push(Event::Fault("overcurrent: the supply was cut".to_owned())),
            TARGET_OFF => events.push(Event::Fault("it has switched the board off".to_owned())),
            VOLTAGE => {
                let millivolts = u16::from_be_bytes([content[0], content[1]]);
                events.push(Event::Voltage(f64::from(millivolts) / 1_000.0));
            }
            ERROR => events.push(Event::Fault(
                String::from_utf8_lossy(content).trim().to_owned(),
            )),
            _ => {}
        }
        Some(length + 4)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        Decoder::new(100).feed(bytes, &mut events);
        events
    }

    #[test]
    fn a_sample_is_mantissa_and_exponent_of_sixteen() {
        // ST's example: 0x52A0 is 0x2A0 · 16⁻⁵, 640.9 µA.
        let [Event::Sample(sample)] = decode(&[0x52, 0xA0])[..] else {
            panic!("one sample");
        };
        assert!((f64::from(sample.ma) - 672.0 / 1_048_576.0 * 1_000.0).abs() < 1e-6);
        let [Event::Sample(one)] = decode(&[0x00, 0x01])[..] else {
            panic!("one sample");
        };
        assert_eq!(one.ma, 1_000.0);
    }

    #[test]
    fn what_is_no_sample_is_told() {
        let events = decode(
            b"\xF0\xF3\x00\x00\x03\xE8\x05\xFF\xFF\xF0\xF2hello\xFF\xFF\xF0\xF7\x07\x08\xFF\xFF\
              \xF0\xF1too hot\xFF\xFF\xF0\xF5\xFF\xFF\xF0\xF6\xFF\xFF\xF0\xF4\xFF\xFF",
        );
        assert_eq!(
            events,
            [
                Event::Voltage(1.8),
                Event::Fault("too hot".to_owned()),
                Event::Fault("overcurrent: the supply was cut".to_owned()),
                Event::Fault("it has switched the board off".to_owned()),
                Event::End
            ]
        );
    }

    #[test]
    fn fewer_samples_between_two_time_stamps_are_a_loss() {
        let stamp = |ms: u8| [0xF0, 0xF3, 0, 0, 0, ms, 0, 0xFF, 0xFF];
        let with = |count| [&stamp(0)[..], &[0x52, 0xA0].repeat(count), &stamp(10)].concat();
        assert_eq!(decode(&with(1_000)).len(), 1_000);
        assert_eq!(decode(&with(997)).last(), Some(&Event::Lost(3)));
    }

    #[test]
    fn bytes_that_mean_nothing_are_damage() {
        for bytes in [&[0xF8, 0x12][..], &[0xF0, 0x12], &[0xF0, 0xF4, 0x00, 0x00]] {
            let events = decode(bytes);
            assert!(matches!(events[0], Event::Damaged(_)), "{events:?}");
        }
    }

    proptest! {
        #[test]
        fn how_the_stream_is_cut_makes_no_difference(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), 0xF0_u8..=0xFF],
                0..400,
            ),
            cut in 0_usize..400,
        ) {
            let cut = cut.min(bytes.len());
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            Decoder::new(100).feed(&bytes, &mut whole);
            let mut decoder = Decoder::new(100);
            decoder.feed(&bytes[..cut], &mut parts);
            decoder.feed(&bytes[cut..], &mut parts);
            prop_assert_eq!(whole, parts);
        }
    }
}

//! The samples in a PPK2's stream.

use super::CAPABILITY;
use super::calibration::{Calibration, RANGES};
use crate::instrument::{Event, Sample};

/// Samples behind a change of range in which the filtered reading counts.
const SAMPLES_AFTER_CHANGE: u32 = 3;
/// How much a new sample weighs in the filter, and in that of the highest range.
const ALPHA: f64 = 0.18;
const ALPHA_HIGHEST: f64 = 0.06;
/// The highest range.
const HIGHEST: usize = RANGES - 1;
/// Largest reading, of 14 bits.
const MOST: u16 = (1 << 14) - 1;
/// Values of the counter.
const COUNTS: u8 = 64;

/// Decodes a stream of samples, 32 bits each, little-endian: reading (bits 0 to 13), range (14 to 16),
/// battery (17), counter (18 to 23), logic inputs (24 to 31).
#[derive(Clone, Debug)]
pub struct Decoder {
    calibration: Calibration,
    volts: f64,
    /// Bytes of a sample that has not come whole.
    rest: Vec<u8>,
    counter: Option<u8>,
    filter: Option<Filter>,
}

/// The filter of what a change of range does to the reading. The reading behind one is off for some
/// samples; instead of it a running mean counts, which in the highest range is slower.
#[derive(Clone, Copy, Debug)]
struct Filter {
    mean: f64,
    mean_highest: f64,
    range: usize,
    after_change: u32,
    in_range: u32,
}

impl Filter {
    fn new(amperes: f64, range: usize) -> Self {
        Self {
            mean: amperes,
            mean_highest: amperes,
            range,
            after_change: 0,
            in_range: 0,
        }
    }

    fn pass(&mut self, amperes: f64, range: usize) -> f64 {
        let before = *self;
        self.mean += ALPHA * (amperes - self.mean);
        self.mean_highest += ALPHA_HIGHEST * (amperes - self.mean_highest);
        let changed = self.range != range;
        self.range = range;
        if !changed && self.after_change == 0 {
            return amperes;
        }
        if changed {
            self.in_range = 0;
            self.after_change = SAMPLES_AFTER_CHANGE;
        } else {
            self.in_range += 1;
        }
        self.after_change -= 1;
        if range != HIGHEST {
            return self.mean;
        }
        // The first readings there are too far off to be part of the means.
        if self.in_range < 2 {
            (self.mean, self.mean_highest) = (before.mean, before.mean_highest);
        }
        self.mean_highest
    }
}

impl Decoder {
    /// Of an instrument with this calibration that supplies `volts`.
    pub fn new(calibration: Calibration, volts: f64) -> Self {
        Self {
            calibration,
            volts,
            rest: Vec::new(),
            counter: None,
            filter: None,
        }
    }

    /// Appends what `bytes` say.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        let mut bytes = bytes;
        if !self.rest.is_empty() {
            let missing = (4 - self.rest.len()).min(bytes.len());
            self.rest.extend(&bytes[..missing]);
            bytes = &bytes[missing..];
            let Ok(word) = <[u8; 4]>::try_from(&self.rest[..]) else {
                return;
            };
            self.rest.clear();
            self.word(u32::from_le_bytes(word), events);
        }
        let (words, rest) = bytes.as_chunks::<4>();
        for word in words {
            self.word(u32::from_le_bytes(*word), events);
        }
        self.rest.extend(rest);
    }

    fn word(&mut self, word: u32, events: &mut Vec<Event>) {
        let range = (word >> 14 & 7) as usize;
        if range >= RANGES {
            events.push(Event::Damaged(format!(
                "a sample in range {range}, of {RANGES}"
            )));
            return;
        }
        let counter = (word >> 18 & 63) as u8;
        if let Some(last) = self.counter.replace(counter) {
            let lost = (counter + COUNTS - 1 - last) % COUNTS;
            if lost > 0 {
                events.push(Event::Lost(lost.into()));
            }
        }
        let reading = (word & 0x3FFF) as u16;
        let amperes = self.calibration.amperes(reading, range, self.volts);
        let filter = self.filter.get_or_insert(Filter::new(amperes, range));
        let ma = filter.pass(amperes, range) * 1_000.0;
        events.push(Event::Sample(Sample {
            ma: ma as f32,
            logic: (word >> 24) as u8,
            saturated: range == HIGHEST && (reading == MOST || ma > CAPABILITY.most_ma),
        }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(reading: u32, range: u32, counter: u32, logic: u32) -> [u8; 4] {
        (reading | range << 14 | (counter & 63) << 18 | logic << 24).to_le_bytes()
    }

    fn decode(words: &[[u8; 4]]) -> Vec<Event> {
        let mut events = Vec::new();
        Decoder::new(Calibration::default(), 3.0).feed(words.as_flattened(), &mut events);
        events
    }

    fn currents(events: &[Event]) -> Vec<f32> {
        let ma = |event: &Event| match event {
            Event::Sample(sample) => Some(sample.ma),
            _ => None,
        };
        events.iter().filter_map(ma).collect()
    }

    #[test]
    fn a_sample_is_current_and_logic_inputs() {
        let events = decode(&[word(8_000, 3, 5, 0b1000_0001)]);
        let amperes = Calibration::default().amperes(8_000, 3, 3.0);
        assert_eq!(
            events,
            [Event::Sample(Sample {
                ma: (amperes * 1_000.0) as f32,
                logic: 0b1000_0001,
                saturated: false,
            })]
        );
    }

    #[test]
    fn a_gap_in_the_counter_is_a_loss_and_the_sample_behind_it_counts() {
        let events = decode(&[
            word(1, 0, 62, 0),
            word(1, 0, 63, 0),
            word(1, 0, 0, 0),
            word(1, 0, 4, 0),
            word(1, 0, 4, 0),
        ]);
        let lost: Vec<_> = events
            .iter()
            .filter(|event| !matches!(event, Event::Sample(_)))
            .collect();
        // The same count again is a whole round that is missing but for one.
        assert_eq!(lost, [&Event::Lost(3), &Event::Lost(63)]);
        assert_eq!(currents(&events).len(), 5);
    }

    #[test]
    fn behind_a_change_of_range_the_running_mean_counts_for_three_samples() {
        let calibration = Calibration::default();
        let low = calibration.amperes(10_000, 1, 3.0);
        let high = calibration.amperes(5_000, 2, 3.0);
        let mut words = vec![word(10_000, 1, 0, 0), word(10_000, 1, 1, 0)];
        words.extend((2..7).map(|count| word(5_000, 2, count, 0)));
        let events = decode(&words);
        let mut mean = low;
        let mut expected = vec![low; 2];
        for _ in 0..3 {
            mean += 0.18 * (high - mean);
            expected.push(mean);
        }
        expected.extend([high; 2]);
        for (ma, expected) in currents(&events).iter().zip(&expected) {
            assert!(
                (f64::from(*ma) / 1_000.0 - expected).abs() < 1e-9,
                "{events:?}"
            );
        }
    }

    #[test]
    fn in_the_highest_range_the_first_readings_are_left_out_of_the_mean() {
        let calibration = Calibration::default();
        let low = calibration.amperes(10_000, 3, 3.0);
        let high = calibration.amperes(900, 4, 3.0);
        let mut words = vec![word(10_000, 3, 0, 0)];
        words.extend((1..5).map(|count| word(900, 4, count, 0)));
        let mean = low + 0.06 * (high - low);
        let expected = [low, low, low, mean, high];
        for (ma, expected) in currents(&decode(&words)).iter().zip(expected) {
            assert!(
                (f64::from(*ma) / 1_000.0 - expected).abs() < 1e-7,
                "{ma} {expected}"
            );
        }
    }

    #[test]
    fn more_than_an_ampere_is_saturated() {
        let saturated = |reading, range| match decode(&[word(reading, range, 0, 0)])[..] {
            [Event::Sample(sample)] => sample.saturated,
            _ => panic!("one sample"),
        };
        assert!(saturated(0x3FFF, 4));
        // 0.043 V over 0.043 Ω are 1 A: 978.5 readings, and less as the gain adds r².
        assert!(saturated(979, 4));
        assert!(!saturated(500, 4));
        assert!(!saturated(0x3FFF, 3));
    }

    #[test]
    fn a_range_that_there_is_not_is_damage() {
        let events = decode(&[word(1, 5, 0, 0)]);
        assert!(matches!(events[..], [Event::Damaged(_)]), "{events:?}");
    }

    proptest! {
        #[test]
        fn how_the_stream_is_cut_makes_no_difference(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            cuts in prop::collection::vec(0_usize..400, 0..9),
        ) {
            let decoder = Decoder::new(Calibration::default(), 1.8);
            let mut whole = Vec::new();
            decoder.clone().feed(&bytes, &mut whole);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let (mut cut, mut events) = (decoder, Vec::new());
            for pair in cuts.windows(2) {
                cut.feed(&bytes[pair[0]..pair[1]], &mut events);
            }
            prop_assert_eq!(&events, &whole);
            let words = events.iter().filter(|event| !matches!(event, Event::Lost(_)));
            prop_assert_eq!(words.count(), bytes.len() / 4);
        }
    }
}

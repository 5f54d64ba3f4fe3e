//! Whether all samples came, by the LPM01A's time stamps: one behind each 1,000 of them.

use super::SAMPLES_A_TIMESTAMP;
use crate::instrument::Event;

/// Counts samples from time stamp to time stamp.
#[derive(Clone, Debug)]
pub struct Stamps {
    samples_a_ms: u64,
    samples: u64,
    last_ms: Option<u64>,
}

impl Stamps {
    /// Of a stream of so many samples a millisecond.
    pub fn new(samples_a_ms: u64) -> Self {
        Self {
            samples_a_ms,
            samples: 0,
            last_ms: None,
        }
    }

    /// A sample came.
    pub fn sample(&mut self) {
        self.samples += 1;
    }

    /// A time stamp came: what that tells, if anything. A loss may have swallowed stamps, too.
    pub fn stamp(&mut self, ms: u64) -> Option<Event> {
        let samples = std::mem::take(&mut self.samples);
        // The first may come before the first sample.
        let last = self.last_ms.replace(ms)?;
        let Some(passed) = ms.checked_sub(last).filter(|&it| it > 0) else {
            let text = format!("a time stamp of {ms} ms behind one of {last} ms");
            return Some(Event::Damaged(text));
        };
        let passed = passed.saturating_mul(self.samples_a_ms);
        let stamps = (passed.saturating_add(SAMPLES_A_TIMESTAMP / 2) / SAMPLES_A_TIMESTAMP).max(1);
        let missing = (stamps * SAMPLES_A_TIMESTAMP).saturating_sub(samples);
        (missing > 0).then_some(Event::Lost(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stamps: &mut Stamps, samples: usize, ms: u64) -> Option<Event> {
        (0..samples).for_each(|_| stamps.sample());
        stamps.stamp(ms)
    }

    #[test]
    fn what_is_missing_between_stamps_is_lost() {
        let mut stamps = Stamps::new(5);
        assert_eq!(told(&mut stamps, 0, 0), None);
        assert_eq!(told(&mut stamps, 1_000, 200), None);
        assert_eq!(told(&mut stamps, 990, 400), Some(Event::Lost(10)));
        // Rounded to whole milliseconds.
        assert_eq!(told(&mut stamps, 1_000, 601), None);
    }

    #[test]
    fn a_loss_that_swallows_a_stamp_is_noticed_by_its_time() {
        let mut stamps = Stamps::new(5);
        assert_eq!(told(&mut stamps, 0, 0), None);
        assert_eq!(told(&mut stamps, 1_000, 400), Some(Event::Lost(1_000)));
    }

    #[test]
    fn time_that_goes_back_is_damage() {
        let mut stamps = Stamps::new(5);
        assert_eq!(told(&mut stamps, 0, 400), None);
        for ms in [400, 200] {
            let told = told(&mut stamps, 1_000, ms);
            assert!(matches!(told, Some(Event::Damaged(_))), "{told:?}");
        }
    }
}

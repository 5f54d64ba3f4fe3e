//! What the counters of a sequence and of a benchmark come to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Repetitions of one sequence, with each counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    /// Cycles of each repetition.
    cycles: Vec<u32>,
    /// CPICNT, EXCCNT, LSUCNT and FOLDCNT, where all repetitions agree and the counter can't have
    /// come round.
    events: [Option<u8>; 4],
}

impl Readings {
    /// Cycles of each repetition, and the counts of the event counters if they were read.
    pub fn new(cycles: Vec<u32>, events: Option<[Vec<u32>; 4]>) -> Self {
        let short = cycles.iter().all(|&cycles| cycles <= u32::from(u8::MAX));
        let event = |counts: Vec<u32>| {
            let (&first, rest) = counts.split_first()?;
            let same = rest.iter().all(|count| *count == first);
            u8::try_from(first).ok().filter(|_| same && short)
        };
        Self {
            cycles,
            events: events.map_or([None; 4], |events| events.map(event)),
        }
    }

    /// The fewest and the most cycles of a repetition.
    fn range(&self) -> (i64, i64) {
        let cycles = self.cycles.iter().map(|&cycles| i64::from(cycles));
        (
            cycles.clone().min().unwrap_or_default(),
            cycles.max().unwrap_or_default(),
        )
    }

    /// The median of the cycles, the lower one of two.
    fn median(&self) -> i64 {
        let mut cycles = self.cycles.clone();
        cycles.sort_unstable();
        let middle = cycles.len().saturating_sub(1) / 2;
        cycles.get(middle).copied().unwrap_or_default().into()
    }

    /// Cycles of all repetitions.
    pub fn cycles(&self) -> &[u32] {
        &self.cycles
    }
}

/// What a benchmark counted: a sequence less its control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Cycles (CYCCNT): the difference of the medians.
    pub cycles: i64,
    /// The least difference that the repetitions allow.
    pub cycles_min: i64,
    /// The largest one. Equal to the least if the counts are stable.
    pub cycles_max: i64,
    /// Cycles beyond the first of instructions other than loads and stores, and fetch stalls
    /// (CPICNT). Absent, as the three that follow, where an 8-bit counter could have come round or
    /// doesn't count.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpi: Option<i64>,
    /// Cycles of exception entry and return (EXCCNT).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exception: Option<i64>,
    /// Cycles beyond the first of loads and stores (LSUCNT).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_store: Option<i64>,
    /// Instructions that took no cycle (FOLDCNT).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folded: Option<i64>,
}

impl Counts {
    /// `sequence` less `control`.
    pub fn difference(sequence: &Readings, control: &Readings) -> Self {
        let (least, most) = sequence.range();
        let (control_least, control_most) = control.range();
        let event = |i: usize| {
            let count = sequence.events[i].zip(control.events[i]);
            count.map(|(count, control)| i64::from(count) - i64::from(control))
        };
        Self {
            cycles: sequence.median() - control.median(),
            cycles_min: least - control_most,
            cycles_max: most - control_least,
            cpi: event(0),
            exception: event(1),
            load_store: event(2),
            folded: event(3),
        }
    }

    /// Whether there is a count of an event counter.
    pub fn has_events(&self) -> bool {
        [self.cpi, self.exception, self.load_store, self.folded]
            .iter()
            .any(Option::is_some)
    }

    /// Whether every repetition gave the same.
    pub fn stable(&self) -> bool {
        self.cycles_min == self.cycles_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(cycles: &[u32], cpi: u8) -> Readings {
        Readings {
            cycles: cycles.to_vec(),
            events: [Some(cpi), None, Some(0), Some(0)],
        }
    }

    #[test]
    fn an_event_counter_that_varies_or_could_have_come_round_is_left_out() {
        let events = || Some([vec![1, 1], vec![1, 2], vec![0, 0], vec![3, 3]]);
        let kept = Readings::new(vec![255, 9], events()).events;
        assert_eq!(kept, [Some(1), None, Some(0), Some(3)]);
        assert_eq!(Readings::new(vec![256, 9], events()).events, [None; 4]);
        assert_eq!(Readings::new(vec![9], None).events, [None; 4]);
    }

    #[test]
    fn a_difference_is_stable_if_both_sides_are() {
        let counts = Counts::difference(&readings(&[9, 9, 9], 3), &readings(&[4, 4, 4], 1));
        assert_eq!(
            (counts.cycles, counts.cpi, counts.exception),
            (5, Some(2), None)
        );
        assert!(counts.stable());
    }

    #[test]
    fn a_repetition_that_differs_widens_the_range() {
        let counts = Counts::difference(&readings(&[9, 9, 12], 0), &readings(&[4, 5, 4], 0));
        assert_eq!(
            (counts.cycles, counts.cycles_min, counts.cycles_max),
            (5, 4, 8)
        );
        assert!(!counts.stable());
    }
}

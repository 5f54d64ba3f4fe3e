//! The micro-benchmarks: which instructions are run for which rule of `docs/timing-rules.md`.

mod banks;
mod branches;
mod exceptions;
mod fetch;
mod float;
mod integer;
mod memory;

use super::sequence::{Cache, Clock, Sequence};

/// One micro-benchmark: the counts of a sequence less those of another.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// Name, unique: `rule/variant`.
    pub name: String,
    /// The rule it tests, as `docs/timing-rules.md` names it.
    pub rule: &'static str,
    /// What is counted.
    pub sequence: Sequence,
    /// What is subtracted: usually the frame alone, with nothing between the readings.
    pub control: Sequence,
}

/// What the table needs to know of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Whether the caches can be switched and emptied.
    pub cache: bool,
    /// Whether there is a second bank of RAM.
    pub other_ram: bool,
    /// Whether the core can be made so slow that its flash needs no wait states.
    pub slow: bool,
}

/// Collects benchmarks of one rule after the other.
struct Table {
    benchmarks: Vec<Benchmark>,
    topic: &'static str,
    rule: &'static str,
}

impl Table {
    /// The following test `rule`; their names begin with `topic`.
    fn rule(&mut self, topic: &'static str, rule: &'static str) {
        self.topic = topic;
        self.rule = rule;
    }

    /// The cycles of `sequence` beyond the frame's.
    fn add(&mut self, variant: impl AsRef<str>, sequence: Sequence) {
        let control = sequence.empty();
        self.difference(variant, sequence, control);
    }

    /// The cycles of `sequence` beyond those of `control`.
    fn difference(&mut self, variant: impl AsRef<str>, sequence: Sequence, control: Sequence) {
        self.benchmarks.push(Benchmark {
            name: format!("{}/{}", self.topic, variant.as_ref()),
            rule: self.rule,
            sequence,
            control,
        });
    }
}

/// All benchmarks that a board with these features can run.
pub fn all(features: Features) -> Vec<Benchmark> {
    let mut table = Table {
        benchmarks: Vec::new(),
        topic: "",
        rule: "",
    };
    integer::add(&mut table);
    memory::add(&mut table);
    branches::add(&mut table);
    fetch::add(&mut table);
    float::add(&mut table);
    exceptions::add(&mut table);
    banks::add(&mut table, Clock::Full);
    // All of them behind the others, so that the clock is changed once.
    banks::add(&mut table, Clock::Slow);
    fetch::misses(&mut table, Clock::Slow);
    memory::flash_reads(&mut table, Clock::Slow);
    table.benchmarks.retain(|benchmark| {
        let sequences = [&benchmark.sequence, &benchmark.control];
        sequences.iter().all(|sequence| {
            (features.other_ram || !sequence.needs_other_ram())
                && (features.cache || sequence.cache == Cache::Warm)
                && (features.slow || sequence.clock == Clock::Full)
        })
    });
    table.benchmarks
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const EVERYTHING: Features = Features {
        cache: true,
        other_ram: true,
        slow: true,
    };

    #[test]
    fn names_are_unique() {
        let all = all(EVERYTHING);
        let names: HashSet<_> = all.iter().map(|benchmark| &benchmark.name).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn every_rule_is_one_of_the_documentation() {
        let documentation = include_str!("../../../../../docs/timing-rules.md");
        for benchmark in all(EVERYTHING) {
            assert!(
                documentation.contains(benchmark.rule),
                "{}: docs/timing-rules.md has no `{}`",
                benchmark.name,
                benchmark.rule
            );
        }
    }

    #[test]
    fn a_board_without_switches_and_banks_has_the_rest() {
        let plain = all(Features {
            cache: false,
            other_ram: false,
            slow: false,
        });
        assert!(plain.len() > 100 && plain.len() < all(EVERYTHING).len());
    }

    /// What is slow is the same as at full speed, and comes behind all of that.
    #[test]
    fn sequences_with_the_other_bank_run_with_and_without_wait_states() {
        let all = all(EVERYTHING);
        let slow_ones = all
            .iter()
            .position(|it| it.sequence.clock == Clock::Slow)
            .unwrap();
        let (full, slow) = all.split_at(slow_ones);
        assert!(slow.iter().all(|it| it.sequence.clock == Clock::Slow));
        for benchmark in slow.iter().filter(|it| it.sequence.needs_other_ram()) {
            let same = full.iter().find(|it| {
                it.sequence.clone().clocked(Clock::Slow) == benchmark.sequence
                    && it.sequence.needs_other_ram()
            });
            assert!(same.is_some(), "{}", benchmark.name);
        }
    }

    /// A sequence must not change what its frame needs.
    #[test]
    fn controls_are_in_the_same_circumstances() {
        for Benchmark {
            name,
            sequence,
            control,
            ..
        } in all(EVERYTHING)
        {
            assert_eq!(sequence.home, control.home, "{name}");
            assert_eq!(sequence.clock, control.clock, "{name}");
        }
    }
}

//! The micro-benchmarks: which instructions are run for which rule of `docs/timing-rules.md`.

mod common;
mod cortex_m0plus;
mod cortex_m33;
mod cortex_m4;

use tinybench_virtual_board::CoreModel;

use super::chip::Chip;
use super::cores::Core;
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
    /// Whether the prefetch can be switched apart from them.
    pub prefetch: bool,
    /// Whether there is a second bank of RAM.
    pub other_ram: bool,
    /// Whether the core can be made so slow that its flash needs no wait states.
    pub slow: bool,
}

impl Features {
    /// Those of a board with this chip, or with one that isn't known.
    pub fn of(chip: Option<&Chip>) -> Self {
        let can = |cache| chip.is_some_and(|chip| chip.writes(cache, Clock::Full).is_some());
        Self {
            cache: can(Cache::Off),
            prefetch: can(Cache::PrefetchAlone),
            other_ram: chip.is_some_and(|chip| chip.other_ram.is_some()),
            slow: chip.is_some_and(|chip| chip.slow.is_some()),
        }
    }

    /// Whether such a board can run a sequence.
    fn suffice(self, sequence: &Sequence) -> bool {
        let cache = match sequence.cache {
            Cache::Warm => true,
            Cache::Cold | Cache::Off => self.cache,
            Cache::ColdWithoutPrefetch | Cache::PrefetchAlone => self.prefetch,
        };
        cache
            && (self.other_ram || !sequence.needs_other_ram())
            && (self.slow || sequence.clock == Clock::Full)
    }
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

/// All benchmarks that a board with this core and these features can run.
pub fn all(core: &Core, features: Features) -> Vec<Benchmark> {
    let mut table = Table {
        benchmarks: Vec::new(),
        topic: "",
        rule: "",
    };
    match core.model {
        CoreModel::CortexM0Plus => cortex_m0plus::add(&mut table),
        CoreModel::CortexM4F => cortex_m4::add(&mut table),
        CoreModel::CortexM33F => cortex_m33::add(&mut table),
    }
    table.benchmarks.retain(|benchmark| {
        features.suffice(&benchmark.sequence) && features.suffice(&benchmark.control)
    });
    table.benchmarks
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::calibrate::cores::CORES;

    const EVERYTHING: Features = Features {
        cache: true,
        prefetch: true,
        other_ram: true,
        slow: true,
    };

    /// All that there are, with their cores.
    fn every() -> impl Iterator<Item = (&'static Core, Benchmark)> {
        CORES
            .iter()
            .flat_map(|core| all(core, EVERYTHING).into_iter().map(move |it| (core, it)))
    }

    #[test]
    fn names_are_unique() {
        for core in &CORES {
            let all = all(core, EVERYTHING);
            let mut names = HashSet::new();
            for benchmark in &all {
                assert!(names.insert(&benchmark.name), "{}", benchmark.name);
            }
        }
    }

    #[test]
    fn every_rule_is_one_of_the_documentation() {
        let documentation = include_str!("../../../../../docs/timing-rules.md");
        let rows = documentation.lines().filter(|line| line.starts_with("| "));
        let rules: Vec<&str> = rows.filter_map(|row| row.split('|').nth(1)).collect();
        for (core, benchmark) in every() {
            assert!(
                rules.iter().any(|rule| rule.contains(benchmark.rule)),
                "{}: {}: docs/timing-rules.md has no `{}`",
                core.name,
                benchmark.name,
                benchmark.rule
            );
        }
    }

    #[test]
    fn the_documentation_counts_those_of_each_board() {
        let documentation = include_str!("../../../../../docs/calibrate.md");
        for (core, chip, board) in [
            ("cortex-m4f", Some("nRF52840_xxAA"), "nano33"),
            ("cortex-m4f", Some("STM32L4R5ZITx"), "nucleo-l4r5zi"),
            ("cortex-m33f", Some("STM32U575ZITxQ"), "nucleo-u575zi-q"),
            ("cortex-m33f", None, "pico2"),
            ("cortex-m0plus", Some("STM32G0B1RETx"), "nucleo-g0b1re"),
            ("cortex-m0plus", None, "pico"),
        ] {
            let chip = chip.map(|name| Chip::of(name).unwrap());
            let count = all(Core::named(core).unwrap(), Features::of(chip)).len();
            let told = format!("{count} on the `{board}`");
            assert!(documentation.contains(&told), "{told}");
        }
    }

    #[test]
    fn a_board_without_switches_and_banks_has_the_rest() {
        for core in &CORES {
            let plain = all(core, Features::of(None));
            let every = all(core, EVERYTHING);
            assert!(
                plain.len() > 50 && plain.len() < every.len(),
                "{}",
                core.name
            );
        }
    }

    /// What is slow is the same as at full speed, and comes behind all of that.
    #[test]
    fn sequences_with_the_other_bank_run_with_and_without_wait_states() {
        let all = all(Core::named("cortex-m4f").unwrap(), EVERYTHING);
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
        for (core, benchmark) in every() {
            let name = format!("{}: {}", core.name, benchmark.name);
            let (sequence, control) = (benchmark.sequence, benchmark.control);
            assert_eq!(sequence.home, control.home, "{name}");
            assert_eq!(sequence.clock, control.clock, "{name}");
        }
    }

    /// Armv6-M has of the 32-bit instructions BL, barriers, MRS and MSR alone, and neither CBZ nor IT.
    #[test]
    fn sequences_of_the_cortex_m0plus_are_of_its_instructions() {
        let core = Core::named("cortex-m0plus").unwrap();
        for Benchmark { name, sequence, .. } in all(core, EVERYTHING) {
            let code = sequence.code();
            let mut halves = code.iter();
            while let Some(&half) = halves.next() {
                assert!(
                    !matches!(half, 0xB100..=0xB1FF | 0xB300..=0xB3FF | 0xB900..=0xB9FF | 0xBB00..=0xBBFF)
                        && (half & 0xFF00 != 0xBF00 || half & 0xF == 0),
                    "{name}: {half:#06x}"
                );
                if half >> 11 >= 0b11101 {
                    let second = *halves.next().unwrap();
                    let known = match (half, second >> 12) {
                        (0xF3BF, 0x8) => (4..=6).contains(&(second >> 4 & 0xF)),
                        (0xF3EF | 0xF380..=0xF38F, 0x8) => true,
                        (0xF000..=0xF7FF, 0xD | 0xF) => true,
                        _ => false,
                    };
                    assert!(known, "{name}: {half:#06x} {second:#06x}");
                }
            }
        }
    }
}

//! What the programs do with which a virtual board's cycles were compared, and where another
//! program lies outside of that.

use serde::Deserialize;
use tinybench_virtual_board::timing::Mix;

use super::{MemorySystem, check_range};

/// How much more than any program that was compared a program may do something, percentage points
/// of its instructions, and still count as alike: what an error of half a hundred percent of
/// these instructions' cycles would change.
const ALIKE: f64 = 1.0;

/// What the programs do with which a virtual board's cycles were compared: the most in any of them,
/// percent of its instructions (`scripts/validate --coverage`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Covered {
    /// Loads from flash, constants in the code included.
    pub flash_loads: f64,
    /// Loads from the bank of RAM at its start.
    pub first_bank_loads: f64,
    /// Loads from its other banks.
    pub other_bank_loads: f64,
    /// Stores to the bank of RAM at its start.
    pub first_bank_stores: f64,
    /// Stores to its other banks.
    pub other_bank_stores: f64,
    /// Loads and stores that aren't aligned.
    pub unaligned: f64,
    /// 32-bit instructions that aren't word-aligned.
    pub misaligned: f64,
    /// Instructions fetched from RAM.
    pub code_in_ram: f64,
    /// Floating-point arithmetic, moves not included.
    pub float_arithmetic: f64,
    /// Divides of integers.
    pub divides: f64,
    /// The settings of flash and caches with which they ran.
    pub memory_systems: Vec<MemorySystem>,
}

/// Something in which a program lies outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// What.
    pub what: &'static str,
    /// How much, percent of the program's instructions, and the most that was compared; none for
    /// a setting.
    pub percent: Option<[f64; 2]>,
}

impl Covered {
    /// In what a program of this mix, with these settings, lies outside. Without a mix the settings
    /// alone are looked at.
    pub fn outside(&self, settings: &MemorySystem, mix: Option<&Mix>) -> Vec<Outside> {
        let setting = (!self.memory_systems.contains(settings)).then_some(Outside {
            what: "settings of flash and caches",
            percent: None,
        });
        let counted = mix.into_iter().flat_map(|mix| {
            let percent = |count: u64| 100.0 * count as f64 / mix.instructions.max(1) as f64;
            self.shares(mix)
                .into_iter()
                .map(move |(what, covered, count)| (what, [percent(count), covered]))
        });
        let more = counted.filter_map(|(what, percent)| {
            (percent[0] > percent[1] + ALIKE).then_some(Outside {
                what,
                percent: Some(percent),
            })
        });
        setting.into_iter().chain(more).collect()
    }

    /// Name, most that was compared and count of everything that is looked at.
    fn shares(&self, mix: &Mix) -> [(&'static str, f64, u64); 10] {
        let [flash, first, others, _] = mix.loads;
        let [_, first_stores, other_stores, _] = mix.stores;
        [
            ("loads from flash", self.flash_loads, flash),
            (
                "loads from the first bank of RAM",
                self.first_bank_loads,
                first,
            ),
            (
                "loads from other banks of RAM",
                self.other_bank_loads,
                others,
            ),
            (
                "stores to the first bank of RAM",
                self.first_bank_stores,
                first_stores,
            ),
            (
                "stores to other banks of RAM",
                self.other_bank_stores,
                other_stores,
            ),
            ("unaligned accesses", self.unaligned, mix.unaligned),
            (
                "misaligned 32-bit instructions",
                self.misaligned,
                mix.misaligned,
            ),
            ("code in RAM", self.code_in_ram, mix.code_in_ram),
            (
                "floating-point arithmetic",
                self.float_arithmetic,
                mix.float_arithmetic,
            ),
            ("divides", self.divides, mix.divides),
        ]
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (what, covered, _) in self.shares(&Mix::default()) {
            check_range(
                &format!("virtual.error.covered: {what}"),
                covered,
                0.0..=100.0,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered() -> Covered {
        Covered {
            flash_loads: 5.0,
            first_bank_loads: 20.0,
            other_bank_loads: 0.0,
            first_bank_stores: 10.0,
            other_bank_stores: 0.0,
            unaligned: 0.0,
            misaligned: 40.0,
            code_in_ram: 0.0,
            float_arithmetic: 0.0,
            divides: 0.0,
            memory_systems: vec![MemorySystem::default()],
        }
    }

    fn mix() -> Mix {
        Mix {
            instructions: 1_000,
            misaligned: 400,
            loads: [50, 200, 0, 0],
            ..Mix::default()
        }
    }

    #[test]
    fn what_was_compared_and_a_little_more_is_within() {
        let settings = MemorySystem::default();
        assert_eq!(covered().outside(&settings, Some(&mix())), []);
        let little = Mix {
            float_arithmetic: 10,
            ..mix()
        };
        assert_eq!(covered().outside(&settings, Some(&little)), []);
    }

    #[test]
    fn more_of_anything_than_was_compared_is_outside() {
        let floats = Mix {
            float_arithmetic: 11,
            loads: [61, 200, 300, 0],
            ..mix()
        };
        let outside = covered().outside(&MemorySystem::default(), Some(&floats));
        let found: Vec<_> = outside.iter().map(|it| (it.what, it.percent)).collect();
        assert_eq!(
            found,
            [
                ("loads from flash", Some([6.1, 5.0])),
                ("loads from other banks of RAM", Some([30.0, 0.0])),
                ("floating-point arithmetic", Some([1.1, 0.0])),
            ]
        );
    }

    #[test]
    fn settings_are_looked_at_without_a_mix_too() {
        let settings = MemorySystem {
            wait_states: Some(3),
            ..MemorySystem::default()
        };
        let outside = covered().outside(&settings, None);
        assert_eq!(outside.len(), 1);
        assert_eq!(outside[0].what, "settings of flash and caches");
    }
}

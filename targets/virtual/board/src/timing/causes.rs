//! What the cycles of a program go to.

use std::ops::AddAssign;

use super::pipeline::{self, Entry, Fetch, Step};
use super::{Class, TimingParameters};

/// What a cycle goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The instructions themselves: a cycle each, and the further ones of those that do more than
    /// one thing, such as LDM and floating-point multiply-accumulates.
    Instruction,
    /// Loads and stores beyond their first cycle, where nothing overlaps with that: what comes
    /// next uses the value, the address is late, or a load stands behind a store.
    LoadUse,
    /// Data that is read from flash and isn't in a cache.
    FlashData,
    /// From one memory to another: overlap that is lost, and RAM that isn't granted to the core.
    MemoryChange,
    /// Loads and stores that aren't aligned and are split.
    Unaligned,
    /// Instructions that are fetched from flash and aren't in the cache.
    Fetch,
    /// 32-bit instructions that aren't word-aligned, so that the fetch falls behind.
    Alignment,
    /// The pipeline is filled again behind a branch that is taken.
    Refill,
    /// Divides beyond their first cycle.
    Divide,
    /// Floating-point instructions that wait for a result or for the unit.
    Float,
}

impl Cause {
    /// How many there are.
    pub const COUNT: usize = 10;
    /// All of them, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Instruction,
        Self::LoadUse,
        Self::FlashData,
        Self::MemoryChange,
        Self::Unaligned,
        Self::Fetch,
        Self::Alignment,
        Self::Refill,
        Self::Divide,
        Self::Float,
    ];
}

/// Cycles by what they go to. Conditional instructions that are skipped, and a fetch that goes on while
/// data is waited for, can make a sum of a few negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes(pub [i64; Cause::COUNT]);

impl Causes {
    /// The cycles of one cause.
    pub fn of(&self, cause: Cause) -> i64 {
        self.0[cause as usize]
    }

    /// Adds cycles to one cause.
    pub fn add(&mut self, cause: Cause, cycles: i64) {
        self.0[cause as usize] += cycles;
    }

    /// All cycles.
    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    /// These cycles `count` times.
    pub(crate) fn times(self, count: u64) -> Self {
        Self(self.0.map(|cycles| cycles * count as i64))
    }
}

impl AddAssign for Causes {
    fn add_assign(&mut self, other: Self) {
        for (sum, cycles) in self.0.iter_mut().zip(other.0) {
            *sum += cycles;
        }
    }
}

/// The static cycles of a block that is fallen into, and what is in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StaticCauses {
    pub causes: Causes,
    pub divides: bool,
}

/// What the static cycles of a run of instructions go to.
pub(crate) fn of_run(rules: &TimingParameters, steps: &[Step], fetch: Fetch) -> StaticCauses {
    let (costs, total) = pipeline::simulate(rules, steps, fetch, Entry::Fall);
    // Without waits for the flash, all that is left to wait for is a word that isn't aligned.
    let (at_once, _) = pipeline::simulate(rules, steps, Fetch::AT_ONCE, Entry::Fall);
    let mut found = StaticCauses::default();
    for ((step, cost), at_once) in steps.iter().zip(&costs).zip(&at_once) {
        let stalls = i64::from(cost.stalls);
        if step.shape.float {
            found.causes.add(Cause::Float, stalls);
        } else {
            let misaligned = stalls.min(at_once.stalls.into());
            found.causes.add(Cause::Alignment, misaligned);
            found.causes.add(Cause::Fetch, stalls - misaligned);
        }
        let executing = i64::from(cost.cycles) - stalls;
        let own = match step.shape.class {
            Class::Float(cycles) => executing.min(cycles.into()),
            Class::LoadMultiple(cycles) | Class::StoreMultiple(cycles) => {
                executing.min(cycles.into())
            }
            _ => executing.min(1),
        };
        found.causes.add(Cause::Instruction, own);
        let further = match step.shape.class {
            Class::Divide => Cause::Divide,
            Class::Float(_) | Class::FloatDivide => Cause::Float,
            _ => Cause::LoadUse,
        };
        found.causes.add(further, executing - own);
        found.divides |= step.shape.class == Class::Divide;
    }
    // A floating-point divide that goes on behind the run.
    let behind = i64::from(total) - found.causes.total();
    found.causes.add(Cause::Float, behind);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::Shape;

    fn step(address: u32, size: u32, class: Class) -> Step {
        Step {
            address,
            size,
            shape: Shape {
                class,
                ..Shape::SKIPPED
            },
        }
    }

    #[test]
    fn each_static_cycle_has_one_cause() {
        let rules = TimingParameters::DEFAULT;
        let steps = [
            step(0, 2, Class::Load),
            step(2, 2, Class::Single),
            step(4, 2, Class::Divide),
            step(6, 4, Class::Single),
            step(10, 4, Class::Single),
            step(14, 4, Class::Single),
            step(18, 4, Class::Single),
            step(22, 2, Class::StoreMultiple(4)),
        ];
        let found = of_run(&rules, &steps, Fetch::AT_ONCE);
        let (_, total) = pipeline::simulate(&rules, &steps, Fetch::AT_ONCE, Entry::Fall);
        assert_eq!(found.causes.total(), total.into());
        // What no cause was found for would be here.
        assert_eq!(found.causes.of(Cause::Float), 0);
        assert_eq!(found.causes.of(Cause::LoadUse), 1);
        assert_eq!(found.causes.of(Cause::Instruction), 7 + 4);
        assert!(found.causes.of(Cause::Alignment) > 0, "{found:?}");
        assert_eq!(found.causes.of(Cause::Fetch), 0);
        assert!(found.divides);

        let slow = Fetch {
            wait_states: 3,
            sector_bytes: 8,
            ..Fetch::AT_ONCE
        };
        let found = of_run(&rules, &steps, slow);
        assert!(found.causes.of(Cause::Fetch) > 0, "{found:?}");
    }
}

//! When the results of instructions that were issued before can be used.

use super::dual::{Dual, NONE, Pairing};
use super::{Class, Shape, TimingParameters};

/// What is known at a place in a run of instructions of a Cortex-M33.
#[derive(Clone, Debug, Default)]
pub(super) struct Scoreboard {
    /// Times at which each core register can be read, and can be an accumulator or stored.
    core: [[u32; 2]; 16],
    /// Times at which each single can be read, and can be the addend of a multiply-accumulate.
    singles: [[u32; 2]; 32],
    flags: u32,
    /// The instruction before is a 16-bit one, alone so far, and whether it sets flags.
    first: Option<bool>,
}

impl Scoreboard {
    /// The earliest time at which what an instruction reads is there.
    pub fn ready(&self, shape: &Shape, dual: &Dual) -> u32 {
        let mut ready = 0;
        let mut wait = |set: u16, late: usize| {
            for (register, times) in self.core.iter().enumerate() {
                if set >> register & 1 != 0 {
                    ready = ready.max(times[late]);
                }
            }
        };
        wait(dual.reads, 0);
        wait(dual.accumulates | dual.stores, 1);
        for operand in shape.float_operands {
            if let Some(times) = self.singles.get(usize::from(operand)) {
                ready = ready.max(times[0]);
            }
        }
        if let Some(times) = self.singles.get(usize::from(dual.addend)) {
            ready = ready.max(times[1]);
        }
        let decides = matches!(dual.pairing, Pairing::Branch) || shape.class == Class::It;
        if decides {
            ready.max(self.flags)
        } else {
            ready
        }
    }

    /// Whether an instruction is issued with the one before it; a branch that isn't taken, if it is one.
    pub fn pairs(&self, narrow: bool, dual: &Dual) -> bool {
        narrow && self.first.is_some() && dual.pairing != Pairing::Alone
    }

    /// Notes an instruction that is issued at `time` for so many `cycles`.
    /// `paired`: with the one before it.
    pub fn issue(
        &mut self,
        time: u32,
        cycles: u32,
        narrow: bool,
        paired: bool,
        shape: &Shape,
        dual: &Dual,
    ) {
        // Of a multiple transfer the last word is as a single one.
        let last = match shape.class {
            Class::LoadMultiple(words) => time + words.saturating_sub(1),
            _ => time,
        };
        for (register, times) in self.core.iter_mut().enumerate() {
            if shape.writes >> register & 1 != 0 {
                let used = last + dual.latency;
                *times = [used, used - u32::from(dual.chains && dual.latency > 1)];
            }
        }
        let [latency, addend] = dual.float_latency;
        let mut write = |single: u8| {
            if let Some(times) = self.singles.get_mut(usize::from(single)) {
                *times = [last + latency, last + addend];
            }
        };
        write(shape.float_result);
        let [first, count] = dual.singles;
        if first != NONE {
            (0..count).for_each(|at| write(first + at));
        }
        if dual.flags {
            self.flags = time + cycles + u32::from(dual.late_flags);
        }
        self.first = (narrow && !paired).then_some(dual.flags);
    }

    /// The instruction issued last, whose results come after `time`, takes so many cycles more.
    pub fn wait(&mut self, time: u32, cycles: u32) {
        let all = self.core.iter_mut().chain(&mut self.singles).flatten();
        for ready in all.filter(|ready| **ready > time) {
            *ready += cycles;
        }
    }
}

/// What a taken branch adds, of which `before` stands before it: on a Cortex-M33 it isn't issued with an
/// instruction that sets flags.
pub(crate) fn refill(
    rules: &TimingParameters,
    last: (u32, &Shape),
    before: Option<(u32, &Shape)>,
) -> u32 {
    let base = match last.1.class {
        Class::Branch => rules.refill,
        Class::LateBranch | Class::LoadBranch(_) => rules.late_refill,
        _ => return 0,
    };
    let sets_flags =
        |(size, shape): (u32, &Shape)| size == 2 && shape.dual.is_some_and(|dual| dual.flags);
    let alone = last.0 == 2
        && last
            .1
            .dual
            .is_some_and(|dual| dual.pairing == Pairing::Branch)
        && before.is_some_and(sets_flags);
    base + u32::from(alone)
}

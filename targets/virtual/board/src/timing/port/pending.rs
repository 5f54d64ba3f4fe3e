//! What of a straight run of instructions has yet to be fetched.

use super::{Held, Port, Reading};

/// Cycles from the one in which an address is on the bus to that in which the core uses what was read.
pub(crate) const ON_THE_BUS: u32 = 2;
/// Bytes that the core fetches at once.
const WORD: u32 = 4;

/// When a sector is there if the flash doesn't wait, and when it is wanted: cycles since the start of a run that
/// waits for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub requested: u32,
    pub wanted: u32,
}

/// An instruction of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetched {
    /// Bytes.
    pub size: u32,
    /// Cycles before it and its own.
    pub before: u32,
    pub cycles: u32,
    /// Whether it reads or writes memory.
    pub accesses: bool,
}

/// The sectors, of `bytes` bytes each, of a run that begins at the flash byte `start`.
///
/// The core fetches words. It asks for the next one when it begins to execute the first half of the one before, if
/// that is no access to memory, whose address goes first; or, where it has jumped to a second half, right behind
/// that. An access in the second half has to wait until the word is there, for there is one bus.
pub(crate) fn wanted(start: u32, bytes: u32, instructions: &[Fetched]) -> Box<[Wanted]> {
    let mut sectors = vec![Wanted {
        requested: 0,
        wanted: 0,
    }];
    // When the word behind the one that is executed is there at the earliest.
    let mut next = if start.is_multiple_of(WORD) { 0 } else { 1 };
    // An access that wants it to be there first.
    let mut access = None;
    let mut at = start;
    for it in instructions {
        let first_half = at.is_multiple_of(WORD);
        let end = at + it.size;
        let mut reach = |wanted: u32, requested: u32, first_byte: u32| {
            if (first_byte / bytes - start / bytes) as usize == sectors.len() {
                sectors.push(Wanted { requested, wanted });
            }
        };
        if first_half {
            reach(access.take().unwrap_or(it.before), next, at);
            let asked = if it.accesses {
                it.before + it.cycles - 1
            } else {
                it.before
            };
            next = asked + ON_THE_BUS;
        } else if it.size > 2 {
            // Its second half, which is the first of the next word.
            reach(it.before + 1, next, end - 2);
            next = it.before + 1 + ON_THE_BUS;
        } else if it.accesses {
            access = Some(it.before + 1);
        }
        at = end;
    }
    sectors.into()
}

/// A straight run of instructions in the flash.
#[derive(Clone, Debug)]
pub(crate) struct InFlash {
    /// Its first byte.
    pub start: u32,
    /// The sector of that, and when each is wanted: of a flash behind one bus.
    pub first_sector: u32,
    pub sectors: Box<[Wanted]>,
    /// Cycles that it takes without any wait, and those that entering it and leaving it by a jump add.
    pub cycles: u32,
    pub jump_extra: u32,
    pub taken_extra: u32,
}

/// The sectors of a straight run of instructions that have yet to be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    /// The first sector of the run, and when each is wanted.
    first: u32,
    sectors: Box<[Wanted]>,
    /// Which of them comes next.
    next: usize,
    /// When the run began, the cycles that it takes without any wait, and those that leaving it by a jump adds.
    begin: i64,
    cycles: i64,
    taken_extra: i64,
}

impl Pending {
    /// A run begins at the cycle `begin`.
    pub fn new(run: &InFlash, begin: i64) -> Self {
        Self {
            first: run.first_sector,
            sectors: run.sectors.clone(),
            next: 0,
            begin,
            cycles: run.cycles.into(),
            taken_extra: run.taken_extra.into(),
        }
    }

    /// By how much the run has taken longer than without any wait, if what comes behind it begins at the cycle
    /// `now`, and was jumped to or not.
    pub fn delayed(&self, now: i64, jumped: bool) -> i64 {
        let refill = if jumped { self.taken_extra } else { 0 };
        (now - refill - self.begin - self.cycles).max(0)
    }

    /// The run begins later, or has waited outside of what [`Self::fetch`] is told.
    pub fn delay(&mut self, cycles: i64) {
        self.begin += cycles;
    }

    /// Fetches all sectors whose address is on the bus before the cycle `now`, if the run has waited `delayed`
    /// cycles so far. Returns the cycles that it waits for them: what is asked for later comes behind a load
    /// that begins then.
    pub fn fetch(
        &mut self,
        port: &mut Port,
        cache: &mut impl Held,
        reading: Reading,
        (now, delayed): (i64, i64),
    ) -> i64 {
        let mut waited = 0;
        while let Some(sector) = self.sectors.get(self.next) {
            let begin = self.begin + delayed + waited;
            let requested = begin + i64::from(sector.requested);
            if requested - i64::from(ON_THE_BUS) >= now + waited {
                break;
            }
            let wanted = begin + i64::from(sector.wanted);
            let there = port.fetch(cache, reading, self.first + self.next as u32, requested);
            waited += (there - wanted).max(0);
            self.next += 1;
        }
        waited
    }

    /// The same with times since the cycle `origin`.
    pub fn since(self, origin: i64) -> Self {
        if self.next == self.sectors.len() {
            // Whichever run it was.
            return Self::default();
        }
        Self {
            begin: self.begin - origin,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{READING, Two};
    use super::*;

    const NOP: (u32, u32, bool) = (2, 1, false);
    const LOAD: (u32, u32, bool) = (2, 2, true);
    const BL: (u32, u32, bool) = (4, 3, false);

    fn sectors(start: u32, instructions: &[(u32, u32, bool)]) -> Vec<(u32, u32)> {
        let mut before = 0;
        let fetched = instructions.iter().map(|&(size, cycles, accesses)| {
            before += cycles;
            Fetched {
                size,
                before: before - cycles,
                cycles,
                accesses,
            }
        });
        let sectors = wanted(start, 8, &fetched.collect::<Vec<_>>());
        (sectors.iter().map(|it| (it.requested, it.wanted))).collect()
    }

    #[test]
    fn a_run_waits_for_its_sectors_as_far_as_it_has_come() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        // Eight instructions of one cycle, entered at the last of the first sector.
        let fetched = (0..8).map(|before| Fetched {
            size: 2,
            before,
            cycles: 1,
            accesses: false,
        });
        let sectors = wanted(0x86, 8, &fetched.collect::<Vec<_>>());
        let at = |requested, wanted| Wanted { requested, wanted };
        assert_eq!(*sectors, [at(0, 0), at(1, 1), at(5, 5)]);
        let run = InFlash {
            start: 0x86,
            first_sector: 0x10,
            sectors,
            cycles: 8,
            jump_extra: 0,
            taken_extra: 1,
        };
        let mut run = Pending::new(&run, 100);
        // The second is asked for right behind the first: its read is done a cycle behind the first's.
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (100, 0)), 4);
        run.delay(4);
        // The third is asked for at 107, and is there.
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (107, 0)), 0);
        assert_eq!(run.next, 2);
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (108, 0)), 0);
        assert_eq!(run.next, 3);
        assert_eq!(run.delayed(120, false), 8);
        // Filling the pipeline again isn't part of it.
        assert_eq!(run.delayed(120, true), 7);
    }

    #[test]
    fn a_word_is_asked_for_with_the_first_half_of_the_one_before() {
        assert_eq!(sectors(0x84, &[NOP, NOP, NOP]), [(0, 0), (2, 2)]);
        // Behind a load in the first half, in whose second cycle its address is on the bus.
        assert_eq!(sectors(0x84, &[LOAD, NOP, NOP]), [(0, 0), (3, 3)]);
        // A load in the second half finds the bus taken until the word is there.
        assert_eq!(sectors(0x84, &[NOP, LOAD, NOP]), [(0, 0), (2, 2)]);
        let push = (2, 9, true);
        assert_eq!(sectors(0x84, &[NOP, push, NOP]), [(0, 0), (2, 2)]);
        assert_eq!(sectors(0x84, &[push, NOP, NOP]), [(0, 0), (10, 10)]);
    }

    #[test]
    fn a_wide_instruction_wants_its_second_half_a_cycle_later() {
        assert_eq!(sectors(0x84, &[NOP, BL, NOP]), [(0, 0), (2, 2)]);
        assert_eq!(sectors(0x80, &[NOP, NOP, BL, NOP]), [(0, 0), (4, 5)]);
        // The one behind it is asked for with its second half.
        assert_eq!(sectors(0x82, &[BL, NOP, NOP]), [(0, 0), (3, 4)]);
    }
}

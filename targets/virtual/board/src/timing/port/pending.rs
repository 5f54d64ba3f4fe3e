//! What of a straight run of instructions has yet to be fetched.

use super::{Held, Port, Reading};

/// Cycles before it is wanted that a sector is asked for at most.
const ASKED_FOR_AHEAD: u32 = 2;

/// When a sector is asked for and wanted, cycles since the start of a run that waits for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub requested: u32,
    pub wanted: u32,
}

/// The sectors, of `bytes` bytes each, of a run that begins at the flash byte `start`. Of each of its
/// `instructions`: its bytes, and the cycles before it. The whole instruction is wanted when it begins, and
/// asked for while the one before it executes.
pub(crate) fn wanted(
    start: u32,
    bytes: u32,
    instructions: impl Iterator<Item = (u32, u32)>,
) -> Box<[Wanted]> {
    let mut sectors: Vec<Wanted> = Vec::new();
    let (first, mut end, mut requested) = (start / bytes, start, 0);
    for (size, wanted) in instructions {
        end += size;
        let reached = ((end - 1) / bytes - first + 1) as usize;
        let sector = Wanted {
            requested: wanted.saturating_sub(ASKED_FOR_AHEAD).max(requested),
            wanted,
        };
        sectors.resize(reached.max(sectors.len()), sector);
        requested = wanted;
    }
    sectors.into()
}

/// A straight run of instructions in the flash.
#[derive(Clone, Debug)]
pub(crate) struct InFlash {
    /// Its first byte.
    pub start: u32,
    /// The sector of that, and when each is wanted: of a flash that does one thing at a time.
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

    /// Fetches all sectors of instructions that begin until the cycle `now`, if the run has waited `delayed`
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
            let wanted = begin + i64::from(sector.wanted);
            if wanted > now + waited {
                break;
            }
            let requested = begin + i64::from(sector.requested);
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

    #[test]
    fn a_run_waits_for_its_sectors_as_far_as_it_has_come() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        // Eight instructions of one cycle, entered at the last of the first sector.
        let sectors = wanted(0x86, 8, (0..8).map(|at| (2, at)));
        let at = |requested, wanted| Wanted { requested, wanted };
        assert_eq!(*sectors, [at(0, 0), at(0, 1), at(4, 5)]);
        let run = InFlash {
            start: 0x86,
            first_sector: 0x10,
            sectors,
            cycles: 8,
            jump_extra: 0,
            taken_extra: 1,
        };
        let mut run = Pending::new(&run, 100);
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (100, 0)), 2);
        // The next isn't wanted before cycle 103, and is there at 105.
        run.delay(2);
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (102, 0)), 0);
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (103, 0)), 2);
        // The last is wanted at 109, and is there.
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (108, 2)), 0);
        assert_eq!(run.next, 2);
        assert_eq!(run.fetch(&mut port, &mut cache, READING, (109, 2)), 0);
        assert_eq!(run.next, 3);
        assert_eq!(run.delayed(120, false), 10);
        // Filling the pipeline again isn't part of it.
        assert_eq!(run.delayed(120, true), 9);
    }

    #[test]
    fn a_sector_is_wanted_by_the_instruction_that_reaches_into_it() {
        let at = |requested, wanted| Wanted { requested, wanted };
        // A load of two cycles, two instructions without an operation, and a BL that begins in the first sector.
        let sectors = wanted(0x80, 8, [(2, 0), (2, 2), (2, 3), (4, 4)].into_iter());
        assert_eq!(*sectors, [at(0, 0), at(3, 4)]);
        // Behind a PUSH of eight registers it is asked for two cycles before it is wanted.
        let sectors = wanted(0x84, 8, [(2, 0), (2, 1), (2, 10)].into_iter());
        assert_eq!(*sectors, [at(0, 0), at(8, 10)]);
    }
}

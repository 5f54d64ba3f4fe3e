//! A flash that does one thing at a time: what it reads for the core's instructions, what it reads ahead of
//! them, and what it reads as data wait for each other.
//!
//! It keeps the sector that instructions came from last and the one that it has read ahead. A cache holds
//! those that were in neither when they were asked for, which are the targets of jumps.

/// Which sectors a cache for instructions holds.
pub(crate) trait Held {
    /// Whether a sector is there.
    fn holds(&self, sector: u32) -> bool;
    /// Puts a sector there.
    fn fill(&mut self, sector: u32);
}

/// The cache is off.
pub(crate) struct NoCache;

impl Held for NoCache {
    fn holds(&self, _sector: u32) -> bool {
        false
    }

    fn fill(&mut self, _sector: u32) {}
}

/// How the flash reads instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Cycles beyond one.
    pub wait_states: u32,
    /// Whether it reads on by itself.
    pub prefetch: bool,
}

/// The flash's side of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    /// The sector that instructions came from last.
    current: u32,
    /// The sector that was read ahead, and when it is there.
    ahead: u32,
    ready: u64,
    /// When the flash has done what it was asked for.
    free: u64,
}

impl Port {
    pub const NEW: Self = Self {
        current: u32::MAX,
        ahead: u32::MAX,
        ready: 0,
        free: 0,
    };

    /// Fetches from a sector at the cycle `requested`: when it is there.
    pub fn fetch(
        &mut self,
        cache: &mut impl Held,
        reading: Reading,
        sector: u32,
        requested: u64,
    ) -> u64 {
        if sector == self.current {
            return requested;
        }
        let there = if cache.holds(sector) {
            requested
        } else if sector == self.ahead {
            self.ready.max(requested)
        } else {
            cache.fill(sector);
            self.read(requested, reading.wait_states)
        };
        self.current = sector;
        let next = sector.wrapping_add(1);
        if reading.prefetch && self.ahead != next && !cache.holds(next) {
            self.ahead = next;
            self.ready = self.read(there + 1, reading.wait_states);
        }
        there
    }

    /// Reads something at the cycle `requested`: when it is there.
    pub fn read(&mut self, requested: u64, wait_states: u32) -> u64 {
        let there = requested.max(self.free) + u64::from(wait_states);
        self.free = there + 1;
        there
    }
}

/// When a sector is asked for and wanted, cycles since the start of a run that waits for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub requested: u32,
    pub wanted: u32,
}

/// The sectors of a straight run of instructions that have yet to be fetched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    /// The first sector of the run, and when each is wanted.
    first: u32,
    sectors: Vec<Wanted>,
    /// Which of them comes next.
    next: usize,
    /// When the run began, and the cycles that it takes without any wait.
    begin: u64,
    cycles: u64,
}

impl Pending {
    /// A run begins at the cycle `begin` with the sector `first`.
    pub fn start(
        &mut self,
        first: u32,
        sectors: impl Iterator<Item = Wanted>,
        begin: u64,
        cycles: u32,
    ) {
        self.first = first;
        self.sectors.clear();
        self.sectors.extend(sectors);
        self.next = 0;
        self.begin = begin;
        self.cycles = cycles.into();
    }

    /// Nothing has to be fetched.
    pub fn clear(&mut self) {
        self.sectors.clear();
    }

    /// By how much the run has taken longer than without any wait, if it ends at the cycle `now`.
    pub fn delayed(&self, now: u64) -> u64 {
        now.saturating_sub(self.begin + self.cycles)
    }

    /// The run begins later, or has waited outside of what [`Self::fetch`] is told.
    pub fn delay(&mut self, cycles: u64) {
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
        (now, delayed): (u64, u64),
    ) -> u64 {
        let mut waited = 0;
        while let Some(sector) = self.sectors.get(self.next) {
            let begin = self.begin + delayed + waited;
            let wanted = begin + u64::from(sector.wanted);
            if wanted > now + waited {
                break;
            }
            let requested = begin + u64::from(sector.requested);
            let there = port.fetch(cache, reading, self.first + self.next as u32, requested);
            waited += there.saturating_sub(wanted);
            self.next += 1;
        }
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Reading = Reading {
        wait_states: 2,
        prefetch: true,
    };

    struct Two(Vec<u32>);

    impl Held for Two {
        fn holds(&self, sector: u32) -> bool {
            self.0.contains(&sector)
        }

        fn fill(&mut self, sector: u32) {
            self.0.insert(0, sector);
            self.0.truncate(2);
        }
    }

    #[test]
    fn a_jump_waits_and_what_follows_it_is_read_ahead() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        assert_eq!(port.fetch(&mut cache, READING, 10, 100), 102);
        // Read ahead from 103 to 105.
        assert_eq!(port.fetch(&mut cache, READING, 11, 104), 105);
        assert_eq!(port.fetch(&mut cache, READING, 12, 120), 120);
        assert_eq!(cache.0, [10], "what was read ahead isn't put there");
        // Back to what is in the cache.
        assert_eq!(port.fetch(&mut cache, READING, 10, 121), 121);
    }

    #[test]
    fn data_waits_for_what_is_read_ahead_and_that_for_data() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        assert_eq!(port.fetch(&mut cache, READING, 10, 100), 102);
        // The next sector is there at 105, so that data is read from 106 on.
        assert_eq!(port.read(103, 2), 108);
        assert_eq!(port.fetch(&mut cache, READING, 11, 109), 109);
        assert_eq!(port.fetch(&mut cache, READING, 12, 110), 112);
    }

    #[test]
    fn without_prefetch_and_cache_every_sector_waits() {
        let mut port = Port::NEW;
        let reading = Reading {
            prefetch: false,
            ..READING
        };
        for (sector, at) in [(10, 100), (11, 110), (10, 120)] {
            assert_eq!(port.fetch(&mut NoCache, reading, sector, at), at + 2);
        }
        assert_eq!(port.fetch(&mut NoCache, reading, 10, 130), 130);
    }

    #[test]
    fn a_run_waits_for_its_sectors_as_far_as_it_has_come() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        // Eight instructions of one cycle, entered at the last of the first sector.
        let mut run = Pending::default();
        let at = |requested, wanted| Wanted { requested, wanted };
        run.start(0x10, [at(0, 0), at(0, 1), at(4, 5)].into_iter(), 100, 8);
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
        assert_eq!(run.delayed(120), 10);
    }
}

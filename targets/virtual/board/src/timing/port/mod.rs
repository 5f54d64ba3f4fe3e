//! A flash behind one bus, over which the core reads instructions and data in turn, one word after the other.
//!
//! The flash keeps the sector that instructions came from last and the one that it has read ahead. A cache holds
//! those that were in neither when they were asked for, which are the targets of jumps. What is read for
//! instructions waits for what is being read ahead; data don't.
//!
//! Times are those at which the core has what it asked for, if nothing waits: two cycles behind the one in which
//! it puts the address on the bus.

mod followed;
mod hash;
mod pending;

pub(crate) use followed::{Followed, Setting};
use pending::Pending;
pub(crate) use pending::{Fetched, InFlash, Wanted, wanted};

/// Which sectors a cache for instructions holds.
pub(crate) trait Held {
    /// Whether a sector is there.
    fn holds(&self, sector: u32) -> bool;
    /// Puts a sector there.
    fn fill(&mut self, sector: u32);
}

/// A cache that may be off.
impl<H: Held> Held for Option<&mut H> {
    fn holds(&self, sector: u32) -> bool {
        self.as_ref().is_some_and(|cache| cache.holds(sector))
    }

    fn fill(&mut self, sector: u32) {
        if let Some(cache) = self {
            cache.fill(sector);
        }
    }
}

/// How the flash reads instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Cycles beyond one.
    pub wait_states: u32,
    /// Whether it reads on by itself.
    pub prefetch: bool,
}

/// The flash's side of it. Times are cycles since whatever its user counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Port {
    /// The sector that instructions came from last.
    current: u32,
    /// The sector that was read ahead, and when it is there.
    ahead: u32,
    ready: i64,
    /// When the flash has done what it was asked for.
    free: i64,
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
        requested: i64,
    ) -> i64 {
        if sector == self.current {
            return requested;
        }
        if cache.holds(sector) {
            // It leaves what the flash keeps as it is.
            return requested;
        }
        let there = if sector == self.ahead {
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

    /// Reads a sector at the cycle `requested`: when it is there.
    fn read(&mut self, requested: i64, wait_states: u32) -> i64 {
        let there = requested.max(self.free) + i64::from(wait_states);
        self.free = there + 1;
        there
    }

    /// The same with times since the cycle `origin`. What was done before then is as good as done then, for
    /// nothing is wanted earlier.
    fn since(self, origin: i64) -> Self {
        Self {
            ready: (self.ready - origin).max(0),
            free: (self.free - origin).max(0),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub const READING: Reading = Reading {
        wait_states: 2,
        prefetch: true,
    };

    pub struct Two(pub Vec<u32>);

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
    fn what_comes_from_the_cache_leaves_the_rest_as_it_is() {
        let (mut port, mut cache) = (Port::NEW, Two(Vec::new()));
        assert_eq!(port.fetch(&mut cache, READING, 10, 100), 102);
        assert_eq!(port.fetch(&mut cache, READING, 11, 110), 110);
        // 12 is read ahead meanwhile, and nothing behind 10.
        assert_eq!(port.fetch(&mut cache, READING, 10, 114), 114);
        assert_eq!(port.fetch(&mut cache, READING, 11, 118), 118);
        assert_eq!(port.fetch(&mut cache, READING, 12, 122), 122);
        assert_eq!(cache.0, [10]);
    }

    #[test]
    fn without_prefetch_and_cache_every_sector_waits() {
        let mut port = Port::NEW;
        let reading = Reading {
            prefetch: false,
            ..READING
        };
        for (sector, at) in [(10, 100), (11, 110), (10, 120)] {
            assert_eq!(
                port.fetch(&mut None::<&mut Two>, reading, sector, at),
                at + 2
            );
        }
        assert_eq!(port.fetch(&mut None::<&mut Two>, reading, 10, 130), 130);
    }
}

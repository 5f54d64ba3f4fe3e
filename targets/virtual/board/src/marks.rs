//! Addresses at which the run loop looks up: hooks, places to stop, and every block while the
//! program is observed.
//!
//! A mark costs nothing elsewhere: the block before it ends there, and the block that starts there
//! is kept out of the index by which blocks are found quickly.

use std::collections::BTreeSet;

/// For whom each block is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observer {
    /// The profile of functions.
    Profile,
    /// The chip's counter of cache hits.
    CacheHits,
    /// The event counters of the DWT.
    Events,
}

/// The marked addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Where something is to happen.
    places: BTreeSet<u32>,
    /// Starts of functions, while the program is observed.
    boundaries: BTreeSet<u32>,
    /// Each block is looked at if there are any: one bit each.
    observers: u8,
}

impl Marks {
    /// Marks an address, or not any more.
    pub fn set(&mut self, address: u32, marked: bool) {
        if marked {
            self.places.insert(address);
        } else {
            self.places.remove(&address);
        }
    }

    /// Has each block looked at, or not any more. True if that is a change.
    pub fn observe(&mut self, observer: Observer, observed: bool) -> bool {
        let bit = 1 << observer as u8;
        let before = self.observers;
        self.observers = if observed {
            before | bit
        } else {
            before & !bit
        };
        self.observers != before
    }

    /// Whether each block is looked at for this one.
    pub fn is_observed_by(&self, observer: Observer) -> bool {
        self.observers >> observer as u8 & 1 != 0
    }

    /// Lets no block reach over one of these addresses.
    pub fn set_boundaries(&mut self, boundaries: BTreeSet<u32>) {
        self.boundaries = boundaries;
    }

    /// Whether something is to happen at an address.
    pub fn is_place(&self, address: u32) -> bool {
        self.places.contains(&address)
    }

    /// Whether the run loop looks up before the block at this address.
    pub fn stops_at(&self, address: u32) -> bool {
        self.observers != 0 || self.places.contains(&address)
    }

    /// Whether no block reaches over this address.
    pub fn divides(&self, address: u32) -> bool {
        self.places.contains(&address) || self.boundaries.contains(&address)
    }
}

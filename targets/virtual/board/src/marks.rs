//! Addresses at which the run loop looks up: hooks, places to stop, and every block while the
//! program is observed.
//!
//! A mark costs nothing elsewhere: the block before it ends there, and the block that starts there
//! is kept out of the index by which blocks are found quickly.

use std::collections::BTreeSet;

/// The marked addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Where something is to happen.
    places: BTreeSet<u32>,
    /// Starts of functions, while the program is observed.
    boundaries: BTreeSet<u32>,
    /// Each block is looked at.
    observed: bool,
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

    /// Has each block looked at, and lets none reach over one of these addresses.
    pub fn observe(&mut self, boundaries: BTreeSet<u32>) {
        self.boundaries = boundaries;
        self.observed = true;
    }

    /// Ends [`Self::observe`].
    pub fn stop_observing(&mut self) {
        self.boundaries.clear();
        self.observed = false;
    }

    /// Whether something is to happen at an address.
    pub fn is_place(&self, address: u32) -> bool {
        self.places.contains(&address)
    }

    /// Whether the run loop looks up before the block at this address.
    pub fn stops_at(&self, address: u32) -> bool {
        self.observed || self.places.contains(&address)
    }

    /// Whether no block reaches over this address.
    pub fn divides(&self, address: u32) -> bool {
        self.places.contains(&address) || self.boundaries.contains(&address)
    }
}

//! What instructions add to the event counters of the DWT.

use super::pipeline::Cost;
use super::{Class, Shape};

/// The share of one instruction, without what depends on data or history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Cycles beyond the first of a load or store (LSUCNT); -1 for a store that is hidden behind a
    /// load.
    pub load_store: i64,
    /// It took no cycle (FOLDCNT).
    pub folded: bool,
}

impl Share {
    pub fn new(shape: &Shape, cost: &Cost) -> Self {
        let executing = i64::from(cost.cycles - cost.stalls);
        let accesses = matches!(
            shape.class,
            Class::Load
                | Class::Store
                | Class::StoreRegisterOffset
                | Class::LoadMultiple(_)
                | Class::StoreMultiple(_)
                | Class::LoadBranch(_)
                | Class::FloatLoad
                | Class::FloatStore
        );
        Self {
            load_store: if accesses { executing - 1 } else { 0 },
            folded: shape.class == Class::It && executing == 0,
        }
    }
}

//! Events of the program's own, and the ways from events to tasks.

mod egu;
mod ppi;

pub(super) use egu::Egu;
pub(super) use ppi::Ppi;

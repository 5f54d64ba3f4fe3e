//! The counters that sequences read: those of the DWT, or SysTick on a core whose debug unit has none.

#[cfg(not(armv6m))]
mod dwt;
#[cfg(armv6m)]
mod systick;

#[cfg(not(armv6m))]
pub use dwt::{ADDRESSES, enable};
#[cfg(armv6m)]
pub use systick::{ADDRESSES, enable};

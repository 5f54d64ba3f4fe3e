//! The cycle counter and the event counters of the DWT.

use cortex_m::peripheral::{DCB, DWT};
use tinybench_interface::calibration::DWT_COUNTERS;

/// Where they are read.
pub const ADDRESSES: &[u32] = &DWT_COUNTERS;

/// Starts the cycle counter, and starts or stops the event counters.
pub fn enable(events: bool) {
    const TRCENA: u32 = 1 << 24;
    const CYCCNTENA: u32 = 1;
    /// CPIEVTENA, EXCEVTENA, SLEEPEVTENA, LSUEVTENA and FOLDEVTENA (Armv7-M Architecture Reference
    /// Manual, C1.8.7). Events go nowhere: the ITM is off.
    const EVENTS: u32 = 0b1_1111 << 17;
    // SAFETY: the pointers are those of the architecture; this is the only code that runs.
    let (dcb, dwt) = unsafe { (&*DCB::PTR, &*DWT::PTR) };
    let enabled = CYCCNTENA | if events { EVENTS } else { 0 };
    // SAFETY: turning the trace units and the counters on has no other effect.
    unsafe {
        dcb.demcr.modify(|value| value | TRCENA);
        dwt.ctrl.modify(|value| value & !EVENTS | enabled);
    }
}

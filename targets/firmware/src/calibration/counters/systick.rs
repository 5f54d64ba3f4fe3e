//! SysTick (Armv6-M Architecture Reference Manual, B3.3). A sequence is much shorter than its period, so that
//! nobody needs to know how often it came round.

use cortex_m::peripheral::SYST;
use tinybench_interface::calibration::{SYSTICK_BITS, SYSTICK_COUNTER};

/// Where it is read.
pub const ADDRESSES: &[u32] = &[SYSTICK_COUNTER];

/// Starts it anew, from its longest period. There are no events to count.
pub fn enable(_events: bool) {
    // SAFETY: the pointer is that of the architecture; this is the only code that runs.
    let syst = unsafe { &*SYST::PTR };
    /// Counts, without its exception, by the core's clock.
    const ENABLE_CLKSOURCE: u32 = 0b101;
    // SAFETY: counting has no other effect.
    unsafe {
        syst.rvr.write((1 << SYSTICK_BITS) - 1);
        syst.cvr.write(0);
        syst.csr.write(ENABLE_CLKSOURCE);
    }
}

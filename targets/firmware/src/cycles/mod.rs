//! The cycle counter: the DWT's, or SysTick on a core without one.

#[cfg(not(armv6m))]
mod dwt;
pub mod stage;
#[cfg(armv6m)]
mod systick;

use core::arch::asm;
#[cfg(feature = "energy")]
use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(not(armv6m))]
use dwt as counter;
#[cfg(armv6m)]
use systick as counter;
use tinybench_interface::Error;

use crate::block::Failure;
use counter::WrapDetector;
#[cfg(feature = "energy")]
pub use counter::disable;
pub use counter::enable;
#[cfg(any(feature = "energy", feature = "profile"))]
pub use counter::now;
#[cfg(not(any(feature = "energy", feature = "profile")))]
use counter::now;

/// Iterations of the loop the counter is checked against.
const CHECK_ITERATIONS: u32 = 1024;

/// Cycles one iteration may take. The loop is SUBS and a taken BNE: one cycle, and one plus a
/// refill of one to three (Cortex-M4 Technical Reference Manual, 3.3.1; Cortex-M0+, 3.3), plus wait
/// states. A counter outside this doesn't count the core's clock.
const CHECK_CYCLES: core::ops::RangeInclusive<u32> = 2 * CHECK_ITERATIONS..=10 * CHECK_ITERATIONS;

/// Whether [`timed`] times anything.
#[cfg(feature = "energy")]
static TIMES_STAGES: AtomicBool = AtomicBool::new(true);

/// Has [`timed`] time stages or not. Runs in windows for a power instrument and their warm-up aren't timed
/// one by one: with the counter off in one and on in the other they wouldn't take the same time.
#[cfg(feature = "energy")]
pub fn time_stages(timed: bool) {
    TIMES_STAGES.store(timed, Ordering::Relaxed);
}

/// The cycles that `stage` takes, and what it returns. `run` is the number of the run.
///
/// Nothing else reads the counter until the next call: a virtual board reports how many
/// instructions lie between the two latest readings.
#[inline(always)]
pub fn timed<T>(run: usize, stage: impl FnOnce() -> T) -> Result<(u32, T), Failure> {
    #[cfg(feature = "energy")]
    if !TIMES_STAGES.load(Ordering::Relaxed) {
        return Ok((0, stage()));
    }
    let wrap = WrapDetector::arm();
    let start = now();
    let outcome = stage();
    let end = now();
    if wrap.wrapped() {
        return Err(Failure::with(Error::CounterWrapped, run as u32, 0));
    }
    Ok((end.wrapping_sub(start), outcome))
}

/// Cycles two readings directly after each other are apart.
#[inline(never)]
pub fn overhead() -> u32 {
    let start = now();
    let end = now();
    end.wrapping_sub(start)
}

/// Measures a loop of known length and returns its cycles.
#[inline(never)]
pub fn check() -> Result<u32, Failure> {
    let start = now();
    // SAFETY: counts a register down. Aligned, so that the loop sits in one fetched word
    // whatever the code around it is.
    unsafe {
        asm!(
            ".p2align 3",
            "2:",
            "subs {count}, {count}, #1",
            "bne 2b",
            count = inout(reg) CHECK_ITERATIONS => _,
            options(nomem, nostack),
        );
    }
    let end = now();
    let cycles = end.wrapping_sub(start);
    if CHECK_CYCLES.contains(&cycles) {
        Ok(cycles)
    } else {
        Err(Failure::with(Error::CounterStuck, cycles, CHECK_ITERATIONS))
    }
}

//! SysTick, for cores whose debug unit has no cycle counter (Armv6-M Architecture Reference Manual,
//! B3.3).
//!
//! It counts 24 bits down. Its exception counts how often it came round: some 30 cycles every 16.8 million,
//! which are part of what is measured.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SYST;

/// The counter's period as a power of two.
const BITS: u32 = 24;
/// SYST_CVR.
const CVR: usize = 0xE000_E018;

/// How often the counter came round.
static ROUNDS: AtomicU32 = AtomicU32::new(0);

/// The handler of SysTick; cortex-m-rt names it so.
#[unsafe(no_mangle)]
extern "C" fn SysTick() {
    // Nothing else writes it, and this core has no read-modify-write.
    ROUNDS.store(
        ROUNDS.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

/// Starts the counter.
pub fn enable() {
    // SAFETY: the pointer is that of the architecture; this is the only code that runs.
    let syst = unsafe { &*SYST::PTR };
    /// Counts, asks for its exception, by the core's clock.
    const ENABLE_TICKINT_CLKSOURCE: u32 = 0b111;
    // SAFETY: the handler above is in the vector table and disturbs nothing.
    unsafe {
        syst.rvr.write((1 << BITS) - 1);
        syst.cvr.write(0);
        syst.csr.write(ENABLE_TICKINT_CLKSOURCE);
    }
}

/// Turns the counter off.
#[cfg(feature = "energy")]
pub fn disable() {
    // SAFETY: the pointer is that of the architecture; this is the only code that runs.
    unsafe { (*SYST::PTR).csr.write(0) };
}

/// The cycles so far, after everything before it is complete and before anything behind it begins.
///
/// The reading is repeated if the counter came round while it was taken: the exception is taken at the
/// second ISB at the latest.
#[inline(always)]
pub fn now() -> u32 {
    loop {
        let rounds = ROUNDS.load(Ordering::Relaxed);
        let left: u32;
        // SAFETY: reads a register without side effects. No `nomem`: memory accesses must not be
        // moved across the reading.
        unsafe {
            asm!(
                "dsb",
                "isb",
                "ldr {left}, [{address}]",
                "isb",
                left = out(reg) left,
                address = in(reg) CVR,
                options(nostack, preserves_flags),
            );
        }
        // 0 is shown for one cycle between two rounds.
        if left != 0 && ROUNDS.load(Ordering::Relaxed) == rounds {
            return (rounds << BITS).wrapping_sub(left);
        }
    }
}

/// Notices that 32 bits aren't enough for a run.
pub struct WrapDetector {
    rounds: u32,
}

impl WrapDetector {
    /// Call directly before the reading that starts a run.
    pub fn arm() -> Self {
        Self {
            rounds: ROUNDS.load(Ordering::Relaxed),
        }
    }

    /// Whether the cycles since may be more than 32 bits can tell.
    pub fn wrapped(self) -> bool {
        ROUNDS.load(Ordering::Relaxed).wrapping_sub(self.rounds) >= 1 << (32 - BITS)
    }
}

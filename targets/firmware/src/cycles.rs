//! The cycle counter: DWT_CYCCNT of the Armv7-M debug architecture.

use core::arch::asm;

use cortex_m::peripheral::{DCB, DWT};
use tinybench_interface::Error;

use crate::block::Failure;

/// Iterations of the loop the counter is checked against.
const CHECK_ITERATIONS: u32 = 1024;

/// Cycles one iteration may take. The loop is SUBS and a taken BNE: one cycle, and one plus a
/// refill of one to three (Cortex-M4 Technical Reference Manual, 3.3.1), plus wait states. A
/// counter outside this doesn't count the core's clock.
const CHECK_CYCLES: core::ops::RangeInclusive<u32> = 2 * CHECK_ITERATIONS..=10 * CHECK_ITERATIONS;

/// DWT_CYCCNT (Armv7-M Architecture Reference Manual, C1.8.8).
const CYCCNT: usize = 0xE000_1004;

/// DWT_FUNCTIONn.CYCMATCH: comparator 0 compares with the cycle counter (C1.8.17).
const CYCMATCH: u32 = 1 << 7;
/// DWT_FUNCTIONn.FUNCTION: signal a match, and neither halt nor trace.
const SIGNAL_MATCH: u32 = 0b1000;
/// DWT_FUNCTIONn.MATCHED: set by a match, cleared by reading the register.
const MATCHED: u32 = 1 << 24;

/// Starts the counter.
pub fn enable() {
    // SAFETY: the pointers are those of the architecture; this is the only code that runs.
    let (dcb, dwt) = unsafe { (&*DCB::PTR, &*DWT::PTR) };
    const TRCENA: u32 = 1 << 24;
    const CYCCNTENA: u32 = 1;
    // SAFETY: turning the trace units and the counter on has no other effect.
    unsafe {
        dcb.demcr.modify(|value| value | TRCENA);
        dwt.ctrl.modify(|value| value | CYCCNTENA);
    }
}

/// The counter, after everything before it is complete and before anything behind it begins.
///
/// DSB drains the write buffer, so that the stores of the timed code are part of its time; ISB
/// keeps what follows from being fetched ahead of the reading. Both are part of the overhead.
#[inline(always)]
pub fn now() -> u32 {
    let value: u32;
    // SAFETY: reads a register without side effects. No `nomem`: memory accesses must not be
    // moved across the reading.
    unsafe {
        asm!(
            "dsb",
            "isb",
            "ldr {value}, [{address}]",
            value = out(reg) value,
            address = in(reg) CYCCNT,
            options(nostack, preserves_flags),
        );
    }
    value
}

/// The cycles that `stage` takes, and what it returns. `run` is the number of the run.
///
/// Nothing else reads the counter until the next call: a virtual board reports how many
/// instructions lie between the two latest readings.
#[inline(always)]
pub fn timed<T>(run: usize, stage: impl FnOnce() -> T) -> Result<(u32, T), Failure> {
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

/// Notices that the counter came round to where a run began.
///
/// Comparator 0 of the DWT is set to the value just before the start: it matches once the
/// counter has gone through all others, without an instruction spent while the clock runs.
pub struct WrapDetector;

impl WrapDetector {
    /// Call directly before the reading that starts a run.
    pub fn arm() -> Self {
        // SAFETY: as in `enable`.
        let comparator = unsafe { &(*DWT::PTR).c[0] };
        // SAFETY: with this function the comparator only sets its own MATCHED bit.
        unsafe {
            comparator.function.write(0);
            comparator.comp.write(now().wrapping_sub(1));
            comparator.mask.write(0);
            comparator.function.write(CYCMATCH | SIGNAL_MATCH);
        }
        comparator.function.read();
        Self
    }

    /// Whether the counter came round since.
    pub fn wrapped(self) -> bool {
        // SAFETY: as in `enable`.
        let comparator = unsafe { &(*DWT::PTR).c[0] };
        let wrapped = comparator.function.read() & MATCHED != 0;
        // SAFETY: turns the comparator off.
        unsafe { comparator.function.write(0) };
        wrapped
    }
}

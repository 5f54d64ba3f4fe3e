//! DWT_CYCCNT of the Armv7-M debug architecture.

use core::arch::asm;

use cortex_m::peripheral::{DCB, DWT};

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

/// Turns the trace units and the counter off.
#[cfg(feature = "energy")]
pub fn disable() {
    // SAFETY: the pointer is that of the architecture; turning the trace units off has no other effect.
    unsafe { (*DCB::PTR).demcr.write(0) };
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

//! Windows for a power instrument: what the host asks, whether it is there, and the sleep between them.

use core::cell::UnsafeCell;

use cortex_m::peripheral::DCB;
use tinybench_interface::energy::{Block, STAGES};

use crate::chip;

#[repr(transparent)]
struct Shared(UnsafeCell<Block>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Shared {}

#[used]
#[unsafe(no_mangle)]
static TINYBENCH_ENERGY: Shared = Shared(UnsafeCell::new(Block::INITIAL));

/// How long a pin stays low behind a window, cycles: long enough for an instrument that looks every
/// 10 µs.
const MARK_CYCLES: u32 = 20_000;
/// How long to rest between two looks for a debugger, ms.
const LOOK_MS: u32 = 100;

/// What the host asks.
pub fn asked() -> Block {
    // SAFETY: nobody else uses it while this runs. Volatile, for the host changes it.
    unsafe { TINYBENCH_ENERGY.0.get().read_volatile() }
}

/// Tells how many rounds of windows were run.
pub fn done(rounds: u32) {
    // SAFETY: as in `asked`.
    unsafe { (&raw mut (*TINYBENCH_ENERGY.0.get()).done).write_volatile(rounds) };
}

/// Tells how many cycles the warm-up of each stage took.
pub fn warmed_up(cycles: [u32; STAGES]) {
    // SAFETY: as in `asked`.
    unsafe { (&raw mut (*TINYBENCH_ENERGY.0.get()).warm_up_cycles).write_volatile(cycles) };
}

/// Whether a debugger is attached (DHCSR.C_DEBUGEN, which only a debugger changes).
fn is_debugged() -> bool {
    // SAFETY: the pointer is that of the architecture, and reading it only clears flags that nobody
    // here looks at.
    unsafe { (*DCB::PTR).dhcsr.read() & 1 != 0 }
}

/// Waits until the debugger is gone.
pub fn until_alone() {
    chip::mark(false);
    while is_debugged() {}
}

/// Rests until a debugger is there, without which a breakpoint is a fault.
pub fn until_debugged() {
    while !is_debugged() {
        chip::rest(LOOK_MS);
    }
}

/// Marks a moment: the end of a window, or a time of the MLPerf Tiny protocol.
pub fn mark_end() {
    chip::mark(true);
    cortex_m::asm::delay(MARK_CYCLES);
    chip::mark(false);
}

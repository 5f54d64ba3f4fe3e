//! Where the cycles of a stage are kept for the host.

use core::cell::UnsafeCell;

use tinybench_interface::CYCLES_CAPACITY;

/// Cycles of one stage, one word a run.
pub struct Cycles(UnsafeCell<[u32; CYCLES_CAPACITY]>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Cycles {}

impl Cycles {
    /// No cycles yet.
    pub const fn new() -> Self {
        Self(UnsafeCell::new([0; CYCLES_CAPACITY]))
    }

    /// Where the host finds them.
    pub fn address(&self) -> u32 {
        self.0.get() as u32
    }

    /// Keeps the cycles of `run`, which is below the capacity.
    pub fn set(&self, run: usize, cycles: u32) {
        if run < CYCLES_CAPACITY {
            // SAFETY: within the array, which nobody else uses meanwhile.
            unsafe { self.0.get().cast::<u32>().add(run).write_volatile(cycles) };
        }
    }
}

//! What the programs have in common.

#![no_std]

use panic_halt as _;

/// NVMC.ICACHECNF (nRF52840 Product Specification, NVMC).
const ICACHECNF: *mut u32 = 0x4001_E540 as *mut u32;

/// Switches the instruction cache on, as the published measurements had it.
pub fn switch_cache_on() {
    // SAFETY: the register is there on an nRF52840, for which this is built, and nothing else uses it.
    unsafe { ICACHECNF.write_volatile(1) };
}

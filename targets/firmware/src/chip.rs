//! What has to be set up outside the core's own debug units before anything is measured.

use cortex_m::peripheral::{NVIC, SYST};

/// Turns every interrupt source off for good.
///
/// Each source is disabled where it arises, rather than all of them masked by PRIMASK, because
/// PRIMASK also turns MemManage, BusFault and UsageFault into HardFault (Armv7-M Architecture
/// Reference Manual, B1.5.4).
pub fn disable_interrupts() {
    // SAFETY: the pointers are those of the architecture; this is the only code that runs.
    let (nvic, syst) = unsafe { (&*NVIC::PTR, &*SYST::PTR) };
    for register in &nvic.icer[..8] {
        // SAFETY: a write of ones to ICER only disables interrupts.
        unsafe { register.write(u32::MAX) };
    }
    // SAFETY: this stops SysTick and disables its exception.
    unsafe { syst.csr.write(0) };
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

/// Sets the instruction cache of an nRF52's flash as the board file says.
#[cfg(any(nrf_instruction_cache = "on", nrf_instruction_cache = "off"))]
pub fn configure() {
    /// NVMC.ICACHECNF (nRF52840 Product Specification, NVMC). Bit 0 enables the cache.
    const ICACHECNF: *mut u32 = 0x4001_E540 as *mut u32;
    let value = u32::from(cfg!(nrf_instruction_cache = "on"));
    // SAFETY: the register exists on the chip this image is built for, and enabling or
    // disabling the cache has no effect but on time.
    unsafe { ICACHECNF.write_volatile(value) };
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

/// This chip has nothing to set up.
#[cfg(not(any(nrf_instruction_cache = "on", nrf_instruction_cache = "off")))]
pub fn configure() {}

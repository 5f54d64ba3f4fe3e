//! What has to be set up outside the core's own debug units before anything is measured.

#[cfg(setup = "nrf52")]
mod nrf52;
#[cfg(setup = "stm32l4r5")]
mod stm32l4r5;

use cortex_m::peripheral::{NVIC, SYST};

#[cfg(setup = "nrf52")]
pub use nrf52::configure;
#[cfg(setup = "stm32l4r5")]
pub use stm32l4r5::configure;

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

/// This chip has nothing to set up.
#[cfg(not(any(setup = "nrf52", setup = "stm32l4r5")))]
pub fn configure() {}

//! What has to be set up outside the core's own debug units before anything is measured.

#[cfg(setup = "nrf52")]
mod nrf52;
#[cfg(all(setup = "nrf52", feature = "energy"))]
mod nrf52_energy;
#[cfg(stm32)]
mod registers;
#[cfg(all(stm32, feature = "energy"))]
mod stm32_energy;
#[cfg(setup = "stm32g0b1")]
mod stm32g0b1;
#[cfg(setup = "stm32l4r5")]
mod stm32l4r5;
#[cfg(setup = "stm32u385")]
mod stm32u385;
#[cfg(setup = "stm32u575")]
mod stm32u575;

#[cfg(feature = "energy")]
use cortex_m::peripheral::SCB;
use cortex_m::peripheral::{NVIC, SYST};

#[cfg(setup = "nrf52")]
pub use nrf52::configure;
#[cfg(all(setup = "nrf52", feature = "energy"))]
pub use nrf52_energy::{mark, rest};
#[cfg(all(stm32, feature = "energy"))]
pub use stm32_energy::{mark, rest};
#[cfg(setup = "stm32g0b1")]
pub use stm32g0b1::configure;
#[cfg(setup = "stm32l4r5")]
pub use stm32l4r5::configure;
#[cfg(setup = "stm32u385")]
pub use stm32u385::configure;
#[cfg(setup = "stm32u575")]
pub use stm32u575::configure;

/// Registers of NVIC_ICER that the core has.
const ICERS: usize = if cfg!(armv6m) { 1 } else { 8 };

/// Turns every interrupt source off for good.
///
/// Each source is disabled where it arises, rather than all of them masked by PRIMASK, because
/// PRIMASK also turns MemManage, BusFault and UsageFault into HardFault (Armv7-M Architecture
/// Reference Manual, B1.5.4).
pub fn disable_interrupts() {
    // SAFETY: the pointers are those of the architecture; this is the only code that runs.
    let (nvic, syst) = unsafe { (&*NVIC::PTR, &*SYST::PTR) };
    for register in &nvic.icer[..ICERS] {
        // SAFETY: a write of ones to ICER only disables interrupts.
        unsafe { register.write(u32::MAX) };
    }
    // SAFETY: this stops SysTick and disables its exception.
    unsafe { syst.csr.write(0) };
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

/// This chip has nothing to set up.
#[cfg(not(any(setup = "nrf52", stm32)))]
pub fn configure() {}

/// Sleeps until an interrupt of `lines` (of the first 32) or a system exception has happened and
/// `is_over` says so. No handler runs: what is pending wakes the core although it is masked.
#[cfg(feature = "energy")]
fn sleep_for_interrupt(lines: u32, is_over: impl Fn() -> bool) {
    /// ICSR.PENDSTCLR.
    const PENDSTCLR: u32 = 1 << 25;
    // SAFETY: the pointers are those of the architecture; this is the only code that runs.
    let (nvic, scb) = unsafe { (&*NVIC::PTR, &*SCB::PTR) };
    cortex_m::interrupt::free(|_| {
        // SAFETY: no handler runs while interrupts are masked, and they are off again before that ends.
        unsafe {
            nvic.icpr[0].write(lines);
            nvic.iser[0].write(lines);
        }
        while !is_over() {
            cortex_m::asm::wfi();
        }
        // SAFETY: as before.
        unsafe {
            nvic.icer[0].write(lines);
            nvic.icpr[0].write(lines);
            scb.icsr.write(PENDSTCLR);
        }
        cortex_m::asm::dsb();
        cortex_m::asm::isb();
    });
}

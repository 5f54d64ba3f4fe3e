//! STM32: the marking pin, and sleep by SysTick, which runs in the chip's Sleep mode (of the STM32L4R5:
//! reference manual RM0432, chapters 5, 6 and 8).

use cortex_m::peripheral::SYST;

#[cfg(setup = "stm32g0b1")]
use super::stm32g0b1::{CYCLES_PER_MS, PORT_CLOCKS, PORTS};
#[cfg(setup = "stm32l4r5")]
use super::stm32l4r5::{CYCLES_PER_MS, PORT_CLOCKS, PORTS};
#[cfg(setup = "stm32u385")]
use super::stm32u385::{CYCLES_PER_MS, PORT_CLOCKS, PORTS};
#[cfg(setup = "stm32u575")]
use super::stm32u575::{CYCLES_PER_MS, PORT_CLOCKS, PORTS};

include!(concat!(env!("OUT_DIR"), "/mark_pin.rs"));

/// Registers of the pin's port.
const PORT: usize = PORTS + 0x400 * (MARK_PIN / 16) as usize;
const MODER: usize = PORT;
const BSRR: usize = PORT + 0x18;
const PIN: u32 = MARK_PIN % 16;

/// The longest that SysTick, of 24 bits, can wait, ms.
const MOST_MS: u32 = 100;
/// SYST_CSR: on, with its exception, by the core's clock.
const ON: u32 = 0b111;
/// SYST_CSR.COUNTFLAG, which reading clears.
const COUNTED: u32 = 1 << 16;

fn change(register: usize, clear: u32, set: u32) {
    let register = register as *mut u32;
    // SAFETY: a register of a port or its clock, which have no access to memory.
    unsafe { register.write_volatile(register.read_volatile() & !clear | set) };
}

/// Pulls the pin low, or lets it go high.
pub fn mark(low: bool) {
    // The second time gives the clock time to reach the port.
    change(PORT_CLOCKS, 0, 1 << (MARK_PIN / 16));
    change(PORT_CLOCKS, 0, 1 << (MARK_PIN / 16));
    let bit = if low { 1 << (PIN + 16) } else { 1 << PIN };
    // SAFETY: a register of a port, which is only written.
    unsafe { (BSRR as *mut u32).write_volatile(bit) };
    change(MODER, 0b11 << (2 * PIN), 0b01 << (2 * PIN));
}

/// Sleeps.
pub fn rest(ms: u32) {
    // SAFETY: the pointer is that of the architecture; this is the only code that runs.
    let syst = unsafe { &*SYST::PTR };
    let mut left = ms;
    while left > 0 {
        let now = left.min(MOST_MS);
        left -= now;
        // SAFETY: SysTick's exception stays pending, for it is masked while it is on.
        unsafe {
            syst.rvr.write(CYCLES_PER_MS * now - 1);
            syst.cvr.write(0);
            syst.csr.write(ON);
        }
        super::sleep_for_interrupt(0, || syst.csr.read() & COUNTED != 0);
        // SAFETY: SysTick is off again.
        unsafe { syst.csr.write(0) };
    }
}

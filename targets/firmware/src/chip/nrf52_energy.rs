//! nRF52: the marking pin, and sleep by the real-time counter, which unlike SysTick runs while the core
//! sleeps (nRF52840 Product Specification, 6.9 and 6.22).

include!(concat!(env!("OUT_DIR"), "/mark_pin.rs"));

/// Registers of the pin's port.
const PORT: usize = 0x5000_0000 + 0x300 * (MARK_PIN / 32) as usize;
const OUTSET: usize = PORT + 0x508;
const OUTCLR: usize = PORT + 0x50C;
const PIN_CNF: usize = PORT + 0x700 + 4 * (MARK_PIN % 32) as usize;
/// PIN_CNF: an output without an input buffer.
const OUTPUT: u32 = 0b11;

const LFCLKSTART: usize = 0x4000_0008;
const LFCLKSTARTED: usize = 0x4000_0104;
const LFCLKSRC: usize = 0x4000_0518;
const RTC: usize = 0x4000_B000;
const START: usize = RTC;
const STOP: usize = RTC + 0x004;
const CLEAR: usize = RTC + 0x008;
const COMPARE0: usize = RTC + 0x140;
const INTENSET: usize = RTC + 0x304;
const CC0: usize = RTC + 0x540;
/// INTENSET.COMPARE0.
const ON_COMPARE0: u32 = 1 << 16;
/// Its interrupt line.
const LINE: u32 = 1 << 11;
/// Ticks a second, of the internal oscillator.
const TICKS: u32 = 32_768;

fn read(register: usize) -> u32 {
    // SAFETY: a register of the counter or its clock; reading it has no effect.
    unsafe { (register as *const u32).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of a pin, the counter or its clock, which have no access to memory.
    unsafe { (register as *mut u32).write_volatile(value) }
}

/// Pulls the pin low, or lets it go high.
pub fn mark(low: bool) {
    write(if low { OUTCLR } else { OUTSET }, 1 << (MARK_PIN % 32));
    write(PIN_CNF, OUTPUT);
}

/// Sleeps.
pub fn rest(ms: u32) {
    if read(LFCLKSTARTED) == 0 {
        write(LFCLKSRC, 0);
        write(LFCLKSTART, 1);
        while read(LFCLKSTARTED) == 0 {}
    }
    // A compare value of less than two ticks may be missed.
    let ticks = (ms * (TICKS / 8) / 125).max(2);
    write(STOP, 1);
    write(CLEAR, 1);
    write(COMPARE0, 0);
    write(CC0, ticks);
    write(INTENSET, ON_COMPARE0);
    write(START, 1);
    super::sleep_for_interrupt(LINE, || read(COMPARE0) != 0);
    write(STOP, 1);
    write(COMPARE0, 0);
    // A read lets the event go before the line is looked at again.
    read(COMPARE0);
}

//! The longest divide: five of 0xFFFF_FFFF by 1 in a loop, of which 64 cycles a pass are published
//! (Nordic's DevZone, question 115859). 100 passes a call.

#![no_std]
#![no_main]

use core::arch::naked_asm;

use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    timing::switch_cache_on();
    for _ in 0..3 {
        udiv_loop();
    }
    loop {
        cortex_m::asm::wfi();
    }
}

/// The loop begins between two words, as it does in one of the two ways in which a compiler can place it:
/// at a word a pass takes one cycle less.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn udiv_loop() {
    naked_asm!(
        ".balign 4",
        "mov.w r0, #-1",
        "movs r1, #1",
        "movs r2, #100",
        "nop",
        "2:",
        "udiv r3, r0, r1",
        "udiv r3, r0, r1",
        "udiv r3, r0, r1",
        "udiv r3, r0, r1",
        "udiv r3, r0, r1",
        "subs r2, #1",
        "bne 2b",
        "bx lr",
    );
}

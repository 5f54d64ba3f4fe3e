//! Runs one sequence with each counter, again and again.

#[cfg(armv6m)]
mod armv6m;
#[cfg(not(armv6m))]
mod mainline;

use core::arch::global_asm;

use tinybench_interface::calibration::{
    BEFORE_CAPACITY, Block, REPETITIONS, Reading, WARM_UP, checksum,
};

use crate::block::{get, set};
use crate::counters;
#[cfg(armv6m)]
use armv6m::call;
#[cfg(not(armv6m))]
use mainline::call;

/// Carries out what the host has left in the block and leaves the answer there.
pub fn carry_out() {
    let mut registers = get!(registers);
    let sequence = get!(sequence);
    let before = get!(before);
    let before = &before[..(get!(before_count) as usize).min(BEFORE_CAPACITY)];
    let all = counters::ADDRESSES;
    let counters = &all[..(get!(counter_count) as usize).min(all.len())];
    let repetitions = (get!(repetition_count) as usize).min(REPETITIONS);
    counters::enable(counters.len() > 1);
    let mut readings = Block::INITIAL.readings;
    for (&counter, readings) in counters.iter().zip(&mut readings) {
        registers[7] = counter;
        for repetition in 0..WARM_UP + repetitions {
            for &[address, value] in before {
                // SAFETY: the host chooses registers of this chip whose values decide nothing but
                // time.
                unsafe { (address as *mut u32).write_volatile(value) };
            }
            cortex_m::asm::dsb();
            cortex_m::asm::isb();
            let mut reading = Reading::default();
            // SAFETY: the host has put a sequence there that keeps to `call`'s rules.
            unsafe { call(&registers, sequence, &mut reading) };
            if let Some(recorded) = repetition
                .checked_sub(WARM_UP)
                .and_then(|at| readings.get_mut(at))
            {
                *recorded = reading;
            }
        }
    }
    let answered = get!(request);
    set!(readings = readings);
    set!(checksum = checksum(answered, &readings));
    set!(answered = answered);
}

// The handlers of the exceptions that sequences raise; cortex-m-rt names them so. SVCall and PendSV
// read the counter into r4, which exceptions don't stack. Each is at the start of a cache line,
// whatever the program around it is.
global_asm!(
    ".section .text.handlers, \"ax\"",
    ".p2align 6",
    ".global SVCall",
    ".type SVCall, %function",
    ".thumb_func",
    "SVCall:",
    "ldr r4, [r7]",
    "bx lr",
    ".p2align 6",
    ".global PendSV",
    ".type PendSV, %function",
    ".thumb_func",
    "PendSV:",
    "ldr r4, [r7]",
    "bx lr",
);

//! Runs one sequence with each counter, again and again.

use core::arch::{global_asm, naked_asm};

use tinybench_interface::calibration::{
    BEFORE_CAPACITY, Block, COUNTERS, REPETITIONS, Reading, WARM_UP, checksum,
};

use crate::block::{get, set};
use crate::counters;

/// Carries out what the host has left in the block and leaves the answer there.
pub fn carry_out() {
    let mut registers = get!(registers);
    let sequence = get!(sequence);
    let before = get!(before);
    let before = &before[..(get!(before_count) as usize).min(BEFORE_CAPACITY)];
    let counters = &COUNTERS[..(get!(counter_count) as usize).min(COUNTERS.len())];
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

/// Calls the sequence at `sequence` with r0 to r11 as in `registers` and its return address in
/// r12, and stores what it leaves in r4, r5 and r6.
///
/// The floating-point context counts as unused before it, so that an exception stacks none unless
/// the sequence itself has used it.
///
/// # Safety
/// `sequence` is Thumb code that comes back with `BX r12`, with the stack as it was, and writes
/// nothing but memory that is the host's.
#[unsafe(naked)]
unsafe extern "C" fn call(registers: &[u32; 12], sequence: u32, reading: &mut Reading) {
    naked_asm!(
        "push {{r2, r4-r11, lr}}",
        "movs r3, #0",
        "msr control, r3",
        "isb",
        "mov lr, r1",
        "movw r12, #:lower16:{behind}",
        "movt r12, #:upper16:{behind}",
        "ldm r0, {{r0-r11}}",
        "bx lr",
        behind = sym behind,
    )
}

/// Where sequences return to: the second half of [`call`].
#[unsafe(naked)]
unsafe extern "C" fn behind() {
    naked_asm!("pop {{r0}}", "stm r0, {{r4-r6}}", "pop {{r4-r11, pc}}",)
}

// The handlers of the exceptions that sequences raise; cortex-m-rt names them so. SVCall and PendSV
// read the counter into r4, which exceptions don't stack; SysTick uses the floating-point unit.
// Each is at the start of a cache line, whatever the program around it is.
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
    ".p2align 6",
    ".global SysTick",
    ".type SysTick, %function",
    ".thumb_func",
    "SysTick:",
    "vmov s0, r4",
    "bx lr",
);

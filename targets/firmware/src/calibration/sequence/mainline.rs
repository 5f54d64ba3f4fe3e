//! How a sequence is called on Armv7E-M and Armv8-M with the Main Extension.

use core::arch::{global_asm, naked_asm};

use tinybench_interface::calibration::Reading;

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
pub(super) unsafe extern "C" fn call(registers: &[u32; 12], sequence: u32, reading: &mut Reading) {
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

// SysTick's handler uses the floating-point unit.
global_asm!(
    ".section .text.handlers, \"ax\"",
    ".p2align 6",
    ".global SysTick",
    ".type SysTick, %function",
    ".thumb_func",
    "SysTick:",
    "vmov s0, r4",
    "bx lr",
);

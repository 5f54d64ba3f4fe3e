//! How a sequence is called on Armv6-M, which moves the upper registers one by one.

use core::arch::{global_asm, naked_asm};

use tinybench_interface::calibration::Reading;

/// Calls the sequence at `sequence` with r0 to r11 as in `registers` and its return address in
/// r12, and stores what it leaves in r4, r5 and r6.
///
/// # Safety
/// `sequence` is Thumb code that comes back with `BX r12`, with the stack as it was, and writes
/// nothing but memory that is the host's.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn call(registers: &[u32; 12], sequence: u32, reading: &mut Reading) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "push {{r2}}",
        "mov lr, r1",
        "ldr r3, 2f",
        "mov r12, r3",
        "movs r3, #32",
        "adds r3, r3, r0",
        "ldm r3!, {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "ldm r0, {{r0-r7}}",
        "bx lr",
        ".p2align 2",
        "2:",
        ".word {behind}",
        behind = sym behind,
    )
}

/// Where sequences return to: the second half of [`call`].
#[unsafe(naked)]
unsafe extern "C" fn behind() {
    naked_asm!(
        "pop {{r0}}",
        "stm r0!, {{r4-r6}}",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
    )
}

// SysTick's handler does nothing.
global_asm!(
    ".section .text.handlers, \"ax\"",
    ".p2align 6",
    ".global SysTick",
    ".type SysTick, %function",
    ".thumb_func",
    "SysTick:",
    "bx lr",
);

//! The inner loop of ADD: four elements at a time.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::smmulr;
use super::tile::Scale;

/// Multiplication of a shifted element, rounded twice, without a shift to the left.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Input {
    /// Added to elements that are shifted.
    pub offset: i32,
    /// In units of 2^-31.
    pub multiplier: i32,
    /// Half of what is shifted out.
    pub half: i32,
    /// Bits that are shifted out.
    pub right: i32,
    /// All ones if any are, for ties then go away from zero.
    pub shifts: i32,
}

/// How two elements are added.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Sum {
    /// The first elements.
    pub first: Input,
    /// The second ones.
    pub second: Input,
    /// Their sums.
    pub output: Scale,
}

/// How far to the left elements are shifted: one more than the operator does, which doubles them.
const LEFT: u32 = crate::Add::LEFT_SHIFT + 1;

impl Input {
    fn apply(&self, element: i8) -> i32 {
        let high = smmulr(
            (i32::from(element) << LEFT).wrapping_add(self.offset),
            self.multiplier,
        );
        let below = (high >> 31) & self.shifts;
        high.wrapping_add(self.half).wrapping_add(below) >> (self.right & 31)
    }
}

impl Sum {
    /// The sum of two elements, limited to 8 bits.
    #[inline(never)]
    pub fn of(&self, first: i8, second: i8) -> i8 {
        let sum = self
            .first
            .apply(first)
            .wrapping_add(self.second.apply(second));
        self.output.apply(sum)
    }

    /// The sums of as many fours as all slices have.
    #[inline(never)]
    pub fn fours(&self, first: &[[i8; 4]], second: &[[i8; 4]], output: &mut [[i8; 4]]) {
        let count = first.len().min(second.len()).min(output.len());
        #[cfg(armv7e_m)]
        if count > 0 {
            const _: () = assert!(LEFT == 21, "the assembly shifts as far");
            macro_rules! element {
                ($byte:literal) => {
                    concat!(
                        "sxtb r12, r8",
                        $byte,
                        "\n",
                        "add r12, r4, r12, lsl #21\n",
                        "smmulr r12, r12, r5\n",
                        "and lr, r11, r12, asr #31\n",
                        "add r12, r12, r9\n",
                        "add r12, r12, lr\n",
                    )
                };
            }
            macro_rules! first {
                ($to:literal, $byte:literal) => {
                    concat!(element!($byte), "asr ", $to, ", r12, r10\n")
                };
            }
            macro_rules! second {
                ($to:literal, $byte:literal) => {
                    concat!(
                        element!($byte),
                        "asr r12, r12, r10\n",
                        "add ",
                        $to,
                        ", ",
                        $to,
                        ", r12\n",
                    )
                };
            }
            // SAFETY: reads `count` words of both inputs and writes as many of the output, all inside
            // the slices. r6 and r7, which can't be named as operands, are saved and restored; what
            // is pushed is taken off again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    // The sum, the first elements, the output, and the count.
                    "push {{r0, r1, r2, r3}}",
                    "mov r7, r8",
                    "2:",
                    "ldr r6, [sp]",
                    "ldr r12, [sp, #4]",
                    "ldm r6!, {{r4, r5, r9, r10, r11}}",
                    "ldr r8, [r12], #4",
                    "str r12, [sp, #4]",
                    first!("r0", ""),
                    first!("r1", ", ror #8"),
                    first!("r2", ", ror #16"),
                    first!("r3", ", ror #24"),
                    "ldm r6!, {{r4, r5, r9, r10, r11}}",
                    "ldr r8, [r7], #4",
                    second!("r0", ""),
                    second!("r1", ", ror #8"),
                    second!("r2", ", ror #16"),
                    second!("r3", ", ror #24"),
                    "ldm r6, {{r4, r5, r9}}",
                    "ldr r10, [sp, #8]",
                    "ldr r11, [sp, #12]",
                    scale!("r0", "r4", "r5", "r9"),
                    scale!("r1", "r4", "r5", "r9"),
                    scale!("r2", "r4", "r5", "r9"),
                    scale!("r3", "r4", "r5", "r9"),
                    store_four!("r10"),
                    "add r10, r10, #4",
                    "str r10, [sp, #8]",
                    "subs r11, r11, #1",
                    "str r11, [sp, #12]",
                    "bne 2b",
                    "add sp, sp, #16",
                    "pop {{r6, r7}}",
                    inout("r0") self => _,
                    inout("r1") first.as_ptr() => _,
                    inout("r2") output.as_mut_ptr() => _,
                    inout("r3") count => _,
                    out("r4") _,
                    out("r5") _,
                    inout("r8") second.as_ptr() => _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for ((output, first), second) in output.iter_mut().zip(first).zip(second).take(count) {
            *output = core::array::from_fn(|at| self.of(first[at], second[at]));
        }
    }
}

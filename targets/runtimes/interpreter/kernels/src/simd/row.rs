//! The inner loop of convolutions whose windows are single lines that follow one another in the image,
//! such as 1x1: what [`Region::compute`] does, with less to do between windows.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::tile::Region;
#[cfg(armv7e_m)]
use super::tile::{Pair, Scale};

/// What the assembly goes by: all but the last two words lie on the stack, in this order.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    weights: *const Pair,
    weights_end: *const Pair,
    words: usize,
    other: usize,
    stride: usize,
    last: *const i8,
    bias: [i32; 2],
    scales: [Scale; 2],
    output: *mut i8,
    next: usize,
    image: *const i8,
}

/// Computes `count` outputs, two at least, each `stride` elements after the last, of windows that follow
/// one another. [`None`] if a window or an output doesn't lie inside the slices.
#[inline(never)]
pub fn follow(region: &Region, stride: usize, count: usize, outputs: &mut [i8]) -> Option<()> {
    let words = region.lines.words;
    let [first, second] = region.channels;
    let last = count.checked_sub(1)?;
    let fits = words > 0
        && last > 0
        && region.weights.len() >= words
        && region.image.len() >= 4 * words * count
        && outputs.len() > last * stride + first.max(second);
    fits.then_some(())?;
    #[cfg(armv7e_m)]
    {
        // Four words a round; the first round begins with what fours leave over. The last load of a round
        // takes the pointer with it, so that it is two words behind.
        let weights = region.weights.as_ptr().cast::<u32>().wrapping_sub(2);
        let skipped = words.wrapping_neg() & 3;
        let image = region.image.as_ptr();
        let job = Job {
            weights: weights.wrapping_sub(4 * skipped).cast(),
            weights_end: weights.wrapping_add(4 * words).cast(),
            words,
            other: second.wrapping_sub(first),
            stride,
            last: image.wrapping_add(4 * words * last),
            bias: region.start,
            scales: *region.scales,
            output: outputs.as_mut_ptr().wrapping_add(first),
            next: 4 * words,
            image,
        };
        // Four elements of two windows and two channels; all loads overlap.
        macro_rules! word {
            ($first:literal, $second:literal, $third:literal, $fourth:literal) => {
                concat!(
                    "ldr.w r11, [r5, r8]\n",
                    "ldr.w r10, [r5], #4\n",
                    "ldr.w r6, [r4, #",
                    $first,
                    "]\n",
                    "ldr.w r7, [r4, #",
                    $second,
                    "]\n",
                    "ldr.w lr, [r4, #",
                    $fourth,
                    "]\n",
                    "ldr.w r12, [r4, #",
                    $third,
                    "\n",
                    "sxtb16 r9, r10\n",
                    "smlad r0, r6, r9, r0\n",
                    "smlad r2, r7, r9, r2\n",
                    "sxtb16 r9, r11\n",
                    "smlad r1, r6, r9, r1\n",
                    "smlad r3, r7, r9, r3\n",
                    "sxtb16 r10, r10, ror #8\n",
                    "sxtb16 r11, r11, ror #8\n",
                    "smlad r0, r12, r10, r0\n",
                    "smlad r1, r12, r11, r1\n",
                    "smlad r2, lr, r10, r2\n",
                    "smlad r3, lr, r11, r3\n",
                )
            };
        }
        // SAFETY: reads as many words of the windows and weights as there are, and writes the outputs,
        // all inside the slices, as was checked. r6 and r7, which can't be named as operands, are saved
        // and restored; what is pushed is taken off again.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "ldm.w r8!, {{r0, r1, r2, r3, r4, r5, r6, r7}}",
                // From 32: stride, last window, biases, weights, their end, words.
                "push {{r0, r1, r2}}",
                "push {{r4, r5, r6, r7}}",
                "mov r7, r3",
                "ldm.w r8!, {{r0, r1, r2, r3, r4, r5, r6}}",
                // Before it: scales, output, the other channel.
                "push {{r0, r1, r2, r3, r4, r5, r6, r7}}",
                "ldrd r8, r5, [r8]",
                ".p2align 2",
                "2:",
                "ldr r0, [sp, #40]",
                "ldr r2, [sp, #44]",
                "ldr.w r4, [sp, #48]",
                "ldr.w r9, [sp, #56]",
                "mov r1, r0",
                "mov r3, r2",
                "lsls.w r9, r9, #30",
                "bne.w 7f",
                "3:",
                word!("8", "12", "16]", "20"),
                "4:",
                word!("24", "28", "32]", "36"),
                "5:",
                word!("40", "44", "48]", "52"),
                "6:",
                word!("56", "60", "64]!", "68"),
                "ldr.w r9, [sp, #52]",
                "cmp.w r4, r9",
                "bne.w 3b",
                "ldm.w sp, {{r4, r6, r7, r9, r10, r11, r12, lr}}",
                scale!("r0", "r4", "r6", "r7"),
                scale!("r1", "r4", "r6", "r7"),
                scale!("r2", "r9", "r10", "r11"),
                scale!("r3", "r9", "r10", "r11"),
                "ldr r4, [sp, #32]",
                "ldr r6, [sp, #36]",
                "strb.w r0, [r12]",
                "strb.w r2, [r12, lr]",
                "add.w r12, r12, r4",
                "strb.w r1, [r12]",
                "strb.w r3, [r12, lr]",
                "add.w r12, r12, r4",
                "str.w r12, [sp, #24]",
                "add.w r5, r5, r8",
                "cmp.w r5, r6",
                "blo.w 2b",
                "bne 8f",
                // Of an odd number the last is computed with the one before it once more.
                "sub r5, r5, r8",
                "sub r12, r12, r4",
                "str r12, [sp, #24]",
                "b 2b",
                // One to three words in the first round.
                "7:",
                "bpl 6b",
                "lsls r9, r9, #1",
                "beq 5b",
                "b 4b",
                "8:",
                "add sp, sp, #60",
                "pop {{r6, r7}}",
                out("r0") _,
                out("r1") _,
                out("r2") _,
                out("r3") _,
                out("r4") _,
                out("r5") _,
                inout("r8") &raw const job => _,
                out("r9") _,
                out("r10") _,
                out("r11") _,
                out("r12") _,
                out("lr") _,
            );
        }
    }
    #[cfg(not(armv7e_m))]
    for at in 0..count {
        let values = region.output(4 * words * at);
        for (channel, value) in [first, second].into_iter().zip(values) {
            outputs[at * stride + channel] = value;
        }
    }
    Some(())
}

//! The inner loop of fully connected layers whose rows have one scale: the input is widened once for all
//! rows, and they go by in blocks of eight.
//!
//! Of a block the rows 0, 1, 2 and 4 are computed together, then 7, 6, 5 and 3: one register has the
//! distance between rows, for a load can shift it, and nothing else is needed to find them.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::tile::Scale;
#[cfg(not(armv7e_m))]
use super::{smlabb, sxtab16};

/// Rows of a block.
pub const BLOCK: usize = 8;

/// Most elements of the input, which take two bytes of stack each.
const MOST: usize = 768;

/// Rows of weights, and how their sums become outputs.
#[derive(Debug)]
pub struct Blocks<'b> {
    /// Weights, one row behind the other.
    pub weights: &'b [i8],
    /// One for each row.
    pub bias: &'b [[u8; 4]],
    /// How sums are scaled.
    pub scale: Scale,
    /// Added to each input, in both halves.
    pub offset: u32,
}

/// What the assembly goes by, in the order in which it loads it.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    scale: Scale,
    input: *const i8,
    weights: *const i8,
    distance: usize,
    bias: *const [u8; 4],
    output: *mut i8,
    words: usize,
    blocks: usize,
    offset: u32,
}

impl Blocks<'_> {
    /// Computes all outputs, the last block with some of those before it once more. [`None`] if this
    /// isn't the way: the input fills words and isn't too long, and there is a whole block.
    pub fn compute(&self, input: &[i8], outputs: &mut [i8]) -> Option<()> {
        let (depth, rows) = (input.len(), outputs.len());
        let fits = depth > 0
            && depth.is_multiple_of(4)
            && depth <= MOST
            && rows >= BLOCK
            && self.bias.len() >= rows
            && self.weights.len() >= rows * depth;
        fits.then_some(())?;
        self.some(input, outputs, 0, rows / BLOCK);
        if !rows.is_multiple_of(BLOCK) {
            self.some(input, outputs, rows - BLOCK, 1);
        }
        Some(())
    }

    /// Computes so many blocks, from a row on, all of which exist.
    #[inline(never)]
    fn some(&self, input: &[i8], outputs: &mut [i8], first: usize, blocks: usize) {
        let depth = input.len();
        #[cfg(armv7e_m)]
        {
            let job = Job {
                scale: self.scale,
                input: input.as_ptr(),
                weights: self.weights.as_ptr().wrapping_add(first * depth),
                distance: depth,
                bias: self.bias.as_ptr().wrapping_add(first),
                output: outputs.as_mut_ptr().wrapping_add(first),
                words: depth / 4,
                blocks,
                offset: self.offset,
            };
            // Four weights of four rows, and the next four of the widened input.
            macro_rules! word {
                () => {
                    concat!(
                        "ldr.w r9, [r4, r5]\n",
                        "ldr.w r10, [r4, r5, lsl #1]\n",
                        "ldr.w r11, [r4, r5, lsl #2]\n",
                        "ldr.w r12, [r4], #4\n",
                        "sxtb16 lr, r9\n",
                        "sxtb16 r9, r9, ror #8\n",
                        "smlad r1, lr, r6, r1\n",
                        "smlad r1, r9, r7, r1\n",
                        "sxtb16 lr, r10\n",
                        "sxtb16 r10, r10, ror #8\n",
                        "smlad r2, lr, r6, r2\n",
                        "smlad r2, r10, r7, r2\n",
                        "sxtb16 lr, r11\n",
                        "sxtb16 r11, r11, ror #8\n",
                        "smlad r3, lr, r6, r3\n",
                        "smlad r3, r11, r7, r3\n",
                        "sxtb16 lr, r12\n",
                        "sxtb16 r12, r12, ror #8\n",
                        "smlad r0, lr, r6, r0\n",
                        "smlad r0, r12, r7, r0\n",
                        "ldrd r6, r7, [r8], #8\n",
                    )
                };
            }
            // SAFETY: reads the input and blocks of rows of as many weights, and their biases, and
            // writes as many outputs, all of which exist: `compute` found that out. What the input is
            // widened into is taken off the stack, at most 2 · MOST + 8 bytes, and given back, as is what is
            // pushed. r6 and r7, which can't be named as operands, are saved and restored.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    "ldm.w r8!, {{r0, r1, r2, r3, r4, r5, r6, r7}}",
                    "ldm.w r8, {{r9, r10, r11}}",
                    "sub sp, sp, #8",
                    "sub.w sp, sp, r9, lsl #3",
                    "mov r12, sp",
                    "add.w lr, r12, r9, lsl #3",
                    // Scale, outputs; biases, words, the widened input; blocks.
                    "push {{r10}}",
                    "push.w {{r6, r9, r12}}",
                    "push {{r0, r1, r2, r7}}",
                    ".p2align 2",
                    "2:",
                    "ldr.w r0, [r3], #4",
                    "sxtab16 r1, r11, r0",
                    "sxtab16 r0, r11, r0, ror #8",
                    "str.w r1, [r12], #4",
                    "str.w r0, [r12], #4",
                    "cmp.w r12, lr",
                    "bne.w 2b",
                    // What no two inputs are, at the end.
                    "mov.w r0, #0x80000000",
                    "str.w r0, [r12]",
                    "b.w 9f",
                    ".p2align 2",
                    "3:",
                    word!(),
                    "4:",
                    word!(),
                    "5:",
                    word!(),
                    "6:",
                    word!(),
                    "cmp.w r6, #0x80000000",
                    "bne.w 3b",
                    "ldm.w sp, {{r6, r7, r8, r9, r10}}",
                    scale!("r0", "r6", "r7", "r8"),
                    scale!("r1", "r6", "r7", "r8"),
                    scale!("r2", "r6", "r7", "r8"),
                    scale!("r3", "r6", "r7", "r8"),
                    "rsbs r5, r5, #0",
                    "bpl 8f",
                    // The other four rows of the block, from the last on.
                    "strb r0, [r9]",
                    "strb r1, [r9, #1]",
                    "strb r2, [r9, #2]",
                    "strb r3, [r9, #4]",
                    "sub r4, r4, r5, lsl #1",
                    "sub r4, r4, r5, lsl #2",
                    "ldr r0, [r10, #28]",
                    "ldr r1, [r10, #24]",
                    "ldr r2, [r10, #20]",
                    "ldr r3, [r10, #12]",
                    "7:",
                    "ldr r8, [sp, #24]",
                    "ldr lr, [sp, #20]",
                    "lsls lr, lr, #30",
                    "ldrd r6, r7, [r8], #8",
                    "beq 3b",
                    "bpl 6b",
                    "lsls lr, lr, #1",
                    "beq 5b",
                    "b 4b",
                    // The next block.
                    "8:",
                    "strb r0, [r9, #7]",
                    "strb r1, [r9, #6]",
                    "strb r2, [r9, #5]",
                    "strb r3, [r9, #3]",
                    "add r9, r9, #8",
                    "add r10, r10, #32",
                    "str r9, [sp, #12]",
                    "str r10, [sp, #16]",
                    "ldr r9, [sp, #28]",
                    "subs r9, r9, #1",
                    "str r9, [sp, #28]",
                    "beq 10f",
                    "9:",
                    "ldr r10, [sp, #16]",
                    "ldr r0, [r10]",
                    "ldr r1, [r10, #4]",
                    "ldr r2, [r10, #8]",
                    "ldr r3, [r10, #16]",
                    "b 7b",
                    "10:",
                    "ldr r0, [sp, #20]",
                    "add sp, sp, #40",
                    "add.w sp, sp, r0, lsl #3",
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
        for (row, output) in outputs
            .iter_mut()
            .enumerate()
            .skip(first)
            .take(BLOCK * blocks)
        {
            let weights = &self.weights[row * depth..][..depth];
            let products = weights.iter().zip(input).map(|(&weight, &input)| {
                let input = sxtab16(self.offset, input as u8 as u32);
                (input, weight as u32)
            });
            let bias = i32::from_le_bytes(self.bias[row]);
            let sum = products.fold(bias, |sum, (input, weight)| smlabb(input, weight, sum));
            *output = self.scale.apply(sum);
        }
    }
}

//! The inner loop of fully connected layers: four rows of weights, for which the input is widened
//! once.

#[cfg(armv7e_m)]
use core::arch::asm;

/// Rows of weights, and how their sums become outputs.
#[derive(Debug)]
pub struct Rows<'r> {
    /// Weights, one row behind the other.
    pub weights: &'r [i8],
    /// One for each row, or none.
    pub bias: &'r [[u8; 4]],
    /// In units of 2^-31: one for each row, or one for all.
    pub multipliers: &'r [i32],
    /// Shifts, -31 to -1, as many.
    pub shifts: &'r [i8],
    /// Added to each input, in both halves.
    pub offset: u32,
    /// Added to each output.
    pub output_offset: i32,
}

/// What the assembly goes by.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    input: *const i8,
    words_end: *const i8,
    end: *const i8,
    bias: *const [u8; 4],
    bias_step: usize,
    weights: *const i8,
    stride: usize,
    offset: u32,
    multipliers: *const i32,
    multipliers_step: usize,
    shifts: *const i8,
    shifts_step: usize,
    output_offset: i32,
    output: *mut i8,
    groups: usize,
    next: usize,
}

impl Rows<'_> {
    /// Computes whole groups of four outputs, limited to 8 bits, as far as all slices go: how many
    /// outputs. No sum may reach 2^30 in either direction.
    #[inline(never)]
    pub fn compute(&self, input: &[i8], outputs: &mut [i8]) -> usize {
        const NONE: &[[u8; 4]] = &[[0; 4]; 4];
        let one_for_all = self.multipliers.len() == 1;
        let groups = |length: usize| length / 4;
        let mut count = groups(outputs.len());
        count = count.min(groups(
            self.weights.len().checked_div(input.len()).unwrap_or(0),
        ));
        if !one_for_all {
            let scales = self.multipliers.len().min(self.shifts.len());
            count = count.min(groups(scales));
        }
        if !self.bias.is_empty() {
            count = count.min(groups(self.bias.len()));
        }
        if count == 0 || self.shifts.is_empty() {
            return 0;
        }
        #[cfg(armv7e_m)]
        {
            let step = usize::from(!one_for_all);
            let bias = if self.bias.is_empty() {
                NONE
            } else {
                self.bias
            };
            let depth = input.len();
            let mut job = Job {
                input: input.as_ptr(),
                words_end: input.as_ptr().wrapping_add(depth / 4 * 4),
                end: input.as_ptr().wrapping_add(depth),
                bias: bias.as_ptr(),
                bias_step: if self.bias.is_empty() { 0 } else { 16 },
                weights: self.weights.as_ptr(),
                stride: depth,
                offset: self.offset,
                multipliers: self.multipliers.as_ptr(),
                multipliers_step: 4 * step,
                shifts: self.shifts.as_ptr(),
                shifts_step: step,
                output_offset: self.output_offset,
                output: outputs.as_mut_ptr(),
                groups: count,
                next: 3 * depth,
            };
            macro_rules! finish {
                ($sum:literal) => {
                    concat!(
                        "ldr r9, [r4]\n",
                        "ldrsb r10, [r6]\n",
                        "lsl r9, r9, #1\n",
                        "add r4, r4, r5\n",
                        "add r6, r6, r7\n",
                        "rsb r10, r10, #0\n",
                        "mov lr, #1\n",
                        "lsl lr, lr, r10\n",
                        rounded!($sum, "r9", "lr, lsr #1"),
                        "asr ",
                        $sum,
                        ", ",
                        $sum,
                        ", r10\n",
                        "add ",
                        $sum,
                        ", ",
                        $sum,
                        ", r8\n",
                        "ssat ",
                        $sum,
                        ", #8, ",
                        $sum,
                        "\n",
                        "strb ",
                        $sum,
                        ", [r11], #1\n",
                    )
                };
            }
            // SAFETY: reads the input, `count` groups of four rows of as many weights, biases and
            // scales, and writes as many outputs, all inside the slices, as was found out. r6 and r7,
            // which can't be named as operands, are saved and restored; what is pushed is taken off
            // again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    "ldr r9, [r8, #4]",
                    // The job, and the end of the input's words.
                    "push {{r8, r9}}",
                    "2:",
                    "ldr r12, [sp]",
                    "ldr r9, [sp, #4]",
                    "ldr r8, [r12]",
                    "ldr r6, [r12, #12]",
                    "ldr r4, [r12, #20]",
                    "ldr r5, [r12, #24]",
                    "ldr r12, [r12, #28]",
                    "ldr r0, [r6]",
                    "ldr r1, [r6, #4]",
                    "ldr r2, [r6, #8]",
                    "ldr r3, [r6, #12]",
                    "add r11, r5, r5, lsl #1",
                    "cmp r8, r9",
                    "beq 5f",
                    ".p2align 2",
                    "3:",
                    // Loads side by side, so that they overlap.
                    "ldr r10, [r8], #4",
                    "ldr r9, [r4, r5]",
                    "ldr lr, [r4, r5, lsl #1]",
                    "sxtab16 r6, r12, r10",
                    "sxtab16 r7, r12, r10, ror #8",
                    "sxtb16 r10, r9",
                    "sxtb16 r9, r9, ror #8",
                    "smlad r1, r10, r6, r1",
                    "smlad r1, r9, r7, r1",
                    "sxtb16 r10, lr",
                    "sxtb16 lr, lr, ror #8",
                    "smlad r2, r10, r6, r2",
                    "smlad r2, lr, r7, r2",
                    "ldr r10, [r4, r11]",
                    "ldr r9, [r4], #4",
                    "sxtb16 lr, r10",
                    "sxtb16 r10, r10, ror #8",
                    "smlad r3, lr, r6, r3",
                    "smlad r3, r10, r7, r3",
                    "sxtb16 lr, r9",
                    "sxtb16 r9, r9, ror #8",
                    "smlad r0, lr, r6, r0",
                    "smlad r0, r9, r7, r0",
                    "ldr r9, [sp, #4]",
                    "cmp r8, r9",
                    "bne 3b",
                    "5:",
                    "ldr r9, [sp]",
                    "ldr r9, [r9, #8]",
                    "cmp r8, r9",
                    "beq 7f",
                    "sxth r12, r12",
                    // Elements that don't fill a word.
                    "6:",
                    "ldrsb r6, [r8], #1",
                    "add r6, r6, r12",
                    "ldrsb r7, [r4, r5]",
                    "mla r1, r7, r6, r1",
                    "ldrsb r7, [r4, r5, lsl #1]",
                    "mla r2, r7, r6, r2",
                    "ldrsb r7, [r4, r11]",
                    "mla r3, r7, r6, r3",
                    "ldrsb r7, [r4], #1",
                    "mla r0, r7, r6, r0",
                    "cmp r8, r9",
                    "bne 6b",
                    "7:",
                    "ldr r12, [sp]",
                    "ldr r6, [r12, #60]",
                    "ldr r7, [r12, #12]",
                    "ldr r8, [r12, #16]",
                    "add r4, r4, r6",
                    "add r7, r7, r8",
                    "str r4, [r12, #20]",
                    "str r7, [r12, #12]",
                    "ldr r11, [r12, #52]",
                    "ldr r4, [r12, #32]",
                    "ldr r5, [r12, #36]",
                    "ldr r6, [r12, #40]",
                    "ldr r7, [r12, #44]",
                    "ldr r8, [r12, #48]",
                    finish!("r0"),
                    finish!("r1"),
                    finish!("r2"),
                    finish!("r3"),
                    "str r4, [r12, #32]",
                    "str r6, [r12, #40]",
                    "str r11, [r12, #52]",
                    "ldr r0, [r12, #56]",
                    "subs r0, r0, #1",
                    "str r0, [r12, #56]",
                    "bne 2b",
                    "add sp, sp, #8",
                    "pop {{r6, r7}}",
                    out("r0") _,
                    out("r1") _,
                    out("r2") _,
                    out("r3") _,
                    out("r4") _,
                    out("r5") _,
                    inout("r8") &raw mut job => _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for (row, output) in outputs.iter_mut().enumerate().take(4 * count) {
            let bias = if self.bias.is_empty() {
                NONE[0]
            } else {
                self.bias[row]
            };
            let weights = &self.weights[row * input.len()..][..input.len()];
            let offset = i32::from(self.offset as i16);
            let products = weights.iter().zip(input);
            let products = products.map(|(&w, &x)| i32::from(w) * (i32::from(x) + offset));
            let sum = products.fold(i32::from_le_bytes(bias), i32::wrapping_add);
            let scale = if one_for_all { 0 } else { row };
            let right = -i32::from(self.shifts[scale]) & 31;
            let high = super::smmlar(sum, self.multipliers[scale] << 1, sum);
            let half = ((1_u32 << right) >> 1) as i32;
            let rounded = high.wrapping_add(high >> 31).wrapping_add(half);
            *output = super::ssat8((rounded >> right) + self.output_offset) as i8;
        }
        4 * count
    }
}

//! The inner loop of depthwise convolutions: four channels, whose weights are widened once and stay
//! while the windows of many outputs go by.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::tile::Scale;
#[cfg(not(armv7e_m))]
use super::{load, smlabb, smlatt, sxtab16, sxtab16_odd};

/// Widened weights of four channels for one element of a window: channels 0 and 2, then 1 and 3.
pub type Tap = [u32; 2];

/// Rows of outputs, of four channels, whose windows have the same part inside the image.
#[derive(Debug)]
pub struct Region<'s> {
    /// Weights, from the first that is needed.
    pub taps: &'s [Tap],
    /// The image, from the first channel of the first element of the first window.
    pub image: &'s [i8],
    /// Rows and columns of the part.
    pub size: [usize; 2],
    /// Elements of the image from one row of a window to the next, and from column to column.
    pub steps: [usize; 2],
    /// Columns of a whole window.
    pub columns: usize,
    /// Rows and columns of outputs.
    pub count: [usize; 2],
    /// Elements of the image from a window to that of the next row and of the next column.
    pub distances: [usize; 2],
    /// Elements from an output to that of the next row and of the next column.
    pub strides: [usize; 2],
    /// The channels.
    pub four: &'s Four,
}

/// Four channels.
#[derive(Debug)]
pub struct Four {
    /// Added to each input, in both halves.
    pub offset: u32,
    /// What the channels' sums begin with.
    pub bias: [i32; 4],
    /// How they are scaled.
    pub scales: [Scale; 4],
}

/// What the assembly goes by, in the order in which it loads it.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    bias: [i32; 4],
    taps: *const Tap,
    column_step: usize,
    image: *const i8,
    rows: usize,
    offset: u32,
    row_step: usize,
    scales: [Scale; 4],
    output: *mut i8,
    stride: usize,
    left: usize,
    distance: usize,
    columns: usize,
    taps_step: usize,
    rows_left: usize,
    count: usize,
    row_distance: usize,
    row_stride: usize,
}

impl Region<'_> {
    /// Whether all windows lie inside the image, and their outputs in `outputs`.
    fn fits(&self, outputs: &[i8]) -> bool {
        let last = |sizes: [usize; 2], steps: [usize; 2]| {
            let [rows, columns] = sizes.map(|size| size.checked_sub(1));
            Some(rows? * steps[0] + columns? * steps[1])
        };
        let (Some(window), Some(first), Some(output), Some(tap)) = (
            last(self.size, self.steps),
            last(self.count, self.distances),
            last(self.count, self.strides),
            last(self.size, [self.columns, 1]),
        ) else {
            return false;
        };
        self.image.len() >= first + window + 4
            && self.taps.len() > tap
            && outputs.len() >= output + 4
    }

    /// Computes all outputs: whether windows and outputs lie inside the slices.
    #[inline(never)]
    pub fn compute(&self, outputs: &mut [i8]) -> bool {
        if !self.fits(outputs) {
            return false;
        }
        #[cfg(armv7e_m)]
        {
            let [rows, columns] = self.size;
            let [row, column] = self.steps;
            let unrolled = matches!((columns, self.columns), (3, 3) | (1, 1));
            let across = self.count[1];
            let mut job = Job {
                bias: self.four.bias,
                taps: self.taps.as_ptr(),
                column_step: column,
                image: self.image.as_ptr(),
                rows,
                offset: self.four.offset,
                row_step: match unrolled {
                    true => row,
                    false => row.wrapping_sub(columns * column),
                },
                scales: self.four.scales,
                output: outputs.as_mut_ptr(),
                stride: self.strides[1],
                left: across,
                distance: self.distances[1],
                columns,
                taps_step: self.columns.wrapping_sub(columns) * size_of::<Tap>(),
                rows_left: self.count[0],
                count: across,
                row_distance: self.distances[0].wrapping_sub(across * self.distances[1]),
                row_stride: self.strides[0].wrapping_sub(across * self.strides[1]),
            };
            // Three columns that are unrolled, one, or any number.
            let way = match (unrolled, columns) {
                (true, 3) => 0,
                (true, _) => -1,
                _ => 1,
            };
            macro_rules! tap {
                ($input:literal, $even:literal, $odd:literal) => {
                    concat!(
                        "ldr r10, [r8",
                        $input,
                        "\n",
                        "ldr r6, [r4, #",
                        $even,
                        "]\n",
                        "ldr r7, [r4, #",
                        $odd,
                        "]\n",
                        "sxtab16 r11, r12, r10\n",
                        "sxtab16 r10, r12, r10, ror #8\n",
                        "smlabb r0, r11, r6, r0\n",
                        "smlabb r1, r10, r7, r1\n",
                        "smlatt r2, r11, r6, r2\n",
                        "smlatt r3, r10, r7, r3\n",
                    )
                };
            }
            // SAFETY: reads as many words of the taps and windows as the sizes say for as many
            // outputs as there are, and writes those, all inside the slices, as was checked. r6 and
            // r7, which can't be named as operands, are saved and restored; what is pushed is taken
            // off again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    "ldr r10, [r8, #104]",
                    "ldr r11, [r8, #108]",
                    // The job, columns that are left, columns, step of the taps.
                    "push {{r8, r9, r10, r11}}",
                    "2:",
                    "ldr r12, [sp]",
                    "ldm r12, {{r0, r1, r2, r3, r4, r5, r8, r9, r12, lr}}",
                    "ldr r10, [sp, #4]",
                    "cmp r10, #0",
                    "bgt 4f",
                    "bmi 9f",
                    ".p2align 2",
                    "3:",
                    tap!("]", "0", "4"),
                    tap!(", r5]", "8", "12"),
                    tap!(", r5, lsl #1]", "16", "20"),
                    "add r8, r8, lr",
                    "add.w r4, r4, #24",
                    "subs r9, r9, #1",
                    "bne 3b",
                    "b 6f",
                    // One column, two rows a round; the first has one if their number is odd.
                    "9:",
                    "lsrs r9, r9, #1",
                    "bcc 10f",
                    tap!("]", "0", "4"),
                    "add r8, r8, lr",
                    "add.w r4, r4, #8",
                    "cmp r9, #0",
                    "beq 6f",
                    ".p2align 2",
                    "10:",
                    tap!("]", "0", "4"),
                    tap!(", lr]", "8", "12"),
                    "add.w r8, r8, lr, lsl #1",
                    "add.w r4, r4, #16",
                    "subs r9, r9, #1",
                    "bne 10b",
                    "b 6f",
                    "4:",
                    "ldr r10, [sp, #8]",
                    "str r10, [sp, #4]",
                    ".p2align 2",
                    "5:",
                    tap!("]", "0", "4"),
                    "ldr r10, [sp, #4]",
                    "add r4, r4, #8",
                    "add r8, r8, r5",
                    "subs r10, r10, #1",
                    "str r10, [sp, #4]",
                    "bne 5b",
                    "ldr r10, [sp, #12]",
                    "add r8, r8, lr",
                    "add r4, r4, r10",
                    "subs r9, r9, #1",
                    "bne 4b",
                    "ldr r10, [sp, #8]",
                    "str r10, [sp, #4]",
                    ".p2align 2",
                    "6:",
                    "ldr.w r12, [sp]",
                    "add r12, r12, #40",
                    "ldm r12!, {{r4, r5, r6, r7, r8, r9, r10, r11, lr}}",
                    scale!("r0", "r4", "r5", "r6"),
                    scale!("r1", "r7", "r8", "r9"),
                    "ldm r12!, {{r4, r5, r6, r7, r8, r9}}",
                    scale!("r2", "r10", "r11", "lr"),
                    "ldr r10, [r12, #-76]",
                    "ldr r11, [r12]",
                    scale!("r3", "r4", "r5", "r6"),
                    store_four!("r7"),
                    "add r7, r7, r8",
                    "add r10, r10, r11",
                    "str r7, [r12, #-12]",
                    "str r10, [r12, #-76]",
                    "subs r9, r9, #1",
                    "str r9, [r12, #-4]",
                    "bne 2b",
                    // The next row.
                    "ldr r0, [r12, #12]",
                    "ldr r1, [r12, #16]",
                    "ldr r2, [r12, #20]",
                    "ldr r3, [r12, #24]",
                    "str r1, [r12, #-4]",
                    "add r7, r7, r3",
                    "add r10, r10, r2",
                    "str r7, [r12, #-12]",
                    "str r10, [r12, #-76]",
                    "subs r0, r0, #1",
                    "str r0, [r12, #12]",
                    "bne 2b",
                    "add sp, sp, #16",
                    "pop {{r6, r7}}",
                    out("r0") _,
                    out("r1") _,
                    out("r2") _,
                    out("r3") _,
                    out("r4") _,
                    out("r5") _,
                    inout("r8") &raw mut job => _,
                    inout("r9") way => _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for row in 0..self.count[0] {
            for column in 0..self.count[1] {
                let at = row * self.strides[0] + column * self.strides[1];
                let values = self.output(row * self.distances[0] + column * self.distances[1]);
                outputs[at..][..4].copy_from_slice(&values);
            }
        }
        true
    }

    /// The output whose window begins at `first`, of all four channels.
    #[cfg(not(armv7e_m))]
    fn output(&self, first: usize) -> [i8; 4] {
        let mut sums = self.four.bias;
        for row in 0..self.size[0] {
            for column in 0..self.size[1] {
                let at = row * self.steps[0] + column * self.steps[1];
                let value = load(self.image, first + at);
                let (even, odd) = (
                    sxtab16(self.four.offset, value),
                    sxtab16_odd(self.four.offset, value),
                );
                let [even_weights, odd_weights] = self.taps[row * self.columns + column];
                sums = [
                    smlabb(even, even_weights, sums[0]),
                    smlabb(odd, odd_weights, sums[1]),
                    smlatt(even, even_weights, sums[2]),
                    smlatt(odd, odd_weights, sums[3]),
                ];
            }
        }
        core::array::from_fn(|at| self.four.scales[at].apply(sums[at]))
    }
}

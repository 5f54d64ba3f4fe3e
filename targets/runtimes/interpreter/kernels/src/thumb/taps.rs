//! The window of a depthwise convolution, four channels at a time.

#![cfg_attr(armv6m, allow(unsafe_code))]

#[cfg(armv6m)]
use core::arch::asm;

use super::regions::Grid;
use super::scale::Scale;
#[cfg(armv6m)]
use super::scale::scale;

/// Weights of four channels for one element of the window.
pub type Tap = [i32; 4];

/// The part of a window that is inside the image.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Rows and columns of the window.
    pub inside: [usize; 2],
    /// Words of the image from row to row and from column to column.
    pub steps: [usize; 2],
    /// Taps from row to row.
    pub across: usize,
}

impl Part {
    /// Words of the image, and taps, up to the last element.
    fn reach(&self) -> [usize; 2] {
        let [above, before] = self.inside.map(|count| count - 1);
        [(self.steps[0], self.steps[1]), (self.across, 1)]
            .map(|(down, across)| above * down + before * across + 1)
    }
}

/// Outputs of four channels whose windows have the same part inside the image.
#[derive(Debug)]
pub struct Four<'f> {
    pub part: Part,
    pub grid: Grid,
    /// What sums begin with.
    pub start: [i32; 4],
    pub scales: &'f [Scale; 4],
}

/// What the assembly goes by; distances are bytes.
#[cfg(armv6m)]
#[repr(C)]
struct Job {
    image: *const u32,
    taps: *const Tap,
    start: [i32; 4],
    step: usize,
    row: usize,
    /// From the end of a row to the begin of the next.
    down: usize,
    across: usize,
    inside: usize,
    columns: usize,
    output: *mut i8,
    next: usize,
    stride: usize,
    rows: usize,
    all_columns: usize,
    image_skip: usize,
    output_skip: usize,
    scales: [Scale; 4],
}

impl Four<'_> {
    /// Computes all outputs. The `image` and the `taps` begin with the first element of the first window, a word of the image is
    /// a value of each channel; `output` begins with the first channel of the first output. If one of them ends before the
    /// last output, or nothing of the windows is inside, none is written.
    #[inline(never)]
    pub fn compute(&self, image: &[u32], taps: &[Tap], output: &mut [i8]) {
        let part = &self.part;
        let Some([window, last]) = self.grid.last() else {
            return;
        };
        if part.inside.contains(&0) {
            return;
        }
        let [words, elements] = part.reach();
        if image.len() < window + words || taps.len() < elements || output.len() < last + 4 {
            return;
        }
        #[cfg(armv6m)]
        {
            let [down, across] = self.grid.count;
            let [image_skip, output_skip] = self.grid.skip();
            let [rows, columns] = part.inside;
            let row = part.steps[1] * columns;
            let mut job = Job {
                image: image.as_ptr(),
                taps: taps.as_ptr(),
                start: self.start,
                step: 4 * part.steps[1],
                row: 4 * row,
                down: 4 * part.steps[0].wrapping_sub(row),
                across: 16 * part.across.wrapping_sub(columns),
                inside: rows,
                columns: across,
                output: output.as_mut_ptr(),
                next: 4 * self.grid.words[1],
                stride: self.grid.elements[1],
                rows: down,
                all_columns: across,
                image_skip: 4 * image_skip,
                output_skip,
                scales: *self.scales,
            };
            // SAFETY: reads a word of the image and four of the taps for each element of the windows, and writes four elements
            // for each output, all inside the slices, as was checked; works on the job. r6 and r7, which can't be named as
            // operands, are saved and restored, and what is pushed is taken off again.
            unsafe {
                asm!(
                    // The job, and rows of the window that are left.
                    "push {{r0, r1, r6, r7}}",
                    "ldr r4, [r0, #24]",
                    "mov lr, r4",
                    // A window.
                    "2:",
                    "ldr r1, [r0, #40]",
                    "str r1, [sp, #4]",
                    "ldm r0!, {{r2, r3, r4, r5, r6, r7}}",
                    "mov r8, r4",
                    "mov r9, r5",
                    "mov r10, r6",
                    "mov r11, r7",
                    "ldr r5, [r0, #4]",
                    "movs r0, r2",
                    "movs r1, r3",
                    // A row of it.
                    "3:",
                    "adds r5, r5, r0",
                    "mov r12, r5",
                    "4:",
                    "ldr r2, [r0]",
                    "add r0, lr",
                    "ldm r1!, {{r4, r5, r6, r7}}",
                    "sxtb r3, r2",
                    "muls r4, r3, r4",
                    "add r8, r4",
                    "lsls r3, r2, #16",
                    "asrs r3, r3, #24",
                    "muls r5, r3, r5",
                    "add r9, r5",
                    "lsls r3, r2, #8",
                    "asrs r3, r3, #24",
                    "muls r6, r3, r6",
                    "add r10, r6",
                    "asrs r2, r2, #24",
                    "muls r7, r2, r7",
                    "add r11, r7",
                    "cmp r0, r12",
                    "bne 4b",
                    "ldr r3, [sp, #4]",
                    "subs r3, r3, #1",
                    "beq 5f",
                    "str r3, [sp, #4]",
                    "ldr r2, [sp]",
                    "ldr r3, [r2, #32]",
                    "ldr r4, [r2, #36]",
                    "ldr r5, [r2, #28]",
                    "adds r0, r0, r3",
                    "adds r1, r1, r4",
                    "b 3b",
                    "5:",
                    "ldr r5, [sp]",
                    "adds r5, r5, #76",
                    "mov r2, r8",
                    scale!(),
                    "mov r8, r2",
                    "mov r2, r9",
                    scale!(),
                    "mov r9, r2",
                    "mov r2, r10",
                    scale!(),
                    "mov r10, r2",
                    "mov r2, r11",
                    scale!(),
                    "ldr r0, [sp]",
                    "ldr r1, [r0, #48]",
                    "strb r2, [r1, #3]",
                    "mov r2, r10",
                    "strb r2, [r1, #2]",
                    "mov r2, r9",
                    "strb r2, [r1, #1]",
                    "mov r2, r8",
                    "strb r2, [r1]",
                    "ldr r2, [r0, #56]",
                    "ldr r3, [r0]",
                    "ldr r4, [r0, #52]",
                    "ldr r5, [r0, #44]",
                    "adds r1, r1, r2",
                    "adds r3, r3, r4",
                    "str r1, [r0, #48]",
                    "str r3, [r0]",
                    "subs r5, r5, #1",
                    "str r5, [r0, #44]",
                    "beq 8f",
                    "b 2b",
                    "8:",
                    // The next row.
                    "ldr r2, [r0, #60]",
                    "ldr r4, [r0, #64]",
                    "ldr r5, [r0, #68]",
                    "ldr r6, [r0, #72]",
                    "str r4, [r0, #44]",
                    "adds r3, r3, r5",
                    "adds r1, r1, r6",
                    "str r3, [r0]",
                    "str r1, [r0, #48]",
                    "subs r2, r2, #1",
                    "str r2, [r0, #60]",
                    "beq 9f",
                    "b 2b",
                    "9:",
                    "pop {{r0, r1, r6, r7}}",
                    inout("r0") &raw mut job => _,
                    out("r1") _,
                    out("r2") _,
                    out("r3") _,
                    out("r4") _,
                    out("r5") _,
                    out("r8") _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv6m))]
        for row in 0..self.grid.count[0] {
            for column in 0..self.grid.count[1] {
                let [at, to] = [self.grid.words, self.grid.elements]
                    .map(|[down, across]| row * down + column * across);
                let sums = self.sums(&image[at..], taps);
                for ((output, scale), sum) in output[to..].iter_mut().zip(self.scales).zip(sums) {
                    *output = scale.apply(sum);
                }
            }
        }
    }

    /// The sums of four channels of an output.
    #[cfg(not(armv6m))]
    fn sums(&self, image: &[u32], taps: &[Tap]) -> [i32; 4] {
        let mut sums = self.start;
        let [rows, columns] = self.part.inside;
        let [down, step] = self.part.steps;
        for row in 0..rows {
            for column in 0..columns {
                let values = image[row * down + column * step].to_le_bytes();
                let taps = taps[row * self.part.across + column];
                for (sum, (value, tap)) in sums.iter_mut().zip(values.into_iter().zip(taps)) {
                    *sum += i32::from(value as i8) * tap;
                }
            }
        }
        sums
    }
}

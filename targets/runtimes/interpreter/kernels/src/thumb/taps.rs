//! The window of a depthwise convolution, four channels at a time.

#![cfg_attr(armv6m, allow(unsafe_code))]

#[cfg(armv6m)]
use core::arch::asm;

/// Weights of four channels for one element of the window.
pub type Tap = [i32; 4];

/// What the assembly goes by; distances are bytes.
#[cfg(armv6m)]
#[repr(C)]
struct Job {
    sums: [i32; 4],
    image: *const u32,
    taps: *const Tap,
    step: usize,
    row: usize,
    /// From the end of a row to the begin of the next.
    down: usize,
    across: usize,
    rows: usize,
}

/// The part of a window that is inside the image.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    rows: usize,
    columns: usize,
    /// Words of the image from element to element.
    step: usize,
    /// Words of the image from the begin of one row to that of the next.
    down: usize,
    /// Taps from the begin of one row to that of the next.
    across: usize,
    /// Words of the image up to the last element.
    reach: usize,
    /// Taps up to the last element.
    taps: usize,
}

impl Part {
    /// So many rows and columns of the window. Its elements are `step` words of the image after each other, rows `down`
    /// words of the image and `across` taps.
    pub fn new([rows, columns]: [usize; 2], step: usize, down: usize, across: usize) -> Self {
        let [above, before] = [rows, columns].map(|count| count.wrapping_sub(1));
        Self {
            rows,
            columns,
            step,
            down,
            across,
            // Where nothing is inside, no image is long enough.
            reach: match rows == 0 || columns == 0 {
                true => usize::MAX,
                false => above * down + before * step + 1,
            },
            taps: above.wrapping_mul(across).wrapping_add(columns),
        }
    }

    /// Adds the products of taps and values to the `sums` of four channels; a word of the `image` has a value of
    /// each. If one of the slices ends before the last element nothing is added.
    #[inline(always)]
    pub fn sums(&self, image: &[u32], taps: &[Tap], sums: [i32; 4]) -> [i32; 4] {
        if image.len() < self.reach || taps.len() < self.taps {
            return sums;
        }
        #[cfg(armv6m)]
        {
            let mut job = Job {
                sums,
                image: image.as_ptr(),
                taps: taps.as_ptr(),
                step: 4 * self.step,
                row: 4 * self.step * self.columns,
                down: 4 * self.down.wrapping_sub(self.step * self.columns),
                across: 16 * self.across.wrapping_sub(self.columns),
                rows: self.rows,
            };
            // SAFETY: reads a word of the image and four of the taps for each element, all inside the slices, as was
            // checked, and works on the job. r6 and r7, which can't be named as operands, are saved and restored.
            unsafe {
                asm!(
                    "push {{r0, r6, r7}}",
                    "ldm r0!, {{r4, r5, r6, r7}}",
                    "mov r8, r4",
                    "mov r9, r5",
                    "mov r10, r6",
                    "mov r11, r7",
                    "ldm r0!, {{r2, r3, r4, r5}}",
                    "mov lr, r4",
                    "movs r0, r2",
                    "movs r1, r3",
                    "2:",
                    "adds r5, r5, r0",
                    "mov r12, r5",
                    "3:",
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
                    "bne 3b",
                    // The next row.
                    "ldr r2, [sp]",
                    "ldr r3, [r2, #40]",
                    "subs r3, r3, #1",
                    "beq 4f",
                    "str r3, [r2, #40]",
                    "ldr r3, [r2, #32]",
                    "ldr r4, [r2, #36]",
                    "ldr r5, [r2, #28]",
                    "adds r0, r0, r3",
                    "adds r1, r1, r4",
                    "b 2b",
                    "4:",
                    "mov r4, r8",
                    "mov r5, r9",
                    "mov r6, r10",
                    "mov r7, r11",
                    "stm r2!, {{r4, r5, r6, r7}}",
                    "pop {{r0, r6, r7}}",
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
            job.sums
        }
        #[cfg(not(armv6m))]
        {
            let mut sums = sums;
            for row in 0..self.rows {
                for column in 0..self.columns {
                    let values = image[row * self.down + column * self.step].to_le_bytes();
                    let taps = taps[row * self.across + column];
                    for (sum, (value, tap)) in sums.iter_mut().zip(values.into_iter().zip(taps)) {
                        *sum += i32::from(value as i8) * tap;
                    }
                }
            }
            sums
        }
    }
}

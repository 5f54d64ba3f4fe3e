//! The inner loop of depthwise convolutions: four channels, whose weights are widened once and stay
//! while the windows of many outputs go by.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::tile::Scale;
#[cfg(not(armv7e_m))]
use super::{load, smlabb, smlatt, sxtab16, sxtab16_odd, sxtb16, sxtb16_odd};

/// Widened weights of four channels for one element of a window: channels 0 and 2, then 1 and 3.
pub type Tap = [u32; 2];

/// Most elements of a window.
pub const MOST_TAPS: usize = 32;

/// Widens the weights of four channels, which are so many elements apart, for as many taps; or does
/// nothing if they aren't there.
#[inline(always)]
pub fn widen(weights: &[i8], apart: usize, taps: &mut [Tap]) {
    let Some(before) = taps.len().checked_sub(1) else {
        return;
    };
    if weights.len() < before * apart + 4 {
        return;
    }
    #[cfg(armv7e_m)]
    // SAFETY: reads a word for each tap, so many elements apart, as was checked, and writes the taps.
    unsafe {
        asm!(
            ".p2align 2",
            "2:",
            "ldr.w {odd}, [{from}]",
            "add.w {from}, {from}, {apart}",
            "sxtb16 {even}, {odd}",
            "sxtb16 {odd}, {odd}, ror #8",
            "str.w {even}, [{to}], #4",
            "str.w {odd}, [{to}], #4",
            "subs.w {count}, {count}, #1",
            "bne.w 2b",
            from = inout(reg) weights.as_ptr() => _,
            apart = in(reg) apart,
            to = inout(reg) taps.as_mut_ptr() => _,
            count = inout(reg) taps.len() => _,
            even = out(reg) _,
            odd = out(reg) _,
            options(nostack),
        );
    }
    #[cfg(not(armv7e_m))]
    for (at, tap) in taps.iter_mut().enumerate() {
        let word = load(weights, at * apart);
        *tap = [sxtb16(word), sxtb16_odd(word)];
    }
}

/// Rows of outputs, of four channels, whose windows have the same part inside the image: where they lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct Region {
    /// The first tap that is needed.
    pub tap: usize,
    /// Rows and columns of the part.
    pub size: [usize; 2],
    /// Elements of the image from one row of a window to the next, and from column to column.
    pub steps: [usize; 2],
    /// Columns of a whole window.
    pub columns: usize,
    /// Where the first window begins in the image.
    pub image: usize,
    /// Where the first output lies.
    pub output: usize,
    /// Rows and columns of outputs.
    pub count: [usize; 2],
    /// Elements of the image from a window to that of the next row and of the next column.
    pub distances: [usize; 2],
    /// Elements from an output to that of the next row and of the next column.
    pub strides: [usize; 2],
}

/// Four channels, and a region of their outputs.
#[derive(Debug)]
pub struct Four {
    /// Their weights.
    pub taps: [Tap; MOST_TAPS],
    job: Job,
    region: Region,
    /// Elements that image and outputs must have from the first ones on.
    needed: [usize; 2],
}

/// What the assembly goes by, in the order in which it loads it.
#[derive(Debug)]
#[repr(C)]
#[cfg_attr(not(armv7e_m), allow(dead_code, reason = "the assembly reads it"))]
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

impl Region {
    /// Elements of the image and of the outputs from the first ones on; [`None`] if there is no output, or
    /// a window is empty or has more taps than there is room for.
    fn needed(&self) -> Option<[usize; 2]> {
        let last = |sizes: [usize; 2], steps: [usize; 2]| {
            let [rows, columns] = sizes.map(|size| size.checked_sub(1));
            Some(rows? * steps[0] + columns? * steps[1])
        };
        let window = last(self.size, self.steps)?;
        let first = last(self.count, self.distances)?;
        let output = last(self.count, self.strides)?;
        let tap = self.tap + last(self.size, [self.columns, 1])?;
        (tap < MOST_TAPS).then_some([first + window + 4, output + 4])
    }

    /// Whether columns are unrolled.
    fn unrolled(&self) -> bool {
        matches!((self.size[1], self.columns), (3, 3) | (1, 1))
    }
}

impl Four {
    /// Channels to whose inputs so much is added, in both halves. They have no outputs yet.
    pub fn new(offset: u32) -> Self {
        Self {
            taps: [[0; 2]; MOST_TAPS],
            job: Job {
                bias: [0; 4],
                taps: core::ptr::null(),
                column_step: 0,
                image: core::ptr::null(),
                rows: 0,
                offset,
                row_step: 0,
                scales: [Scale::default(); 4],
                output: core::ptr::null_mut(),
                stride: 0,
                left: 0,
                distance: 0,
                columns: 0,
                taps_step: 0,
                rows_left: 0,
                count: 0,
                row_distance: 0,
                row_stride: 0,
            },
            region: Region::default(),
            needed: [usize::MAX; 2],
        }
    }

    /// Goes to a region of outputs; [`None`] if there are none, or a window is empty or has more taps than
    /// there is room for.
    #[inline(never)]
    pub fn go_to(&mut self, region: &Region) -> Option<()> {
        self.needed = region.needed()?;
        self.region = *region;
        let job = &mut self.job;
        let [rows, columns] = region.size;
        let [row, column] = region.steps;
        let across = region.count[1];
        job.column_step = column;
        job.rows = rows;
        job.row_step = match region.unrolled() {
            true => row,
            false => row.wrapping_sub(columns * column),
        };
        job.stride = region.strides[1];
        job.distance = region.distances[1];
        job.columns = columns;
        job.taps_step = region.columns.wrapping_sub(columns) * size_of::<Tap>();
        job.count = across;
        job.row_distance = region.distances[0].wrapping_sub(across * region.distances[1]);
        job.row_stride = region.strides[0].wrapping_sub(across * region.strides[1]);
        Some(())
    }

    /// What the channels' sums begin with, and how they are scaled.
    pub fn channels(&mut self) -> (&mut [i32; 4], &mut [Scale; 4]) {
        (&mut self.job.bias, &mut self.job.scales)
    }

    /// Computes all outputs of the region; [`None`] if windows or outputs don't lie inside the slices, which
    /// begin at the first of the four channels.
    #[inline(never)]
    pub fn compute(&mut self, image: &[i8], outputs: &mut [i8]) -> Option<()> {
        let region = &self.region;
        let (image, outputs) = (
            image.get(region.image..)?,
            outputs.get_mut(region.output..)?,
        );
        if image.len() < self.needed[0] || outputs.len() < self.needed[1] {
            return None;
        }
        #[cfg(armv7e_m)]
        {
            let job = &mut self.job;
            job.taps = self.taps.as_ptr().wrapping_add(region.tap);
            job.image = image.as_ptr();
            job.output = outputs.as_mut_ptr();
            (job.left, job.rows_left) = (region.count[1], region.count[0]);
            // Three columns that are unrolled, one, or any number.
            let way = match (region.unrolled(), region.size[1]) {
                (true, 3) => 0,
                (true, _) => -1,
                _ => 1,
            };
            macro_rules! tap {
                // Where the input lies, then the channels 1 and 3, then 0 and 2, which may take the pointer with
                // them.
                ($input:literal, $odd:literal, $even:literal) => {
                    concat!(
                        "ldr.w r10, [r8",
                        $input,
                        "\n",
                        "ldr",
                        $odd,
                        "]\n",
                        "ldr r6, [r4",
                        $even,
                        "\n",
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
                    tap!("]", ".w r7, [r4, #4", "], #24"),
                    tap!(", r5]", " r7, [r4, #-12", ", #-16]"),
                    tap!(", r5, lsl #1]", " r7, [r4, #-4", ", #-8]"),
                    "add.w r8, r8, lr",
                    "subs.w r9, r9, #1",
                    "bne.w 3b",
                    "b 6f",
                    // One column, two rows a round; the first has one if their number is odd.
                    "9:",
                    "lsrs r9, r9, #1",
                    "bcc 10f",
                    tap!("]", ".w r7, [r4, #4", "], #8"),
                    "add r8, r8, lr",
                    "cmp r9, #0",
                    "beq 6f",
                    ".p2align 2",
                    "10:",
                    tap!("]", ".w r7, [r4, #4", "], #16"),
                    tap!(", lr]", " r7, [r4, #-4", ", #-8]"),
                    "add.w r8, r8, lr, lsl #1",
                    "subs.w r9, r9, #1",
                    "bne.w 10b",
                    "b 6f",
                    "4:",
                    "ldr r10, [sp, #8]",
                    "str r10, [sp, #4]",
                    ".p2align 2",
                    "5:",
                    tap!("]", ".w r7, [r4, #4", "], #8"),
                    "ldr r10, [sp, #4]",
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
                    inout("r8") &raw mut *job => _,
                    inout("r9") way => _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for row in 0..region.count[0] {
            for column in 0..region.count[1] {
                let at = row * region.strides[0] + column * region.strides[1];
                let first = row * region.distances[0] + column * region.distances[1];
                outputs[at..][..4].copy_from_slice(&self.output(&image[first..]));
            }
        }
        Some(())
    }

    /// The output of a window, of all four channels.
    #[cfg(not(armv7e_m))]
    fn output(&self, window: &[i8]) -> [i8; 4] {
        let (region, job) = (&self.region, &self.job);
        let mut sums = job.bias;
        for row in 0..region.size[0] {
            for column in 0..region.size[1] {
                let value = load(window, row * region.steps[0] + column * region.steps[1]);
                let (even, odd) = (sxtab16(job.offset, value), sxtab16_odd(job.offset, value));
                let tap = region.tap + row * region.columns + column;
                let [even_weights, odd_weights] = self.taps[tap];
                sums = [
                    smlabb(even, even_weights, sums[0]),
                    smlabb(odd, odd_weights, sums[1]),
                    smlatt(even, even_weights, sums[2]),
                    smlatt(odd, odd_weights, sums[3]),
                ];
            }
        }
        core::array::from_fn(|at| job.scales[at].apply(sums[at]))
    }
}

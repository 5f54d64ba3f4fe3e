//! The inner loops of depthwise convolutions of three by three: a channel is copied into a plane, in
//! which a word is four neighbours, and two outputs share what is widened of it.

#[cfg(armv7e_m)]
use core::arch::asm;

use super::tile::Scale;
#[cfg(not(armv7e_m))]
use super::{smlabb, smlad};

/// One channel of lines of an image.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    /// How many lines there are, and elements in each.
    pub count: [usize; 2],
    /// Elements of the image from one line to the next, and from one element to the next.
    pub steps: [usize; 2],
}

impl Lines {
    /// How far the last element lies from the first; [`None`] if there is none.
    fn last(&self) -> Option<usize> {
        let [lines, elements] = self.count.map(|count| count.checked_sub(1));
        Some(lines? * self.steps[0] + elements? * self.steps[1])
    }

    /// Copies them from an image into a plane with lines of `pitch` elements, or nothing if they don't
    /// lie inside both.
    #[inline(never)]
    pub fn copy(&self, image: &[i8], plane: &mut [i8], pitch: usize) {
        let inner = Self {
            count: self.count,
            steps: [pitch, 1],
        };
        let (Some(from), Some(to)) = (self.last(), inner.last()) else {
            return;
        };
        if image.len() <= from || plane.len() <= to {
            return;
        }
        let [lines, elements] = self.count;
        #[cfg(armv7e_m)]
        {
            let [below, next] = self.steps;
            // SAFETY: reads and writes so many elements of so many lines, all inside the slices, as
            // was checked. r6 and r7, which can't be named as operands, are saved and restored.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    ".p2align 2",
                    "2:",
                    "subs.w r6, r3, #4",
                    "blo.w 4f",
                    "3:",
                    "ldrb.w r7, [r0]",
                    "ldrb.w r10, [r0, r4]",
                    "ldrb.w r11, [r0, r4, lsl #1]",
                    "ldrb.w r12, [r0, r5]",
                    "strb.w r7, [r1]",
                    "strb.w r10, [r1, #1]",
                    "strb.w r11, [r1, #2]",
                    "strb.w r12, [r1, #3]",
                    "add.w r0, r0, r4, lsl #2",
                    "add.w r1, r1, #4",
                    "subs.w r6, r6, #4",
                    "bhs.w 3b",
                    // What fours leave over: two, and one.
                    "4:",
                    "lsls r6, r6, #31",
                    "bcc 5f",
                    "ldrb.w r7, [r0]",
                    "ldrb.w r10, [r0, r4]",
                    "strb.w r7, [r1], #2",
                    "strb.w r10, [r1, #-1]",
                    "add.w r0, r0, r4, lsl #1",
                    "5:",
                    "bpl 6f",
                    "ldrb.w r7, [r0]",
                    "add.w r0, r0, r4",
                    "strb.w r7, [r1], #1",
                    "6:",
                    "add.w r0, r0, r8",
                    "add.w r1, r1, r9",
                    "subs.w r2, r2, #1",
                    "bne.w 2b",
                    "pop {{r6, r7}}",
                    inout("r0") image.as_ptr() => _,
                    inout("r1") plane.as_mut_ptr() => _,
                    inout("r2") lines => _,
                    in("r3") elements,
                    in("r4") next,
                    in("r5") 3 * next,
                    in("r8") below.wrapping_sub(elements * next),
                    in("r9") pitch.wrapping_sub(elements),
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for line in 0..lines {
            for element in 0..elements {
                let at = line * self.steps[0] + element * self.steps[1];
                plane[line * pitch + element] = image[at];
            }
        }
    }
}

/// One channel.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Channel {
    /// How sums are scaled.
    pub scale: Scale,
    /// What sums begin with.
    pub bias: i32,
    /// Weights, of each line the outer two, then the inner ones of the first two lines, then that of
    /// the last line in the lower half.
    pub weights: [u32; 5],
}

/// Outputs whose windows of three by three lie inside a plane.
#[derive(Debug)]
pub struct Plane<'p> {
    elements: &'p [i8],
    /// Elements from one line of the plane to the next.
    pitch: usize,
    /// Where one channel of them lies.
    outputs: Lines,
}

/// What the assembly goes by: the last three words stay in registers, the others on the stack.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    end: *const i8,
    lines: usize,
    plane_skip: usize,
    output_skip: usize,
    pitch: usize,
    plane: *const i8,
    next: usize,
}

impl<'p> Plane<'p> {
    /// [`None`] if a window doesn't lie inside the plane, or there are less than two outputs in a line.
    pub fn new(elements: &'p [i8], pitch: usize, outputs: Lines) -> Option<Self> {
        let [lines, across] = outputs.count;
        let windows = Lines {
            count: [lines + 2, across + 2],
            steps: [pitch, 1],
        };
        let fits = lines > 0 && across >= 2 && windows.last()? < elements.len();
        fits.then_some(Self {
            elements,
            pitch,
            outputs,
        })
    }

    /// Computes the outputs of a channel, or none if they don't lie inside the slice.
    #[inline(never)]
    pub fn compute(&self, channel: &Channel, to: &mut [i8]) {
        if self.outputs.last().is_none_or(|last| to.len() <= last) {
            return;
        }
        let [lines, across] = self.outputs.count;
        let [below, next] = self.outputs.steps;
        #[cfg(armv7e_m)]
        {
            let plane = self.elements.as_ptr();
            let job = Job {
                end: plane.wrapping_add(across - 1),
                lines,
                plane_skip: self.pitch.wrapping_sub(across),
                output_skip: below.wrapping_sub(across * next),
                pitch: self.pitch,
                plane,
                next,
            };
            // One line of two windows: what comes of the word's outer elements, and of the inner ones.
            macro_rules! line {
                ($word:literal, $outer:literal, $inner:literal, $half:literal, $first:literal) => {
                    concat!(
                        "sxtb16 r12, ",
                        $word,
                        "\n",
                        "sxtb16 ",
                        $word,
                        ", ",
                        $word,
                        ", ror #8\n",
                        "smlad r1, ",
                        $word,
                        ", ",
                        $outer,
                        ", ",
                        $first,
                        "\n",
                        "smlad r0, r12, ",
                        $outer,
                        ", r0\n",
                        "smlab",
                        $half,
                        " r0, ",
                        $word,
                        ", ",
                        $inner,
                        ", r0\n",
                        "smlat",
                        $half,
                        " r1, r12, ",
                        $inner,
                        ", r1\n",
                    )
                };
            }
            // SAFETY: reads the words of as many windows as there are outputs, and writes those, all
            // inside the slices, as was checked. r6 and r7, which can't be named as operands, are
            // saved and restored; what is pushed is taken off again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    "ldm.w r0, {{r2, r3, r4, r5, r7, r8, r9}}",
                    "push {{r2, r3, r4, r5}}",
                    "ldm.w r1!, {{r2, r3, r4, r5}}",
                    "push {{r5}}",
                    // Multiplier, what is added, shift, step of outputs; bias, end of a line, lines.
                    "push.w {{r2, r3, r4, r9}}",
                    "ldm r1, {{r2, r3, r4, r5, r6}}",
                    ".p2align 2",
                    // Two outputs.
                    "3:",
                    "ldr.w r9, [r8]",
                    "ldr.w r10, [r8, r7]",
                    "ldr.w r11, [r8, r7, lsl #1]",
                    "ldr.w r0, [sp, #16]",
                    line!("r9", "r2", "r5", "b", "r0"),
                    line!("r10", "r3", "r5", "t", "r1"),
                    line!("r11", "r4", "r6", "b", "r1"),
                    "ldm.w sp, {{r9, r10, r11, r12}}",
                    scale!("r0", "r9", "r10", "r11"),
                    scale!("r1", "r9", "r10", "r11"),
                    "strb.w r0, [lr]",
                    "strb.w r1, [lr, r12]",
                    "ldr.w r9, [sp, #20]",
                    "add.w lr, lr, r12, lsl #1",
                    "add.w r8, r8, #2",
                    "cmp r8, r9",
                    "blo 3b",
                    "bne 4f",
                    // Of an odd number the last is computed with the one before it once more.
                    "sub r8, r8, #1",
                    "sub lr, lr, r12",
                    "b 3b",
                    // The next line.
                    "4:",
                    "ldr.w r10, [sp, #24]",
                    "ldr.w r12, [sp, #28]",
                    "ldr.w r0, [sp, #32]",
                    "add.w r9, r9, r7",
                    "add.w r8, r8, r12",
                    "add.w lr, lr, r0",
                    "str.w r9, [sp, #20]",
                    "subs.w r10, r10, #1",
                    "str.w r10, [sp, #24]",
                    "bne 3b",
                    "add sp, sp, #36",
                    "pop {{r6, r7}}",
                    inout("r0") &raw const job => _,
                    inout("r1") channel => _,
                    out("r2") _,
                    out("r3") _,
                    out("r4") _,
                    out("r5") _,
                    out("r8") _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    inout("lr") to.as_mut_ptr() => _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        for line in 0..lines {
            for column in 0..across {
                let window = &self.elements[line * self.pitch + column..];
                to[line * below + column * next] = self.output(channel, window);
            }
        }
    }

    /// The output of a window.
    #[cfg(not(armv7e_m))]
    fn output(&self, channel: &Channel, window: &[i8]) -> i8 {
        let [first, second, third, inner, last] = channel.weights;
        let lines = [(first, inner), (second, inner >> 16), (third, last)];
        let mut sum = channel.bias;
        for ((outer, inner), line) in lines.into_iter().zip(window.chunks(self.pitch)) {
            let [a, b, c] = [line[0], line[1], line[2]].map(|value| i32::from(value) as u32);
            sum = smlabb(b, inner, smlad(a & 0xffff | c << 16, outer, sum));
        }
        channel.scale.apply(sum)
    }
}

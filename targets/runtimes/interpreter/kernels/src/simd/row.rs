//! Convolutions whose windows are single lines that follow one another in the image, such as 1x1: the
//! weights of two channels are widened, and the windows go by. Both are one piece of assembly, for the
//! code that each two channels run through must be short: a small instruction cache holds little more.

#[cfg(armv7e_m)]
use core::arch::asm;
use core::marker::PhantomData;

#[cfg(not(armv7e_m))]
use super::tile::{Lines, Region, widen};
use super::tile::{Pair, Scale};

/// Windows that follow one another, and two channels of their outputs.
#[derive(Debug)]
pub struct Row<'r> {
    /// Windows, one behind the other.
    #[cfg(not(armv7e_m))]
    image: &'r [i8],
    /// Room for the channels' widened weights.
    #[cfg(not(armv7e_m))]
    room: &'r mut [Pair],
    /// Elements that outputs must have.
    needed: usize,
    /// Where the channels lie in an output.
    channels: [usize; 2],
    #[cfg(not(armv7e_m))]
    weights: [&'r [i8]; 2],
    job: Job,
    lent: PhantomData<(&'r [i8], &'r mut [Pair])>,
}

/// What the assembly goes by: before a window what comes before `scales`, behind it what follows.
#[derive(Debug)]
#[repr(C)]
#[cfg_attr(not(armv7e_m), allow(dead_code, reason = "the assembly reads it"))]
struct Job {
    channels: [*const i8; 2],
    pairs: *mut Pair,
    weights_end: *const u32,
    next: usize,
    image: *const i8,
    offset: i32,
    start: [i32; 2],
    weights: *const u32,
    words: usize,
    scales: [Scale; 2],
    output: *mut i8,
    other: usize,
    stride: usize,
    last: *const i8,
}

impl<'r> Row<'r> {
    /// So many windows (two at least) of so many words, with outputs of `stride` channels, and room for as
    /// many pairs; [`None`] if they don't all lie inside the image, or the room is too small. `offset` is
    /// added to each input.
    pub fn new(
        image: &'r [i8],
        room: &'r mut [Pair],
        [words, count]: [usize; 2],
        stride: usize,
        offset: i32,
    ) -> Option<Self> {
        let fits = words > 0 && count > 1 && stride > 0 && room.len() >= words;
        (fits && image.len() >= 4 * words * count).then_some(())?;
        // Four words a round; the first round begins with what fours leave over. The last load of a round
        // takes the pointer with it, so that it is two words behind.
        let pairs = room.as_mut_ptr();
        let before = pairs.cast::<u32>().cast_const().wrapping_sub(2);
        Some(Self {
            #[cfg(not(armv7e_m))]
            image,
            #[cfg(not(armv7e_m))]
            room,
            needed: count * stride,
            channels: [0; 2],
            #[cfg(not(armv7e_m))]
            weights: [image; 2],
            job: Job {
                // As many bytes as weights have, until channels are taken.
                channels: [image.as_ptr(); 2],
                pairs,
                weights_end: before.wrapping_add(4 * words),
                next: 4 * words,
                image: image.as_ptr(),
                offset,
                start: [0; 2],
                weights: before.wrapping_sub(4 * (words.wrapping_neg() & 3)),
                words,
                scales: [Scale::default(); 2],
                output: core::ptr::null_mut(),
                other: 0,
                stride,
                last: image.as_ptr().wrapping_add(4 * words * (count - 1)),
            },
            lent: PhantomData,
        })
    }

    /// Takes a channel for the first or the second: its weights, bias and scale. [`None`] if there isn't such
    /// a channel, or weights are missing.
    #[inline(always)]
    pub fn take(
        &mut self,
        index: usize,
        channel: usize,
        weights: &'r [i8],
        bias: i32,
        scale: Scale,
    ) -> Option<()> {
        let index = index & 1;
        if channel >= self.job.stride || weights.len() < self.job.next {
            return None;
        }
        self.channels[index] = channel;
        #[cfg(not(armv7e_m))]
        {
            self.weights[index] = weights;
        }
        self.job.channels[index] = weights.as_ptr();
        self.job.start[index] = bias;
        self.job.scales[index] = scale;
        Some(())
    }

    /// Takes the first channel for the second too.
    pub fn repeat(&mut self) {
        self.channels[1] = self.channels[0];
        #[cfg(not(armv7e_m))]
        {
            self.weights[1] = self.weights[0];
        }
        let job = &mut self.job;
        job.channels[1] = job.channels[0];
        job.start[1] = job.start[0];
        job.scales[1] = job.scales[0];
    }

    /// All outputs of the two channels that were taken last; [`None`] if the outputs are too short. Channels
    /// must be taken anew for each call.
    #[inline(always)]
    pub fn compute(&mut self, outputs: &mut [i8]) -> Option<()> {
        (outputs.len() >= self.needed).then_some(())?;
        let job = &mut self.job;
        #[cfg(armv7e_m)]
        {
            let [first, second] = self.channels;
            job.output = outputs.as_mut_ptr().wrapping_add(first);
            job.other = second.wrapping_sub(first);
            // Four elements of two windows and two channels; all loads overlap.
            macro_rules! word {
                ($first:literal, $second:literal, $third:literal, $fourth:literal) => {
                    word!($first, $second, $third, $fourth, "", "")
                };
                // With what is loaded before them, and compared behind.
                (
                    $first:literal, $second:literal, $third:literal, $fourth:literal,
                    $load:literal, $compare:literal
                ) => {
                    concat!(
                        $load,
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
                        $compare,
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
            // SAFETY: reads as many words of both channels' weights as a window has, writes and reads as
            // many pairs, reads the windows, and writes the outputs, all inside the slices, as was checked.
            // r6 and r7, which can't be named as operands, are saved and restored; what is pushed is taken
            // off again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    // Weights, pairs, the end of the weights, and from window to window.
                    "ldm.w r8!, {{r0, r1, r2, r3, r5}}",
                    "push {{r3}}",
                    "mov.w r9, #0x00010001",
                    "movs r4, #0",
                    "movs r6, #0",
                    "add.w r3, r0, r5",
                    ".p2align 2",
                    "1:",
                    "ldr.w r10, [r0], #4",
                    "ldr.w r11, [r1], #4",
                    "sxtb16 r12, r10",
                    "sxtb16 lr, r11",
                    "sxtb16 r10, r10, ror #8",
                    "sxtb16 r11, r11, ror #8",
                    "smlad r4, r12, r9, r4",
                    "smlad r6, lr, r9, r6",
                    "smlad r4, r10, r9, r4",
                    "smlad r6, r11, r9, r6",
                    "str.w r12, [r2], #4",
                    "str.w lr, [r2], #4",
                    "str.w r10, [r2], #4",
                    "str.w r11, [r2], #4",
                    "cmp r0, r3",
                    "bne 1b",
                    // What sums begin with: biases, and weights times what is added to inputs.
                    "ldm.w r8!, {{r0, r1, r2, r3}}",
                    "mla r2, r4, r1, r2",
                    "mla r3, r6, r1, r3",
                    "strd r2, r3, [r8, #-8]",
                    "add.w r12, r8, #8",
                    "push {{r12}}",
                    "mov r8, r5",
                    "mov r5, r0",
                    ".p2align 2",
                    "2:",
                    "ldmdb r12, {{r0, r2, r4, r9}}",
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
                    word!("56", "60", "64]!", "68", "ldr.w r9, [sp, #4]\n", "cmp.w r4, r9\n"),
                    "bne.w 3b",
                    "ldr.w r12, [sp]",
                    "ldm.w r12, {{r4, r6, r7, r9, r10, r11, lr}}",
                    scale!("r0", "r4", "r6", "r7"),
                    scale!("r1", "r4", "r6", "r7"),
                    scale!("r2", "r9", "r10", "r11"),
                    scale!("r3", "r9", "r10", "r11"),
                    "ldr.w r4, [r12, #28]",
                    "ldr.w r6, [r12, #32]",
                    "ldr.w r7, [r12, #36]",
                    "strb.w r0, [lr]",
                    "strb.w r2, [lr, r4]",
                    "add.w lr, lr, r6",
                    "strb.w r1, [lr]",
                    "strb.w r3, [lr, r4]",
                    "add.w lr, lr, r6",
                    "str.w lr, [r12, #24]",
                    "add.w r5, r5, r8",
                    "cmp.w r5, r7",
                    "blo.w 2b",
                    "bne 8f",
                    // Of an odd number the last is computed with the one before it once more.
                    "sub.w r5, r5, r8",
                    "sub.w lr, lr, r6",
                    "str.w lr, [r12, #24]",
                    "b 2b",
                    // One to three words in the first round.
                    "7:",
                    "bpl 6b",
                    "lsls r9, r9, #1",
                    "beq 5b",
                    "b 4b",
                    "8:",
                    "add sp, sp, #8",
                    "pop {{r6, r7}}",
                    out("r0") _,
                    out("r1") _,
                    out("r2") _,
                    out("r3") _,
                    out("r4") _,
                    out("r5") _,
                    inout("r8") &raw mut *job => _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("lr") _,
                );
            }
        }
        #[cfg(not(armv7e_m))]
        {
            let mut start = job.start;
            for (channel, (start, weights)) in start.iter_mut().zip(self.weights).enumerate() {
                let sum = widen(&weights[..job.next], 0, channel, self.room);
                *start = start.wrapping_add(sum.wrapping_mul(job.offset));
            }
            let region = Region {
                weights: self.room,
                image: self.image,
                lines: Lines {
                    count: 1,
                    words: job.words,
                    step: 0,
                },
                start,
                channels: self.channels,
                scales: &job.scales,
            };
            for at in 0..self.needed / job.stride {
                let values = region.output(job.next * at);
                for (channel, value) in self.channels.into_iter().zip(values) {
                    outputs[at * job.stride + channel] = value;
                }
            }
        }
        Some(())
    }
}

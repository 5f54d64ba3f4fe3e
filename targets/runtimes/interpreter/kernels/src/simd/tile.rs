//! The inner loop of convolutions for which two channels' weights are widened once and stay while
//! the windows of many outputs go by.

#[cfg(armv7e_m)]
use core::arch::asm;

#[cfg(not(armv7e_m))]
use super::load;
use super::{asr, smlad, smmlar, ssat8, sxtb16, sxtb16_odd};

/// Widened weights of two channels for four elements of a window: elements 0 and 2 of the first
/// channel, then of the second; elements 1 and 3 of the first, then of the second.
pub type Pair = [u32; 4];

/// Widens the weights of channel 0 or 1 of `pairs`, as many words as both have; answers their sum.
/// `front` zeros (0 to 3) come before them, and others behind them if they don't fill the last word.
#[inline(never)]
pub fn widen(weights: &[i8], front: usize, channel: usize, pairs: &mut [Pair]) -> i32 {
    let (head, weights) = weights
        .split_at_checked(front.wrapping_neg() & 3)
        .unwrap_or_default();
    let (words, tail) = weights.as_chunks::<4>();
    let mut pairs = pairs.iter_mut();
    let mut sum = 0;
    if !head.is_empty()
        && let Some(pair) = pairs.next()
    {
        sum = widen_word(some(head) << ((8 * front) & 31), channel, pair, sum);
    }
    let pairs = pairs.into_slice();
    sum = widen_words(words, channel, pairs, sum);
    if !tail.is_empty()
        && let Some(pair) = pairs.get_mut(words.len())
    {
        sum = widen_word(some(tail), channel, pair, sum);
    }
    sum
}

/// Widens words of weights, as many as both have, two at a time; adds what they sum up to.
#[inline(always)]
fn widen_words(words: &[[i8; 4]], channel: usize, pairs: &mut [Pair], sum: i32) -> i32 {
    let count = words.len().min(pairs.len());
    #[cfg(armv7e_m)]
    {
        macro_rules! word {
            ($word:literal) => {
                concat!(
                    "sxtb16 {even}, {",
                    $word,
                    "}\n",
                    "sxtb16 {",
                    $word,
                    "}, {",
                    $word,
                    "}, ror #8\n",
                    "smlad {sum}, {even}, {ones}, {sum}\n",
                    "smlad {sum}, {",
                    $word,
                    "}, {ones}, {sum}\n",
                    "str.w {even}, [{to}], #8\n",
                    "str.w {",
                    $word,
                    "}, [{to}], #8\n",
                )
            };
        }
        let mut sum = sum;
        // SAFETY: reads `count` words, and writes two words of as many pairs, from that of the
        // channel on, all inside the slices.
        unsafe {
            asm!(
                ".p2align 2",
                "lsrs.w {count}, {count}, #1",
                "bcc.w 2f",
                "ldr.w {first}, [{from}], #4",
                word!("first"),
                "2:",
                "cmp.w {count}, #0",
                "beq.w 4f",
                "3:",
                "ldr.w {first}, [{from}], #4",
                "ldr.w {second}, [{from}], #4",
                word!("first"),
                word!("second"),
                "subs.w {count}, {count}, #1",
                "bne.w 3b",
                "4:",
                count = inout(reg) count => _,
                from = inout(reg) words.as_ptr() => _,
                to = inout(reg) pairs.as_mut_ptr().cast::<u32>().wrapping_add(channel & 1) => _,
                sum = inout(reg) sum,
                ones = in(reg) ONES,
                first = out(reg) _,
                second = out(reg) _,
                even = out(reg) _,
                options(nostack),
            );
        }
        sum
    }
    #[cfg(not(armv7e_m))]
    words
        .iter()
        .zip(pairs)
        .take(count)
        .fold(sum, |sum, (word, pair)| {
            let word = u32::from_le_bytes(word.map(|weight| weight as u8));
            widen_word(word, channel, pair, sum)
        })
}

/// Sums both halves of a word, as a factor.
const ONES: u32 = 0x0001_0001;

#[inline(always)]
fn widen_word(word: u32, channel: usize, pair: &mut Pair, sum: i32) -> i32 {
    let channel = channel & 1;
    let (even, odd) = (sxtb16(word), sxtb16_odd(word));
    (pair[channel], pair[channel + 2]) = (even, odd);
    smlad(odd, ONES, smlad(even, ONES, sum))
}

/// Less than four weights, the first one lowest.
#[inline(never)]
pub fn some(weights: &[i8]) -> u32 {
    let bytes = weights.iter().rev();
    bytes.fold(0, |word, &byte| word << 8 | u32::from(byte as u8))
}

/// How accumulators are scaled the fast way.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Scale {
    /// The multiplier less 1, in units of 2^-32: a sum times it is added to the sum by SMMLAR.
    pub multiplier: i32,
    /// Half of what is shifted out, and the zero point of the output where it is shifted to.
    pub add: i32,
    /// Bits that are shifted out, 1 at least.
    pub right: i32,
}

/// Largest shift for which the zero point can be added before it without an overflow.
pub const MOST_SHIFT: i8 = 22;

impl Scale {
    /// By a multiplier, 2^30 at least in units of 2^-31, with a shift from -[`MOST_SHIFT`] to -1, for outputs with the zero point `offset`.
    #[inline(always)]
    pub fn new(multiplier: i32, shift: i8, offset: i32) -> Self {
        let right = -i32::from(shift) & 31;
        Self {
            multiplier: multiplier << 1,
            add: ((1_u32 << right) >> 1) as i32 + (offset << right),
            right,
        }
    }

    /// The output of an accumulator, as the loops in assembly compute it.
    #[inline(always)]
    pub fn apply(&self, sum: i32) -> i8 {
        let high = smmlar(sum, self.multiplier, sum);
        // Ties away from zero: one less before an arithmetic shift of a negative number.
        let rounded = high.wrapping_add(high >> 31).wrapping_add(self.add);
        ssat8(asr(rounded, self.right)) as i8
    }
}

/// The part of a window that is inside the image.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    /// How many there are.
    pub count: usize,
    /// Words of each.
    pub words: usize,
    /// Elements of the image from the begin of one to that of the next.
    pub step: usize,
}

/// Outputs of two channels whose windows have the same part inside the image.
#[derive(Debug)]
pub struct Region<'s> {
    /// Weights, from the first that is needed.
    pub weights: &'s [Pair],
    /// The image, from the first element of the first window.
    pub image: &'s [i8],
    /// The parts of the windows that are inside the image.
    pub lines: Lines,
    /// What the two channels' sums begin with.
    pub start: [i32; 2],
    /// Where the two channels lie in an output.
    pub channels: [usize; 2],
    /// How they are scaled.
    pub scales: &'s [Scale; 2],
}

/// A step: elements of the image from one window to another, and from output to output.
pub type Step = [usize; 2];

/// What the assembly goes by, in the order in which it loads it: before a window what comes before
/// `scales`, behind it what follows.
#[cfg(armv7e_m)]
#[repr(C)]
struct Job {
    sums: [i32; 4],
    weights: *const Pair,
    image: *const i8,
    distance: usize,
    lines: usize,
    words: usize,
    scales: [Scale; 2],
    output: *mut i8,
    stride: usize,
    other: isize,
    advance: usize,
    pairs: usize,
    step: usize,
    rows: usize,
    across: usize,
    row_distance: usize,
    row_stride: usize,
}

impl Region<'_> {
    /// Whether all windows lie inside the image, and their outputs in `outputs`.
    fn fits(&self, from: Step, steps: [Step; 2], count: [usize; 2], outputs: &[i8]) -> bool {
        let lines = &self.lines;
        let Some(before) = lines.count.checked_sub(1) else {
            return false;
        };
        let last = |at: usize| {
            let at = at & 1;
            from[at] + (count[0] - 1) * steps[0][at] + (2 * count[1] - 1) * steps[1][at]
        };
        let [first, second] = self.channels;
        lines.words > 0
            && self.image.len() >= last(0) + before * lines.step + 4 * lines.words
            && self.weights.len() >= lines.count * lines.words
            && outputs.len() > last(1) + first.max(second)
    }

    /// Computes rows and columns of outputs, as many as `count` says; `steps` are those to the next
    /// row and column. [`None`] if a window or an output doesn't lie inside the slices.
    #[inline(never)]
    pub fn all(
        &self,
        steps: [Step; 2],
        [down, across]: [usize; 2],
        outputs: &mut [i8],
    ) -> Option<()> {
        let [below, next] = steps;
        self.compute([0; 2], steps, [down, across / 2], outputs)?;
        // A column that is left over goes by pairs of rows, an output that is left over by itself.
        if across % 2 == 1 {
            let last = next.map(|step| step * (across - 1));
            self.compute(last, [[0; 2], below], [1, down / 2], outputs)?;
            if down % 2 == 1 {
                let [at, to] = below.map(|step| step * (down - 1));
                let last = [last[0] + at, last[1] + to];
                self.compute(last, [[0; 2]; 2], [1, 1], outputs)?;
            }
        }
        Some(())
    }

    /// Computes rows of pairs of outputs, as many as `count` says. The first begins at `from`;
    /// `steps` are those to the next row, and to the next in a row. [`None`] if a window or an output
    /// doesn't lie inside the slices.
    #[inline(never)]
    pub fn compute(
        &self,
        from: Step,
        steps: [Step; 2],
        count: [usize; 2],
        outputs: &mut [i8],
    ) -> Option<()> {
        if count.contains(&0) {
            return Some(());
        }
        if !self.fits(from, steps, count, outputs) {
            return None;
        }
        let [down, next] = steps;
        #[cfg(armv7e_m)]
        {
            let [first, second] = self.channels;
            let lines = &self.lines;
            let across = count[1];
            let skip = |at: usize| down[at & 1].wrapping_sub(2 * across * next[at & 1]);
            let mut job = Job {
                sums: [self.start[0], self.start[0], self.start[1], self.start[1]],
                // So that the last load of a word can take the pointer with it.
                weights: self.weights.as_ptr().cast::<u8>().wrapping_sub(8).cast(),
                image: self.image.as_ptr().wrapping_add(from[0]),
                distance: next[0],
                lines: lines.count,
                scales: *self.scales,
                output: outputs.as_mut_ptr().wrapping_add(from[1] + first),
                stride: next[1],
                other: second as isize - first as isize,
                pairs: across,
                words: lines.words,
                step: lines.step.wrapping_sub(4 * lines.words),
                advance: 2 * next[0],
                rows: count[0],
                across,
                row_distance: skip(0),
                row_stride: skip(1),
            };
            macro_rules! word {
                ($first:literal, $second:literal, $third:literal, $fourth:literal) => {
                    word!($first, $second, $third, $fourth, "", "")
                };
                // With what is loaded and done meanwhile.
                (
                    $first:literal, $second:literal, $third:literal, $fourth:literal,
                    $load:literal, $step:literal
                ) => {
                    concat!(
                        "ldr r11, [r5, r8]\n",
                        "ldr r10, [r5], #4\n",
                        "ldr r6, [r4, #",
                        $first,
                        "]\n",
                        "ldr r7, [r4, #",
                        $second,
                        "]\n",
                        "sxtb16 r12, r10\n",
                        "sxtb16 lr, r11\n",
                        "smlad r0, r6, r12, r0\n",
                        "smlad r1, r6, lr, r1\n",
                        "smlad r2, r7, r12, r2\n",
                        "smlad r3, r7, lr, r3\n",
                        $load,
                        "ldr.w r7, [r4, #",
                        $fourth,
                        "]\n",
                        "ldr.w r6, [r4, #",
                        $third,
                        "\n",
                        "sxtb16 r10, r10, ror #8\n",
                        "sxtb16 r11, r11, ror #8\n",
                        $step,
                        "smlad r0, r6, r10, r0\n",
                        "smlad r1, r6, r11, r1\n",
                        "smlad r2, r7, r10, r2\n",
                        "smlad r3, r7, r11, r3\n",
                    )
                };
            }
            // A word whose six loads overlap: that takes a register more.
            #[cfg(not(feature = "size"))]
            macro_rules! overlapped {
                ($first:literal, $second:literal, $third:literal, $fourth:literal) => {
                    concat!(
                        "ldr r11, [r5, r8]\n",
                        "ldr r10, [r5], #4\n",
                        "ldr r6, [r4, #",
                        $first,
                        "]\n",
                        "ldr r7, [r4, #",
                        $second,
                        "]\n",
                        "ldr.w lr, [r4, #",
                        $fourth,
                        "]\n",
                        "ldr.w r12, [r4, #",
                        $third,
                        "]\n",
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
            // Four words a round, up to the end of a line's weights; the first has what fours leave over.
            #[cfg(not(feature = "size"))]
            macro_rules! rounds {
                () => {
                    concat!(
                        "add.w r9, r4, r10, lsl #4\n",
                        "str.w r9, [sp, #12]\n",
                        "lsls.w r9, r10, #30\n",
                        "bne.w 11f\n",
                        "12:\n",
                        overlapped!("8", "12", "16", "20"),
                        "13:\n",
                        overlapped!("24", "28", "32", "36"),
                        "14:\n",
                        overlapped!("40", "44", "48", "52"),
                        "15:\n",
                        word!("56", "60", "64]!", "68", "ldr.w r9, [sp, #12]\n", ""),
                        "cmp.w r4, r9\n",
                        "bne.w 12b\n",
                    )
                };
            }
            #[cfg(not(feature = "size"))]
            macro_rules! left_over {
                () => {
                    concat!(
                        "11:\n",
                        "sub.w r4, r4, #48\n",
                        "bpl.w 15b\n",
                        "lsls.w r9, r9, #1\n",
                        "add.w r4, r4, #16\n",
                        "beq.w 14b\n",
                        "add.w r4, r4, #16\n",
                        "b.w 13b\n",
                    )
                };
            }
            // Lines of one word, which go to 7.
            #[cfg(not(feature = "size"))]
            macro_rules! unless_single {
                () => {
                    "cmp.w r10, #1\nbeq.w 7f\n"
                };
            }
            #[cfg(not(feature = "size"))]
            macro_rules! single {
                () => {
                    concat!(
                        "7:\n",
                        word!(
                            "8",
                            "12",
                            "16]!",
                            "20",
                            "ldr.w r12, [sp, #4]\n",
                            "add.w r5, r5, r12\n"
                        ),
                        "subs.w r9, r9, #1\n",
                        "bne.w 7b\n",
                        "ldr.w r12, [sp, #8]\n",
                        "b.w 8b\n",
                    )
                };
            }
            // Two words a round, behind one if their number is odd.
            #[cfg(feature = "size")]
            macro_rules! rounds {
                () => {
                    concat!(
                        "lsrs.w r9, r10, #1\n",
                        "bcc.w 4f\n",
                        word!("8", "12", "16]!", "20"),
                        "4:\n",
                        "beq.w 6f\n",
                        "5:\n",
                        word!("8", "12", "16]", "20"),
                        word!("24", "28", "32]!", "36"),
                        "subs.w r9, r9, #1\n",
                        "bne.w 5b\n",
                    )
                };
            }
            #[cfg(feature = "size")]
            macro_rules! left_over {
                () => {
                    ""
                };
            }
            #[cfg(feature = "size")]
            macro_rules! unless_single {
                () => {
                    ""
                };
            }
            #[cfg(feature = "size")]
            macro_rules! single {
                () => {
                    ""
                };
            }
            // SAFETY: reads as many words of the weights and windows as `lines` says for as many
            // outputs as there are, and writes those, all inside the slices, as was checked. r6 and
            // r7, which can't be named as operands, are saved and restored; what is pushed is taken
            // off again.
            unsafe {
                asm!(
                    "push {{r6, r7}}",
                    "add r12, r8, #36",
                    "ldr.w r11, [r12, #44]",
                    // Lines that are left, step of the image, the middle of the job; the end of a line's weights.
                    "push {{r9, r11, r12, lr}}",
                    // All that isn't in pairs is wide, so that no run of wide instructions waits.
                    ".p2align 2",
                    "2:",
                    "ldmdb r12, {{r0, r1, r2, r3, r4, r5, r8, r9, r10}}",
                    "str.w r9, [sp]",
                    unless_single!(),
                    "3:",
                    rounds!(),
                    "6:",
                    "ldr.w r9, [sp]",
                    "ldr.w r12, [sp, #8]",
                    "subs.w r9, r9, #1",
                    "bne.w 9f",
                    "8:",
                    "ldm r12, {{r4, r5, r6, r7, r8, r9, r10, r11, lr}}",
                    scale!("r0", "r4", "r5", "r6"),
                    "strb r0, [r10]",
                    scale!("r2", "r7", "r8", "r9"),
                    "strb r2, [r10, lr]",
                    "add.w r10, r10, r11",
                    scale!("r1", "r4", "r5", "r6"),
                    "strb r1, [r10]",
                    scale!("r3", "r7", "r8", "r9"),
                    "strb r3, [r10, lr]",
                    "add.w r10, r10, r11",
                    "ldr r0, [r12, #-16]",
                    "ldr.w r1, [r12, #36]",
                    "ldr.w r2, [r12, #40]",
                    "str r10, [r12, #24]",
                    "add.w r0, r0, r1",
                    "str r0, [r12, #-16]",
                    "subs.w r2, r2, #1",
                    "str.w r2, [r12, #40]",
                    "bne.w 2b",
                    // The next row.
                    "ldr r1, [r12, #48]",
                    "ldr r2, [r12, #52]",
                    "ldr r3, [r12, #56]",
                    "ldr r4, [r12, #60]",
                    "str r2, [r12, #40]",
                    "add r0, r0, r3",
                    "add r10, r10, r4",
                    "str r0, [r12, #-16]",
                    "str r10, [r12, #24]",
                    "subs r1, r1, #1",
                    "str r1, [r12, #48]",
                    "bne.w 2b",
                    "b 10f",
                    // The next line.
                    ".p2align 2",
                    "9:",
                    "ldr.w r11, [sp, #4]",
                    "ldr r10, [r12, #-4]",
                    "str.w r9, [sp]",
                    "add.w r5, r5, r11",
                    "b.w 3b",
                    single!(),
                    left_over!(),
                    "10:",
                    "add sp, sp, #16",
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
        for row in 0..count[0] {
            for column in 0..2 * count[1] {
                let [at, to] = [0, 1].map(|at| from[at] + row * down[at] + column * next[at]);
                for (channel, value) in self.channels.into_iter().zip(self.output(at)) {
                    outputs[to + channel] = value;
                }
            }
        }
        Some(())
    }

    /// The output whose window begins at `first`, of both channels.
    #[cfg(not(armv7e_m))]
    pub fn output(&self, first: usize) -> [i8; 2] {
        let lines = &self.lines;
        let mut sums = self.start;
        for line in 0..lines.count {
            for word in 0..lines.words {
                let [e0, e1, o0, o1] = self.weights[line * lines.words + word];
                let at = first + line * lines.step + 4 * word;
                let value = load(self.image, at);
                let (even, odd) = (sxtb16(value), sxtb16_odd(value));
                sums[0] = smlad(o0, odd, smlad(e0, even, sums[0]));
                sums[1] = smlad(o1, odd, smlad(e1, even, sums[1]));
            }
        }
        [self.scales[0].apply(sums[0]), self.scales[1].apply(sums[1])]
    }
}

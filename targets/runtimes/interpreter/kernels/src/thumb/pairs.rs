//! Two products of 8-bit numbers by one multiplication.
//!
//! Of the words x0 + x2·2^16 and w2 + w0·2^16 the product's upper half is x0·w0 + x2·w2, less 1 if x0·w2, which
//! the lower half holds, is negative. An arithmetic shift by 16 leaves the sign of the lower half in the carry, so
//! that ADC adds just that 1. The upper half holds both products unless all four numbers are -128: weights
//! of -128 aren't widened.

#![cfg_attr(armv6m, allow(unsafe_code))]

#[cfg(armv6m)]
use core::arch::asm;

use super::regions::Grid;
use super::scale::Scale;
#[cfg(armv6m)]
use super::scale::scale;

/// Weights of two channels for four elements: elements 2 and 0 (in the upper half) of the first channel,
/// then of the second; elements 3 and 1 of the first, then of the second.
pub type Pair = [u32; 4];

/// Each byte's sign.
const SIGNS: u32 = 0x8080_8080;
/// Every other byte.
const EVEN: u32 = 0x00ff_00ff;
/// What makes bytes with their sign inverted numbers again, in each half.
const BACK: u32 = 0x0080_0080;

/// Four numbers as two words: elements 0 and 2, and elements 1 and 3, the latter in the upper half.
#[cfg(not(armv6m))]
fn split(word: u32) -> [u32; 2] {
    let inverted = word ^ SIGNS;
    [inverted, inverted >> 8].map(|bytes| (bytes & EVEN).wrapping_sub(BACK))
}

/// Words whose halves are summed before they could overflow.
const LINE: usize = 64;

/// Widens the weights of channel 0 or 1 of `pairs`; those that don't fill a word are followed by zeros. Answers their
/// sum, or [`None`] if one is -128 or there is no room.
#[inline(never)]
pub fn widen(weights: &[i8], channel: usize, pairs: &mut [Pair]) -> Option<i32> {
    let pairs = pairs.get_mut(..weights.len().div_ceil(4))?;
    let (mut sum, mut low) = (0, 0);
    match bytemuck::try_cast_slice::<i8, u32>(weights) {
        Ok(words) => {
            for (words, pairs) in words.chunks(LINE).zip(pairs.chunks_mut(LINE)) {
                let mut halves = 0;
                for (&word, pair) in words.iter().zip(pairs) {
                    widen_word(word, channel, pair, &mut halves, &mut low);
                }
                sum += total(halves, words.len());
            }
        }
        Err(_) => {
            for (bytes, pair) in weights.chunks(4).zip(pairs) {
                let bytes = bytes.iter().rev();
                let word = bytes.fold(0, |word, &byte| word << 8 | u32::from(byte as u8));
                let mut halves = 0;
                widen_word(word, channel, pair, &mut halves, &mut low);
                sum += total(halves, 1);
            }
        }
    }
    (low & SIGNS == 0).then_some(sum)
}

/// Widens a word; adds pairs of its weights, each plus 128, to two `halves`; sets the sign of a byte of `low` if one is -128.
#[inline(always)]
fn widen_word(word: u32, channel: usize, pair: &mut Pair, halves: &mut u32, low: &mut u32) {
    let inverted = word ^ SIGNS;
    // A byte of 0 takes a bit from the one above.
    *low |= inverted.wrapping_sub(0x0101_0101) & word;
    let (even, odd) = (inverted & EVEN, inverted >> 8 & EVEN);
    *halves = halves.wrapping_add(even).wrapping_add(odd);
    let channel = channel & 1;
    pair[channel] = even.rotate_left(16).wrapping_sub(BACK);
    pair[channel + 2] = odd.rotate_left(16).wrapping_sub(BACK);
}

/// The sum of the weights of so many words.
fn total(halves: u32, words: usize) -> i32 {
    ((halves & 0xffff) + (halves >> 16)) as i32 - 4 * 128 * words as i32
}

/// The part of a window that is inside the image.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    count: usize,
    /// Bytes of a line.
    line: usize,
    /// Bytes of the image from the end of a line to the begin of the next.
    down: usize,
    /// Bytes of the weights likewise.
    across: usize,
    /// Words of the image up to the end of the last line.
    reach: usize,
    /// Words of weights of a channel likewise.
    weights: usize,
}

impl Lines {
    /// `count` lines of `words`, which begin `down` words of the image and `across` words of a channel's weights
    /// after each other.
    pub fn new(count: usize, words: usize, down: usize, across: usize) -> Self {
        let before = count.wrapping_sub(1);
        Self {
            count,
            line: 4 * words,
            // A single line has none behind it.
            down: down.wrapping_sub(words).wrapping_mul(4),
            across: 16 * across.saturating_sub(words),
            reach: before.wrapping_mul(down).wrapping_add(words),
            weights: before.wrapping_mul(across).wrapping_add(words),
        }
    }
}

/// Outputs of two channels whose windows have the same part inside the image.
#[derive(Debug)]
pub struct Two<'t> {
    pub lines: Lines,
    pub grid: Grid,
    /// What sums begin with.
    pub start: [i32; 2],
    /// Where the channels lie in an output.
    pub channels: [usize; 2],
    pub scales: [&'t Scale; 2],
}

/// What the assembly goes by; distances are bytes.
#[cfg(armv6m)]
#[repr(C)]
struct Job {
    image: *const u32,
    weights: *const Pair,
    start: [i32; 2],
    lines: usize,
    line: usize,
    down: usize,
    across: usize,
    step: usize,
    columns: usize,
    output: *mut i8,
    other: isize,
    stride: usize,
    scales: [Scale; 2],
    rows: usize,
    all_columns: usize,
    image_skip: usize,
    output_skip: usize,
}

impl Two<'_> {
    /// Computes all outputs. The `image` and the `weights` begin where the first line of the first window does, a word of the
    /// image is four values, the first one lowest; `output` begins with the first output. If one of them ends before the
    /// last output, or nothing of the windows is inside, none is written.
    #[inline(never)]
    pub fn compute(&self, image: &[u32], weights: &[Pair], output: &mut [i8]) {
        let lines = &self.lines;
        let Some([window, last]) = self.grid.last() else {
            return;
        };
        let [first, second] = self.channels;
        if lines.count == 0
            || lines.line == 0
            || image.len() < window + lines.reach
            || weights.len() < lines.weights
            || output.len() <= last + first.max(second)
        {
            return;
        }
        #[cfg(armv6m)]
        {
            let [down, across] = self.grid.count;
            let [image_skip, output_skip] = self.grid.skip();
            let mut job = Job {
                image: image.as_ptr(),
                weights: weights.as_ptr(),
                start: self.start,
                lines: lines.count,
                line: lines.line,
                down: lines.down,
                across: lines.across,
                step: 4 * self.grid.words[1],
                columns: across,
                output: output.as_mut_ptr().wrapping_add(first),
                other: second as isize - first as isize,
                stride: self.grid.elements[1],
                scales: self.scales.map(|scale| *scale),
                rows: down,
                all_columns: across,
                image_skip: 4 * image_skip,
                output_skip,
            };
            macro_rules! word {
                () => {
                    concat!(
                        "ldm r0!, {{r4}}\n",
                        "mov r6, r8\n",
                        "eors r4, r6\n",
                        "mov r6, r9\n",
                        "lsrs r5, r4, #8\n",
                        "ands r4, r6\n",
                        "ands r5, r6\n",
                        "mov r6, r10\n",
                        "subs r4, r4, r6\n",
                        "subs r5, r5, r6\n",
                        "ldm r1!, {{r6, r7}}\n",
                        "muls r6, r4, r6\n",
                        "muls r7, r4, r7\n",
                        "asrs r6, r6, #16\n",
                        "adcs r2, r6\n",
                        "asrs r7, r7, #16\n",
                        "adcs r3, r7\n",
                        "ldm r1!, {{r6, r7}}\n",
                        "muls r6, r5, r6\n",
                        "muls r7, r5, r7\n",
                        "asrs r6, r6, #16\n",
                        "adcs r2, r6\n",
                        "asrs r7, r7, #16\n",
                        "adcs r3, r7\n",
                    )
                };
            }
            // SAFETY: reads as many words of the windows and weights as there are, and writes an element of both channels for
            // each output, all inside the slices, as was checked; works on the job. r6 and r7, which can't be named as
            // operands, are saved and restored.
            unsafe {
                asm!(
                    "push {{r5, r6, r7}}",
                    "mov r10, r4",
                    "lsls r6, r4, #8",
                    "orrs r6, r4",
                    "mov r8, r6",
                    "lsls r6, r4, #1",
                    "lsrs r4, r4, #7",
                    "subs r6, r6, r4",
                    "mov r9, r6",
                    // A window.
                    "2:",
                    "ldr r5, [sp]",
                    "ldm r5!, {{r0, r1, r2, r3}}",
                    "ldr r4, [r5]",
                    // A line; with an even number of words it begins at the first of two.
                    "3:",
                    "mov r12, r4",
                    "ldr r4, [r5, #4]",
                    "adds r6, r4, r0",
                    "mov r11, r6",
                    "lsrs r4, r4, #3",
                    "bcs 5f",
                    "4:",
                    word!(),
                    "5:",
                    word!(),
                    "cmp r0, r11",
                    "bne 4b",
                    "ldr r5, [sp]",
                    "adds r5, r5, #16",
                    "mov r4, r12",
                    "subs r4, r4, #1",
                    "beq 6f",
                    "ldr r6, [r5, #8]",
                    "ldr r7, [r5, #12]",
                    "adds r0, r0, r6",
                    "adds r1, r1, r7",
                    "b 3b",
                    "6:",
                    "mov r12, r3",
                    "adds r5, r5, #36",
                    scale!(),
                    "mov r11, r2",
                    "mov r2, r12",
                    scale!(),
                    "ldr r0, [sp]",
                    "ldr r1, [r0, #40]",
                    "ldr r3, [r0, #44]",
                    "strb r2, [r1, r3]",
                    "mov r2, r11",
                    "strb r2, [r1]",
                    "ldr r2, [r0, #48]",
                    "ldr r3, [r0]",
                    "ldr r4, [r0, #32]",
                    "ldr r5, [r0, #36]",
                    "adds r1, r1, r2",
                    "adds r3, r3, r4",
                    "str r1, [r0, #40]",
                    "str r3, [r0]",
                    "subs r5, r5, #1",
                    "str r5, [r0, #36]",
                    "beq 8f",
                    "b 2b",
                    "8:",
                    // The next row.
                    "ldr r2, [r0, #100]",
                    "ldr r4, [r0, #104]",
                    "ldr r5, [r0, #108]",
                    "ldr r6, [r0, #112]",
                    "str r4, [r0, #36]",
                    "adds r3, r3, r5",
                    "adds r1, r1, r6",
                    "str r3, [r0]",
                    "str r1, [r0, #40]",
                    "subs r2, r2, #1",
                    "str r2, [r0, #100]",
                    "beq 9f",
                    "b 2b",
                    "9:",
                    "pop {{r5, r6, r7}}",
                    out("r0") _,
                    out("r1") _,
                    out("r2") _,
                    out("r3") _,
                    inout("r4") BACK => _,
                    inout("r5") &raw mut job => _,
                    out("r8") _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                );
            }
        }
        #[cfg(not(armv6m))]
        for row in 0..self.grid.count[0] {
            for column in 0..self.grid.count[1] {
                let [at, to] = [self.grid.words, self.grid.elements]
                    .map(|[down, across]| row * down + column * across);
                let sums = lines.dot(&image[at..], weights, self.start);
                for ((channel, scale), sum) in self.channels.iter().zip(self.scales).zip(sums) {
                    output[to + channel] = scale.apply(sum);
                }
            }
        }
    }
}

#[cfg(not(armv6m))]
impl Lines {
    /// Adds to `sums` the products of two channels' weights and values.
    fn dot(&self, values: &[u32], weights: &[Pair], sums: [i32; 2]) -> [i32; 2] {
        let [mut first, mut second] = sums;
        let words = self.line / 4;
        for line in 0..self.count {
            let value = line * (self.down.wrapping_add(self.line) / 4);
            let weight = line * (self.across / 16 + words);
            for word in 0..words {
                let [even, odd] = split(values[value + word]);
                let [e0, e1, o0, o1] = weights[weight + word];
                first += upper(even, e0) + upper(odd, o0);
                second += upper(even, e1) + upper(odd, o1);
            }
        }
        [first, second]
    }
}

/// The upper half of a product, with what the lower took from it.
#[cfg(not(armv6m))]
fn upper(values: u32, weights: u32) -> i32 {
    let product = values.wrapping_mul(weights) as i32;
    (product >> 16) + (product >> 15 & 1)
}

/// The sums of both channels' weights.
pub fn sums(weights: &[Pair]) -> [i32; 2] {
    let mut sums = [0; 2];
    for &[e0, e1, o0, o1] in weights {
        for (sum, [even, odd]) in sums.iter_mut().zip([[e0, o0], [e1, o1]]) {
            for two in [even, odd] {
                let low = i32::from(two as i16);
                *sum += low + ((two as i32).wrapping_sub(low) >> 16);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn word(bytes: [i8; 4]) -> u32 {
        u32::from_le_bytes(bytes.map(|byte| byte as u8))
    }

    #[test]
    fn two_products_are_exact_at_every_extreme() {
        let values = [-128, -127, -1, 0, 1, 127];
        let weights = [-127, -1, 0, 1, 127];
        let fours = |of: &[i8]| -> Vec<[i8; 4]> {
            let mut fours = Vec::new();
            for &a in of {
                for &b in of {
                    for &c in of {
                        fours.extend(of.iter().map(|&d| [a, b, c, d]));
                    }
                }
            }
            fours
        };
        let lines = Lines::new(1, 1, 0, 0);
        for weights in fours(&weights) {
            let mut pairs = [[0; 4]];
            let other = weights.map(|weight| -weight);
            let total: i32 = weights.iter().map(|&weight| i32::from(weight)).sum();
            assert_eq!(widen(&weights, 0, &mut pairs), Some(total));
            assert_eq!(widen(&other, 1, &mut pairs), Some(-total));
            assert_eq!(sums(&pairs), [total, -total]);
            for values in fours(&values) {
                let products = values.iter().zip(&weights);
                let sum: i32 = products.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
                let found = lines.dot(&[word(values)], &pairs, [5, 7]);
                assert_eq!(found, [5 + sum, 7 - sum], "{values:?} {weights:?}");
            }
        }
    }

    #[test]
    fn weights_that_two_products_could_overflow_with_are_refused() {
        for at in 0..7 {
            let mut weights = [1; 7];
            assert_eq!(widen(&weights, 0, &mut [[0; 4]; 2]), Some(7));
            weights[at] = -128;
            assert_eq!(widen(&weights, 0, &mut [[0; 4]; 2]), None);
        }
        assert_eq!(widen(&[1; 9], 0, &mut [[0; 4]; 2]), None, "no room");
    }

    #[test]
    fn lines_follow_each_other_at_their_distances() {
        // Two lines of two words, three words apart in the image and four of the weights.
        let lines = Lines::new(2, 2, 3, 4);
        let values: Vec<u32> = (0..5).map(|at| word([at, 0, 0, 0])).collect();
        let weights: Vec<Pair> = (0..6).map(|at| [1 << (16 + 2 * at), 0, 0, 0]).collect();
        let expected = 0x4 + 3 * 0x100 + 4 * 0x400;
        assert_eq!(lines.dot(&values, &weights, [0; 2]), [expected, 0]);
    }
}

//! Two products of 8-bit numbers by one multiplication.
//!
//! Of the words x0 + x2·2^16 and w2 + w0·2^16 the product's upper half is x0·w0 + x2·w2, less 1 if x0·w2, which
//! the lower half holds, is negative. An arithmetic shift by 16 leaves the sign of the lower half in the carry, so
//! that ADC adds just that 1. The upper half holds both products unless all four numbers are -128: weights
//! of -128 aren't widened.

#![cfg_attr(armv6m, allow(unsafe_code))]

#[cfg(armv6m)]
use core::arch::asm;

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

/// Widens the weights of channel 0 or 1 of `pairs`; those that don't fill a word are followed by zeros.
/// Answers their sum and whether all are 0, or [`None`] if one is -128 or there is no room.
#[inline(never)]
pub fn widen(weights: &[i8], channel: usize, pairs: &mut [Pair]) -> Option<(i32, bool)> {
    let mut pairs = pairs.iter_mut();
    let (mut sum, mut any) = (0, 0);
    let mut add = |word: u32| {
        let inverted = word ^ SIGNS;
        // A byte of 0 takes a bit from the one above.
        if inverted.wrapping_sub(0x0101_0101) & !inverted & SIGNS != 0 {
            return None;
        }
        let [even, odd] = [inverted, inverted >> 8].map(|bytes| bytes & EVEN);
        let both = even.wrapping_add(odd);
        sum += ((both & 0xffff) + (both >> 16)) as i32 - 4 * 128;
        any |= word;
        let pair = pairs.next()?;
        let [even, odd] = [even, odd].map(|two| two.rotate_left(16).wrapping_sub(BACK));
        *pair.get_mut(channel)? = even;
        *pair.get_mut(channel + 2)? = odd;
        Some(())
    };
    match bytemuck::try_cast_slice::<i8, u32>(weights) {
        Ok(words) => {
            for &word in words {
                add(word)?;
            }
        }
        Err(_) => {
            for bytes in weights.chunks(4) {
                let bytes = bytes.iter().rev();
                add(bytes.fold(0, |word, &byte| word << 8 | u32::from(byte as u8)))?;
            }
        }
    }
    Some((sum, any == 0))
}

/// The part of a window that is inside the image.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
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
            down: 4 * down.wrapping_sub(words),
            across: 16 * across.wrapping_sub(words),
            // Where nothing is inside, no image is long enough.
            reach: match count == 0 || words == 0 {
                true => usize::MAX,
                false => before * down + words,
            },
            weights: before.wrapping_mul(across).wrapping_add(words),
        }
    }

    /// Adds to `sums` the products of two channels' weights and values, four of which are a word, the first one
    /// lowest. Both begin where the first line does; if they end before the last one nothing is added.
    #[inline(always)]
    pub fn dot(&self, values: &[u32], weights: &[Pair], sums: [i32; 2]) -> [i32; 2] {
        if values.len() < self.reach || weights.len() < self.weights {
            return sums;
        }
        let [mut first, mut second] = sums;
        #[cfg(armv6m)]
        // SAFETY: reads as many words of the values and pairs as there are, all inside the slices, as was checked. r6
        // and r7, which can't be named as operands, are saved and restored.
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
                "ldr r4, [r5]",
                "2:",
                "mov r12, r4",
                "ldr r4, [r5, #4]",
                "adds r4, r4, r0",
                "mov r11, r4",
                "3:",
                "ldm r0!, {{r4}}",
                "mov r6, r8",
                "eors r4, r6",
                "mov r6, r9",
                "lsrs r5, r4, #8",
                "ands r4, r6",
                "ands r5, r6",
                "mov r6, r10",
                "subs r4, r4, r6",
                "subs r5, r5, r6",
                "ldm r1!, {{r6, r7}}",
                "muls r6, r4, r6",
                "muls r7, r4, r7",
                "asrs r6, r6, #16",
                "adcs r2, r6",
                "asrs r7, r7, #16",
                "adcs r3, r7",
                "ldm r1!, {{r6, r7}}",
                "muls r6, r5, r6",
                "muls r7, r5, r7",
                "asrs r6, r6, #16",
                "adcs r2, r6",
                "asrs r7, r7, #16",
                "adcs r3, r7",
                "cmp r0, r11",
                "bne 3b",
                // The next line.
                "ldr r5, [sp]",
                "mov r4, r12",
                "ldr r6, [r5, #8]",
                "ldr r7, [r5, #12]",
                "adds r0, r0, r6",
                "adds r1, r1, r7",
                "subs r4, r4, #1",
                "bne 2b",
                "pop {{r5, r6, r7}}",
                inout("r0") values.as_ptr() => _,
                inout("r1") weights.as_ptr() => _,
                inout("r2") first,
                inout("r3") second,
                inout("r4") BACK => _,
                in("r5") self,
                out("r8") _,
                out("r9") _,
                out("r10") _,
                out("r11") _,
                out("r12") _,
            );
        }
        #[cfg(not(armv6m))]
        for line in 0..self.count {
            let words = self.line / 4;
            let value = line * (self.down.wrapping_add(self.line) / 4);
            let weight = line * (self.across.wrapping_add(16 * words) / 16);
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
            let dead = weights == [0; 4];
            assert_eq!(widen(&weights, 0, &mut pairs), Some((total, dead)));
            assert_eq!(widen(&other, 1, &mut pairs), Some((-total, dead)));
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
            assert_eq!(widen(&weights, 0, &mut [[0; 4]; 2]), Some((7, false)));
            weights[at] = -128;
            assert_eq!(widen(&weights, 0, &mut [[0; 4]; 2]), None);
        }
        assert_eq!(widen(&[1; 9], 0, &mut [[0; 4]; 2]), None, "no room");
    }

    #[test]
    fn lines_follow_each_other_at_their_distances() {
        // Two lines of two words, three words apart in the image and two of the weights.
        let lines = Lines::new(2, 2, 3, 2);
        let values: Vec<u32> = (0..5).map(|at| word([at, 0, 0, 0])).collect();
        let weights: Vec<Pair> = (0..4).map(|at| [1 << (16 + 4 * at), 0, 0, 0]).collect();
        let expected = 0x10 + 3 * 0x100 + 4 * 0x1000;
        assert_eq!(lines.dot(&values, &weights, [0; 2]), [expected, 0]);
        // What ends before the last line isn't touched.
        assert_eq!(lines.dot(&values[..4], &weights, [1; 2]), [1; 2]);
        assert_eq!(lines.dot(&values, &weights[..3], [1; 2]), [1; 2]);
        assert_eq!(
            Lines::new(0, 2, 3, 2).dot(&values, &weights, [1; 2]),
            [1; 2]
        );
    }
}

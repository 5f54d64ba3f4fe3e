//! Sums over 16-bit signals, two samples an instruction where the core has the DSP extension.
//!
//! On Armv7E-M each instruction is inline assembly; elsewhere it is plain Rust with the same
//! result, so that the loops around it are tested on any host. A word holds two samples, the
//! earlier one in the lower half. Sources: Armv7-M Architecture Reference Manual (DDI 0403E),
//! A7.7.

#![cfg_attr(armv7e_m, allow(unsafe_code))]

#[cfg(armv7e_m)]
use core::arch::asm;

/// Bytes of a word.
const WORD: usize = 4;
/// Words a round of the inner loops takes.
const UNROLLED: usize = 4;
/// Samples a round of the inner loops takes.
const ROUND: usize = 2 * UNROLLED;

#[cfg(not(armv7e_m))]
fn halves(word: u32) -> (i32, i32) {
    (i32::from(word as i16), i32::from((word >> 16) as i16))
}

/// `sum` plus the products of the lower and of the upper halves (SMLALD).
#[inline(always)]
fn smlald(a: u32, b: u32, sum: i64) -> i64 {
    #[cfg(armv7e_m)]
    {
        let (mut low, mut high) = (sum as u32, (sum >> 32) as u32);
        // SAFETY: computes registers from registers, touches no memory and no stack; the build
        // script sets `armv7e_m` only for cores that have the instruction.
        unsafe {
            asm!(
                "smlald {low}, {high}, {a}, {b}",
                low = inout(reg) low,
                high = inout(reg) high,
                a = in(reg) a,
                b = in(reg) b,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        (i64::from(high) << 32) | i64::from(low)
    }
    #[cfg(not(armv7e_m))]
    {
        let ((a, c), (b, d)) = (halves(a), halves(b));
        sum + i64::from(a) * i64::from(b) + i64::from(c) * i64::from(d)
    }
}

/// The difference of the lower and of the upper halves, each modulo 2^16 (SSUB16).
#[inline(always)]
fn ssub16(a: u32, b: u32) -> u32 {
    #[cfg(armv7e_m)]
    {
        let difference: u32;
        // SAFETY: as `smlald`; it also sets the GE flags, which nothing here reads.
        unsafe {
            asm!(
                "ssub16 {difference}, {a}, {b}",
                difference = lateout(reg) difference,
                a = in(reg) a,
                b = in(reg) b,
                options(pure, nomem, nostack),
            );
        }
        difference
    }
    #[cfg(not(armv7e_m))]
    {
        let ((a, c), (b, d)) = (halves(a), halves(b));
        ((a - b) as u32 & 0xffff) | (((c - d) as u32) << 16)
    }
}

/// The samples as whole rounds of words, and those that are left. The words need no alignment:
/// cores with the DSP extension load unaligned words.
fn words(samples: &[i16]) -> (&[[u8; UNROLLED * WORD]], &[i16]) {
    let (rounds, _) = bytemuck::cast_slice::<i16, u8>(samples).as_chunks();
    (rounds, &samples[rounds.len() * ROUND..])
}

#[inline(always)]
fn word(round: &[u8; UNROLLED * WORD], index: usize) -> u32 {
    let at = index * WORD;
    u32::from_le_bytes([round[at], round[at + 1], round[at + 2], round[at + 3]])
}

/// Σ a·b over as many samples as the shorter of both has.
pub(crate) fn dot(a: &[i16], b: &[i16]) -> i64 {
    let length = a.len().min(b.len());
    let (first, first_rest) = words(&a[..length]);
    let (second, second_rest) = words(&b[..length]);
    let mut sum = 0;
    for (first, second) in first.iter().zip(second) {
        for index in 0..UNROLLED {
            sum = smlald(word(first, index), word(second, index), sum);
        }
    }
    dot_of_few(first_rest, second_rest, sum)
}

/// `sum` and Σ a·b, word by word.
fn dot_of_few(a: &[i16], b: &[i16], mut sum: i64) -> i64 {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let (first, _) = bytemuck::cast_slice::<i16, u8>(a).as_chunks::<WORD>();
    let (second, _) = bytemuck::cast_slice::<i16, u8>(b).as_chunks::<WORD>();
    for (&first, &second) in first.iter().zip(second) {
        sum = smlald(u32::from_le_bytes(first), u32::from_le_bytes(second), sum);
    }
    if let ([.., a], [.., b]) = (a, b)
        && !length.is_multiple_of(2)
    {
        sum += i64::from(*a) * i64::from(*b);
    }
    sum
}

/// Σ s[i]·s[i+lag] and Σ s[i]·s[i+lag+2]. The second takes the words of the first, each one place
/// earlier, so that two sums cost the loads of one.
pub(crate) fn autocorrelations(signal: &[i16], lag: usize) -> [i64; 2] {
    let late = signal.get(lag..).unwrap_or_default();
    let later = late.get(2..).unwrap_or_default();
    let (rounds, _) = words(signal);
    let (later_rounds, _) = words(later);
    let mut sums = [0; 2];
    let mut earlier = match *late {
        [first, second, ..] => u32::from(first as u16) | (u32::from(second as u16) << 16),
        _ => 0,
    };
    for (round, later_round) in rounds.iter().zip(later_rounds) {
        for index in 0..UNROLLED {
            let (own, next) = (word(round, index), word(later_round, index));
            sums[0] = smlald(own, earlier, sums[0]);
            sums[1] = smlald(own, next, sums[1]);
            earlier = next;
        }
    }
    let done = later_rounds.len() * ROUND;
    for (sum, shifted) in sums.iter_mut().zip([late, later]) {
        *sum = dot_of_few(&signal[done..], &shifted[done..], *sum);
    }
    sums
}

/// Σ (a - b)² where no difference leaves 16 bits; `b` are bytes in little-endian order.
pub(crate) fn squared_distance(a: &[i16], b: &[u8]) -> i64 {
    let (rounds, rest) = words(a);
    let (others, other_rest) = b.as_chunks::<{ UNROLLED * WORD }>();
    let mut sum = 0;
    for (round, other) in rounds.iter().zip(others) {
        for index in 0..UNROLLED {
            let difference = ssub16(word(round, index), word(other, index));
            sum = smlald(difference, difference, sum);
        }
    }
    for (&value, other) in rest.iter().zip(other_rest.as_chunks::<2>().0) {
        let difference = i64::from(value) - i64::from(i16::from_le_bytes(*other));
        sum += difference * difference;
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_dot_product_is_that_of_the_definition(
            a in proptest::collection::vec(any::<i16>(), 0..70),
            b in proptest::collection::vec(any::<i16>(), 0..70),
        ) {
            let expected: i64 = a
                .iter()
                .zip(&b)
                .map(|(&a, &b)| i64::from(a) * i64::from(b))
                .sum();
            prop_assert_eq!(dot(&a, &b), expected);
        }

        #[test]
        fn autocorrelations_are_dot_products_with_what_comes_later(
            signal in proptest::collection::vec(any::<i16>(), 0..70),
            lag in 0_usize..80,
        ) {
            let at = |lag| dot(&signal, signal.get(lag..).unwrap_or_default());
            prop_assert_eq!(autocorrelations(&signal, lag), [at(lag), at(lag + 2)]);
        }

        #[test]
        fn a_distance_is_that_of_the_definition(
            pairs in proptest::collection::vec((-16383_i16..=16383, -16383_i16..=16383), 0..70),
        ) {
            let a: Vec<i16> = pairs.iter().map(|pair| pair.0).collect();
            let b: Vec<u8> = pairs.iter().flat_map(|pair| pair.1.to_le_bytes()).collect();
            let expected: i64 = pairs
                .iter()
                .map(|&(a, b)| (i64::from(a) - i64::from(b)).pow(2))
                .sum();
            prop_assert_eq!(squared_distance(&a, &b), expected);
        }
    }
}

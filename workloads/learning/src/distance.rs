//! Squared Euclidean distances of int8 vectors.
//!
//! A *row* is a vector in memory: four values a word, the first one lowest, padded with zeros to a
//! multiple of eight. A *query* is what rows are compared with, widened and negated beforehand,
//! [`QUERY_WORDS`] words for each of the row's: values 0 and 2 of a word as 16-bit halves of one
//! word, values 1 and 3 of the other. So one instruction (SXTAB16) widens two values of a row and
//! takes the difference, and another (SMLAD) adds two squares. Two rows at a time share the loads
//! of the query.

/// Words of a query for each word of a row.
pub const QUERY_WORDS: usize = 2;

/// How distances are computed. All implementations give the same.
pub trait Distances {
    /// Squared distances of two rows of the same length from `query`.
    fn two(query: &[u32], rows: [&[u32]; 2]) -> [u32; 2];
}

/// One value at a time, on any machine.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Distances for Portable {
    fn two(query: &[u32], rows: [&[u32]; 2]) -> [u32; 2] {
        rows.map(|row| {
            let words = row.iter().zip(query.chunks_exact(QUERY_WORDS));
            words
                .flat_map(|(&word, query)| {
                    let [a, b, c, d] = word.to_le_bytes().map(|byte| i32::from(byte.cast_signed()));
                    let [low, high] = [query[0], query[1]].map(halves);
                    [a + low[0], b + high[0], c + low[1], d + high[1]]
                })
                .fold(0, |sum: u32, difference| {
                    sum.wrapping_add((difference * difference).cast_unsigned())
                })
        })
    }
}

/// The instructions of the DSP extension of Armv7E-M (Cortex-M4, M7). On other machines they are
/// emulated.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

impl Distances for Dsp {
    #[inline(always)]
    fn two(query: &[u32], rows: [&[u32]; 2]) -> [u32; 2] {
        let (query, _) = query.as_chunks::<{ 2 * QUERY_WORDS }>();
        let (first, _) = rows[0].as_chunks::<2>();
        let (second, _) = rows[1].as_chunks::<2>();
        let mut sums = [0_u32; 2];
        for ((query, first), second) in query.iter().zip(first).zip(second) {
            for word in 0..2 {
                let (low, high) = (query[2 * word], query[2 * word + 1]);
                for (sum, row) in sums.iter_mut().zip([first[word], second[word]]) {
                    let even = simd::sxtab16(low, row);
                    let odd = simd::sxtab16_odd(high, row);
                    *sum = simd::smlad(even, even, *sum);
                    *sum = simd::smlad(odd, odd, *sum);
                }
            }
        }
        sums
    }
}

/// The two halves of a word as signed numbers, the lower one first.
fn halves(word: u32) -> [i32; 2] {
    let word = word.cast_signed();
    [i32::from(word as i16), word >> 16]
}

/// Writes the words of a row as a query.
pub fn write_query(row: &[u32], query: &mut [u32]) {
    for (&word, query) in row.iter().zip(query.chunks_exact_mut(QUERY_WORDS)) {
        let [a, b, c, d] = word
            .to_le_bytes()
            .map(|byte| (-i16::from(byte.cast_signed())).cast_unsigned());
        query[0] = u32::from(a) | u32::from(c) << 16;
        query[1] = u32::from(b) | u32::from(d) << 16;
    }
}

/// Writes `values` as a row, padded with zeros.
pub fn write_row(values: &[i8], row: &mut [u32]) {
    let mut quads = values.chunks(4);
    for word in row {
        let mut bytes = [0; 4];
        for (byte, &value) in bytes.iter_mut().zip(quads.next().unwrap_or_default()) {
            *byte = value.cast_unsigned();
        }
        *word = u32::from_le_bytes(bytes);
    }
}

/// Instructions of Armv7E-M, on the chip itself (Armv7-M Architecture Reference Manual, A7.7).
#[cfg(armv7e_m)]
#[expect(unsafe_code, reason = "the instructions have no other form")]
mod simd {
    use core::arch::asm;

    /// Adds bytes 0 and 2 of `bytes`, signed, to the halves of `halves`.
    #[inline(always)]
    pub fn sxtab16(halves: u32, bytes: u32) -> u32 {
        let out: u32;
        // SAFETY: computes on registers alone.
        unsafe {
            asm!("sxtab16 {out}, {halves}, {bytes}", out = lateout(reg) out,
                halves = in(reg) halves, bytes = in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        out
    }

    /// Adds bytes 1 and 3 of `bytes`, signed, to the halves of `halves`.
    #[inline(always)]
    pub fn sxtab16_odd(halves: u32, bytes: u32) -> u32 {
        let out: u32;
        // SAFETY: computes on registers alone.
        unsafe {
            asm!("sxtab16 {out}, {halves}, {bytes}, ror #8", out = lateout(reg) out,
                halves = in(reg) halves, bytes = in(reg) bytes,
                options(pure, nomem, nostack, preserves_flags));
        }
        out
    }

    /// Adds the products of the lower and of the upper halves, signed, to `sum`. Sets the Q flag
    /// if that overflows, which nobody reads.
    #[inline(always)]
    pub fn smlad(a: u32, b: u32, sum: u32) -> u32 {
        let out: u32;
        // SAFETY: computes on registers alone.
        unsafe {
            asm!("smlad {out}, {a}, {b}, {sum}", out = lateout(reg) out, a = in(reg) a,
                b = in(reg) b, sum = in(reg) sum, options(pure, nomem, nostack));
        }
        out
    }
}

/// The same instructions, emulated.
#[cfg(not(armv7e_m))]
mod simd {
    use super::halves;

    /// See the other module of this name.
    pub fn sxtab16(addends: u32, bytes: u32) -> u32 {
        let [a, _, c, _] = bytes
            .to_le_bytes()
            .map(|byte| i32::from(byte.cast_signed()));
        let [low, high] = halves(addends);
        let half = |sum: i32| sum.cast_unsigned() & 0xffff;
        half(low + a) | half(high + c) << 16
    }

    /// See the other module of this name.
    pub fn sxtab16_odd(addends: u32, bytes: u32) -> u32 {
        sxtab16(addends, bytes.rotate_right(8))
    }

    /// See the other module of this name.
    pub fn smlad(a: u32, b: u32, sum: u32) -> u32 {
        let ([a, b], [c, d]) = (halves(a), halves(b));
        sum.wrapping_add((a * c).cast_unsigned())
            .wrapping_add((b * d).cast_unsigned())
    }
}

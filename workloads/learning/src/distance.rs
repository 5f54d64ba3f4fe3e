//! Squared Euclidean distances of int8 vectors.
//!
//! A *row* is a vector in memory: four values a word, the first one lowest, padded with zeros to a
//! multiple of sixteen. A *query* is what rows are compared with, widened and negated beforehand,
//! [`QUERY_WORDS`] words for each of the row's: values 0 and 2 of a word as 16-bit halves of one
//! word, values 1 and 3 of the other. So one instruction (SXTAB16) widens two values of a row and
//! takes the difference, and another (SMLAD) adds two squares. Two rows at a time share the loads
//! of the query.

/// Words of a query for each word of a row.
pub const QUERY_WORDS: usize = 2;

/// Values that one round of the loop takes are a block: so many words of a row.
pub(crate) const BLOCK_WORDS: usize = 4;

/// And so many of a query.
const BLOCK_QUERY_WORDS: usize = BLOCK_WORDS * QUERY_WORDS;

/// How distances are computed. All implementations give the same.
pub trait Distances {
    /// Squared distances of two rows of the same length from `query`.
    fn two(query: &[u32], rows: [&[u32]; 2]) -> [u32; 2];

    /// Squared distances of rows that lie behind each other from `query`, as far as there is room
    /// for them.
    #[inline(never)]
    fn each(query: &[u32], rows: &[u32], distances: &mut [u32]) {
        let words = query.len() / QUERY_WORDS;
        let mut pairs = rows.chunks_exact(2 * words);
        let mut outs = distances.chunks_exact_mut(2);
        for (pair, out) in (&mut pairs).zip(&mut outs) {
            let (first, second) = pair.split_at(words);
            out.copy_from_slice(&Self::two(query, [first, second]));
        }
        // The last of an odd number is compared with itself beside it.
        let last = pairs.remainder();
        if let Some(out) = outs.into_remainder().first_mut()
            && last.len() >= words
        {
            let row = &last[..words];
            [*out, _] = Self::two(query, [row, row]);
        }
    }
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
        let [first, second] = rows;
        let blocks = (query.len() / BLOCK_QUERY_WORDS)
            .min(first.len() / BLOCK_WORDS)
            .min(second.len() / BLOCK_WORDS);
        if blocks == 0 {
            return [0; 2];
        }
        instructions::two(query, first, second, blocks)
    }

    #[inline(never)]
    fn each(query: &[u32], rows: &[u32], distances: &mut [u32]) {
        let blocks = query.len() / BLOCK_QUERY_WORDS;
        let words = blocks * BLOCK_WORDS;
        let pairs = rows
            .len()
            .checked_div(2 * words)
            .map_or(0, |pairs| pairs.min(distances.len() / 2));
        if pairs > 0 {
            instructions::pairs(query, rows, distances, blocks, pairs);
        }
        let done = 2 * pairs;
        if let (Some(row), Some(out)) = (
            rows.get(done * words..(done + 1) * words),
            distances.get_mut(done),
        ) {
            [*out, _] = Self::two(query, [row, row]);
        }
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

/// The loop on the chip itself (Armv7-M Architecture Reference Manual, A7.7).
#[cfg(armv7e_m)]
#[expect(unsafe_code, reason = "the instructions have no other form")]
mod instructions {
    use core::arch::asm;

    /// Takes four values of two rows, which all pointers are moved past.
    macro_rules! four_values {
        () => {
            concat!(
                "ldr {low}, [{query}], #4\n",
                "ldr {high}, [{query}], #4\n",
                "ldr {a}, [{first}], #4\n",
                "ldr {b}, [{second}], #4\n",
                "sxtab16 {even}, {low}, {a}\n",
                "sxtab16 {a}, {high}, {a}, ror #8\n",
                "sxtab16 {low}, {low}, {b}\n",
                "sxtab16 {b}, {high}, {b}, ror #8\n",
                "smlad {sum}, {even}, {even}, {sum}\n",
                "smlad {sum}, {a}, {a}, {sum}\n",
                "smlad {other}, {low}, {low}, {other}\n",
                "smlad {other}, {b}, {b}, {other}\n",
            )
        };
    }

    /// Squared distances over so many blocks, at least one.
    #[inline(always)]
    pub fn two(query: &[u32], first: &[u32], second: &[u32], blocks: usize) -> [u32; 2] {
        let (mut sum, mut other): (u32, u32);
        // SAFETY: reads eight words of `query` and four of each row for each block, and the caller
        // has counted the blocks that are in all of them. The build script sets `armv7e_m` only
        // for cores that have the instructions.
        unsafe {
            asm!(
                "mov {sum}, #0",
                "mov {other}, #0",
                // A run of 32-bit instructions stalls unless they lie on words.
                ".p2align 2",
                "2:",
                four_values!(),
                four_values!(),
                four_values!(),
                four_values!(),
                "subs {blocks}, {blocks}, #1",
                "bne 2b",
                sum = out(reg) sum,
                other = out(reg) other,
                query = inout(reg) query.as_ptr() => _,
                first = inout(reg) first.as_ptr() => _,
                second = inout(reg) second.as_ptr() => _,
                blocks = inout(reg) blocks => _,
                low = out(reg) _,
                high = out(reg) _,
                a = out(reg) _,
                b = out(reg) _,
                even = out(reg) _,
                options(readonly, nostack),
            );
        }
        [sum, other]
    }

    /// What the loop over pairs keeps in memory, for want of registers.
    #[repr(C)]
    struct Pairs {
        blocks: usize,
        query_bytes: usize,
        row_bytes: usize,
        out: *mut u32,
        left: usize,
    }

    /// Squared distances of so many pairs of rows behind each other, at least one, over so many
    /// blocks, at least one.
    #[inline(always)]
    pub fn pairs(query: &[u32], rows: &[u32], distances: &mut [u32], blocks: usize, pairs: usize) {
        let row_bytes = blocks * super::BLOCK_WORDS * size_of::<u32>();
        let mut state = Pairs {
            blocks,
            query_bytes: row_bytes * super::QUERY_WORDS,
            row_bytes,
            out: distances.as_mut_ptr(),
            left: pairs,
        };
        // SAFETY: as in `two`, for each pair; the caller has counted the pairs for which there are
        // rows and room for the distances. `first` and `second` never leave `rows` by more than
        // their end. Memory other than `state` and `distances` isn't written.
        unsafe {
            asm!(
                "2:",
                "ldr {blocks}, [{state}]",
                "mov {sum}, #0",
                "mov {other}, #0",
                ".p2align 2",
                "3:",
                four_values!(),
                four_values!(),
                four_values!(),
                four_values!(),
                "subs {blocks}, {blocks}, #1",
                "bne 3b",
                // Blocks are used up: query bytes, row bytes, where distances go, pairs left.
                "ldr {low}, [{state}, #4]",
                "ldr {high}, [{state}, #8]",
                "ldr {a}, [{state}, #12]",
                "ldr {b}, [{state}, #16]",
                "sub {query}, {query}, {low}",
                "mov {first}, {second}",
                "add {second}, {second}, {high}",
                "strd {sum}, {other}, [{a}], #8",
                "str {a}, [{state}, #12]",
                "subs {b}, {b}, #1",
                "str {b}, [{state}, #16]",
                "bne 2b",
                state = in(reg) &raw mut state,
                sum = out(reg) _,
                other = out(reg) _,
                query = inout(reg) query.as_ptr() => _,
                first = inout(reg) rows.as_ptr() => _,
                second = inout(reg) rows.as_ptr().wrapping_byte_add(row_bytes) => _,
                blocks = out(reg) _,
                low = out(reg) _,
                high = out(reg) _,
                a = out(reg) _,
                b = out(reg) _,
                even = out(reg) _,
                options(nostack),
            );
        }
    }
}

/// The same loop with the instructions emulated.
#[cfg(not(armv7e_m))]
mod instructions {
    use super::{BLOCK_WORDS, QUERY_WORDS, halves};

    /// Squared distances of so many pairs of rows behind each other.
    pub fn pairs(query: &[u32], rows: &[u32], distances: &mut [u32], blocks: usize, pairs: usize) {
        let words = blocks * BLOCK_WORDS;
        let rows = rows.chunks_exact(2 * words).take(pairs);
        for (pair, out) in rows.zip(distances.chunks_exact_mut(2)) {
            let (first, second) = pair.split_at(words);
            out.copy_from_slice(&two(query, first, second, blocks));
        }
    }

    /// Squared distances over so many blocks.
    pub fn two(query: &[u32], first: &[u32], second: &[u32], blocks: usize) -> [u32; 2] {
        [first, second].map(|row| {
            let words = row[..BLOCK_WORDS * blocks]
                .iter()
                .zip(query.chunks_exact(QUERY_WORDS));
            words.fold(0, |sum, (&word, query)| {
                let even = sxtab16(query[0], word);
                // ROR #8.
                let odd = sxtab16(query[1], word.rotate_right(8));
                smlad(odd, odd, smlad(even, even, sum))
            })
        })
    }

    /// Adds bytes 0 and 2 of `bytes`, signed, to the halves of `addends`.
    fn sxtab16(addends: u32, bytes: u32) -> u32 {
        let [a, _, c, _] = bytes
            .to_le_bytes()
            .map(|byte| i32::from(byte.cast_signed()));
        let [low, high] = halves(addends);
        let half = |sum: i32| sum.cast_unsigned() & 0xffff;
        half(low + a) | half(high + c) << 16
    }

    /// Adds the products of the lower and of the upper halves, signed, to `sum`.
    fn smlad(a: u32, b: u32, sum: u32) -> u32 {
        let ([a, b], [c, d]) = (halves(a), halves(b));
        sum.wrapping_add((a * c).cast_unsigned())
            .wrapping_add((b * d).cast_unsigned())
    }
}

//! The code in which a compressed model holds its weights, and its decoder.
//!
//! One layer's weights, in their order in the model, are a sequence of symbols: 0 to 255 is one
//! weight, as an unsigned byte; [`FIRST_RUN`] + n is a run of n + [`SHORTEST_RUN`] zeros, which
//! pruned layers are full of. The symbols have a canonical Huffman code of at most [`MAX_LENGTH`]
//! bits: shorter codes come first, and among codes of one length those of smaller symbols (as in
//! Deflate, RFC 1951, section 3.2.2). A coded buffer is
//!
//! | bytes | what |
//! |---|---|
//! | [`LENGTHS_BYTES`] | the length of each symbol's code, 4 bits each, the lower half first; 0 for a symbol that doesn't occur |
//! | the rest | the codes one after the other, from the highest bit of each byte down; the last byte is filled up with zeros |
//!
//! The codes are complete: every sequence of [`MAX_LENGTH`] bits begins with exactly one code, so
//! that a table of all of them decodes a symbol with one look-up.

/// Longest code, bits.
pub const MAX_LENGTH: u32 = 10;
/// Symbols there are.
pub const SYMBOLS: usize = 272;
/// The symbol of the shortest run of zeros.
pub const FIRST_RUN: usize = 256;
/// Zeros in the shortest run that has a symbol.
pub const SHORTEST_RUN: usize = 2;
/// Bytes of the code lengths.
pub const LENGTHS_BYTES: usize = SYMBOLS / 2;
/// Entries of a decoding table.
pub const TABLE_ENTRIES: usize = 1 << MAX_LENGTH;

/// What each sequence of [`MAX_LENGTH`] bits begins with: the length of the code in the upper 4
/// bits, the symbol below.
pub type Table = [u16; TABLE_ENTRIES];

const LENGTH_SHIFT: u32 = 12;
const SYMBOL_MASK: u16 = (1 << LENGTH_SHIFT) - 1;

/// The coded weights of one layer, with a code that was found to be sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coded<'c> {
    lengths: &'c [u8; LENGTHS_BYTES],
    bits: &'c [u8],
}

/// Length of the code of `symbol`, bits.
fn length(lengths: &[u8; LENGTHS_BYTES], symbol: usize) -> u32 {
    let pair = lengths.get(symbol / 2).copied().unwrap_or(0);
    u32::from(pair >> (4 * (symbol % 2)) & 0xF)
}

impl<'c> Coded<'c> {
    /// Splits a coded buffer; [`None`] if it has no room for the code lengths.
    pub fn new(data: &'c [u8]) -> Option<Self> {
        let (lengths, bits) = data.split_first_chunk()?;
        Some(Self { lengths, bits })
    }

    /// Whether no code is too long and the codes are complete.
    pub fn is_sound(&self) -> bool {
        let mut room = TABLE_ENTRIES;
        for symbol in 0..SYMBOLS {
            let length = length(self.lengths, symbol);
            if length > MAX_LENGTH {
                return false;
            }
            if length > 0 {
                match room.checked_sub(TABLE_ENTRIES >> length) {
                    Some(left) => room = left,
                    None => return false,
                }
            }
        }
        room == 0
    }

    /// Fills the decoding table.
    pub fn fill(&self, table: &mut Table) {
        // Where the codes of each length begin, and then where the next of them does.
        let mut next = [0_usize; 16];
        for symbol in 0..SYMBOLS {
            if let Some(count) = next.get_mut(length(self.lengths, symbol) as usize) {
                *count += 1;
            }
        }
        let mut at = 0;
        for (length, first) in next.iter_mut().enumerate().skip(1) {
            at += core::mem::replace(first, at) * (TABLE_ENTRIES >> length);
        }
        for symbol in 0..SYMBOLS {
            let length = length(self.lengths, symbol);
            let span = TABLE_ENTRIES >> length;
            let Some(first) = next.get_mut(length as usize).filter(|_| length > 0) else {
                continue;
            };
            let entry = (length as u16) << LENGTH_SHIFT | symbol as u16;
            // Within the table, as the code is complete.
            if let Some(entries) = table.get_mut(*first..*first + span) {
                entries.fill(entry);
            }
            *first += span;
        }
    }

    /// Begins to decode with the table that [`Self::fill`] has filled.
    pub fn decoder<'t>(&self, table: &'t Table) -> Decoder<'c, 't> {
        Decoder {
            table,
            rest: self.bits,
            buffer: 0,
            available: 0,
            zeros: 0,
            beyond: 0,
        }
    }
}

/// Decodes weights piece by piece.
#[derive(Clone, Debug)]
pub struct Decoder<'c, 't> {
    table: &'t Table,
    /// Bytes that aren't in the buffer yet.
    rest: &'c [u8],
    /// The next bits, from the highest one down.
    buffer: u32,
    /// How many of them there are.
    available: u32,
    /// What is left of a run of zeros that began in the piece before.
    zeros: usize,
    /// How many zeros were put into the buffer behind the last byte, bits.
    beyond: u32,
}

/// Bits that are being decoded.
#[derive(Clone, Copy)]
struct Bits<'c> {
    rest: &'c [u8],
    buffer: u32,
    available: u32,
    beyond: u32,
}

/// Fills the buffer up to at least 16 bits where fewer than two bytes are left.
#[cold]
#[inline(never)]
fn refill_at_the_end(mut bits: Bits) -> Bits {
    while bits.available < 16 {
        match bits.rest.split_first() {
            Some((&byte, rest)) => {
                bits.buffer |= u32::from(byte) << (24 - bits.available);
                bits.rest = rest;
            }
            None => bits.beyond = bits.beyond.saturating_add(8),
        }
        bits.available += 8;
    }
    bits
}

impl Decoder<'_, '_> {
    /// Decodes the next weights into `weights`. Whether there were enough of them; what is missing
    /// is undefined otherwise, and never outside of `weights`.
    #[inline(never)]
    pub fn decode(&mut self, weights: &mut [i8]) -> bool {
        // Zeros need only be skipped then.
        weights.fill(0);
        // Variables of their own, which stay in registers.
        let (mut rest, mut buffer, mut available) = (self.rest, self.buffer, self.available);
        let mut at = self.zeros;
        while let Some(weight) = weights.get_mut(at) {
            if available < MAX_LENGTH {
                if let Some((&pair, behind)) = rest.split_first_chunk() {
                    buffer |= u32::from(u16::from_be_bytes(pair)) << (16 - available);
                    available += 16;
                    rest = behind;
                } else {
                    let beyond = self.beyond;
                    let bits = refill_at_the_end(Bits {
                        rest,
                        buffer,
                        available,
                        beyond,
                    });
                    (rest, buffer, available) = (bits.rest, bits.buffer, bits.available);
                    self.beyond = bits.beyond;
                }
            }
            let index = buffer >> (32 - MAX_LENGTH);
            let entry = self.table.get(index as usize).copied().unwrap_or(0);
            let length = u32::from(entry >> LENGTH_SHIFT);
            buffer <<= length;
            available -= length;
            let symbol = usize::from(entry & SYMBOL_MASK);
            if symbol < FIRST_RUN {
                *weight = symbol as u8 as i8;
                at += 1;
            } else {
                at += symbol - FIRST_RUN + SHORTEST_RUN;
            }
        }
        (self.rest, self.buffer, self.available) = (rest, buffer, available);
        self.zeros = at - weights.len();
        self.beyond <= available
    }

    /// Whether everything was decoded: nothing is left but the zeros of the last byte.
    pub fn is_at_end(&self) -> bool {
        self.zeros == 0
            && self.rest.is_empty()
            && self.beyond <= self.available
            && self.available - self.beyond < 8
            && self.buffer == 0
    }
}

/// CRC-32 as Ethernet has it (IEEE 802.3, reflected polynomial 0xEDB8_8320), four bits at a time.
pub fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < 16 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 4 {
                let carry = value & 1;
                value >>= 1;
                if carry != 0 {
                    value ^= POLYNOMIAL;
                }
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..2 {
            let entry = TABLE.get((crc & 0xF) as usize).copied().unwrap_or(0);
            crc = (crc >> 4) ^ entry;
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Lengths with those of some symbols set.
    fn lengths(set: &[(usize, u8)]) -> Vec<u8> {
        let mut lengths = std::vec![0; LENGTHS_BYTES];
        for &(symbol, length) in set {
            lengths[symbol / 2] |= length << (4 * (symbol % 2));
        }
        lengths
    }

    fn decode(data: &[u8], pieces: &[usize]) -> (Vec<i8>, bool, bool) {
        let coded = Coded::new(data).unwrap();
        assert!(coded.is_sound());
        let mut table = [0; TABLE_ENTRIES];
        coded.fill(&mut table);
        let mut decoder = coded.decoder(&table);
        let (mut all, mut enough) = (Vec::new(), true);
        for &piece in pieces {
            let mut weights = std::vec![99; piece];
            enough &= decoder.decode(&mut weights);
            all.extend(weights);
        }
        (all, enough, decoder.is_at_end())
    }

    #[test]
    fn canonical_codes_and_runs() {
        // 5: 0, -1: 10, a run of three zeros: 110, 7: 111.
        let mut data = lengths(&[(5, 1), (255, 2), (FIRST_RUN + 1, 3), (7, 3)]);
        // The codes of one length are in the order of the symbols: 7 is 110, the run is 111.
        data.extend([0b0101_1011, 0b1000_0000]);
        let expected = [5, -1, 7, 0, 0, 0, 5, 5, 5, 5, 5];
        let (all, enough, _) = decode(&data, &[expected.len()]);
        assert_eq!((all.as_slice(), enough), (expected.as_slice(), true));
        // The zeros of the run fall into three pieces.
        let (all, enough, at_end) = decode(&data, &[4, 1, 1, 1]);
        assert_eq!((all.as_slice(), enough), (&expected[..7], true));
        assert!(at_end);
        let (_, enough, at_end) = decode(&data, &[4, 1]);
        assert_eq!((enough, at_end), (true, false));
    }

    #[test]
    fn a_stream_that_is_too_short_is_noticed() {
        let mut data = lengths(&[(0, 1), (1, 1)]);
        data.extend([0xFF, 0x80]);
        let (all, enough, at_end) = decode(&data, &[16]);
        assert_eq!((&all[..9], enough, at_end), (&[1; 9][..], true, true));
        let (_, enough, at_end) = decode(&data, &[17]);
        assert_eq!((enough, at_end), (false, false));
        let (_, enough, _) = decode(&data[..LENGTHS_BYTES], &[1]);
        assert!(!enough);
    }

    #[test]
    fn codes_that_are_not_complete_or_too_long_are_unsound() {
        let sound = |set| Coded::new(&lengths(set)).unwrap().is_sound();
        assert!(sound(&[(0, 1), (1, 1)]));
        assert!(!sound(&[]));
        assert!(!sound(&[(0, 1)]));
        assert!(!sound(&[(0, 1), (1, 1), (2, 10)]));
        assert!(!sound(&[(0, 1), (1, 11)]));
        assert_eq!(Coded::new(&[0; LENGTHS_BYTES - 1]), None);
    }

    #[test]
    fn the_check_value_of_crc_32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}

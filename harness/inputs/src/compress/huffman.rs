//! Encodes weights as `tinybench_interpreter::huffman` describes it.

use tinybench_interpreter::huffman::{FIRST_RUN, LENGTHS_BYTES, MAX_LENGTH, SHORTEST_RUN, SYMBOLS};

/// Zeros in the longest run that has a symbol.
const LONGEST_RUN: usize = SHORTEST_RUN + (SYMBOLS - FIRST_RUN) - 1;

/// The shortest runs that are coded as such, of which the best for each layer is taken: with few
/// zeros a long run is rare enough to cost more than its zeros one by one. The last codes none.
const SHORTEST_RUNS: [usize; 6] = [2, 3, 4, 6, 10, usize::MAX];

/// Codes weights: the shortest of what several ways give.
pub fn encode(weights: &[u8]) -> Vec<u8> {
    let all = SHORTEST_RUNS.map(|shortest| encode_with(&symbols(weights, shortest)));
    all.into_iter().min_by_key(Vec::len).unwrap_or_default()
}

/// Weights as symbols; runs of `shortest` zeros and more become one symbol, or several if they are
/// long.
fn symbols(weights: &[u8], shortest: usize) -> Vec<usize> {
    let mut symbols = Vec::with_capacity(weights.len());
    for run in weights.chunk_by(|a, b| *a == 0 && *b == 0) {
        let mut left = run.len();
        while left >= shortest {
            let length = left.min(LONGEST_RUN);
            symbols.push(FIRST_RUN + length - SHORTEST_RUN);
            left -= length;
        }
        symbols.extend(run.iter().take(left).map(|&weight| usize::from(weight)));
    }
    symbols
}

fn encode_with(symbols: &[usize]) -> Vec<u8> {
    let mut counts = [0_u64; SYMBOLS];
    for &symbol in symbols {
        counts[symbol] += 1;
    }
    let lengths = code_lengths(&counts);
    let codes = codes(&lengths);
    let mut coded = vec![0; LENGTHS_BYTES];
    for (symbol, &length) in lengths.iter().enumerate() {
        coded[symbol / 2] |= length << (4 * (symbol % 2));
    }
    let (mut buffer, mut filled) = (0_u32, 0);
    for &symbol in symbols {
        let length = u32::from(lengths[symbol]);
        buffer = buffer << length | codes[symbol];
        filled += length;
        while filled >= 8 {
            filled -= 8;
            coded.push((buffer >> filled) as u8);
        }
    }
    if filled > 0 {
        coded.push((buffer << (8 - filled)) as u8);
    }
    coded
}

/// The lengths of the best code in which none is longer than [`MAX_LENGTH`]: package-merge
/// (L. L. Larmore and D. S. Hirschberg, "A fast algorithm for optimal length-limited Huffman
/// codes", Journal of the ACM 37, 1990). Of fewer than two symbols the first ones are added, as a
/// complete code has two at least.
fn code_lengths(counts: &[u64; SYMBOLS]) -> [u8; SYMBOLS] {
    let mut used: Vec<(u64, Vec<usize>)> = (0..SYMBOLS)
        .filter(|&symbol| counts[symbol] > 0)
        .map(|symbol| (counts[symbol], vec![symbol]))
        .collect();
    let unused = counts.iter().enumerate().filter(|(_, count)| **count == 0);
    let missing = 2_usize.saturating_sub(used.len());
    used.extend(unused.take(missing).map(|(symbol, _)| (0, vec![symbol])));
    used.sort();
    let mut packages: Vec<(u64, Vec<usize>)> = Vec::new();
    for _ in 0..MAX_LENGTH {
        let pairs = packages.chunks_exact(2).map(|pair| {
            let symbols = pair.iter().flat_map(|(_, symbols)| symbols).copied();
            (pair[0].0 + pair[1].0, symbols.collect())
        });
        // Of equals the single one first: a symbol's shorter code is chosen before its longer one.
        let mut merged: Vec<_> = used.iter().cloned().chain(pairs).collect();
        merged.sort_by_key(|(count, _)| *count);
        packages = merged;
    }
    let mut lengths = [0; SYMBOLS];
    for (_, symbols) in packages.iter().take(2 * used.len() - 2) {
        for &symbol in symbols {
            lengths[symbol] += 1;
        }
    }
    lengths
}

/// The canonical codes of these lengths.
fn codes(lengths: &[u8; SYMBOLS]) -> [u32; SYMBOLS] {
    let mut codes = [0; SYMBOLS];
    let mut next = 0;
    for length in 1..=MAX_LENGTH {
        for symbol in 0..SYMBOLS {
            if u32::from(lengths[symbol]) == length {
                codes[symbol] = next;
                next += 1;
            }
        }
        next <<= 1;
    }
    codes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tinybench_interpreter::huffman::{Coded, TABLE_ENTRIES};

    use super::*;

    /// Decodes `count` weights in pieces of `piece`; [`None`] if that isn't exactly all.
    fn decode(coded: &[u8], count: usize, piece: usize) -> Option<Vec<u8>> {
        let coded = Coded::new(coded)?;
        if !coded.is_sound() {
            return None;
        }
        let mut table = [0; TABLE_ENTRIES];
        coded.fill(&mut table);
        let mut decoder = coded.decoder(&table);
        let mut weights = vec![0_i8; count];
        for piece in weights.chunks_mut(piece) {
            if !decoder.decode(piece) {
                return None;
            }
        }
        let all = weights.into_iter().map(i8::cast_unsigned).collect();
        decoder.is_at_end().then_some(all)
    }

    /// Weights of which a part are zeros.
    fn weights() -> impl Strategy<Value = Vec<u8>> {
        (0..=10_u32, 1..=255_u8).prop_flat_map(|(zeros, range)| {
            let weight = prop_oneof![
                zeros => Just(0),
                1 => (0..range).prop_map(move |it| it.wrapping_sub(range / 2)),
            ];
            prop::collection::vec(weight, 1..3000)
        })
    }

    #[test]
    fn one_symbol_alone_has_a_complete_code() {
        assert_eq!(decode(&encode(&[0]), 1, 1), Some(vec![0]));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(weights in weights(), piece in 1..700_usize) {
            let coded = encode(&weights);
            prop_assert_eq!(decode(&coded, weights.len(), piece), Some(weights));
        }

        #[test]
        fn damaged_codes_never_panic(
            weights in weights(),
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let mut coded = encode(&weights);
            let at = at.index(coded.len());
            coded[at] ^= flip;
            decode(&coded, weights.len(), 64);
            coded.truncate(at);
            decode(&coded, weights.len(), 64);
        }
    }

    #[test]
    fn one_value_takes_a_bit_each_and_zeros_less() {
        assert_eq!(encode(&[7; 800]).len(), LENGTHS_BYTES + 100);
        // Runs of 17 zeros in one bit each.
        assert!(encode(&[0; 1700]).len() <= LENGTHS_BYTES + 14);
    }

    #[test]
    fn a_steep_distribution_stays_within_the_longest_code() {
        // Counts that double from symbol to symbol would need codes of up to 15 bits.
        let weights: Vec<u8> = (1..=16).flat_map(|it| vec![it; 1 << it]).collect();
        let coded = encode(&weights);
        assert_eq!(decode(&coded, weights.len(), 100), Some(weights));
    }
}

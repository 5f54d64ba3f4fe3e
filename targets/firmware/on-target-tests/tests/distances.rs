//! Distances with the DSP instructions against the portable ones on the chip itself.

#![no_std]
#![no_main]

// The start-up code.
use cortex_m_rt as _;

#[cfg(test)]
#[embedded_test::tests]
mod tests {
    use tinybench_learning::distance::{
        Distances, Dsp, Portable, QUERY_WORDS, write_query, write_row,
    };
    use tinybench_learning::row_bytes;
    use tinybench_on_target_tests::Noise;

    const ROUNDS: u32 = 300;
    /// Most features, rows, and words of a row.
    const FEATURES: usize = 100;
    const ROWS: usize = 9;
    const WORDS: usize = row_bytes(FEATURES) / 4;

    /// Fills rows and a query for `features` values; returns words of a row.
    fn fill(
        features: usize,
        mut next: impl FnMut(&mut [i8]),
        rows: &mut [u32],
        query: &mut [u32],
    ) -> usize {
        let words = row_bytes(features) / 4;
        let mut values = [0; FEATURES];
        for row in rows.chunks_exact_mut(words) {
            next(&mut values[..features]);
            write_row(&values[..features], row);
        }
        next(&mut values[..features]);
        let mut row = [0; WORDS];
        write_row(&values[..features], &mut row[..words]);
        write_query(&row[..words], query);
        words
    }

    fn compare(rows: &[u32], query: &[u32], words: usize, count: usize) {
        let query = &query[..QUERY_WORDS * words];
        let rows = &rows[..count * words];
        let (mut portable, mut dsp) = ([0; ROWS], [0; ROWS]);
        Portable::each(query, rows, &mut portable[..count]);
        Dsp::each(query, rows, &mut dsp[..count]);
        assert_eq!(portable, dsp);
        let two = [&rows[..words], &rows[(count - 1) * words..]];
        assert_eq!(Portable::two(query, two), Dsp::two(query, two));
    }

    #[test]
    fn random_rows_of_any_number_and_length() {
        let mut noise = Noise::new(1);
        let (mut rows, mut query) = ([0; ROWS * WORDS], [0; QUERY_WORDS * WORDS]);
        for _ in 0..ROUNDS {
            let features = noise.between(1, FEATURES as i32) as usize;
            let count = noise.between(1, ROWS as i32) as usize;
            let words = fill(
                features,
                |values| noise.fill(values),
                &mut rows[..count * row_bytes(features) / 4],
                &mut query,
            );
            compare(&rows, &query, words, count);
        }
    }

    #[test]
    fn the_extremes_of_every_value() {
        let (mut rows, mut query) = ([0; ROWS * WORDS], [0; QUERY_WORDS * WORDS]);
        let mut high = false;
        let extremes = |values: &mut [i8]| {
            high = !high;
            values.fill(if high { 127 } else { -128 });
        };
        let words = fill(FEATURES, extremes, &mut rows, &mut query);
        compare(&rows, &query, words, ROWS);
    }
}

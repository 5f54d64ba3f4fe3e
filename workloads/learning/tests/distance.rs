//! Distances by the definition, the portable way and with the DSP instructions.

use proptest::collection::vec;
use proptest::prelude::*;
use tinybench_learning::distance::{Distances, Dsp, Portable, QUERY_WORDS, write_query, write_row};
use tinybench_learning::row_bytes;

fn row(values: &[i8]) -> Vec<u32> {
    let mut row = vec![0xffff_ffff; row_bytes(values.len()) / 4];
    write_row(values, &mut row);
    row
}

fn by_definition(a: &[i8], b: &[i8]) -> u32 {
    let differences = a.iter().zip(b).map(|(&a, &b)| i32::from(a) - i32::from(b));
    differences.map(|it| (it * it).cast_unsigned()).sum()
}

fn check(query: &[i8], rows: [&[i8]; 2]) {
    let expected = rows.map(|row| by_definition(query, row));
    let query = row(query);
    let mut asked = vec![0; QUERY_WORDS * query.len()];
    write_query(&query, &mut asked);
    let rows = rows.map(row);
    let rows = [&rows[0][..], &rows[1][..]];
    assert_eq!(Portable::two(&asked, rows), expected);
    assert_eq!(Dsp::two(&asked, rows), expected);
}

#[test]
fn the_extremes_do_not_overflow() {
    let (low, high) = ([-128; 65_536], [127; 65_536]);
    check(&low, [&high, &low]);
    check(&high, [&low, &high]);
}

fn each<D: Distances>(query: &[u32], rows: &[u32], count: usize) -> Vec<u32> {
    let mut distances = vec![0; count];
    D::each(query, rows, &mut distances);
    distances
}

proptest! {
    #[test]
    fn rows_behind_each_other_are_each_compared(
        values in (1_usize..40, 1_usize..9)
            .prop_flat_map(|(n, rows)| vec(vec(any::<i8>(), n), rows + 1))
    ) {
        let (query, vectors) = values.split_first().unwrap();
        let expected: Vec<u32> = vectors.iter().map(|it| by_definition(query, it)).collect();
        let rows: Vec<u32> = vectors.iter().flat_map(|it| row(it)).collect();
        let query = row(query);
        let mut asked = vec![0; QUERY_WORDS * query.len()];
        write_query(&query, &mut asked);
        prop_assert_eq!(&each::<Portable>(&asked, &rows, vectors.len()), &expected);
        prop_assert_eq!(&each::<Dsp>(&asked, &rows, vectors.len()), &expected);
    }

    #[test]
    fn all_are_the_same(
        values in (1_usize..200).prop_flat_map(|n| vec(vec(any::<i8>(), n), 3))
    ) {
        check(&values[0], [&values[1], &values[2]]);
    }
}

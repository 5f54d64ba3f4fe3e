//! What of a model's file is a constant of an image: a constant expression can't use what reads the rest.

use super::schema::{model, subgraph};

/// The `N` bytes at `at` as an unsigned number, 0 where the file ends before.
const fn constant<const N: usize>(bytes: &[u8], at: usize) -> usize {
    let (mut number, mut byte) = (0, N);
    while byte > 0 {
        byte -= 1;
        number = number << 8
            | match at.checked_add(byte) {
                Some(at) if at < bytes.len() => bytes[at] as usize,
                _ => 0,
            };
    }
    number
}

/// Position of the vector in field `id` of the table at a position, 0 if it is absent.
const fn constant_vector(bytes: &[u8], table: usize, id: usize) -> usize {
    let vtable = table.wrapping_sub(constant::<4>(bytes, table) as u32 as i32 as usize);
    let entry = 4 + 2 * id;
    if entry >= constant::<2>(bytes, vtable) {
        return 0;
    }
    match constant::<2>(bytes, vtable.wrapping_add(entry)) {
        0 => 0,
        offset => {
            let field = table.wrapping_add(offset);
            field.wrapping_add(constant::<4>(bytes, field))
        }
    }
}

/// How many operators a model has, those of its first `graphs` subgraphs together; a subgraph that claims more
/// than `most` has none.
pub const fn operator_count(bytes: &[u8], graphs: usize, most: usize) -> usize {
    let root = constant::<4>(bytes, 0);
    let list = constant_vector(bytes, root, model::SUBGRAPHS);
    let (mut number, mut sum) = (0, 0);
    while list > 0 && number < constant::<4>(bytes, list) && number < graphs {
        let at = list + 4 + 4 * number;
        let graph = at.wrapping_add(constant::<4>(bytes, at));
        let operators = constant_vector(bytes, graph, subgraph::OPERATORS);
        let count = constant::<4>(bytes, operators);
        if operators > 0 && count <= most {
            sum += count;
        }
        number += 1;
    }
    sum
}

//! Hart's condensing: P. E. Hart, "The condensed nearest neighbor rule", IEEE Transactions on
//! Information Theory 14(3), 1968.

use crate::distance::Distances;
use crate::memory::Memory;
use crate::neighbours::predict_among;

/// Keeps a part of the memory by which the rest is predicted rightly.
///
/// The samples are shuffled (Fisher and Yates, from the last to the second, with the numbers of
/// xorshift32 from `seed`), and the first is kept. Then, one after the other, each sample that the
/// `neighbours` nearest of those kept so far predict wrongly is kept as well, until one pass over
/// the rest adds none.
pub(crate) fn condense<D: Distances>(memory: &mut Memory, neighbours: usize, seed: u32) {
    let len = memory.len();
    if len < 2 {
        return;
    }
    shuffle(memory.order_mut(), seed);
    let mut kept = 1;
    loop {
        let before = kept;
        for position in before..len {
            let sample = usize::from(memory.order()[position]);
            memory.ask_stored(sample);
            let prediction = predict_among::<D>(memory, neighbours, kept);
            if prediction.is_none_or(|it| it.label != memory.label(sample)) {
                memory.order_mut().swap(kept, position);
                kept += 1;
            }
        }
        if kept == before || kept == len {
            break;
        }
    }
    memory.retain_ordered(kept);
}

/// The numbers from 0 in an order made from `seed`.
fn shuffle(order: &mut [u16], seed: u32) {
    for (number, at) in order.iter_mut().enumerate() {
        *at = number as u16;
    }
    let mut state = seed;
    for last in (1..order.len()).rev() {
        // Marsaglia's xorshift (Journal of Statistical Software 8(14), 2003).
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        order.swap(last, state as usize % (last + 1));
    }
}

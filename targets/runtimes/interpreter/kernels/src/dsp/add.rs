//! ADD of two tensors of one shape.

use super::output::clamp;
use crate::quantisation::Multiplier;
use crate::simd::sum::{Input, Sum};
use crate::simd::tile::{MOST_SHIFT, Scale};
use crate::{Add, Kernels, Portable};

/// ADD. At most 255 · 2^20 comes from each input, so that the double of all sums fits 32 bits.
pub(super) fn add(op: &Add, multipliers: &[Multiplier; 3], inputs: [&[i8]; 2], output: &mut [i8]) {
    let [first, second, last] = multipliers;
    // With less of a shift to the right what is added could overflow.
    if !(-MOST_SHIFT..0).contains(&last.shift) {
        return Portable::add(op, multipliers, inputs, output);
    }
    let sum = Sum {
        first: input(first, op.input_offsets[0]),
        second: input(second, op.input_offsets[1]),
        output: Scale::new(last.multiplier, last.shift, op.output_offset),
    };
    let [first, second] = inputs.map(|input| input.as_chunks::<4>());
    let (fours, rest) = output.as_chunks_mut::<4>();
    sum.fours(first.0, second.0, fours);
    for ((output, &first), &second) in rest.iter_mut().zip(first.1).zip(second.1) {
        *output = sum.of(first, second);
    }
    clamp(output, op.bounds);
}

fn input(multiplier: &Multiplier, offset: i32) -> Input {
    let right = i32::from(multiplier.shift.unsigned_abs()) & 31;
    Input {
        offset: offset << (Add::LEFT_SHIFT + 1),
        multiplier: multiplier.multiplier,
        half: ((1_u32 << right) >> 1) as i32,
        right,
        shifts: if right == 0 { 0 } else { -1 },
    }
}

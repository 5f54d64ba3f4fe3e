//! CIRCULAR_BUFFER: the last slots of a sequence, the newest at the end. The operators behind it run
//! once in so many inferences.

use super::super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::flexbuffer::Map;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::INT8;
use crate::model::operator::Operator;
use crate::run::{Place, Run};

pub(in super::super) const fn int8() -> Registration {
    Registration {
        custom: NAME,
        needs: |operator| Needs::kept(operator, COUNTER),
        ..registration(
            builtin::CUSTOM,
            1,
            &[Typed::Input(0, INT8), Typed::Output(0, INT8)],
            check,
            run,
        )
    }
}

const NAME: &str = "CIRCULAR_BUFFER";
/// Bytes of the number of inferences since the operators behind have run.
const COUNTER: usize = 4;

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    if !output.is_variable() {
        return Err(operator.option_error("output that is not a variable"));
    }
    let [batches, slots, height, width] = input
        .shape()
        .exactly()
        .ok_or(operator.shape_error("input"))?;
    let Some([output_batches, output_slots, output_height, output_width]) =
        output.shape().exactly()
    else {
        return Err(operator.shape_error("output"));
    };
    // Only the first of a batch is read.
    let same = [batches, height, width] == [output_batches, output_height, output_width];
    if !same || slots != 1 || batches != 1 || output_slots == 0 || height * width == 0 {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// In how many inferences the operators behind run once.
fn cycles(operator: &Operator) -> u32 {
    match period(operator) {
        given @ 1.. => given,
        _ => default_cycles(operator),
    }
}

/// The option `cycles_max`, 0 if there is none.
fn period(operator: &Operator) -> u32 {
    let map = Map::root(operator.custom_options());
    let found = map.map_or(0, |map| map.integer(0));
    u32::try_from(found).unwrap_or(0)
}

/// What TensorFlow Lite Micro takes for a period that isn't given: it tells the last buffers of two
/// models by their shapes.
fn default_cycles(operator: &Operator) -> u32 {
    let last = |operator: &Operator| {
        let slots = operator.output(0).shape().get(1);
        matches!(slots, Some(5 | 13 | 25))
    };
    if last(operator) {
        return 1;
    }
    let mut count = 0;
    for other in operator.graph.operators() {
        let code = operator.graph.file.code(other.code_index());
        if code.custom != NAME.as_bytes() || period(&other) > 0 {
            continue;
        }
        count += 1;
        let shape = other.output(0).shape();
        let fifth = count == 5 && (shape.get(2), shape.get(3)) == (Some(2), Some(96));
        if other.index == operator.index {
            return if fifth { 1 } else { 2 };
        }
        if fifth || last(&other) {
            count = 0;
        }
    }
    2
}

fn run(run: &mut Run) -> Option<()> {
    let cycles = cycles(run.operator);
    let (inputs, [output, counter]) = run.borrow([Place::Output(0), Place::Scratch(COUNTER)])?;
    let input = inputs.bytes(0)?;
    let newest = output.len().checked_sub(input.len())?;
    for index in 0..output.len() {
        let from = match index.checked_sub(newest) {
            Some(index) => input.get(index),
            None => output.get(index + input.len()),
        };
        let from = *from?;
        *output.get_mut(index)? = from;
    }
    let counter = counter.first_chunk_mut()?;
    let count = u32::from_le_bytes(*counter).wrapping_add(1);
    let ended = count < cycles;
    *counter = (if ended { count } else { 0 }).to_le_bytes();
    run.ended = ended;
    Some(())
}

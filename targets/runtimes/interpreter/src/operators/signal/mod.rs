//! The custom operators of TensorFlow Lite Micro's signal library: what turns samples into features
//! for a model, and back.
//!
//! Options are maps whose values are read by their place in the alphabetical order of their names.
//! Tensors of 64-bit elements lie at multiples of 4 bytes and are read byte by byte, as constants of
//! 16 bits are, which may lie anywhere in the file.

pub(super) mod fft;
pub(super) mod filter_bank;
pub(super) mod frames;
pub(super) mod gain;
pub(super) mod spectrum;

use core::ops::RangeInclusive;

use super::{Registration, Typed, registration};
use crate::error::Fault;
use crate::file::flexbuffer::Map;
use crate::file::schema::builtin;
use crate::model::operator::Operator;
use crate::run::Run;

/// A registration of a custom operator that has neither needs nor constants.
const fn custom(
    name: &'static str,
    types: &'static [Typed],
    check: fn(&Operator) -> Result<(), Fault>,
    run: fn(&mut Run) -> Option<()>,
) -> Registration {
    Registration {
        custom: name,
        ..registration(builtin::CUSTOM, 1, types, check, run)
    }
}

/// The option at a place in the alphabetical order, 0 if there is none.
#[inline(never)]
fn option(operator: &Operator, index: usize) -> i32 {
    Map::root(operator.custom_options()).map_or(0, |map| map.integer(index))
}

/// The option at a place in the alphabetical order as a size, 0 if there is none.
fn size(operator: &Operator, index: usize) -> usize {
    usize::try_from(option(operator, index)).unwrap_or(0)
}

/// Checks that the option at a place, which is the last there is or before it, lies in a range.
fn expect_option(
    operator: &Operator,
    index: usize,
    range: RangeInclusive<i32>,
    name: &'static str,
) -> Result<(), Fault> {
    let there = Map::root(operator.custom_options()).is_some_and(|map| index < map.len());
    if there && range.contains(&option(operator, index)) {
        return Ok(());
    }
    Err(operator.option_error(name))
}

/// Checks that the operator's inputs are there, and how many there are of inputs and outputs.
fn expect_arity(operator: &Operator, inputs: usize, outputs: usize) -> Result<(), Fault> {
    operator.expect_arity(inputs..=inputs, outputs)?;
    if (0..inputs).all(|at| operator.optional_input(at).is_some()) {
        return Ok(());
    }
    Err(operator.shape_error("an input that is left out"))
}

/// Checks that the input at a position is a vector of `length` elements.
fn expect_vector(
    operator: &Operator,
    position: usize,
    length: usize,
    name: &'static str,
) -> Result<(), Fault> {
    let input = operator.input(position);
    if input.is_constant() {
        input.expect_constant(input.type_number())?;
    }
    if input.shape().exactly() == Some([length]) {
        return Ok(());
    }
    Err(operator.shape_error(name))
}

/// Checks that the output at a position is a vector of `length` elements of a type.
fn expect_result(
    operator: &Operator,
    position: usize,
    kind: u8,
    length: usize,
) -> Result<(), Fault> {
    let output = operator.output(position);
    output.expect_type(kind)?;
    if output.shape().exactly() == Some([length]) {
        return Ok(());
    }
    Err(operator.shape_error("output"))
}

/// Checks that the output at a position is a single element of a type.
fn expect_scalar(operator: &Operator, position: usize, kind: u8) -> Result<(), Fault> {
    let output = operator.output(position);
    output.expect_type(kind)?;
    if output.shape().rank() == 0 {
        return Ok(());
    }
    Err(operator.shape_error("second output"))
}

/// The length of the only dimension of the first input.
fn length(operator: &Operator) -> Result<usize, Fault> {
    let length = operator.input(0).shape().exactly::<1>();
    length
        .map(|[length]| length)
        .ok_or(operator.shape_error("input"))
}

/// The 16-bit element at an index of a tensor.
fn half(bytes: &[u8], index: usize) -> Option<i16> {
    let (halves, _) = bytes.as_chunks();
    halves.get(index).map(|raw| i16::from_le_bytes(*raw))
}

/// The 32-bit element at an index of a tensor.
fn word(bytes: &[u8], index: usize) -> Option<u32> {
    let (words, _) = bytes.as_chunks();
    words.get(index).map(|raw| u32::from_le_bytes(*raw))
}

/// The elements of an output, to be written.
fn elements<const SIZE: usize>(bytes: &mut [u8]) -> core::slice::IterMut<'_, [u8; SIZE]> {
    bytes.as_chunks_mut().0.iter_mut()
}

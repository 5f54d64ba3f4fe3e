//! Operators that move elements from place to place and compute little or nothing. Most don't care
//! what an element is but for its size, so that one registration runs all types that TensorFlow
//! Lite Micro runs.
//!
//! What they share is never inlined: an image counts its bytes, and none of it is called often.

pub(super) mod arrangement;
pub(super) mod blocks;
pub(super) mod cumsum;
pub(super) mod extreme;
pub(super) mod filled;
pub(super) mod gather;
pub(super) mod join;
pub(super) mod pad;
pub(super) mod reshape;
pub(super) mod resize;
pub(super) mod slice;
pub(super) mod split;
mod transfer;

use core::ops::RangeInclusive;

use super::{Registration, registration};
use crate::error::Fault;
use crate::file::flatbuffer::Vector;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16, INT32, INT64, UINT8};
use crate::model::operator::Operator;
use crate::model::shape::{self, MAX_RANK, Shape};
use crate::model::tensor::RawTensor;
use crate::run::{Inputs, Run};
use transfer::Transfer;

/// Every type whose elements can be moved.
const ANY: &[u8] = &[INT8, UINT8, INT16, INT32, INT64, BOOL, FLOAT32];

/// Whole numbers that describe what an operator does: constants of the file, or computed by
/// operators before it and then known only when it runs.
#[derive(Clone, Copy, Debug)]
struct Integers<'t> {
    raw: &'t [u8],
    kind: u8,
}

impl<'t> Integers<'t> {
    /// The content of a tensor, if the file holds it; [`None`] if it is computed.
    #[inline(never)]
    fn given(tensor: &RawTensor<'t>) -> Result<Option<Self>, Fault> {
        let kind = tensor.type_number();
        if !tensor.is_constant() {
            return Ok(None);
        }
        tensor.expect_constant(kind)?;
        let raw = tensor.data();
        Ok(Some(Self { raw, kind }))
    }

    /// The content of a tensor, which the file has to hold.
    #[inline(never)]
    fn constant(tensor: &RawTensor<'t>) -> Result<Self, Fault> {
        let kind = tensor.type_number();
        tensor.expect_constant(kind)?;
        let raw = tensor.data();
        Ok(Self { raw, kind })
    }

    /// The content of an input while the operator runs.
    #[inline(never)]
    fn of(operator: &Operator, inputs: &Inputs<'t, '_, '_>, position: usize) -> Option<Self>
    where
        'static: 't,
    {
        let kind = operator.input(position).type_number();
        let raw = inputs.bytes(position)?;
        Some(Self { raw, kind })
    }

    fn len(&self) -> usize {
        self.raw.len() / self.size()
    }

    fn size(&self) -> usize {
        match self.kind {
            INT8 => 1,
            INT16 => 2,
            INT64 => 8,
            _ => 4,
        }
    }

    /// The number at `index`.
    #[inline(never)]
    fn wide(&self, index: usize) -> Option<i64> {
        match self.kind {
            INT8 => Vector::<i8>::new(self.raw).get(index).map(i64::from),
            INT16 => Vector::<i16>::new(self.raw).get(index).map(i64::from),
            INT64 => Vector::<i64>::new(self.raw).get(index),
            _ => Vector::<i32>::new(self.raw).get(index).map(i64::from),
        }
    }

    /// The number at `index`, cut to 32 bits as TensorFlow Lite Micro does.
    fn get(&self, index: usize) -> Option<i32> {
        self.wide(index).map(|number| number as i32)
    }
}

/// Checks that a tensor's elements are of one of `types`, and that it isn't stored in a code.
#[inline(never)]
fn expect_types(tensor: &RawTensor, types: &[u8]) -> Result<(), Fault> {
    let found = tensor.type_number();
    // Not `contains`, which would search bytes with more code than all checks have together.
    if types.iter().all(|&kind| kind != found) {
        return tensor.expect_type(types.first().copied().unwrap_or(INT8));
    }
    if tensor.is_constant() {
        tensor.expect_constant(found)?;
    }
    Ok(())
}

/// Checks an operator with one output of the same type as the input at `data`, one of `types`.
#[inline(never)]
fn expect_moved(
    operator: &Operator,
    inputs: RangeInclusive<usize>,
    data: usize,
    types: &[u8],
) -> Result<(), Fault> {
    operator.expect_arity(inputs, 1)?;
    let input = operator.input(data);
    expect_types(&input, types)?;
    operator.output(0).expect_type(input.type_number())
}

/// Checks that the options are those of the table with this number, or left out: then all of them
/// have their defaults.
#[inline(never)]
fn expect_options(operator: &Operator, options_type: u8) -> Result<(), Fault> {
    operator
        .expect_options(options_type)
        .or_else(|_| operator.expect_options(0))
}

/// A registration that takes tensors of any type: which ones there may be, its check says.
const fn moving(
    builtin: i32,
    newest: i32,
    check: fn(&Operator) -> Result<(), Fault>,
    run: fn(&mut Run) -> Option<()>,
) -> Registration {
    registration(builtin, newest, &[], check, run)
}

/// An axis of a tensor of `rank` dimensions, counted from the end if it is negative.
fn axis_of(axis: i32, rank: usize) -> Option<usize> {
    let axis = if axis < 0 {
        axis.checked_add(i32::try_from(rank).ok()?)?
    } else {
        axis
    };
    usize::try_from(axis).ok().filter(|&axis| axis < rank)
}

/// How many elements lie before an axis, along it and behind it.
#[inline(never)]
fn around(shape: &Shape, axis: usize) -> [usize; 3] {
    let product = |dimensions: &mut dyn Iterator<Item = usize>| {
        dimensions.fold(1_usize, |product, dimension| {
            product.wrapping_mul(dimension)
        })
    };
    [
        product(&mut shape.iter().take(axis)),
        shape.get(axis).unwrap_or(1),
        product(&mut shape.iter().skip(axis + 1)),
    ]
}

/// Dimensions of a shape, leading ones in front, and the strides of a dense tensor.
#[inline(never)]
fn dense(shape: &Shape) -> Option<([usize; MAX_RANK], [isize; MAX_RANK])> {
    let dimensions = shape.padded::<MAX_RANK>()?;
    let strides = shape::strides(&dimensions).map(|stride| stride as isize);
    Some((dimensions, strides))
}

/// Bytes of an element of the output.
#[inline(never)]
fn element_bytes(operator: &Operator) -> Option<usize> {
    Some(operator.output(0).element_type()?.bytes())
}

/// Scale and zero point of a tensor as TensorFlow Lite Micro takes them: 0 where there are none.
#[inline(never)]
fn loose_quantisation(tensor: &RawTensor) -> (f32, i64) {
    let (scales, zero_points) = tensor.quantisations();
    let first = scales.get(0).zip(zero_points.get(0));
    first.unwrap_or((0.0, 0))
}

/// The byte of which elements consist that stand for 0.0: of int8 the zero point, which is 0 for
/// all other types.
fn zero(tensor: &RawTensor) -> u8 {
    match tensor.type_number() {
        INT8 => loose_quantisation(tensor).1 as u8,
        _ => 0,
    }
}

/// Copies a slice over one of the same length.
fn copy(to: &mut [u8], from: &[u8]) -> Option<()> {
    if to.len() == from.len() {
        to.copy_from_slice(from);
        return Some(());
    }
    None
}

/// The elements of `size` bytes.
fn elements(tensor: &mut [u8], size: usize) -> core::slice::ChunksExactMut<'_, u8> {
    tensor.chunks_exact_mut(size.max(1))
}

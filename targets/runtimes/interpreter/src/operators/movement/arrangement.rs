//! TRANSPOSE, REVERSE_V2, BROADCAST_TO and TILE: the same elements in another order, or again and
//! again.

use super::{ANY, Integers, Transfer, axis_of, dense, element_bytes, expect_moved, moving};
use crate::error::Fault;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, INT64};
use crate::model::operator::Operator;
use crate::model::shape::MAX_RANK;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn transpose() -> Registration {
    moving(builtin::TRANSPOSE, 7, check_transpose, run_transpose)
}

pub(in super::super) const fn reverse_v2() -> Registration {
    moving(builtin::REVERSE_V2, 3, check_reverse, run_reverse)
}

pub(in super::super) const fn broadcast_to() -> Registration {
    moving(builtin::BROADCAST_TO, 3, check_broadcast, run_tile)
}

/// TensorFlow Lite Micro has no TILE; this is TensorFlow Lite's.
pub(in super::super) const fn tile() -> Registration {
    moving(builtin::TILE, 3, check_tile, run_tile)
}

/// The second input: permutation, axes, shape or multiples.
const NUMBERS: usize = 1;

/// The input's axis for each of the output's, among [`MAX_RANK`] axes.
fn permutation(operator: &Operator) -> Result<[usize; MAX_RANK], Fault> {
    let wrong = operator.option_error("permutation");
    let found = Integers::constant(&operator.input(NUMBERS))?;
    let rank = operator.input(0).shape().rank();
    if rank > MAX_RANK || found.len() != rank {
        return Err(wrong);
    }
    let front = MAX_RANK - rank;
    let mut permutation = core::array::from_fn(|axis| axis);
    for (index, to) in permutation.iter_mut().skip(front).enumerate() {
        let axis = found.get(index).and_then(|axis| usize::try_from(axis).ok());
        let axis = axis.filter(|&axis| axis < rank).ok_or(wrong)?;
        *to = front + axis;
    }
    Ok(permutation)
}

fn check_transpose(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, &[INT8, INT16, FLOAT32])?;
    operator.input(NUMBERS).expect_type(INT32)?;
    let permutation = permutation(operator)?;
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let dimensions = input.padded::<MAX_RANK>();
    let dimensions = dimensions.ok_or(operator.shape_error("input"))?;
    let moved = permutation.map(|axis| dimensions.get(axis).copied().unwrap_or(0));
    if output.rank() != input.rank() || output.padded() != Some(moved) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_transpose(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let permutation = permutation(operator).ok()?;
    let (dimensions, dense) = dense(&operator.input(0).shape())?;
    let lengths = permutation.map(|axis| dimensions.get(axis).copied().unwrap_or(0));
    let strides = permutation.map(|axis| dense.get(axis).copied().unwrap_or(0));
    let (input, output) = run.unary::<u8, u8>()?;
    Transfer::gather(0, &lengths, &strides, size).run(input, output)
}

/// Which axes are reversed, among [`MAX_RANK`]. As in TensorFlow Lite Micro they have to lie next
/// to each other.
fn reversed(operator: &Operator, axes: &Integers) -> Result<[bool; MAX_RANK], Fault> {
    let rank = operator.input(0).shape().rank();
    let wrong = operator.option_error("axis");
    let front = MAX_RANK.checked_sub(rank).ok_or(wrong)?;
    let mut reversed = [false; MAX_RANK];
    for index in 0..axes.len() {
        let axis = axes.get(index).and_then(|axis| axis_of(axis, rank));
        let axis = axis.and_then(|axis| reversed.get_mut(front + axis));
        let axis = axis.ok_or(wrong)?;
        if core::mem::replace(axis, true) {
            return Err(wrong);
        }
    }
    let first = reversed.iter().position(|&it| it).ok_or(wrong)?;
    let together = reversed.iter().skip(first).take(axes.len());
    if !together.copied().all(|it| it) {
        return Err(operator.option_error("axes: they have to lie next to each other"));
    }
    Ok(reversed)
}

fn check_reverse(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, ANY)?;
    let axes = operator.input(NUMBERS);
    super::expect_types(&axes, &[INT32])?;
    let shape = operator.input(0).shape();
    if shape.rank() > MAX_RANK || operator.output(0).shape() != shape {
        return Err(operator.shape_error("output"));
    }
    if axes.shape().rank() != 1 || axes.shape().elements() > shape.rank() {
        return Err(operator.shape_error("axes"));
    }
    if let Some(axes) = Integers::given(&axes)? {
        reversed(operator, &axes)?;
    }
    Ok(())
}

fn run_reverse(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let (lengths, mut strides) = dense(&operator.input(0).shape())?;
    let (inputs, output) = run.output()?;
    let axes = Integers::of(operator, &inputs, NUMBERS)?;
    let reversed = reversed(operator, &axes).ok()?;
    let mut first = 0_usize;
    for ((length, stride), reversed) in lengths.iter().zip(&mut strides).zip(reversed) {
        if reversed {
            let last = length.wrapping_sub(1);
            first = first.wrapping_add(last.wrapping_mul(*stride as usize));
            *stride = stride.wrapping_neg();
        }
    }
    Transfer::gather(first, &lengths, &strides, size).run(inputs.bytes(0)?, output)
}

fn check_broadcast(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, ANY)?;
    let shape = operator.input(NUMBERS);
    super::expect_types(&shape, &[INT32, INT64])?;
    let shape = Integers::constant(&shape)?;
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let given = (0..shape.len()).filter_map(|index| shape.get(index));
    if !given.map(|it| it as u32 as usize).eq(output.iter()) || output.rank() > MAX_RANK {
        return Err(operator.shape_error("output"));
    }
    let front = output.rank().checked_sub(input.rank());
    let front = front.ok_or(operator.shape_error("input"))?;
    let fits = |(input, output): (usize, usize)| input == 1 || input == output;
    if !input.iter().zip(output.iter().skip(front)).all(fits) {
        return Err(operator.shape_error("input"));
    }
    Ok(())
}

fn check_tile(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, ANY)?;
    let multiples = operator.input(NUMBERS);
    super::expect_types(&multiples, &[INT32, INT64])?;
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let whole = |(input, output): (usize, usize)| output.checked_rem(input) == Some(0);
    let fits = input.rank() <= MAX_RANK
        && input.rank() == output.rank()
        && input.iter().zip(output.iter()).all(whole);
    if !fits {
        return Err(operator.shape_error("output"));
    }
    if multiples.shape().elements() != input.rank() {
        return Err(operator.shape_error("multiples"));
    }
    // Multiples that are computed say what the output's shape says.
    if let Some(multiples) = Integers::given(&multiples)? {
        let mut axes = input.iter().zip(output.iter()).enumerate();
        let fits = axes.all(|(axis, (input, output))| {
            let multiple = multiples.wide(axis).and_then(|it| usize::try_from(it).ok());
            multiple.is_some_and(|multiple| input.checked_mul(multiple) == Some(output))
        });
        if !fits {
            return Err(operator.shape_error("output"));
        }
    }
    Ok(())
}

/// The input over and over along each axis, until the output is full.
fn run_tile(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let (inner, strides) = dense(&operator.input(0).shape())?;
    let (whole, _) = dense(&operator.output(0).shape())?;
    let mut lengths = [[1; 2]; MAX_RANK];
    let mut steps = [[0; 2]; MAX_RANK];
    let axes = inner.iter().zip(&whole).zip(&strides);
    for ((length, step), ((inner, whole), stride)) in lengths.iter_mut().zip(&mut steps).zip(axes) {
        *length = [whole.checked_div(*inner)?, *inner];
        *step = [0, *stride];
    }
    let (input, output) = run.unary::<u8, u8>()?;
    let (lengths, steps) = (lengths.as_flattened(), steps.as_flattened());
    Transfer::gather(0, lengths, steps, size).run(input, output)
}

//! PAD, PADV2 and MIRROR_PAD.

use super::{
    Integers, Transfer, copy, dense, element_bytes, elements, expect_moved, expect_options, moving,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, INT64};
use crate::file::schema::{builtin, mirror_pad};
use crate::model::operator::Operator;
use crate::model::shape::MAX_RANK;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn pad() -> Registration {
    moving(builtin::PAD, 4, check, run)
}

pub(in super::super) const fn pad_v2() -> Registration {
    moving(builtin::PADV2, 4, check, run)
}

pub(in super::super) const fn mirror_pad() -> Registration {
    moving(builtin::MIRROR_PAD, 3, check_mirror, run_mirror)
}

const PADDINGS: usize = 1;
const VALUE: usize = 2;

/// Elements in front of each axis, checked against the shapes: the output is as much longer than
/// the input as the paddings say.
fn paddings(operator: &Operator, paddings: &Integers) -> Result<[usize; MAX_RANK], Fault> {
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let rank = input.rank();
    if rank > MAX_RANK || output.rank() != rank {
        return Err(operator.shape_error("output"));
    }
    if paddings.len() != 2 * rank {
        return Err(operator.shape_error("paddings"));
    }
    let mut before = [0; MAX_RANK];
    let axes = input.iter().zip(output.iter()).enumerate();
    let fronts = before.iter_mut().skip(MAX_RANK - rank);
    for ((axis, (input, output)), front) in axes.zip(fronts) {
        let pair = paddings.get(2 * axis).zip(paddings.get(2 * axis + 1));
        let pair = pair.and_then(|(front, back)| {
            Some([usize::try_from(front).ok()?, usize::try_from(back).ok()?])
        });
        let [left, right] = pair.ok_or(operator.option_error("padding: it is negative"))?;
        if input.wrapping_add(left).wrapping_add(right) != output {
            return Err(operator.shape_error("output"));
        }
        *front = left;
    }
    Ok(before)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=3, 0, &[INT8, INT16, INT32, FLOAT32])?;
    let found = operator.input(PADDINGS);
    found.expect_type(INT32)?;
    paddings(operator, &Integers::constant(&found)?)?;
    let output = operator.output(0);
    if let Some(value) = operator.optional_input(VALUE) {
        super::expect_types(&value, &[output.type_number()])?;
        if value.shape().elements() != 1 {
            return Err(operator.shape_error("padding value"));
        }
        let alike = super::loose_quantisation(&value) == super::loose_quantisation(&output);
        if output.type_number() == INT8 && !alike {
            return Err(operator.quantisation_error("padding value"));
        }
    } else if output.type_number() == INT8 {
        let (_, zero_point) = super::loose_quantisation(&output);
        i8::try_from(zero_point).map_err(|_| operator.quantisation_error("output"))?;
    }
    Ok(())
}

/// Where the input's elements go: into the middle of the output.
fn run(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let found = Integers::constant(&operator.input(PADDINGS)).ok()?;
    let before = paddings(operator, &found).ok()?;
    let (_, strides) = dense(&operator.output(0).shape())?;
    let (lengths, _) = dense(&operator.input(0).shape())?;
    let first = before.iter().zip(&strides);
    let first = first.fold(0_usize, |sum, (front, stride)| {
        sum.wrapping_add(front.wrapping_mul(*stride as usize))
    });
    let target = operator.output(0);
    let given = operator.optional_input(VALUE).is_some();
    let (inputs, output) = run.output()?;
    if given {
        let value = inputs.bytes(VALUE)?.get(..size)?;
        for element in elements(output, size) {
            copy(element, value)?;
        }
    } else {
        output.fill(super::zero(&target));
    }
    Transfer::scatter(first, &lengths, &strides, size).run(inputs.bytes(0)?, output)
}

/// Elements at the border that aren't repeated: 1 if the border is a mirror's edge, 0 if it is
/// mirrored with the rest.
fn offset(operator: &Operator) -> Result<usize, Fault> {
    Ok(usize::from(
        operator.option(mirror_pad::MODE, 0_i8) == mirror_pad::REFLECT,
    ))
}

/// Checks that there are enough elements to be mirrored.
fn mirrored(operator: &Operator, found: &Integers) -> Result<[usize; MAX_RANK], Fault> {
    let before = paddings(operator, found)?;
    let offset = offset(operator)?;
    let lengths = operator.input(0).shape().padded::<MAX_RANK>();
    let totals = operator.output(0).shape().padded::<MAX_RANK>();
    let (lengths, totals) = lengths.zip(totals).ok_or(operator.shape_error("input"))?;
    let axes = before.iter().zip(&lengths).zip(&totals);
    for ((front, length), total) in axes {
        let back = total.wrapping_sub(*length).wrapping_sub(*front);
        if (*front).max(back).saturating_add(offset) > *length && *total > *length {
            return Err(operator.option_error("padding: more than there is to mirror"));
        }
    }
    Ok(before)
}

fn check_mirror(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, &[INT8, FLOAT32])?;
    expect_options(operator, mirror_pad::OPTIONS_TYPE)?;
    let found = operator.input(PADDINGS);
    super::expect_types(&found, &[INT32, INT64])?;
    offset(operator)?;
    let shape = found.shape();
    if shape.rank() != 2 || shape.get(0) != Some(operator.input(0).shape().rank()) {
        return Err(operator.shape_error("paddings"));
    }
    if let Some(found) = Integers::given(&found)? {
        mirrored(operator, &found)?;
    }
    Ok(())
}

fn run_mirror(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let offset = offset(operator).ok()?;
    let (lengths, from) = dense(&operator.input(0).shape())?;
    let (_, to) = dense(&operator.output(0).shape())?;
    let (inputs, output) = run.output()?;
    let found = Integers::of(operator, &inputs, PADDINGS)?;
    let before = mirrored(operator, &found).ok()?;
    let input = inputs.bytes(0)?;
    for (index, element) in elements(output, size).enumerate() {
        let mut rest = index;
        let mut source = 0_usize;
        let axes = before.iter().zip(&lengths);
        for ((front, length), (from, to)) in axes.zip(from.iter().zip(&to)) {
            let to = *to as usize;
            let at = rest.checked_div(to)?;
            rest = rest.checked_rem(to)?;
            let inner = if at < *front {
                // Mirrored at the front.
                front.wrapping_add(offset).wrapping_sub(1).wrapping_sub(at)
            } else if at.wrapping_sub(*front) < *length {
                at.wrapping_sub(*front)
            } else {
                let behind = at.wrapping_sub(*front).wrapping_sub(*length);
                length
                    .wrapping_sub(1)
                    .wrapping_sub(offset)
                    .wrapping_sub(behind)
            };
            source = source.wrapping_add(inner.wrapping_mul(*from as usize));
        }
        let source = input.get(source.wrapping_mul(size)..)?.get(..size)?;
        copy(element, source)?;
    }
    Some(())
}

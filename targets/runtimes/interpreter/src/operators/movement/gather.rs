//! GATHER, GATHER_ND and EMBEDDING_LOOKUP: elements by number. The numbers may be computed: those
//! that are out of range then end the inference.

use super::{
    Integers, axis_of, copy, element_bytes, elements, expect_moved, expect_options, expect_types,
    moving,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::file::schema::{builtin, gather as field};
use crate::model::operator::Operator;
use crate::model::shape::Shape;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn gather() -> Registration {
    moving(builtin::GATHER, 7, check_gather, run_gather)
}

pub(in super::super) const fn gather_nd() -> Registration {
    moving(builtin::GATHER_ND, 5, check_nd, run_nd)
}

pub(in super::super) const fn embedding_lookup() -> Registration {
    moving(builtin::EMBEDDING_LOOKUP, 4, check_lookup, run_lookup)
}

const TYPES: &[u8] = &[INT8, FLOAT32];

/// Most numbers that find an element in GATHER_ND, as in TensorFlow Lite Micro.
const MAX_DEPTH: usize = 5;

fn product(dimensions: impl Iterator<Item = usize>) -> usize {
    dimensions.fold(1, |product, dimension| product.wrapping_mul(dimension))
}

/// Axis of GATHER, and how many leading axes input and numbers have in common.
fn axes(operator: &Operator) -> Result<[usize; 2], Fault> {
    let input = operator.input(0).shape();
    let indices = operator.input(1).shape();
    let axis = axis_of(operator.option(field::AXIS, 0), input.rank());
    let axis = axis.ok_or(operator.option_error("axis"))?;
    let common = axis_of(
        operator.option(field::BATCH_DIMENSIONS, 0),
        indices.rank() + 1,
    );
    // From the end it is counted without the one behind the last.
    let negative = operator.option(field::BATCH_DIMENSIONS, 0) < 0;
    let common = common.map(|common| common.wrapping_sub(usize::from(negative)));
    let common = common.filter(|&common| common <= axis);
    Ok([
        axis,
        common.ok_or(operator.option_error("batch dimensions"))?,
    ])
}

fn check_gather(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, field::OPTIONS_TYPE)?;
    expect_moved(operator, 2..=2, 0, TYPES)?;
    let indices = operator.input(1);
    expect_types(&indices, &[INT32])?;
    let [axis, common] = axes(operator)?;
    let (input, places) = (operator.input(0).shape(), indices.shape());
    if !input.iter().take(common).eq(places.iter().take(common)) {
        return Err(operator.shape_error("positions"));
    }
    let gathered = input.iter().take(axis).chain(places.iter().skip(common));
    let gathered = gathered.chain(input.iter().skip(axis + 1));
    if !gathered.eq(operator.output(0).shape().iter()) {
        return Err(operator.shape_error("output"));
    }
    if let Some(indices) = Integers::given(&indices)? {
        let size = input.get(axis).unwrap_or(0);
        let inside = |number: i32| usize::try_from(number).is_ok_and(|number| number < size);
        let mut numbers = (0..indices.len()).filter_map(|index| indices.get(index));
        if !numbers.all(inside) {
            return Err(operator.option_error("position: it is out of range"));
        }
    }
    Ok(())
}

fn run_gather(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let [axis, common] = axes(operator).ok()?;
    let input = operator.input(0).shape();
    let places = operator.input(1).shape();
    let batches = product(input.iter().take(common));
    let outer = product(input.iter().take(axis).skip(common));
    let along = input.get(axis)?;
    let count = product(places.iter().skip(common));
    let bytes = product(input.iter().skip(axis + 1)).wrapping_mul(element_bytes(operator)?);
    let (inputs, output) = run.output()?;
    let indices = Integers::of(operator, &inputs, 1)?;
    let data = inputs.bytes(0)?;
    let mut pieces = elements(output, bytes);
    for batch in 0..batches {
        for row in 0..outer {
            let first = batch
                .wrapping_mul(outer)
                .wrapping_add(row)
                .wrapping_mul(along);
            for place in 0..count {
                let number = indices.get(batch.wrapping_mul(count).wrapping_add(place))?;
                let number = usize::try_from(number).ok().filter(|&it| it < along)?;
                let from = first.wrapping_add(number).wrapping_mul(bytes);
                let piece = data.get(from..)?.get(..bytes)?;
                copy(pieces.next()?, piece)?;
            }
        }
    }
    Some(())
}

/// How many numbers find a slice in GATHER_ND, and how many elements it has.
fn slices(operator: &Operator) -> Result<[usize; 2], Fault> {
    let (input, places) = (operator.input(0).shape(), operator.input(1).shape());
    let depth = places.last();
    if input.rank() == 0 {
        return Err(operator.shape_error("input"));
    }
    if places.rank() == 0 || depth > input.rank() || depth > MAX_DEPTH {
        return Err(operator.shape_error("positions"));
    }
    Ok([depth, product(input.iter().skip(depth))])
}

/// First element of the slice that the numbers from `at` on find. As in TensorFlow Lite Micro
/// only the sum has to lie in the tensor.
fn position(indices: &Integers, at: usize, depth: usize, shape: &Shape) -> Option<usize> {
    let mut first = 0_i64;
    let mut step = shape.elements();
    for (index, dimension) in shape.iter().take(depth).enumerate() {
        step = step.checked_div(dimension)?;
        let number = i64::from(indices.get(at.wrapping_add(index))?);
        first = first.checked_add(number.checked_mul(step as i64)?)?;
    }
    usize::try_from(first).ok()
}

fn check_nd(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 2..=2, 0, TYPES)?;
    let indices = operator.input(1);
    expect_types(&indices, &[INT32])?;
    let [depth, elements] = slices(operator)?;
    let (input, places) = (operator.input(0).shape(), indices.shape());
    let found = places.iter().take(places.rank() - 1);
    let found = found.chain(input.iter().skip(depth));
    if !found.eq(operator.output(0).shape().iter()) {
        return Err(operator.shape_error("output"));
    }
    if let Some(indices) = Integers::given(&indices)? {
        let most = input.elements().wrapping_sub(elements);
        let mut slices = (0..indices.len()).step_by(depth.max(1));
        let inside = |at| position(&indices, at, depth, &input).is_some_and(|first| first <= most);
        if !slices.all(inside) {
            return Err(operator.option_error("position: it is out of range"));
        }
    }
    Ok(())
}

fn run_nd(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let [depth, length] = slices(operator).ok()?;
    let shape = operator.input(0).shape();
    let size = element_bytes(operator)?;
    let bytes = length.wrapping_mul(size);
    let (inputs, output) = run.output()?;
    let indices = Integers::of(operator, &inputs, 1)?;
    let data = inputs.bytes(0)?;
    for (slice, piece) in elements(output, bytes).enumerate() {
        let first = position(&indices, slice.wrapping_mul(depth), depth, &shape)?;
        let from = data.get(first.wrapping_mul(size)..)?.get(..bytes)?;
        copy(piece, from)?;
    }
    Some(())
}

/// Inputs of EMBEDDING_LOOKUP.
const LOOKUP: usize = 0;
const TABLE: usize = 1;

fn check_lookup(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    let (lookup, table) = (operator.input(LOOKUP), operator.input(TABLE));
    expect_types(&lookup, &[INT32])?;
    expect_types(&table, TYPES)?;
    let output = operator.output(0);
    // int8 may become float32.
    let hybrid = table.type_number() == INT8 && output.type_number() == FLOAT32;
    if !hybrid {
        output.expect_type(table.type_number())?;
    } else if super::loose_quantisation(&table).1 != 0 {
        return Err(operator.quantisation_error("table"));
    }
    let (numbers, rows) = (lookup.shape(), table.shape());
    if numbers.rank() != 1 {
        return Err(operator.shape_error("lookup"));
    }
    if rows.rank() < 2 {
        return Err(operator.shape_error("table"));
    }
    let found = numbers.iter().chain(rows.iter().skip(1));
    if !found.eq(output.shape().iter()) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_lookup(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let table = operator.input(TABLE);
    let (scale, _) = super::loose_quantisation(&table);
    let hybrid = table.type_number() != operator.output(0).type_number();
    let columns = product(table.shape().iter().skip(1));
    let size = table.element_type()?.bytes();
    let (inputs, output) = run.output()?;
    let numbers = Integers::of(operator, &inputs, LOOKUP)?;
    let data = inputs.bytes(TABLE)?;
    let bytes = columns.wrapping_mul(size);
    let written = if hybrid {
        columns.wrapping_mul(4)
    } else {
        bytes
    };
    for (index, piece) in elements(output, written).enumerate() {
        let number = usize::try_from(numbers.get(index)?).ok()?;
        let row = data.get(number.checked_mul(bytes)?..)?.get(..bytes)?;
        if hybrid {
            for (to, from) in piece.as_chunks_mut().0.iter_mut().zip(row) {
                *to = (f32::from(*from as i8) * scale).to_le_bytes();
            }
        } else {
            copy(piece, row)?;
        }
    }
    Some(())
}

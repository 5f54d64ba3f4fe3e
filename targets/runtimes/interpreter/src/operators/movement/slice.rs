//! STRIDED_SLICE, SLICE and DYNAMIC_UPDATE_SLICE: parts of a tensor.

use super::{Integers, Transfer, copy, dense, element_bytes, expect_moved, expect_options, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16, INT32, INT64};
use crate::file::schema::{builtin, strided_slice as field};
use crate::model::operator::Operator;
use crate::model::shape::MAX_RANK;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn strided_slice() -> Registration {
    moving(builtin::STRIDED_SLICE, 8, check_strided, run_strided)
}

pub(in super::super) const fn slice() -> Registration {
    moving(builtin::SLICE, 6, check_slice, run_slice)
}

pub(in super::super) const fn dynamic_update_slice() -> Registration {
    moving(builtin::DYNAMIC_UPDATE_SLICE, 4, check_update, run_update)
}

const TYPES: &[u8] = &[INT8, INT16, INT32, BOOL, FLOAT32];

/// Inputs of STRIDED_SLICE and SLICE.
const BEGIN: usize = 1;
const END: usize = 2;
const SIZE: usize = 2;
const STRIDES: usize = 3;

/// What is taken of a tensor, in elements.
struct Part {
    first: usize,
    lengths: [usize; MAX_RANK],
    strides: [isize; MAX_RANK],
}

impl Part {
    fn elements(&self) -> usize {
        self.lengths
            .iter()
            .fold(1, |product, length| product.wrapping_mul(*length))
    }
}

/// Begin and length of a part along an axis of `size` elements that is walked with `stride`.
fn range(
    [begin, end, stride]: [i32; 3],
    size: i32,
    [begins, ends, shrinks]: [bool; 3],
) -> Option<[i32; 2]> {
    let backwards = match stride {
        0 => return None,
        stride => stride < 0,
    };
    let clamp = |index: i32| {
        let index = if index < 0 {
            index.saturating_add(size)
        } else {
            index
        };
        // Not `clamp`, which a damaged file's size would let panic.
        if backwards {
            index.max(-1).min(size.saturating_sub(1))
        } else {
            index.max(0).min(size)
        }
    };
    let first = match (begins, backwards) {
        (true, false) => 0,
        (true, true) => size - 1,
        _ => clamp(begin),
    };
    if shrinks {
        // One element; TensorFlow Lite Micro gives none, and so no output, in these other cases.
        return (!backwards && (0..size).contains(&first)).then_some([first, 1]);
    }
    let last = match (ends, backwards) {
        (true, false) => size,
        (true, true) => -1,
        _ => clamp(end),
    };
    let [span, step] = match backwards {
        true => [first - last, stride.checked_neg()?],
        false => [last - first, stride],
    };
    let length = match span {
        1.. => (span - 1).checked_div(step)? + 1,
        _ => 0,
    };
    Some([first, length])
}

/// What STRIDED_SLICE takes. As in TensorFlow Lite Micro the three vectors have an entry for each
/// axis, and the masks for ellipses and new axes are of no consequence.
fn strided(operator: &Operator) -> Result<Part, Fault> {
    let shape = operator.input(0).shape();
    let wrong = operator.shape_error("input");
    let (dimensions, dense) = dense(&shape).ok_or(wrong)?;
    let front = MAX_RANK - shape.rank();
    let vector = |position| Integers::constant(&operator.input(position));
    let vectors = [vector(BEGIN)?, vector(END)?, vector(STRIDES)?];
    let masks = [
        operator.option(field::BEGIN_MASK, 0_i32),
        operator.option(field::END_MASK, 0_i32),
        operator.option(field::SHRINK_AXIS_MASK, 0_i32),
    ];
    let mut part = Part {
        first: 0,
        lengths: dimensions,
        strides: dense,
    };
    let axes = part.lengths.iter_mut().zip(&mut part.strides);
    for (axis, (length, step)) in axes.skip(front).enumerate() {
        let missing = operator.shape_error("begin, end or strides");
        let mut numbers = [0; 3];
        for (number, vector) in numbers.iter_mut().zip(&vectors) {
            *number = vector.get(axis).ok_or(missing)?;
        }
        let bits = masks.map(|mask| mask >> axis & 1 == 1);
        let size = i32::try_from(*length).map_err(|_| wrong)?;
        let [begin, count] =
            range(numbers, size, bits).ok_or(operator.option_error("begin or stride"))?;
        let start = step.wrapping_mul(begin as isize);
        part.first = part.first.wrapping_add_signed(start);
        *length = count as usize;
        *step = step.wrapping_mul(numbers[2] as isize);
    }
    Ok(part)
}

fn check_strided(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, field::OPTIONS_TYPE)?;
    expect_moved(operator, 4..=4, 0, TYPES)?;
    for position in [BEGIN, END, STRIDES] {
        operator.input(position).expect_type(INT32)?;
    }
    let part = strided(operator)?;
    let shrinks = operator.option(field::SHRINK_AXIS_MASK, 0_i32);
    let front = MAX_RANK - operator.input(0).shape().rank();
    let kept = part.lengths.iter().skip(front).enumerate();
    let kept = kept.filter(|(axis, _)| shrinks >> axis & 1 == 0);
    let output = operator.output(0).shape();
    if !kept.map(|(_, length)| *length).eq(output.iter()) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_strided(run: &mut Run) -> Option<()> {
    let size = element_bytes(run.operator)?;
    let Part {
        first,
        lengths,
        strides,
    } = strided(run.operator).ok()?;
    let (input, output) = run.unary::<u8, u8>()?;
    Transfer::gather(first, &lengths, &strides, size).run(input, output)
}

/// What SLICE takes: from `begin` on, `size` elements along each axis, or all there are for -1.
fn sliced(operator: &Operator, begin: &Integers, size: &Integers) -> Option<Part> {
    let shape = operator.input(0).shape();
    let (dimensions, strides) = dense(&shape)?;
    let front = MAX_RANK - shape.rank();
    let mut part = Part {
        first: 0,
        lengths: dimensions,
        strides,
    };
    let axes = part.lengths.iter_mut().zip(strides);
    for (axis, (length, step)) in axes.skip(front).enumerate() {
        let begin = usize::try_from(begin.get(axis)?).ok()?;
        let rest = length.checked_sub(begin)?;
        *length = match size.get(axis)? {
            -1 => rest,
            count => usize::try_from(count).ok().filter(|&it| it <= rest)?,
        };
        part.first = part.first.wrapping_add(begin.wrapping_mul(step as usize));
    }
    Some(part)
}

fn check_slice(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 3..=3, 0, TYPES)?;
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let (begin, size) = (operator.input(BEGIN), operator.input(SIZE));
    super::expect_types(&begin, &[INT32, INT64])?;
    size.expect_type(begin.type_number())?;
    let rank = input.rank();
    if rank > MAX_RANK {
        return Err(operator.shape_error("input"));
    }
    for (tensor, name) in [(&begin, "begin"), (&size, "size")] {
        if tensor.shape().elements() < rank {
            return Err(operator.shape_error(name));
        }
    }
    if let (Some(begin), Some(size)) = (Integers::given(&begin)?, Integers::given(&size)?) {
        let part = sliced(operator, &begin, &size);
        let part = part.ok_or(operator.option_error("begin or size"))?;
        if part.elements() != output.elements() {
            return Err(operator.shape_error("output"));
        }
    }
    Ok(())
}

fn run_slice(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let bytes = element_bytes(operator)?;
    let (inputs, output) = run.output()?;
    let begin = Integers::of(operator, &inputs, BEGIN)?;
    let size = Integers::of(operator, &inputs, SIZE)?;
    let part = sliced(operator, &begin, &size)?;
    if part.elements().wrapping_mul(bytes) != output.len() {
        return None;
    }
    Transfer::gather(part.first, &part.lengths, &part.strides, bytes).run(inputs.bytes(0)?, output)
}

/// Inputs of DYNAMIC_UPDATE_SLICE.
const UPDATE: usize = 1;
const START: usize = 2;

fn check_update(operator: &Operator) -> Result<(), Fault> {
    expect_moved(operator, 3..=3, 0, &[INT8, INT16, INT32, FLOAT32])?;
    let (operand, update) = (operator.input(0), operator.input(UPDATE));
    update.expect_type(operand.type_number())?;
    super::expect_types(&update, &[operand.type_number()])?;
    let start = operator.input(START);
    super::expect_types(&start, &[INT32, INT64])?;
    let (shape, part) = (operand.shape(), update.shape());
    if shape.rank() > MAX_RANK {
        return Err(operator.shape_error("operand"));
    }
    if part.rank() != shape.rank() || !part.iter().zip(shape.iter()).all(|(a, b)| a <= b) {
        return Err(operator.shape_error("update"));
    }
    if start.shape().elements() != shape.rank() || start.shape().rank() != 1 {
        return Err(operator.shape_error("start indices"));
    }
    if operator.output(0).shape() != shape {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_update(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let bytes = element_bytes(operator)?;
    let shape = operator.input(0).shape();
    let (dimensions, strides) = dense(&shape)?;
    let part = operator.input(UPDATE).shape();
    let lengths = part.padded::<MAX_RANK>()?;
    let front = MAX_RANK - shape.rank();
    let (inputs, output) = run.output()?;
    let starts = Integers::of(operator, &inputs, START)?;
    let mut first = 0_usize;
    let axes = dimensions.iter().zip(&lengths).zip(&strides).skip(front);
    for (axis, ((whole, part), stride)) in axes.enumerate() {
        // Moved so that the part lies inside.
        let start = starts.wide(axis)?.max(0);
        let start = start.min(whole.checked_sub(*part)? as i64) as usize;
        first = first.wrapping_add(start.wrapping_mul(*stride as usize));
    }
    copy(output, inputs.bytes(0)?)?;
    Transfer::scatter(first, &lengths, &strides, bytes).run(inputs.bytes(UPDATE)?, output)
}

#[cfg(test)]
mod tests {
    use super::range;

    const NONE: [bool; 3] = [false; 3];

    #[test]
    fn ranges_are_those_of_python() {
        assert_eq!(range([1, 7, 2], 10, NONE), Some([1, 3]));
        assert_eq!(range([-3, 100, 1], 10, NONE), Some([7, 3]));
        assert_eq!(range([-1, -5, -2], 10, NONE), Some([9, 2]));
        assert_eq!(range([5, 2, 1], 10, NONE), Some([5, 0]));
        assert_eq!(range([3, 4, 1], 10, [true, true, false]), Some([0, 10]));
        assert_eq!(range([3, 4, -3], 10, [true, true, false]), Some([9, 4]));
        assert_eq!(range([i32::MIN, i32::MAX, 3], 10, NONE), Some([0, 4]));
        assert_eq!(range([i32::MAX, i32::MIN, -1], 10, NONE), Some([9, 10]));
        assert_eq!(range([0, 1, i32::MIN], 10, NONE), None);
        assert_eq!(range([0, 1, 0], 10, NONE), None);
    }

    #[test]
    fn an_axis_is_shrunk_to_one_element() {
        let shrinks = [false, false, true];
        assert_eq!(range([-2, 0, 1], 10, shrinks), Some([8, 1]));
        assert_eq!(range([10, 11, 1], 10, shrinks), None);
        assert_eq!(range([3, 4, -1], 10, shrinks), None);
    }
}

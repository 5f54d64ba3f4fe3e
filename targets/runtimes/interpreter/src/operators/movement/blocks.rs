//! SPACE_TO_DEPTH, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks of an image
//! become channels or batches, or the other way round.

use super::{Integers, Transfer, copy, element_bytes, expect_moved, expect_options, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT32};
use crate::file::schema::{builtin, depth_to_space, space_to_depth};
use crate::model::operator::Operator;
use crate::model::shape::Shape;
use crate::operators::Registration;
use crate::run::Run;

pub(in super::super) const fn space_to_depth() -> Registration {
    moving(
        builtin::SPACE_TO_DEPTH,
        2,
        |operator| check_depth(operator, space_to_depth::OPTIONS_TYPE, 0, 1),
        |run| run_depth(run, 0, 1),
    )
}

pub(in super::super) const fn depth_to_space() -> Registration {
    moving(
        builtin::DEPTH_TO_SPACE,
        2,
        |operator| check_depth(operator, depth_to_space::OPTIONS_TYPE, 1, 0),
        |run| run_depth(run, 1, 0),
    )
}

pub(in super::super) const fn space_to_batch_nd() -> Registration {
    moving(
        builtin::SPACE_TO_BATCH_ND,
        4,
        |operator| check_batch(operator, [0, 1]),
        run_to_batch,
    )
}

pub(in super::super) const fn batch_to_space_nd() -> Registration {
    moving(
        builtin::BATCH_TO_SPACE_ND,
        4,
        |operator| check_batch(operator, [1, 0]),
        run_to_space,
    )
}

const TYPES: &[u8] = &[INT8, FLOAT32];

/// Shapes of the image and of that with the blocks in the depth, of which `image` and `deep` say
/// whether they are the input (0) or the output (1).
fn depths(operator: &Operator, image: usize, deep: usize) -> Result<[[usize; 4]; 2], Fault> {
    let shapes = [operator.input(0).shape(), operator.output(0).shape()];
    let names = ["input", "output"];
    let shape = |side: usize| {
        let name = names.get(side).copied().unwrap_or("output");
        let shape = shapes.get(side).and_then(Shape::exactly::<4>);
        shape.ok_or(operator.shape_error(name))
    };
    Ok([shape(image)?, shape(deep)?])
}

fn check_depth(operator: &Operator, options: u8, image: usize, deep: usize) -> Result<(), Fault> {
    expect_options(operator, options)?;
    expect_moved(operator, 1..=1, 0, TYPES)?;
    operator.expect_extent(space_to_depth::BLOCK_SIZE, 0, 1 << 15, "block size")?;
    let block = operator.size_option(space_to_depth::BLOCK_SIZE, 0);
    let [[batches, height, width, depth], deep] = depths(operator, image, deep)?;
    let fits = deep.first() == Some(&batches)
        && deep.get(1).and_then(|it| it.checked_mul(block)) == Some(height)
        && deep.get(2).and_then(|it| it.checked_mul(block)) == Some(width)
        && depth.checked_mul(block * block) == deep.last().copied();
    if !fits {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// The image's rows, rows within blocks, columns, and columns within blocks with their channels,
/// which both tensors hold together.
fn run_depth(run: &mut Run, image_side: usize, deep_side: usize) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let block = operator.option(space_to_depth::BLOCK_SIZE, 0_i32);
    let block = usize::try_from(block).ok()?;
    let [[_, _, _, depth], [batches, rows, columns, _]] =
        depths(operator, image_side, deep_side).ok()?;
    let run_bytes = block.wrapping_mul(depth).wrapping_mul(size);
    let line = columns.wrapping_mul(run_bytes);
    let pixel = block.wrapping_mul(run_bytes);
    let order = |image: usize, deep: usize| {
        let strides = [image as isize, deep as isize];
        match deep_side {
            0 => [strides[1], strides[0]],
            _ => strides,
        }
    };
    let mut transfer = Transfer::new([0, 0]);
    let both = line.wrapping_mul(block);
    transfer.axis(batches.wrapping_mul(rows), order(both, both));
    transfer.axis(block, order(line, run_bytes));
    transfer.axis(columns, order(run_bytes, pixel));
    transfer.axis(run_bytes, [1, 1]);
    let (input, output) = run.unary::<u8, u8>()?;
    transfer.run(input, output)
}

/// Inputs of both operators with batches.
const BLOCK: usize = 1;
const BORDERS: usize = 2;

/// The geometry of SPACE_TO_BATCH_ND, and of BATCH_TO_SPACE_ND the other way round.
struct Batches {
    /// Batches, height, width and depth of the image.
    image: [usize; 4],
    /// The same with the blocks in the batches.
    batched: [usize; 4],
    block: [usize; 2],
    /// Rows and columns in front of the image: padding, or what is cropped.
    before: [usize; 2],
}

impl Batches {
    /// `sides`: whether the image and what has blocks in its batches are the input (0) or the
    /// output (1).
    fn new(
        operator: &Operator,
        sides: [usize; 2],
        block: &Integers,
        borders: &Integers,
    ) -> Result<Self, Fault> {
        let shapes = [operator.input(0).shape(), operator.output(0).shape()];
        // Three dimensions are an image of width 1.
        let four = |side: usize| {
            let shape = shapes.get(side)?;
            let narrow = || {
                let [batches, height, depth] = shape.exactly::<3>()?;
                Some([batches, height, 1, depth])
            };
            shape.exactly::<4>().or_else(narrow)
        };
        let wrong = operator.shape_error("output");
        let [Some(image), Some(batched)] = sides.map(four) else {
            return Err(operator.shape_error("input"));
        };
        let axes = shapes[0].rank().saturating_sub(2);
        if shapes[1].rank() != shapes[0].rank() {
            return Err(wrong);
        }
        let mut found = Self {
            image,
            batched,
            block: [1; 2],
            before: [0; 2],
        };
        let mut blocks = 1_usize;
        for axis in 0..axes {
            let number = |numbers: &Integers, index, least| {
                let number = numbers.get(index).filter(|&it| it >= least);
                number.and_then(|number| usize::try_from(number).ok())
            };
            let length = number(block, axis, 1).ok_or(operator.option_error("block"))?;
            let borders = number(borders, 2 * axis, 0).zip(number(borders, 2 * axis + 1, 0));
            let (front, back) = borders.ok_or(operator.option_error("padding or crop"))?;
            let image = image.get(1 + axis).copied().unwrap_or(0);
            let batched = batched.get(1 + axis).copied().unwrap_or(0);
            let whole = image.saturating_add(front).saturating_add(back);
            if batched.checked_mul(length) != Some(whole) {
                return Err(wrong);
            }
            blocks = blocks.saturating_mul(length);
            if let Some(to) = found.block.get_mut(axis) {
                *to = length;
            }
            if let Some(to) = found.before.get_mut(axis) {
                *to = front;
            }
        }
        let fits = image[0].checked_mul(blocks) == Some(batched[0]) && image[3] == batched[3];
        fits.then_some(found).ok_or(wrong)
    }

    /// Calls `visit` for each pixel of the batched tensor, in order, with the number of the pixel
    /// of the image that it is, if it is one.
    fn each(&self, mut visit: impl FnMut(usize, Option<usize>) -> Option<()>) -> Option<()> {
        let [images, height, width, _] = self.image;
        let [batches, rows, columns, _] = self.batched;
        let mut pixel = 0;
        for batch in 0..batches {
            let place = batch.checked_div(images)?;
            let shift = [
                place.checked_div(self.block[1])?,
                place.checked_rem(self.block[1])?,
            ];
            let image = batch.checked_rem(images)?;
            for row in 0..rows {
                let y = (row.wrapping_mul(self.block[0])).wrapping_add(shift[0]);
                let y = y.checked_sub(self.before[0]).filter(|&y| y < height);
                for column in 0..columns {
                    let x = (column.wrapping_mul(self.block[1])).wrapping_add(shift[1]);
                    let x = x.checked_sub(self.before[1]).filter(|&x| x < width);
                    let line = y.map(|y| image.wrapping_mul(height).wrapping_add(y));
                    let inside = line.zip(x);
                    let inside = inside.map(|(line, x)| line.wrapping_mul(width).wrapping_add(x));
                    visit(pixel, inside)?;
                    pixel += 1;
                }
            }
        }
        Some(())
    }
}

fn check_batch(operator: &Operator, sides: [usize; 2]) -> Result<(), Fault> {
    expect_moved(operator, 3..=3, 0, TYPES)?;
    let axes = operator.input(0).shape().rank().saturating_sub(2);
    let (block, borders) = (operator.input(BLOCK), operator.input(BORDERS));
    for (tensor, count, name) in [(&block, axes, "block"), (&borders, 2 * axes, "borders")] {
        super::expect_types(tensor, &[INT32])?;
        if tensor.shape().elements() < count {
            return Err(operator.shape_error(name));
        }
    }
    if let (Some(block), Some(borders)) = (Integers::given(&block)?, Integers::given(&borders)?) {
        Batches::new(operator, sides, &block, &borders)?;
    }
    Ok(())
}

/// What is no part of the image is 0.0 as in TensorFlow Lite: the zero point of int8. TensorFlow
/// Lite Micro leaves its value as the arena was before.
fn run_to_batch(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let zero = super::zero(&operator.output(0));
    let (inputs, output) = run.output()?;
    let block = Integers::of(operator, &inputs, BLOCK)?;
    let borders = Integers::of(operator, &inputs, BORDERS)?;
    let batches = Batches::new(operator, [0, 1], &block, &borders).ok()?;
    let bytes = batches.image[3].wrapping_mul(size);
    let input = inputs.bytes(0)?;
    output.fill(zero);
    batches.each(|batched, image| {
        if let Some(image) = image {
            let from = input.get(image.wrapping_mul(bytes)..)?.get(..bytes)?;
            let to = output.get_mut(batched.wrapping_mul(bytes)..)?;
            copy(to.get_mut(..bytes)?, from)?;
        }
        Some(())
    })
}

fn run_to_space(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let size = element_bytes(operator)?;
    let (inputs, output) = run.output()?;
    let block = Integers::of(operator, &inputs, BLOCK)?;
    let borders = Integers::of(operator, &inputs, BORDERS)?;
    let batches = Batches::new(operator, [1, 0], &block, &borders).ok()?;
    let bytes = batches.image[3].wrapping_mul(size);
    let input = inputs.bytes(0)?;
    batches.each(|batched, image| {
        if let Some(image) = image {
            let from = input.get(batched.wrapping_mul(bytes)..)?.get(..bytes)?;
            let to = output.get_mut(image.wrapping_mul(bytes)..)?;
            copy(to.get_mut(..bytes)?, from)?;
        }
        Some(())
    })
}

//! RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR.

use super::{Integers, copy, element_bytes, elements, expect_moved, expect_options, moving};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{
    builtin, resize_bilinear as bilinear, resize_nearest_neighbor as nearest,
};
use crate::model::operator::Operator;
use crate::operators::{Registration, Typed, registration};
use crate::run::Run;

pub(in super::super) const fn nearest_neighbor() -> Registration {
    moving(
        builtin::RESIZE_NEAREST_NEIGHBOR,
        4,
        check_nearest,
        run_nearest,
    )
}

pub(in super::super) const fn bilinear_int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8)];
    registration(builtin::RESIZE_BILINEAR, 4, TYPES, check_bilinear, run_int8)
}

pub(in super::super) const fn bilinear_float32() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, FLOAT32)];
    registration(
        builtin::RESIZE_BILINEAR,
        4,
        TYPES,
        check_bilinear,
        run_float32,
    )
}

/// Both sizes of an image of which each pixel has `depth` channels, and how one is laid over the
/// other.
#[derive(Clone, Copy)]
struct Resize {
    batches: usize,
    input: [usize; 2],
    output: [usize; 2],
    depth: usize,
    /// The centres of the corners' pixels are laid upon each other.
    align_corners: bool,
    /// Pixels are squares around their centres.
    half_pixel_centers: bool,
}

/// Most rows or columns: so many that their positions fit 32 bits in units of 2^-10.
const MAX_LENGTH: usize = 1 << 20;

fn read(operator: &Operator, fields: [usize; 2]) -> Result<Resize, Fault> {
    let (input, output) = (operator.input(0).shape(), operator.output(0).shape());
    let input = input.exactly::<4>();
    let [batches, height, width, depth] = input.ok_or(operator.shape_error("input"))?;
    let output = output.exactly::<4>();
    let [_, rows, columns, _] = output.ok_or(operator.shape_error("output"))?;
    if output != Some([batches, rows, columns, depth]) || rows.max(columns) > MAX_LENGTH {
        return Err(operator.shape_error("output"));
    }
    if height.max(width) > MAX_LENGTH {
        return Err(operator.shape_error("input"));
    }
    Ok(Resize {
        batches,
        input: [height, width],
        output: [rows, columns],
        depth,
        align_corners: operator.option(fields[0], 0_u8) != 0,
        half_pixel_centers: operator.option(fields[1], 0_u8) != 0,
    })
}

const NEAREST: [usize; 2] = [nearest::ALIGN_CORNERS, nearest::HALF_PIXEL_CENTERS];
const BILINEAR: [usize; 2] = [bilinear::ALIGN_CORNERS, bilinear::HALF_PIXEL_CENTERS];

fn check(operator: &Operator, fields: [usize; 2], types: &[u8]) -> Result<Resize, Fault> {
    expect_moved(operator, 2..=2, 0, types)?;
    let size = operator.input(1);
    size.expect_type(INT32)?;
    let found = Integers::constant(&size)?;
    let resize = read(operator, fields)?;
    let size = [found.get(0), found.get(1)].map(|it| it.and_then(|it| usize::try_from(it).ok()));
    if found.len() != 2 || size != resize.output.map(Some) {
        return Err(operator.shape_error("output"));
    }
    Ok(resize)
}

fn check_nearest(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, nearest::OPTIONS_TYPE)?;
    check(operator, NEAREST, &[INT8, INT16, FLOAT32])?;
    Ok(())
}

fn check_bilinear(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, bilinear::OPTIONS_TYPE)?;
    let resize = check(operator, BILINEAR, &[INT8, FLOAT32])?;
    if resize.align_corners && resize.half_pixel_centers {
        return Err(operator.option_error("corners: aligned and with half-pixel centres"));
    }
    Ok(())
}

impl Resize {
    /// Index of an input pixel's first channel, kept inside the tensor.
    fn pixel(&self, batch: usize, y: usize, x: usize) -> usize {
        let [height, width] = self.input;
        let row = batch.wrapping_mul(height).wrapping_add(y);
        let pixel = row.wrapping_mul(width).wrapping_add(x);
        let last = self.batches.wrapping_mul(height).wrapping_mul(width);
        pixel.min(last.wrapping_sub(1)).wrapping_mul(self.depth)
    }

    /// The row (axis 0) or column (axis 1) of the input that is nearest to one of the output.
    fn nearest(&self, axis: usize, at: usize) -> Option<usize> {
        let (input, output) = (*self.input.get(axis)?, *self.output.get(axis)?);
        let scale = if self.align_corners && output > 1 {
            input.wrapping_sub(1) as f32 / output.wrapping_sub(1) as f32
        } else {
            input as f32 / output as f32
        };
        let offset = if self.half_pixel_centers { 0.5 } else { 0.0 };
        let place = (at as f32 + offset) * scale;
        let whole = place as usize;
        let up = self.align_corners && place - whole as f32 >= 0.5;
        Some((whole + usize::from(up)).min(input.wrapping_sub(1)))
    }

    /// Position along an axis in units of 2^-10, and the input's row or column at or before it
    /// and at or behind it.
    fn fixed(&self, axis: usize, at: usize) -> Option<[i32; 3]> {
        let (input, output) = (*self.input.get(axis)?, *self.output.get(axis)?);
        let (input, output) = (input as i32, output as i32);
        let scale = if self.align_corners && output > 1 {
            let half = (output - 1) / 2;
            let numerator = (input - 1).wrapping_mul(1 << 10).wrapping_add(half);
            numerator.checked_div(output - 1)?
        } else {
            let half = output / 2;
            (input.wrapping_mul(1 << 10).wrapping_add(half)).checked_div(output)?
        };
        let place = (at as i32).wrapping_mul(scale);
        let place = if self.half_pixel_centers {
            place.wrapping_add(scale / 2).wrapping_sub(1 << 9)
        } else {
            place
        };
        let before = (place / (1 << 10)).max(0);
        let behind = (place.wrapping_add((1 << 10) - 1) / (1 << 10)).min(input - 1);
        Some([place, before, behind])
    }

    /// [`Self::fixed`] in float32: the position, and both rows or columns.
    fn float(&self, axis: usize, at: usize) -> Option<(f32, [i32; 2])> {
        let (input, output) = (*self.input.get(axis)?, *self.output.get(axis)?);
        let scale = if self.align_corners && output > 1 {
            input.wrapping_sub(1) as f32 / output.wrapping_sub(1) as f32
        } else {
            input as f32 / output as f32
        };
        let place = if self.half_pixel_centers {
            (at as f32 + 0.5) * scale - 0.5
        } else {
            at as f32 * scale
        };
        // Above -1, so that cutting off is rounding down, but for what becomes 0 anyway.
        let whole = place as i32;
        let behind = whole.wrapping_add(i32::from(place > whole as f32));
        Some((place, [whole.max(0), behind.min(input as i32 - 1)]))
    }
}

fn run_nearest(run: &mut Run) -> Option<()> {
    let resize = read(run.operator, NEAREST).ok()?;
    let size = element_bytes(run.operator)?;
    let bytes = resize.depth.wrapping_mul(size);
    let (input, output) = run.unary::<u8, u8>()?;
    let mut pixels = elements(output, bytes);
    for batch in 0..resize.batches {
        for row in 0..resize.output[0] {
            let y = resize.nearest(0, row)?;
            for column in 0..resize.output[1] {
                let x = resize.nearest(1, column)?;
                let from = resize.pixel(batch, y, x).wrapping_mul(size);
                let pixel = input.get(from..)?.get(..bytes)?;
                copy(pixels.next()?, pixel)?;
            }
        }
    }
    Some(())
}

/// The four input pixels around a position, in the order in which the reference adds them: rows
/// alternate first.
fn corners<'t, T>(
    resize: &Resize,
    input: &'t [T],
    batch: usize,
    y: [i32; 2],
    x: [i32; 2],
) -> Option<[&'t [T]; 4]> {
    let mut corners = [&[] as &[T]; 4];
    let places = [(y[0], x[0]), (y[1], x[0]), (y[0], x[1]), (y[1], x[1])];
    for (corner, (y, x)) in corners.iter_mut().zip(places) {
        let from = resize.pixel(batch, y as usize, x as usize);
        *corner = input.get(from..)?.get(..resize.depth)?;
    }
    Some(corners)
}

fn run_int8(run: &mut Run) -> Option<()> {
    let resize = read(run.operator, BILINEAR).ok()?;
    let (input, output) = run.unary::<i8, i8>()?;
    let mut pixels = output.chunks_exact_mut(resize.depth.max(1));
    for batch in 0..resize.batches {
        for row in 0..resize.output[0] {
            let [y, top, bottom] = resize.fixed(0, row)?;
            // From -512, half a pixel outside, to 1023: four products with int8 fit 32 bits.
            let y = y.wrapping_sub(top << 10);
            for column in 0..resize.output[1] {
                let [x, left, right] = resize.fixed(1, column)?;
                let x = x.wrapping_sub(left << 10);
                let (up, before) = ((1 << 10) - y, (1 << 10) - x);
                let weights = [up * before, y * before, up * x, y * x];
                let corners = corners(&resize, input, batch, [top, bottom], [left, right])?;
                let [a, b, c, d] = corners.map(|corner| corner.iter());
                let channels = a.zip(b).zip(c).zip(d);
                for (to, (((a, b), c), d)) in pixels.next()?.iter_mut().zip(channels) {
                    let values = [*a, *b, *c, *d].map(i32::from);
                    let terms = values.iter().zip(&weights);
                    let sum = terms.map(|(value, weight)| value * weight).sum::<i32>();
                    // To the nearest, halves away from 0.
                    let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
                    *to = ((sum + half) / (1 << 20)) as i8;
                }
            }
        }
    }
    Some(())
}

fn run_float32(run: &mut Run) -> Option<()> {
    let resize = read(run.operator, BILINEAR).ok()?;
    let (input, output) = run.unary::<f32, f32>()?;
    let mut pixels = output.chunks_exact_mut(resize.depth.max(1));
    for batch in 0..resize.batches {
        for row in 0..resize.output[0] {
            let (y, rows) = resize.float(0, row)?;
            let y = y - rows[0] as f32;
            for column in 0..resize.output[1] {
                let (x, columns) = resize.float(1, column)?;
                let x = x - columns[0] as f32;
                let (up, before) = (1.0 - y, 1.0 - x);
                let corners = corners(&resize, input, batch, rows, columns)?;
                let [a, b, c, d] = corners.map(|corner| corner.iter());
                let channels = a.zip(b).zip(c).zip(d);
                for (to, (((a, b), c), d)) in pixels.next()?.iter_mut().zip(channels) {
                    *to = a * up * before + b * y * before + c * up * x + d * y * x;
                }
            }
        }
    }
    Some(())
}

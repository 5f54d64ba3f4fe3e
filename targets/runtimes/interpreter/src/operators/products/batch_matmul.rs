//! BATCH_MATMUL: products of matrices in the last two dimensions, the others broadcast.

use bytemuck::Pod;

use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16};
use crate::file::schema::{batch_matmul as field, builtin};
use crate::kernels::Multiplier;
use crate::kernels::products::{Steps, multiply_matrices, multiply_matrices_int8, multiply_wide};
use crate::model::operator::Operator;
use crate::model::shape::{strides, walk};
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::Run;

macro_rules! types {
    ($type:ident) => {
        &[
            Typed::Input(0, $type),
            Typed::Input(1, $type),
            Typed::Output(0, $type),
        ]
    };
}

pub(in crate::operators) const fn int8() -> Registration {
    Registration {
        needs: needs_scaled,
        prepare,
        ..registration(builtin::BATCH_MATMUL, 4, types!(INT8), check_int8, run_int8)
    }
}

pub(in crate::operators) const fn int16() -> Registration {
    Registration {
        needs: needs_scaled,
        prepare: prepare_int16,
        ..registration(
            builtin::BATCH_MATMUL,
            4,
            types!(INT16),
            check_int16,
            run_int16,
        )
    }
}

pub(in crate::operators) const fn float32() -> Registration {
    Registration {
        needs,
        ..registration(builtin::BATCH_MATMUL, 4, types!(FLOAT32), check, run_float)
    }
}

/// Most dimensions.
const MAX_RANK: usize = 5;

/// How matrices lie in their tensors.
#[derive(Clone, Copy)]
struct Layout {
    /// Dimensions of the batches, and from one matrix to the next in both inputs, 0 along
    /// dimensions in which one is repeated.
    batches: [usize; 3],
    strides: [[usize; 3]; 2],
    /// Rows, columns, and the length of a sum.
    size: [usize; 3],
    steps: [Steps; 2],
}

/// [`None`] if the shapes don't fit each other.
fn layout(operator: &Operator) -> Option<Layout> {
    let transposed = [field::ADJ_X, field::ADJ_Y].map(|id| operator.option(id, 0_u8) != 0);
    let shapes = [operator.input(0), operator.input(1)].map(|tensor| tensor.shape());
    if !shapes
        .iter()
        .all(|shape| (2..=MAX_RANK).contains(&shape.rank()))
    {
        return None;
    }
    let [a, b] = [
        shapes[0].padded::<MAX_RANK>()?,
        shapes[1].padded::<MAX_RANK>()?,
    ];
    let mut layout = Layout {
        batches: [1; 3],
        strides: [a, b].map(|shape| {
            let [x, y, z, ..] = strides(&shape);
            [x, y, z]
        }),
        size: [0; 3],
        steps: [[0; 2]; 2],
    };
    let [a_strides, b_strides] = &mut layout.strides;
    let both = a_strides.iter_mut().zip(b_strides);
    let dimensions = a.into_iter().zip(b);
    for ((batches, strides), (a, b)) in layout.batches.iter_mut().zip(both).zip(dimensions) {
        *batches = if a == 1 { b } else { a };
        if a != b && a != 1 && b != 1 {
            return None;
        }
        if a == 1 {
            *strides.0 = 0;
        }
        if b == 1 {
            *strides.1 = 0;
        }
    }
    let matrix = |[.., rows, columns]: [usize; MAX_RANK], transposed| match transposed {
        false => ([rows, columns], [columns, 1]),
        true => ([columns, rows], [1, columns]),
    };
    let ([rows, depth], a_steps) = matrix(a, transposed[0]);
    let ([other, columns], b_steps) = matrix(b, transposed[1]);
    if depth != other {
        return None;
    }
    layout.size = [rows, columns, depth];
    layout.steps = [a_steps, b_steps];
    Some(layout)
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    for input in [operator.input(0), operator.input(1)] {
        if input.is_constant() {
            input.expect_constant(input.type_number())?;
        }
    }
    let layout = layout(operator).ok_or(operator.shape_error("second input"))?;
    let [rows, columns, _] = layout.size;
    let batches = layout.batches.iter().product::<usize>();
    let elements = batches
        .checked_mul(rows)
        .and_then(|it| it.checked_mul(columns));
    if Some(operator.output(0).shape().elements()) != elements {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check(operator)?;
    for tensor in tensors(operator) {
        tensor.expect_quantisation()?;
    }
    Ok(())
}

fn check_int16(operator: &Operator) -> Result<(), Fault> {
    check_int8(operator)?;
    for tensor in tensors(operator) {
        if tensor.quantisation().zero_point != 0 {
            return Err(tensor.quantisation_error());
        }
    }
    Ok(())
}

/// Inputs and output.
fn tensors<'m>(operator: &Operator<'_, 'm>) -> [crate::model::tensor::RawTensor<'m>; 3] {
    [operator.input(0), operator.input(1), operator.output(0)]
}

/// Elements of the second input count as weights.
fn needs(operator: &Operator) -> Needs {
    let Some(layout) = layout(operator) else {
        return Needs::default();
    };
    let weights = operator.input(1).shape().elements();
    let products = layout.batches.iter().chain(&layout.size);
    let products = products.fold(1_usize, |product, it| product.wrapping_mul(*it));
    Needs {
        weights,
        uses: products.checked_div(weights).unwrap_or(0),
        ..Needs::default()
    }
}

fn needs_scaled(operator: &Operator) -> Needs {
    Needs {
        constants: 2,
        ..needs(operator)
    }
}

/// Multiplier and shift. The scales of the inputs are multiplied in single precision.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [a, b, output] = tensors(operator).map(|tensor| tensor.quantisation().scale);
    let multiplier = Multiplier::from_real(f64::from(a * b) / f64::from(output))?;
    *constants.first_chunk_mut()? = [multiplier.multiplier as u32, multiplier.shift as u32];
    Some(false)
}

/// As [`prepare`], with a shift for which [`multiply_wide`] is defined.
fn prepare_int16(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    prepare(operator, constants)?;
    let &[_, shift] = constants.first_chunk()?;
    ((shift as i32) < 15).then_some(false)
}

fn multiplier(run: &Run) -> Option<Multiplier> {
    let &[multiplier, shift] = run.memory.constants.first_chunk()?;
    Some(Multiplier {
        multiplier: multiplier as i32,
        shift: shift as i8,
    })
}

fn run_int8(run: &mut Run) -> Option<()> {
    let scale = multiplier(run)?;
    let [a, b, output] = tensors(run.operator).map(|tensor| tensor.quantisation().zero_point);
    let finish = |sum| {
        let scaled = scale.apply(sum).wrapping_add(output);
        scaled.clamp(-128, 127) as i8
    };
    let offsets = [a.wrapping_neg(), b.wrapping_neg()];
    run_any(run, |size, a, b, output| {
        multiply_matrices_int8(size, a, b, offsets, output, &finish);
    })
}

fn run_int16(run: &mut Run) -> Option<()> {
    let scale = multiplier(run)?;
    let step = |sum: i64, left: i16, right: i16| {
        let product = i32::from(left).wrapping_mul(right.into());
        sum.wrapping_add(product.into())
    };
    let finish = |sum| multiply_wide(scale, sum).clamp(-32_768, 32_767) as i16;
    run_any(run, |size, a, b, output| {
        multiply_matrices(size, a, b, output, 0, step, finish);
    })
}

fn run_float(run: &mut Run) -> Option<()> {
    run_any(run, |size, a, b, output| {
        let step = |sum: f32, a: f32, b: f32| sum + a * b;
        multiply_matrices(size, a, b, output, 0.0, step, |sum| sum);
    })
}

fn run_any<T: Pod>(
    run: &mut Run,
    multiply: impl Fn([usize; 3], (&[T], Steps), (&[T], Steps), &mut [T]),
) -> Option<()> {
    let layout = layout(run.operator)?;
    let (inputs, output) = run.output()?;
    let (a, b) = (inputs.get::<T>(0)?, inputs.get::<T>(1)?);
    let output = bytemuck::try_cast_slice_mut::<u8, T>(output).ok()?;
    let [rows, columns, _] = layout.size;
    let mut matrices = output.chunks_exact_mut(rows.wrapping_mul(columns).max(1));
    walk(&layout.batches, &layout.strides, |[a_first, b_first]| {
        if let Some(output) = matrices.next() {
            let a = (a.get(a_first..).unwrap_or(&[]), layout.steps[0]);
            let b = (b.get(b_first..).unwrap_or(&[]), layout.steps[1]);
            multiply(layout.size, a, b, output);
        }
    });
    Some(())
}

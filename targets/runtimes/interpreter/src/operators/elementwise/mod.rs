//! Operators that compute each element of the output from one element of each input.
//!
//! Inputs of two and more are broadcast as NumPy does it, and any of them may be constants of the
//! file. Arithmetic, rounding and saturation are those of TensorFlow Lite Micro's reference
//! kernels; where those have undefined behaviour (a float32 too large for an integer, a division
//! by zero), the result is what an Armv7E-M gives.

pub(crate) mod add;
pub(crate) mod add_n;
pub(crate) mod arithmetic;
pub(crate) mod cast;
pub(crate) mod comparison;
pub(crate) mod functions;
pub(crate) mod hard_swish;
pub(crate) mod log_softmax;
pub(crate) mod quantised;
pub(crate) mod quantize;
pub(crate) mod rectifiers;
pub(crate) mod select;
pub(crate) mod sigmoid;

use bytemuck::Pod;

use super::{Needs, Registration, Typed, registration};
use crate::error::{Fault, ModelError, fault};
use crate::file::schema::operator as operator_field;
use crate::kernels::{Multiplier, look_up};
use crate::model::operator::Operator;
use crate::model::shape::{Broadcast, MAX_RANK, walk};
use crate::model::tensor::{ElementType, Quantisation};
use crate::run::Run;

/// Newest version of these operators. Versions only tell which types and ranks they are used with,
/// which is checked by itself, and TensorFlow Lite Micro doesn't look at them.
const VERSIONS: i32 = 8;

/// The types that decide about a registration: of the inputs and of the output.
struct Types<const FROM: u8, const TO: u8>;

impl<const FROM: u8, const TO: u8> Types<FROM, TO> {
    /// Of an operator with one input.
    const UNARY: &'static [Typed] = &[Typed::Input(0, FROM), Typed::Output(0, TO)];
    /// Of an operator with two inputs of one type.
    const BINARY: &'static [Typed] = &[
        Typed::Input(0, FROM),
        Typed::Input(1, FROM),
        Typed::Output(0, TO),
    ];
}

/// Elements of quantised tensors.
trait Quantised: Pod + Into<i32> {
    /// Smallest and largest value.
    const LIMITS: [i32; 2];

    /// The value, which must lie within the limits.
    fn narrow(value: i32) -> Self;

    /// The nearest value within the limits.
    fn saturate(value: i32) -> Self {
        Self::narrow(value.clamp(Self::LIMITS[0], Self::LIMITS[1]))
    }

    /// Runs an operator with one input of this type and an output of the same.
    fn map(run: &mut Run, compute: &dyn Fn(Self) -> Self) -> Option<()> {
        map(run, compute)
    }
}

macro_rules! quantised {
    ($($type:ident $(: $map:ident)?)*) => {
        $(impl Quantised for $type {
            const LIMITS: [i32; 2] = [$type::MIN as i32, $type::MAX as i32];

            #[inline(always)]
            fn narrow(value: i32) -> Self {
                value as Self
            }

            $(
                fn map(run: &mut Run, compute: &dyn Fn(Self) -> Self) -> Option<()> {
                    $map(run, compute)
                }
            )?
        })*
    };
}

quantised! { i8: map_int8 u8 i16 i32 }

/// What an operator with `N` words of constants needs.
fn words<const N: usize>(_: &Operator) -> Needs {
    Needs {
        constants: N,
        ..Needs::default()
    }
}

/// Checks the tensors of an operator with one input: output and input have as many elements.
fn check_unary(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    expect_readable(operator, 0)?;
    if operator.input(0).shape().elements() != operator.output(0).shape().elements() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// Checks the tensors of an operator with two inputs, which are broadcast.
pub(super) fn check_binary(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    expect_readable(operator, 0)?;
    expect_readable(operator, 1)?;
    let inputs = [operator.input(0).shape(), operator.input(1).shape()];
    let output = operator.output(0).shape();
    let broadcast = Broadcast::new(&inputs[0], &inputs[1]);
    let broadcast = broadcast.ok_or(operator.shape_error("second input"))?;
    // Without repetition only the number of elements counts.
    let alike = inputs.map(|input| input.elements()) == [output.elements(); 2];
    if !alike && !broadcast.gives(&output) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// Checks that a constant input can be read as numbers.
fn expect_readable(operator: &Operator, position: usize) -> Result<(), Fault> {
    let tensor = operator.input(position);
    if !tensor.is_constant() {
        return Ok(());
    }
    tensor.expect_constant(tensor.type_number())?;
    let size = tensor.element_type().map_or(1, ElementType::bytes);
    // 64-bit numbers are read byte by byte.
    if size < 8 && !tensor.data().as_ptr().addr().is_multiple_of(size) {
        let tensor = tensor.index;
        return Err(fault(ModelError::Alignment { tensor }));
    }
    Ok(())
}

/// Checks that the options are those of the table with this number, or that there are none: then
/// all have their defaults.
pub(super) fn expect_options(operator: &Operator, options_type: u8) -> Result<(), Fault> {
    if operator.table.get(operator_field::OPTIONS_TYPE, 0_u8) == 0 {
        return Ok(());
    }
    operator.expect_options(options_type)
}

/// Checks that no tensor of an int32 operator is quantised.
fn expect_no_quantisation(operator: &Operator) -> Result<(), Fault> {
    let tensors = [
        ("first input", operator.input(0)),
        ("second input", operator.input(1)),
        ("output", operator.output(0)),
    ];
    for (part, tensor) in tensors {
        if !tensor.quantisations().0.is_empty() {
            return Err(operator.quantisation_error(part));
        }
    }
    Ok(())
}

/// Quantisation of the input at `position`.
fn from(operator: &Operator, position: usize) -> Quantisation {
    operator.input(position).quantisation()
}

/// Quantisation of the output.
fn to(operator: &Operator) -> Quantisation {
    operator.output(0).quantisation()
}

/// Checks the quantisation of the input at `position`.
fn expect_from(operator: &Operator, position: usize) -> Result<Quantisation, Fault> {
    operator.input(position).expect_quantisation()
}

/// Checks the quantisation of the output.
fn expect_to(operator: &Operator) -> Result<Quantisation, Fault> {
    operator.output(0).expect_quantisation()
}

/// Checks that zero points are 0, as int16 tensors have to have them for some operators.
fn expect_symmetric(operator: &Operator) -> Result<(), Fault> {
    for position in 0..operator.input_count() {
        if expect_from(operator, position)?.zero_point != 0 {
            return Err(operator.quantisation_error("input"));
        }
    }
    if expect_to(operator)?.zero_point != 0 {
        return Err(operator.quantisation_error("output"));
    }
    Ok(())
}

/// Stores multipliers as constants, two words each; [`None`] if one of them doesn't exist.
fn store<const N: usize>(
    constants: &mut [u32],
    multipliers: [Option<Multiplier>; N],
) -> Option<bool> {
    for (words, multiplier) in constants.as_chunks_mut::<2>().0.iter_mut().zip(multipliers) {
        let multiplier = multiplier?;
        *words = [multiplier.multiplier as u32, multiplier.shift as u32];
    }
    Some(false)
}

/// The first `N` multipliers that [`store`] has stored.
fn load<const N: usize>(constants: &[u32]) -> Option<[Multiplier; N]> {
    let multipliers = constants.as_chunks::<2>().0.first_chunk::<N>()?;
    Some(multipliers.map(|[multiplier, shift]| Multiplier {
        multiplier: multiplier as i32,
        shift: shift as i8,
    }))
}

/// Runs an operator with one input.
#[inline(always)]
fn map<T: Pod, U: Pod>(run: &mut Run, compute: impl Fn(T) -> U) -> Option<()> {
    let (input, output) = run.unary::<T, U>()?;
    for (output, &input) in output.iter_mut().zip(input) {
        *output = compute(input);
    }
    Some(())
}

/// As [`map`]. What becomes of each of the 256 values is computed but once if there are more elements.
fn map_int8(run: &mut Run, compute: &dyn Fn(i8) -> i8) -> Option<()> {
    let (input, output) = run.unary::<i8, i8>()?;
    let mut table = [0_i8; 256];
    if input.len() <= table.len() {
        return map(run, compute);
    }
    for (value, entry) in (0..=u8::MAX).zip(&mut table) {
        *entry = compute(value as i8);
    }
    look_up(&table, input, output);
    Some(())
}

/// Runs an operator with two inputs, which are broadcast.
#[inline(always)]
pub(super) fn zip<T: Pod, S: Pod, U: Pod>(
    run: &mut Run,
    compute: impl Fn(T, S) -> U,
) -> Option<()> {
    let rows = Rows::of(run.operator)?;
    let (inputs, output) = run.output()?;
    let (a, b) = (inputs.get::<T>(0)?, inputs.get::<S>(1)?);
    let output: &mut [U] = bytemuck::try_cast_slice_mut(output).ok()?;
    let mut outputs = output.chunks_exact_mut(rows.length.max(1));
    walk(&rows.dimensions, &rows.strides, |[from_a, from_b]| {
        let starts = (outputs.next(), a.get(from_a..), b.get(from_b..));
        let (Some(output), Some(a), Some(b)) = starts else {
            return;
        };
        for (index, output) in output.iter_mut().enumerate() {
            let [at_a, at_b] = rows.masks.map(|mask| index & mask);
            if let (Some(&a), Some(&b)) = (a.get(at_a), b.get(at_b)) {
                *output = compute(a, b);
            }
        }
    });
    Some(())
}

/// How two inputs meet: rows of elements within each of which an input is either walked or
/// repeated.
struct Rows {
    /// Elements of a row.
    length: usize,
    /// For each input: all bits if it is walked within a row, none if its first element is
    /// repeated.
    masks: [usize; 2],
    /// Dimensions and strides of the rows.
    dimensions: [usize; MAX_RANK],
    strides: [[usize; MAX_RANK]; 2],
}

impl Rows {
    #[inline(never)]
    fn of(operator: &Operator) -> Option<Self> {
        let shapes = [operator.input(0).shape(), operator.input(1).shape()];
        let Broadcast {
            mut dimensions,
            strides,
        } = Broadcast::new(&shapes[0], &shapes[1])?;
        let (mut length, mut steps) = (1_usize, None);
        let axes = dimensions
            .iter_mut()
            .zip(strides[0].iter().zip(&strides[1]));
        for (dimension, (&a, &b)) in axes.rev().filter(|(dimension, _)| **dimension != 1) {
            match steps {
                // The innermost axis that isn't 1: strides are 1, or 0 where it is repeated.
                None => steps = Some([a, b]),
                Some(steps) if steps.map(|step| step * length) == [a, b] => {}
                Some(_) => break,
            }
            // This axis is part of the row.
            length = length.wrapping_mul(*dimension);
            *dimension = 1;
        }
        Some(Self {
            length,
            masks: steps
                .unwrap_or([0, 0])
                .map(|step| 0_usize.wrapping_sub(step)),
            dimensions,
            strides,
        })
    }
}

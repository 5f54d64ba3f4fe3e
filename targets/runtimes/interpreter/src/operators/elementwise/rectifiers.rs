//! RELU, RELU6, LEAKY_RELU, PRELU and ELU.

use super::*;
use crate::file::schema::builtin::{ELU, LEAKY_RELU, PRELU, RELU, RELU6};
use crate::file::schema::leaky_relu as field;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16};
use crate::kernels::quantisation::quantise;

macro_rules! float32 {
    ($($name:ident: $builtin:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                $builtin,
                VERSIONS,
                Types::<FLOAT32, FLOAT32>::UNARY,
                check,
                |run| {
                    let compute: fn(f32) -> f32 = $compute;
                    map(run, compute)
                },
            )
        })*
    };
}

float32! {
    relu_float32: RELU, |value| if value < 0.0 { 0.0 } else { value };
    relu6_float32: RELU6, |value| value.clamp(0.0, 6.0);
    elu_float32: ELU, |value| if value < 0.0 { libm::expm1f(value) } else { value };
}

macro_rules! quantised {
    ($($name:ident: $builtin:ident, $tensor_type:ident, $check:expr, $prepare:expr, $words:literal, $run:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<$words>,
prepare: $prepare,
                ..registration(
                    $builtin,
                    VERSIONS,
                    Types::<$tensor_type, $tensor_type>::UNARY,
                    $check,
                    $run,
                )
            }
        })*
    };
}

quantised! {
    relu_int8: RELU, INT8, check_rescaling, prepare_relu, 2, run_relu::<i8>;
    relu_int16: RELU, INT16, check_symmetric, prepare_relu, 2, run_relu::<i16>;
    leaky_relu_int8: LEAKY_RELU, INT8, check_leaky, prepare_leaky, 4, run_leaky::<i8>;
    leaky_relu_int16: LEAKY_RELU, INT16, check_leaky, prepare_leaky, 4, run_leaky::<i16>;
    elu_int8: ELU, INT8, check_elu, prepare_elu, 64, run_elu;
}

macro_rules! relu6 {
    ($($name:ident: $type:ident $tensor_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                RELU6,
                VERSIONS,
                Types::<$tensor_type, $tensor_type>::UNARY,
                check_relu6,
                run_relu6::<$type>,
            )
        })*
    };
}

relu6! {
    relu6_int8: i8 INT8;
    relu6_int16: i16 INT16;
}

pub(crate) const fn leaky_relu_float32() -> Registration {
    registration(
        LEAKY_RELU,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::UNARY,
        |operator| {
            expect_options(operator, field::OPTIONS_TYPE)?;
            check(operator)
        },
        |run| {
            let alpha = alpha(run.operator);
            map(
                run,
                |value: f32| if value > 0.0 { value } else { value * alpha },
            )
        },
    )
}

/// The types of a PRELU: of the input and the output, and of the slopes.
const fn prelu<const ENDS: u8, const SLOPES: u8>() -> &'static [Typed] {
    &[
        Typed::Input(0, ENDS),
        Typed::Input(1, SLOPES),
        Typed::Output(0, ENDS),
    ]
}

pub(crate) const fn prelu_float32() -> Registration {
    const TYPES: &[Typed] = prelu::<FLOAT32, FLOAT32>();
    let check = |operator: &Operator| {
        check_binary(operator)?;
        Ok(())
    };
    registration(PRELU, VERSIONS, TYPES, check, |run| {
        zip(
            run,
            |value: f32, slope: f32| {
                if value >= 0.0 { value } else { value * slope }
            },
        )
    })
}

macro_rules! prelu {
    ($($name:ident: $type:ident $tensor_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<4>,
prepare: prepare_prelu,
                ..registration(
                    PRELU,
                    VERSIONS,
                    prelu::<$tensor_type, INT8>(),
                    check_prelu,
                    run_prelu::<$type>,
                )
            }
        })*
    };
}

prelu! {
    prelu_int8: i8 INT8;
    prelu_int16: i16 INT16;
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    Ok(())
}

/// Scales of the input and the output.
fn scales(operator: &Operator) -> Option<[f32; 2]> {
    Some([from(operator, 0).scale, to(operator).scale])
}

/// Zero points of the input and the output.
fn zero_points(operator: &Operator) -> Option<[i32; 2]> {
    Some([from(operator, 0).zero_point, to(operator).zero_point])
}

fn check_rescaling(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    expect_to(operator)?;
    Ok(())
}

fn check_symmetric(operator: &Operator) -> Result<(), Fault> {
    expect_symmetric(operator)?;
    check_rescaling(operator)
}

fn prepare_relu(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [input, output] = scales(operator)?;
    store(constants, [Multiplier::from_real((input / output).into())])
}

fn run_relu<T: Quantised>(run: &mut Run) -> Option<()> {
    let [input, output] = zero_points(run.operator)?;
    let [multiplier] = load(run.memory.constants)?;
    T::map(run, &|value| {
        let scaled = multiplier.apply(value.into() - input).wrapping_add(output);
        T::saturate(scaled.max(output))
    })
}

fn check_relu6(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    Ok(())
}

/// TensorFlow Lite Micro doesn't rescale here, whatever the output's quantisation.
fn run_relu6<T: Quantised>(run: &mut Run) -> Option<()> {
    let Quantisation { scale, zero_point } = from(run.operator, 0);
    let six: i32 = T::saturate(quantise(6.0, scale, zero_point)).into();
    T::map(run, &|value| {
        let value: i32 = value.into();
        T::narrow(value.max(zero_point).min(six))
    })
}

fn alpha(operator: &Operator) -> f32 {
    operator.option(field::ALPHA, 0.0)
}

fn check_leaky(operator: &Operator) -> Result<(), Fault> {
    expect_options(operator, field::OPTIONS_TYPE)?;
    check_rescaling(operator)?;
    Ok(())
}

/// The multipliers of what is positive and of what is negative; the answer says whether the latter
/// is negative itself.
fn prepare_leaky(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [input, output] = scales(operator)?;
    let slope = input * alpha(operator) / output;
    let multipliers = [input / output, slope.abs()];
    store(
        constants,
        multipliers.map(|real| Multiplier::from_real(real.into())),
    )?;
    Some(slope < 0.0)
}

fn run_leaky<T: Quantised>(run: &mut Run) -> Option<()> {
    let [input, output] = zero_points(run.operator)?;
    let [identity, slope] = load(run.memory.constants)?;
    let falls = run.memory.flag;
    T::map(run, &|value| {
        let value = value.into() - input;
        let scaled = if value >= 0 {
            identity.apply(value)
        } else if falls {
            slope.apply(value).wrapping_neg()
        } else {
            slope.apply(value)
        };
        T::saturate(scaled.wrapping_add(output))
    })
}

fn check_prelu(operator: &Operator) -> Result<(), Fault> {
    check_binary(operator)?;
    expect_from(operator, 0)?;
    expect_from(operator, 1)?;
    expect_to(operator)?;
    Ok(())
}

fn prepare_prelu(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [input, output] = scales(operator)?.map(f64::from);
    let slope = f64::from(from(operator, 1).scale);
    let reals = [input / output, input * slope / output];
    store(constants, reals.map(Multiplier::from_real))
}

fn run_prelu<T: Quantised>(run: &mut Run) -> Option<()> {
    let [input, output] = zero_points(run.operator)?;
    let slopes = from(run.operator, 1).zero_point;
    let [identity, sloped] = load(run.memory.constants)?;
    zip(run, |value: T, slope: i8| {
        let value = value.into() - input;
        let scaled = if value >= 0 {
            identity.apply(value)
        } else {
            sloped.apply(value.wrapping_mul(i32::from(slope) - slopes))
        };
        T::saturate(scaled.wrapping_add(output))
    })
}

fn check_elu(operator: &Operator) -> Result<(), Fault> {
    check_rescaling(operator)?;
    // A table of all results, a byte each.
    Ok(())
}

fn prepare_elu(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [input, output] = [from(operator, 0), to(operator)];
    let steps_per_unit = 1.0 / output.scale;
    let table: &mut [u8] = bytemuck::cast_slice_mut(constants);
    for (value, entry) in (0..=255_u8).zip(table) {
        let real = input.scale * (i32::from(value as i8) - input.zero_point) as f32;
        let elu = if real < 0.0 {
            libm::expf(real) - 1.0
        } else {
            real
        };
        let steps = libm::roundf(elu * steps_per_unit);
        *entry = i8::saturate((steps + output.zero_point as f32) as i32) as u8;
    }
    Some(false)
}

fn run_elu(run: &mut Run) -> Option<()> {
    let table: &[u8] = bytemuck::cast_slice(run.memory.constants);
    let table: &[u8; 256] = table.first_chunk()?;
    map(run, |value: u8| table[usize::from(value)])
}

//! QUANTIZE and DEQUANTIZE: between real numbers and quantised ones, and between quantisations.

use super::*;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, UINT8};
use crate::kernels::quantisation::quantise;

macro_rules! requantise {
    ($($name:ident: $from:ident $from_type:ident, $to:ident $to_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            Registration {
                needs: words::<2>,
prepare: prepare_rescaling,
                ..registration(
                    builtin::QUANTIZE,
                    VERSIONS,
                    Types::<$from_type, $to_type>::UNARY,
                    check_rescaling,
                    rescale::<$from, $to>,
                )
            }
        })*
    };
}

requantise! {
    int8_to_int8: i8 INT8, i8 INT8;
    int8_to_uint8: i8 INT8, u8 UINT8;
    int8_to_int16: i8 INT8, i16 INT16;
    int8_to_int32: i8 INT8, i32 INT32;
    uint8_to_int8: u8 UINT8, i8 INT8;
    int16_to_int8: i16 INT16, i8 INT8;
    int16_to_int16: i16 INT16, i16 INT16;
    int16_to_int32: i16 INT16, i32 INT32;
    int32_to_int8: i32 INT32, i8 INT8;
    int32_to_int16: i32 INT32, i16 INT16;
}

macro_rules! quantise {
    ($($name:ident: $to:ident $to_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                builtin::QUANTIZE,
                VERSIONS,
                Types::<FLOAT32, $to_type>::UNARY,
                check_quantise,
                run_quantise::<$to>,
            )
        })*
    };
}

quantise! {
    float32_to_int8: i8 INT8;
    float32_to_int16: i16 INT16;
}

macro_rules! dequantise {
    ($($name:ident: $from:ident $from_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                builtin::DEQUANTIZE,
                VERSIONS,
                Types::<$from_type, FLOAT32>::UNARY,
                check_dequantise,
                dequantise::<$from>,
            )
        })*
    };
}

dequantise! {
    int8_to_float32: i8 INT8;
    uint8_to_float32: u8 UINT8;
    int16_to_float32: i16 INT16;
}

fn check_rescaling(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    expect_to(operator)?;
    Ok(())
}

fn prepare_rescaling(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let from = f64::from(from(operator, 0).scale);
    let to = f64::from(to(operator).scale);
    store(constants, [Multiplier::from_real(from / to)])
}

fn rescale<T: Quantised, U: Quantised>(run: &mut Run) -> Option<()> {
    /// 1.
    const IDENTITY: Multiplier = Multiplier {
        multiplier: 1 << 30,
        shift: 1,
    };
    let [multiplier] = load(run.memory.constants)?;
    let input = from(run.operator, 0).zero_point;
    let output = to(run.operator).zero_point;
    // Between bytes, as at the border of most models, often only the zero point changes.
    if multiplier == IDENTITY && size_of::<T>() + size_of::<U>() == 2 {
        let shift = output.wrapping_sub(input);
        return map(run, |value: T| U::saturate(value.into() + shift));
    }
    map(run, |value: T| {
        let scaled = multiplier.apply(value.into().wrapping_sub(input));
        U::saturate(scaled.wrapping_add(output))
    })
}

fn check_quantise(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_to(operator)?;
    Ok(())
}

fn run_quantise<T: Quantised>(run: &mut Run) -> Option<()> {
    let Quantisation { scale, zero_point } = to(run.operator);
    map(run, |real| T::saturate(quantise(real, scale, zero_point)))
}

fn check_dequantise(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    Ok(())
}

fn dequantise<T: Quantised>(run: &mut Run) -> Option<()> {
    let Quantisation { scale, zero_point } = from(run.operator, 0);
    // TensorFlow Lite Micro multiplies in double precision. Both factors are exact here, so that
    // the product is rounded once as well.
    map(run, |value: T| scale * (value.into() - zero_point) as f32)
}

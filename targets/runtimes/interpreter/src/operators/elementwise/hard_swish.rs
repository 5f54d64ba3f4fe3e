//! HARD_SWISH: x * min(max(x + 3, 0), 6) / 6.

use super::*;
use crate::file::schema::builtin::HARD_SWISH;
use crate::file::schema::tensor_type::{FLOAT32, INT8};

pub(crate) const fn float32() -> Registration {
    registration(
        HARD_SWISH,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::UNARY,
        check_float,
        |run| {
            map(run, |value: f32| {
                // Written so that what isn't a number counts as 0, as in the reference.
                let gate = if 0.0 < value + 3.0 { value + 3.0 } else { 0.0 };
                let gate = if gate < 6.0 { gate } else { 6.0 };
                value * gate / 6.0
            })
        },
    )
}

pub(crate) const fn int8() -> Registration {
    Registration {
        needs: words::<4>,
        prepare,
        ..registration(HARD_SWISH, VERSIONS, Types::<INT8, INT8>::UNARY, check, run)
    }
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    Ok(())
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    expect_to(operator)?;
    Ok(())
}

/// The multipliers from 128 times the input to the output and to the gate, in which 3 is 2^15.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let input = from(operator, 0).scale / 128.0;
    let to_output = Multiplier::from_real((input / to(operator).scale).into());
    let to_gate = Multiplier::from_real((input / (3.0 / 32768.0)).into());
    store(
        constants,
        [
            to_output.filter(|multiplier| multiplier.shift <= 0),
            to_gate,
        ],
    )
}

/// The nearest 16-bit multiplier.
fn narrowed(multiplier: i32) -> i16 {
    if multiplier >= i32::MAX - (1 << 15) {
        return i16::MAX;
    }
    ((multiplier + (1 << 15)) >> 16) as i16
}

/// The high half of 2·a·b, rounded to nearest, ties upwards; saturated.
fn high_multiply(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + (1 << 14)) >> 15;
    product.min(i16::MAX.into()) as i16
}

/// The high half of 2·a·b, rounded towards zero; saturated.
fn truncating_high_multiply(a: i16, b: i16) -> i16 {
    let product = i32::from(a) * i32::from(b) / (1 << 15);
    product.min(i16::MAX.into()) as i16
}

fn saturating_shift_left(value: i16, amount: u32) -> i16 {
    let shifted = i64::from(value) << amount.min(31);
    shifted.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// `value` / 2^`exponent`, rounded to nearest, ties away from zero. Exponents from 16 on give 1
/// for what isn't negative and -1 for what is, as gemmlowp's definition does.
fn rounding_shift_right(value: i16, exponent: u32) -> i16 {
    if exponent > 15 {
        return if value < 0 { -1 } else { 1 };
    }
    let mask = ((1_i32 << exponent) - 1) as i16;
    let threshold = (mask >> 1) + i16::from(value < 0);
    (value >> exponent) + i16::from(value & mask > threshold)
}

fn run(run: &mut Run) -> Option<()> {
    let input = from(run.operator, 0).zero_point;
    let output = to(run.operator).zero_point;
    let [to_output, to_gate] = load(run.memory.constants)?;
    let output_factor = narrowed(to_output.multiplier);
    let output_shift = to_output.shift.unsigned_abs().into();
    let gate_factor = narrowed(to_gate.multiplier);
    i8::map(run, &|value| {
        let value = ((i32::from(value) - input) * 128) as i16;
        let scaled = high_multiply(value, output_factor);
        // The gate from -1 to 1, saturated by the last doubling alone.
        let exponent = i32::from(to_gate.shift);
        let left = exponent.max(0) as u32;
        let mut gate = value;
        if left > 0 {
            gate = saturating_shift_left(gate, left - 1);
        }
        gate = high_multiply(gate, gate_factor);
        if left > 0 {
            gate = saturating_shift_left(gate, 1);
        } else if exponent < 0 {
            gate = rounding_shift_right(gate, exponent.unsigned_abs());
        }
        // From 0 to 1.
        let gate = ((i32::from(gate) + (1 << 15)) >> 1) as i16;
        let product = truncating_high_multiply(gate, scaled);
        let product = rounding_shift_right(product, output_shift);
        i8::saturate(product.wrapping_add(output as i16).into())
    })
}

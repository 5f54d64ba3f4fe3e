//! LOG_SOFTMAX along the last dimension.

use super::*;
use crate::file::schema::builtin::LOG_SOFTMAX;
use crate::file::schema::tensor_type::{FLOAT32, INT8};
use crate::kernels::SoftmaxScale;
use crate::kernels::fixed_point::{
    exp_on_negative_values, reciprocal_of_one_plus, rounding_half_sum, rounding_shift_far_right,
    saturating_shift_left,
};
use crate::kernels::float::exp;
use crate::kernels::quantisation::{rounding_high_multiply, rounding_shift_right};
use crate::operators::softmax::rows;

pub(crate) const fn float32() -> Registration {
    registration(
        LOG_SOFTMAX,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::UNARY,
        check_float,
        run_float,
    )
}

pub(crate) const fn int8() -> Registration {
    Registration {
        needs: words::<5>,
        prepare,
        ..registration(
            LOG_SOFTMAX,
            VERSIONS,
            Types::<INT8, INT8>::UNARY,
            check,
            run,
        )
    }
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    let input = operator.input(0).shape();
    if input.rank() == 0 {
        return Err(operator.shape_error("input"));
    }
    if input != operator.output(0).shape() {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// Length of the rows, at least 1.
fn depth(operator: &Operator) -> Option<usize> {
    Some(operator.input(0).shape().last().max(1))
}

fn run_float(run: &mut Run) -> Option<()> {
    let depth = depth(run.operator)?;
    let (input, output) = run.unary::<f32, f32>()?;
    for (input, output) in rows(depth, input, output) {
        let max = input.iter().copied().fold(f32::MIN, f32::max);
        let sum = input.iter().fold(0.0, |sum, value| sum + exp(value - max));
        let log_sum = libm::logf(sum);
        for (output, &value) in output.iter_mut().zip(input) {
            *output = value - max - log_sum;
        }
    }
    Some(())
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_float(operator)?;
    expect_from(operator, 0)?;
    let output = expect_to(operator)?;
    if output.scale != 1.0 / 16.0 || output.zero_point != 127 {
        return Err(operator.quantisation_error("output"));
    }
    Ok(())
}

/// Multiplier, shift and smallest difference as those of a softmax, then multiplier and shift back
/// from fixed point to the input's scale.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let scale = SoftmaxScale::new(1.0, from(operator, 0).scale)?;
    let unit = f64::from(1_u32 << (31 - scale.left_shift).clamp(0, 31));
    let back = quantised::below_one(unit / f64::from(scale.multiplier))?;
    let words = [
        scale.multiplier,
        scale.left_shift,
        scale.difference_min,
        back.multiplier,
        back.shift.into(),
    ];
    for (to, from) in constants.iter_mut().zip(words) {
        *to = from as u32;
    }
    Some(false)
}

fn run(run: &mut Run) -> Option<()> {
    let depth = depth(run.operator)?;
    let constants: &[u32; 5] = run.memory.constants.first_chunk()?;
    let [multiplier, left_shift, difference_min, back, back_shift] =
        constants.map(|word| word as i32);
    let (input, output) = run.unary::<i8, i8>()?;
    for (input, output) in rows(depth, input, output) {
        let max = input.iter().copied().max().unwrap_or(i8::MIN);
        let difference = |value: i8| i32::from(value) - i32::from(max);
        // In Q5.
        let scaled = |difference: i32| {
            rounding_high_multiply(difference.wrapping_shl(left_shift as u32), multiplier)
        };
        let exps = input.iter().map(|&value| difference(value));
        let exps = exps.filter(|&difference| difference >= difference_min);
        let sum = exps.fold(0_i32, |sum, difference| {
            let exp = exp_on_negative_values(scaled(difference), 5);
            sum.wrapping_add(rounding_shift_right(exp, 12))
        });
        let log_sum = log_in_q5(sum);
        let smallest = log_sum.wrapping_add(i32::MIN);
        let smallest = rounding_high_multiply(smallest, back);
        let smallest = rounding_shift_far_right(smallest, back_shift.unsigned_abs());
        let smallest = smallest.max(difference_min - 1);
        for (output, &value) in output.iter_mut().zip(input) {
            let difference = difference(value);
            *output = if difference > smallest {
                let log = scaled(difference).wrapping_sub(log_sum);
                i8::saturate(rounding_shift_right(log, 22) + 127)
            } else {
                i8::MIN
            };
        }
    }
    Some(())
}

/// ln(`value`) in Q5 for a `value` >= 1 in Q12: that of a mantissa around 1 by a rational
/// approximation, and as many ln 2 as it was shifted.
fn log_in_q5(value: i32) -> i32 {
    const INPUT_BITS: i32 = 12;
    /// Integer bits of the sum, one more than those of the result.
    const SUM_BITS: u32 = 6;
    const LN_2: i32 = 1_488_522_236;
    const FOURTH_ROOT_OF_HALF: i32 = 1_805_811_301;
    const ROOT_OF_HALF: i32 = 1_518_500_250;
    const QUARTER: i32 = 1 << (29 - SUM_BITS);
    const ALPHA_N: i32 = 117_049_297;
    const ALPHA_D: i32 = 127_690_142;
    const ALPHA_I: i32 = 1_057_819_769;
    const ALPHA_F: i32 = 638_450_708;
    let multiply = rounding_high_multiply;
    let shift_left = |value, exponent| match exponent {
        0 => value,
        exponent => saturating_shift_left(value, exponent),
    };
    let power = |bits: i32| saturating_shift_left(bits, 31 - SUM_BITS);
    // Two candidates for the mantissa, half an octave apart.
    let zeros = value.leading_zeros();
    let mantissa = shift_left(value, zeros.saturating_sub(1).min(30));
    let mantissa = shift_left(multiply(mantissa, ROOT_OF_HALF), 1);
    let power_of_it = power(INPUT_BITS - zeros as i32).saturating_add(QUARTER);
    let other_zeros = multiply(value, ROOT_OF_HALF)
        .leading_zeros()
        .saturating_sub(1);
    let other = shift_left(value, other_zeros.min(30));
    let power_of_other = power(INPUT_BITS - other_zeros as i32).saturating_sub(QUARTER);
    let r = mantissa.min(other);
    let power = power_of_it.max(power_of_other);
    let p = rounding_half_sum(r, FOURTH_ROOT_OF_HALF);
    let q = r.wrapping_sub(FOURTH_ROOT_OF_HALF);
    let q = q.wrapping_add(q);
    let square = multiply(q, q);
    let numerator = multiply(q, r).wrapping_add(multiply(multiply(q, square), ALPHA_N));
    let sum = ALPHA_I
        .wrapping_add(q)
        .wrapping_add(multiply(ALPHA_D, square));
    let denominator = multiply(p, sum).wrapping_add(multiply(ALPHA_F, q));
    let numerator = rounding_shift_right(numerator, SUM_BITS);
    let fraction = multiply(numerator, reciprocal_of_one_plus(denominator));
    saturating_shift_left(multiply(power, LN_2).wrapping_add(fraction), 1)
}

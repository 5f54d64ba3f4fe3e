//! SignalWindow, SignalFftAutoScale and SignalEnergy: before and after a transform.

use super::super::{Registration, Typed};
use super::{
    custom, elements, expect_arity, expect_option, expect_result, expect_scalar, expect_vector,
    half, length, option, size,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT16, INT32, UINT32};
use crate::model::operator::Operator;
use crate::run::{Place, Run};

const INT16_INPUT: &[Typed] = &[Typed::Input(0, INT16)];

/// Products with a window, shifted to the right.
pub(in super::super) const fn window() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT16),
        Typed::Input(1, INT16),
        Typed::Output(0, INT16),
    ];
    custom("SignalWindow", TYPES, check_window, run_window)
}

/// Shifted to the left as far as no element overflows.
pub(in super::super) const fn auto_scale() -> Registration {
    custom("SignalFftAutoScale", INT16_INPUT, check_scale, run_scale)
}

/// Squares of the amounts of complex numbers.
pub(in super::super) const fn energy() -> Registration {
    custom("SignalEnergy", INT16_INPUT, check_energy, run_energy)
}

/// The option `shift` of SignalWindow.
const SHIFT: usize = 0;
/// The options of SignalEnergy.
const END: usize = 0;
const START: usize = 1;

fn check_window(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 2, 1)?;
    expect_option(operator, SHIFT, 0..=31, "shift")?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    let weights = operator.input(1).shape();
    expect_vector(operator, 1, weights.elements(), "weights")?;
    if input.shape() != output.shape() || input.shape().rank() == 0 {
        return Err(operator.shape_error("output"));
    }
    if input.shape().elements().checked_rem(weights.elements()) != Some(0) {
        return Err(operator.shape_error("weights"));
    }
    Ok(())
}

fn run_window(run: &mut Run) -> Option<()> {
    let shift = option(run.operator, SHIFT) & 31;
    let (inputs, output) = run.output()?;
    let (values, weights) = (inputs.bytes(0)?, inputs.bytes(1)?);
    let mut weight = 0;
    for (index, to) in elements(output).enumerate() {
        if weight * 2 == weights.len() {
            weight = 0;
        }
        let product = i32::from(half(values, index)?) * i32::from(half(weights, weight)?);
        let product = (product >> shift).clamp(i16::MIN.into(), i16::MAX.into());
        *to = (product as i16).to_le_bytes();
        weight += 1;
    }
    Some(())
}

fn check_scale(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 1, 2)?;
    operator.input(0).expect_arena()?;
    expect_result(operator, 0, INT16, length(operator)?)?;
    expect_scalar(operator, 1, INT32)
}

fn run_scale(run: &mut Run) -> Option<()> {
    let (inputs, [output, bits]) = run.borrow([Place::Output(0), Place::Output(1)])?;
    let values = inputs.bytes(0)?;
    let mut largest = 0_i16;
    for index in 0..values.len() / 2 {
        // The amount of the smallest number is that number itself, as in the reference.
        let value = half(values, index)?;
        if value > largest {
            largest = value;
        } else if -i32::from(value) > largest.into() {
            largest = value.wrapping_neg();
        }
    }
    // Zeros alone aren't shifted.
    let free = match largest {
        0 => 0,
        _ => i32::from(largest).leading_zeros().saturating_sub(17),
    };
    for (index, to) in elements(output).enumerate() {
        *to = half(values, index)?.wrapping_shl(free).to_le_bytes();
    }
    *bits.first_chunk_mut()? = free.to_le_bytes();
    Some(())
}

fn check_energy(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 1, 1)?;
    operator.input(0).expect_arena()?;
    let output = operator.output(0).shape();
    expect_result(operator, 0, UINT32, output.elements())?;
    let most = output.elements().min(length(operator)? / 2);
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    expect_option(operator, END, i32::MIN..=most, "end index")?;
    expect_option(operator, START, 0..=i32::MAX, "start index")
}

fn run_energy(run: &mut Run) -> Option<()> {
    let range = size(run.operator, START)..size(run.operator, END);
    let (inputs, output) = run.output()?;
    let values = inputs.bytes(0)?;
    for (index, to) in elements(output).enumerate() {
        // Others are left out of the reference's output; here they are 0.
        let mut energy = 0_i32;
        if range.contains(&index) {
            for part in [2 * index, 2 * index + 1] {
                let part = i32::from(half(values, part)?);
                energy = energy.wrapping_add(part.wrapping_mul(part));
            }
        }
        *to = energy.to_le_bytes();
    }
    Some(())
}

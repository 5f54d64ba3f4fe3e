//! SVDF: singular value decomposition filters over time.
//!
//! Each filter makes a number of the input, keeps it with those of the steps before in a row of the
//! state, a variable, and weighs the row. Neighbouring filters, as many as the rank, are summed to
//! an element of the output.

use bytemuck::Pod;

use super::super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32};
use crate::file::schema::{builtin, svdf as field};
use crate::kernels::Multiplier;
use crate::kernels::dot::Value;
use crate::kernels::products::dot_float32;
use crate::model::operator::Operator;
use crate::run::{Place, Run};

/// Inputs.
const INPUT: usize = 0;
const FEATURES: usize = 1;
const TIME: usize = 2;
const BIAS: usize = 3;
const STATE: usize = 4;

const VERSIONS: i32 = 4;

macro_rules! types {
    ($value:ident, $state:ident) => {
        &[
            Typed::Input(0, $value),
            Typed::Input(1, $value),
            Typed::Input(2, $state),
            Typed::Input(4, $state),
            Typed::Output(0, $value),
        ]
    };
}

const fn integer(types: &'static [Typed], run: fn(&mut Run) -> Option<()>) -> Registration {
    Registration {
        needs: needs_integer,
        prepare,
        ..registration(builtin::SVDF, VERSIONS, types, check_integer, run)
    }
}

pub(in super::super) const fn int8() -> Registration {
    integer(types!(INT8, INT8), |run| {
        run_integer(run, |it| it as i8, |raw: &[u8; 1]| i8::from_le_bytes(*raw))
    })
}

pub(in super::super) const fn int8_with_int16() -> Registration {
    integer(types!(INT8, INT16), |run| {
        run_integer(
            run,
            |it| it as i16,
            |raw: &[u8; 2]| i16::from_le_bytes(*raw),
        )
    })
}

pub(in super::super) const fn float32() -> Registration {
    Registration {
        needs,
        ..registration(
            builtin::SVDF,
            VERSIONS,
            types!(FLOAT32, FLOAT32),
            check_float,
            run_float,
        )
    }
}

/// How many there are of what.
#[derive(Clone, Copy)]
struct Sizes {
    batches: usize,
    inputs: usize,
    filters: usize,
    /// Length of a row of the state.
    memory: usize,
    rank: usize,
}

impl Sizes {
    fn of(operator: &Operator) -> Option<Self> {
        let [batches, inputs] = operator.input(INPUT).shape().exactly()?;
        let [filters, memory] = operator.input(TIME).shape().exactly()?;
        let rank = operator.size_option(field::RANK, 0);
        Some(Self {
            batches,
            inputs,
            filters,
            memory,
            rank,
        })
    }

    fn units(&self) -> Option<usize> {
        let units = self.filters.checked_div(self.rank)?;
        (units.checked_mul(self.rank) == Some(self.filters)).then_some(units)
    }
}

fn check(operator: &Operator, bias: u8) -> Result<(), Fault> {
    operator.expect_arity(5..=5, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let sizes = Sizes::of(operator).ok_or(operator.shape_error("input"))?;
    let units = sizes.units().ok_or(operator.option_error("rank"))?;
    let row = sizes.memory.checked_mul(sizes.filters);
    let row = row.ok_or(operator.shape_error("weights of time"))?;
    if sizes.memory == 0 {
        return Err(operator.shape_error("weights of time"));
    }
    for (at, shape, name) in [
        (
            FEATURES,
            [sizes.filters, sizes.inputs],
            "weights of features",
        ),
        (STATE, [sizes.batches, row], "state"),
    ] {
        if operator.input(at).shape().exactly() != Some(shape) {
            return Err(operator.shape_error(name));
        }
    }
    if operator.output(0).shape().exactly() != Some([sizes.batches, units]) {
        return Err(operator.shape_error("output"));
    }
    operator.input(INPUT).expect_arena()?;
    for at in [FEATURES, TIME] {
        let weights = operator.input(at);
        weights.expect_constant(weights.type_number())?;
    }
    let state = operator.input(STATE);
    state.expect_arena()?;
    if !state.is_variable() {
        return Err(operator.option_error("state that is not a variable"));
    }
    if let Some(biases) = operator.optional_input(BIAS) {
        biases.expect_constant(bias)?;
        if biases.shape().exactly() != Some([units]) {
            return Err(operator.shape_error("biases"));
        }
    }
    Ok(())
}

fn check_float(operator: &Operator) -> Result<(), Fault> {
    check(operator, FLOAT32)?;
    if (0..=field::SIGN_BIT).contains(&operator.option(field::ACTIVATION, 0_i8)) {
        return Ok(());
    }
    Err(operator.option_error("fused activation"))
}

/// The fused activation of integers has no effect, as in TensorFlow Lite Micro: the output's
/// quantisation has it.
fn check_integer(operator: &Operator) -> Result<(), Fault> {
    check(operator, INT32)?;
    for tensor in [INPUT, FEATURES, TIME, STATE].map(|at| operator.input(at)) {
        tensor.expect_quantisation()?;
    }
    operator.output(0).expect_quantisation()?;
    let scale = |at| operator.input(at).quantisation().scale;
    if operator.optional_input(BIAS).is_some() {
        let product = scale(STATE) * scale(TIME);
        let difference = f64::from(scale(BIAS)) - f64::from(product);
        if difference.abs() >= 1e-5 || difference.is_nan() {
            return Err(operator.quantisation_error("biases"));
        }
    }
    Ok(())
}

fn needs(operator: &Operator) -> Needs {
    let Some(sizes) = Sizes::of(operator) else {
        return Needs::default();
    };
    let row = sizes.inputs.wrapping_add(sizes.memory);
    Needs {
        weights: sizes.filters.wrapping_mul(row),
        biases: sizes.units().unwrap_or(0),
        uses: sizes.batches,
        ..Needs::default()
    }
}

fn needs_integer(operator: &Operator) -> Needs {
    Needs {
        constants: 4,
        ..needs(operator)
    }
}

/// Multiplier and shift from products with the input to the state, and from the state to the
/// output. Scales are multiplied and divided in single precision.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let [input, features, time, state] =
        [INPUT, FEATURES, TIME, STATE].map(|at| operator.input(at).quantisation().scale);
    let output = operator.output(0).quantisation().scale;
    let scales = [input * features / state, state * time / output];
    for (words, scale) in constants.as_chunks_mut::<2>().0.iter_mut().zip(scales) {
        let multiplier = Multiplier::from_real(scale.into())?;
        let shift = i32::from(multiplier.shift);
        *words = [multiplier.multiplier as u32, shift as u32];
    }
    Some(false)
}

fn run_integer<S: Pod + Into<i32>, const BYTES: usize>(
    run: &mut Run,
    wrap: impl Fn(i32) -> S,
    read: impl Fn(&[u8; BYTES]) -> S,
) -> Option<()> {
    let operator = run.operator;
    let (scales, _) = run.memory.constants.as_chunks::<2>();
    let [for_state, for_output] = scales.first_chunk()?.map(|[multiplier, shift]| Multiplier {
        multiplier: multiplier as i32,
        shift: shift as i8,
    });
    let zero_point = |at| operator.input(at).quantisation().zero_point;
    let input_offset = zero_point(INPUT).wrapping_neg();
    let state_zero = zero_point(STATE);
    let output_zero = operator.output(0).quantisation().zero_point;
    let half = 1_i32 << (8 * BYTES - 1);
    let feature = |weights: &[i8], values: &[i8]| {
        let sum = Value::dot(0, (weights, 0), (values, input_offset));
        // Not `clamp`, which could panic for all the compiler knows.
        let scaled = for_state.apply(sum as i32).max(-half).min(half - 1);
        wrap(scaled.wrapping_add(state_zero))
    };
    let weigh = |sum: i32, weights: &[[u8; BYTES]], row: &[S]| {
        let products = weights.iter().zip(row).map(|(weight, &value)| {
            let weight: i32 = read(weight).into();
            weight.wrapping_mul(value.into().wrapping_sub(state_zero))
        });
        products.fold(sum, i32::wrapping_add)
    };
    let finish = |sum| {
        let scaled = for_output.apply(sum).wrapping_add(output_zero);
        scaled.clamp(-128, 127) as i8
    };
    let biases = operator.optional_input(BIAS).map(|it| it.integers());
    let bias = |unit| biases.and_then(|it| it.get(unit)).unwrap_or(0);
    let weights = operator.input(TIME).data().as_chunks().0;
    run_any(run, weights, bias, feature, weigh, finish)
}

fn run_float(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let feature = |weights: &[f32], values: &[f32]| dot_float32(0.0, weights, values);
    let weigh = |sum: f32, weights: &[f32], row: &[f32]| sum + dot_float32(0.0, weights, row);
    let activation = operator.option(field::ACTIVATION, 0_i8);
    let [low, high] = operator.float_bounds(field::ACTIVATION);
    let finish = |sum: f32| match activation {
        0 => sum,
        field::RELU => sum.max(0.0),
        field::TANH => libm::tanhf(sum),
        field::SIGN_BIT => f32::from(u8::from(sum.is_sign_negative())),
        // What is no number becomes the upper bound, as in the reference.
        _ => sum.min(high).max(low),
    };
    let biases = operator
        .optional_input(BIAS)
        .map_or(&[] as &[f32], |it| it.floats());
    let bias = |unit: usize| biases.get(unit).copied().unwrap_or(0.0);
    run_any(
        run,
        operator.input(TIME).floats(),
        bias,
        feature,
        weigh,
        finish,
    )
}

/// `feature` makes a number of weights and inputs, `weigh` adds to a sum what weights and a row of
/// the state give.
fn run_any<T: Pod, W, S: Pod, A: Copy>(
    run: &mut Run,
    weights: &[W],
    bias: impl Fn(usize) -> A,
    feature: impl Fn(&[T], &[T]) -> S,
    weigh: impl Fn(A, &[W], &[S]) -> A,
    finish: impl Fn(A) -> T,
) -> Option<()> {
    let sizes = Sizes::of(run.operator)?;
    let places = [Place::Output(0), Place::Input(STATE)];
    let (inputs, [output, state]) = run.borrow(places)?;
    let (values, features) = (inputs.get::<T>(INPUT)?, inputs.get::<T>(FEATURES)?);
    let output = bytemuck::try_cast_slice_mut::<u8, T>(output).ok()?;
    let state = bytemuck::try_cast_slice_mut::<u8, S>(state).ok()?;
    let mut rows = state.chunks_exact_mut(sizes.memory.max(1));
    let outputs = output.chunks_exact_mut(sizes.units()?.max(1));
    for (batch, output) in outputs.enumerate() {
        let values = values.get(batch.wrapping_mul(sizes.inputs)..)?;
        let values = values.get(..sizes.inputs)?;
        let mut filters = 0..sizes.filters;
        for (unit, output) in output.iter_mut().enumerate() {
            let mut sum = bias(unit);
            for filter in filters.by_ref().take(sizes.rank) {
                let features = features.get(filter.wrapping_mul(sizes.inputs)..)?;
                let row = rows.next()?;
                let mut newer = feature(features.get(..sizes.inputs)?, values);
                for value in row.iter_mut().rev() {
                    core::mem::swap(value, &mut newer);
                }
                let weights = weights.get(filter.wrapping_mul(sizes.memory)..)?;
                sum = weigh(sum, weights.get(..sizes.memory)?, row);
            }
            *output = finish(sum);
        }
    }
    Some(())
}

//! UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and layer normalisation.
//!
//! A step takes an input and the hidden state to four gates, with which it renews the cell state
//! and the hidden state, which is the output:
//!
//! cell = forget · cell + input · tanh(candidate), hidden = output · tanh(cell)
//!
//! Hidden and cell state are variables. Each row of a batch has its own, so that the order of rows
//! and steps doesn't matter.

mod arithmetic;

use bytemuck::Pod;

use self::arithmetic::{Float, Gates, Integer, Wide, prepare, prepare_wide};
use super::super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16, INT32, INT64};
use crate::file::schema::{builtin, unidirectional_sequence_lstm as field};
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;
use crate::run::{Inputs, Place, Run};

/// Inputs: those of the operator's tensors that this module reads, each the first of four gates.
const INPUT: usize = 0;
const INPUT_WEIGHTS: usize = 1;
const RECURRENT_WEIGHTS: usize = 5;
const BIASES: usize = 12;
const HIDDEN: usize = 18;
const CELL: usize = 19;
/// Inputs that belong to variants of the operator: peepholes, projection, normalisation.
const OTHERS: [usize; 9] = [9, 10, 11, 16, 17, 20, 21, 22, 23];
const INPUTS: usize = 24;

/// The gates, in the order of their weights and biases.
const GATES: usize = 4;

const VERSIONS: i32 = 4;

macro_rules! types {
    ($value:ident, $weight:ident, $cell:ident) => {
        &[
            Typed::Input(0, $value),
            Typed::Input(2, $weight),
            Typed::Input(19, $cell),
        ]
    };
}

pub(in super::super) const fn int8() -> Registration {
    Registration {
        needs: needs_integer,
        prepare,
        ..registration(
            builtin::UNIDIRECTIONAL_SEQUENCE_LSTM,
            VERSIONS,
            types!(INT8, INT8, INT16),
            |operator| check_integer(operator, INT32),
            |run| {
                let gates = Integer::new(run)?;
                run_any(run, &gates)
            },
        )
    }
}

pub(in super::super) const fn int16() -> Registration {
    Registration {
        needs: needs_integer,
        prepare: prepare_wide,
        ..registration(
            builtin::UNIDIRECTIONAL_SEQUENCE_LSTM,
            VERSIONS,
            types!(INT16, INT8, INT16),
            |operator| check_integer(operator, INT64),
            |run| {
                let gates = Wide::new(run)?;
                run_any(run, &gates)
            },
        )
    }
}

pub(in super::super) const fn float32() -> Registration {
    Registration {
        needs,
        ..registration(
            builtin::UNIDIRECTIONAL_SEQUENCE_LSTM,
            VERSIONS,
            types!(FLOAT32, FLOAT32, FLOAT32),
            |operator| check(operator, FLOAT32),
            |run| {
                let gates = Float::new(run)?;
                run_any(run, &gates)
            },
        )
    }
}

/// How many there are of what.
#[derive(Clone, Copy)]
struct Sizes {
    batches: usize,
    steps: usize,
    /// Elements of an input.
    inputs: usize,
    /// Elements of a state, and of an output.
    units: usize,
    /// From one step to the next, and from one row of the batch to the next, in inputs.
    step: usize,
    row: usize,
}

impl Sizes {
    fn of(operator: &Operator) -> Option<Self> {
        let [first, second, inputs] = operator.input(INPUT).shape().exactly()?;
        let units = operator.input(HIDDEN).shape().get(1)?;
        let time_major = operator.option(field::TIME_MAJOR, 0_u8) != 0;
        let (batches, steps) = if time_major {
            (second, first)
        } else {
            (first, second)
        };
        let (step, row) = if time_major { (batches, 1) } else { (1, steps) };
        Some(Self {
            batches,
            steps,
            inputs,
            units,
            step,
            row,
        })
    }
}

fn expect_shape(operator: &Operator, tensor: RawTensor, shape: &[usize]) -> Result<(), Fault> {
    if tensor.shape().iter().eq(shape.iter().copied()) {
        return Ok(());
    }
    Err(operator.shape_error("weights or biases"))
}

fn check(operator: &Operator, bias: u8) -> Result<(), Fault> {
    operator.expect_arity(INPUTS..=INPUTS, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let others = OTHERS.iter();
    let mut others = others.filter_map(|&other| operator.optional_input(other));
    if others.next().is_some() {
        return Err(operator.option_error("peepholes, projection or layer normalisation"));
    }
    if operator.option(field::ACTIVATION, 0_i8) != field::TANH {
        return Err(operator.option_error("activation other than TANH"));
    }
    let [input, output] = operator.ends();
    input.expect_arena()?;
    output.expect_type(input.type_number())?;
    let state_missing = || operator.option_error("state that is left out");
    let hidden = operator.optional_input(HIDDEN).ok_or_else(state_missing)?;
    hidden.expect_type(input.type_number())?;
    let cell = operator.optional_input(CELL).ok_or_else(state_missing)?;
    for state in [hidden, cell] {
        state.expect_arena()?;
        if !state.is_variable() {
            return Err(operator.option_error("state that is not a variable"));
        }
    }
    if hidden.index == cell.index {
        return Err(operator.option_error("state that is two things at once"));
    }
    let sizes = Sizes::of(operator).ok_or(operator.shape_error("input"))?;
    let states = sizes.batches.checked_mul(sizes.units);
    for state in [hidden, cell] {
        if Some(state.shape().elements()) != states {
            return Err(operator.shape_error("state"));
        }
    }
    let [first, second, _] = input.shape().exactly().unwrap_or_default();
    if output.shape().exactly() != Some([first, second, sizes.units]) {
        return Err(operator.shape_error("output"));
    }
    let weights = operator.input(INPUT_WEIGHTS + 1).type_number();
    for gate in 0..GATES {
        let parts = [
            (INPUT_WEIGHTS, weights, &[sizes.units, sizes.inputs] as &[_]),
            (RECURRENT_WEIGHTS, weights, &[sizes.units, sizes.units]),
            (BIASES, bias, &[sizes.units]),
        ];
        for (first, kind, shape) in parts {
            let part = operator.optional_input(first + gate);
            let part = part.ok_or(operator.option_error("weights or biases that are left out"))?;
            part.expect_constant(kind)?;
            expect_shape(operator, part, shape)?;
        }
    }
    Ok(())
}

fn check_integer(operator: &Operator, bias: u8) -> Result<(), Fault> {
    check(operator, bias)?;
    for tensor in [INPUT, HIDDEN, CELL].map(|at| operator.input(at)) {
        tensor.expect_quantisation()?;
    }
    for gate in 0..GATES {
        for first in [INPUT_WEIGHTS, RECURRENT_WEIGHTS] {
            operator.input(first + gate).expect_quantisation()?;
        }
    }
    Ok(())
}

fn needs(operator: &Operator) -> Needs {
    let Some(sizes) = Sizes::of(operator) else {
        return Needs::default();
    };
    let Sizes { units, inputs, .. } = sizes;
    let biases = units.wrapping_mul(GATES);
    Needs {
        weights: biases.wrapping_mul(inputs.wrapping_add(units)),
        biases,
        uses: sizes.batches.wrapping_mul(sizes.steps),
        ..Needs::default()
    }
}

fn needs_integer(operator: &Operator) -> Needs {
    Needs {
        constants: arithmetic::WORDS,
        ..needs(operator)
    }
}

/// The weights of the four gates, row by row from a unit on.
fn rows<'t, W: Pod>(
    inputs: &Inputs<'t, '_, '_>,
    first: usize,
    length: usize,
) -> Option<[core::slice::ChunksExact<'t, W>; GATES]>
where
    'static: 't,
{
    let length = length.max(1);
    let rows = |gate| Some(inputs.get::<W>(first + gate)?.chunks_exact(length));
    Some([rows(0)?, rows(1)?, rows(2)?, rows(3)?])
}

fn run_any<G: Gates>(run: &mut Run, gates: &G) -> Option<()> {
    let sizes = Sizes::of(run.operator)?;
    let places = [Place::Output(0), Place::Input(HIDDEN), Place::Input(CELL)];
    let (inputs, [output, hidden, cell]) = run.borrow(places)?;
    let values = inputs.get::<G::Value>(INPUT)?;
    let output = bytemuck::try_cast_slice_mut::<u8, G::Value>(output).ok()?;
    let hidden = bytemuck::try_cast_slice_mut::<u8, G::Value>(hidden).ok()?;
    let cell = bytemuck::try_cast_slice_mut::<u8, G::Cell>(cell).ok()?;
    let units = sizes.units.max(1);
    let mut cells = cell.chunks_exact_mut(units);
    for (row, hidden) in hidden.chunks_exact_mut(units).enumerate() {
        let cell = cells.next()?;
        for step in 0..sizes.steps {
            let at = row * sizes.row + step * sizes.step;
            let values = values.get(at.wrapping_mul(sizes.inputs)..)?;
            let values = values.get(..sizes.inputs)?;
            let output = output.get_mut(at.wrapping_mul(units)..)?.get_mut(..units)?;
            let [mut a, mut b, mut c, mut d] = rows(&inputs, INPUT_WEIGHTS, sizes.inputs)?;
            let [mut e, mut f, mut g, mut h] = rows(&inputs, RECURRENT_WEIGHTS, units)?;
            for (unit, (output, cell)) in output.iter_mut().zip(cell.iter_mut()).enumerate() {
                let weights = [a.next(), b.next(), c.next(), d.next()];
                let recurrent = [e.next(), f.next(), g.next(), h.next()];
                let [input, forget, candidate, result] = core::array::from_fn(|gate| {
                    let weights = weights.get(gate).copied().flatten().unwrap_or(&[]);
                    let recurrent = recurrent.get(gate).copied().flatten().unwrap_or(&[]);
                    gates.gate(gate, unit, [(weights, values), (recurrent, hidden)])
                });
                *cell = gates.cell([input, forget, candidate], *cell);
                *output = gates.hidden(result, *cell);
            }
            for (hidden, output) in hidden.iter_mut().zip(output.iter()) {
                *hidden = *output;
            }
        }
    }
    Some(())
}

//! ADD of two tensors of one shape.

use super::{Needs, Registration, Typed, registration};
use crate::error::ModelError;
use crate::kernels::{Add, Kernels};
use crate::operator::Operator;
use crate::quantisation::Multiplier;
use crate::run::Run;
use crate::schema::tensor_type::INT8;
use crate::schema::{add as field, builtin};

pub(super) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    Registration {
        prepare,
        ..registration(builtin::ADD, 5, TYPES, check, run::<K>)
    }
}

fn check(operator: &Operator) -> Result<Needs, ModelError> {
    operator.expect_arity(2..=2, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let shape = operator.input(0)?.shape();
    if operator.input(1)?.shape() != shape {
        return Err(operator.shape_error("second input"));
    }
    if operator.output(0)?.shape() != shape {
        return Err(operator.shape_error("output"));
    }
    read(operator)?;
    Ok(Needs {
        constants: 6,
        ..Needs::default()
    })
}

fn read(operator: &Operator) -> Result<Add, ModelError> {
    let output = operator.output(0)?.quantisation()?;
    Ok(Add {
        input_offsets: [
            -operator.input(0)?.quantisation()?.zero_point,
            -operator.input(1)?.quantisation()?.zero_point,
        ],
        output_offset: output.zero_point,
        bounds: operator.bounds(field::ACTIVATION, output)?,
    })
}

/// Three multipliers, each followed by its shift: those of the inputs and of the output.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let a = f64::from(operator.input(0).ok()?.quantisation().ok()?.scale);
    let b = f64::from(operator.input(1).ok()?.quantisation().ok()?.scale);
    let output = f64::from(operator.output(0).ok()?.quantisation().ok()?.scale);
    let twice_max = 2.0 * a.max(b);
    let shifted = f64::from(1 << Add::LEFT_SHIFT);
    let reals = [a / twice_max, b / twice_max, twice_max / (shifted * output)];
    for (words, real) in constants.as_chunks_mut::<2>().0.iter_mut().zip(reals) {
        // TensorFlow Lite refuses factors from 1 on.
        let multiplier = Multiplier::from_real(real).filter(|m| m.shift <= 0)?;
        *words = [multiplier.multiplier as u32, multiplier.shift as u32];
    }
    Some(false)
}

fn run<K: Kernels>(run: &mut Run) -> Option<()> {
    let op = read(run.operator).ok()?;
    let (chunks, _) = run.memory.constants.as_chunks::<2>();
    let multipliers = chunks
        .first_chunk::<3>()?
        .map(|[multiplier, shift]| Multiplier {
            multiplier: multiplier as i32,
            shift: shift as i8,
        });
    let (inputs, output) = run.output()?;
    let output = bytemuck::cast_slice_mut(output);
    K::add(&op, &multipliers, [inputs.get(0)?, inputs.get(1)?], output);
    Some(())
}

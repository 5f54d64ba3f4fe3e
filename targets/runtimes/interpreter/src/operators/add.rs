//! ADD of two tensors of one shape.

use super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::kernels::{Add, Kernels, Multiplier};
use crate::operator::Operator;
use crate::run::Run;
use crate::schema::tensor_type::INT8;
use crate::schema::{add as field, builtin};
use crate::tensor::RawTensor;

pub(super) const fn int8<K: Kernels>() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, INT8),
        Typed::Input(1, INT8),
        Typed::Output(0, INT8),
    ];
    Registration {
        needs,
        prepare,
        ..registration(builtin::ADD, 5, TYPES, check, run::<K>)
    }
}

/// The inputs and the output.
fn tensors<'m>(operator: &Operator<'_, 'm>) -> [RawTensor<'m>; 3] {
    [operator.input(0), operator.input(1), operator.output(0)]
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    let tensors = tensors(operator);
    for tensor in tensors {
        tensor.expect_quantisation()?;
    }
    let [a, b, output] = tensors.map(|tensor| tensor.shape());
    if a != b {
        return Err(operator.shape_error("second input"));
    }
    if a != output {
        return Err(operator.shape_error("output"));
    }
    operator.expect_activation(field::ACTIVATION)
}

fn needs(_: &Operator) -> Needs {
    Needs {
        constants: 6,
        ..Needs::default()
    }
}

/// Three multipliers, each followed by its shift: those of the inputs and of the output.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let scales = tensors(operator).map(|tensor| f64::from(tensor.quantisation().scale));
    let [a, b, output] = scales;
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
    let [a, b, output] = tensors(run.operator).map(|tensor| tensor.quantisation());
    let op = Add {
        input_offsets: [a.zero_point.wrapping_neg(), b.zero_point.wrapping_neg()],
        output_offset: output.zero_point,
        bounds: run.operator.bounds(field::ACTIVATION, output),
    };
    let (chunks, _) = run.memory.constants.as_chunks::<2>();
    let multipliers = chunks.first_chunk::<3>()?;
    let multipliers = multipliers.map(|[multiplier, shift]| Multiplier {
        multiplier: multiplier as i32,
        shift: shift as i8,
    });
    let (inputs, output) = run.output()?;
    let inputs = [inputs.get(0)?, inputs.get(1)?];
    K::add(&op, &multipliers, inputs, bytemuck::cast_slice_mut(output));
    Some(())
}

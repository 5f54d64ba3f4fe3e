//! ADD of two int8 tensors.

use super::{check_binary, expect_options, zip};
use crate::error::Fault;
use crate::file::schema::tensor_type::INT8;
use crate::file::schema::{add as field, builtin};
use crate::kernels::{Add, Kernels, Multiplier};
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::Run;

pub(in crate::operators) const fn int8<K: Kernels>() -> Registration {
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
    check_binary(operator)?;
    expect_options(operator, field::OPTIONS_TYPE)?;
    for tensor in tensors(operator) {
        tensor.expect_quantisation()?;
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
    if run.operator.input(0).shape() != run.operator.input(1).shape() {
        return broadcast(run, &op, multipliers);
    }
    let (inputs, output) = run.output()?;
    let inputs = [inputs.get(0)?, inputs.get(1)?];
    K::add(&op, &multipliers, inputs, bytemuck::cast_slice_mut(output));
    Some(())
}

/// The sum of tensors of different shapes.
#[inline(never)]
fn broadcast(run: &mut Run, op: &Add, [a, b, output]: [Multiplier; 3]) -> Option<()> {
    let [offset_a, offset_b] = op.input_offsets;
    let [low, high] = op.bounds;
    let shifted = |value: i8, offset| (i32::from(value) + offset) << Add::LEFT_SHIFT;
    zip(run, |left: i8, right: i8| {
        let sum = a.apply(shifted(left, offset_a)) + b.apply(shifted(right, offset_b));
        let sum = output.apply(sum) + op.output_offset;
        sum.max(low).min(high) as i8
    })
}

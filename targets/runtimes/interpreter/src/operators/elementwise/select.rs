//! SELECT_V2: of two tensors the one or the other element, as a third says.

use super::*;
use crate::file::schema::builtin::SELECT_V2;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16};
use crate::model::shape::{Shape, strides};

macro_rules! select {
    ($($name:ident: $type:ty, $tensor_type:ident;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            const TYPES: &[Typed] = &[
                Typed::Input(0, BOOL),
                Typed::Input(1, $tensor_type),
                Typed::Input(2, $tensor_type),
                Typed::Output(0, $tensor_type),
            ];
            registration(SELECT_V2, VERSIONS, TYPES, check, run::<$type>)
        })*
    };
}

select! {
    float32: u32, FLOAT32;
    int8: u8, INT8;
    int16: u16, INT16;
}

/// The strides of an input that is broadcast to `dimensions`; [`None`] if it can't be.
fn broadcast(shape: &Shape, dimensions: &[usize; MAX_RANK]) -> Option<[usize; MAX_RANK]> {
    let own = shape.padded()?;
    let mut strides = strides(&own);
    for (stride, (own, dimension)) in strides.iter_mut().zip(own.into_iter().zip(dimensions)) {
        match own {
            own if own == *dimension => {}
            1 => *stride = 0,
            _ => return None,
        }
    }
    Some(strides)
}

/// The output's dimensions, and the strides of all inputs.
fn geometry(operator: &Operator) -> Option<([usize; MAX_RANK], [[usize; MAX_RANK]; 3])> {
    let output = operator.output(0).shape().padded()?;
    let mut strides = [[0; MAX_RANK]; 3];
    for (position, strides) in strides.iter_mut().enumerate() {
        let shape = operator.input(position).shape();
        *strides = broadcast(&shape, &output)?;
    }
    Some((output, strides))
}

fn check(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(3..=3, 1)?;
    for position in 0..3 {
        expect_readable(operator, position)?;
    }
    geometry(operator).ok_or(operator.shape_error("output"))?;
    Ok(())
}

fn run<T: Pod>(run: &mut Run) -> Option<()> {
    let (dimensions, strides) = geometry(run.operator)?;
    let (inputs, output) = run.output()?;
    let (condition, a, b) = (inputs.bytes(0)?, inputs.get::<T>(1)?, inputs.get::<T>(2)?);
    let output: &mut [T] = bytemuck::try_cast_slice_mut(output).ok()?;
    let mut output = output.iter_mut();
    walk(&dimensions, &strides, |[at, at_a, at_b]| {
        let chosen = match condition.get(at) {
            Some(0) => b.get(at_b),
            _ => a.get(at_a),
        };
        if let (Some(output), Some(&chosen)) = (output.next(), chosen) {
            *output = chosen;
        }
    });
    Some(())
}

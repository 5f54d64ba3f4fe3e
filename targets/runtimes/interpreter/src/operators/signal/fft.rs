//! SignalRfft and SignalIrfft along the last dimension.

use bytemuck::Pod;

use super::super::{Needs, Registration, Typed};
use super::{custom, expect_arity, expect_option, size};
use crate::error::Fault;
use crate::file::flexbuffer::Map;
use crate::file::schema::tensor_type::{FLOAT32, INT16, INT32};
use crate::kernels::fft::{self, Complex, Factors, Number};
use crate::model::operator::Operator;
use crate::run::Run;

macro_rules! registration {
    ($name:ident, $custom:literal, $type:ident, $number:ty, $check:ident, $run:expr, $backward:literal) => {
        pub(in super::super) const fn $name() -> Registration {
            Registration {
                needs: needs::<$number>,
                prepare: |operator, constants| prepare::<$number>(operator, constants, $backward),
                ..custom($custom, &[Typed::Input(0, $type)], $check, $run)
            }
        }
    };
}

registration!(
    forward_int16,
    "SignalRfft",
    INT16,
    i16,
    check_forward,
    run_forward::<i16>,
    false
);
registration!(
    forward_int32,
    "SignalRfft",
    INT32,
    i32,
    check_forward,
    run_forward::<i32>,
    false
);
registration!(
    forward_float32,
    "SignalRfft",
    FLOAT32,
    f32,
    check_forward,
    run_forward::<f32>,
    false
);
registration!(
    backward_int16,
    "SignalIrfft",
    INT16,
    i16,
    check_backward,
    run_backward::<i16>,
    true
);
registration!(
    backward_int32,
    "SignalIrfft",
    INT32,
    i32,
    check_backward,
    run_backward::<i32>,
    true
);
registration!(
    backward_float32,
    "SignalIrfft",
    FLOAT32,
    f32,
    check_backward,
    run_scaled,
    true
);

/// The option `fft_length`, behind that of the type.
const LENGTH: usize = 1;

/// Half of the length of a transform: so many complex numbers are transformed.
fn half_length(operator: &Operator) -> usize {
    size(operator, LENGTH) / 2
}

/// Words of a table of roots.
fn words<T>(half: usize) -> usize {
    fft::factors(half).saturating_mul(size_of::<Complex<T>>()) / 4
}

fn needs<T>(operator: &Operator) -> Needs {
    Needs {
        constants: words::<T>(half_length(operator)),
        ..Needs::default()
    }
}

fn prepare<T: Number + Pod>(
    operator: &Operator,
    constants: &mut [u32],
    backward: bool,
) -> Option<bool> {
    let table = bytemuck::try_cast_slice_mut(constants).ok()?;
    Factors::<T>::fill(half_length(operator), table, backward);
    Some(false)
}

/// Checks that the last dimension of the spectrum has one complex number more than half of the
/// length, and that there are as many rows on both sides.
fn check(operator: &Operator, samples: usize, spectrum: usize) -> Result<(), Fault> {
    /// Keeps the table of roots below the most constants there may be.
    const MOST: i32 = 1 << 20;
    expect_arity(operator, 1, 1)?;
    let [input, output] = operator.ends();
    let kind = input.type_number();
    output.expect_type(kind)?;
    input.expect_arena()?;
    let map = Map::root(operator.custom_options());
    let named = map.and_then(|map| map.get("T")).unwrap_or(0.0);
    if named != f64::from(kind) {
        return Err(operator.option_error("type"));
    }
    expect_option(operator, LENGTH, 4..=MOST, "length")?;
    let length = size(operator, LENGTH);
    // TensorFlow Lite Micro crashes with other lengths.
    if !length.is_multiple_of(2) || !fft::is_known(length / 2) {
        return Err(operator.option_error("length: half of it has to be a product of 2, 3 and 5"));
    }
    let ends = [input, output].map(|tensor| tensor.shape());
    let rows = ends.map(|shape| shape.elements().checked_div(shape.last()));
    if ends[0].rank() == 0 || ends[0].rank() != ends[1].rank() || ends[0].elements() == 0 {
        return Err(operator.shape_error("input"));
    }
    let lasts = ends.map(|shape| shape.last());
    let fits = lasts.get(samples).is_some_and(|&it| match samples {
        0 => it <= length,
        _ => it == length,
    });
    if !fits || lasts.get(spectrum) != Some(&(length + 2)) || rows[0] != rows[1] {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn check_forward(operator: &Operator) -> Result<(), Fault> {
    check(operator, 0, 1)
}

fn check_backward(operator: &Operator) -> Result<(), Fault> {
    check(operator, 1, 0)
}

/// The table of roots, which preparation has computed.
fn roots<'r, T: Number + Pod>(run: &Run<'r, '_, '_>, backward: bool) -> Option<Factors<'r, T>> {
    let half = half_length(run.operator);
    let table = run.memory.constants.get(..words::<T>(half))?;
    Factors::new(half, bytemuck::try_cast_slice(table).ok()?, backward)
}

fn run_forward<T: Number + Pod>(run: &mut Run) -> Option<()> {
    let factors = roots::<T>(run, false)?;
    let half = half_length(run.operator);
    let samples = run.operator.input(0).shape().last().max(1);
    let (inputs, output) = run.output()?;
    let output = bytemuck::try_cast_slice_mut::<u8, Complex<T>>(output).ok()?;
    let mut rows = output.chunks_exact_mut((half + 1).max(1));
    for samples in inputs.get::<T>(0)?.chunks_exact(samples) {
        let output = rows.next()?;
        // Zeros follow what there is.
        let input = |index: usize| samples.get(index).copied().unwrap_or_default();
        fft::forward(&factors, input, output);
    }
    Some(())
}

fn run_backward<T: Number + Pod>(run: &mut Run) -> Option<()> {
    let factors = roots::<T>(run, true)?;
    let half = half_length(run.operator);
    let (inputs, output) = run.output()?;
    let output = bytemuck::try_cast_slice_mut::<u8, Complex<T>>(output).ok()?;
    let mut rows = output.chunks_exact_mut(half.max(1));
    for spectrum in inputs.get::<Complex<T>>(0)?.chunks_exact((half + 1).max(1)) {
        let output = rows.next()?;
        fft::backward(&factors, spectrum, output);
    }
    Some(())
}

/// Float32 isn't divided by the length on the way.
fn run_scaled(run: &mut Run) -> Option<()> {
    run_backward::<f32>(run)?;
    let length = size(run.operator, LENGTH) as f32;
    let (_, output) = run.output()?;
    for value in bytemuck::try_cast_slice_mut::<u8, f32>(output).ok()? {
        *value /= length;
    }
    Some(())
}

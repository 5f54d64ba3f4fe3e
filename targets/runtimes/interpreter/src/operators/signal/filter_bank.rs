//! SignalFilterBank, SignalFilterBankSquareRoot and SignalFilterBankLog: energies by channel.

use super::super::{Registration, Typed};
use super::{
    custom, elements, expect_arity, expect_option, expect_result, expect_vector, half, length,
    option, size, word,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT16, INT32, UINT32, UINT64};
use crate::model::operator::Operator;
use crate::run::Run;

/// Weighted sums of neighbouring energies.
pub(in super::super) const fn filter_bank() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, UINT32),
        Typed::Input(1, INT16),
        Typed::Input(2, INT16),
        Typed::Input(3, INT16),
        Typed::Input(4, INT16),
        Typed::Input(5, INT16),
    ];
    custom("SignalFilterBank", TYPES, check_bank, run_bank)
}

/// Square roots, shifted to the right.
pub(in super::super) const fn square_root() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, UINT64), Typed::Input(1, INT32)];
    custom("SignalFilterBankSquareRoot", TYPES, check_root, run_root)
}

/// Natural logarithms in fixed point.
pub(in super::super) const fn log() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, UINT32)];
    custom("SignalFilterBankLog", TYPES, check_log, run_log)
}

/// The option `num_channels` of SignalFilterBank.
const CHANNELS: usize = 0;
/// The options of SignalFilterBankLog.
const CORRECTION_BITS: usize = 0;
const OUTPUT_SCALE: usize = 1;

/// Inputs of SignalFilterBank: weights of a channel, of the next one, and by channel, of which there
/// is one more than of outputs, where its energies and its weights begin, and how many they are.
const WEIGHTS: usize = 1;
const NEXT_WEIGHTS: usize = 2;
const FREQUENCIES: usize = 3;
const FIRST_WEIGHTS: usize = 4;
const WIDTHS: usize = 5;

fn check_bank(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 6, 1)?;
    expect_option(operator, CHANNELS, 1..=i32::MAX - 1, "number of channels")?;
    let channels = size(operator, CHANNELS);
    let energies = length(operator)?;
    operator.input(0).expect_arena()?;
    let weights = operator.input(WEIGHTS).shape().elements();
    for at in WEIGHTS..=WIDTHS {
        let length = operator.input(at).shape().elements();
        let enough = at <= NEXT_WEIGHTS || length > channels;
        expect_vector(operator, at, length, "weights or channels")?;
        if !enough {
            return Err(operator.shape_error("channels"));
        }
    }
    // Where the file says what is summed, nothing lies outside.
    let parts = [FREQUENCIES, FIRST_WEIGHTS, WIDTHS].map(|at| operator.input(at).data());
    let weights = weights.min(operator.input(NEXT_WEIGHTS).shape().elements());
    for channel in 0..=channels {
        let [frequency, first, width] = parts.map(|part| half(part, channel).unwrap_or(0));
        let ends = |first: i16, length: usize| {
            let end = usize::try_from(i32::from(first) + i32::from(width));
            first >= 0 && end.is_ok_and(|end| end <= length)
        };
        if width > 0 && !(ends(frequency, energies) && ends(first, weights)) {
            return Err(operator.shape_error("channels"));
        }
    }
    expect_result(operator, 0, UINT64, channels)
}

fn run_bank(run: &mut Run) -> Option<()> {
    let (inputs, output) = run.output()?;
    let [energies, weights, next_weights] = [
        inputs.bytes(0)?,
        inputs.bytes(WEIGHTS)?,
        inputs.bytes(NEXT_WEIGHTS)?,
    ];
    let (frequencies, firsts) = (inputs.bytes(FREQUENCIES)?, inputs.bytes(FIRST_WEIGHTS)?);
    let widths = inputs.bytes(WIDTHS)?;
    // The sum of a channel begins with what the one before leaves it; the first is none of the
    // outputs.
    let mut sum = 0_u64;
    let mut outputs = elements(output);
    for channel in 0.. {
        let mut next = 0_u64;
        let at = |part, offset: usize| {
            let first = usize::try_from(half(part, channel)?).ok()?;
            Some(first + offset)
        };
        for offset in 0..usize::try_from(half(widths, channel)?).unwrap_or(0) {
            let energy = at(frequencies, offset).and_then(|at| word(energies, at));
            let energy = u64::from(energy.unwrap_or(0));
            let add = |sum: u64, weights| {
                let weight = at(firsts, offset).and_then(|at| half(weights, at));
                let weight = i64::from(weight.unwrap_or(0)) as u64;
                sum.wrapping_add(weight.wrapping_mul(energy))
            };
            sum = add(sum, weights);
            next = add(next, next_weights);
        }
        if channel > 0 {
            let Some(to) = outputs.next() else {
                break;
            };
            *to = sum.to_le_bytes();
            if outputs.len() == 0 {
                break;
            }
        }
        sum = next;
    }
    Some(())
}

fn check_root(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 2, 1)?;
    let shift = operator.input(1);
    if shift.is_constant() {
        shift.expect_constant(INT32)?;
    }
    if shift.shape().rank() != 0 {
        return Err(operator.shape_error("second input"));
    }
    operator.input(0).expect_arena()?;
    expect_result(operator, 0, UINT32, length(operator)?)
}

fn run_root(run: &mut Run) -> Option<()> {
    let (inputs, output) = run.output()?;
    let shift = word(inputs.bytes(1)?, 0)?;
    let (values, _) = inputs.bytes(0)?.as_chunks();
    for (value, to) in values.iter().zip(elements(output)) {
        let root = square_root_of(u64::from_le_bytes(*value));
        *to = root.checked_shr(shift).unwrap_or(0).to_le_bytes();
    }
    Some(())
}

/// The square root, rounded to nearest; what has 32 bits has a root of 16.
fn square_root_of(value: u64) -> u32 {
    let root = value.isqrt() as u32;
    let rest = value.wrapping_sub(u64::from(root) * u64::from(root));
    let largest = if value >> 32 == 0 { 0xffff } else { u32::MAX };
    if rest > root.into() && root != largest {
        return root + 1;
    }
    root
}

fn check_log(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 1, 1)?;
    operator.input(0).expect_arena()?;
    expect_option(operator, CORRECTION_BITS, 0..=31, "input correction bits")?;
    expect_option(operator, OUTPUT_SCALE, i32::MIN..=i32::MAX, "output scale")?;
    expect_result(operator, 0, INT16, length(operator)?)
}

fn run_log(run: &mut Run) -> Option<()> {
    let bits = option(run.operator, CORRECTION_BITS) as u32 & 31;
    let scale = option(run.operator, OUTPUT_SCALE) as u32;
    let (inputs, output) = run.output()?;
    let values = inputs.bytes(0)?;
    for (index, to) in elements(output).enumerate() {
        let log = match word(values, index)? << bits {
            0 | 1 => 0,
            value => natural_log(value, scale).min(i16::MAX as u32),
        };
        *to = (log as i16).to_le_bytes();
    }
    Some(())
}

/// Binary digits of logarithms behind the point.
const LOG_BITS: u32 = 16;

/// The natural logarithm in units of 1/`scale`.
fn natural_log(value: u32, scale: u32) -> u32 {
    /// The logarithm of 2.
    const LOG_OF_2: u64 = 45_426;
    const HALF: u32 = 1 << (LOG_BITS - 1);
    let whole = value.ilog2();
    let log = (whole << LOG_BITS).wrapping_add(log2_of_fraction(value, whole));
    let log = (LOG_OF_2 * u64::from(log) + u64::from(HALF)) >> LOG_BITS;
    scale.wrapping_mul(log as u32).wrapping_add(HALF) >> LOG_BITS
}

/// The binary logarithm of `value` / 2^`whole`, from 1 to 2: a straight line and what the table says
/// to add, interpolated.
fn log2_of_fraction(value: u32, whole: u32) -> u32 {
    const SEGMENT_BITS: u32 = LOG_BITS - 7;
    let rest = value & !(1 << whole);
    let fraction = if whole < LOG_BITS {
        rest << (LOG_BITS - whole)
    } else {
        rest >> (whole - LOG_BITS)
    };
    let segment = (fraction >> SEGMENT_BITS) as usize;
    let bent = |segment| i32::from(LOG2_BEND.get(segment).copied().unwrap_or(0));
    let (from, to) = (bent(segment), bent(segment + 1));
    let within = (fraction & ((1 << SEGMENT_BITS) - 1)) as i32;
    let between = ((to - from) * within) >> LOG_BITS;
    fraction.wrapping_add((from + between) as u32)
}

/// log2(1 + n / 128) - n / 128 in units of 2^-16, rounded.
#[rustfmt::skip]
const LOG2_BEND: [u16; 129] = [
    0, 224, 442, 654, 861, 1_063, 1_259, 1_450, 1_636, 1_817, 1_992, 2_163, 2_329, 2_490, 2_646, 2_797,
    2_944, 3_087, 3_224, 3_358, 3_487, 3_611, 3_732, 3_848, 3_960, 4_068, 4_172, 4_272, 4_368, 4_460, 4_549, 4_633,
    4_714, 4_791, 4_864, 4_934, 5_001, 5_063, 5_123, 5_178, 5_231, 5_280, 5_326, 5_368, 5_408, 5_444, 5_477, 5_507,
    5_533, 5_557, 5_578, 5_595, 5_610, 5_622, 5_631, 5_637, 5_640, 5_641, 5_638, 5_633, 5_626, 5_615, 5_602, 5_586,
    5_568, 5_547, 5_524, 5_498, 5_470, 5_439, 5_406, 5_370, 5_332, 5_291, 5_249, 5_203, 5_156, 5_106, 5_054, 5_000,
    4_944, 4_885, 4_825, 4_762, 4_697, 4_630, 4_561, 4_490, 4_416, 4_341, 4_264, 4_184, 4_103, 4_020, 3_935, 3_848,
    3_759, 3_668, 3_575, 3_481, 3_384, 3_286, 3_186, 3_084, 2_981, 2_875, 2_768, 2_659, 2_549, 2_437, 2_323, 2_207,
    2_090, 1_971, 1_851, 1_729, 1_605, 1_480, 1_353, 1_224, 1_094, 963, 830, 695, 559, 421, 282, 142,
    0,
];

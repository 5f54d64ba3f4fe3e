//! LOGISTIC and TANH.

use super::*;
use crate::file::schema::builtin::{LOGISTIC, TANH};
use crate::file::schema::tensor_type::{FLOAT32, INT8, INT16};
use crate::kernels::fixed_point;
use crate::kernels::float::exp;
use crate::kernels::quantisation::rounding_shift_right;

pub(crate) const fn logistic_int8() -> Registration {
    Registration {
        needs: words::<3>,
        prepare: prepare_int8,
        ..registration(
            LOGISTIC,
            VERSIONS,
            Types::<INT8, INT8>::UNARY,
            check_logistic_int8,
            |run| {
                run_int8(run, |value| {
                    rounding_shift_right(fixed_point::logistic(value), 23) - 128
                })
            },
        )
    }
}

pub(crate) const fn tanh_int8() -> Registration {
    Registration {
        needs: words::<3>,
        prepare: prepare_int8,
        ..registration(
            TANH,
            VERSIONS,
            Types::<INT8, INT8>::UNARY,
            check_int8,
            |run| {
                run_int8(run, |value| {
                    rounding_shift_right(fixed_point::tanh(value), 24)
                })
            },
        )
    }
}

pub(crate) const fn logistic_int16() -> Registration {
    Registration {
        needs: words::<2>,
        prepare: |operator, constants| prepare_int16(operator, constants, 0),
        ..registration(
            LOGISTIC,
            VERSIONS,
            Types::<INT16, INT16>::UNARY,
            check_int16,
            |run| run_int16(run, logistic_in_q15),
        )
    }
}

pub(crate) const fn tanh_int16() -> Registration {
    Registration {
        needs: words::<2>,
        prepare: |operator, constants| prepare_int16(operator, constants, 1),
        ..registration(
            TANH,
            VERSIONS,
            Types::<INT16, INT16>::UNARY,
            check_int16,
            |run| run_int16(run, tanh_in_q15),
        )
    }
}

pub(crate) const fn logistic_float32() -> Registration {
    registration(
        LOGISTIC,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::UNARY,
        check,
        |run| map(run, logistic),
    )
}

pub(crate) const fn tanh_float32() -> Registration {
    registration(
        TANH,
        VERSIONS,
        Types::<FLOAT32, FLOAT32>::UNARY,
        check,
        |run| map(run, libm::tanhf),
    )
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    Ok(())
}

/// 1 / (1 + exp(-`value`)).
pub(crate) fn logistic(value: f32) -> f32 {
    // Beyond these the reference gives simpler terms.
    if value > 16.619_047 {
        1.0
    } else if value < -9.0 {
        exp(value)
    } else {
        1.0 / (1.0 + exp(-value))
    }
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_from(operator, 0)?;
    Ok(())
}

fn check_logistic_int8(operator: &Operator) -> Result<(), Fault> {
    if expect_to(operator)?.zero_point != -128 {
        return Err(operator.quantisation_error("output"));
    }
    check_int8(operator)
}

/// Integer bits of the argument.
const INTEGER_BITS: u32 = 4;

/// The multiplier from input to argument, and the input from which on the result is saturated.
fn prepare_int8(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let scale = from(operator, 0).scale;
    // The scale in units of the argument's last place, a float32 again, as 31 bits and a shift.
    let bits = scale.to_bits();
    let shift = (bits >> 23) as i32 - 126 + 31 - INTEGER_BITS as i32;
    let multiplier = (bits & 0x7f_ffff | 0x80_0000) << 7;
    let largest = ((1_u64 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS);
    let radius = largest >> u32::try_from(shift).ok()?.min(63);
    for (to, from) in constants
        .iter_mut()
        .zip([multiplier, shift as u32, radius as u32])
    {
        *to = from;
    }
    Some(false)
}

fn run_int8(run: &mut Run, compute: impl Fn(i32) -> i32) -> Option<()> {
    let zero_point = from(run.operator, 0).zero_point;
    let &[multiplier, shift, radius] = run.memory.constants.first_chunk()?;
    let multiplier = Multiplier {
        multiplier: multiplier as i32,
        // Nothing is multiplied if it doesn't fit: the radius is 0 then.
        shift: shift.min(30) as i8,
    };
    let radius = radius as i32;
    i8::map(run, &|value| {
        let value = i32::from(value) - zero_point;
        if value <= -radius {
            i8::MIN
        } else if value >= radius {
            i8::MAX
        } else {
            i8::saturate(compute(multiplier.apply(value)))
        }
    })
}

/// The power of two that a scale is within a thousandth of an octave.
fn log2(scale: f32) -> Option<i32> {
    let exponent = (scale.to_bits() >> 23) as i32 - 127;
    let mantissa = f32::from_bits(scale.to_bits() & 0x7f_ffff | 127 << 23);
    match mantissa {
        ..1.000_693_4 => Some(exponent),
        1.998_614_2.. => Some(exponent + 1),
        _ => None,
    }
}

fn check_int16(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    expect_symmetric(operator)?;
    if log2(expect_to(operator)?.scale) != Some(-15) {
        return Err(operator.quantisation_error("output"));
    }
    Ok(())
}

/// Factor and right shift from the input to the table's argument, in units of 1/12288. A scale of
/// 2^-12, or up to `doublings` powers of two above, needs no shift.
fn prepare_int16(operator: &Operator, constants: &mut [u32], doublings: i32) -> Option<bool> {
    let scale = from(operator, 0).scale;
    let above = log2(scale).map(|log2| log2 + 12);
    let (factor, shift) = match above.filter(|above| (0..=doublings).contains(above)) {
        Some(above) => (3 << above, 0),
        None => {
            let mut factor = f64::from(scale) * 4096.0 * 3.0;
            let mut shift = 0;
            while factor <= 32767.0 / 2.0 && shift <= 30 {
                shift += 1;
                factor *= 2.0;
            }
            (factor as i32, shift)
        }
    };
    for (to, from) in constants.iter_mut().zip([factor as u32, shift]) {
        *to = from;
    }
    Some(false)
}

fn run_int16(run: &mut Run, compute: impl Fn(i32) -> i16) -> Option<()> {
    let &[factor, shift] = run.memory.constants.first_chunk()?;
    let (factor, shift) = (factor as i32, shift & 31);
    let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
    map(run, |value: i16| {
        compute(i32::from(value).wrapping_mul(factor).wrapping_add(half) >> shift)
    })
}

/// The sigmoid at `argument`, of which a table entry spans 2^`bits`, in units of 2^-(16 + `bits`);
/// [`None`] past the table.
fn interpolate(argument: u32, bits: u32) -> Option<u32> {
    let index = (argument >> bits) as usize;
    let &[from, to] = SIGMOID.get(index..)?.first_chunk()?;
    let fraction = argument & ((1 << bits) - 1);
    Some((u32::from(from) << bits) + fraction * u32::from(to - from))
}

/// The sigmoid at `argument` / 12288, in units of 2^-15.
pub(crate) fn logistic_in_q15(argument: i32) -> i16 {
    let positive = interpolate(argument.unsigned_abs(), 9).unwrap_or(0x7fff << 10);
    let result = if argument >= 0 {
        positive + (1 << 9)
    } else {
        (1 << 25) - positive + (1 << 9) - 1
    };
    (result >> 10) as i16
}

/// The hyperbolic tangent at `argument` / 12288, in units of 2^-15.
pub(crate) fn tanh_in_q15(argument: i32) -> i16 {
    let positive = interpolate(argument.unsigned_abs(), 8).unwrap_or(0xffff << 8) as i32;
    let result = if argument >= 0 {
        positive - (1 << 23) + (1 << 7)
    } else {
        -positive + (1 << 23) + (1 << 7) - 1
    };
    (result >> 8) as i16
}

/// 1 / (1 + exp(-n / 24)) in units of 2^-16, rounded as TensorFlow Lite's table is.
#[rustfmt::skip]
const SIGMOID: [u16; 256] = [
    32_768, 33_451, 34_133, 34_813, 35_493, 36_169, 36_843, 37_513, 38_180, 38_841, 39_498, 40_149,
    40_794, 41_432, 42_064, 42_688, 43_304, 43_912, 44_511, 45_102, 45_683, 46_255, 46_817, 47_369,
    47_911, 48_443, 48_964, 49_475, 49_975, 50_464, 50_942, 51_409, 51_865, 52_311, 52_745, 53_169,
    53_581, 53_983, 54_374, 54_755, 55_125, 55_485, 55_834, 56_174, 56_503, 56_823, 57_133, 57_433,
    57_724, 58_007, 58_280, 58_544, 58_800, 59_048, 59_288, 59_519, 59_743, 59_959, 60_168, 60_370,
    60_565, 60_753, 60_935, 61_110, 61_279, 61_441, 61_599, 61_750, 61_896, 62_036, 62_172, 62_302,
    62_428, 62_549, 62_666, 62_778, 62_886, 62_990, 63_090, 63_186, 63_279, 63_368, 63_454, 63_536,
    63_615, 63_691, 63_765, 63_835, 63_903, 63_968, 64_030, 64_090, 64_148, 64_204, 64_257, 64_308,
    64_357, 64_405, 64_450, 64_494, 64_536, 64_576, 64_614, 64_652, 64_687, 64_721, 64_754, 64_786,
    64_816, 64_845, 64_873, 64_900, 64_926, 64_950, 64_974, 64_997, 65_019, 65_039, 65_060, 65_079,
    65_097, 65_115, 65_132, 65_149, 65_164, 65_179, 65_194, 65_208, 65_221, 65_234, 65_246, 65_258,
    65_269, 65_280, 65_291, 65_301, 65_310, 65_319, 65_328, 65_337, 65_345, 65_352, 65_360, 65_367,
    65_374, 65_381, 65_387, 65_393, 65_399, 65_404, 65_410, 65_415, 65_420, 65_425, 65_429, 65_433,
    65_438, 65_442, 65_445, 65_449, 65_453, 65_456, 65_459, 65_462, 65_465, 65_468, 65_471, 65_474,
    65_476, 65_479, 65_481, 65_483, 65_485, 65_488, 65_489, 65_491, 65_493, 65_495, 65_497, 65_498,
    65_500, 65_501, 65_503, 65_504, 65_505, 65_507, 65_508, 65_509, 65_510, 65_511, 65_512, 65_513,
    65_514, 65_515, 65_516, 65_517, 65_517, 65_518, 65_519, 65_520, 65_520, 65_521, 65_522, 65_522,
    65_523, 65_523, 65_524, 65_524, 65_525, 65_525, 65_526, 65_526, 65_526, 65_527, 65_527, 65_528,
    65_528, 65_528, 65_529, 65_529, 65_529, 65_529, 65_530, 65_530, 65_530, 65_530, 65_531, 65_531,
    65_531, 65_531, 65_531, 65_532, 65_532, 65_532, 65_532, 65_532, 65_532, 65_533, 65_533, 65_533,
    65_533, 65_533, 65_533, 65_533, 65_533, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534,
    65_534, 65_534, 65_534, 65_535,
];

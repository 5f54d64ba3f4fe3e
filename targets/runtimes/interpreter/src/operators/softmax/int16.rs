//! SOFTMAX along the last dimension with int16 outputs.

use super::{check_tensors, depth, rows};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT8, INT16};
use crate::file::schema::{builtin, softmax as field};
use crate::kernels::Multiplier;
use crate::kernels::fixed_point::{exp_on_negative_values, reciprocal_of_one_plus};
use crate::kernels::quantisation::{rounding_high_multiply, rounding_shift_right};
use crate::model::operator::Operator;
use crate::model::tensor::Quantisation;
use crate::operators::{Needs, Registration, Typed, registration};
use crate::run::Run;

/// From int8.
pub(in crate::operators) const fn int8() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT8), Typed::Output(0, INT16)];
    Registration {
        needs,
        prepare: super::prepare,
        ..registration(builtin::SOFTMAX, 3, TYPES, check_int8, run_int8)
    }
}

/// From int16.
pub(in crate::operators) const fn int16() -> Registration {
    const TYPES: &[Typed] = &[Typed::Input(0, INT16), Typed::Output(0, INT16)];
    Registration {
        needs,
        prepare,
        ..registration(builtin::SOFTMAX, 3, TYPES, check_int16, run_int16)
    }
}

/// Checks the tensors; the output has to have a scale within a thousandth of 1 / `steps`.
fn check(operator: &Operator, zero_point: i32, steps: f32) -> Result<(), Fault> {
    check_tensors(operator)?;
    let [input, output] = operator.ends();
    input.expect_quantisation()?;
    let found: Quantisation = output.expect_quantisation()?;
    if found.zero_point == zero_point && (found.scale * steps - 1.0).abs() <= 0.001 {
        return Ok(());
    }
    Err(operator.quantisation_error("output"))
}

fn check_int8(operator: &Operator) -> Result<(), Fault> {
    check(operator, -32_768, 65_536.0)
}

fn check_int16(operator: &Operator) -> Result<(), Fault> {
    if operator.input(0).quantisation().zero_point != 0 {
        return Err(operator.quantisation_error("input"));
    }
    check(operator, 0, 32_768.0)
}

fn needs(_: &Operator) -> Needs {
    Needs {
        constants: 3,
        ..Needs::default()
    }
}

/// As the softmax with int8 outputs, with more bits.
fn run_int8(run: &mut Run) -> Option<()> {
    /// Integer bits of the sum of exponentials.
    const SUM_INTEGER_BITS: u32 = 12;
    let depth = depth(run.operator).max(1);
    let constants: &[u32; 3] = run.memory.constants.first_chunk()?;
    let [multiplier, left_shift, difference_min] = constants.map(|word| word as i32);
    let (input, output) = run.unary::<i8, i16>()?;
    for (input, output) in rows(depth, input, output) {
        let max = input.iter().copied().max().unwrap_or(0);
        // The exponential in Q0, unless it is negligible.
        let exp = |value: i8| {
            let difference = i32::from(value) - i32::from(max);
            let scaled = difference.wrapping_shl(left_shift as u32);
            let scaled = rounding_high_multiply(scaled, multiplier);
            (difference >= difference_min).then(|| exp_on_negative_values(scaled, 5))
        };
        let exps = input.iter().filter_map(|&value| exp(value));
        let sum = exps.fold(0_i32, |sum, exp| {
            sum.wrapping_add(rounding_shift_right(exp, SUM_INTEGER_BITS))
        });
        let headroom = sum.leading_zeros();
        let mantissa = (sum as u32).wrapping_shl(headroom).wrapping_sub(1 << 31);
        let reciprocal = reciprocal_of_one_plus(mantissa as i32);
        let shift = (SUM_INTEGER_BITS + 31 - 16)
            .saturating_sub(headroom)
            .min(31);
        for (output, &value) in output.iter_mut().zip(input) {
            *output = exp(value).map_or(i16::MIN, |exp| {
                let share = rounding_high_multiply(reciprocal, exp);
                let share = rounding_shift_right(share, shift) - 32_768;
                share.clamp(i16::MIN.into(), i16::MAX.into()) as i16
            });
        }
    }
    Some(())
}

/// The multiplier from a difference of inputs to the table of exponentials, where 65535 is 10.
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let scale = f64::from(operator.input(0).quantisation().scale);
    let beta = f64::from(operator.option(field::BETA, 0.0_f32));
    let multiplier = Multiplier::from_real(scale * beta / (10.0 / 65_535.0))?;
    let words = [multiplier.multiplier as u32, multiplier.shift as u32];
    for (to, from) in constants.iter_mut().zip(words) {
        *to = from;
    }
    Some(false)
}

fn run_int16(run: &mut Run) -> Option<()> {
    let depth = depth(run.operator).max(1);
    let &[multiplier, shift] = run.memory.constants.first_chunk()?;
    let multiplier = Multiplier {
        multiplier: multiplier as i32,
        shift: shift as i8,
    };
    let (input, output) = run.unary::<i16, i16>()?;
    for (input, output) in rows(depth, input, output) {
        let max = input.iter().copied().max().unwrap_or(0);
        // Exponentials and their sum, in units of 2^-15.
        let mut sum = 0_i32;
        for (output, &value) in output.iter_mut().zip(input) {
            let difference = multiplier.apply(i32::from(value) - i32::from(max));
            *output = look_up(&EXP, difference.saturating_add(32_767));
            sum = sum.wrapping_add((*output).into());
        }
        // Its mantissa from 1 to 2, and from that the reciprocal.
        let headroom = sum.leading_zeros().max(1);
        let mantissa = ((i64::from(sum) << (headroom - 1)) + (1 << 13)) >> 14;
        let reciprocal = look_up(&RECIPROCAL, mantissa as i32 - ((1 << 15) + (1 << 16)));
        let shift = 31_u32.saturating_sub(headroom).max(1);
        for output in output {
            let product = i64::from(*output) * i64::from(reciprocal);
            let share = ((product + (1 << (shift - 1))) >> shift) as i32;
            *output = share.clamp(0, i16::MAX.into()) as i16;
        }
    }
    Some(())
}

/// A function between the entries of its table, which are 128 apart.
fn look_up(table: &[i16; 513], at: i32) -> i16 {
    let at = at.clamp(i16::MIN.into(), i16::MAX.into()) + 32_768;
    let entries = table
        .get((at >> 7) as usize..)
        .and_then(|rest| rest.first_chunk());
    let &[from, to] = entries.unwrap_or(&[0, 0]);
    let slope = i32::from(to.wrapping_sub(from));
    let delta = (slope * (at & 0x7f) + 64) >> 7;
    (i32::from(from) + delta) as i16
}

/// exp(10 (n / 512 - 1)) in units of 2^-15. Each entry is moved by half the error of the straight
/// line in the middle before the next one.
#[rustfmt::skip]
const EXP: [i16; 513] = [
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 8,
    8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 10,
    10, 10, 10, 10, 11, 11, 11, 11, 11, 12, 12, 12,
    12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15,
    16, 16, 16, 17, 17, 17, 18, 18, 18, 19, 19, 19,
    20, 20, 21, 21, 21, 22, 22, 23, 23, 24, 24, 25,
    25, 26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31,
    32, 32, 33, 34, 34, 35, 36, 36, 37, 37, 38, 39,
    40, 40, 42, 42, 43, 44, 45, 45, 46, 47, 48, 49,
    50, 51, 52, 53, 54, 55, 56, 57, 59, 60, 60, 62,
    63, 65, 65, 67, 68, 69, 71, 73, 74, 75, 77, 78,
    80, 81, 83, 85, 86, 88, 90, 92, 93, 95, 97, 99,
    101, 103, 105, 107, 109, 112, 114, 116, 118, 121, 123, 126,
    128, 131, 133, 135, 139, 141, 144, 147, 149, 152, 155, 158,
    162, 165, 168, 171, 174, 178, 181, 185, 189, 192, 196, 200,
    204, 208, 212, 217, 221, 225, 230, 234, 239, 243, 248, 253,
    258, 263, 268, 273, 279, 284, 290, 296, 302, 308, 314, 320,
    327, 333, 340, 346, 353, 360, 366, 374, 381, 389, 397, 404,
    413, 421, 429, 437, 446, 455, 464, 473, 482, 492, 501, 511,
    522, 532, 543, 553, 564, 575, 586, 598, 610, 622, 634, 646,
    659, 672, 685, 699, 713, 727, 741, 756, 771, 786, 801, 817,
    833, 850, 866, 884, 901, 919, 937, 955, 974, 993, 1_013, 1_033,
    1_053, 1_074, 1_095, 1_117, 1_139, 1_161, 1_184, 1_207, 1_232, 1_256, 1_281, 1_306,
    1_332, 1_358, 1_385, 1_412, 1_440, 1_468, 1_497, 1_527, 1_557, 1_587, 1_619, 1_651,
    1_683, 1_716, 1_750, 1_785, 1_820, 1_856, 1_892, 1_930, 1_968, 2_006, 2_046, 2_087,
    2_128, 2_170, 2_212, 2_256, 2_300, 2_346, 2_392, 2_439, 2_488, 2_537, 2_587, 2_638,
    2_690, 2_743, 2_796, 2_852, 2_908, 2_966, 3_024, 3_084, 3_145, 3_207, 3_270, 3_334,
    3_400, 3_467, 3_535, 3_605, 3_677, 3_749, 3_822, 3_898, 3_975, 4_053, 4_133, 4_214,
    4_297, 4_383, 4_469, 4_557, 4_647, 4_739, 4_833, 4_927, 5_024, 5_124, 5_225, 5_328,
    5_433, 5_541, 5_649, 5_761, 5_875, 5_991, 6_109, 6_230, 6_352, 6_477, 6_605, 6_736,
    6_868, 7_004, 7_141, 7_282, 7_427, 7_572, 7_722, 7_874, 8_030, 8_188, 8_350, 8_514,
    8_683, 8_854, 9_028, 9_206, 9_387, 9_572, 9_762, 9_954, 10_151, 10_351, 10_555, 10_763,
    10_976, 11_191, 11_412, 11_637, 11_867, 12_102, 12_341, 12_583, 12_831, 13_085, 13_342, 13_606,
    13_874, 14_148, 14_427, 14_711, 15_002, 15_297, 15_599, 15_907, 16_221, 16_541, 16_867, 17_199,
    17_539, 17_884, 18_237, 18_597, 18_964, 19_338, 19_719, 20_108, 20_505, 20_909, 21_322, 21_742,
    22_171, 22_608, 23_054, 23_509, 23_973, 24_445, 24_928, 25_419, 25_921, 26_432, 26_953, 27_485,
    28_027, 28_580, 29_143, 29_718, 30_304, 30_902, 31_512, 32_133, 32_767,
];

/// 1 / (1 + n / 512) in units of 2^-15, moved likewise.
#[rustfmt::skip]
const RECIPROCAL: [i16; 513] = [
    32_767, 32_704, 32_640, 32_578, 32_514, 32_451, 32_388, 32_326, 32_264, 32_202, 32_141, 32_079,
    32_018, 31_957, 31_896, 31_835, 31_775, 31_715, 31_655, 31_596, 31_537, 31_476, 31_418, 31_359,
    31_301, 31_242, 31_184, 31_127, 31_069, 31_011, 30_954, 30_897, 30_840, 30_784, 30_727, 30_671,
    30_615, 30_560, 30_504, 30_449, 30_394, 30_339, 30_283, 30_229, 30_175, 30_121, 30_067, 30_013,
    29_960, 29_906, 29_853, 29_800, 29_746, 29_694, 29_642, 29_589, 29_537, 29_486, 29_434, 29_382,
    29_331, 29_280, 29_229, 29_177, 29_127, 29_076, 29_026, 28_976, 28_926, 28_877, 28_827, 28_777,
    28_728, 28_679, 28_630, 28_581, 28_532, 28_484, 28_436, 28_388, 28_340, 28_292, 28_244, 28_197,
    28_150, 28_103, 28_056, 28_008, 27_962, 27_915, 27_869, 27_823, 27_777, 27_731, 27_685, 27_640,
    27_594, 27_549, 27_504, 27_459, 27_413, 27_369, 27_324, 27_280, 27_236, 27_192, 27_148, 27_104,
    27_060, 27_016, 26_973, 26_930, 26_887, 26_844, 26_801, 26_758, 26_715, 26_673, 26_630, 26_588,
    26_546, 26_504, 26_463, 26_421, 26_380, 26_338, 26_297, 26_255, 26_214, 26_174, 26_132, 26_092,
    26_051, 26_011, 25_971, 25_931, 25_891, 25_851, 25_811, 25_772, 25_732, 25_693, 25_653, 25_614,
    25_575, 25_536, 25_497, 25_458, 25_420, 25_381, 25_343, 25_305, 25_267, 25_229, 25_191, 25_153,
    25_116, 25_078, 25_041, 25_003, 24_966, 24_928, 24_892, 24_855, 24_818, 24_781, 24_745, 24_709,
    24_672, 24_636, 24_600, 24_564, 24_528, 24_492, 24_457, 24_421, 24_385, 24_350, 24_315, 24_280,
    24_245, 24_210, 24_175, 24_140, 24_105, 24_070, 24_036, 24_002, 23_967, 23_933, 23_899, 23_865,
    23_831, 23_798, 23_764, 23_730, 23_697, 23_664, 23_630, 23_597, 23_564, 23_530, 23_498, 23_465,
    23_432, 23_399, 23_366, 23_334, 23_302, 23_269, 23_237, 23_205, 23_173, 23_141, 23_109, 23_077,
    23_046, 23_014, 22_982, 22_951, 22_920, 22_888, 22_857, 22_826, 22_795, 22_764, 22_733, 22_703,
    22_672, 22_641, 22_611, 22_580, 22_550, 22_520, 22_490, 22_459, 22_429, 22_400, 22_370, 22_340,
    22_310, 22_281, 22_251, 22_221, 22_192, 22_163, 22_134, 22_104, 22_075, 22_046, 22_017, 21_988,
    21_959, 21_931, 21_902, 21_874, 21_845, 21_817, 21_788, 21_760, 21_732, 21_704, 21_676, 21_648,
    21_620, 21_592, 21_565, 21_537, 21_509, 21_482, 21_455, 21_427, 21_400, 21_372, 21_345, 21_318,
    21_291, 21_264, 21_237, 21_210, 21_183, 21_157, 21_130, 21_103, 21_077, 21_050, 21_024, 20_998,
    20_971, 20_945, 20_919, 20_893, 20_867, 20_841, 20_816, 20_790, 20_764, 20_738, 20_713, 20_687,
    20_662, 20_636, 20_611, 20_586, 20_560, 20_535, 20_510, 20_485, 20_460, 20_435, 20_410, 20_385,
    20_360, 20_336, 20_311, 20_287, 20_262, 20_238, 20_213, 20_189, 20_165, 20_141, 20_117, 20_092,
    20_068, 20_044, 20_021, 19_997, 19_973, 19_949, 19_926, 19_902, 19_878, 19_855, 19_832, 19_808,
    19_784, 19_762, 19_738, 19_715, 19_692, 19_668, 19_645, 19_622, 19_600, 19_577, 19_553, 19_531,
    19_508, 19_485, 19_463, 19_440, 19_418, 19_395, 19_373, 19_351, 19_328, 19_306, 19_284, 19_262,
    19_240, 19_218, 19_196, 19_174, 19_152, 19_130, 19_109, 19_087, 19_065, 19_044, 19_022, 19_000,
    18_979, 18_958, 18_936, 18_915, 18_893, 18_872, 18_851, 18_830, 18_809, 18_787, 18_766, 18_745,
    18_725, 18_704, 18_682, 18_662, 18_641, 18_620, 18_600, 18_579, 18_559, 18_538, 18_518, 18_497,
    18_477, 18_457, 18_436, 18_416, 18_396, 18_376, 18_356, 18_336, 18_316, 18_296, 18_276, 18_256,
    18_236, 18_216, 18_197, 18_177, 18_157, 18_138, 18_118, 18_099, 18_079, 18_059, 18_040, 18_021,
    18_001, 17_982, 17_963, 17_944, 17_924, 17_905, 17_886, 17_867, 17_848, 17_829, 17_810, 17_791,
    17_772, 17_754, 17_735, 17_716, 17_697, 17_679, 17_660, 17_641, 17_623, 17_604, 17_586, 17_568,
    17_549, 17_531, 17_513, 17_494, 17_476, 17_458, 17_440, 17_422, 17_404, 17_386, 17_368, 17_350,
    17_332, 17_314, 17_296, 17_278, 17_261, 17_243, 17_225, 17_208, 17_190, 17_172, 17_155, 17_137,
    17_120, 17_102, 17_085, 17_067, 17_050, 17_033, 17_015, 16_999, 16_981, 16_964, 16_947, 16_930,
    16_913, 16_895, 16_878, 16_862, 16_845, 16_828, 16_810, 16_794, 16_777, 16_760, 16_743, 16_727,
    16_710, 16_693, 16_677, 16_660, 16_644, 16_627, 16_611, 16_594, 16_578, 16_562, 16_545, 16_529,
    16_513, 16_497, 16_480, 16_464, 16_448, 16_432, 16_416, 16_400, 16_384,
];

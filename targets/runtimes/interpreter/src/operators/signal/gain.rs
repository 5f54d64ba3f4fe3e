//! SignalFilterBankSpectralSubtraction and SignalPCAN: noise is estimated, and the gain of channels
//! controlled (per-channel amplitude normalisation).

use super::super::{Needs, Registration, Typed};
use super::{
    custom, elements, expect_arity, expect_option, expect_result, expect_vector, half, length,
    option, size, word,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{INT16, UINT32};
use crate::model::operator::Operator;
use crate::run::{Place, Run};

/// Energies without an estimate of the noise, and the estimate, which is smoothed over time.
pub(in super::super) const fn spectral_subtraction() -> Registration {
    Registration {
        needs: |operator| Needs::kept(operator, size(operator, CHANNELS).saturating_mul(4)),
        ..custom(
            "SignalFilterBankSpectralSubtraction",
            &[Typed::Input(0, UINT32)],
            check_subtraction,
            run_subtraction,
        )
    }
}

/// Energies with a gain that depends on the noise.
pub(in super::super) const fn pcan() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, UINT32),
        Typed::Input(1, UINT32),
        Typed::Input(2, INT16),
    ];
    custom("SignalPCAN", TYPES, check_pcan, run_pcan)
}

/// The options of SignalFilterBankSpectralSubtraction. Channels of odd numbers have others.
const ODD_ONE_MINUS_SMOOTHING: usize = 0;
const ODD_SMOOTHING: usize = 1;
const CLAMPING: usize = 2;
const MIN_SIGNAL_REMAINING: usize = 3;
const CHANNELS: usize = 4;
const ONE_MINUS_SMOOTHING: usize = 5;
const SMOOTHING: usize = 6;
const SMOOTHING_BITS: usize = 7;
const SUBTRACTION_BITS: usize = 8;

/// The option `snr_shift` of SignalPCAN.
const SNR_SHIFT: usize = 0;
/// Inputs of SignalPCAN.
const NOISE: usize = 1;
const GAINS: usize = 2;

fn check_subtraction(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 1, 2)?;
    operator.input(0).expect_arena()?;
    let channels = length(operator)?;
    let count = i32::try_from(channels).unwrap_or(i32::MAX);
    expect_option(operator, CHANNELS, count..=count, "number of channels")?;
    expect_option(operator, SMOOTHING_BITS, 0..=31, "smoothing bits")?;
    expect_option(operator, SUBTRACTION_BITS, 0..=63, "subtraction bits")?;
    expect_result(operator, 0, UINT32, channels)?;
    expect_result(operator, 1, UINT32, channels)
}

fn run_subtraction(run: &mut Run) -> Option<()> {
    let operator = run.operator;
    let number = |index| option(operator, index) as u32;
    let even = [SMOOTHING, ONE_MINUS_SMOOTHING].map(number).map(u64::from);
    let odd = [ODD_SMOOTHING, ODD_ONE_MINUS_SMOOTHING];
    let odd = odd.map(number).map(u64::from);
    let clamping = number(CLAMPING) != 0;
    let remaining = u64::from(number(MIN_SIGNAL_REMAINING));
    let smoothing_bits = number(SMOOTHING_BITS) & 31;
    let bits = number(SUBTRACTION_BITS) & 63;
    let kept = Place::Scratch(size(operator, CHANNELS).checked_mul(4)?);
    let places = [Place::Output(0), Place::Output(1), kept];
    let (inputs, [output, noise, kept]) = run.borrow(places)?;
    let values = inputs.bytes(0)?;
    let outputs = elements(output).zip(elements(noise));
    for (channel, ((output, noise), kept)) in outputs.zip(elements(kept)).enumerate() {
        let value = word(values, channel)?;
        let [smoothing, one_minus] = if channel & 1 == 0 { even } else { odd };
        let signal = value << smoothing_bits;
        let old = u64::from(u32::from_le_bytes(*kept));
        let sum = (u64::from(signal) * smoothing).wrapping_add(old * one_minus);
        let mut estimate = (sum >> bits) as u32;
        let subtracted = signal.saturating_sub(estimate) >> smoothing_bits;
        if clamping {
            estimate = estimate.min(signal);
        }
        let floor = ((u64::from(value) * remaining) >> bits) as u32;
        *output = subtracted.max(floor).to_le_bytes();
        *kept = estimate.to_le_bytes();
        *noise = *kept;
    }
    Some(())
}

fn check_pcan(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 3, 1)?;
    operator.input(0).expect_arena()?;
    expect_option(operator, SNR_SHIFT, 0..=63, "shift")?;
    let channels = length(operator)?;
    expect_vector(operator, NOISE, channels, "noise")?;
    let gains = operator.input(GAINS).shape().elements();
    expect_vector(operator, GAINS, gains, "gains")?;
    expect_result(operator, 0, UINT32, channels)
}

fn run_pcan(run: &mut Run) -> Option<()> {
    let shift = option(run.operator, SNR_SHIFT) & 63;
    let (inputs, output) = run.output()?;
    let (values, noise) = (inputs.bytes(0)?, inputs.bytes(NOISE)?);
    let gains = inputs.bytes(GAINS)?;
    for (channel, to) in elements(output).enumerate() {
        let gain = i32::from(gain_for(word(noise, channel)?, gains)) as u32;
        let product = u64::from(word(values, channel)?) * u64::from(gain);
        *to = shrink((product >> shift) as u32).to_le_bytes();
    }
    Some(())
}

/// The gain for an estimate of noise: a parabola for each power of two, of whose coefficients the
/// table has four. Noise up to 2 has gains of its own at the beginning.
fn gain_for(noise: u32, table: &[u8]) -> i16 {
    const BITS: u32 = 10;
    let at = |index| i32::from(half(table, index).unwrap_or(0));
    if noise <= 2 {
        return at(noise as usize) as i16;
    }
    let power = noise.ilog2();
    let aligned = if power < BITS {
        noise << (BITS - power)
    } else {
        noise >> (power - BITS)
    };
    let fraction = (aligned & ((1 << BITS) - 1)) as i32;
    let first = (4 * power as usize).wrapping_sub(2);
    let bend = at(first + 2).wrapping_mul(fraction) >> 5;
    let slope = bend.wrapping_add(at(first + 1) << 5);
    let rise = slope.wrapping_mul(fraction).wrapping_add(1 << 14) >> 15;
    rise.wrapping_add(at(first)) as i16
}

/// x² / 4 below 2, x - 1 from there on; 12 bits behind the point, of the result 6.
fn shrink(x: u32) -> u32 {
    const BITS: u32 = 12;
    const RESULT_BITS: u32 = 6;
    if x < 2 << BITS {
        return (x * x) >> (2 + 2 * BITS - RESULT_BITS);
    }
    (x >> (BITS - RESULT_BITS)) - (1 << RESULT_BITS)
}

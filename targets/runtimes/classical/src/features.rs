//! Features of a window of a three-axis accelerometer: feature set 1.
//!
//! A window holds n samples of each axis, x first, then y, then z; n is a multiple of 32 up to
//! 512. A fourth signal is the magnitude, m = min(⌊√(x² + y² + z²)⌋, 32767). Of each of the four,
//! in the order x, y, z, m, [`PER_SIGNAL`] features follow each other; behind them stand those of
//! all axes together. Every feature is a whole number of 16 bits, every division rounds down
//! (towards -∞), every root down, and what exceeds 16 bits is limited to them.
//!
//! | of each signal s | |
//! |---|---|
//! | mean | Σ s / n |
//! | standard deviation | √(Σ c² / n), where c = s - mean, limited to 16 bits, is used below too |
//! | least, greatest | min s, max s |
//! | mean crossings | how often c[i] < 0 and c[i+1] < 0 differ |
//! | mean step | Σ \|s[i+1] - s[i]\| / (n - 1) |
//! | octaves 1 to 5 | √(Σ d² / k) of the k details d = (a[2i] - a[2i+1]) / 2 of the Haar wavelet, where a is c at first and then (a[2i] + a[2i+1]) / 2, so k is n/2, n/4, ... |
//!
//! | of all axes | |
//! |---|---|
//! | correlation of x and y, x and z, y and z | 2^14 · Σ c c' / (⌊√Σ c²⌋ · ⌊√Σ c'²⌋), limited to ±2^14, 0 if the divisor is |
//! | magnitude area | Σ (\|cx\| + \|cy\| + \|cz\|) / n |
//! | period | the lag, from where r(lag) = Σ c[i] c[i+lag] of the magnitude is first below or at 0 up to n/2, at which r is greatest; the first of equals |
//! | periodicity | 2^14 · r(period) / r(0), limited to 2^14; both are 0 if r has no positive value there |
//!
//! The octaves tell frequencies apart as a filter bank does, for a fraction of its cost (S.
//! Mallat, "A theory for multiresolution signal decomposition: the wavelet representation", IEEE
//! PAMI 11, 1989). The magnitude area and the correlations are usual for activities (D. Karantonis
//! et al., IEEE TITB 10, 2006; L. Bao and S. Intille, Pervasive 2004).

use crate::signal::{autocorrelations, dot};

/// Features of a window.
pub const FEATURES: usize = SIGNALS * PER_SIGNAL + 6;

/// Features of each signal.
pub const PER_SIGNAL: usize = 6 + OCTAVES;

/// Axes of the sensor.
pub const AXES: usize = 3;

/// Most samples of a window.
pub const MAX_SAMPLES: usize = 512;

/// What the number of samples of a window is a multiple of.
pub const SAMPLES_STEP: usize = 1 << OCTAVES;

const SIGNALS: usize = AXES + 1;
const OCTAVES: usize = 5;
/// Binary places of correlations and the periodicity.
const FRACTION_BITS: u32 = 14;

/// Whether a window may have so many samples of each axis.
pub const fn is_window(samples: usize) -> bool {
    samples > 0 && samples <= MAX_SAMPLES && samples.is_multiple_of(SAMPLES_STEP)
}

/// How many numbers of working memory a window of `samples` needs.
pub const fn work_length(samples: usize) -> usize {
    SIGNALS * samples + samples / 2
}

/// Multiply-accumulates of the features of a window of `samples`: squares of the magnitude,
/// variances, octaves, correlations and the autocorrelation with each lag up to half the window.
/// The last is what it can take at most, for it begins where it is first below zero.
pub const fn macs(samples: usize) -> u64 {
    let (n, half) = (samples as u64, samples as u64 / 2);
    let octaves = SIGNALS as u64 * (n - (n >> OCTAVES));
    let autocorrelation = half * n - half * (half + 1) / 2;
    AXES as u64 * n + SIGNALS as u64 * n + octaves + AXES as u64 * n + autocorrelation
}

/// Computes the features of `window`, 3 · n samples as described above. `work` has
/// [`work_length`] numbers, of any value.
///
/// Does nothing if a length is not as it has to be.
pub fn compute(window: &[i16], work: &mut [i16], features: &mut [i16; FEATURES]) {
    let samples = window.len() / AXES;
    if !is_window(samples) || window.len() != AXES * samples || work.len() != work_length(samples) {
        return;
    }
    let (signals, scratch) = work.split_at_mut(SIGNALS * samples);
    let (axes, magnitude) = signals.split_at_mut(AXES * samples);
    axes.copy_from_slice(window);
    fill_magnitude(axes, magnitude);

    // Each signal is centred in place once its own features don't need it any more.
    let mut squares = [0; SIGNALS];
    let groups = features.chunks_exact_mut(PER_SIGNAL);
    let centred = axes.chunks_exact_mut(samples);
    let all = centred.chain(core::iter::once(&mut *magnitude));
    for ((signal, square), group) in all.zip(&mut squares).zip(groups) {
        *square = of_signal(signal, scratch, group);
    }

    let (x, rest) = axes.split_at(samples);
    let (y, z) = rest.split_at(samples);
    let (period, periodicity) = period(magnitude, squares[AXES]);
    features[SIGNALS * PER_SIGNAL..].copy_from_slice(&[
        correlation(dot(x, y), squares[0], squares[1]),
        correlation(dot(x, z), squares[0], squares[2]),
        correlation(dot(y, z), squares[1], squares[2]),
        magnitude_area(axes, samples),
        period,
        periodicity,
    ]);
}

fn limited(value: i64) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

fn fill_magnitude(axes: &[i16], magnitude: &mut [i16]) {
    let (x, rest) = axes.split_at(magnitude.len());
    let (y, z) = rest.split_at(magnitude.len());
    for (((magnitude, &x), &y), &z) in magnitude.iter_mut().zip(x).zip(y).zip(z) {
        // Three squares of at most 2^30 fit 32 bits without a sign.
        let sum: u32 = [x, y, z]
            .map(|value| u32::from(value.unsigned_abs()).pow(2))
            .iter()
            .sum();
        *magnitude = sum.isqrt().min(i16::MAX as u32) as i16;
    }
}

/// Writes the features of `signal`, centres it and returns the sum of its squares then.
fn of_signal(signal: &mut [i16], scratch: &mut [i16], group: &mut [i16]) -> i64 {
    let samples = signal.len() as i32;
    let sum: i32 = signal.iter().map(|&value| i32::from(value)).sum();
    let mean = sum.div_euclid(samples);
    let (mut least, mut greatest) = (i16::MAX, i16::MIN);
    let mut steps = 0_u32;
    let mut previous = signal.first().copied().unwrap_or_default();
    let mut crossings = 0;
    let mut below = i32::from(previous) < mean;
    for value in signal.iter_mut() {
        let raw = *value;
        least = least.min(raw);
        greatest = greatest.max(raw);
        steps += u32::from(raw.abs_diff(previous));
        previous = raw;
        let centred = i32::from(raw) - mean;
        crossings += i16::from(below != (centred < 0));
        below = centred < 0;
        *value = centred.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    }
    let squares = dot(signal, signal);
    let (own, octaves) = group.split_at_mut(PER_SIGNAL - OCTAVES);
    own.copy_from_slice(&[
        mean as i16,
        root_of_mean(squares, signal.len()),
        least,
        greatest,
        crossings,
        limited((steps / (samples as u32 - 1)).into()),
    ]);
    fill_octaves(signal, scratch, octaves);
    squares
}

/// √(sum / count), limited to 16 bits. `sum` is not negative.
fn root_of_mean(sum: i64, count: usize) -> i16 {
    limited((sum.unsigned_abs() / count as u64).isqrt() as i64)
}

/// The Haar wavelet's details, octave by octave, highest frequencies first. `scratch` takes the
/// averages.
fn fill_octaves(centred: &[i16], scratch: &mut [i16], octaves: &mut [i16]) {
    let half = |sum: i32| (sum >> 1) as i16;
    let mut details = 0;
    let mut length = centred.len() / 2;
    for (average, pair) in scratch.iter_mut().zip(centred.as_chunks().0) {
        let [first, second] = pair.map(|value: i16| i32::from(value));
        let detail = half(first - second);
        details += i64::from(detail) * i64::from(detail);
        *average = half(first + second);
    }
    for (index, octave) in octaves.iter_mut().enumerate() {
        if index > 0 {
            details = 0;
            length /= 2;
            for at in 0..length {
                let (first, second) = (i32::from(scratch[2 * at]), i32::from(scratch[2 * at + 1]));
                let detail = half(first - second);
                details += i64::from(detail) * i64::from(detail);
                scratch[at] = half(first + second);
            }
        }
        *octave = root_of_mean(details, length);
    }
}

/// `product` / (√a · √b) in units of 2^-14.
fn correlation(product: i64, a: i64, b: i64) -> i16 {
    const ONE: i64 = 1 << FRACTION_BITS;
    let divisor = (a.unsigned_abs().isqrt() * b.unsigned_abs().isqrt()) as i64;
    if divisor == 0 {
        return 0;
    }
    (product << FRACTION_BITS)
        .div_euclid(divisor)
        .clamp(-ONE, ONE) as i16
}

fn magnitude_area(axes: &[i16], samples: usize) -> i16 {
    let sum: u32 = axes
        .iter()
        .map(|value| u32::from(value.unsigned_abs()))
        .sum();
    limited((sum / samples as u32).into())
}

/// Period and periodicity of the centred magnitude, whose squares have the sum `squares`.
fn period(centred: &[i16], squares: i64) -> (i16, i16) {
    const ONE: i64 = 1 << FRACTION_BITS;
    let (mut began, mut best) = (false, (0, 0));
    // Two lags that are two apart are computed together.
    for first in (1..=centred.len() / 2).step_by(4) {
        let [[a, c], [b, d]] = [first, first + 1].map(|lag| autocorrelations(centred, lag));
        for (lag, product) in (first..).zip([a, b, c, d]) {
            began |= product <= 0;
            if began && product > best.1 {
                best = (lag, product);
            }
        }
    }
    let (lag, product) = best;
    if lag == 0 || squares == 0 {
        return (0, 0);
    }
    let periodicity = ((product << FRACTION_BITS) / squares).min(ONE);
    (lag as i16, periodicity as i16)
}

//! Fourier transforms of real numbers, equal bit for bit to the ones that TensorFlow Lite Micro's
//! signal library takes from KISS FFT: mixed radices 4, 2, 3 and 5, decimation in time.
//!
//! `2 n` real numbers are transformed as `n` complex ones, which are then taken apart. Integers are
//! fixed point with all bits but the sign behind the point; each stage divides by its radix first,
//! so that nothing overflows, and each product is rounded to nearest, ties upwards. Forward, the
//! result is that of the transform divided by its length; backward, integers are divided once more,
//! float32 not at all.

use core::f64::consts::PI;

/// A complex number: real part, imaginary part.
pub type Complex<T> = [T; 2];

/// A number of which transforms can be made.
pub trait Number: Copy + Default {
    /// The nearest number to a real one between -1 and 1.
    fn from_real(real: f64) -> Self;
    /// `self` + `other`, wrapping.
    fn add(self, other: Self) -> Self;
    /// `self` - `other`, wrapping.
    fn sub(self, other: Self) -> Self;
    /// The product, rounded.
    fn mul(self, other: Self) -> Self;
    /// The product of complex numbers: both parts are rounded once.
    fn mul_complex(a: Complex<Self>, b: Complex<Self>) -> Complex<Self>;
    /// Fixed point divided by a radix; float32 as it is.
    fn divide(self, radix: usize) -> Self;
    /// Half of the number, rounded down.
    fn half(self) -> Self;
    /// Half of the sum, which integers make of 32 bits.
    fn mean(self, other: Self) -> Self;
    /// Half of the difference.
    fn mean_difference(self, other: Self) -> Self;
}

macro_rules! fixed_point {
    ($number:ty, $wide:ty, $bits:literal) => {
        impl Number for $number {
            fn from_real(real: f64) -> Self {
                libm::floor(0.5 + f64::from(Self::MAX) * real) as Self
            }

            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn mul(self, other: Self) -> Self {
                let product = <$wide>::from(self).wrapping_mul(<$wide>::from(other));
                (product.wrapping_add(1 << ($bits - 1)) >> $bits) as Self
            }

            fn mul_complex(a: Complex<Self>, b: Complex<Self>) -> Complex<Self> {
                let [[a, b], [c, d]] = [a, b].map(|it| it.map(<$wide>::from));
                let real = a.wrapping_mul(c).wrapping_sub(b.wrapping_mul(d));
                let imaginary = a.wrapping_mul(d).wrapping_add(b.wrapping_mul(c));
                [real, imaginary].map(|it| (it.wrapping_add(1 << ($bits - 1)) >> $bits) as Self)
            }

            fn divide(self, radix: usize) -> Self {
                let factor = Self::try_from(radix).ok();
                let factor = factor.and_then(|radix| Self::MAX.checked_div(radix));
                self.mul(factor.unwrap_or(0))
            }

            fn half(self) -> Self {
                self >> 1
            }

            fn mean(self, other: Self) -> Self {
                (i32::from(self).wrapping_add(i32::from(other)) >> 1) as Self
            }

            fn mean_difference(self, other: Self) -> Self {
                (i32::from(self).wrapping_sub(i32::from(other)) >> 1) as Self
            }
        }
    };
}

fixed_point!(i16, i32, 15);
fixed_point!(i32, i64, 31);

impl Number for f32 {
    fn from_real(real: f64) -> Self {
        real as Self
    }

    fn add(self, other: Self) -> Self {
        self + other
    }

    fn sub(self, other: Self) -> Self {
        self - other
    }

    fn mul(self, other: Self) -> Self {
        self * other
    }

    fn mul_complex([a, b]: Complex<Self>, [c, d]: Complex<Self>) -> Complex<Self> {
        [a * c - b * d, a * d + b * c]
    }

    fn divide(self, _: usize) -> Self {
        self
    }

    fn half(self) -> Self {
        self * 0.5
    }

    fn mean(self, other: Self) -> Self {
        (self + other) * 0.5
    }

    fn mean_difference(self, other: Self) -> Self {
        (self - other) * 0.5
    }
}

/// Most stages of a transform.
const MAX_STAGES: usize = 32;

/// A stage: its radix, the length of its parts, and how many of it there are.
#[derive(Clone, Copy, Default)]
struct Stage {
    radix: usize,
    part: usize,
    count: usize,
}

/// The stages of a transform of `length` complex numbers, the outermost first.
fn stages(length: usize) -> impl DoubleEndedIterator<Item = Stage> + Clone {
    let mut stages = [Stage::default(); MAX_STAGES];
    let (mut rest, mut radix, mut count) = (length, 4, 1_usize);
    let largest = length.isqrt();
    let mut used = 0;
    for stage in &mut stages {
        while rest.checked_rem(radix).unwrap_or(0) != 0 {
            radix = match radix {
                4 => 2,
                2 => 3,
                odd => odd + 2,
            };
            if radix > largest {
                radix = rest;
            }
        }
        rest = rest.checked_div(radix).unwrap_or(0);
        *stage = Stage {
            radix,
            part: rest,
            count,
        };
        count = count.wrapping_mul(radix);
        used += 1;
        if rest <= 1 {
            break;
        }
    }
    stages.into_iter().take(used)
}

/// Whether there are formulas for a transform of `2 * length` real numbers: `length` has no prime
/// factors but 2, 3 and 5.
pub fn is_known(length: usize) -> bool {
    length > 1 && stages(length).all(|stage| (2..=5).contains(&stage.radix))
}

/// How many [`Factors`] a transform of `2 * length` real numbers needs.
pub fn factors(length: usize) -> usize {
    length.saturating_add(length / 2)
}

/// Roots of unity: first those that the stages multiply with, then those that take the real
/// numbers apart.
#[derive(Clone, Copy, Debug)]
pub struct Factors<'t, T> {
    stages: &'t [Complex<T>],
    apart: &'t [Complex<T>],
    backward: bool,
}

impl<'t, T: Number> Factors<'t, T> {
    /// Those that [`Self::fill`] has computed for a transform of `2 * length` real numbers.
    pub fn new(length: usize, table: &'t [Complex<T>], backward: bool) -> Option<Self> {
        let (stages, apart) = table.split_at_checked(length)?;
        Some(Self {
            stages,
            apart: apart.get(..length / 2)?,
            backward,
        })
    }

    /// Computes [`factors`] roots.
    pub fn fill(length: usize, table: &mut [Complex<T>], backward: bool) {
        let sign = if backward { -1.0 } else { 1.0 };
        let root = |phase: f64| {
            let phase = sign * phase;
            [libm::cos(phase), libm::sin(phase)].map(T::from_real)
        };
        let all = length as f64;
        let Some((stages, apart)) = table.split_at_mut_checked(length) else {
            return;
        };
        for (index, factor) in stages.iter_mut().enumerate() {
            *factor = root(-2.0 * PI * index as f64 / all);
        }
        for (index, factor) in apart.iter_mut().enumerate() {
            *factor = root(-PI * ((index + 1) as f64 / all + 0.5));
        }
    }

    fn length(&self) -> usize {
        self.stages.len()
    }

    fn stage(&self, index: usize) -> Complex<T> {
        self.stages.get(index).copied().unwrap_or_default()
    }

    fn apart(&self, frequency: usize) -> Complex<T> {
        let index = frequency.wrapping_sub(1);
        self.apart.get(index).copied().unwrap_or_default()
    }
}

fn add<T: Number>([a, b]: Complex<T>, [c, d]: Complex<T>) -> Complex<T> {
    [a.add(c), b.add(d)]
}

fn sub<T: Number>([a, b]: Complex<T>, [c, d]: Complex<T>) -> Complex<T> {
    [a.sub(c), b.sub(d)]
}

fn divide<T: Number>(number: Complex<T>, radix: usize) -> Complex<T> {
    number.map(|part| part.divide(radix))
}

fn conjugate<T: Number>([real, imaginary]: Complex<T>) -> Complex<T> {
    [real, T::default().sub(imaginary)]
}

/// The transform of real numbers: `input` gives them by index, `output` takes half as many complex
/// numbers and one.
pub fn forward<T: Number>(
    factors: &Factors<T>,
    input: impl Fn(usize) -> T,
    output: &mut [Complex<T>],
) {
    let length = factors.length();
    let Some((last, whole)) = output.get_mut(..=length).and_then(|it| it.split_last_mut()) else {
        return;
    };
    let pair = |index: usize| [input(2 * index), input(2 * index + 1)];
    transform(factors, pair, whole);
    let Some(first) = whole.first_mut() else {
        return;
    };
    let [even, odd] = divide(*first, 2);
    *first = [even.add(odd), T::default()];
    *last = [even.sub(odd), T::default()];
    for k in 1..=length / 2 {
        let at = |index: usize| whole.get(index).copied().unwrap_or_default();
        let low = divide(at(k), 2);
        let high = divide(conjugate(at(length - k)), 2);
        let sum = add(low, high);
        let turned = T::mul_complex(sub(low, high), factors.apart(k));
        let means = [
            (k, [sum[0].mean(turned[0]), sum[1].mean(turned[1])]),
            (
                length - k,
                [
                    sum[0].mean_difference(turned[0]),
                    turned[1].mean_difference(sum[1]),
                ],
            ),
        ];
        for (index, mean) in means {
            if let Some(to) = whole.get_mut(index) {
                *to = mean;
            }
        }
    }
}

/// The real numbers of a transform: twice as many as `output` has complex ones, of which each holds
/// two.
pub fn backward<T: Number>(factors: &Factors<T>, input: &[Complex<T>], output: &mut [Complex<T>]) {
    let length = factors.length();
    let at = |index: usize| input.get(index).copied().unwrap_or_default();
    let pair = |index: usize| {
        if index == 0 {
            let ([first, _], [last, _]) = (at(0), at(length));
            return divide([first.add(last), first.sub(last)], 2);
        }
        // Both halves are made of the same frequencies; the one in the middle is of the upper.
        let upper = index >= length - index;
        let k = index.min(length - index);
        let low = divide(at(k), 2);
        let high = divide(conjugate(at(length - k)), 2);
        let even = add(low, high);
        let odd = T::mul_complex(sub(low, high), factors.apart(k));
        if upper {
            conjugate(sub(even, odd))
        } else {
            add(even, odd)
        }
    };
    transform(factors, pair, output);
}

/// The transform of complex numbers, which `input` gives by index.
fn transform<T: Number>(
    factors: &Factors<T>,
    input: impl Fn(usize) -> Complex<T>,
    output: &mut [Complex<T>],
) {
    let stages = stages(factors.length());
    for (position, output) in output.iter_mut().enumerate() {
        let digits = stages.clone().map(|stage| {
            let digit = position.checked_div(stage.part).unwrap_or(0);
            let digit = digit.checked_rem(stage.radix).unwrap_or(0);
            digit.wrapping_mul(stage.count)
        });
        *output = input(digits.sum());
    }
    for stage in stages.rev() {
        let length = stage.radix.wrapping_mul(stage.part).max(1);
        for block in output.chunks_exact_mut(length) {
            match stage.radix {
                2 => radix_2(factors, stage, block),
                3 => radix_3(factors, stage, block),
                4 => radix_4(factors, stage, block),
                5 => radix_5(factors, stage, block),
                _ => {}
            }
        }
    }
}

/// Replaces `P` elements, a part's length apart, by what `combine` makes of them, divided by `P` and
/// turned.
#[inline(always)]
fn each_column<T: Number, const P: usize>(
    factors: &Factors<T>,
    stage: Stage,
    block: &mut [Complex<T>],
    combine: impl Fn([Complex<T>; P]) -> [Complex<T>; P],
) {
    for k in 0..stage.part {
        let mut column = [Complex::<T>::default(); P];
        for (row, element) in column.iter_mut().enumerate() {
            let found = block.get(k + row * stage.part).copied();
            *element = divide(found.unwrap_or_default(), P);
            if row > 0 {
                *element = T::mul_complex(*element, factors.stage(row * k * stage.count));
            }
        }
        for (row, element) in combine(column).into_iter().enumerate() {
            if let Some(to) = block.get_mut(k + row * stage.part) {
                *to = element;
            }
        }
    }
}

fn radix_2<T: Number>(factors: &Factors<T>, stage: Stage, block: &mut [Complex<T>]) {
    each_column(factors, stage, block, |[a, b]| [add(a, b), sub(a, b)]);
}

fn radix_3<T: Number>(factors: &Factors<T>, stage: Stage, block: &mut [Complex<T>]) {
    let [_, sine] = factors.stage(stage.count * stage.part);
    each_column(factors, stage, block, |[a, b, c]| {
        let sum = add(b, c);
        let middle = sub(a, sum.map(T::half));
        let [real, imaginary] = sub(b, c).map(|part| part.mul(sine));
        [
            add(a, sum),
            [middle[0].sub(imaginary), middle[1].add(real)],
            [middle[0].add(imaginary), middle[1].sub(real)],
        ]
    });
}

fn radix_4<T: Number>(factors: &Factors<T>, stage: Stage, block: &mut [Complex<T>]) {
    let backward = factors.backward;
    each_column(factors, stage, block, |[a, b, c, d]| {
        let (even, odd) = (add(a, c), add(b, d));
        let [real, imaginary] = sub(a, c);
        let [turned_real, turned_imaginary] = sub(b, d);
        let right = [real.add(turned_imaginary), imaginary.sub(turned_real)];
        let left = [real.sub(turned_imaginary), imaginary.add(turned_real)];
        let (second, fourth) = if backward {
            (left, right)
        } else {
            (right, left)
        };
        [add(even, odd), second, sub(even, odd), fourth]
    });
}

fn radix_5<T: Number>(factors: &Factors<T>, stage: Stage, block: &mut [Complex<T>]) {
    let step = stage.count * stage.part;
    let [[a_cos, a_sin], [b_cos, b_sin]] = [step, 2 * step].map(|index| factors.stage(index));
    each_column(factors, stage, block, |[a, b, c, d, e]| {
        let (outer, inner) = (add(b, e), add(c, d));
        let ([outer_real, outer_imaginary], [inner_real, inner_imaginary]) = (sub(b, e), sub(c, d));
        let weighted = |outer_by: T, inner_by: T| {
            let outer = outer.map(|part| part.mul(outer_by));
            let inner = inner.map(|part| part.mul(inner_by));
            add(add(a, outer), inner)
        };
        let zero = T::default();
        let near = weighted(a_cos, b_cos);
        let near_turned = [
            outer_imaginary.mul(a_sin).add(inner_imaginary.mul(b_sin)),
            zero.sub(outer_real.mul(a_sin)).sub(inner_real.mul(b_sin)),
        ];
        let far = weighted(b_cos, a_cos);
        let far_turned = [
            inner_imaginary.mul(a_sin).sub(outer_imaginary.mul(b_sin)),
            outer_real.mul(b_sin).sub(inner_real.mul(a_sin)),
        ];
        [
            add(a, add(outer, inner)),
            sub(near, near_turned),
            add(far, far_turned),
            sub(far, far_turned),
            add(near, near_turned),
        ]
    });
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn transformed<T: Number>(input: &[T]) -> Vec<Complex<T>> {
        let length = input.len() / 2;
        let mut table = std::vec![Complex::default(); factors(length)];
        Factors::fill(length, &mut table, false);
        let factors = Factors::new(length, &table, false).unwrap();
        let mut output = std::vec![Complex::default(); length + 1];
        forward(&factors, |index| input[index], &mut output);
        output
    }

    /// The definition, in double precision.
    fn defined(input: &[f64], frequency: usize) -> Complex<f64> {
        let mut sum = [0.0; 2];
        for (index, value) in input.iter().enumerate() {
            let phase = -2.0 * PI * (index * frequency) as f64 / input.len() as f64;
            sum[0] += value * phase.cos();
            sum[1] += value * phase.sin();
        }
        sum
    }

    fn noise(length: usize) -> Vec<f64> {
        let mut state = 7_u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state as i32) / 2_147_483_648.0
        };
        (0..length).map(next).collect()
    }

    /// Lengths whose halves have all radices.
    const LENGTHS: [usize; 8] = [4, 6, 8, 10, 24, 60, 240, 512];

    #[test]
    fn only_small_radices_are_known() {
        let known = (0..=20).filter(|&length| is_known(length));
        let expected = [2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20];
        assert_eq!(known.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn float32_is_the_transform() {
        for length in LENGTHS {
            let input = noise(length);
            let found = transformed(&input.iter().map(|&it| it as f32).collect::<Vec<_>>());
            for (frequency, found) in found.iter().enumerate() {
                let expected = defined(&input, frequency);
                for (found, expected) in found.iter().zip(expected) {
                    assert!((f64::from(*found) - expected).abs() < 1e-4, "{length}");
                }
            }
        }
    }

    #[test]
    fn integers_are_the_transform_over_its_length() {
        for length in LENGTHS {
            let input = noise(length);
            let raw: Vec<i16> = input.iter().map(|it| (it * 32767.0) as i16).collect();
            let found = transformed(&raw);
            for (frequency, found) in found.iter().enumerate() {
                let expected = defined(&input, frequency);
                for (found, expected) in found.iter().zip(expected) {
                    let expected = expected / length as f64 * 32768.0;
                    assert!((f64::from(*found) - expected).abs() < 16.0, "{length}");
                }
            }
        }
    }

    #[test]
    fn there_and_back_is_the_same() {
        for length in LENGTHS {
            let half = length / 2;
            let input: Vec<f32> = noise(length).iter().map(|&it| it as f32).collect();
            let spectrum = transformed(&input);
            let mut table = std::vec![Complex::default(); factors(half)];
            Factors::fill(half, &mut table, true);
            let factors = Factors::new(half, &table, true).unwrap();
            let mut output = std::vec![Complex::default(); half];
            backward(&factors, &spectrum, &mut output);
            for (found, expected) in output.iter().flatten().zip(&input) {
                assert!((found / length as f32 - expected).abs() < 1e-5, "{length}");
            }
        }
    }
}

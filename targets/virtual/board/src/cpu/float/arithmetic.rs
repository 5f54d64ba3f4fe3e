//! Single-precision arithmetic in full, and by the host where an exact test shows that it is the same.

use rustc_apfloat::ieee::{Double, Single};
use rustc_apfloat::{Float, Round, Status, StatusAnd};

use crate::cpu::op::rounding;

use super::format::{
    DEFAULT_NAN, DN, DZC, EQUAL, FZ, GREATER, IDC, INFINITY, IOC, IXC, LARGEST, LESS, OFC, QUIET,
    RMODE, SIGN, SMALLEST_NORMAL, TOO_LARGE, UFC, UNORDERED, is_denormal, is_nan, is_ordinary,
    is_plain_normal, is_signalling,
};

/// The arithmetic of one FPSCR: control bits in, flags accumulated.
pub(crate) struct Arithmetic {
    pub fpscr: u32,
}

impl Arithmetic {
    pub(super) fn round(&self) -> Round {
        match self.fpscr & RMODE {
            0 => Round::NearestTiesToEven,
            0x0040_0000 => Round::TowardPositive,
            0x0080_0000 => Round::TowardNegative,
            _ => Round::TowardZero,
        }
    }

    /// Whether the host's own arithmetic does what FPSCR asks for: round to nearest, no flush to
    /// zero.
    #[inline(always)]
    fn fast(&self) -> bool {
        self.fpscr & (RMODE | FZ) == 0
    }

    /// Notes whether a result was inexact; what it takes to tell isn't computed while the flag is
    /// set already.
    #[inline(always)]
    pub(super) fn note_inexact(&mut self, inexact: impl FnOnce() -> bool) {
        if self.fpscr & IXC == 0 && inexact() {
            self.raise(IXC);
        }
    }

    pub(super) fn raise(&mut self, flags: u32) {
        self.fpscr |= flags;
    }

    pub(super) fn raise_status(&mut self, status: Status) {
        for (bit, flag) in [
            (Status::INVALID_OP, IOC),
            (Status::DIV_BY_ZERO, DZC),
            (Status::OVERFLOW, OFC),
            (Status::UNDERFLOW, UFC),
            (Status::INEXACT, IXC),
        ] {
            if status.contains(bit) {
                self.raise(flag);
            }
        }
    }

    /// Flushes a denormal operand, if FPSCR.FZ says so.
    pub(super) fn operand(&mut self, x: u32) -> u32 {
        if self.fpscr & FZ != 0 && is_denormal(x) {
            self.raise(IDC);
            x & SIGN
        } else {
            x
        }
    }

    /// FPProcessNaN.
    pub(super) fn nan(&mut self, x: u32) -> u32 {
        if is_signalling(x) {
            self.raise(IOC);
        }
        if self.fpscr & DN != 0 {
            DEFAULT_NAN
        } else {
            x | QUIET
        }
    }

    /// FPProcessNaNs: signalling ones first, then in order.
    fn nans(&mut self, operands: &[u32]) -> Option<u32> {
        let first = operands
            .iter()
            .find(|&&x| is_signalling(x))
            .or_else(|| operands.iter().find(|&&x| is_nan(x)))?;
        Some(self.nan(*first))
    }

    /// FPRound: flags and flush to zero. `truncated` is the result rounded towards zero as a
    /// double, which tells whether it was tiny or too large before rounding.
    fn finish(&mut self, result: StatusAnd<Single>, truncated: impl FnOnce() -> Double) -> u32 {
        let bits = result.value.to_bits() as u32;
        if is_nan(bits) {
            self.raise(IOC);
            return DEFAULT_NAN;
        }
        let inexact = result.status.contains(Status::INEXACT);
        let magnitude = bits & !SIGN;
        if magnitude <= SMALLEST_NORMAL && (inexact || is_denormal(bits)) {
            let tiny = magnitude_of(truncated()) < f64::from(f32::MIN_POSITIVE);
            if tiny && self.fpscr & FZ != 0 {
                self.raise(UFC);
                return bits & SIGN;
            }
            if tiny && inexact {
                self.raise(UFC);
            }
        } else if magnitude == LARGEST && inexact && magnitude_of(truncated()) >= TOO_LARGE {
            self.raise(OFC);
        }
        self.raise_status(result.status & !Status::UNDERFLOW);
        bits
    }

    /// `a + b`.
    #[inline(always)]
    pub fn add(&mut self, a: u32, b: u32) -> u32 {
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        let sum = x + y;
        // A sum that is tiny is exact, and one that is finite has finite operands.
        if self.fast() && is_ordinary(sum.to_bits()) {
            self.note_inexact(|| {
                // The error of the sum (Knuth's TwoSum) is exact.
                let part = sum - x;
                (x - (sum - part)) + (y - part) != 0.0
            });
            return sum.to_bits();
        }
        self.two(a, b, Binary::Add)
    }

    /// `a - b`.
    #[inline(always)]
    pub fn sub(&mut self, a: u32, b: u32) -> u32 {
        if is_nan(b) {
            self.two(a, b, Binary::Sub)
        } else {
            self.add(a, b ^ SIGN)
        }
    }

    /// `a × b`.
    #[inline(always)]
    pub fn mul(&mut self, a: u32, b: u32) -> u32 {
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        let product = x * y;
        if self.fast() && is_plain_normal(product.to_bits()) {
            // 48 bits of product fit a double.
            self.note_inexact(|| f64::from(product) != f64::from(x) * f64::from(y));
            return product.to_bits();
        }
        self.two(a, b, Binary::Mul)
    }

    /// `a ÷ b`.
    #[inline(always)]
    pub fn div(&mut self, a: u32, b: u32) -> u32 {
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        let quotient = x / y;
        if self.fast() && is_plain_normal(quotient.to_bits()) {
            self.note_inexact(|| f64::from(quotient) * f64::from(y) != f64::from(x));
            return quotient.to_bits();
        }
        self.two(a, b, Binary::Div)
    }

    #[cold]
    #[inline(never)]
    fn two(&mut self, a: u32, b: u32, operation: Binary) -> u32 {
        let (a, b) = (self.operand(a), self.operand(b));
        if let Some(nan) = self.nans(&[a, b]) {
            return nan;
        }
        let result = operation.compute(single(a), single(b), self.round());
        self.finish(result, || {
            operation
                .compute(double(a), double(b), Round::TowardZero)
                .value
        })
    }

    /// `addend + a × b` with one rounding.
    pub fn fused(&mut self, addend: u32, a: u32, b: u32) -> u32 {
        if self.fast() && self.fpscr & IXC != 0 {
            let result = f32::from_bits(a).mul_add(f32::from_bits(b), f32::from_bits(addend));
            if is_plain_normal(result.to_bits()) {
                return result.to_bits();
            }
        }
        let (addend, a, b) = (self.operand(addend), self.operand(a), self.operand(b));
        let infinity_times_zero = |x: u32, y: u32| x & !SIGN == INFINITY && y & !SIGN == 0;
        let invalid = infinity_times_zero(a, b) || infinity_times_zero(b, a);
        let nan = self.nans(&[addend, a, b]);
        if invalid && is_nan(addend) && !is_signalling(addend) {
            self.raise(IOC);
            return DEFAULT_NAN;
        }
        if let Some(nan) = nan {
            return nan;
        }
        let round = self.round();
        let result = single(a).mul_add_r(single(b), single(addend), round);
        self.finish(result, || {
            double(a)
                .mul_add_r(double(b), double(addend), Round::TowardZero)
                .value
        })
    }

    /// Square root.
    pub fn sqrt(&mut self, x: u32) -> u32 {
        let x = self.operand(x);
        if is_nan(x) {
            return self.nan(x);
        }
        if x << 1 == 0 || x == INFINITY {
            return x;
        }
        if x & SIGN != 0 {
            self.raise(IOC);
            return DEFAULT_NAN;
        }
        // A double holds the square of a single exactly, so the candidate can be checked and
        // moved by one step for the directed modes.
        let value = f64::from(f32::from_bits(x));
        let nearest = f32::from_bits(x).sqrt();
        let square = f64::from(nearest) * f64::from(nearest);
        if square == value {
            return nearest.to_bits();
        }
        self.raise(IXC);
        let bits = nearest.to_bits();
        match self.round() {
            Round::TowardPositive if square < value => bits + 1,
            Round::TowardNegative | Round::TowardZero if square > value => bits - 1,
            _ => bits,
        }
    }

    /// NZCV of a comparison.
    pub fn compare(&mut self, a: u32, b: u32, signal_quiet: bool) -> u32 {
        let (a, b) = if self.fpscr & FZ == 0 {
            (a, b)
        } else {
            (self.operand(a), self.operand(b))
        };
        if is_nan(a) || is_nan(b) {
            if signal_quiet || is_signalling(a) || is_signalling(b) {
                self.raise(IOC);
            }
            return UNORDERED;
        }
        let (a, b) = (f32::from_bits(a), f32::from_bits(b));
        if a == b {
            EQUAL
        } else if a < b {
            LESS
        } else {
            GREATER
        }
    }
}

/// What FPv5 adds (Armv8-M Architecture Reference Manual, DDI 0553, E2.1: FPMaxNum, FPRoundInt).
impl Arithmetic {
    /// The larger number: a quiet NaN counts as missing.
    pub fn maximum_number(&mut self, a: u32, b: u32) -> u32 {
        self.number(a, b, SIGN | INFINITY, |a, b| a > b)
    }

    /// The smaller number: a quiet NaN counts as missing.
    pub fn minimum_number(&mut self, a: u32, b: u32) -> u32 {
        self.number(a, b, INFINITY, |a, b| a < b)
    }

    fn number(&mut self, a: u32, b: u32, missing: u32, first: fn(f32, f32) -> bool) -> u32 {
        let quiet = |x| is_nan(x) && !is_signalling(x);
        let (a, b) = match (quiet(a), quiet(b)) {
            (true, false) => (missing, b),
            (false, true) => (a, missing),
            _ => (a, b),
        };
        let (a, b) = (self.operand(a), self.operand(b));
        if let Some(nan) = self.nans(&[a, b]) {
            return nan;
        }
        if (a | b) << 1 == 0 {
            // Of two zeros the one whose sign is that of the side looked for.
            let largest = missing & SIGN != 0;
            return if largest { a & b } else { a | b };
        }
        if first(f32::from_bits(a), f32::from_bits(b)) {
            a
        } else {
            b
        }
    }

    /// The rounding of an instruction of FPv5, as [`rounding`] numbers it.
    pub fn rounding(&self, mode: u32) -> Round {
        match mode {
            rounding::AWAY => Round::NearestTiesToAway,
            rounding::NEAREST => Round::NearestTiesToEven,
            rounding::UP => Round::TowardPositive,
            rounding::DOWN => Round::TowardNegative,
            rounding::ZERO => Round::TowardZero,
            _ => self.round(),
        }
    }

    /// The integral value that `x` rounds to.
    pub fn round_to_integral(&mut self, x: u32, mode: u32) -> u32 {
        let x = self.operand(x);
        if is_nan(x) {
            return self.nan(x);
        }
        if x & !SIGN == INFINITY {
            return x;
        }
        let rounded = single(x).round_to_integral(self.rounding(mode)).value;
        // A zero keeps the sign.
        let bits = rounded.to_bits() as u32 & !SIGN | x & SIGN;
        if mode == rounding::EXACT && bits != x {
            self.raise(IXC);
        }
        bits
    }
}

/// An operation of two operands, in any format.
#[derive(Clone, Copy, Debug)]
enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

impl Binary {
    fn compute<F: Float>(self, a: F, b: F, round: Round) -> StatusAnd<F> {
        match self {
            Self::Add => a.add_r(b, round),
            Self::Sub => a.sub_r(b, round),
            Self::Mul => a.mul_r(b, round),
            Self::Div => a.div_r(b, round),
        }
    }
}

pub(super) fn single(bits: u32) -> Single {
    Single::from_bits(bits.into())
}

/// A single that is not a NaN as a double.
fn double(bits: u32) -> Double {
    Double::from_bits(f64::from(f32::from_bits(bits)).to_bits().into())
}

fn magnitude_of(value: Double) -> f64 {
    f64::from_bits(value.to_bits() as u64).abs()
}

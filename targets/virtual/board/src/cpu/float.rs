//! Floating-point arithmetic of FPv4-SP (A2.5): single precision, all rounding modes, flush to
//! zero, default NaN, cumulative exception flags.
//!
//! There are three ways, each shorter than the next. With IXC set and in round-to-nearest, ordinary
//! results are what the host's own arithmetic gives, and no flag changes. Without IXC an exact test for
//! inexactness comes to it. Everything else goes through a software implementation.

use rustc_apfloat::ieee::{Double, Half, Single};
use rustc_apfloat::{Float, FloatConvert, Round, Status, StatusAnd};

use super::op::Op;
use super::{Core, Trap};

/// FPSCR bits.
const IOC: u32 = 1;
const DZC: u32 = 1 << 1;
const OFC: u32 = 1 << 2;
const UFC: u32 = 1 << 3;
const IXC: u32 = 1 << 4;
const IDC: u32 = 1 << 7;
const FZ: u32 = 1 << 24;
const DN: u32 = 1 << 25;
const AHP: u32 = 1 << 26;
const RMODE: u32 = 3 << 22;

const DEFAULT_NAN: u32 = 0x7FC0_0000;
const QUIET: u32 = 0x0040_0000;
pub(super) const SIGN: u32 = 0x8000_0000;
const INFINITY: u32 = 0x7F80_0000;
const SMALLEST_NORMAL: u32 = 0x0080_0000;
const LARGEST: u32 = 0x7F7F_FFFF;
/// 2^31 and 2^32, beyond the range of an integer.
const TWO_TO_31: u32 = 0x4F00_0000;
const TWO_TO_32: u32 = 0x4F80_0000;
/// NZCV of comparisons.
const EQUAL: u32 = 0b0110;
const LESS: u32 = 0b1000;
const GREATER: u32 = 0b0010;
const UNORDERED: u32 = 0b0011;
/// 2^128, beyond the range of a single whatever the rounding.
const TOO_LARGE: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

const fn is_nan(x: u32) -> bool {
    x & !SIGN > INFINITY
}

const fn is_signalling(x: u32) -> bool {
    is_nan(x) && x & QUIET == 0
}

const fn is_denormal(x: u32) -> bool {
    x & INFINITY == 0 && x & !SIGN != 0
}

/// Normal or zero.
#[inline(always)]
const fn is_ordinary(x: u32) -> bool {
    let magnitude = x & !SIGN;
    magnitude.wrapping_sub(SMALLEST_NORMAL) < INFINITY - SMALLEST_NORMAL || magnitude == 0
}

/// Normal, and not the smallest one, which may have been tiny before rounding.
#[inline(always)]
const fn is_plain_normal(x: u32) -> bool {
    (x & !SIGN).wrapping_sub(SMALLEST_NORMAL + 1) < INFINITY - SMALLEST_NORMAL - 1
}

/// The arithmetic of one FPSCR: control bits in, flags accumulated.
pub(crate) struct Arithmetic {
    pub fpscr: u32,
}

impl Arithmetic {
    fn round(&self) -> Round {
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
    fn note_inexact(&mut self, inexact: impl FnOnce() -> bool) {
        if self.fpscr & IXC == 0 && inexact() {
            self.raise(IXC);
        }
    }

    fn raise(&mut self, flags: u32) {
        self.fpscr |= flags;
    }

    fn raise_status(&mut self, status: Status) {
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
    fn operand(&mut self, x: u32) -> u32 {
        if self.fpscr & FZ != 0 && is_denormal(x) {
            self.raise(IDC);
            x & SIGN
        } else {
            x
        }
    }

    /// FPProcessNaN.
    fn nan(&mut self, x: u32) -> u32 {
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

    /// Integer to single, rounded as FPSCR says.
    #[inline(always)]
    pub fn integer_to_single(&mut self, value: i64) -> u32 {
        if self.fpscr & RMODE == 0 {
            let converted = value as f32;
            self.note_inexact(|| f64::from(converted) != value as f64);
            return converted.to_bits();
        }
        let round = self.round();
        self.fixed_to_single(value, 0, round)
    }

    /// Single to a 32-bit integer, towards zero or as FPSCR says.
    #[inline(always)]
    pub fn single_to_integer(&mut self, x: u32, signed: bool, towards_zero: bool) -> u32 {
        let range = if signed {
            i64::from(i32::MIN)..=i64::from(i32::MAX)
        } else {
            0..=i64::from(u32::MAX)
        };
        let value = f32::from_bits(x);
        let truncated = value as i64;
        if towards_zero && self.fpscr & FZ == 0 && !is_nan(x) && range.contains(&truncated) {
            self.note_inexact(|| truncated as f64 != f64::from(value));
            return truncated as u32;
        }
        let round = if towards_zero {
            Round::TowardZero
        } else {
            self.round()
        };
        self.single_to_fixed(x, 0, 32, signed, round)
    }

    /// A fixed-point number with `fraction` fraction bits to single.
    #[cold]
    #[inline(never)]
    pub fn fixed_to_single(&mut self, value: i64, fraction: u32, round: Round) -> u32 {
        let converted = Single::from_i128_r(i128::from(value), round);
        self.raise_status(converted.status);
        // Exact: the exponent has room.
        converted.value.scalbn(-(fraction as i32)).to_bits() as u32
    }

    /// Single to a fixed-point number of `bits` bits with `fraction` fraction bits, saturated.
    #[inline(never)]
    pub fn single_to_fixed(
        &mut self,
        x: u32,
        fraction: u32,
        bits: u32,
        signed: bool,
        round: Round,
    ) -> u32 {
        let x = self.operand(x);
        if is_nan(x) {
            self.raise(IOC);
            return 0;
        }
        let (low, high) = if signed {
            (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
        } else {
            (0, (1_i128 << bits) - 1)
        };
        let negative = x & SIGN != 0;
        let limit = if negative { low } else { high };
        if x & !SIGN == INFINITY {
            self.raise(IOC);
            return limit as u32;
        }
        let scaled = single(x).scalbn(fraction as i32);
        let mut exact = false;
        let converted = scaled.to_i128_r(100, round, &mut exact);
        if converted.status.contains(Status::INVALID_OP)
            || converted.value < low
            || converted.value > high
        {
            self.raise(IOC);
            return limit as u32;
        }
        if !exact {
            self.raise(IXC);
        }
        converted.value as u32
    }

    /// Half to single.
    pub fn half_to_single(&mut self, half: u16) -> u32 {
        let sign = u32::from(half >> 15) << 31;
        let (exponent, fraction) = (u32::from(half >> 10 & 31), u32::from(half & 0x3FF));
        if exponent == 31 {
            if self.fpscr & AHP != 0 {
                return sign | (31 + 112) << 23 | fraction << 13;
            }
            if fraction == 0 {
                return sign | INFINITY;
            }
            return self.nan(sign | INFINITY | fraction << 13);
        }
        let value: StatusAnd<Single> =
            Half::from_bits(half.into()).convert_r(Round::NearestTiesToEven, &mut false);
        value.value.to_bits() as u32
    }

    /// Single to half.
    pub fn single_to_half(&mut self, x: u32) -> u16 {
        let x = self.operand(x);
        let sign = (x >> 16) as u16 & 0x8000;
        if is_nan(x) {
            if self.fpscr & AHP != 0 {
                self.raise(IOC);
                return sign;
            }
            let quiet = self.nan(x);
            return (quiet >> 16) as u16 & 0x8000 | 0x7E00 | (quiet >> 13) as u16 & 0x1FF;
        }
        let alternative = self.fpscr & AHP != 0;
        if x & !SIGN == INFINITY {
            return if alternative {
                self.raise(IOC);
                sign | 0x7FFF
            } else {
                sign | 0x7C00
            };
        }
        self.round_to_half(x, sign, alternative)
    }

    /// FPRound to half precision, which knows no flush to zero.
    fn round_to_half(&mut self, x: u32, sign: u16, alternative: bool) -> u16 {
        let exponent = ((x >> 23 & 0xFF).max(1)) as i32 - 127;
        let mantissa = x & 0x007F_FFFF | u32::from(x & INFINITY != 0) << 23;
        let tiny = exponent < -14;
        let dropped_bits = if tiny {
            (13 - 14 - exponent).min(25)
        } else {
            13
        };
        let dropped = mantissa & ((1 << dropped_bits) - 1);
        let kept = mantissa >> dropped_bits;
        let round = self.round();
        let up = match round {
            Round::TowardPositive => sign == 0 && dropped != 0,
            Round::TowardNegative => sign != 0 && dropped != 0,
            Round::TowardZero => false,
            _ => dropped << 1 > (1 << dropped_bits) - (kept & 1),
        };
        let rounded = kept + u32::from(up);
        // The hidden bit of a normal number adds one to the exponent field.
        let field = if tiny { 0 } else { (exponent + 14) as u32 };
        let half = (field << 10) + rounded;
        if alternative && half > 0x7FFF {
            self.raise(IOC);
            return sign | 0x7FFF;
        }
        if dropped != 0 {
            self.raise(if tiny { UFC | IXC } else { IXC });
        }
        if !alternative && half >= 0x7C00 {
            self.raise(OFC | IXC);
            let to_infinity = match round {
                Round::TowardPositive => sign == 0,
                Round::TowardNegative => sign != 0,
                Round::TowardZero => false,
                _ => true,
            };
            return sign | if to_infinity { 0x7C00 } else { 0x7BFF };
        }
        sign | half as u16
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

fn single(bits: u32) -> Single {
    Single::from_bits(bits.into())
}

/// A single that is not a NaN as a double.
fn double(bits: u32) -> Double {
    Double::from_bits(f64::from(f32::from_bits(bits)).to_bits().into())
}

fn magnitude_of(value: Double) -> f64 {
    f64::from_bits(value.to_bits() as u64).abs()
}

/// A result that the host's arithmetic rounds as the core's does: one that is neither tiny, nor
/// infinite, nor no number.
#[inline(always)]
pub(super) fn plain(result: f32) -> Option<f32> {
    is_plain_normal(result.to_bits()).then_some(result)
}

/// A sum that the host's arithmetic rounds as the core's does: a tiny one is exact.
#[inline(always)]
pub(super) fn finite(sum: f32) -> Option<f32> {
    sum.is_finite().then_some(sum)
}

/// A product that the host's arithmetic rounds as the core's does. It is zero only if a factor is.
#[inline(always)]
pub(super) fn product(n: f32, m: f32) -> Option<f32> {
    let product = n * m;
    let plain = is_plain_normal(product.to_bits());
    (plain || product == 0.0 && (n == 0.0 || m == 0.0)).then_some(product)
}

/// An integer that fits the 32 bits of the result.
#[inline(always)]
fn integer(x: u32, signed: bool) -> Option<u32> {
    let fits = if signed {
        x & !SIGN < TWO_TO_31
    } else {
        x < TWO_TO_32
    };
    fits.then_some(f32::from_bits(x) as i64 as u32)
}

/// The operation of an [`Op`] in full, on the singles `a`, `b` and `c`.
type InFull = fn(&mut Arithmetic, &Op, [u32; 3]) -> u32;

impl Core {
    /// Whether, for ordinary results, the host's arithmetic does what FPSCR asks for and leaves no
    /// flag to set: round to nearest, no flush to zero, inexactness noted already.
    #[inline(always)]
    fn rounds_like_host(&self) -> bool {
        self.fpscr & (RMODE | FZ | IXC) == IXC
    }

    #[inline(always)]
    fn single(&self, register: u8) -> u32 {
        self.s[register]
    }

    /// Carries out an operation on the singles `a`, `b` and `c` whose result goes to `a`: as `host`
    /// does, unless that has no result or FPSCR asks for more.
    #[inline(always)]
    pub(super) fn arithmetic<const S: bool>(
        &mut self,
        op: &Op,
        host: impl FnOnce([f32; 3]) -> Option<f32>,
        in_full: InFull,
    ) -> Result<(), Trap> {
        if self.rounds_like_host()
            && let Some(result) = host([op.a, op.b, op.c].map(|at| f32::from_bits(self.single(at))))
        {
            self.s[op.a] = result.to_bits();
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, in_full);
        }
        Ok(())
    }

    /// [`Self::arithmetic`] the long way.
    #[inline(never)]
    pub(super) fn arithmetic_in_full(&mut self, op: &Op, in_full: InFull) {
        let mut fp = Arithmetic { fpscr: self.fpscr };
        let operands = [op.a, op.b, op.c].map(|at| self.single(at));
        self.s[op.a] = in_full(&mut fp, op, operands);
        self.fpscr = fp.fpscr;
    }

    /// VCVT from an integer.
    #[inline(always)]
    pub(super) fn convert_from_integer<const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        if self.rounds_like_host() {
            let converted = integer_operand(op, self.single(op.b)) as f32;
            self.s[op.a] = converted.to_bits();
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                fp.integer_to_single(integer_operand(op, n))
            });
        }
        Ok(())
    }

    /// VCVT to an integer.
    #[inline(always)]
    pub(super) fn convert_to_integer<const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let towards_zero = op.d & 2 == 0;
        if towards_zero
            && self.fpscr & (FZ | IXC) == IXC
            && let Some(integer) = integer(self.single(op.b), op.d & 1 != 0)
        {
            self.s[op.a] = integer;
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                fp.single_to_integer(n, op.d & 1 != 0, op.d & 2 == 0)
            });
        }
        Ok(())
    }

    /// Compares the singles `a` and `b`.
    #[inline(always)]
    pub(super) fn compare_floats<const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let second = if op.d & 2 != 0 { 0 } else { self.single(op.c) };
        let (n, m) = (f32::from_bits(self.single(op.b)), f32::from_bits(second));
        let flags = if self.fpscr & FZ != 0 || n.is_nan() || m.is_nan() {
            if S {
                return Err(Trap);
            }
            self.compare_in_full(op, n.to_bits(), second)
        } else if n == m {
            EQUAL
        } else if n < m {
            LESS
        } else {
            GREATER
        };
        self.fpscr = self.fpscr & 0x0FFF_FFFF | flags << 28;
        Ok(())
    }

    #[inline(never)]
    fn compare_in_full(&mut self, op: &Op, n: u32, m: u32) -> u32 {
        let mut fp = Arithmetic { fpscr: self.fpscr };
        let flags = fp.compare(n, m, op.d & 1 != 0);
        self.fpscr = fp.fpscr;
        flags
    }
}

/// The operand of VCVT from an integer.
#[inline(always)]
fn integer_operand(op: &Op, n: u32) -> i64 {
    if op.d & 1 != 0 {
        (n as i32).into()
    } else {
        n.into()
    }
}

/// `d + n × m` with two roundings; `SIGN` in `addend` or `product` negates that part.
pub(super) fn chained(fp: &mut Arithmetic, [d, n, m]: [u32; 3], addend: u32, product: u32) -> u32 {
    let negated_product = fp.mul(n, m) ^ product;
    fp.add(d ^ addend, negated_product)
}

/// Single to half, into the half of `d` that `op` says.
pub(super) fn convert_to_half(fp: &mut Arithmetic, op: &Op, d: u32, n: u32) -> u32 {
    let half = u32::from(fp.single_to_half(n));
    if op.d & 1 != 0 {
        d & 0xFFFF | half << 16
    } else {
        d & 0xFFFF_0000 | half
    }
}

/// VCVT between single and fixed point, in place.
pub(super) fn convert_fixed(fp: &mut Arithmetic, op: &Op, d: u32) -> u32 {
    let (signed, wide) = (op.d & 1 != 0, op.d & 2 != 0);
    if op.d & 4 != 0 {
        let bits = if wide { 32 } else { 16 };
        let value = fp.single_to_fixed(d, op.imm, bits, signed, Round::TowardZero);
        return match (wide, signed) {
            (true, _) => value,
            (false, true) => value as i16 as u32,
            (false, false) => value & 0xFFFF,
        };
    }
    let value = match (wide, signed) {
        (true, true) => i64::from(d as i32),
        (true, false) => i64::from(d),
        (false, true) => i64::from(d as i16),
        (false, false) => i64::from(d as u16),
    };
    fp.fixed_to_single(value, op.imm, Round::NearestTiesToEven)
}

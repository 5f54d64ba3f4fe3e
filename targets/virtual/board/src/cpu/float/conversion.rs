//! Conversions between a single and integers, fixed point and half precision.

use rustc_apfloat::ieee::{Half, Single};
use rustc_apfloat::{Float, FloatConvert, Round, Status, StatusAnd};

use super::arithmetic::{Arithmetic, single};
use super::format::{AHP, FZ, INFINITY, IOC, IXC, OFC, RMODE, SIGN, UFC, is_nan};

impl Arithmetic {
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

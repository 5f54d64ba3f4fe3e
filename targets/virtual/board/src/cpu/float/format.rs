//! Bits of a single and of FPSCR.

/// FPSCR bits.
pub(super) const IOC: u32 = 1;
pub(super) const DZC: u32 = 1 << 1;
pub(super) const OFC: u32 = 1 << 2;
pub(super) const UFC: u32 = 1 << 3;
pub(super) const IXC: u32 = 1 << 4;
pub(super) const IDC: u32 = 1 << 7;
pub(super) const FZ: u32 = 1 << 24;
pub(super) const DN: u32 = 1 << 25;
pub(super) const AHP: u32 = 1 << 26;
pub(super) const RMODE: u32 = 3 << 22;

pub(super) const DEFAULT_NAN: u32 = 0x7FC0_0000;
pub(super) const QUIET: u32 = 0x0040_0000;
pub(in crate::cpu) const SIGN: u32 = 0x8000_0000;
pub(super) const INFINITY: u32 = 0x7F80_0000;
pub(super) const SMALLEST_NORMAL: u32 = 0x0080_0000;
pub(super) const LARGEST: u32 = 0x7F7F_FFFF;
/// 2^31 and 2^32, beyond the range of an integer.
pub(super) const TWO_TO_31: u32 = 0x4F00_0000;
pub(super) const TWO_TO_32: u32 = 0x4F80_0000;
/// NZCV of comparisons.
pub(super) const EQUAL: u32 = 0b0110;
pub(super) const LESS: u32 = 0b1000;
pub(super) const GREATER: u32 = 0b0010;
pub(super) const UNORDERED: u32 = 0b0011;
/// 2^128, beyond the range of a single whatever the rounding.
pub(super) const TOO_LARGE: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

pub(super) const fn is_nan(x: u32) -> bool {
    x & !SIGN > INFINITY
}

pub(super) const fn is_signalling(x: u32) -> bool {
    is_nan(x) && x & QUIET == 0
}

pub(super) const fn is_denormal(x: u32) -> bool {
    x & INFINITY == 0 && x & !SIGN != 0
}

/// Normal or zero.
#[inline(always)]
pub(super) const fn is_ordinary(x: u32) -> bool {
    let magnitude = x & !SIGN;
    magnitude.wrapping_sub(SMALLEST_NORMAL) < INFINITY - SMALLEST_NORMAL || magnitude == 0
}

/// Normal, and not the smallest one, which may have been tiny before rounding.
#[inline(always)]
pub(super) const fn is_plain_normal(x: u32) -> bool {
    (x & !SIGN).wrapping_sub(SMALLEST_NORMAL + 1) < INFINITY - SMALLEST_NORMAL - 1
}

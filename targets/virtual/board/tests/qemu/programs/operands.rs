//! Operand values that arithmetic is most likely to get wrong.

use super::rng::Rng;

const INTEGERS: [u32; 24] = [
    0,
    1,
    2,
    31,
    32,
    33,
    255,
    256,
    u32::MAX,
    0xFFFF_FFFE,
    0x8000_0000,
    0x8000_0001,
    0x7FFF_FFFF,
    0x7FFF_FFFE,
    0x8000,
    0x7FFF,
    0xFFFF,
    0x1_0000,
    0x80,
    0x7F,
    0x8000_8000,
    0x7FFF_7FFF,
    0x8080_8080,
    0x7F7F_7F7F,
];

const SINGLES: [u32; 40] = [
    0,
    0x8000_0000, // zeros
    0x3F80_0000,
    0xBF80_0000,
    0x3F00_0000,
    0x4000_0000,
    0x4020_0000,
    0x3FC0_0000, // ±1, 0.5, 2, 2.5, 1.5
    0x7F80_0000,
    0xFF80_0000, // infinities
    0x7FC0_0000,
    0xFFC0_0001,
    0x7FFF_FFFF, // quiet NaNs
    0x7F80_0001,
    0xFFA1_2345,
    0x7FBF_FFFF, // signalling NaNs
    1,
    0x8000_0001,
    0x007F_FFFF,
    0x8040_0000,
    0x0012_3456, // denormals
    0x0080_0000,
    0x8080_0000,
    0x0080_0001,
    0x0100_0000, // smallest normals
    0x7F7F_FFFF,
    0xFF7F_FFFF,
    0x7F00_0000, // largest
    0x4F00_0000,
    0xCF00_0000,
    0x4F7F_FFFF,
    0x4F80_0000,
    0xCF00_0001, // about 2^31, 2^32
    0x46FF_FE00,
    0x4700_0000,
    0x477F_FF00, // about 2^15, 2^16
    0x477F_E000,
    0x477F_F000, // about the largest half
    0x3880_0000,
    0x3300_0000, // smallest normal half, half of the smallest half
];

/// An integer operand.
pub fn integer(rng: &mut Rng) -> u32 {
    match rng.below(8) {
        0..=2 => rng.word(),
        3 | 4 => rng.pick(&INTEGERS),
        5 => rng.below(40),
        6 => rng.below(40).wrapping_neg(),
        _ => rng
            .pick(&INTEGERS)
            .wrapping_add(rng.below(5))
            .wrapping_sub(2),
    }
}

/// A single-precision register.
pub fn single(rng: &mut Rng) -> u32 {
    match rng.below(10) {
        0 | 1 => rng.word(),
        2..=4 => rng.pick(&SINGLES),
        // Exponents around 1.0, where sums cancel.
        5 | 6 => rng.word() & 0x807F_FFFF | (120 + rng.below(16)) << 23,
        // What halves, integers and fixed-point numbers can hold.
        7 => rng.word() & 0x807F_E000 | (100 + rng.below(60)) << 23,
        8 => (rng.word() as i32 >> rng.below(32)) as u32,
        // Near underflow.
        _ => rng.word() & 0x807F_FFFF | rng.below(30) << 23,
    }
}

/// An FPSCR: flags, modes, cumulative exceptions.
pub fn fpscr(rng: &mut Rng) -> u32 {
    const FLAGS: u32 = 0xF000_0000;
    const MODES: u32 = 0x07C0_0000;
    const CUMULATIVE: u32 = 0x0000_009F;
    let mut value = rng.word() & FLAGS;
    if !rng.one_in(3) {
        // Each of AHP, DN, FZ now and then, any rounding mode.
        value |= rng.word() & rng.word() & MODES | rng.word() & 0x00C0_0000;
    }
    // With IXC set, arithmetic takes a shorter way.
    if rng.one_in(2) {
        value |= rng.word() & CUMULATIVE;
    }
    value
}

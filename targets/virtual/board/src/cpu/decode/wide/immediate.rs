//! Data processing with an immediate.

use crate::cpu::decode::encoding::{CARRY_UNCHANGED, Place, UNDEFINED, Undecodable, bad, bits, op};
use crate::cpu::op::{Kind as K, Op};

/// ThumbExpandImm_C (A5.3.2): value, and the carry field for [`Op::d`].
fn expand_immediate(imm12: u32) -> Option<(u32, u32)> {
    let byte = imm12 & 0xFF;
    if imm12 >> 10 == 0 {
        let value = match imm12 >> 8 & 3 {
            0 => byte,
            _ if byte == 0 => return None,
            1 => byte << 16 | byte,
            2 => byte << 24 | byte << 8,
            _ => byte << 24 | byte << 16 | byte << 8 | byte,
        };
        Some((value, CARRY_UNCHANGED))
    } else {
        let value = (0x80 | imm12 & 0x7F).rotate_right(imm12 >> 7);
        Some((value, value >> 31))
    }
}

/// Data processing (modified immediate) (A5.3.1).
pub(super) fn modified_immediate(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let imm12 = bits(h1, 10, 1) << 11 | bits(h2, 12, 3) << 8 | bits(h2, 0, 8);
    let Some((value, carry)) = expand_immediate(imm12) else {
        return UNDEFINED;
    };
    let (n, d) = (bits(h1, 0, 4), bits(h2, 8, 4));
    let s = h1 & 0x10 != 0;
    let two = |kind, kind_s, imm: u32| op(if s { kind_s } else { kind }, d, n, 0, carry, imm);
    Ok(match bits(h1, 5, 4) {
        0 if d == 15 && s && !bad(n) => op(K::TstImm, 0, n, 0, carry, value),
        4 if d == 15 && s && !bad(n) => op(K::TeqImm, 0, n, 0, carry, value),
        8 if d == 15 && s && n != 15 => op(K::CmnImm, 0, n, 0, carry, value),
        13 if d == 15 && s && n != 15 => op(K::CmpImm, 0, n, 0, carry, value),
        // ADD and SUB may have SP as destination if SP is the base.
        8 if n == 13 && d == 13 => two(K::AddImm, K::AddImmS, value),
        13 if n == 13 && d == 13 => {
            if s {
                op(K::SubImmS, d, n, 0, carry, value)
            } else {
                op(K::AddImm, d, n, 0, carry, value.wrapping_neg())
            }
        }
        _ if bad(d) => return UNDEFINED,
        0 if !bad(n) => two(K::AndImm, K::AndImmS, value),
        1 if !bad(n) => two(K::AndImm, K::AndImmS, !value),
        2 if n == 15 => two(K::MovImm, K::MovImmS, value),
        2 if !bad(n) => two(K::OrrImm, K::OrrImmS, value),
        3 if n == 15 => two(K::MovImm, K::MovImmS, !value),
        3 if !bad(n) => two(K::OrrImm, K::OrrImmS, !value),
        4 if !bad(n) => two(K::EorImm, K::EorImmS, value),
        8 if n != 15 => two(K::AddImm, K::AddImmS, value),
        10 if !bad(n) => two(K::AdcImm, K::AdcImmS, value),
        11 if !bad(n) => two(K::SbcImm, K::SbcImmS, value),
        13 if n != 15 && s => op(K::SubImmS, d, n, 0, carry, value),
        13 if n != 15 => op(K::AddImm, d, n, 0, carry, value.wrapping_neg()),
        14 if !bad(n) => two(K::RsbImm, K::RsbImmS, value),
        _ => return UNDEFINED,
    })
}

/// Data processing (plain binary immediate) (A5.3.3).
pub(super) fn plain_immediate(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let (n, d) = (bits(h1, 0, 4), bits(h2, 8, 4));
    let imm12 = bits(h1, 10, 1) << 11 | bits(h2, 12, 3) << 8 | bits(h2, 0, 8);
    let imm16 = n << 12 | imm12;
    let lsb = bits(h2, 12, 3) << 2 | bits(h2, 6, 2);
    let msb = bits(h2, 0, 5);
    if bad(d) && !(d == 13 && n == 13 && matches!(bits(h1, 4, 5), 0 | 10)) {
        return UNDEFINED;
    }
    let pc = (place.pc & !3).wrapping_add(4);
    Ok(match bits(h1, 4, 5) {
        0 if n == 15 => op(K::MovImm, d, 0, 0, CARRY_UNCHANGED, pc.wrapping_add(imm12)),
        0 => op(K::AddImm, d, n, 0, CARRY_UNCHANGED, imm12),
        4 => op(K::MovImm, d, 0, 0, CARRY_UNCHANGED, imm16),
        10 if n == 15 => op(K::MovImm, d, 0, 0, CARRY_UNCHANGED, pc.wrapping_sub(imm12)),
        10 => op(K::AddImm, d, n, 0, CARRY_UNCHANGED, imm12.wrapping_neg()),
        12 => op(K::Movt, d, 0, 0, 0, imm16),
        18 if lsb == 0 && h2 & 0x0030 == 0 && !bad(n) => {
            op(K::Ssat16, d, n, bits(h2, 0, 4) + 1, 0, 0)
        }
        26 if lsb == 0 && h2 & 0x0030 == 0 && !bad(n) => op(K::Usat16, d, n, bits(h2, 0, 4), 0, 0),
        o @ (16 | 18) if h2 & 0x0020 == 0 && !bad(n) => {
            op(K::Ssat, d, n, msb + 1, if o == 16 { 0 } else { 2 }, lsb)
        }
        o @ (24 | 26) if h2 & 0x0020 == 0 && !bad(n) => {
            op(K::Usat, d, n, msb, if o == 24 { 0 } else { 2 }, lsb)
        }
        20 if !bad(n) && lsb + msb < 32 && h2 & 0x0020 == 0 => op(K::Sbfx, d, n, lsb, msb + 1, 0),
        28 if !bad(n) && lsb + msb < 32 && h2 & 0x0020 == 0 => op(K::Ubfx, d, n, lsb, msb + 1, 0),
        22 if msb >= lsb && h2 & 0x0020 == 0 && n == 15 => op(K::Bfc, d, 0, lsb, msb - lsb + 1, 0),
        22 if msb >= lsb && h2 & 0x0020 == 0 && n != 13 => op(K::Bfi, d, n, lsb, msb - lsb + 1, 0),
        _ => return UNDEFINED,
    })
}

//! 16-bit encodings (A5.2).

use super::encoding::{CARRY_UNCHANGED, Place, Undecodable, bits, op, sign_extend};
use crate::cpu::op::{Kind as K, Op, literal};

pub(super) fn decode(h: u16, place: Place) -> Result<Op, Undecodable> {
    let s = !place.in_it;
    let lo = |low| bits(h, low, 3);
    Ok(match h >> 11 {
        // Shift (immediate), add, subtract, move and compare (A5.2.1).
        0b00000 => match bits(h, 6, 5) {
            0 if s => op(K::MovRegS, lo(0), 0, lo(3), 0, 0),
            0 => return Err(Undecodable::Undefined),
            n => op(pick(s, K::LslImmS, K::LslImm), lo(0), lo(3), 0, 0, n),
        },
        0b00001 => op(
            pick(s, K::LsrImmS, K::LsrImm),
            lo(0),
            lo(3),
            0,
            0,
            amount(bits(h, 6, 5)),
        ),
        0b00010 => op(
            pick(s, K::AsrImmS, K::AsrImm),
            lo(0),
            lo(3),
            0,
            0,
            amount(bits(h, 6, 5)),
        ),
        0b00011 => match bits(h, 9, 2) {
            0 => op(pick(s, K::AddRegS, K::AddReg), lo(0), lo(3), lo(6), 0, 0),
            1 => op(pick(s, K::SubRegS, K::SubReg), lo(0), lo(3), lo(6), 0, 0),
            2 => op(pick(s, K::AddImmS, K::AddImm), lo(0), lo(3), 0, 0, lo(6)),
            _ => subtract_immediate(s, lo(0), lo(3), lo(6)),
        },
        0b00100 => {
            let imm = bits(h, 0, 8);
            op(
                pick(s, K::MovImmS, K::MovImm),
                lo(8),
                0,
                0,
                CARRY_UNCHANGED,
                imm,
            )
        }
        0b00101 => op(K::CmpImm, 0, lo(8), 0, 0, bits(h, 0, 8)),
        0b00110 => op(
            pick(s, K::AddImmS, K::AddImm),
            lo(8),
            lo(8),
            0,
            0,
            bits(h, 0, 8),
        ),
        0b00111 => subtract_immediate(s, lo(8), lo(8), bits(h, 0, 8)),
        0b01000 => {
            if h & 0x0400 == 0 {
                data_processing(h, s)
            } else {
                high_registers(h, place)?
            }
        }
        0b01001 => {
            let base = (place.pc & !3).wrapping_add(4);
            let address = base.wrapping_add(bits(h, 0, 8) * 4);
            op(K::LdrLit, lo(8), 15, 0, literal::WORD.into(), address)
        }
        // Load and store single data item (A5.2.4).
        0b01010 | 0b01011 => {
            const KINDS: [K; 8] = [
                K::StrReg,
                K::StrhReg,
                K::StrbReg,
                K::LdrsbReg,
                K::LdrReg,
                K::LdrhReg,
                K::LdrbReg,
                K::LdrshReg,
            ];
            op(KINDS[bits(h, 9, 3) as usize], lo(0), lo(3), lo(6), 0, 0)
        }
        0b01100 => op(K::StrImm, lo(0), lo(3), 0, 0, bits(h, 6, 5) * 4),
        0b01101 => op(K::LdrImm, lo(0), lo(3), 0, 0, bits(h, 6, 5) * 4),
        0b01110 => op(K::StrbImm, lo(0), lo(3), 0, 0, bits(h, 6, 5)),
        0b01111 => op(K::LdrbImm, lo(0), lo(3), 0, 0, bits(h, 6, 5)),
        0b10000 => op(K::StrhImm, lo(0), lo(3), 0, 0, bits(h, 6, 5) * 2),
        0b10001 => op(K::LdrhImm, lo(0), lo(3), 0, 0, bits(h, 6, 5) * 2),
        0b10010 => op(K::StrImm, lo(8), 13, 0, 0, bits(h, 0, 8) * 4),
        0b10011 => op(K::LdrImm, lo(8), 13, 0, 0, bits(h, 0, 8) * 4),
        // ADR, ADD (SP plus immediate).
        0b10100 => {
            let address = (place.pc & !3)
                .wrapping_add(4)
                .wrapping_add(bits(h, 0, 8) * 4);
            op(K::MovImm, lo(8), 0, 0, CARRY_UNCHANGED, address)
        }
        0b10101 => op(K::AddImm, lo(8), 13, 0, 0, bits(h, 0, 8) * 4),
        0b10110 | 0b10111 => miscellaneous(h, place)?,
        0b11000 => {
            let list = bits(h, 0, 8);
            if list == 0 {
                return Err(Undecodable::Undefined);
            }
            op(K::Stm, 0, lo(8), list.count_ones(), 2, list)
        }
        0b11001 => {
            let list = bits(h, 0, 8);
            if list == 0 {
                return Err(Undecodable::Undefined);
            }
            let write_back = if list & (1 << lo(8)) == 0 { 2 } else { 0 };
            op(K::Ldm, 0, lo(8), list.count_ones(), write_back, list)
        }
        0b11010 | 0b11011 => match bits(h, 8, 4) {
            14 => op(K::Udf, 0, 0, 0, 0, bits(h, 0, 8)),
            15 => op(K::Svc, 0, 0, 0, 0, bits(h, 0, 8)),
            _ if place.in_it => return Err(Undecodable::Undefined),
            condition => {
                let offset = sign_extend(bits(h, 0, 8) << 1, 9);
                op(
                    K::BCond,
                    condition,
                    0,
                    0,
                    0,
                    place.pc.wrapping_add(4).wrapping_add(offset),
                )
            }
        },
        0b11100 => {
            let offset = sign_extend(bits(h, 0, 11) << 1, 12);
            op(
                K::B,
                0,
                0,
                0,
                0,
                place.pc.wrapping_add(4).wrapping_add(offset),
            )
        }
        _ => return Err(Undecodable::Undefined),
    })
}

const fn pick(condition: bool, yes: K, no: K) -> K {
    if condition { yes } else { no }
}

/// A right shift by 0 means by 32.
const fn amount(encoded: u32) -> u32 {
    if encoded == 0 { 32 } else { encoded }
}

fn subtract_immediate(s: bool, d: u32, n: u32, imm: u32) -> Op {
    if s {
        op(K::SubImmS, d, n, 0, 0, imm)
    } else {
        op(K::AddImm, d, n, 0, 0, imm.wrapping_neg())
    }
}

/// Data processing (A5.2.2).
fn data_processing(h: u16, s: bool) -> Op {
    let (d, m) = (bits(h, 0, 3), bits(h, 3, 3));
    match bits(h, 6, 4) {
        0 => op(pick(s, K::AndRegS, K::AndReg), d, d, m, 0, 0),
        1 => op(pick(s, K::EorRegS, K::EorReg), d, d, m, 0, 0),
        2 => op(pick(s, K::LslRegS, K::LslReg), d, d, m, 0, 0),
        3 => op(pick(s, K::LsrRegS, K::LsrReg), d, d, m, 0, 0),
        4 => op(pick(s, K::AsrRegS, K::AsrReg), d, d, m, 0, 0),
        5 => op(pick(s, K::AdcRegS, K::AdcReg), d, d, m, 0, 0),
        6 => op(pick(s, K::SbcRegS, K::SbcReg), d, d, m, 0, 0),
        7 => op(pick(s, K::RorRegS, K::RorReg), d, d, m, 0, 0),
        8 => op(K::TstReg, 0, d, m, 0, 0),
        9 => op(pick(s, K::RsbImmS, K::RsbImm), d, m, 0, 0, 0),
        10 => op(K::CmpReg, 0, d, m, 0, 0),
        11 => op(K::CmnReg, 0, d, m, 0, 0),
        12 => op(pick(s, K::OrrRegS, K::OrrReg), d, d, m, 0, 0),
        13 => op(pick(s, K::MulS, K::Mul), d, d, m, 0, 0),
        14 => op(pick(s, K::BicRegS, K::BicReg), d, d, m, 0, 0),
        _ => op(pick(s, K::MvnRegS, K::MvnReg), d, 0, m, 0, 0),
    }
}

/// Special data instructions and branch and exchange (A5.2.3).
fn high_registers(h: u16, place: Place) -> Result<Op, Undecodable> {
    let m = bits(h, 3, 4);
    let d = bits(h, 0, 3) | bits(h, 7, 1) << 3;
    Ok(match bits(h, 8, 2) {
        0 if d == 15 && m == 15 => return Err(Undecodable::Undefined),
        0 if d == 15 => op(K::AddPc, 0, 15, m, 0, place.pc.wrapping_add(4)),
        0 => op(K::AddReg, d, d, m, 0, 0),
        1 if (d < 8 && m < 8) || d == 15 || m == 15 => return Err(Undecodable::Undefined),
        1 => op(K::CmpReg, 0, d, m, 0, 0),
        2 if d == 15 => op(K::MovPc, 0, 0, m, 0, 0),
        2 => op(K::MovReg, d, 0, m, 0, 0),
        _ if h & 7 != 0 => return Err(Undecodable::Undefined),
        _ if h & 0x80 == 0 => op(K::Bx, 0, 0, m, 0, 0),
        _ if m == 15 => return Err(Undecodable::Undefined),
        _ => op(K::Blx, 0, 0, m, 0, 0),
    })
}

/// Miscellaneous 16-bit instructions (A5.2.5).
fn miscellaneous(h: u16, place: Place) -> Result<Op, Undecodable> {
    let (d, m) = (bits(h, 0, 3), bits(h, 3, 3));
    Ok(match bits(h, 5, 7) {
        0b000_0000..=0b000_0011 => op(K::AddImm, 13, 13, 0, 0, bits(h, 0, 7) * 4),
        0b000_0100..=0b000_0111 => op(K::AddImm, 13, 13, 0, 0, (bits(h, 0, 7) * 4).wrapping_neg()),
        0b011_0011 => {
            if h & 0x0008 != 0 || h & 0x0003 == 0 || h & 0x0004 != 0 || place.in_it {
                return Err(Undecodable::Undefined);
            }
            op(K::Cps, bits(h, 4, 1), bits(h, 0, 2), 0, 0, 0)
        }
        // CBZ and CBNZ: bit 9 and bits 7:3.
        b if matches!(b >> 3, 0b0001 | 0b0011 | 0b1001 | 0b1011) => {
            if place.in_it {
                return Err(Undecodable::Undefined);
            }
            let offset = bits(h, 9, 1) << 6 | bits(h, 3, 5) << 1;
            let kind = pick(h & 0x0800 != 0, K::Cbnz, K::Cbz);
            op(
                kind,
                0,
                d,
                0,
                0,
                place.pc.wrapping_add(4).wrapping_add(offset),
            )
        }
        b if b >> 1 == 0b001_000 => op(K::Sxth, d, 0, m, 0, 0),
        b if b >> 1 == 0b001_001 => op(K::Sxtb, d, 0, m, 0, 0),
        b if b >> 1 == 0b001_010 => op(K::Uxth, d, 0, m, 0, 0),
        b if b >> 1 == 0b001_011 => op(K::Uxtb, d, 0, m, 0, 0),
        b if b >> 4 == 0b010 => {
            let list = bits(h, 0, 8) | bits(h, 8, 1) << 14;
            if list == 0 {
                return Err(Undecodable::Undefined);
            }
            op(K::Stm, 0, 13, list.count_ones(), 3, list)
        }
        b if b >> 1 == 0b101_000 => op(K::Rev, d, 0, m, 0, 0),
        b if b >> 1 == 0b101_001 => op(K::Rev16, d, 0, m, 0, 0),
        b if b >> 1 == 0b101_011 => op(K::Revsh, d, 0, m, 0, 0),
        b if b >> 4 == 0b110 => {
            let list = bits(h, 0, 8) | bits(h, 8, 1) << 15;
            if list == 0 {
                return Err(Undecodable::Undefined);
            }
            let kind = pick(list & 0x8000 != 0, K::LdmPc, K::Ldm);
            op(kind, 0, 13, list.count_ones(), 2, list)
        }
        b if b >> 3 == 0b1110 => op(K::Bkpt, 0, 0, 0, 0, bits(h, 0, 8)),
        b if b >> 3 == 0b1111 => {
            let (mask, hint) = (bits(h, 0, 4), bits(h, 4, 4));
            if mask != 0 {
                // The first condition may not be 15, nor 14 with an ELSE.
                if place.in_it || hint == 15 || (hint == 14 && mask.count_ones() != 1) {
                    return Err(Undecodable::Undefined);
                }
                op(K::It, 0, 0, 0, 0, hint << 4 | mask)
            } else {
                hint_op(hint)
            }
        }
        _ => return Err(Undecodable::Undefined),
    })
}

/// Hints (A5.2.5): unallocated ones are NOPs.
pub(super) fn hint_op(hint: u32) -> Op {
    Op::new(match hint {
        2 => K::Wfe,
        3 => K::Wfi,
        4 => K::Sev,
        _ => K::Nop,
    })
}

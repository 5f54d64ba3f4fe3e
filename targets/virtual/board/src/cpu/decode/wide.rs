//! 32-bit encodings (A5.3).

use super::super::op::{Kind as K, Op, literal};
use super::{CARRY_UNCHANGED, Place, Undecodable, bits, narrow, op, sign_extend, vector};

const UNDEFINED: Result<Op, Undecodable> = Err(Undecodable::Undefined);

pub(super) fn decode(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let op2 = bits(h1, 4, 7);
    match bits(h1, 11, 2) {
        1 => match op2 {
            b if b & 0x64 == 0x00 => load_store_multiple(h1, h2),
            b if b & 0x64 == 0x04 => dual_exclusive_table(h1, h2, place),
            b if b & 0x60 == 0x20 => shifted_register(h1, h2),
            _ => vector::decode(h1, h2, place),
        },
        2 if h2 & 0x8000 == 0 => {
            if op2 & 0x20 == 0 {
                modified_immediate(h1, h2)
            } else {
                plain_immediate(h1, h2, place)
            }
        }
        2 => branches_and_system(h1, h2, place),
        _ => match op2 {
            b if b & 0x71 == 0x00 => store_single(h1, h2),
            b if b & 0x67 == 0x01 => load_single(h1, h2, place, literal::BYTE),
            b if b & 0x67 == 0x03 => load_single(h1, h2, place, literal::HALF),
            b if b & 0x67 == 0x05 => load_single(h1, h2, place, literal::WORD),
            b if b & 0x70 == 0x20 => register_processing(h1, h2),
            b if b & 0x78 == 0x30 => multiply(h1, h2),
            b if b & 0x78 == 0x38 => long_multiply(h1, h2),
            b if b & 0x40 == 0x40 => vector::decode(h1, h2, place),
            _ => UNDEFINED,
        },
    }
}

/// SP and PC are not allowed where a general register is meant.
const fn bad(register: u32) -> bool {
    register == 13 || register == 15
}

/// ThumbExpandImm_C (A5.3.2): value, and the carry field for [`Op::d`].
pub(super) fn expand_immediate(imm12: u32) -> Option<(u32, u32)> {
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
fn modified_immediate(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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
fn plain_immediate(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
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
        0 => op(K::AddImm, d, n, 0, 0, imm12),
        4 => op(K::MovImm, d, 0, 0, CARRY_UNCHANGED, imm16),
        10 if n == 15 => op(K::MovImm, d, 0, 0, CARRY_UNCHANGED, pc.wrapping_sub(imm12)),
        10 => op(K::AddImm, d, n, 0, 0, imm12.wrapping_neg()),
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

/// Branches and miscellaneous control (A5.3.4).
fn branches_and_system(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let next = place.pc.wrapping_add(4);
    let s = bits(h1, 10, 1);
    let (j1, j2) = (bits(h2, 13, 1), bits(h2, 11, 1));
    match (h2 >> 12) & 5 {
        // B<c> T3 and system instructions.
        0 => {
            let condition = bits(h1, 6, 4);
            if condition < 14 {
                if place.in_it {
                    return UNDEFINED;
                }
                let offset =
                    s << 20 | j2 << 19 | j1 << 18 | bits(h1, 0, 6) << 12 | bits(h2, 0, 11) << 1;
                let target = next.wrapping_add(sign_extend(offset, 21));
                return Ok(op(K::BCond, condition, 0, 0, 0, target));
            }
            system(h1, h2)
        }
        // B T4 and BL.
        kind @ (1 | 5) => {
            let (i1, i2) = (!(j1 ^ s) & 1, !(j2 ^ s) & 1);
            let offset =
                s << 24 | i1 << 23 | i2 << 22 | bits(h1, 0, 10) << 12 | bits(h2, 0, 11) << 1;
            let target = next.wrapping_add(sign_extend(offset, 25));
            Ok(op(if kind == 5 { K::Bl } else { K::B }, 0, 0, 0, 0, target))
        }
        _ => UNDEFINED,
    }
}

fn system(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, d) = (bits(h1, 0, 4), bits(h2, 8, 4));
    match bits(h1, 4, 7) {
        // MSR. Bits 11:10 of the second half-word are the mask of the APSR.
        0b011_1000 | 0b011_1001 if h1 & 0x10 == 0 && !bad(n) => {
            let mask = bits(h2, 10, 2);
            if mask == 0 {
                return UNDEFINED;
            }
            Ok(op(K::Msr, 0, n, mask, 0, bits(h2, 0, 8)))
        }
        0b011_1010 if bits(h2, 8, 3) == 0 => {
            let hint = bits(h2, 0, 8);
            Ok(if hint < 16 {
                narrow::hint_op(hint)
            } else {
                Op::new(K::Nop)
            })
        }
        0b011_1011 => match bits(h2, 4, 4) {
            2 => Ok(Op::new(K::Clrex)),
            4 => Ok(Op::new(K::Dsb)),
            5 => Ok(Op::new(K::Dmb)),
            6 => Ok(Op::new(K::Isb)),
            _ => UNDEFINED,
        },
        0b011_1110 | 0b011_1111 if !bad(d) && h1 & 0x10 == 0 => {
            Ok(op(K::Mrs, d, 0, 0, 0, bits(h2, 0, 8)))
        }
        0b111_1111 if h2 & 0xF000 == 0xA000 => Ok(op(K::Udf, 0, 0, 0, 0, bits(h2, 0, 12))),
        _ => UNDEFINED,
    }
}

/// Load multiple and store multiple (A5.3.5).
fn load_store_multiple(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let n = bits(h1, 0, 4);
    let write_back = bits(h1, 5, 1);
    let load = h1 & 0x10 != 0;
    let list = u32::from(h2);
    let before = match bits(h1, 7, 2) {
        1 => 0,
        2 => 1,
        _ => return UNDEFINED,
    };
    let count = list.count_ones();
    let base_in_list = list & (1 << n) != 0;
    if n == 15 || count < 2 || list & 0x2000 != 0 || (write_back != 0 && base_in_list) {
        return UNDEFINED;
    }
    if load && list & 0xC000 == 0xC000 || !load && list & 0x8000 != 0 {
        return UNDEFINED;
    }
    let kind = match (load, list & 0x8000 != 0) {
        (false, _) => K::Stm,
        (true, false) => K::Ldm,
        (true, true) => K::LdmPc,
    };
    Ok(op(kind, 0, n, count, before | write_back << 1, list))
}

/// Load/store dual or exclusive, table branch (A5.3.6).
fn dual_exclusive_table(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let (n, t, d) = (bits(h1, 0, 4), bits(h2, 12, 4), bits(h2, 8, 4));
    let imm = bits(h2, 0, 8) * 4;
    let (p, u, w, load) = (
        bits(h1, 8, 1),
        bits(h1, 7, 1),
        bits(h1, 5, 1),
        bits(h1, 4, 1),
    );
    if p == 0 && w == 0 {
        if u == 0 {
            // LDREX, STREX.
            if n == 15 || bad(t) {
                return UNDEFINED;
            }
            return if load == 1 {
                if d != 15 {
                    UNDEFINED
                } else {
                    Ok(op(K::Ldrex, t, n, 0, 0, imm))
                }
            } else if bad(d) || d == n || d == t {
                UNDEFINED
            } else {
                Ok(op(K::Strex, t, n, d, 0, imm))
            };
        }
        let m = bits(h2, 0, 4);
        return match (bits(h2, 4, 4), load) {
            (kind @ (4 | 5), _) => {
                if n == 15 || bad(t) {
                    return UNDEFINED;
                }
                if load == 1 {
                    if h2 & 0x0F0F != 0x0F0F {
                        return UNDEFINED;
                    }
                    Ok(op(
                        if kind == 4 { K::Ldrexb } else { K::Ldrexh },
                        t,
                        n,
                        0,
                        0,
                        0,
                    ))
                } else if bad(m) || m == n || m == t || d != 15 {
                    UNDEFINED
                } else {
                    Ok(op(
                        if kind == 4 { K::Strexb } else { K::Strexh },
                        t,
                        n,
                        m,
                        0,
                        0,
                    ))
                }
            }
            (kind @ (0 | 1), 1) if n != 13 && !bad(m) && h2 & 0xFF00 == 0xF000 => {
                Ok(op(if kind == 0 { K::Tbb } else { K::Tbh }, 0, n, m, 0, 0))
            }
            _ => UNDEFINED,
        };
    }
    if bad(t) || bad(d) || (w == 1 && (n == t || n == d)) {
        return UNDEFINED;
    }
    let offset = if u == 1 { imm } else { imm.wrapping_neg() };
    if load == 1 {
        if t == d {
            return UNDEFINED;
        }
        if n == 15 {
            if w == 1 {
                return UNDEFINED;
            }
            let address = (place.pc & !3).wrapping_add(4).wrapping_add(offset);
            return Ok(op(K::LdrdLit, t, 15, d, 1, address));
        }
        Ok(op(K::Ldrd, t, n, d, p | w << 1, offset))
    } else if n == 15 {
        UNDEFINED
    } else {
        Ok(op(K::Strd, t, n, d, p | w << 1, offset))
    }
}

/// Single loads (A5.3.7 to A5.3.9). `size` is unsigned; the sign is bit 8 of `h1`.
fn load_single(h1: u16, h2: u16, place: Place, size: u8) -> Result<Op, Undecodable> {
    let (n, t) = (bits(h1, 0, 4), bits(h2, 12, 4));
    let signed = h1 & 0x0100 != 0;
    let word = size == literal::WORD;
    if word && signed {
        return UNDEFINED;
    }
    let kinds: [K; 4] = match (size, signed) {
        (literal::BYTE, false) => [K::LdrbImm, K::LdrbReg, K::LdrbPre, K::LdrbPost],
        (literal::BYTE, true) => [K::LdrsbImm, K::LdrsbReg, K::LdrsbPre, K::LdrsbPost],
        (literal::HALF, false) => [K::LdrhImm, K::LdrhReg, K::LdrhPre, K::LdrhPost],
        (literal::HALF, true) => [K::LdrshImm, K::LdrshReg, K::LdrshPre, K::LdrshPost],
        _ if t == 15 => [K::LdrPcImm, K::LdrPcReg, K::LdrPcPre, K::LdrPcPost],
        _ => [K::LdrImm, K::LdrReg, K::LdrPre, K::LdrPost],
    };
    let sized = match (size, signed) {
        (literal::BYTE, true) => literal::SIGNED_BYTE,
        (literal::HALF, true) => literal::SIGNED_HALF,
        _ => size,
    };
    if n == 15 {
        let imm = bits(h2, 0, 12);
        let offset = if h1 & 0x80 != 0 {
            imm
        } else {
            imm.wrapping_neg()
        };
        let address = (place.pc & !3).wrapping_add(4).wrapping_add(offset);
        if t == 15 {
            // LDR PC, literal; the byte and half-word forms are preload hints.
            return Ok(if word {
                op(K::LdrPcImm, t, 15, 0, 1, address)
            } else {
                Op::new(K::Nop)
            });
        }
        if t == 13 && !word {
            return UNDEFINED;
        }
        return Ok(op(K::LdrLit, t, 15, 0, sized.into(), address));
    }
    if h1 & 0x80 != 0 {
        if t == 15 && !word {
            return Ok(Op::new(K::Nop));
        }
        if t == 13 && !word {
            return UNDEFINED;
        }
        return Ok(op(kinds[0], t, n, 0, 0, bits(h2, 0, 12)));
    }
    if h2 & 0x0FC0 == 0 {
        let m = bits(h2, 0, 4);
        if bad(m) {
            return UNDEFINED;
        }
        if t == 15 && !word {
            return Ok(Op::new(K::Nop));
        }
        if t == 13 && !word {
            return UNDEFINED;
        }
        return Ok(op(kinds[1], t, n, m, bits(h2, 4, 2), 0));
    }
    if h2 & 0x0800 == 0 {
        return UNDEFINED;
    }
    let imm = bits(h2, 0, 8);
    let (p, u, w) = (bits(h2, 10, 1), bits(h2, 9, 1), bits(h2, 8, 1));
    let offset = if u == 1 { imm } else { imm.wrapping_neg() };
    match (p, u, w) {
        (1, 1, 0) => {
            if bad(t) {
                return UNDEFINED;
            }
            Ok(op(K::LoadUnprivileged, t, n, 0, sized.into(), imm))
        }
        (1, 0, 0) => {
            if t == 15 && !word {
                return Ok(Op::new(K::Nop));
            }
            if t == 13 && !word {
                return UNDEFINED;
            }
            Ok(op(kinds[0], t, n, 0, 0, offset))
        }
        (0, _, 0) => UNDEFINED,
        _ if n == t || (bad(t) && !word) => UNDEFINED,
        (1, _, _) => Ok(op(kinds[2], t, n, 0, 0, offset)),
        _ => Ok(op(kinds[3], t, n, 0, 0, offset)),
    }
}

/// Store single data item (A5.3.10).
fn store_single(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, t) = (bits(h1, 0, 4), bits(h2, 12, 4));
    let (kinds, size): ([K; 4], u8) = match bits(h1, 5, 2) {
        0 => (
            [K::StrbImm, K::StrbReg, K::StrbPre, K::StrbPost],
            literal::BYTE,
        ),
        1 => (
            [K::StrhImm, K::StrhReg, K::StrhPre, K::StrhPost],
            literal::HALF,
        ),
        2 => ([K::StrImm, K::StrReg, K::StrPre, K::StrPost], literal::WORD),
        _ => return UNDEFINED,
    };
    if n == 15 || t == 15 || (t == 13 && size != literal::WORD) {
        return UNDEFINED;
    }
    if h1 & 0x80 != 0 {
        return Ok(op(kinds[0], t, n, 0, 0, bits(h2, 0, 12)));
    }
    if h2 & 0x0FC0 == 0 {
        let m = bits(h2, 0, 4);
        if bad(m) {
            return UNDEFINED;
        }
        return Ok(op(kinds[1], t, n, m, bits(h2, 4, 2), 0));
    }
    if h2 & 0x0800 == 0 {
        return UNDEFINED;
    }
    let imm = bits(h2, 0, 8);
    let (p, u, w) = (bits(h2, 10, 1), bits(h2, 9, 1), bits(h2, 8, 1));
    let offset = if u == 1 { imm } else { imm.wrapping_neg() };
    match (p, u, w) {
        (1, 1, 0) if t != 13 => Ok(op(K::StoreUnprivileged, t, n, 0, size.into(), imm)),
        (1, 0, 0) => Ok(op(kinds[0], t, n, 0, 0, offset)),
        (1, _, 1) if n != t => Ok(op(kinds[2], t, n, 0, 0, offset)),
        (0, _, 1) if n != t => Ok(op(kinds[3], t, n, 0, 0, offset)),
        _ => UNDEFINED,
    }
}

/// Data processing (shifted register) (A5.3.11).
fn shifted_register(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, d, m) = (bits(h1, 0, 4), bits(h2, 8, 4), bits(h2, 0, 4));
    let s = h1 & 0x10 != 0;
    let amount = bits(h2, 12, 3) << 2 | bits(h2, 6, 2);
    let kind = bits(h2, 4, 2);
    let opcode = bits(h1, 5, 4);
    if h2 & 0x8000 != 0 {
        return UNDEFINED;
    }
    let none = kind == 0 && amount == 0;
    let two = |kind, kind_s| op(if s { kind_s } else { kind }, d, n, m, 0, 0);
    let test = d == 15 && s;
    if opcode == 2 && n == 15 {
        return shift_immediate(d, m, s, kind, amount);
    }
    if opcode == 6 {
        // PKHBT, PKHTB.
        if s || bad(d) || bad(n) || bad(m) || kind & 1 != 0 {
            return UNDEFINED;
        }
        return Ok(if kind == 0 {
            op(K::Pkhbt, d, n, m, 0, amount)
        } else {
            op(K::Pkhtb, d, n, m, 0, if amount == 0 { 32 } else { amount })
        });
    }
    if bad(m) {
        return UNDEFINED;
    }
    let illegal = match opcode {
        0 | 4 if test => bad(n),
        8 | 13 if test => n == 15,
        // ADD and SUB with the SP as base: to the SP only shifted left by at most 3.
        8 | 13 if n == 13 => d == 15 || (d == 13 && (kind != 0 || amount > 3)),
        3 if n == 15 => bad(d),
        _ => bad(d) || bad(n),
    };
    if illegal {
        return UNDEFINED;
    }
    if none {
        return Ok(match opcode {
            0 if test => op(K::TstReg, 0, n, m, 0, 0),
            4 if test => op(K::TeqReg, 0, n, m, 0, 0),
            8 if test => op(K::CmnReg, 0, n, m, 0, 0),
            13 if test => op(K::CmpReg, 0, n, m, 0, 0),
            0 => two(K::AndReg, K::AndRegS),
            1 => two(K::BicReg, K::BicRegS),
            2 => two(K::OrrReg, K::OrrRegS),
            3 if n == 15 => two(K::MvnReg, K::MvnRegS),
            3 => two(K::OrnReg, K::OrnRegS),
            4 => two(K::EorReg, K::EorRegS),
            8 => two(K::AddReg, K::AddRegS),
            10 => two(K::AdcReg, K::AdcRegS),
            11 => two(K::SbcReg, K::SbcRegS),
            13 => two(K::SubReg, K::SubRegS),
            14 => two(K::RsbReg, K::RsbRegS),
            _ => return UNDEFINED,
        });
    }
    // LSR and ASR by 0 mean by 32; ROR by 0 is RRX (coded as amount 0).
    let amount = if amount == 0 && matches!(kind, 1 | 2) {
        32
    } else {
        amount
    };
    let own_kind = match (opcode, kind) {
        (0, 1) => Some(K::AndLsr),
        (2, 0) => Some(K::OrrLsl),
        (2, 1) => Some(K::OrrLsr),
        (4, 0) => Some(K::EorLsl),
        (4, 1) => Some(K::EorLsr),
        (8, 0) => Some(K::AddLsl),
        (8, 1) => Some(K::AddLsr),
        (8, 2) => Some(K::AddAsr),
        (13, 0) => Some(K::SubLsl),
        _ => None,
    };
    if let (Some(own_kind), false) = (own_kind, s) {
        return Ok(op(own_kind, d, n, m, 0, amount));
    }
    if !matches!(opcode, 0..=4 | 8 | 10 | 11 | 13 | 14) {
        return UNDEFINED;
    }
    let packed = (opcode | u32::from(s) << 4) << 8 | amount;
    Ok(op(K::Shifted, d, n, m, kind, packed))
}

/// MOV (register) and shifts by an immediate (A5.3.11, opcode 0010 without a base).
fn shift_immediate(d: u32, m: u32, s: bool, kind: u32, amount: u32) -> Result<Op, Undecodable> {
    if kind == 0 && amount == 0 {
        // MOV.W: SP is allowed on one side if the flags stay.
        if d == 15 || m == 15 || (s && (bad(d) || bad(m))) || (d == 13 && m == 13) {
            return UNDEFINED;
        }
        return Ok(op(if s { K::MovRegS } else { K::MovReg }, d, 0, m, 0, 0));
    }
    if bad(d) || bad(m) {
        return UNDEFINED;
    }
    let by = if amount == 0 { 32 } else { amount };
    Ok(match (kind, amount, s) {
        (0, _, false) => op(K::LslImm, d, m, 0, 0, amount),
        (0, _, true) => op(K::LslImmS, d, m, 0, 0, amount),
        (1, _, false) => op(K::LsrImm, d, m, 0, 0, by),
        (1, _, true) => op(K::LsrImmS, d, m, 0, 0, by),
        (2, _, false) => op(K::AsrImm, d, m, 0, 0, by),
        (2, _, true) => op(K::AsrImmS, d, m, 0, 0, by),
        (_, 0, false) => op(K::Rrx, d, m, 0, 0, 0),
        (_, 0, true) => op(K::RrxS, d, m, 0, 0, 0),
        (_, _, false) => op(K::RorImm, d, m, 0, 0, amount),
        (_, _, true) => op(K::RorImmS, d, m, 0, 0, amount),
    })
}

/// Data processing (register): shifts, extends, parallel arithmetic, miscellaneous (A5.3.12).
fn register_processing(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, d, m) = (bits(h1, 0, 4), bits(h2, 8, 4), bits(h2, 0, 4));
    if h2 & 0xF000 != 0xF000 || bad(d) || bad(m) {
        return UNDEFINED;
    }
    let op1 = bits(h1, 4, 4);
    let op2 = bits(h2, 4, 4);
    if op1 < 8 && op2 == 0 {
        const KINDS: [K; 8] = [
            K::LslReg,
            K::LslRegS,
            K::LsrReg,
            K::LsrRegS,
            K::AsrReg,
            K::AsrRegS,
            K::RorReg,
            K::RorRegS,
        ];
        return if bad(n) {
            UNDEFINED
        } else {
            Ok(op(KINDS[op1 as usize], d, n, m, 0, 0))
        };
    }
    if op1 < 8 && op2 & 8 != 0 {
        let rotation = bits(h2, 4, 2) * 8;
        if h2 & 0x40 != 0 || n == 13 {
            return UNDEFINED;
        }
        let kind = match (op1, n == 15) {
            (0, true) => K::Sxth,
            (0, false) => K::Sxtah,
            (1, true) => K::Uxth,
            (1, false) => K::Uxtah,
            (2, true) => K::Sxtb16,
            (2, false) => K::Sxtab16,
            (3, true) => K::Uxtb16,
            (3, false) => K::Uxtab16,
            (4, true) => K::Sxtb,
            (4, false) => K::Sxtab,
            (5, true) => K::Uxtb,
            (5, false) => K::Uxtab,
            _ => return UNDEFINED,
        };
        return Ok(op(kind, d, n, m, rotation, 0));
    }
    if bad(n) {
        return UNDEFINED;
    }
    if op1 >= 8 && op2 < 8 {
        // Parallel addition and subtraction (A5.3.13, A5.3.14).
        let prefix = op2;
        let operation = op1 & 7;
        if operation == 7 || operation == 3 || matches!(prefix, 3 | 7) {
            return UNDEFINED;
        }
        return Ok(op(K::Parallel, d, n, m, 0, prefix << 3 | operation));
    }
    if (8..12).contains(&op1) && op2 & 0xC == 8 {
        // Miscellaneous operations (A5.3.15).
        let same = n == m;
        return Ok(match (op1 & 3, op2 & 3) {
            (0, 0) => op(K::Qadd, d, n, m, 0, 0),
            (0, 1) => op(K::Qdadd, d, n, m, 0, 0),
            (0, 2) => op(K::Qsub, d, n, m, 0, 0),
            (0, _) => op(K::Qdsub, d, n, m, 0, 0),
            (1, 0) if same => op(K::Rev, d, 0, m, 0, 0),
            (1, 1) if same => op(K::Rev16, d, 0, m, 0, 0),
            (1, 2) if same => op(K::Rbit, d, 0, m, 0, 0),
            (1, 3) if same => op(K::Revsh, d, 0, m, 0, 0),
            (2, 0) => op(K::Sel, d, n, m, 0, 0),
            (3, 0) if same => op(K::Clz, d, 0, m, 0, 0),
            _ => return UNDEFINED,
        });
    }
    UNDEFINED
}

/// Multiply, multiply accumulate, absolute difference (A5.3.16).
fn multiply(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, a, d, m) = (
        bits(h1, 0, 4),
        bits(h2, 12, 4),
        bits(h2, 8, 4),
        bits(h2, 0, 4),
    );
    if bad(d) || bad(n) || bad(m) || a == 13 {
        return UNDEFINED;
    }
    let none = a == 15;
    let op2 = bits(h2, 4, 2);
    let xy = op2;
    if h2 & 0x00C0 != 0 {
        return UNDEFINED;
    }
    Ok(match (bits(h1, 4, 3), op2) {
        (0, 0) if none => op(K::Mul, d, n, m, 0, 0),
        (0, 0) => op(K::Mla, d, n, m, a, 0),
        (0, 1) if !none => op(K::Mls, d, n, m, a, 0),
        (1, _) if none => op(K::SmulXy, d, n, m, 0, xy),
        (1, 0) => op(K::Smlabb, d, n, m, a, 0),
        (1, 1) => op(K::Smlabt, d, n, m, a, 0),
        (1, 2) => op(K::Smlatb, d, n, m, a, 0),
        (1, _) => op(K::Smlatt, d, n, m, a, 0),
        (2, 0 | 1) if none => op(K::Smuad, d, n, m, 0, op2),
        (2, 0) => op(K::Smlad, d, n, m, a, 0),
        (2, 1) => op(K::Smladx, d, n, m, a, 0),
        (3, 0 | 1) if none => op(K::SmulW, d, n, m, 0, op2),
        (3, 0 | 1) => op(K::SmlaW, d, n, m, a, op2),
        (4, 0 | 1) if none => op(K::Smusd, d, n, m, 0, op2),
        (4, 0 | 1) => op(K::Smlsd, d, n, m, a, op2),
        (5, 0 | 1) => op(K::Smmla, d, n, m, a, op2),
        (6, 0 | 1) if !none => op(K::Smmls, d, n, m, a, op2),
        (7, 0) => op(K::Usada8, d, n, m, a, 0),
        _ => return UNDEFINED,
    })
}

/// Long multiply, long multiply accumulate, divide (A5.3.17).
fn long_multiply(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let (n, lo, hi, m) = (
        bits(h1, 0, 4),
        bits(h2, 12, 4),
        bits(h2, 8, 4),
        bits(h2, 0, 4),
    );
    let op2 = bits(h2, 4, 4);
    if bad(hi) || bad(n) || bad(m) {
        return UNDEFINED;
    }
    match (bits(h1, 4, 3), op2) {
        (1, 15) if lo == 15 => return Ok(op(K::Sdiv, hi, n, m, 0, 0)),
        (3, 15) if lo == 15 => return Ok(op(K::Udiv, hi, n, m, 0, 0)),
        _ => {}
    }
    if bad(lo) || hi == lo {
        return UNDEFINED;
    }
    Ok(match (bits(h1, 4, 3), op2) {
        (0, 0) => op(K::Smull, lo, n, m, hi, 0),
        (2, 0) => op(K::Umull, lo, n, m, hi, 0),
        (4, 0) => op(K::Smlal, lo, n, m, hi, 0),
        (4, 8..=11) => op(K::SmlalXy, lo, n, m, hi, op2 & 3),
        (4, 12 | 13) => op(K::Smlald, lo, n, m, hi, op2 & 1),
        (5, 12 | 13) => op(K::Smlsld, lo, n, m, hi, op2 & 1),
        (6, 0) => op(K::Umlal, lo, n, m, hi, 0),
        (6, 6) => op(K::Umaal, lo, n, m, hi, 0),
        _ => return UNDEFINED,
    })
}

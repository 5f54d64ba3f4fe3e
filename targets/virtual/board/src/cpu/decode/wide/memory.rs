//! Loads, stores, and branches by a table.

use crate::cpu::decode::encoding::{Place, UNDEFINED, Undecodable, bad, bits, op};
use crate::cpu::op::{Kind as K, Op, literal};

/// Load multiple and store multiple (A5.3.5).
pub(super) fn load_store_multiple(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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
pub(super) fn dual_exclusive_table(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let (n, t, d) = (bits(h1, 0, 4), bits(h2, 12, 4), bits(h2, 8, 4));
    let imm = bits(h2, 0, 8) * 4;
    let (p, u, w, load) = (
        bits(h1, 8, 1),
        bits(h1, 7, 1),
        bits(h1, 5, 1),
        bits(h1, 4, 1),
    );
    if place.armv8m
        && let Some(op) = armv8m(h1, h2)
    {
        return op;
    }
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

/// What Armv8-M has in this space (Armv8-M Architecture Reference Manual, DDI 0553, C2.3.2): SG, TT and TTT,
/// load-acquire and store-release. `None` for all others.
fn armv8m(h1: u16, h2: u16) -> Option<Result<Op, Undecodable>> {
    let (n, t, d) = (bits(h1, 0, 4), bits(h2, 12, 4), bits(h2, 0, 4));
    if (h1, h2) == (0xE97F, 0xE97F) {
        // SG does nothing in memory that isn't secure.
        return Some(Ok(Op::new(K::Nop)));
    }
    if h1 & 0xFFF0 == 0xE840 && t == 15 {
        // TT and TTT; TTA and TTAT are the Security Extension's.
        let d = bits(h2, 8, 4);
        let defined = h2 & 0x00BF == 0 && n != 15 && !bad(d);
        let unprivileged = bits(h2, 6, 1);
        return Some(if defined {
            Ok(op(K::Tt, d, n, 0, 0, unprivileged))
        } else {
            UNDEFINED
        });
    }
    if h1 & 0xFFE0 != 0xE8C0 || h2 & 0x0080 == 0 {
        return None;
    }
    let load = h1 & 0x10 != 0;
    let (size, exclusive) = match bits(h2, 4, 4) {
        kind @ (8..=10) => (kind, false),
        kind @ (12..=14) => (kind & 3, true),
        _ => return Some(UNDEFINED),
    };
    // 0, 1 and 2 stand for a byte, a half-word and a word.
    let size = (size & 3) as usize;
    let status = exclusive && !load;
    if bad(t) || n == 15 || h2 & 0x0F00 != 0x0F00 || (!status && d != 15) {
        return Some(UNDEFINED);
    }
    if status && (bad(d) || d == n || d == t) {
        return Some(UNDEFINED);
    }
    let sizes = [literal::BYTE, literal::HALF, literal::WORD];
    Some(Ok(match (load, exclusive) {
        (true, true) => op([K::Ldrexb, K::Ldrexh, K::Ldrex][size], t, n, 0, 0, 0),
        (false, true) => op([K::Strexb, K::Strexh, K::Strex][size], t, n, d, 0, 0),
        (true, false) => op(K::LoadAcquire, t, n, 0, sizes[size].into(), 0),
        (false, false) => op(K::StoreRelease, t, n, 0, sizes[size].into(), 0),
    }))
}

/// Single loads (A5.3.7 to A5.3.9). `size` is unsigned; the sign is bit 8 of `h1`.
pub(super) fn load_single(h1: u16, h2: u16, place: Place, size: u8) -> Result<Op, Undecodable> {
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
pub(super) fn store_single(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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

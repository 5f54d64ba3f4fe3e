//! Data processing on registers.

use crate::cpu::decode::encoding::{UNDEFINED, Undecodable, bad, bits, op};
use crate::cpu::op::{Kind as K, Op};

/// Data processing (shifted register) (A5.3.11).
pub(super) fn shifted_register(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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
pub(super) fn register_processing(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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
pub(super) fn multiply(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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
pub(super) fn long_multiply(h1: u16, h2: u16) -> Result<Op, Undecodable> {
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

//! Coprocessor space: FPv4-SP (A6.4 to A6.7) and what FPv5 adds (Armv8-M Architecture Reference Manual, DDI
//! 0553, C2.3.6), everything else has no coprocessor.

use super::encoding::{Place, UNDEFINED, Undecodable, bits, op};
use crate::cpu::op::{Kind as K, Op, rounding};

pub(super) fn decode(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    if bits(h1, 8, 4) == 15 {
        // Advanced SIMD of other profiles.
        return UNDEFINED;
    }
    if bits(h2, 9, 3) != 0b101 {
        return Ok(op(K::NoCoprocessor, 0, 0, 0, 0, bits(h2, 8, 4)));
    }
    let double = h2 & 0x0100 != 0;
    if h1 & 0x1000 != 0 {
        return if place.armv8m && !double {
            fpv5(h1, h2)
        } else {
            UNDEFINED
        };
    }
    if h1 & 0x0200 == 0 {
        if h1 & 0x01E0 == 0x0040 {
            return pair_transfer(h1, h2, double);
        }
        return load_store(h1, h2, double, place);
    }
    if h2 & 0x0010 != 0 {
        return transfer(h1, h2, double);
    }
    if double {
        return UNDEFINED;
    }
    data_processing(h1, h2, place.armv8m)
}

/// Single-precision register `v:low`.
const fn single(v: u32, low: u32) -> u32 {
    v << 1 | low
}

/// Extension register load and store (A6.5).
fn load_store(h1: u16, h2: u16, double: bool, place: Place) -> Result<Op, Undecodable> {
    let (n, v, d) = (bits(h1, 0, 4), bits(h2, 12, 4), bits(h1, 6, 1));
    let imm8 = bits(h2, 0, 8);
    let imm = imm8 * 4;
    let (p, u, w, load) = (
        bits(h1, 8, 1),
        bits(h1, 7, 1),
        bits(h1, 5, 1),
        bits(h1, 4, 1),
    );
    // A double is two singles; D16-D31 don't exist.
    if double && d == 1 {
        return UNDEFINED;
    }
    let first = if double { v * 2 } else { single(v, d) };
    if p == 1 && w == 0 {
        let offset = if u == 1 { imm } else { imm.wrapping_neg() };
        if n == 15 {
            if load == 0 {
                return UNDEFINED;
            }
            let address = (place.pc & !3).wrapping_add(4).wrapping_add(offset);
            return Ok(op(K::VldrLit, first, 15, 0, double.into(), address));
        }
        let kind = if load == 1 { K::Vldr } else { K::Vstr };
        return Ok(op(kind, first, n, 0, double.into(), offset));
    }
    let before = match (p, u, w) {
        (0, 1, _) => 0,
        (1, 0, 1) => 1,
        _ => return UNDEFINED,
    };
    // FLDMX's odd counts transfer the even part and move the base by all of it.
    let count = if double { imm8 & !1 } else { imm8 };
    if n == 15 || imm8 == 0 || count == 0 || first + count > 32 || (double && imm8 > 32) {
        return UNDEFINED;
    }
    let kind = if load == 1 { K::Vldm } else { K::Vstm };
    Ok(op(kind, first, n, count, before | w << 1, imm))
}

/// 64-bit transfers between core and extension registers (A6.7).
fn pair_transfer(h1: u16, h2: u16, double: bool) -> Result<Op, Undecodable> {
    let (t2, t, v, m) = (
        bits(h1, 0, 4),
        bits(h2, 12, 4),
        bits(h2, 0, 4),
        bits(h2, 5, 1),
    );
    let to_core = h1 & 0x10 != 0;
    if h2 & 0x00D0 != 0x0010 || t == 15 || t2 == 15 || t == 13 || t2 == 13 {
        return UNDEFINED;
    }
    let first = if double {
        if m == 1 {
            return UNDEFINED;
        }
        v * 2
    } else {
        single(v, m)
    };
    if first == 31 || (to_core && t == t2) {
        return UNDEFINED;
    }
    Ok(if to_core {
        op(K::VmovFromPair, t, t2, first, 0, 0)
    } else {
        op(K::VmovToPair, first, t, t2, 0, 0)
    })
}

/// 32-bit transfers between core and extension registers (A6.6).
fn transfer(h1: u16, h2: u16, double: bool) -> Result<Op, Undecodable> {
    let (v, t, low) = (bits(h1, 0, 4), bits(h2, 12, 4), bits(h2, 7, 1));
    let to_core = h1 & 0x10 != 0;
    let opc1 = bits(h1, 5, 3);
    if double {
        // VMOV between a core register and half a double (32-bit only).
        if opc1 > 1 || h2 & 0x0060 != 0 || low == 1 || t == 15 || t == 13 {
            return UNDEFINED;
        }
        let register = v * 2 + opc1;
        return Ok(if to_core {
            op(K::VmovFromSingle, t, register, 0, 0, 0)
        } else {
            op(K::VmovToSingle, register, t, 0, 0, 0)
        });
    }
    match opc1 {
        0 if t != 15 && t != 13 => {
            let register = single(v, low);
            Ok(if to_core {
                op(K::VmovFromSingle, t, register, 0, 0, 0)
            } else {
                op(K::VmovToSingle, register, t, 0, 0, 0)
            })
        }
        7 if v == 1 && t != 13 => {
            if to_core {
                Ok(op(K::Vmrs, t, 0, 0, 0, 0))
            } else if t == 15 {
                UNDEFINED
            } else {
                Ok(op(K::Vmsr, 0, t, 0, 0, 0))
            }
        }
        _ => UNDEFINED,
    }
}

/// Destination and operands of data processing.
const fn three_singles(h1: u16, h2: u16) -> [u32; 3] {
    [
        single(bits(h2, 12, 4), bits(h1, 6, 1)),
        single(bits(h1, 0, 4), bits(h2, 7, 1)),
        single(bits(h2, 0, 4), bits(h2, 5, 1)),
    ]
}

/// VSEL, VMAXNM and VMINNM, VRINT and VCVT with a rounding of their own: none may be in an IT block.
fn fpv5(h1: u16, h2: u16) -> Result<Op, Undecodable> {
    let [d, n, m] = three_singles(h1, h2);
    let high = h2 & 0x40 != 0;
    if h1 & 0x0F00 != 0x0E00 || h2 & 0x10 != 0 {
        return UNDEFINED;
    }
    if h1 & 0x80 == 0 {
        // EQ, VS, GE, GT.
        const CONDITIONS: [u32; 4] = [0, 6, 10, 12];
        let condition = CONDITIONS[bits(h1, 4, 2) as usize];
        return if high {
            UNDEFINED
        } else {
            Ok(op(K::Vsel, d, n, m, condition, 0))
        };
    }
    match (bits(h1, 4, 2), bits(h1, 2, 2)) {
        (0, _) => {
            let kind = if high { K::Vminnm } else { K::Vmaxnm };
            Ok(op(kind, d, n, m, 0, 0))
        }
        (3, 2) if high && h2 & 0x80 == 0 => Ok(op(K::Vrint, d, m, 0, 0, bits(h1, 0, 2))),
        (3, 3) if high => {
            let signed = bits(h2, 7, 1);
            Ok(op(K::VcvtRounded, d, m, 0, signed, bits(h1, 0, 2)))
        }
        _ => UNDEFINED,
    }
}

/// Floating-point data processing (A6.4).
fn data_processing(h1: u16, h2: u16, fpv5: bool) -> Result<Op, Undecodable> {
    let [d, n, m] = three_singles(h1, h2);
    let second = h2 & 0x40 != 0;
    let three = |first, other| Ok(op(if second { other } else { first }, d, n, m, 0, 0));
    match bits(h1, 4, 4) & 0b1011 {
        0b0000 => three(K::Vmla, K::Vmls),
        0b0001 => three(K::Vnmls, K::Vnmla),
        0b0010 => three(K::Vmul, K::Vnmul),
        0b0011 => three(K::Vadd, K::Vsub),
        0b1000 if !second => three(K::Vdiv, K::Vdiv),
        0b1001 => three(K::Vfnms, K::Vfnma),
        0b1010 => three(K::Vfma, K::Vfms),
        0b1011 => other_data_processing(h1, h2, d, m, fpv5),
        _ => UNDEFINED,
    }
}

fn other_data_processing(h1: u16, h2: u16, d: u32, m: u32, fpv5: bool) -> Result<Op, Undecodable> {
    let opc2 = bits(h1, 0, 4);
    let high = h2 & 0x80 != 0;
    if h2 & 0x40 == 0 {
        if h2 & 0xA0 != 0 {
            return UNDEFINED;
        }
        let imm8 = opc2 << 4 | bits(h2, 0, 4);
        return Ok(op(K::VmovImm, d, 0, 0, 0, expand_immediate(imm8)));
    }
    let unary = |kind| Ok(op(kind, d, m, 0, 0, 0));
    match (opc2, high) {
        (0, false) => unary(K::Vmov),
        (0, true) => unary(K::Vabs),
        (1, false) => unary(K::Vneg),
        (1, true) => unary(K::Vsqrt),
        (2, top) => Ok(op(K::VcvtFromHalf, d, m, 0, top.into(), 0)),
        (3, top) => Ok(op(K::VcvtToHalf, d, m, 0, top.into(), 0)),
        (4, signal) => Ok(op(K::Vcmp, 0, d, m, signal.into(), 0)),
        (5, signal) if h2 & 0x2F == 0 => Ok(op(K::Vcmp, 0, d, 0, u32::from(signal) | 2, 0)),
        (6, false) if fpv5 => Ok(op(K::Vrint, d, m, 0, 0, rounding::FPSCR)),
        (6, true) if fpv5 => Ok(op(K::Vrint, d, m, 0, 0, rounding::ZERO)),
        (7, false) if fpv5 => Ok(op(K::Vrint, d, m, 0, 0, rounding::EXACT)),
        (8, signed) => Ok(op(K::VcvtFromInt, d, m, 0, signed.into(), 0)),
        (10 | 11 | 14 | 15, wide) => {
            let size = if wide { 32 } else { 16 };
            let position = bits(h2, 0, 4) << 1 | bits(h2, 5, 1);
            if position > size {
                return UNDEFINED;
            }
            let signed = u32::from(opc2 & 1 == 0);
            let to_fixed = opc2 & 4;
            let how = signed | u32::from(wide) << 1 | to_fixed;
            Ok(op(K::VcvtFixed, d, 0, 0, how, size - position))
        }
        (12 | 13, towards_zero) => {
            let how = (opc2 & 1) | u32::from(!towards_zero) << 1;
            Ok(op(K::VcvtToInt, d, m, 0, how, 0))
        }
        _ => UNDEFINED,
    }
}

/// VFPExpandImm for single precision (A6.4.1).
const fn expand_immediate(imm8: u32) -> u32 {
    let sign = (imm8 & 0x80) << 24;
    let b = imm8 >> 6 & 1;
    let exponent = if b == 1 { 0x7C } else { 0x80 } | (imm8 >> 4 & 3);
    sign | exponent << 23 | (imm8 & 0xF) << 19
}

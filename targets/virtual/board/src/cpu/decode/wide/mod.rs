//! 32-bit encodings (A5.3).

mod immediate;
mod memory;
mod registers;

use crate::cpu::decode::encoding::{Place, UNDEFINED, Undecodable, bad, bits, op, sign_extend};
use crate::cpu::decode::{narrow, vector};
use crate::cpu::op::{Kind as K, Op, literal};

pub(super) fn decode(h1: u16, h2: u16, place: Place) -> Result<Op, Undecodable> {
    let op2 = bits(h1, 4, 7);
    match bits(h1, 11, 2) {
        1 => match op2 {
            b if b & 0x64 == 0x00 => memory::load_store_multiple(h1, h2),
            b if b & 0x64 == 0x04 => memory::dual_exclusive_table(h1, h2, place),
            b if b & 0x60 == 0x20 => registers::shifted_register(h1, h2),
            _ => vector::decode(h1, h2, place),
        },
        2 if h2 & 0x8000 == 0 => {
            if op2 & 0x20 == 0 {
                immediate::modified_immediate(h1, h2)
            } else {
                immediate::plain_immediate(h1, h2, place)
            }
        }
        2 => branches_and_system(h1, h2, place),
        _ => match op2 {
            b if b & 0x71 == 0x00 => memory::store_single(h1, h2),
            b if b & 0x67 == 0x01 => memory::load_single(h1, h2, place, literal::BYTE),
            b if b & 0x67 == 0x03 => memory::load_single(h1, h2, place, literal::HALF),
            b if b & 0x67 == 0x05 => memory::load_single(h1, h2, place, literal::WORD),
            b if b & 0x70 == 0x20 => registers::register_processing(h1, h2),
            b if b & 0x78 == 0x30 => registers::multiply(h1, h2),
            b if b & 0x78 == 0x38 => registers::long_multiply(h1, h2),
            b if b & 0x40 == 0x40 => vector::decode(h1, h2, place),
            _ => UNDEFINED,
        },
    }
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

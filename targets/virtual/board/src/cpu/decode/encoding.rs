//! What decoders of all encodings share.

use crate::cpu::op::{Kind, Op};

/// Where an instruction stands, as far as its meaning depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Address of the instruction.
    pub pc: u32,
    /// Inside an IT block: 16-bit data processing doesn't set the flags.
    pub in_it: bool,
    /// The last instruction of an IT block: the only one that may branch.
    pub last_in_it: bool,
    /// The core has Armv7E-M's instructions, and not Armv6-M's alone.
    pub mainline: bool,
    /// It has those that came with Armv8-M.
    pub armv8m: bool,
}

/// Why there is no operation for an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// UNDEFINED or UNPREDICTABLE: an UNDEFINSTR UsageFault.
    Undefined,
}

/// What has no operation.
pub(super) const UNDEFINED: Result<Op, Undecodable> = Err(Undecodable::Undefined);

/// `kind` with operands.
pub(super) const fn op(kind: Kind, a: u32, b: u32, c: u32, d: u32, imm: u32) -> Op {
    Op {
        kind,
        a: a as u8,
        b: b as u8,
        c: c as u8,
        d: d as u8,
        offset: 0,
        flags: 0,
        index: 0,
        prefix: 0,
        imm,
    }
}

/// Carry field of an immediate that leaves the carry as it is.
pub(crate) const CARRY_UNCHANGED: u32 = 2;

/// Bits `low..low + width` of `value`.
pub(super) const fn bits(value: u16, low: u32, width: u32) -> u32 {
    (value as u32 >> low) & ((1 << width) - 1)
}

/// The low `width` bits of `value`, sign-extended.
pub(super) const fn sign_extend(value: u32, width: u32) -> u32 {
    (((value << (32 - width)) as i32) >> (32 - width)) as u32
}

/// SP and PC are not allowed where a general register is meant.
pub(super) const fn bad(register: u32) -> bool {
    register == 13 || register == 15
}

//! Which memory an instruction is about to read or write.

use crate::cpu::Core;
use crate::cpu::op::{Kind as K, Op, literal};
use crate::memory::{FLASH_GROUP, PERIPHERAL_GROUP, Place};

/// What an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// First address.
    pub address: u32,
    /// Bytes of one of its parts.
    pub bytes: u32,
    /// Parts, which follow each other.
    pub count: u32,
    pub store: bool,
}

impl Access {
    /// The access of `op`, which is to be executed next; `None` if it has none.
    pub fn of(core: &Core, op: &Op) -> Option<Self> {
        let register = |number: u8| match number {
            15 => core.next_pc.wrapping_add(4),
            _ => core.r[number],
        };
        let base = register(op.b);
        let offset = base.wrapping_add(op.imm);
        let indexed = base.wrapping_add(register(op.c) << (op.d & 3));
        let (address, bytes) = match op.kind {
            K::LdrImm | K::LdrPre | K::StrImm | K::StrPre => (offset, 4),
            K::LdrbImm | K::LdrsbImm | K::LdrbPre | K::LdrsbPre | K::StrbImm | K::StrbPre => {
                (offset, 1)
            }
            K::LdrhImm | K::LdrshImm | K::LdrhPre | K::LdrshPre | K::StrhImm | K::StrhPre => {
                (offset, 2)
            }
            K::LdrReg | K::StrReg | K::LdrPcReg => (indexed, 4),
            K::LdrbReg | K::LdrsbReg | K::StrbReg => (indexed, 1),
            K::LdrhReg | K::LdrshReg | K::StrhReg => (indexed, 2),
            K::LdrPost | K::StrPost | K::LdrPcPost => (base, 4),
            K::LdrbPost | K::LdrsbPost | K::StrbPost | K::Ldrexb | K::Strexb => (base, 1),
            K::LdrhPost | K::LdrshPost | K::StrhPost | K::Ldrexh | K::Strexh => (base, 2),
            K::LdrLit => (op.imm, width(op.d)),
            K::LoadUnprivileged | K::StoreUnprivileged => (offset, width(op.d)),
            K::LoadAcquire | K::StoreRelease => (base, width(op.d)),
            K::LdrPcImm if op.d == 1 => (op.imm, 4),
            K::LdrPcImm | K::LdrPcPre | K::Ldrex | K::Strex | K::Vldr | K::Vstr => (offset, 4),
            K::LdrdLit | K::VldrLit => (op.imm, 4),
            K::Ldrd | K::Strd => (if op.d & 1 != 0 { offset } else { base }, 4),
            K::Ldm | K::LdmPc | K::Stm if op.d & 1 != 0 => {
                (base.wrapping_sub(4 * u32::from(op.c)), 4)
            }
            K::Vldm | K::Vstm if op.d & 1 != 0 => (base.wrapping_sub(op.imm), 4),
            K::Ldm | K::LdmPc | K::Stm | K::Vldm | K::Vstm => (base, 4),
            K::Tbb => (base.wrapping_add(register(op.c)), 1),
            K::Tbh => (base.wrapping_add(register(op.c) << 1), 2),
            _ => return None,
        };
        let count = match op.kind {
            K::Ldrd | K::Strd | K::LdrdLit => 2,
            K::Vldr | K::VldrLit | K::Vstr => 1 + u32::from(op.d != 0),
            K::Ldm | K::LdmPc | K::Stm | K::Vldm | K::Vstm => op.c.into(),
            _ => 1,
        };
        Some(Self {
            address,
            bytes,
            count,
            store: is_store(op.kind),
        })
    }
}

fn is_store(kind: K) -> bool {
    matches!(
        kind,
        K::StrImm
            | K::StrReg
            | K::StrPre
            | K::StrPost
            | K::StrbImm
            | K::StrbReg
            | K::StrbPre
            | K::StrbPost
            | K::StrhImm
            | K::StrhReg
            | K::StrhPre
            | K::StrhPost
            | K::StoreUnprivileged
            | K::StoreRelease
            | K::Strd
            | K::Stm
            | K::Strex
            | K::Strexb
            | K::Strexh
            | K::Vstr
            | K::Vstm
    )
}

/// Bytes of an access whose size and sign are in field `d`.
fn width(how: u8) -> u32 {
    match how {
        literal::BYTE | literal::SIGNED_BYTE => 1,
        literal::HALF | literal::SIGNED_HALF => 2,
        _ => 4,
    }
}

/// The group of the memory at an address, and in bit 4 whether it is granted late.
pub(super) fn bank(core: &Core, address: u32) -> u8 {
    match core.memory.locate(address) {
        Some(Place::Ram(offset)) => core.memory.ram_bank(offset as usize),
        Some(Place::Flash(_)) => FLASH_GROUP,
        None => PERIPHERAL_GROUP,
    }
}

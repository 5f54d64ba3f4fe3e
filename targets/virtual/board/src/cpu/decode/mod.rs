//! The decoder: from Thumb encodings (Armv7-M Architecture Reference Manual, DDI 0403E, chapter
//! A5 and A7) to [`Op`]s.

mod baseline;
mod encoding;
mod narrow;
#[cfg(test)]
mod tests;
mod vector;
mod wide;

pub(crate) use encoding::CARRY_UNCHANGED;
pub use encoding::{Place, Undecodable};

use super::op::{Kind, Op};

/// A decoded instruction: the operation and up to two pseudo-operations around it.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// `SetPc` before the instruction, because it reads the PC as an ordinary operand.
    pub set_pc: bool,
    /// The operation.
    pub op: Op,
    /// `AlignSp` after it, because it computes the SP.
    pub align_sp: bool,
    /// Bytes: 2 or 4.
    pub size: u32,
}

/// Whether the half-word is the first of a 32-bit instruction (A5.1).
pub const fn is_wide(first: u16) -> bool {
    first >= 0xE800
}

/// Decodes the instruction whose first half-word is `first`; `second` is looked at only where
/// [`is_wide`] holds.
pub fn decode(first: u16, second: u16, place: Place) -> Result<Decoded, Undecodable> {
    if !place.mainline && !baseline::has(first, second) {
        return Err(Undecodable::Undefined);
    }
    let (op, size) = if is_wide(first) {
        (wide::decode(first, second, place)?, 4)
    } else {
        (narrow::decode(first, place)?, 2)
    };
    if place.in_it && !place.last_in_it && op.ends_block() && !allowed_inside_it(op.kind) {
        return Err(Undecodable::Undefined);
    }
    if place.in_it && first & 0xFF00 == 0xFE00 {
        // FPv5's, which have no condition.
        return Err(Undecodable::Undefined);
    }
    let set_pc = reads_pc(&op);
    // By whole words it stays aligned.
    let moves_sp = op.kind == Kind::AddImm && op.b == 13 && op.imm.is_multiple_of(4);
    let align_sp = op.a == 13 && computes_sp(op.kind) && !moves_sp;
    Ok(Decoded {
        set_pc,
        op,
        align_sp,
        size,
    })
}

/// The architecture that has an instruction which a core doesn't have, if any that is modelled has it.
pub fn other_architecture(first: u16, second: u16, core: Place) -> Option<&'static str> {
    let has = |armv8m| {
        let place = Place {
            mainline: true,
            armv8m,
            ..core
        };
        decode(first, second, place).is_ok()
    };
    if !core.mainline && has(false) {
        Some("Armv7E-M")
    } else if !core.armv8m && !has(false) && has(true) {
        Some("Armv8-M")
    } else {
        None
    }
}

/// Whether an instruction is one that only secure code has: BXNS, BLXNS, TTA, TTAT, VLSTM, VLLDM.
pub fn is_secure(first: u16, second: u16) -> bool {
    first & 0xFF07 == 0x4704
        || first & 0xFFF0 == 0xE840 && second & 0xF080 == 0xF080
        || first & 0xFFE0 == 0xEC20 && second == 0x0A00
}

/// ITSTATE behind an instruction: ITAdvance.
pub(crate) const fn advance_it(it: u8) -> u8 {
    if it & 7 == 0 {
        0
    } else {
        it & 0xE0 | (it << 1) & 0x1F
    }
}

/// Block-ending instructions that aren't branches, and so may stand anywhere in an IT block.
const fn allowed_inside_it(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Svc
            | Kind::Bkpt
            | Kind::Udf
            | Kind::Msr
            | Kind::Isb
            | Kind::Wfi
            | Kind::Wfe
            | Kind::NoCoprocessor
    )
}

/// Whether the op reads R15 through an ordinary register operand.
const fn reads_pc(op: &Op) -> bool {
    use Kind as K;
    match op.kind {
        K::MovReg | K::MovPc | K::Bx => op.c == 15,
        K::AddReg | K::CmpReg | K::AddPc => op.b == 15 || op.c == 15,
        K::Tbb | K::Tbh => op.b == 15,
        _ => false,
    }
}

/// Kinds that can have SP as a computed destination (not loads, which are aligned by the same
/// pseudo-operation).
const fn computes_sp(kind: Kind) -> bool {
    use Kind as K;
    matches!(
        kind,
        K::MovReg
            | K::AddReg
            | K::AddRegS
            | K::SubReg
            | K::SubRegS
            | K::AddImm
            | K::AddImmS
            | K::SubImmS
            | K::AddLsl
            | K::SubLsl
            | K::Shifted
            | K::LdrImm
            | K::LdrReg
            | K::LdrPre
            | K::LdrPost
            | K::LdrLit
    )
}

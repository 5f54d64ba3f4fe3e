//! What the cycle model needs to know of each instruction.

use super::class::Class;
use super::dual::{Dual, cortex_m33};
use crate::cpu::op::{Kind as K, Op};

/// What the pipeline needs to know of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub class: Class,
    /// Registers the instruction writes, one bit each.
    pub writes: u16,
    /// Registers from which an address is formed.
    pub address: u16,
    /// Needs the floating-point unit.
    pub float: bool,
    /// Single-precision registers: result and operands that must be ready, or 32.
    pub float_result: u8,
    pub float_operands: [u8; 2],
    /// What the pipeline of a Cortex-M33 needs to know besides.
    pub dual: Option<Dual>,
}

impl Shape {
    /// An instruction whose condition fails.
    pub const SKIPPED: Self = Self {
        class: Class::Single,
        writes: 0,
        address: 0,
        float: false,
        float_result: 32,
        float_operands: [32; 2],
        dual: None,
    };

    /// The same instruction where its condition fails.
    pub fn skipped(&self) -> Self {
        Self {
            dual: self.dual.map(|_| Dual::SKIPPED),
            ..Self::SKIPPED
        }
    }
}

/// The pipelines that there are rules for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PipelineKind {
    CortexM0Plus,
    CortexM4,
    CortexM33,
}

/// The shape of a decoded instruction of `size` bytes in a pipeline.
pub(crate) fn shape(op: &Op, size: u32, pipeline: PipelineKind) -> Shape {
    let shape = armv7e_m(op);
    match pipeline {
        PipelineKind::CortexM0Plus => cortex_m0_plus(op, shape),
        PipelineKind::CortexM4 => shape,
        PipelineKind::CortexM33 => {
            let (class, dual) = cortex_m33(op, size == 2, shape.class);
            Shape {
                class,
                dual: Some(dual),
                ..shape
            }
        }
    }
}

/// What takes other times on a Cortex-M0+ (Cortex-M0+ Technical Reference Manual, DDI 0484C, table 3-1), whose
/// pipeline has two stages: accesses don't overlap. Multiplies take one cycle, as with the fast multiplier.
fn cortex_m0_plus(op: &Op, shape: Shape) -> Shape {
    let class = match (op.kind, shape.class) {
        (K::Mrs | K::Msr | K::Dsb | K::Dmb | K::Isb, _) => Class::Several(3),
        (K::Wfi | K::Wfe, _) => Class::Several(2),
        // A refill of two: 3 in all, where other branches take 2.
        (K::Bl, _) => Class::LateBranch,
        (_, Class::LateBranch) => Class::Branch,
        (_, Class::Load) => Class::LoadMultiple(2),
        (_, Class::Store | Class::StoreRegisterOffset) => Class::StoreMultiple(2),
        (_, class) => class,
    };
    Shape { class, ..shape }
}

fn armv7e_m(op: &Op) -> Shape {
    let bit = |register: u8| 1_u16 << (register & 15);
    let mut shape = Shape {
        class: Class::Single,
        writes: bit(op.a),
        address: 0,
        float: op.kind.is_float(),
        float_result: 32,
        float_operands: [32; 2],
        dual: None,
    };
    match op.kind {
        K::Nop => {
            shape.class = Class::Nop;
            shape.writes = 0;
        }
        K::It => {
            shape.class = Class::It;
            shape.writes = 0;
        }
        K::TstImm
        | K::TeqImm
        | K::CmpImm
        | K::CmnImm
        | K::TstReg
        | K::TeqReg
        | K::CmpReg
        | K::CmnReg
        | K::Clrex
        | K::Dsb
        | K::Dmb
        | K::Isb
        | K::Cps
        | K::Msr
        | K::Wfi
        | K::Wfe
        | K::Sev
        | K::Svc
        | K::Bkpt
        | K::Udf
        | K::NoCoprocessor
        | K::Skip
        | K::SetPc
        | K::AlignSp
        | K::CheckSp
        | K::SetSp => shape.writes = 0,
        K::Smull
        | K::Umull
        | K::Smlal
        | K::Umlal
        | K::Umaal
        | K::SmlalXy
        | K::Smlald
        | K::Smlsld => shape.writes |= bit(op.d),
        K::Sdiv | K::Udiv => shape.class = Class::Divide,
        K::LdrImm
        | K::LdrbImm
        | K::LdrhImm
        | K::LdrsbImm
        | K::LdrshImm
        | K::LoadUnprivileged
        | K::LoadAcquire => {
            shape.class = Class::Load;
            shape.address = bit(op.b);
        }
        K::LdrLit => shape.class = Class::Load,
        K::LdrReg | K::LdrbReg | K::LdrhReg | K::LdrsbReg | K::LdrshReg => {
            shape.class = Class::Load;
            shape.address = bit(op.b) | bit(op.c);
        }
        K::LdrPre
        | K::LdrbPre
        | K::LdrhPre
        | K::LdrsbPre
        | K::LdrshPre
        | K::LdrPost
        | K::LdrbPost
        | K::LdrhPost
        | K::LdrsbPost
        | K::LdrshPost => {
            // The written-back base is not late for the next access, so it is not listed.
            shape.class = Class::Load;
            shape.address = bit(op.b);
        }
        K::StrImm
        | K::StrbImm
        | K::StrhImm
        | K::StoreUnprivileged
        | K::StoreRelease
        | K::StrPre
        | K::StrbPre
        | K::StrhPre
        | K::StrPost
        | K::StrbPost
        | K::StrhPost => {
            shape.class = Class::Store;
            shape.writes = 0;
            shape.address = bit(op.b);
        }
        K::StrReg | K::StrbReg | K::StrhReg => {
            shape.class = Class::StoreRegisterOffset;
            shape.writes = 0;
            shape.address = bit(op.b) | bit(op.c);
        }
        K::Ldrd | K::LdrdLit => {
            shape.class = Class::LoadMultiple(3);
            shape.writes |= bit(op.c);
            shape.address = bit(op.b);
        }
        K::Strd => {
            shape.class = Class::StoreMultiple(3);
            shape.writes = 0;
            shape.address = bit(op.b);
        }
        K::Ldm => {
            shape.class = Class::LoadMultiple(1 + op.imm.count_ones());
            shape.writes = op.imm as u16;
            shape.address = bit(op.b);
        }
        K::Stm => {
            shape.class = Class::StoreMultiple(1 + op.imm.count_ones());
            shape.writes = 0;
            shape.address = bit(op.b);
        }
        K::Ldrex | K::Ldrexb | K::Ldrexh => {
            shape.class = Class::LoadMultiple(2);
            shape.address = bit(op.b);
        }
        K::Strex | K::Strexb | K::Strexh => {
            shape.class = Class::StoreMultiple(2);
            shape.writes = bit(op.c);
            shape.address = bit(op.b);
        }
        K::B | K::BCond | K::Cbz | K::Cbnz => {
            shape.class = Class::Branch;
            shape.writes = 0;
        }
        K::Bl => {
            shape.class = Class::Branch;
            shape.writes = bit(14);
        }
        K::Bx | K::Blx | K::MovPc | K::AddPc => {
            shape.class = Class::LateBranch;
            shape.writes = 0;
        }
        K::Tbb | K::Tbh | K::LdrPcReg => {
            shape.class = Class::LoadBranch(2);
            shape.writes = 0;
            shape.address = bit(op.b) | bit(op.c);
        }
        K::LdrPcImm | K::LdrPcPre | K::LdrPcPost => {
            shape.class = Class::LoadBranch(2);
            shape.writes = 0;
            shape.address = bit(op.b);
        }
        K::LdmPc => {
            shape.class = Class::LoadBranch(1 + op.imm.count_ones());
            shape.writes = 0;
            shape.address = bit(op.b);
        }
        _ => float_shape(op, &mut shape),
    }
    shape
}

/// The floating-point part of [`shape`].
fn float_shape(op: &Op, shape: &mut Shape) {
    let bit = |register: u8| 1_u16 << (register & 15);
    let mut float = |cycles, result, operands| {
        shape.class = Class::Float(cycles);
        shape.writes = 0;
        shape.float_result = result;
        shape.float_operands = operands;
    };
    match op.kind {
        K::Vadd | K::Vsub | K::Vmul | K::Vnmul | K::Vsel | K::Vmaxnm | K::Vminnm => {
            float(1, op.a, [op.b, op.c]);
        }
        // The addend of a multiply-accumulate is needed a cycle later than the factors.
        K::Vmla | K::Vmls | K::Vnmla | K::Vnmls | K::Vfma | K::Vfms | K::Vfnma | K::Vfnms => {
            float(3, op.a, [op.b, op.c]);
        }
        K::Vdiv | K::Vsqrt => {
            let second = if op.kind == K::Vdiv { op.c } else { 32 };
            float(1, op.a, [op.b, second]);
            shape.class = Class::FloatDivide;
        }
        K::VmovImm => float(1, 32, [32; 2]),
        K::Vcmp => float(1, 32, [op.b, op.c]),
        K::Vmov
        | K::Vabs
        | K::Vneg
        | K::VcvtFromHalf
        | K::VcvtToHalf
        | K::VcvtFromInt
        | K::VcvtToInt
        | K::Vrint
        | K::VcvtRounded => float(1, op.a, [op.b, 32]),
        K::VcvtFixed => float(1, op.a, [op.a, 32]),
        K::Vldr | K::VldrLit | K::Vstr => {
            shape.writes = 0;
            shape.address = if op.kind == K::VldrLit { 0 } else { bit(op.b) };
            shape.class = match (op.kind, op.d) {
                (K::Vstr, 0) => Class::FloatStore,
                (_, 0) => Class::FloatLoad,
                (K::Vstr, _) => Class::StoreMultiple(3),
                _ => Class::LoadMultiple(3),
            };
        }
        K::Vldm | K::Vstm => {
            shape.writes = 0;
            shape.address = bit(op.b);
            let cycles = 1 + u32::from(op.c);
            shape.class = if op.kind == K::Vldm {
                Class::LoadMultiple(cycles)
            } else {
                Class::StoreMultiple(cycles)
            };
        }
        K::VmovToPair | K::VmovFromPair => {
            float(2, 32, [32; 2]);
            if op.kind == K::VmovFromPair {
                shape.writes = bit(op.a) | bit(op.b);
            }
        }
        K::VmovToSingle | K::Vmsr => float(1, 32, [32; 2]),
        K::VmovFromSingle => {
            float(1, 32, [op.b, 32]);
            shape.writes = bit(op.a);
        }
        K::Vmrs => float(1, 32, [32; 2]),
        _ => {}
    }
}

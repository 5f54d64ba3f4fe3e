//! What the pipeline of a Cortex-M33 needs to know of each instruction: which results it waits for, and whether it
//! can be issued together with the one before it.
//!
//! Source: *jnk0le*, measurements on an RP2350 (jnk0le/random, pipeline cycle test/doc/cortex_m33.md). What they
//! don't tell is said to be assumed.

use super::class::Class;
use crate::cpu::op::{Kind as K, Op};

/// No single-precision register.
pub(crate) const NONE: u8 = 32;

/// The operands and the result of an instruction, as far as they decide when it and others are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dual {
    /// Core registers that have to be there when it is issued, one bit each.
    pub reads: u16,
    /// Those that are needed a cycle later: accumulators.
    pub accumulates: u16,
    /// Those that are needed a cycle later: data to be stored.
    pub stores: u16,
    /// Cycles until the result can be used by the next instruction: 1 or 2.
    pub latency: u32,
    /// The result can be an accumulator, or be stored, a cycle earlier.
    pub chains: bool,
    /// Sets the condition flags.
    pub flags: bool,
    /// The flags are there a cycle later.
    pub late_flags: bool,
    /// What it does with a first instruction.
    pub pairing: Pairing,
    /// Cycles until a single-precision result can be used, and used as the addend of a multiply-accumulate.
    pub float_latency: [u32; 2],
    /// The addend of a multiply-accumulate, or [`NONE`].
    pub addend: u8,
    /// Cycles until the floating-point unit takes another instruction.
    pub float_busy: u32,
    /// First of so many single-precision registers that are loaded or written.
    pub singles: [u8; 2],
}

/// Whether an instruction can be the second of two that are issued together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// It can't.
    Alone,
    /// With any 16-bit instruction: NOP and IT.
    Any,
    /// With any 16-bit instruction as long as it isn't taken; taken, with one that sets no flags.
    Branch,
}

impl Dual {
    /// An instruction whose condition fails: it is issued as a NOP, but alone.
    pub const SKIPPED: Self = Self {
        reads: 0,
        accumulates: 0,
        stores: 0,
        latency: 1,
        chains: false,
        flags: false,
        late_flags: false,
        pairing: Pairing::Alone,
        float_latency: [1; 2],
        addend: NONE,
        float_busy: 1,
        singles: [NONE, 0],
    };
}

/// What an instruction is on a Cortex-M33, from its class on a Cortex-M4F. `narrow`: 16 bits.
pub(super) fn cortex_m33(op: &Op, narrow: bool, class: Class) -> (Class, Dual) {
    let mut dual = Dual::SKIPPED;
    let class = issue(op, narrow, class, &mut dual);
    operands(op, &mut dual);
    results(op, narrow, &mut dual);
    floats(op, &mut dual);
    (class, dual)
}

/// How long it is issued, and with what.
fn issue(op: &Op, narrow: bool, class: Class, dual: &mut Dual) -> Class {
    let words = u32::from(op.c);
    match op.kind {
        // Of these no source tells; NOPs that are hints are as NOP.
        K::Nop | K::It => {
            dual.pairing = Pairing::Any;
            class
        }
        K::B | K::BCond | K::Cbz | K::Cbnz | K::Bx | K::Blx | K::MovPc | K::AddPc | K::Bl => {
            dual.pairing = Pairing::Branch;
            Class::Branch
        }
        // As many cycles as registers.
        K::Ldm => Class::LoadMultiple(words),
        K::Stm => Class::StoreMultiple(words),
        K::LdmPc => Class::LoadBranch(words),
        K::Vldm => Class::LoadMultiple(words),
        K::Vstm => Class::StoreMultiple(words),
        K::Ldrd | K::LdrdLit => Class::LoadMultiple(2),
        K::Strd => Class::StoreMultiple(2),
        K::Vldr | K::VldrLit if op.d != 0 => Class::LoadMultiple(2),
        K::Vstr if op.d != 0 => Class::StoreMultiple(2),
        // Two stages and the flags.
        K::MulS => Class::Several(2),
        _ if sets_flags_by_shifted_constant(op, narrow) => Class::Several(2),
        K::VmovToPair => Class::Float(1),
        _ if matches!(class, Class::Float(_)) => match op.kind {
            K::VmovFromPair => Class::Float(2),
            _ => Class::Float(1),
        },
        _ => class,
    }
}

/// A constant of 8 bits that isn't in the lowest or doesn't repeat: such an instruction takes two stages.
fn has_shifted_constant(op: &Op, narrow: bool) -> bool {
    let constant = matches!(
        op.kind,
        K::MovImm
            | K::MovImmS
            | K::AddImm
            | K::AddImmS
            | K::SubImmS
            | K::RsbImm
            | K::RsbImmS
            | K::AdcImm
            | K::AdcImmS
            | K::SbcImm
            | K::SbcImmS
            | K::AndImm
            | K::AndImmS
            | K::OrrImm
            | K::OrrImmS
            | K::EorImm
            | K::EorImmS
            | K::TstImm
            | K::TeqImm
            | K::CmpImm
            | K::CmnImm
    );
    // The decoder keeps the carry that the rotation gives.
    constant && !narrow && u32::from(op.d) != crate::cpu::decode::CARRY_UNCHANGED
}

fn sets_flags_by_shifted_constant(op: &Op, narrow: bool) -> bool {
    has_shifted_constant(op, narrow) && sets_flags(op) && op.kind != K::MovImmS
}

fn has_shifted_register(op: &Op) -> bool {
    matches!(
        op.kind,
        K::AddLsl
            | K::SubLsl
            | K::OrrLsl
            | K::AddLsr
            | K::AddAsr
            | K::OrrLsr
            | K::AndLsr
            | K::EorLsl
            | K::EorLsr
            | K::Shifted
    )
}

fn sets_flags(op: &Op) -> bool {
    match op.kind {
        K::Shifted => op.imm & 1 << 12 != 0,
        K::MovImmS
        | K::AddImmS
        | K::SubImmS
        | K::RsbImmS
        | K::AdcImmS
        | K::SbcImmS
        | K::AndImmS
        | K::OrrImmS
        | K::EorImmS
        | K::TstImm
        | K::TeqImm
        | K::CmpImm
        | K::CmnImm
        | K::MovRegS
        | K::MvnRegS
        | K::AddRegS
        | K::SubRegS
        | K::RsbRegS
        | K::AdcRegS
        | K::SbcRegS
        | K::AndRegS
        | K::OrrRegS
        | K::OrnRegS
        | K::EorRegS
        | K::BicRegS
        | K::TstReg
        | K::TeqReg
        | K::CmpReg
        | K::CmnReg
        | K::LslImmS
        | K::LsrImmS
        | K::AsrImmS
        | K::RorImmS
        | K::RrxS
        | K::LslRegS
        | K::LsrRegS
        | K::AsrRegS
        | K::RorRegS
        | K::MulS => true,
        K::Vmrs => op.a == 15,
        _ => false,
    }
}

/// Which registers it needs, and when.
fn operands(op: &Op, dual: &mut Dual) {
    let bit = |register: u8| 1_u16 << (register & 15);
    let (a, b, c, d) = (bit(op.a), bit(op.b), bit(op.c), bit(op.d));
    match op.kind {
        K::MovImm | K::MovImmS => {}
        K::B | K::BCond | K::Bl => {}
        K::Nop
        | K::It
        | K::Clrex
        | K::Svc
        | K::Bkpt
        | K::Udf
        | K::Cps
        | K::Mrs
        | K::Isb
        | K::Dsb
        | K::Dmb
        | K::Wfi
        | K::Wfe
        | K::Sev
        | K::NoCoprocessor => {}
        K::Movt | K::Bfc => dual.reads = a,
        K::Bfi => dual.reads = a | b,
        K::MovReg | K::MovRegS | K::MvnReg | K::MvnRegS | K::Bx | K::Blx | K::MovPc => {
            dual.reads = c;
        }
        K::Sxtb
        | K::Sxth
        | K::Uxtb
        | K::Uxth
        | K::Sxtb16
        | K::Uxtb16
        | K::Clz
        | K::Rbit
        | K::Rev
        | K::Rev16
        | K::Revsh => dual.reads = c,
        K::Sxtab | K::Sxtah | K::Uxtab | K::Uxtah | K::Sxtab16 | K::Uxtab16 => {
            dual.reads = c;
            dual.accumulates = b;
        }
        K::Mla
        | K::Mls
        | K::Smlabb
        | K::Smlabt
        | K::Smlatb
        | K::Smlatt
        | K::SmlaW
        | K::Smlad
        | K::Smladx
        | K::Smlsd => {
            dual.reads = b | c;
            dual.accumulates = d;
        }
        K::Smmla | K::Smmls | K::Usada8 => {
            dual.reads = b | c;
            dual.accumulates = if op.d == 15 { 0 } else { d };
        }
        K::Smlal | K::Umlal | K::Umaal | K::SmlalXy | K::Smlald | K::Smlsld => {
            dual.reads = b | c;
            dual.accumulates = a | d;
        }
        K::LdrLit | K::LdrdLit | K::VldrLit => {}
        K::StrReg | K::StrbReg | K::StrhReg => {
            dual.reads = b | c;
            dual.stores = a;
        }
        K::StrImm
        | K::StrPre
        | K::StrPost
        | K::StrbImm
        | K::StrbPre
        | K::StrbPost
        | K::StrhImm
        | K::StrhPre
        | K::StrhPost
        | K::StoreUnprivileged
        | K::StoreRelease
        | K::Strex
        | K::Strexb
        | K::Strexh => {
            dual.reads = b;
            dual.stores = a;
        }
        K::Strd => {
            dual.reads = b;
            dual.stores = a | c;
        }
        K::Stm => {
            dual.reads = b;
            // The others are stored later.
            dual.stores = 1 << (op.imm.trailing_zeros() & 15);
        }
        K::VmovToSingle | K::Vmsr | K::Msr | K::Cbz | K::Cbnz | K::Tt => dual.reads = b,
        K::VmovToPair => dual.reads = b | c,
        K::Ldm | K::LdmPc | K::Vldm | K::Vstm | K::Vldr | K::Vstr => dual.reads = b,
        _ if op.kind.is_float() => {}
        _ if has_shifted_register(op) => dual.reads = b | c,
        kind => dual.reads = b | if reads_third(kind) { c } else { 0 },
    }
}

/// Whether the third operand of other instructions is a register.
fn reads_third(kind: K) -> bool {
    matches!(
        kind,
        K::AddReg
            | K::AddRegS
            | K::SubReg
            | K::SubRegS
            | K::RsbReg
            | K::RsbRegS
            | K::AdcReg
            | K::AdcRegS
            | K::SbcReg
            | K::SbcRegS
            | K::AndReg
            | K::AndRegS
            | K::OrrReg
            | K::OrrRegS
            | K::OrnReg
            | K::OrnRegS
            | K::EorReg
            | K::EorRegS
            | K::BicReg
            | K::BicRegS
            | K::TstReg
            | K::TeqReg
            | K::CmpReg
            | K::CmnReg
            | K::AddPc
            | K::LslReg
            | K::LslRegS
            | K::LsrReg
            | K::LsrRegS
            | K::AsrReg
            | K::AsrRegS
            | K::RorReg
            | K::RorRegS
            | K::Mul
            | K::MulS
            | K::Smull
            | K::Umull
            | K::Sdiv
            | K::Udiv
            | K::SmulXy
            | K::SmulW
            | K::Smuad
            | K::Smusd
            | K::Qadd
            | K::Qsub
            | K::Qdadd
            | K::Qdsub
            | K::Pkhbt
            | K::Pkhtb
            | K::Parallel
            | K::Sel
            | K::LdrReg
            | K::LdrbReg
            | K::LdrhReg
            | K::LdrsbReg
            | K::LdrshReg
            | K::LdrPcReg
            | K::Tbb
            | K::Tbh
    )
}

/// When what it computes is there.
fn results(op: &Op, narrow: bool, dual: &mut Dual) {
    dual.flags = sets_flags(op);
    let multiplies = matches!(
        op.kind,
        K::Mul
            | K::MulS
            | K::Mla
            | K::Mls
            | K::Smull
            | K::Umull
            | K::Smlal
            | K::Umlal
            | K::Umaal
            | K::SmulXy
            | K::Smlabb
            | K::Smlabt
            | K::Smlatb
            | K::Smlatt
            | K::SmulW
            | K::SmlaW
            | K::SmlalXy
            | K::Smuad
            | K::Smlad
            | K::Smladx
            | K::Smusd
            | K::Smlsd
            | K::Smlald
            | K::Smlsld
            | K::Smmla
            | K::Smmls
            | K::Usada8
    );
    let extends_and_adds = matches!(
        op.kind,
        K::Sxtab | K::Sxtah | K::Uxtab | K::Uxtah | K::Sxtab16 | K::Uxtab16
    );
    // SSAT and USAT are taken to be as the other saturating ones.
    let dsp = matches!(
        op.kind,
        K::Qadd
            | K::Qsub
            | K::Qdadd
            | K::Qdsub
            | K::Pkhbt
            | K::Pkhtb
            | K::Parallel
            | K::Sel
            | K::Ssat
            | K::Usat
            | K::Ssat16
            | K::Usat16
    );
    let loads = matches!(
        op.kind,
        K::LdrImm
            | K::LdrReg
            | K::LdrPre
            | K::LdrPost
            | K::LdrbImm
            | K::LdrbReg
            | K::LdrbPre
            | K::LdrbPost
            | K::LdrhImm
            | K::LdrhReg
            | K::LdrhPre
            | K::LdrhPost
            | K::LdrsbImm
            | K::LdrsbReg
            | K::LdrsbPre
            | K::LdrsbPost
            | K::LdrshImm
            | K::LdrshReg
            | K::LdrshPre
            | K::LdrshPost
            | K::LdrLit
            | K::LoadUnprivileged
            | K::LoadAcquire
            | K::Ldrex
            | K::Ldrexb
            | K::Ldrexh
            | K::Ldrd
            | K::LdrdLit
            | K::Ldm
            | K::VmovFromSingle
    );
    // By calibration: nothing published tells of shifts that are instructions of their own.
    let shifts = matches!(
        op.kind,
        K::LslImm
            | K::LslImmS
            | K::LsrImm
            | K::LsrImmS
            | K::AsrImm
            | K::AsrImmS
            | K::RorImm
            | K::RorImmS
            | K::LslReg
            | K::LslRegS
            | K::LsrReg
            | K::LsrRegS
            | K::AsrReg
            | K::AsrRegS
    );
    let shifted = has_shifted_register(op) || has_shifted_constant(op, narrow);
    dual.late_flags = dual.flags && has_shifted_register(op);
    if multiplies || extends_and_adds || dsp || loads || shifts || shifted {
        dual.latency = 2;
        dual.chains = !dsp && !shifts;
    }
    // MULS takes its second cycle itself.
    if op.kind == K::MulS || sets_flags_by_shifted_constant(op, narrow) {
        dual.latency = 1;
    }
}

/// The floating-point side.
fn floats(op: &Op, dual: &mut Dual) {
    match op.kind {
        K::Vmla | K::Vmls | K::Vnmla | K::Vnmls | K::Vfma | K::Vfms | K::Vfnma | K::Vfnms => {
            dual.addend = op.a;
            dual.float_latency = [4, 3];
            dual.float_busy = 3;
        }
        // A load's value is there for the next.
        K::Vldr | K::VldrLit => dual.singles = [op.a, 1 + u8::from(op.d != 0)],
        K::Vldm => dual.singles = [op.a, op.c],
        K::VmovToSingle => dual.singles = [op.a, 1],
        K::VmovToPair => {
            dual.singles = [op.a, 2];
            dual.float_latency = [2; 2];
        }
        // Data is needed as an operand is.
        K::Vstr | K::Vstm | K::Vmrs | K::Vmsr | K::VmovFromPair | K::VmovFromSingle => {}
        _ if op.kind.is_float() => dual.float_latency = [2; 2],
        _ => {}
    }
}

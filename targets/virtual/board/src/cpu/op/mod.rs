//! Pre-decoded instructions: what the decoder produces and the executor runs.

mod kind;

pub use kind::Kind;
pub(crate) use kind::for_each_kind;

/// One pre-decoded operation, 16 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// What to do.
    pub kind: Kind,
    /// First operand, usually the destination.
    pub a: u8,
    /// Second operand, usually the first source or the base.
    pub b: u8,
    /// Third operand, usually the second source.
    pub c: u8,
    /// Fourth operand.
    pub d: u8,
    /// Half-words from the start of the block to this instruction.
    pub offset: u8,
    /// Timing flags: see [`Op::CHAINED`].
    pub flags: u8,
    /// Instructions from the start of the block to this one.
    pub index: u8,
    /// Cycles from the start of the block (entered by falling in) to this instruction.
    pub prefix: u16,
    /// Immediate.
    pub imm: u32,
}

const _: () = assert!(size_of::<Op>() == 16);

impl Op {
    /// A load or store whose overlap with the load before it is in the static cost, and is lost if
    /// the two reach different memories.
    pub const CHAINED: u8 = 1;
    /// A load whose memory matters: the next op is chained to it, or there are wait states.
    pub const TRACKED: u8 = 2;
    /// The first cycle that a load or store waits for its memory costs nothing: a later instruction
    /// would have waited for its own fetch.
    pub const ABSORBS: u8 = 4;
    /// If a load or store waits for its memory, the prefetch unit fills up and stops meanwhile, and a
    /// later instruction waits one cycle for it.
    pub const RESTARTS: u8 = 8;
    /// A load that finds its bank granted: a store is two instructions before it. Which bank that
    /// reached isn't looked at.
    pub const GRANTED: u8 = 16;

    /// An op with all operands zero.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            a: 0,
            b: 0,
            c: 0,
            d: 0,
            offset: 0,
            flags: 0,
            index: 0,
            prefix: 0,
            imm: 0,
        }
    }

    /// Whether this is an instruction, not a pseudo-operation.
    pub const fn is_instruction(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Skip | Kind::SetPc | Kind::AlignSp | Kind::CheckSp | Kind::SetSp | Kind::StayInIt
        )
    }

    /// Whether a block ends after this op.
    pub const fn ends_block(&self) -> bool {
        use Kind as K;
        matches!(
            self.kind,
            K::B | K::BCond
                | K::Bl
                | K::Bx
                | K::Blx
                | K::Cbz
                | K::Cbnz
                | K::Tbb
                | K::Tbh
                | K::MovPc
                | K::AddPc
                | K::LdrPcImm
                | K::LdrPcReg
                | K::LdrPcPre
                | K::LdrPcPost
                | K::LdmPc
                | K::Svc
                | K::Bkpt
                | K::Udf
                | K::Cps
                | K::Msr
                | K::Isb
                | K::Wfi
                | K::Wfe
                | K::NoCoprocessor
        )
    }
}

/// Size and sign of the data of a literal or unprivileged access, in field `d`.
pub mod literal {
    /// Word.
    pub const WORD: u8 = 0;
    /// Zero-extended byte.
    pub const BYTE: u8 = 1;
    /// Zero-extended half-word.
    pub const HALF: u8 = 2;
    /// Sign-extended byte.
    pub const SIGNED_BYTE: u8 = 3;
    /// Sign-extended half-word.
    pub const SIGNED_HALF: u8 = 4;
}

/// How an instruction of FPv5 rounds, in field `imm`.
pub mod rounding {
    /// To nearest, ties away from zero.
    pub const AWAY: u32 = 0;
    /// To nearest, ties to even.
    pub const NEAREST: u32 = 1;
    /// Towards plus infinity.
    pub const UP: u32 = 2;
    /// Towards minus infinity.
    pub const DOWN: u32 = 3;
    /// Towards zero.
    pub const ZERO: u32 = 4;
    /// As FPSCR says.
    pub const FPSCR: u32 = 5;
    /// As FPSCR says, and tells whether the result is inexact.
    pub const EXACT: u32 = 6;
}

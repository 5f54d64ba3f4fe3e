//! Flags that nobody reads: most instructions of Thumb code set flags, and the next one sets them anew.
//!
//! An operation whose flags are set again before anything can see them leaves them alone, which takes the host
//! less. A load or store, or anything else that can stop a block, shows them all; so does the end of the block.

use super::decode::CARRY_UNCHANGED;
use super::op::{Kind, Op, for_each_kind};

/// N and Z, which are always set together.
const NZ: u8 = 1;
const C: u8 = 2;
const V: u8 = 4;
const ALL: u8 = NZ | C | V;

/// What an operation does with flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Effect {
    reads: u8,
    /// Those that it sets, whatever the data.
    sets: u8,
    /// Those that it sets or leaves, as the data are.
    may_set: u8,
}

impl Effect {
    const NONE: Self = Self {
        reads: 0,
        sets: 0,
        may_set: 0,
    };
    /// Of what may stop the block, or reads flags in a way that isn't looked into.
    const SHOWS: Self = Self {
        reads: ALL,
        ..Self::NONE
    };

    const fn sets(flags: u8) -> Self {
        Self {
            sets: flags,
            ..Self::NONE
        }
    }

    fn of(op: &Op) -> Self {
        use Kind as K;
        match op.kind {
            K::AddImmS
            | K::SubImmS
            | K::RsbImmS
            | K::CmpImm
            | K::CmnImm
            | K::AddRegS
            | K::SubRegS
            | K::RsbRegS
            | K::CmpReg
            | K::CmnReg => Self::sets(ALL),
            K::AdcImmS | K::SbcImmS | K::AdcRegS | K::SbcRegS => Self {
                reads: C,
                ..Self::sets(ALL)
            },
            K::MovImmS | K::AndImmS | K::OrrImmS | K::EorImmS | K::TstImm | K::TeqImm
                if u32::from(op.d) != CARRY_UNCHANGED =>
            {
                Self::sets(NZ | C)
            }
            K::MovImmS | K::AndImmS | K::OrrImmS | K::EorImmS | K::TstImm | K::TeqImm => {
                Self::sets(NZ)
            }
            K::MovRegS
            | K::MvnRegS
            | K::AndRegS
            | K::OrrRegS
            | K::OrnRegS
            | K::EorRegS
            | K::BicRegS
            | K::TstReg
            | K::TeqReg
            | K::MulS => Self::sets(NZ),
            K::LslImmS | K::LsrImmS | K::AsrImmS | K::RorImmS => Self::sets(NZ | C),
            K::RrxS => Self {
                reads: C,
                ..Self::sets(NZ | C)
            },
            // By 0 they leave the carry.
            K::LslRegS | K::LsrRegS | K::AsrRegS | K::RorRegS => Self {
                may_set: C,
                ..Self::sets(NZ)
            },
            K::AdcImm | K::SbcImm | K::AdcReg | K::SbcReg | K::Rrx => Self {
                reads: C,
                ..Self::NONE
            },
            K::Shifted | K::Sdiv | K::Udiv => Self::SHOWS,
            K::SetPc | K::AlignSp => Self::NONE,
            kind if is_arithmetic(kind) => Self::NONE,
            _ => Self::SHOWS,
        }
    }
}

/// Whether an operation does nothing but compute.
fn is_arithmetic(kind: Kind) -> bool {
    use Kind as K;
    macro_rules! of_category {
        (data_processing $kind:ident) => {
            true
        };
        (multiply $kind:ident) => {
            true
        };
        (media $kind:ident) => {
            true
        };
        ($category:ident $kind:ident) => {
            false
        };
    }
    macro_rules! arithmetic {
        ($(ops $category:ident { $($name:ident)* })* fused { $($fused:ident = $($part:ident)+,)* }) => {
            match kind {
                $($(K::$name => of_category!($category $name),)*)*
                $(K::$fused => false,)*
            }
        };
    }
    for_each_kind!(arithmetic)
}

/// Has the operations of a block, which aren't fused yet, set only flags that may be read.
pub(super) fn leave_unread(ops: &mut [Op]) {
    let mut read = ALL;
    for op in ops.iter_mut().rev() {
        let effect = Effect::of(op);
        let set = effect.sets | effect.may_set;
        if set & read == 0 {
            set_none(op);
        } else if op.kind == Kind::AsrImmS && read & NZ == 0 {
            op.kind = Kind::AsrImmC;
        }
        read = read & !effect.sets | effect.reads;
    }
}

/// Makes of an operation that sets flags the one that doesn't.
fn set_none(op: &mut Op) {
    use Kind as K;
    op.kind = match op.kind {
        K::MovImmS => K::MovImm,
        K::AddImmS => K::AddImm,
        K::SubImmS => {
            op.imm = op.imm.wrapping_neg();
            K::AddImm
        }
        K::RsbImmS => K::RsbImm,
        K::AdcImmS => K::AdcImm,
        K::SbcImmS => K::SbcImm,
        K::AndImmS => K::AndImm,
        K::OrrImmS => K::OrrImm,
        K::EorImmS => K::EorImm,
        K::MovRegS => K::MovReg,
        K::MvnRegS => K::MvnReg,
        K::AddRegS => K::AddReg,
        K::SubRegS => K::SubReg,
        K::RsbRegS => K::RsbReg,
        K::AdcRegS => K::AdcReg,
        K::SbcRegS => K::SbcReg,
        K::AndRegS => K::AndReg,
        K::OrrRegS => K::OrrReg,
        K::OrnRegS => K::OrnReg,
        K::EorRegS => K::EorReg,
        K::BicRegS => K::BicReg,
        K::LslImmS => K::LslImm,
        K::LsrImmS => K::LsrImm,
        K::AsrImmS => K::AsrImm,
        K::RorImmS => K::RorImm,
        K::RrxS => K::Rrx,
        K::LslRegS => K::LslReg,
        K::LsrRegS => K::LsrReg,
        K::AsrRegS => K::AsrReg,
        K::RorRegS => K::RorReg,
        K::MulS => K::Mul,
        other => other,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(kinds: &[Kind]) -> Vec<Kind> {
        let op = |&kind: &Kind| Op {
            d: CARRY_UNCHANGED as u8,
            ..Op::new(kind)
        };
        let mut ops: Vec<Op> = kinds.iter().map(op).collect();
        leave_unread(&mut ops);
        ops.iter().map(|op| op.kind).collect()
    }

    #[test]
    fn flags_that_are_set_again_are_left() {
        use Kind as K;
        assert_eq!(
            left(&[K::MulS, K::LsrImmS, K::AddRegS, K::CmpReg, K::BCond]),
            [K::Mul, K::LsrImm, K::AddReg, K::CmpReg, K::BCond]
        );
        // All of them have to be.
        assert_eq!(
            left(&[K::AddRegS, K::MulS, K::LslImmS]),
            [K::AddRegS, K::Mul, K::LslImmS]
        );
    }

    #[test]
    fn flags_that_are_read_or_can_be_seen_are_set() {
        use Kind as K;
        for between in [K::LdrImm, K::StrImm, K::Udiv, K::Mrs, K::Skip, K::Vadd] {
            let kinds = [K::MulS, between, K::AddRegS];
            assert_eq!(left(&kinds), kinds);
        }
        assert_eq!(left(&[K::AddRegS]), [K::AddRegS], "the block's end");
        let carry = [K::AddRegS, K::AdcRegS];
        assert_eq!(left(&carry), carry);
        // By 0 a shift leaves the carry.
        let shift = [K::LslImmS, K::LslRegS, K::MovReg];
        assert_eq!(left(&shift), shift);
        assert_eq!(left(&[K::MulS, K::LslRegS]), [K::Mul, K::LslRegS]);
    }

    #[test]
    fn of_a_shift_that_rounds_the_carry_is_left() {
        use Kind as K;
        assert_eq!(
            left(&[K::AsrImmS, K::AdcRegS, K::CmpReg]),
            [K::AsrImmC, K::AdcReg, K::CmpReg]
        );
    }

    #[test]
    fn a_subtraction_becomes_an_addition() {
        let subtract = Op {
            imm: 3,
            ..Op::new(Kind::SubImmS)
        };
        let mut ops = [subtract, Op::new(Kind::CmpImm)];
        leave_unread(&mut ops);
        assert_eq!(
            (ops[0].kind, ops[0].imm),
            (Kind::AddImm, 3_u32.wrapping_neg())
        );
    }
}

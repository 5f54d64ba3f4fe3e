//! Fusion: neighbouring operations of a block that the executor carries out with one dispatch. Before that each
//! gets the kind that is made for what it does.
//!
//! Which groups there are is a list in [`super::op`], taken from what stands side by side most
//! often in int8 kernels and compiled code. A fused group does what its parts do, one after the
//! other, so it changes neither results nor cycles.

use super::op::{Kind, Op, for_each_kind};

/// Fuses what can be fused. The first op of a group gets the fused kind; the others keep theirs and
/// their place, so that a fault in one of them is found at its instruction.
pub(super) fn fuse(ops: &mut [Op]) {
    for op in ops.iter_mut() {
        match op.kind {
            Kind::BCond => op.kind = conditional_branch(op.a),
            Kind::Ldm if op.imm.count_ones() == 2 => {
                op.kind = Kind::Ldm2;
                op.a = (op.imm.trailing_zeros() | op.imm.ilog2() << 4) as u8;
            }
            _ => {}
        }
    }
    let mut at = 0;
    while at < ops.len() {
        let rest = &mut ops[at..];
        // What a Skip passes over must end with a group.
        let covered = match rest[0].kind {
            Kind::Skip => 1 + usize::from(rest[0].b),
            _ => 0,
        };
        if covered > 0 {
            at += covered;
            continue;
        }
        let plain = rest.iter().position(|op| op.kind == Kind::Skip);
        let (kind, length) = group(&rest[..plain.unwrap_or(rest.len())]);
        rest[0].kind = kind;
        at += length;
    }
}

/// The longest group that `ops`, which are not empty, begin with, and its length.
fn group(ops: &[Op]) -> (Kind, usize) {
    macro_rules! find {
        ($(ops $category:ident { $($name:ident)* })* fused { $($fused:ident = $($part:ident)+,)* }) => {
            $(
                let parts = [$(Kind::$part),+];
                if let Some(begin) = ops.get(..parts.len())
                    && begin.iter().zip(parts).all(|(op, part)| op.kind == part)
                {
                    return (Kind::$fused, parts.len());
                }
            )*
        };
    }
    for_each_kind!(find);
    (ops[0].kind, 1)
}

/// The kind of a branch on `condition`.
fn conditional_branch(condition: u8) -> Kind {
    match condition {
        0 => Kind::BEq,
        1 => Kind::BNe,
        2 => Kind::BCs,
        3 => Kind::BCc,
        4 => Kind::BMi,
        5 => Kind::BPl,
        8 => Kind::BHi,
        9 => Kind::BLs,
        10 => Kind::BGe,
        11 => Kind::BLt,
        12 => Kind::BGt,
        13 => Kind::BLe,
        _ => Kind::BCond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fused(kinds: &[Kind]) -> Vec<Kind> {
        let mut ops: Vec<Op> = kinds.iter().map(|&kind| Op::new(kind)).collect();
        for op in &mut ops {
            // A Skip covers one op.
            op.b = u8::from(op.kind == Kind::Skip);
        }
        fuse(&mut ops);
        ops.iter().map(|op| op.kind).collect()
    }

    #[test]
    fn the_first_op_of_a_group_gets_the_fused_kind() {
        assert_eq!(
            fused(&[Kind::Clz, Kind::LdrPost, Kind::Ldm, Kind::Clz]),
            [Kind::Clz, Kind::LdrPostLdm, Kind::Ldm, Kind::Clz]
        );
    }

    #[test]
    fn a_load_of_two_words_has_both_registers_in_a() {
        let load = |list| Op {
            imm: list,
            ..Op::new(Kind::Ldm)
        };
        let mut ops = [load(1 << 4 | 1 << 12), load(1 << 4), load(7)];
        fuse(&mut ops);
        assert_eq!(ops.map(|op| op.kind), [Kind::Ldm2, Kind::Ldm, Kind::Ldm]);
        assert_eq!((ops[0].a & 15, ops[0].a >> 4), (4, 12));
    }

    #[test]
    fn the_longest_group_is_taken() {
        let five = [Kind::Smlad; 5];
        let mut expected = five;
        expected[0] = Kind::SmladX4;
        assert_eq!(fused(&five), expected);
    }

    #[test]
    fn what_a_skip_passes_over_is_not_fused_with_what_follows() {
        let kinds = [Kind::MovReg, Kind::Skip, Kind::MovReg, Kind::MovReg];
        assert_eq!(fused(&kinds), kinds);
    }

    #[test]
    fn a_group_is_listed_behind_every_longer_one_that_begins_with_it() {
        macro_rules! parts {
            ($(ops $category:ident { $($name:ident)* })* fused { $($fused:ident = $($part:ident)+,)* }) => {
                [$((Kind::$fused, &[$(Kind::$part),+][..])),*]
            };
        }
        for (kind, parts) in for_each_kind!(parts) {
            assert!(parts.len() > 1, "{kind:?}");
            assert_eq!(fused(parts)[0], kind);
        }
    }
}

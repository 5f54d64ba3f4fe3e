//! Dispatch: from one operation of a block to the next.
//!
//! Each kind has a function of its own, which carries out an op, or the group that it begins, and then
//! calls that of the next one. The call is the last thing it does, so the compiler makes it a jump, and
//! each kind has its own for the host to predict. Where it doesn't, a block is short enough for the
//! stack.

use std::slice::Iter;

use super::execute::{LONG, SHORT};
use super::op::{Kind, Op, for_each_kind};
use super::{Core, Trap};

/// Carries out `op` and those behind it. The op at which the block was left before its end, if any:
/// [`Core::stop`] says why.
type Handler = for<'a> fn(&mut Core, op: &'a Op, rest: Iter<'a, Op>) -> Option<&'a Op>;

/// Carries out the operations of a block, as [`Handler`].
#[inline(always)]
pub(super) fn dispatch<'a, const T: bool>(
    core: &mut Core,
    mut ops: Iter<'a, Op>,
) -> Option<&'a Op> {
    let op = ops.next()?;
    let handler = Handlers::<T>::OF[op.kind as usize];
    handler(core, op, ops)
}

/// The handlers with and without the cycle model. They take the short way.
struct Handlers<const T: bool>;

/// Handlers of single ops that have found it closed.
struct LongWay<const T: bool>;

/// Single ops, each by the function of its category.
struct Single<const T: bool, const S: bool>;

macro_rules! carry_out {
    (pseudo $kind:ident $core:ident $op:ident $rest:ident) => {
        $core.pseudo::<T, S>(Kind::$kind, $op, $rest)
    };
    ($category:ident $kind:ident $core:ident $op:ident $rest:ident) => {{
        let _ = $rest;
        $core.$category::<T, S>(Kind::$kind, $op)
    }};
}

macro_rules! handlers {
    (
        $(ops $category:ident { $($single:ident)* })*
        fused { $($fused:ident = $first:ident $($next:ident)+,)* }
    ) => {
        #[expect(non_snake_case, reason = "called as the kinds are")]
        impl<const T: bool, const S: bool> Single<T, S> {
            $($(
                #[inline(always)]
                fn $single(core: &mut Core, op: &Op, rest: &mut Iter<'_, Op>) -> Result<(), Trap> {
                    carry_out!($category $single core op rest)
                }
            )*)*
        }

        #[expect(non_snake_case, reason = "called as the kinds are")]
        impl<const T: bool> Handlers<T> {
            const OF: [Handler; COUNT] = [$($(Self::$single,)*)* $(Self::$fused,)*];

            $($(
                fn $single<'a>(core: &mut Core, op: &'a Op, mut rest: Iter<'a, Op>) -> Option<&'a Op> {
                    if Single::<T, SHORT>::$single(core, op, &mut rest).is_err() {
                        return LongWay::<T>::$single(core, op, rest);
                    }
                    dispatch::<T>(core, rest)
                }
            )*)*

            $(
                fn $fused<'a>(core: &mut Core, op: &'a Op, mut rest: Iter<'a, Op>) -> Option<&'a Op> {
                    if Single::<T, SHORT>::$first(core, op, &mut rest).is_err() {
                        return LongWay::<T>::$first(core, op, rest);
                    }
                    const NEXT: usize = [$(Kind::$next),+].len();
                    let ops = rest.as_slice();
                    let (group, behind) = ops.split_first_chunk::<NEXT>()?;
                    let mut group = group.iter();
                    $(
                        let op = group.next()?;
                        if Single::<T, SHORT>::$next(core, op, &mut rest).is_err() {
                            return LongWay::<T>::$next(core, op, ops[NEXT - group.len()..].iter());
                        }
                    )+
                    dispatch::<T>(core, behind.iter())
                }
            )*
        }

        #[expect(non_snake_case, reason = "called as the kinds are")]
        impl<const T: bool> LongWay<T> {
            $($(
                #[cold]
                #[inline(never)]
                fn $single<'a>(core: &mut Core, op: &'a Op, mut rest: Iter<'a, Op>) -> Option<&'a Op> {
                    if Single::<T, LONG>::$single(core, op, &mut rest).is_err() {
                        return Some(op);
                    }
                    dispatch::<T>(core, rest)
                }
            )*)*
        }

        /// How many kinds there are.
        const COUNT: usize = [$($(Kind::$single,)*)* $(Kind::$fused,)*].len();
    };
}

for_each_kind!(handlers);

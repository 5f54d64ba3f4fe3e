//! Pseudo-operations, which steer others.

use std::slice::Iter;

use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Trap};
use crate::memory::ANY_GROUP;

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn pseudo<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
        rest: &mut Iter<'_, Op>,
    ) -> Result<(), Trap> {
        match kind {
            K::Skip if self.holds(op.a) => {}
            K::Skip => {
                self.skipped |= 1 << (op.index & 63);
                rest.nth(usize::from(op.b) - 1);
                if T {
                    // The difference to executing it is negative or zero.
                    self.add_cycles(i64::from(op.imm as i32) as u64);
                    self.last_group = ANY_GROUP;
                }
            }
            K::SetPc => self.r[15] = op.imm,
            K::AlignSp => self.r[13] &= !3,
            K::CheckSp | K::SetSp if S => return Err(Trap),
            K::CheckSp => {
                let sp = self.r[13].wrapping_add(op.imm);
                self.need_stack(sp)?;
            }
            K::SetSp => {
                let sp = self.r[op.b] & !3;
                self.need_stack(sp)?;
                self.r[13] = sp;
            }
            K::StayInIt => {
                self.it_state = op.a;
                self.deadline = 0;
            }
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }
}

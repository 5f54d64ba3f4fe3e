//! Branches (A4.3), which end a block.

use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Fault, Stop, Trap};

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn branch<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        // There is no short way.
        if S && matches!(kind, K::LdrPcImm | K::LdrPcReg | K::LdrPcPre | K::LdrPcPost) {
            return Err(Trap);
        }
        match kind {
            K::B => self.jump(op.imm),
            K::BCond => self.jump_if(self.holds(op.a), op.imm),
            K::BEq => self.jump_if(self.z == 0, op.imm),
            K::BNe => self.jump_if(self.z != 0, op.imm),
            K::BCs => self.jump_if(self.c, op.imm),
            K::BCc => self.jump_if(!self.c, op.imm),
            K::BMi => self.jump_if((self.n as i32) < 0, op.imm),
            K::BPl => self.jump_if((self.n as i32) >= 0, op.imm),
            K::BHi => self.jump_if(self.c && self.z != 0, op.imm),
            K::BLs => self.jump_if(!self.c || self.z == 0, op.imm),
            K::BGe => self.jump_if(((self.n ^ self.v) as i32) >= 0, op.imm),
            K::BLt => self.jump_if(((self.n ^ self.v) as i32) < 0, op.imm),
            K::BGt => self.jump_if(self.z != 0 && ((self.n ^ self.v) as i32) >= 0, op.imm),
            K::BLe => self.jump_if(self.z == 0 || ((self.n ^ self.v) as i32) < 0, op.imm),
            K::Bl => {
                self.r[14] = self.next_pc | 1;
                self.jump(op.imm);
            }
            K::Bx => self.branch_exchange::<S>(self.r[op.c])?,
            K::Blx => {
                let target = self.r[op.c];
                if S {
                    need_plain_target(target)?;
                }
                self.r[14] = self.next_pc | 1;
                self.jumped = true;
                self.next_pc = target & !1;
                if target & 1 == 0 {
                    return Err(self.fault(Fault::InvalidState));
                }
            }
            K::Cbz => self.jump_if(self.r[op.b] == 0, op.imm),
            K::Cbnz => self.jump_if(self.r[op.b] != 0, op.imm),
            K::Tbb => {
                let offset = self.load::<T, S, 1>(op, self.r[op.b].wrapping_add(self.r[op.c]))?;
                self.jump(self.next_pc.wrapping_add(2 * offset));
            }
            K::Tbh => {
                let address = self.r[op.b].wrapping_add(self.r[op.c] << 1);
                let offset = self.load::<T, S, 2>(op, address)?;
                self.jump(self.next_pc.wrapping_add(2 * offset));
            }
            K::MovPc => self.jump(self.r[op.c] & !1),
            K::AddPc => self.jump(self.r[op.b].wrapping_add(self.r[op.c]) & !1),
            K::LdrPcImm => {
                let base = if op.d == 1 { 0 } else { self.r[op.b] };
                let target = self.load::<T, S, 4>(op, base.wrapping_add(op.imm))?;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcReg => {
                let address = self.r[op.b].wrapping_add(self.r[op.c] << (op.d & 3));
                let target = self.load::<T, S, 4>(op, address)?;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcPre => {
                let address = self.r[op.b].wrapping_add(op.imm);
                let target = self.load::<T, S, 4>(op, address)?;
                self.r[op.b] = address;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcPost => {
                let address = self.r[op.b];
                let target = self.load::<T, S, 4>(op, address)?;
                self.r[op.b] = address.wrapping_add(op.imm);
                self.branch_exchange::<S>(target)?;
            }
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }

    /// Branch with interworking (BXWritePC): bit 0 must be set; in handler mode some values
    /// return from the exception.
    #[inline(always)]
    pub(super) fn branch_exchange<const S: bool>(&mut self, target: u32) -> Result<(), Trap> {
        if S {
            need_plain_target(target)?;
            self.jump(target & !1);
            return Ok(());
        }
        if target >= self.architecture.first_exception_return() && self.ipsr != 0 {
            self.stop = Some(Stop::ExceptionReturn(target));
            self.jumped = true;
            return Err(Trap);
        }
        self.jumped = true;
        self.next_pc = target & !1;
        if target & 1 == 0 {
            // The fault belongs to the first instruction at the target.
            self.stop = Some(Stop::Fault(Fault::InvalidState));
            return Err(Trap);
        }
        Ok(())
    }

    #[inline(always)]
    fn jump(&mut self, target: u32) {
        self.next_pc = target;
        self.jumped = true;
    }

    #[inline(always)]
    fn jump_if(&mut self, condition: bool, target: u32) {
        if condition {
            self.jump(target);
        }
    }
}

/// The short way is for branches to Thumb code that don't return from an exception.
#[inline(always)]
pub(super) fn need_plain_target(target: u32) -> Result<(), Trap> {
    if target & 1 == 0 || target >= 0xF000_0000 {
        return Err(Trap);
    }
    Ok(())
}

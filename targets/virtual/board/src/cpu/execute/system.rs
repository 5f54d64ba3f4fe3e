//! Hints, barriers, special registers and exceptions (A4.5, A4.9, A4.10).

use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Fault, Stop, Trap};

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn system<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        // There is no short way.
        if S && !matches!(kind, K::Nop | K::It | K::Isb | K::Dsb | K::Dmb | K::Sev) {
            return Err(Trap);
        }
        match kind {
            K::Nop | K::It | K::Dsb | K::Dmb => {}
            K::Svc => {
                self.stop = Some(Stop::Supervisor);
                return Err(Trap);
            }
            K::Bkpt => {
                self.stop = Some(Stop::Breakpoint);
                return Err(Trap);
            }
            K::Udf => return Err(self.fault(Fault::Undefined)),
            K::NoCoprocessor => return Err(self.fault(Fault::NoCoprocessor)),
            K::Cps => self.change_processor_state(op),
            K::Mrs => self.r[op.a] = self.read_special(op.imm),
            K::Tt => self.r[op.a] = self.test_target(self.r[op.b], op.imm != 0),
            K::Msr => self.write_special(op.imm, op.c, self.r[op.b]),
            // What has been written before is visible from here: nothing is buffered.
            K::Isb => {}
            K::Wfi => {
                self.stop = Some(Stop::Sleep { event: false });
                return Err(Trap);
            }
            K::Wfe if self.take_event() => {}
            K::Wfe => {
                self.stop = Some(Stop::Sleep { event: true });
                return Err(Trap);
            }
            K::Sev => self.event = true,
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }
}

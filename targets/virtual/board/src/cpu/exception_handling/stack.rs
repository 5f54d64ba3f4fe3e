//! Stack accesses and cycles of exception entry and return.

use crate::cpu::Core;
use crate::memory::{AccessSize, BusFault};
use crate::system::mpu::{Access, View};

/// Who refused a stack access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Mpu,
    Bus,
    /// The limit of the stack.
    Limit,
}

impl From<BusFault> for Refusal {
    fn from(BusFault: BusFault) -> Self {
        Self::Bus
    }
}

impl Core {
    /// Lets the cycles of an exception entry or return pass.
    pub(super) fn spend(&mut self, cycles: u32) {
        let cycles = u64::from(cycles);
        self.cycles += cycles;
        self.exception_cycles += cycles;
    }

    pub(super) fn push(&mut self, address: u32, value: u32, view: View) -> Result<(), Refusal> {
        if address & 3 != 0 {
            return Err(Refusal::Bus);
        }
        if !self.system.mpu.allows(address, Access::Write, view) {
            return Err(Refusal::Mpu);
        }
        let now = self.cycles;
        Ok(self.write_bus(address, AccessSize::Word, value, now)?)
    }

    pub(super) fn pop(&mut self, address: u32, view: View) -> Result<u32, Refusal> {
        if !self.system.mpu.allows(address, Access::Read, view) {
            return Err(Refusal::Mpu);
        }
        let now = self.cycles;
        Ok(self.read_bus(address, AccessSize::Word, now)?)
    }
}

//! DBGMCU. What it freezes stands still in a halted core anyway.

use super::peripheral::Write;

/// The unit's registers behind its identity: control, and what stands still while the core is halted.
#[derive(Clone, Debug)]
pub(in crate::chips) struct DebugUnit {
    identity: u32,
    registers: [u32; 4],
}

impl DebugUnit {
    /// A unit with this IDCODE: device and revision.
    pub fn new(identity: u32) -> Self {
        Self {
            identity,
            registers: [0; 4],
        }
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0 => Some(self.identity),
            _ => self.registers.get(offset as usize / 4 - 1).copied(),
        }
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        let register = self
            .registers
            .get_mut((offset as usize / 4).checked_sub(1)?)?;
        *register = write.over(*register);
        Some(())
    }

    /// Power comes up.
    pub fn reset(&mut self) {
        *self = Self::new(self.identity);
    }
}

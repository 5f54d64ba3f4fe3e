//! A virtual board: a machine behind a debug port.

use crate::chips::{GenericChip, ImpossibleChip, UnknownChip};
use crate::debug_port::{DebugPort, Debuggable};
use crate::faults::{InjectedFault, MachineFault};
use crate::machine::Machine;

/// A virtual microcontroller board, as a probe sees it.
pub struct VirtualBoard {
    /// The debug port.
    pub port: DebugPort,
    /// The core with its memories and peripherals.
    pub machine: Machine,
}

impl VirtualBoard {
    /// A board with the chip of this name, blank flash, powered and out of reset.
    ///
    /// # Errors
    /// [`UnknownChip`] if the name isn't one of [`crate::CHIPS`].
    pub fn new(chip: &str) -> Result<Self, UnknownChip> {
        Ok(Self {
            port: DebugPort::new(),
            machine: Machine::new(chip)?,
        })
    }

    /// A board with a chip as described, blank flash, powered and out of reset.
    ///
    /// # Errors
    /// [`ImpossibleChip`] if there can't be such a chip.
    pub fn generic(chip: &GenericChip) -> Result<Self, ImpossibleChip> {
        Ok(Self {
            port: DebugPort::new(),
            machine: Machine::generic(chip)?,
        })
    }

    /// Makes `fault` happen from now on, beside those injected before.
    pub fn inject(&mut self, fault: InjectedFault) {
        match MachineFault::try_from(fault) {
            Ok(fault) => self.machine.inject(fault),
            Err(transfers) => self.port.disconnect_after(transfers),
        }
    }

    /// Ends all injected faults; a lost probe is back. What they did to memory stays.
    pub fn clear_faults(&mut self) {
        self.machine.clear_faults();
        self.port.reconnect();
    }
}

impl Debuggable for VirtualBoard {
    type Target = Machine;

    fn debug_parts(&mut self) -> (&mut DebugPort, &mut Machine) {
        (&mut self.port, &mut self.machine)
    }
}

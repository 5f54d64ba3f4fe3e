//! Instrumentation Trace Macrocell (C1.7): what a program writes to its stimulus ports is kept for
//! whoever takes it. Timestamps and the packets of the DWT are not generated.

use super::accessor::Accessor;
use crate::memory::AccessSize;

/// Stimulus ports.
pub const PORTS: usize = 32;
/// Bytes kept of a port; what comes after them is lost until they are taken.
const ENOUGH: usize = 1 << 20;
/// Opens the lock.
const KEY: u32 = 0xC5AC_CE55;
/// TCR: ITMENA.
const ENABLE: u32 = 1;
/// TCR bits that can be written: ITMENA, TSENA, SYNCENA, TXENA, SWOENA, TSPrescale, GTSFREQ,
/// TraceBusID.
const CONTROL: u32 = 0x007F_0F1F;
/// Ports of one bit of TPR.
const GROUP: usize = 8;

/// Offsets of registers.
const TER: u32 = 0xE00;
const TPR: u32 = 0xE40;
const TCR: u32 = 0xE80;
const LAR: u32 = 0xFB0;
const LSR: u32 = 0xFB4;

/// The unit.
#[derive(Clone, Debug)]
pub(crate) struct Itm {
    enabled_ports: u32,
    /// Groups of eight ports that only privileged code may write to.
    privileged: u32,
    control: u32,
    locked: bool,
    output: [Vec<u8>; PORTS],
}

impl Default for Itm {
    fn default() -> Self {
        Self {
            enabled_ports: 0,
            privileged: 0,
            control: 0,
            locked: true,
            output: Default::default(),
        }
    }
}

impl Itm {
    /// Takes what was written to a port.
    pub fn take_output(&mut self, port: usize) -> Vec<u8> {
        self.output
            .get_mut(port)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Reads the register at `offset` from 0xE000_0000.
    pub fn read(&self, offset: u32, by: Accessor) -> u32 {
        match offset {
            // FIFOREADY: it is never full.
            0..0x80 => 1,
            TER => self.enabled_ports,
            TPR => self.privileged,
            TCR => self.control,
            // Present, and locked; a debugger needs no key.
            LSR if by != Accessor::Debugger => 1 | u32::from(self.locked) << 1,
            _ => 0,
        }
    }

    /// Writes the register at `offset` from 0xE000_0000; `trace` is DEMCR.TRCENA. Writes that are
    /// not allowed are ignored. False if output was lost.
    pub fn write(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        by: Accessor,
        trace: bool,
    ) -> bool {
        if offset < 0x80 {
            let port = (offset >> 2) as usize;
            let on = trace && self.control & ENABLE != 0 && self.enabled_ports >> port & 1 != 0;
            if !on || (by == Accessor::Unprivileged && self.is_privileged(port)) {
                return true;
            }
            let output = &mut self.output[port];
            let fits = output.len() < ENOUGH;
            if fits {
                output.extend(&value.to_le_bytes()[..size.bytes() as usize]);
            }
            return fits;
        }
        if size != AccessSize::Word {
            return true;
        }
        let unprivileged = by == Accessor::Unprivileged;
        match offset {
            LAR if by == Accessor::Privileged => self.locked = value != KEY,
            _ if self.locked && by != Accessor::Debugger => {}
            TER if unprivileged => {
                // Only the ports that are theirs.
                let theirs = (0..PORTS).fold(0, |ports, port| {
                    ports | u32::from(!self.is_privileged(port)) << port
                });
                self.enabled_ports = self.enabled_ports & !theirs | value & theirs;
            }
            TER => self.enabled_ports = value,
            TPR if !unprivileged => self.privileged = value & 0xF,
            TCR if !unprivileged => self.control = value & CONTROL,
            _ => {}
        }
        true
    }

    fn is_privileged(&self, port: usize) -> bool {
        self.privileged >> (port / GROUP) & 1 != 0
    }
}

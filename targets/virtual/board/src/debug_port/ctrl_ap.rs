//! Nordic's CTRL-AP, access port 1: resets and erases the chip even where the AHB-AP is locked.
//!
//! Source: nRF52840 Product Specification, "CTRL-AP - Control access port".

use super::target::DebugTarget;

const RESET: u8 = 0x00;
const ERASEALL: u8 = 0x04;
const ERASEALLSTATUS: u8 = 0x08;
const APPROTECTSTATUS: u8 = 0x0C;
const IDR: u8 = 0xFC;

/// Value of IDR.
pub const CTRL_AP_IDR: u32 = 0x0288_0000;

#[derive(Clone, Debug, Default)]
pub(super) struct CtrlAp {
    reset: bool,
}

impl CtrlAp {
    pub(super) fn read(&self, address: u8) -> u32 {
        match address {
            RESET => self.reset.into(),
            // An erase is complete as soon as it is requested.
            ERASEALLSTATUS => 0,
            // The AHB-AP is never locked.
            APPROTECTSTATUS => 1,
            IDR => CTRL_AP_IDR,
            _ => 0,
        }
    }

    pub(super) fn write(&mut self, target: &mut impl DebugTarget, address: u8, value: u32) {
        match address {
            RESET => {
                let reset = value & 1 != 0;
                if reset != self.reset {
                    target.reset();
                }
                self.reset = reset;
            }
            ERASEALL if value & 1 != 0 => target.erase_all(),
            _ => {}
        }
    }
}

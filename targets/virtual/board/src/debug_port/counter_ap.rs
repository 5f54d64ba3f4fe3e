//! Access port 2, which only a virtual board has: counts that hardware can't give.

use super::target::DebugTarget;

const VERSION: u8 = 0x00;
const RETIRED_LOW: u8 = 0x04;
const RETIRED_HIGH: u8 = 0x08;
const WINDOW_LOW: u8 = 0x0C;
const WINDOW_HIGH: u8 = 0x10;
const IDR: u8 = 0xFC;

/// Number of this access port.
pub const COUNTER_AP: u8 = 2;

/// Value of its IDR: "TB" and a number. A debugger knows by it that the board is virtual.
pub const COUNTER_AP_IDR: u32 = 0x5442_0001;

/// Value of its VERSION register.
pub const COUNTER_AP_VERSION: u32 = 1;

#[derive(Clone, Debug, Default)]
pub(super) struct CounterAp {
    retired_high: u32,
    window_high: u32,
}

impl CounterAp {
    /// Reading a low word latches the high word that belongs to it.
    pub(super) fn read(&mut self, target: &impl DebugTarget, address: u8) -> u32 {
        match address {
            VERSION => COUNTER_AP_VERSION,
            RETIRED_LOW => split(target.instructions_retired(), &mut self.retired_high),
            RETIRED_HIGH => self.retired_high,
            WINDOW_LOW => split(target.instructions_in_window(), &mut self.window_high),
            WINDOW_HIGH => self.window_high,
            IDR => COUNTER_AP_IDR,
            _ => 0,
        }
    }
}

fn split(count: u64, high: &mut u32) -> u32 {
    *high = (count >> 32) as u32;
    count as u32
}

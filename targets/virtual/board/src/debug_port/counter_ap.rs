//! Access port 2, which only a virtual board has: counts that hardware can't give.

use super::target::DebugTarget;

const VERSION: u8 = 0x00;
const RETIRED_LOW: u8 = 0x04;
const RETIRED_HIGH: u8 = 0x08;
const WINDOW_LOW: u8 = 0x0C;
const WINDOW_HIGH: u8 = 0x10;
const SAMPLE_CYCLES: u8 = 0x14;
const SAMPLE: u8 = 0x18;
const MIX_FIRST: u8 = 0x20;
const MIX_LAST: u8 = 0x58;
const CALL: u8 = 0x60;
const COUNT: u8 = 0x64;
const WORD: u8 = 0x68;
const IDR: u8 = 0xFC;

/// Number of this access port.
pub const COUNTER_AP: u8 = 2;

/// Value of its IDR: "TB" and a number. A debugger knows by it that the board is virtual.
pub const COUNTER_AP_IDR: u32 = 0x5442_0001;

/// Value of its VERSION register.
pub const COUNTER_AP_VERSION: u32 = 4;

#[derive(Clone, Debug, Default)]
pub(super) struct CounterAp {
    retired_high: u32,
    window_high: u32,
    sample_cycles: u32,
    /// Whether the core still ran behind the latest sample.
    runs: bool,
    /// Addresses behind the calls of operators.
    behind_calls: Vec<u32>,
    /// What was counted, and which of the words is read.
    report: Vec<u32>,
    word: u32,
}

/// Calls of operators that are told apart at most.
const MOST_CALLS: usize = 64;

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
            SAMPLE_CYCLES => self.sample_cycles,
            SAMPLE => self.runs.into(),
            CALL => self.behind_calls.len() as u32,
            COUNT => self.report.len() as u32,
            WORD => self.report.get(self.word as usize).copied().unwrap_or(0),
            MIX_FIRST..=MIX_LAST => {
                let counts = target.mix().counts();
                let count = counts.get(usize::from(address - MIX_FIRST) / 4);
                count.map_or(0, |&count| u32::try_from(count).unwrap_or(u32::MAX))
            }
            _ => 0,
        }
    }

    /// Writing a number of instructions to SAMPLE takes a sample; 0 forgets those before. Reading it
    /// says whether the core still ran behind the latest, without letting time pass as a look at
    /// DHCSR does.
    ///
    /// CALL takes the addresses behind the calls of operators, one after the other, and has their number;
    /// 0 forgets them.
    /// Writing 1 to COUNT begins to count where cycles go, 0 ends it. COUNT then has the number of
    /// words of what was counted, and WORD the one whose number was written to it.
    pub(super) fn write(&mut self, target: &mut impl DebugTarget, address: u8, value: u32) {
        match (address, value) {
            (SAMPLE_CYCLES, cycles) => self.sample_cycles = cycles,
            (SAMPLE, 0) => target.forget_samples(),
            (SAMPLE, instructions) => {
                self.runs = target.sample(instructions, self.sample_cycles);
            }
            (CALL, 0) => self.behind_calls.clear(),
            (CALL, address) if self.behind_calls.len() < MOST_CALLS => {
                self.behind_calls.push(address);
            }
            (COUNT, 0) => self.report = target.stop_counting(),
            (COUNT, _) => target.start_counting(&self.behind_calls),
            (WORD, number) => self.word = number,
            _ => {}
        }
    }
}

fn split(count: u64, high: &mut u32) -> u32 {
    *high = (count >> 32) as u32;
    count as u32
}

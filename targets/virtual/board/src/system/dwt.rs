//! Data Watchpoint and Trace unit (C1.8).

/// One comparator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Comparator {
    pub value: u32,
    pub mask: u32,
    pub function: u32,
    /// Time at which a cycle comparison was set up, and MATCHED so far.
    since: u64,
    matched: bool,
}

/// The unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dwt {
    control: u32,
    /// CYCCNT at time `since`, or for good while it stands still.
    count: u32,
    since: u64,
    /// EXCCNT and SLEEPCNT.
    exception_cycles: u8,
    sleep_cycles: u8,
    pub comparators: [Comparator; 4],
}

/// Instruction counts at the two latest reads of CYCCNT.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub previous: u64,
    pub latest: u64,
}

impl Window {
    pub fn note(&mut self, instructions: u64) {
        self.previous = self.latest;
        self.latest = instructions;
    }
}

/// DWT_CTRL as a Cortex-M4 resets it: four comparators.
const CONTROL_FIXED: u32 = 0x4000_0000;
const CYCCNTENA: u32 = 1;
const EXCEVTENA: u32 = 1 << 18;
const SLEEPEVTENA: u32 = 1 << 19;
const CYCMATCH: u32 = 1 << 7;
const MATCHED: u32 = 1 << 24;

impl Dwt {
    /// CYCCNT at time `now`.
    pub fn cycle_count(&self, now: u64) -> u32 {
        if self.control & CYCCNTENA != 0 {
            self.count.wrapping_add((now - self.since) as u32)
        } else {
            self.count
        }
    }

    /// Reads the register at `offset` from 0xE000_1000; `None` where there is none.
    pub fn read(&mut self, offset: u32, now: u64) -> Option<u32> {
        Some(match offset {
            0x00 => CONTROL_FIXED | self.control,
            0x04 => self.cycle_count(now),
            0x0C => self.exception_cycles.into(),
            0x10 => self.sleep_cycles.into(),
            // CPICNT, LSUCNT and FOLDCNT stand still: block costs don't tell their shares.
            0x08 | 0x14 | 0x18 => 0,
            // PCSR without a PC to show.
            0x1C => u32::MAX,
            0x20..=0x5C => {
                let count = self.cycle_count(now);
                let running = self.control & CYCCNTENA != 0;
                let comparator = &mut self.comparators[(offset as usize - 0x20) >> 4];
                match offset & 0xF {
                    0x0 => comparator.value,
                    0x4 => comparator.mask,
                    0x8 => {
                        comparator.settle(count, now, running);
                        let matched = std::mem::take(&mut comparator.matched);
                        comparator.function | if matched { MATCHED } else { 0 }
                    }
                    _ => return None,
                }
            }
            0xFB0 => 1,
            _ => return None,
        })
    }

    /// Writes the register at `offset` from 0xE000_1000; false where there is none.
    pub fn write(&mut self, offset: u32, value: u32, now: u64) -> bool {
        let count = self.cycle_count(now);
        let running = self.control & CYCCNTENA != 0;
        for comparator in &mut self.comparators {
            comparator.settle(count, now, running);
        }
        match offset {
            0x00 => {
                self.count = count;
                self.since = now;
                // Enabling a counter clears it.
                let enabled = value & !self.control;
                if enabled & EXCEVTENA != 0 {
                    self.exception_cycles = 0;
                }
                if enabled & SLEEPEVTENA != 0 {
                    self.sleep_cycles = 0;
                }
                self.control = value & 0x007F_1FFF;
            }
            0x04 => {
                self.count = value;
                self.since = now;
            }
            0x0C => self.exception_cycles = value as u8,
            0x10 => self.sleep_cycles = value as u8,
            0x08 | 0x14..=0x1C => {}
            0x20..=0x5C => {
                let index = (offset as usize - 0x20) >> 4;
                let comparator = &mut self.comparators[index];
                match offset & 0xF {
                    0x0 => comparator.value = value,
                    0x4 => comparator.mask = value & 0x1F,
                    0x8 => {
                        // Only comparator 0 can compare the cycle count.
                        let cycle_match = if index == 0 { CYCMATCH } else { 0 };
                        comparator.function = value & (0x000F_FD2F | cycle_match);
                        comparator.matched = false;
                    }
                    _ => return false,
                }
            }
            0xFB0 => {}
            _ => return false,
        }
        true
    }

    /// Counts cycles of exception entry and return.
    pub fn count_exception(&mut self, cycles: u64) {
        if self.control & EXCEVTENA != 0 {
            self.exception_cycles = self.exception_cycles.wrapping_add(cycles as u8);
        }
    }

    /// Counts cycles asleep.
    pub fn count_sleep(&mut self, cycles: u64) {
        if self.control & SLEEPEVTENA != 0 {
            self.sleep_cycles = self.sleep_cycles.wrapping_add(cycles as u8);
        }
    }

    /// Whether any comparator watches data accesses.
    pub fn watches_data(&self) -> bool {
        self.comparators
            .iter()
            .any(|c| c.function & CYCMATCH == 0 && matches!(c.function & 0xF, 5..=7))
    }

    /// Whether a data access hits a watchpoint; sets MATCHED.
    pub fn data_access(&mut self, address: u32, bytes: u32, write: bool) -> bool {
        let mut hit = false;
        for c in &mut self.comparators {
            if c.function & CYCMATCH != 0 {
                continue;
            }
            let wanted = match c.function & 0xF {
                5 => !write,
                6 => write,
                7 => true,
                _ => false,
            };
            let keep = u32::MAX.checked_shl(c.mask).unwrap_or(0);
            let start = c.value & keep;
            let end = start.wrapping_add((!keep).wrapping_add(1).max(1) - 1);
            if wanted && address <= end && address.wrapping_add(bytes - 1) >= start {
                c.matched = true;
                hit = true;
            }
        }
        hit
    }
}

impl Comparator {
    /// Notes whether CYCCNT, now at `count`, passed the comparison value since the last look.
    fn settle(&mut self, count: u32, now: u64, running: bool) {
        if self.function & CYCMATCH != 0 && self.function & 0xF != 0 && running {
            let elapsed = now - self.since;
            let behind = u64::from(count.wrapping_sub(self.value));
            if behind < elapsed {
                self.matched = true;
            }
        }
        self.since = now;
    }
}

//! Data Watchpoint and Trace unit (C1.8), with the comparators of Armv8-M (Armv8-M Architecture Reference Manual,
//! DDI 0553, D1.2: DWT_FUNCTIONn) as those of Armv7-M that do the same. A counter that is enabled in the middle of a block of
//! instructions sees the loads and stores of the next.

use crate::core_model::Architecture;
use crate::memory::AccessSize;

/// One comparator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Comparator {
    pub value: u32,
    pub mask: u32,
    pub function: u32,
    /// DWT_FUNCTIONn as Armv8-M has it, from which the two above follow.
    function_v8: u32,
    /// Time at which a cycle comparison was set up, and MATCHED so far.
    since: u64,
    matched: bool,
}

/// The unit.
#[derive(Clone, Debug)]
pub(crate) struct Dwt {
    /// What DWT_CTRL always shows: the comparators, and on Armv6-M that there are no counters.
    fixed: u32,
    /// Without counters: CYCCNT and its relatives aren't there, nor a third comparator.
    baseline: bool,
    /// The comparators are Armv8-M's.
    armv8m: bool,
    /// DEMCR.TRCENA: without it nothing is counted or watched.
    trace: bool,
    control: u32,
    /// CYCCNT at time `since`, or for good while it stands still.
    count: u32,
    since: u64,
    /// CPICNT to FOLDCNT.
    counters: [EventCounter; 5],
    pub comparators: [Comparator; 4],
    /// Time of the next watchpoint on the cycle count.
    cycle_match: u64,
}

/// What is counted, from power-up on. Loads and stores and folded instructions only while a
/// counter needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventTotals {
    pub cycles: u64,
    pub instructions: u64,
    /// Cycles of exception entry and return.
    pub exception: u64,
    /// Cycles asleep.
    pub sleep: u64,
    /// Cycles beyond the first of loads and stores.
    pub load_store: u64,
    /// Instructions that took no cycle.
    pub folded: u64,
}

impl EventTotals {
    /// The totals of CPICNT, EXCCNT, SLEEPCNT, LSUCNT and FOLDCNT. CPICNT has what is left: its
    /// cycles are those of no other counter beyond the first of each instruction.
    fn by_counter(&self) -> [u64; 5] {
        let others = self
            .exception
            .wrapping_add(self.sleep)
            .wrapping_add(self.load_store);
        let rest = self
            .cycles
            .wrapping_add(self.folded)
            .wrapping_sub(self.instructions)
            .wrapping_sub(others);
        [
            rest,
            self.exception,
            self.sleep,
            self.load_store,
            self.folded,
        ]
    }
}

/// One of the 8-bit counters.
#[derive(Clone, Copy, Debug, Default)]
struct EventCounter {
    enabled: bool,
    /// Value when the total was `since`, or for good while it is disabled.
    value: u8,
    since: u64,
}

impl EventCounter {
    fn read(&self, total: u64) -> u8 {
        if self.enabled {
            self.value
                .wrapping_add(total.wrapping_sub(self.since) as u8)
        } else {
            self.value
        }
    }

    fn write(&mut self, value: u8, total: u64) {
        self.value = value;
        self.since = total;
    }

    /// Enabling a counter clears it.
    fn enable(&mut self, enabled: bool, total: u64) {
        if enabled != self.enabled {
            let value = if enabled { 0 } else { self.read(total) };
            self.write(value, total);
            self.enabled = enabled;
        }
    }
}

/// Instruction counts and times at the two latest reads of CYCCNT.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub previous: u64,
    pub latest: u64,
    pub latest_cycles: u64,
}

impl Window {
    pub fn note(&mut self, instructions: u64, cycles: u64) {
        *self = Self {
            previous: self.latest,
            latest: instructions,
            latest_cycles: cycles,
        };
    }
}

const CYCCNTENA: u32 = 1;
/// CPIEVTENA; those of the other counters follow in the order of their registers.
const FIRST_EVTENA: u32 = 17;
/// Numbers of the counters that follow from the kind of each instruction.
const BY_INSTRUCTION: [usize; 3] = [0, 3, 4];
const CYCMATCH: u32 = 1 << 7;
const MATCHED: u32 = 1 << 24;

/// FUNCTION: a watchpoint on an instruction's address, or with CYCMATCH on the cycle count.
const WATCH_INSTRUCTION: u32 = 4;
/// DWT_FUNCTIONn.ID of the first comparator and of the others on Armv8-M: addresses of instructions and data,
/// the first the cycle count too. Limits of ranges and values of data aren't compared.
const ID_V8: [u32; 2] = [0b01011 << 27, 0b01010 << 27];

/// FUNCTION.DATAVMATCH: the value of the data is compared, not its address. Only comparator 1 can.
const DATAVMATCH: u32 = 1 << 8;
const VALUE_COMPARATOR: usize = 1;

impl Dwt {
    /// As a core resets it.
    pub fn new(core: &Architecture) -> Self {
        Self {
            fixed: core.watchpoints << 28,
            baseline: !core.mainline,
            armv8m: core.armv8m,
            trace: false,
            control: 0,
            count: 0,
            since: 0,
            counters: Default::default(),
            comparators: Default::default(),
            cycle_match: u64::MAX,
        }
    }

    /// Whether there is a register at `offset`.
    fn has(&self, offset: u32) -> bool {
        let comparators = 0x20 + 0x10 * (self.fixed >> 28);
        !self.baseline || matches!(offset, 0 | 0x1C) || (0x20..comparators).contains(&offset)
    }

    fn counts_cycles(&self) -> bool {
        self.trace && self.control & CYCCNTENA != 0
    }

    /// CYCCNT at time `now`.
    pub fn cycle_count(&self, now: u64) -> u32 {
        if self.counts_cycles() {
            self.count.wrapping_add((now - self.since) as u32)
        } else {
            self.count
        }
    }

    /// Reads the register at `offset` from 0xE000_1000; `None` where there is none.
    pub fn read(&mut self, offset: u32, totals: &EventTotals) -> Option<u32> {
        let now = totals.cycles;
        if !self.has(offset) {
            return None;
        }
        Some(match offset {
            0x00 => self.fixed | self.control,
            0x04 => self.cycle_count(now),
            0x08..=0x18 => {
                let number = (offset as usize - 0x08) >> 2;
                self.counters[number]
                    .read(totals.by_counter()[number])
                    .into()
            }
            // PCSR without a PC to show.
            0x1C => u32::MAX,
            0x20..=0x5C => {
                let count = self.cycle_count(now);
                let running = self.counts_cycles();
                let comparator = &mut self.comparators[(offset as usize - 0x20) >> 4];
                match offset & 0xF {
                    0x0 => comparator.value,
                    // No masks: the place is reserved.
                    0x4 if self.armv8m => 0,
                    0x4 => comparator.mask,
                    0x8 => {
                        comparator.settle(count, now, running);
                        let matched = std::mem::take(&mut comparator.matched);
                        let function = if self.armv8m {
                            comparator.function_v8 | ID_V8[usize::from(offset > 0x28)]
                        } else {
                            comparator.function
                        };
                        function | if matched { MATCHED } else { 0 }
                    }
                    _ => return None,
                }
            }
            0xFB0 => 1,
            _ => return None,
        })
    }

    /// Writes the register at `offset` from 0xE000_1000; false where there is none.
    pub fn write(&mut self, offset: u32, value: u32, totals: &EventTotals) -> bool {
        let now = totals.cycles;
        if !self.has(offset) {
            return false;
        }
        self.settle(now);
        match offset {
            0x00 if self.baseline => {}
            0x00 => {
                self.control = value & 0x007F_1FFF;
                self.enable_counters(totals);
            }
            0x04 => {
                self.count = value;
                self.since = now;
            }
            0x08..=0x18 => {
                let number = (offset as usize - 0x08) >> 2;
                self.counters[number].write(value as u8, totals.by_counter()[number]);
            }
            0x1C => {}
            0x20..=0x5C => {
                let index = (offset as usize - 0x20) >> 4;
                let comparator = &mut self.comparators[index];
                match offset & 0xF {
                    0x0 => comparator.value = value,
                    0x4 if self.armv8m => {}
                    0x8 if self.armv8m => comparator.set_function_v8(value, index == 0),
                    0x4 => comparator.mask = value & 0x1F,
                    0x8 => {
                        // Only comparator 0 can compare the cycle count; LNK1ENA of the value
                        // comparator says that two addresses can be linked, and reads as one.
                        let (own, fixed) = match index {
                            0 => (CYCMATCH, 0),
                            VALUE_COMPARATOR => (DATAVMATCH | 0x000F_FC00, 1 << 9),
                            _ => (0, 0),
                        };
                        comparator.function = value & (0x2F | own) | fixed;
                        comparator.matched = false;
                    }
                    _ => return false,
                }
            }
            0xFB0 => {}
            _ => return false,
        }
        self.cycle_match = self.find_cycle_match(now);
        true
    }

    /// Takes over DEMCR.TRCENA.
    pub fn set_trace(&mut self, trace: bool, totals: &EventTotals) {
        if trace != self.trace {
            self.settle(totals.cycles);
            self.trace = trace;
            self.enable_counters(totals);
            self.cycle_match = self.find_cycle_match(totals.cycles);
        }
    }

    /// Brings CYCCNT and what is compared with it up to date.
    fn settle(&mut self, now: u64) {
        let count = self.cycle_count(now);
        let running = self.counts_cycles();
        for comparator in &mut self.comparators {
            comparator.settle(count, now, running);
        }
        self.count = count;
        self.since = now;
    }

    /// Has each counter run that CTRL enables.
    fn enable_counters(&mut self, totals: &EventTotals) {
        let counters = self.counters.iter_mut().zip(totals.by_counter());
        for (number, (counter, total)) in counters.enumerate() {
            let enabled = self.control >> (FIRST_EVTENA + number as u32) & 1 != 0;
            counter.enable(self.trace && enabled, total);
        }
    }

    /// When CYCCNT next comes to the value of comparator 0, if that is a watchpoint.
    fn find_cycle_match(&self, now: u64) -> u64 {
        let first = &self.comparators[0];
        let watches = first.function & CYCMATCH != 0 && first.function & 0xF == WATCH_INSTRUCTION;
        if !watches || !self.counts_cycles() {
            return u64::MAX;
        }
        match first.value.wrapping_sub(self.cycle_count(now)) {
            0 => now + (1 << 32),
            cycles => now + u64::from(cycles),
        }
    }

    /// When a watchpoint on the cycle count next matches, or `u64::MAX`.
    pub fn next_cycle_match(&self) -> u64 {
        self.cycle_match
    }

    /// Whether a watchpoint on the cycle count has matched since the last call.
    pub fn cycle_match_due(&mut self, now: u64) -> bool {
        let due = self.cycle_match <= now;
        if due {
            self.cycle_match += 1 << 32;
        }
        due
    }

    /// Whether any comparator watches instructions.
    pub fn watches_code(&self) -> bool {
        self.trace && self.comparators.iter().any(Comparator::watches_code)
    }

    /// Whether a comparator watches the instruction at `address`.
    pub fn watches_instruction(&self, address: u32) -> bool {
        let mut comparators = self.comparators.iter();
        self.trace && comparators.any(|c| c.watches_code() && c.covers(address & !1, 2))
    }

    /// The instruction at `address` is executed: sets MATCHED.
    pub fn instruction(&mut self, address: u32) {
        for c in &mut self.comparators {
            c.matched |= c.watches_code() && c.covers(address & !1, 2);
        }
    }

    /// Whether the kind of each instruction has to be known.
    pub fn counts_events(&self) -> bool {
        BY_INSTRUCTION
            .iter()
            .any(|&number| self.counters[number].enabled)
    }

    /// Whether any comparator watches data accesses.
    pub fn watches_data(&self) -> bool {
        let mut comparators = self.comparators.iter();
        self.trace
            && comparators.any(|c| c.function & CYCMATCH == 0 && matches!(c.function & 0xF, 5..=7))
    }

    /// Whether a data access hits a watchpoint; sets MATCHED.
    pub fn data_access(&mut self, address: u32, size: AccessSize, write: bool, value: u32) -> bool {
        let mut hit = false;
        let comparators = self.comparators;
        for (index, c) in self.comparators.iter_mut().enumerate() {
            let matches = if c.function & DATAVMATCH != 0 {
                c.compares(value, size)
                    && c.linked(index).is_none_or(|mut linked| {
                        linked.any(|other| comparators[other].covers(address, size.bytes()))
                    })
            } else {
                c.covers(address, size.bytes())
            };
            if c.watches(write) && matches {
                c.matched = true;
                hit = true;
            }
        }
        hit
    }
}

impl Comparator {
    /// Takes over DWT_FUNCTIONn of Armv8-M as what Armv7-M calls the same. `counts`: it can compare the cycle
    /// count.
    fn set_function_v8(&mut self, value: u32, counts: bool) {
        /// MATCH, ACTION, DATAVSIZE.
        const WRITABLE: u32 = 0xC3F;
        /// ACTION: a debug event.
        const DEBUG_EVENT: u32 = 1;
        self.function_v8 = value & WRITABLE;
        self.mask = 0;
        self.matched = false;
        let watches = value >> 4 & 3 == DEBUG_EVENT;
        self.function = match value & 0xF {
            1 if counts && watches => CYCMATCH | WATCH_INSTRUCTION,
            2 if watches => WATCH_INSTRUCTION,
            kind @ 4..=6 if watches => {
                self.mask = (value >> 10 & 3).min(2);
                // Any, writes, reads.
                [7, 6, 5][kind as usize - 4]
            }
            _ => 0,
        };
    }

    fn watches_code(&self) -> bool {
        self.function & CYCMATCH == 0 && self.function & 0xF == WATCH_INSTRUCTION
    }

    /// Whether it watches reads, or writes.
    fn watches(&self, write: bool) -> bool {
        self.function & CYCMATCH == 0
            && match self.function & 0xF {
                5 => !write,
                6 => write,
                7 => true,
                _ => false,
            }
    }

    /// Whether any of `bytes` from `address` on are among its addresses.
    fn covers(&self, address: u32, bytes: u32) -> bool {
        let keep = u32::MAX.checked_shl(self.mask).unwrap_or(0);
        let start = self.value & keep;
        let end = start | !keep;
        address <= end && address.wrapping_add(bytes - 1) >= start
    }

    /// Whether an access of this size and value is the one it compares with (DATAVSIZE).
    fn compares(&self, value: u32, size: AccessSize) -> bool {
        let wanted = match self.function >> 10 & 3 {
            0 => AccessSize::Byte,
            1 => AccessSize::HalfWord,
            _ => AccessSize::Word,
        };
        size == wanted && (value ^ self.value) & size.mask() == 0
    }

    /// The comparators of the addresses at which values are compared (DATAVADDR0, DATAVADDR1);
    /// none stands for all addresses. `own` is its own number.
    fn linked(&self, own: usize) -> Option<impl Iterator<Item = usize>> {
        let numbers = [12, 16].map(|shift| (self.function >> shift & 0xF) as usize);
        let linked = move |&number: &usize| number != own && number < 4;
        numbers
            .iter()
            .any(linked)
            .then(|| numbers.into_iter().filter(move |number| linked(number)))
    }

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

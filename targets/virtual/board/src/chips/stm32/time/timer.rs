//! General-purpose timers of 32 and of 16 bits, and basic timers of 16 bits (of the STM32L4R5: RM0432,
//! chapters 38 and 41).
//!
//! Modelled: counting the internal clock up or down, prescaler, reload and compare values with their
//! preload, one-pulse mode, update and compare events. Capture, the pins, counting of other clocks,
//! slave mode, centre-aligned counting and DMA aren't.

use crate::chips::stm32::clocks::Clocks;
use crate::chips::stm32::peripheral::{Io, Peripheral, Write};

const CR1: u32 = 0x00;
const DIER: u32 = 0x0C;
const SR: u32 = 0x10;
const EGR: u32 = 0x14;
const CNT: u32 = 0x24;
const PSC: u32 = 0x28;
const ARR: u32 = 0x2C;
const CCR1: u32 = 0x34;

const CEN: u32 = 1 << 0;
const UDIS: u32 = 1 << 1;
const URS: u32 = 1 << 2;
const OPM: u32 = 1 << 3;
const DIR: u32 = 1 << 4;
const CMS: u32 = 3 << 5;
const ARPE: u32 = 1 << 7;
const UIF: u32 = 1 << 0;
const UG: u32 = 1 << 0;

/// Registers without an effect here: CR2, SMCR, CCMR1, CCMR2, CCER, DCR, DMAR, OR1, and what newer chips
/// have: TISEL, AF1, AF2, TISEL once more, DCR and DMAR.
const STORED: [u32; 14] = [
    0x04, 0x08, 0x18, 0x1C, 0x20, 0x48, 0x4C, 0x50, 0x5C, 0x60, 0x64, 0x68, 0x3DC, 0x3E0,
];
/// Of those, the ones a basic timer has.
const STORED_BASIC: usize = 1;

/// A timer as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chips) struct TimerLayout {
    pub name: &'static str,
    /// Bits that the counter has.
    pub mask: u32,
    /// Compare channels; a basic timer has none.
    pub channels: usize,
    /// Its interrupt line.
    pub line: u32,
}

impl TimerLayout {
    /// A general-purpose timer of 32 bits.
    pub const fn wide(name: &'static str, line: u32) -> Self {
        Self::new(name, u32::MAX, 4, line)
    }

    /// A general-purpose timer of 16 bits.
    pub const fn general(name: &'static str, line: u32) -> Self {
        Self::new(name, 0xFFFF, 4, line)
    }

    /// A basic timer.
    pub const fn basic(name: &'static str, line: u32) -> Self {
        Self::new(name, 0xFFFF, 0, line)
    }

    const fn new(name: &'static str, mask: u32, channels: usize, line: u32) -> Self {
        Self {
            name,
            mask,
            channels,
            line,
        }
    }
}

/// One timer.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32) struct Timer {
    layout: &'static TimerLayout,
    cr1: u32,
    dier: u32,
    status: u32,
    prescaler: u32,
    reload: u32,
    compare: [u32; 4],
    stored: [u32; STORED.len()],
    /// What counts until the next update.
    prescaler_in_use: u32,
    reload_in_use: u32,
    /// Core clock cycles of a timer clock cycle.
    divider: u64,
    /// The counter at time `since`, and for good while it stands still.
    count: u32,
    since: u64,
}

impl Timer {
    /// As after a reset.
    pub fn new(layout: &'static TimerLayout) -> Self {
        Self {
            layout,
            cr1: 0,
            dier: 0,
            status: 0,
            prescaler: 0,
            reload: layout.mask,
            compare: [0; 4],
            stored: [0; STORED.len()],
            prescaler_in_use: 0,
            reload_in_use: layout.mask,
            divider: 1,
            count: 0,
            since: 0,
        }
    }

    fn tick(&self) -> u64 {
        self.divider * (u64::from(self.prescaler_in_use) + 1)
    }

    /// A counter with nothing to count to stands still.
    fn counts(&self) -> bool {
        self.cr1 & CEN != 0 && self.reload_in_use != 0
    }

    fn counts_down(&self) -> bool {
        self.layout.channels != 0 && self.cr1 & DIR != 0
    }

    /// Ticks until the counter has gone over its end once.
    fn ticks_to_update(&self) -> u64 {
        if self.counts_down() {
            return u64::from(self.count) + 1;
        }
        // A counter that is beyond its reload value runs to its own end first.
        let end = if self.count > self.reload_in_use {
            self.layout.mask
        } else {
            self.reload_in_use
        };
        u64::from(end - self.count) + 1
    }

    /// Ticks until the counter reaches the value of a channel.
    fn ticks_to_compare(&self, channel: usize) -> Option<u64> {
        let distance = if self.counts_down() {
            self.count.checked_sub(self.compare[channel])
        } else {
            self.compare[channel].checked_sub(self.count)
        };
        distance.filter(|&ticks| ticks != 0).map(u64::from)
    }

    /// Loads what is preloaded, and starts over.
    fn update(&mut self) {
        self.prescaler_in_use = self.prescaler;
        self.reload_in_use = self.reload;
        self.count = if self.counts_down() {
            self.reload_in_use
        } else {
            0
        };
    }

    /// Sets the flags of the channels that have the counter's value.
    fn compare(&mut self) {
        for channel in 0..self.layout.channels {
            if self.compare[channel] == self.count {
                self.status |= 2 << channel;
            }
        }
    }

    /// Lets the counter run to `now`.
    fn settle(&mut self, now: u64) {
        while self.counts() {
            let ticks = now.saturating_sub(self.since) / self.tick();
            if ticks == 0 {
                return;
            }
            let to_update = self.ticks_to_update();
            let passed = ticks.min(to_update);
            for channel in 0..self.layout.channels {
                if self
                    .ticks_to_compare(channel)
                    .is_some_and(|at| at <= passed)
                {
                    self.status |= 2 << channel;
                }
            }
            self.since += passed * self.tick();
            if passed < to_update {
                let passed = passed as u32;
                self.count = if self.counts_down() {
                    self.count - passed
                } else {
                    self.count.wrapping_add(passed)
                };
                continue;
            }
            self.overflow();
            self.skip_rounds(now);
        }
        self.since = now;
    }

    /// The counter has gone over its end.
    fn overflow(&mut self) {
        if self.cr1 & UDIS == 0 {
            self.update();
            self.status |= UIF;
        } else {
            self.count = if self.counts_down() {
                self.reload_in_use
            } else {
                0
            };
        }
        self.compare();
        if self.cr1 & OPM != 0 {
            self.cr1 &= !CEN;
        }
    }

    /// Rounds that are all alike pass at once.
    fn skip_rounds(&mut self, now: u64) {
        if !self.counts() {
            return;
        }
        let round = self.ticks_to_update() * self.tick();
        let rounds = now.saturating_sub(self.since) / round;
        // The last one is counted, so that its flags are set.
        self.since += rounds.saturating_sub(1) * round;
    }

    fn report_modes(&self, io: &mut Io<'_>) {
        let [_, slave, input, second_input, ..] = self.stored;
        let captures = (input | second_input) & 0x303 != 0;
        if self.cr1 & CMS != 0 || slave & 0x1_4007 != 0 || captures || self.dier & 0xFF00 != 0 {
            io.reports.push(format!(
                "{} is modelled as a counter of its clock with compare values only",
                self.layout.name
            ));
        }
    }
}

impl Peripheral for Timer {
    fn read(&mut self, offset: u32, io: &mut Io<'_>) -> Option<u32> {
        self.settle(io.now);
        Some(match offset {
            CR1 => self.cr1,
            DIER => self.dier,
            SR => self.status,
            EGR => 0,
            CNT => self.count,
            PSC => self.prescaler,
            ARR => self.reload,
            _ => match self.channel(offset) {
                Some(channel) => self.compare[channel],
                None => self.stored[self.stored_index(offset)?],
            },
        })
    }

    fn write(&mut self, offset: u32, write: Write, io: &mut Io<'_>) -> Option<()> {
        self.settle(io.now);
        self.divider = io.clocks.timer_divider[0];
        match offset {
            CR1 => write.to(&mut self.cr1, 0xBFF),
            DIER => self.dier = write.over(self.dier),
            // Flags are cleared by writing zeros.
            SR => self.status = write.over(self.status) & self.status,
            EGR => {
                if write.bits() & UG != 0 {
                    self.update();
                    self.since = io.now;
                    if self.cr1 & (URS | UDIS) == 0 {
                        self.status |= UIF;
                    }
                }
                for channel in 0..self.layout.channels {
                    self.status |= write.bits() & 2 << channel;
                }
            }
            CNT => {
                write.to(&mut self.count, self.layout.mask);
                self.compare();
            }
            PSC => write.to(&mut self.prescaler, 0xFFFF),
            ARR => {
                write.to(&mut self.reload, self.layout.mask);
                if self.cr1 & ARPE == 0 {
                    self.reload_in_use = self.reload;
                }
            }
            _ => match self.channel(offset) {
                Some(channel) => write.to(&mut self.compare[channel], self.layout.mask),
                None => {
                    let register = self.stored_index(offset)?;
                    self.stored[register] = write.over(self.stored[register]);
                }
            },
        }
        self.report_modes(io);
        Some(())
    }

    fn interrupt(&self) -> bool {
        self.status & self.dier & 0x5F != 0
    }

    /// Only what interrupts is an event: flags are brought up to date when they are read.
    fn next_event(&self) -> u64 {
        if !self.counts() {
            return u64::MAX;
        }
        let wanted = |bit: u32| self.dier & bit != 0 && self.status & bit == 0;
        let update = wanted(UIF).then(|| self.ticks_to_update());
        let compares = (0..self.layout.channels)
            .filter(|channel| wanted(2 << channel))
            // A value that has been passed comes in the next round.
            .map(|channel| {
                let to_update = self.ticks_to_update();
                self.ticks_to_compare(channel).unwrap_or(to_update)
            });
        let ticks = update.into_iter().chain(compares).min();
        ticks.map_or(u64::MAX, |ticks| {
            self.since.saturating_add(ticks.saturating_mul(self.tick()))
        })
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        self.settle(io.now);
    }

    fn clock_changes(&mut self, clocks: &Clocks, io: &mut Io<'_>) {
        self.settle(io.now);
        if clocks.timer_divider[0] != self.divider {
            self.since = io.now;
            self.divider = clocks.timer_divider[0];
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.layout);
    }
}

impl Timer {
    fn channel(&self, offset: u32) -> Option<usize> {
        let channel = offset.checked_sub(CCR1)? as usize / 4;
        (channel < self.layout.channels).then_some(channel)
    }

    fn stored_index(&self, offset: u32) -> Option<usize> {
        let index = STORED.iter().position(|&at| at == offset)?;
        (self.layout.channels != 0 || index < STORED_BASIC).then_some(index)
    }
}

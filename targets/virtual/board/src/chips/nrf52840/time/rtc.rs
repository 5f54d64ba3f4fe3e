//! RTC: 24-bit counters of the 32.768 kHz clock (Product Specification, 6.22).
//!
//! A compare value that is written while the counter runs is compared from the edge after the next
//! on: one above the counter is missed without prescaler, as the manual warns that it may be.
//!
//! Simplified: tasks act at once instead of at the next edge of the low-frequency clock.

use crate::chips::nrf52840::peripheral::{CORE_HZ, Common, Io, Peripheral};

const START: u32 = 0;
const STOP: u32 = 1;
const CLEAR: u32 = 2;
const TRIGGER_OVERFLOW: u32 = 3;
const TICK: u32 = 0;
const OVERFLOW: u32 = 1;
/// EVENTS_COMPARE[0].
const FIRST: u32 = 16;

const MASK: u32 = 0xFF_FFFF;
/// Frequency of the low-frequency clock.
pub(super) const LFCLK_HZ: u64 = 32_768;

/// Edges of the low-frequency clock up to `now`.
pub(super) fn edges(now: u64) -> u64 {
    (u128::from(now) * u128::from(LFCLK_HZ) / u128::from(CORE_HZ)) as u64
}

/// The core clock cycle at which so many edges of the low-frequency clock have passed.
pub(super) fn time_of_edge(edge: u64) -> u64 {
    let cycles = (u128::from(edge) * u128::from(CORE_HZ)).div_ceil(u128::from(LFCLK_HZ));
    u64::try_from(cycles).unwrap_or(u64::MAX)
}

/// One counter.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Rtc {
    common: Common,
    channels: u32,
    compare: [u32; 4],
    /// The first edge at which each is compared.
    compared_from: [u64; 4],
    prescaler: u32,
    /// EVTEN: events that are generated for PPI.
    routed: u32,
    running: bool,
    /// Whether the low-frequency clock runs.
    clocked: bool,
    /// The counter at edge `since`, and for good while it stands still.
    count: u32,
    since: u64,
}

impl Rtc {
    /// A counter with so many compare registers.
    pub fn new(channels: u32) -> Self {
        Self {
            common: Common::default(),
            channels,
            compare: [0; 4],
            compared_from: [0; 4],
            prescaler: 0,
            routed: 0,
            running: false,
            clocked: false,
            count: 0,
            since: 0,
        }
    }

    /// Tells whether the low-frequency clock runs.
    pub fn set_clocked(&mut self, clocked: bool, now: u64) {
        if clocked != self.clocked {
            self.settle(now);
            self.clocked = clocked;
            self.since = edges(now);
        }
    }

    fn counts(&self) -> bool {
        self.running && self.clocked
    }

    fn period(&self) -> u64 {
        u64::from(self.prescaler) + 1
    }

    fn settle(&mut self, now: u64) {
        if self.counts() {
            let ticks = edges(now).saturating_sub(self.since) / self.period();
            self.count = self.count.wrapping_add(ticks as u32) & MASK;
            self.since += ticks * self.period();
        }
    }

    fn generated(&self) -> u32 {
        self.routed | self.common.enabled
    }

    /// Ticks until event `number` comes, if it is generated at all.
    fn ticks_until(&self, number: u32) -> Option<u64> {
        if self.generated() & 1 << number == 0 {
            return None;
        }
        let target = match number {
            TICK => return Some(1),
            OVERFLOW => 0,
            _ => self.compare[(number - FIRST) as usize],
        };
        let round = u64::from(MASK) + 1;
        let ticks = match target.wrapping_sub(self.count) & MASK {
            0 => round,
            distance => distance.into(),
        };
        let compared_from = match number.checked_sub(FIRST) {
            Some(channel) => self.compared_from[channel as usize],
            None => 0,
        };
        let missed = self.since + ticks * self.period() < compared_from;
        Some(if missed { ticks + round } else { ticks })
    }

    fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        [TICK, OVERFLOW]
            .into_iter()
            .chain(FIRST..FIRST + self.channels)
    }

    fn channel(&self, offset: u32) -> Option<usize> {
        let n = (offset - 0x540) / 4;
        (n < self.channels).then_some(n as usize)
    }
}

impl Peripheral for Rtc {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        3 | ((1 << self.channels) - 1) << FIRST
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        self.settle(io.now);
        match number {
            START if !self.running => {
                self.running = true;
                self.since = edges(io.now);
            }
            STOP => self.running = false,
            CLEAR => {
                self.count = 0;
                self.since = edges(io.now);
            }
            TRIGGER_OVERFLOW => self.count = 0xFF_FFF0,
            _ => {}
        }
    }

    fn read(&mut self, offset: u32, now: u64) -> Option<u32> {
        self.settle(now);
        Some(match offset {
            0x340 | 0x344 | 0x348 => self.routed,
            0x504 => self.count,
            0x508 => self.prescaler,
            0x540..0x550 => self.compare[self.channel(offset)?],
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        self.settle(io.now);
        match offset {
            0x340 => self.routed = value & self.events(),
            0x344 => self.routed |= value & self.events(),
            0x348 => self.routed &= !value,
            // COUNTER is read-only.
            0x504 => {}
            // PRESCALER can be written only while the counter is stopped.
            0x508 => {
                if !self.running {
                    self.prescaler = value & 0xFFF;
                }
            }
            0x540..0x550 => {
                let n = self.channel(offset)?;
                self.compare[n] = value & MASK;
                self.compared_from[n] = if self.counts() { edges(io.now) + 2 } else { 0 };
            }
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        if !self.counts() {
            return u64::MAX;
        }
        self.numbers()
            .filter_map(|number| self.ticks_until(number))
            .min()
            .map_or(u64::MAX, |ticks| {
                time_of_edge(self.since + ticks * self.period())
            })
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        loop {
            let next = self.next_event();
            if next > io.now {
                return;
            }
            let due: Vec<_> = self
                .numbers()
                .filter_map(|number| Some((self.ticks_until(number)?, number)))
                .collect();
            let first = due.iter().map(|&(ticks, _)| ticks).min();
            self.settle(next);
            for (ticks, number) in due {
                if Some(ticks) == first {
                    io.raise(&mut self.common, number);
                }
            }
        }
    }
}

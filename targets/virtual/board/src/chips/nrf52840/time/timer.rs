//! TIMER: counters of the 16 MHz clock or of a task, with capture and compare (Product
//! Specification, 6.30).
//!
//! Simplified: a tick happens at whole multiples of the prescaled period after START.

use crate::chips::nrf52840::peripheral::{Common, Io, Peripheral};

const START: u32 = 0;
const STOP: u32 = 1;
const COUNT: u32 = 2;
const CLEAR: u32 = 3;
const SHUTDOWN: u32 = 4;
/// CAPTURE[0] and EVENTS_COMPARE[0].
const FIRST: u32 = 16;

/// Core clock cycles of a tick without prescaler: 64 MHz / 16 MHz.
const TICK: u64 = 4;

/// One timer.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Timer {
    common: Common,
    /// Capture/compare registers.
    channels: u32,
    compare: [u32; 6],
    mode: u32,
    bit_mode: u32,
    prescaler: u32,
    running: bool,
    /// The counter at time `since`, and for good while it stands still.
    count: u32,
    since: u64,
}

impl Timer {
    /// A timer with so many capture/compare registers.
    pub fn new(channels: u32) -> Self {
        Self {
            common: Common::default(),
            channels,
            compare: [0; 6],
            mode: 0,
            bit_mode: 0,
            prescaler: 4,
            running: false,
            count: 0,
            since: 0,
        }
    }

    fn mask(&self) -> u32 {
        match self.bit_mode {
            0 => 0xFFFF,
            1 => 0xFF,
            2 => 0xFF_FFFF,
            _ => u32::MAX,
        }
    }

    fn tick(&self) -> u64 {
        TICK << self.prescaler.min(9)
    }

    fn counts_time(&self) -> bool {
        self.running && self.mode == 0
    }

    /// Moves `since` to the latest tick up to `now`.
    fn settle(&mut self, now: u64) {
        if self.counts_time() {
            let ticks = now.saturating_sub(self.since) / self.tick();
            self.count = self.count.wrapping_add(ticks as u32) & self.mask();
            self.since += ticks * self.tick();
        }
    }

    /// The time at which the counter, now at rest at `since`, reaches channel `n`.
    fn match_time(&self, n: usize) -> u64 {
        let distance = self.compare[n].wrapping_sub(self.count) & self.mask();
        // A counter that is at the value already has to come round.
        let ticks = if distance == 0 {
            u64::from(self.mask()) + 1
        } else {
            u64::from(distance)
        };
        self.since.saturating_add(ticks * self.tick())
    }

    fn channel(&self, number: u32) -> Option<usize> {
        let n = number.checked_sub(FIRST)?;
        (n < self.channels).then_some(n as usize)
    }

    /// The counter has just reached the value of these channels.
    fn matched(&mut self, channels: u32, io: &mut Io<'_>) {
        for n in 0..self.channels {
            if channels & 1 << n == 0 {
                continue;
            }
            io.raise(&mut self.common, FIRST + n);
            if self.common.shorts & 1 << n != 0 {
                self.count = 0;
            }
            if self.common.shorts & 1 << (8 + n) != 0 {
                self.running = false;
            }
        }
    }

    fn at_count(&self) -> u32 {
        (0..self.channels)
            .filter(|&n| self.compare[n as usize] & self.mask() == self.count)
            .fold(0, |channels, n| channels | 1 << n)
    }
}

impl Peripheral for Timer {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        ((1 << self.channels) - 1) << FIRST
    }

    fn shorts(&self) -> u32 {
        let each = (1 << self.channels) - 1;
        each | each << 8
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        self.settle(io.now);
        match number {
            START if !self.running => {
                self.running = true;
                self.since = io.now;
            }
            STOP | SHUTDOWN => self.running = false,
            COUNT if self.mode != 0 && self.running => {
                self.count = self.count.wrapping_add(1) & self.mask();
                let channels = self.at_count();
                self.matched(channels, io);
            }
            CLEAR => {
                self.count = 0;
                self.since = io.now;
            }
            _ => {
                if let Some(n) = self.channel(number) {
                    self.compare[n] = self.count;
                }
            }
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x504 => self.mode,
            0x508 => self.bit_mode,
            0x510 => self.prescaler,
            0x540..0x558 => self.compare[self.channel(FIRST + (offset - 0x540) / 4)?],
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        self.settle(io.now);
        match offset {
            0x504 => {
                self.mode = value & 3;
                self.since = io.now;
            }
            0x508 => self.bit_mode = value & 3,
            0x510 => self.prescaler = value & 0xF,
            0x540..0x558 => {
                let n = self.channel(FIRST + (offset - 0x540) / 4)?;
                self.compare[n] = value;
            }
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        if !self.counts_time() {
            return u64::MAX;
        }
        (0..self.channels as usize)
            .map(|n| self.match_time(n))
            .min()
            .unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        loop {
            let next = self.next_event();
            if next > io.now {
                return;
            }
            self.settle(next);
            let channels = self.at_count();
            self.matched(channels, io);
        }
    }
}

//! SysTick (B3.3): a 24-bit down-counter of the core clock.

/// The timer. Its value is derived from the time of the last write, not counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct SysTick {
    enabled: bool,
    interrupt: bool,
    reload: u32,
    /// Value at time `since` (or for good, while disabled).
    value: u32,
    since: u64,
    counted_to_zero: bool,
    /// It counted to zero with TICKINT set, and the exception isn't pended yet.
    due: bool,
}

impl SysTick {
    /// Period in cycles.
    fn period(&self) -> u64 {
        u64::from(self.reload) + 1
    }

    /// The time of the next step from 1 to 0 after `since`.
    fn first_zero(&self) -> Option<u64> {
        if !self.enabled || (self.reload == 0 && self.value == 0) {
            return None;
        }
        Some(match self.value {
            // From 0 the counter first takes the reload value.
            0 => self.since + self.period(),
            value => self.since + u64::from(value),
        })
    }

    /// Moves `since` to `now` and notes whether the counter reached zero on the way.
    fn settle(&mut self, now: u64) {
        let Some(zero) = self.first_zero() else {
            self.since = now;
            return;
        };
        if now < zero {
            let elapsed = now - self.since;
            self.value = match (u64::from(self.value), elapsed) {
                (0, 0) => 0,
                (0, elapsed) => self.reload.wrapping_sub((elapsed - 1) as u32),
                (value, elapsed) => (value - elapsed) as u32,
            };
            self.since = now;
            return;
        }
        let into = (now - zero) % self.period();
        self.value = if self.reload == 0 || into == 0 {
            0
        } else {
            (self.period() - into) as u32
        };
        self.since = now;
        self.counted_to_zero = true;
        self.due |= self.interrupt;
    }

    /// The time at which SysTick next wants to pend its exception.
    pub fn next_event(&self) -> u64 {
        if self.due {
            0
        } else if self.interrupt {
            self.first_zero().unwrap_or(u64::MAX)
        } else {
            u64::MAX
        }
    }

    /// Lets time pass; true if the exception becomes pending.
    pub fn advance(&mut self, now: u64) -> bool {
        self.settle(now);
        std::mem::take(&mut self.due)
    }

    /// Reads the register at `offset` from 0xE000_E010.
    pub fn read(&mut self, offset: u32, now: u64, debugger: bool) -> u32 {
        self.settle(now);
        match offset {
            0x0 => {
                let value = u32::from(self.enabled)
                    | u32::from(self.interrupt) << 1
                    | 1 << 2
                    | u32::from(self.counted_to_zero) << 16;
                if !debugger {
                    self.counted_to_zero = false;
                }
                value
            }
            0x4 => self.reload,
            0x8 => self.value,
            // No reference clock; the calibration value is not known.
            _ => 1 << 31,
        }
    }

    /// Writes the register at `offset` from 0xE000_E010.
    pub fn write(&mut self, offset: u32, value: u32, now: u64) {
        self.settle(now);
        match offset {
            0x0 => {
                self.enabled = value & 1 != 0;
                self.interrupt = value & 2 != 0;
            }
            0x4 => self.reload = value & 0x00FF_FFFF,
            0x8 => {
                self.value = 0;
                self.counted_to_zero = false;
            }
            _ => {}
        }
    }
}

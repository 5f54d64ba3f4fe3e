//! IWDG and WWDG, the independent and the window watchdog (RM0432, chapters 43 and 44).
//!
//! Simplified: while a debugger halts the core no time passes, so DBGMCU's freeze bits make no
//! difference, and the option bytes that start or stop the IWDG aren't looked at.

use crate::chips::stm32::clocks::{Clocks, LSI_HZ, core_cycles, rescale};
use crate::chips::stm32::peripheral::{Io, Peripheral, Write};

/// The independent watchdog.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32) struct Iwdg {
    unlocked: bool,
    prescaler: u32,
    reload: u32,
    window: u32,
    /// When it resets the chip, once it runs.
    due: Option<u64>,
    /// Until when reloading is too early.
    early: Option<u64>,
    fired: bool,
}

impl Iwdg {
    pub fn new() -> Self {
        Self {
            unlocked: false,
            prescaler: 0,
            reload: 0xFFF,
            window: 0xFFF,
            due: None,
            early: None,
            fired: false,
        }
    }

    /// Whether the chip is to be reset, once.
    pub fn take_reset(&mut self) -> bool {
        std::mem::take(&mut self.fired)
    }

    fn start(&mut self, io: &Io<'_>) {
        let step = 4 << self.prescaler.min(6);
        let after = |count: u32| {
            let count = u64::from(count) * step;
            core_cycles(count, LSI_HZ, io.clocks.core).map(|cycles| io.now + cycles)
        };
        self.due = after(self.reload + 1);
        self.early = (self.window < self.reload)
            .then(|| after(self.reload - self.window))
            .flatten();
    }
}

impl Peripheral for Iwdg {
    fn read(&mut self, offset: u32, _io: &mut Io<'_>) -> Option<u32> {
        Some(match offset {
            0x00 => 0,
            0x04 => self.prescaler,
            0x08 => self.reload,
            // SR: changed values are taken over at once.
            0x0C => 0,
            0x10 => self.window,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, write: Write, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x00 => match write.bits() & 0xFFFF {
                0xCCCC if self.due.is_none() => self.start(io),
                0xAAAA => {
                    self.unlocked = false;
                    if self.early.is_some_and(|early| io.now < early) {
                        self.fired = true;
                    } else if self.due.is_some() {
                        self.start(io);
                    }
                }
                key => self.unlocked = key == 0x5555,
            },
            0x0C => {}
            _ if !self.unlocked && offset <= 0x10 => {}
            0x04 => write.to(&mut self.prescaler, 7),
            0x08 => write.to(&mut self.reload, 0xFFF),
            0x10 => {
                write.to(&mut self.window, 0xFFF);
                if self.due.is_some() {
                    self.start(io);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        self.due.unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        if self.due.is_some_and(|due| due <= io.now) {
            self.due = None;
            self.fired = true;
        }
    }

    fn clock_changes(&mut self, clocks: &Clocks, io: &mut Io<'_>) {
        rescale(&mut self.due, io.now, io.clocks.core, clocks.core);
        rescale(&mut self.early, io.now, io.clocks.core, clocks.core);
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

const WDGA: u32 = 1 << 7;
const EWI: u32 = 1 << 9;

/// The window watchdog: a counter of 7 bits that must be written before its top bit falls, and not
/// while it is above the window.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32) struct Wwdg {
    running: bool,
    counter: u32,
    settings: u32,
    early: bool,
    /// When the counter next falls.
    step_at: Option<u64>,
    fired: bool,
}

impl Wwdg {
    pub fn new() -> Self {
        Self {
            running: false,
            counter: 0x7F,
            settings: 0x7F,
            early: false,
            step_at: None,
            fired: false,
        }
    }

    /// Whether the chip is to be reset, once.
    pub fn take_reset(&mut self) -> bool {
        std::mem::take(&mut self.fired)
    }

    fn step(&self, io: &Io<'_>) -> Option<u64> {
        let count = 4096 << (self.settings >> 11 & 7);
        core_cycles(count, io.clocks.apb[0], io.clocks.core).map(|cycles| io.now + cycles)
    }
}

impl Peripheral for Wwdg {
    fn read(&mut self, offset: u32, _io: &mut Io<'_>) -> Option<u32> {
        Some(match offset {
            0x00 => self.counter | if self.running { WDGA } else { 0 },
            0x04 => self.settings,
            0x08 => u32::from(self.early),
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, write: Write, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x00 => {
                let too_early = self.running && self.counter > self.settings & 0x7F;
                write.to(&mut self.counter, 0x7F);
                if write.bits() & WDGA != 0 && !self.running {
                    self.running = true;
                    self.step_at = self.step(io);
                }
                self.fired |= self.running && (too_early || self.counter < 0x40);
            }
            // The early wake-up interrupt can't be switched off.
            0x04 => self.settings = write.over(self.settings) & 0x3A7F | self.settings & EWI,
            0x08 => self.early &= write.over(u32::from(self.early)) & 1 != 0,
            _ => return None,
        }
        Some(())
    }

    fn interrupt(&self) -> bool {
        self.early && self.settings & EWI != 0
    }

    fn next_event(&self) -> u64 {
        self.step_at.unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        if self.step_at.is_some_and(|at| at <= io.now) {
            self.step_at = self.step(io);
            self.counter -= 1;
            self.early |= self.counter == 0x40;
            if self.counter < 0x40 {
                self.fired = true;
                self.step_at = None;
            }
        }
    }

    fn clock_changes(&mut self, clocks: &Clocks, io: &mut Io<'_>) {
        rescale(&mut self.step_at, io.now, io.clocks.core, clocks.core);
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

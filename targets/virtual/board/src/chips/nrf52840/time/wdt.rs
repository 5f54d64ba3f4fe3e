//! WDT: the watchdog (Product Specification, 6.36). It can't be stopped, and its settings can't be
//! changed once it runs.
//!
//! CONFIG.SLEEP decides whether it runs on while the core sleeps. While a debugger halts the core no
//! time passes, so CONFIG.HALT makes no difference.

use super::rtc::{edges, time_of_edge};
use crate::chips::nrf52840::peripheral::{Common, Io, Peripheral};

const START: u32 = 0;
const TIMEOUT: u32 = 0;
/// What has to be written to RR[n].
const RELOAD: u32 = 0x6E52_4635;
/// Edges of the low-frequency clock from the event to the reset.
const GRACE: u64 = 2;
/// CONFIG.SLEEP: run on while the core sleeps.
const RUN_ON: u32 = 1;

/// The watchdog.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Wdt {
    common: Common,
    running: bool,
    reload: u32,
    enabled: u32,
    /// Reload registers that still have to be written.
    requested: u32,
    config: u32,
    /// The edge at which it times out.
    due: u64,
    /// The edge at which it resets the chip.
    reset_at: Option<u64>,
    reset: bool,
    /// The edge at which it stopped because the core sleeps.
    paused_at: Option<u64>,
}

impl Wdt {
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            running: false,
            reload: u32::MAX,
            enabled: 1,
            requested: 1,
            config: 1,
            due: 0,
            reset_at: None,
            reset: false,
            paused_at: None,
        }
    }

    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the chip is to be reset, once.
    pub fn take_reset(&mut self) -> bool {
        std::mem::take(&mut self.reset)
    }

    /// A reset that the watchdog survives: only its interrupt is gone.
    pub fn keep(&mut self) {
        self.common = Common::default();
    }

    /// The core falls asleep, or wakes.
    pub fn set_asleep(&mut self, asleep: bool, now: u64) {
        if asleep && self.running && self.config & RUN_ON == 0 {
            self.paused_at = Some(edges(now));
        } else if let Some(since) = self.paused_at.take() {
            let slept = edges(now) - since;
            self.due += slept;
            self.reset_at = self.reset_at.map(|edge| edge + slept);
        }
    }

    fn restart(&mut self, now: u64) {
        self.requested = self.enabled;
        self.due = edges(now) + u64::from(self.reload) + 1;
    }
}

impl Peripheral for Wdt {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        1
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        if number == START && !self.running {
            self.running = true;
            self.restart(io.now);
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x400 => u32::from(self.running),
            0x404 => self.requested,
            0x504 => self.reload,
            0x508 => self.enabled,
            0x50C => self.config,
            // RR[n] can't be read.
            0x600..0x620 => 0,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x400 | 0x404 => {}
            0x504..=0x50C if self.running => {}
            0x504 => self.reload = value.max(0xF),
            0x508 => {
                self.enabled = value & 0xFF;
                self.requested = self.enabled;
            }
            0x50C => self.config = value & 9,
            0x600..0x620 => {
                if value == RELOAD && self.running {
                    self.requested &= !(1 << ((offset - 0x600) / 4));
                    if self.requested == 0 {
                        self.restart(io.now);
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        if !self.running || self.paused_at.is_some() {
            return u64::MAX;
        }
        time_of_edge(self.reset_at.unwrap_or(self.due))
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        if !self.running || self.paused_at.is_some() {
            return;
        }
        let now = edges(io.now);
        if self.reset_at.is_none() && now >= self.due {
            self.reset_at = Some(self.due + GRACE);
            io.raise(&mut self.common, TIMEOUT);
        }
        if self.reset_at.is_some_and(|edge| now >= edge) {
            self.reset = true;
            self.running = false;
        }
    }
}

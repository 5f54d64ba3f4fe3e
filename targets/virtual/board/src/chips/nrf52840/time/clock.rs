//! CLOCK: the high- and low-frequency clocks (Product Specification, 5.4), and POWER, which shares
//! its page, events and interrupt.
//!
//! The core always runs at 64 MHz; what is modelled is starting and stopping the sources, and how
//! long that takes. Simplified: start-up times are the typical ones, calibration of the RC
//! oscillator ends at once, and its error is zero.

use crate::chips::nrf52840::peripheral::{Common, Io, Peripheral, microseconds};
use crate::chips::nrf52840::power::Power;

const HFCLKSTART: u32 = 0;
const HFCLKSTOP: u32 = 1;
const LFCLKSTART: u32 = 2;
const LFCLKSTOP: u32 = 3;
const CAL: u32 = 4;
const CTSTART: u32 = 5;
const CTSTOP: u32 = 6;
const HFCLKSTARTED: u32 = 0;
const LFCLKSTARTED: u32 = 1;
const DONE: u32 = 3;
const CTTO: u32 = 4;
const SLEEPENTER: u32 = 5;
const SLEEPEXIT: u32 = 6;
const CTSTARTED: u32 = 10;
const CTSTOPPED: u32 = 11;

/// Start-up of the 32 MHz crystal.
const START_HFXO: u64 = microseconds(360);
/// Start-up of the RC oscillator, the 32.768 kHz crystal, and of the clock synthesised from the
/// high-frequency clock, in the order of LFCLKSRC.SRC.
const START_LF: [u64; 4] = [
    microseconds(600),
    microseconds(250_000),
    microseconds(100),
    microseconds(600),
];

/// A source on its way up or running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Off,
    Starting(u64),
    Running,
}

/// The clocks, with the power management that shares their page.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Clock {
    common: Common,
    pub power: Power,
    high: State,
    low: State,
    source: u32,
    /// The source of the low-frequency clock that was started.
    running_source: u32,
    debounce: u32,
    interval: u32,
    timeout: Option<u64>,
    trace: u32,
}

impl Clock {
    pub fn new(power: Power) -> Self {
        Self {
            common: Common::default(),
            power,
            high: State::Off,
            low: State::Off,
            source: 0,
            running_source: 0,
            debounce: 0x10,
            interval: 0,
            timeout: None,
            trace: 0,
        }
    }

    /// The core falls asleep, or wakes: events of POWER.
    pub fn note_sleep(&mut self, asleep: bool, io: &mut Io<'_>) {
        let event = if asleep { SLEEPENTER } else { SLEEPEXIT };
        io.raise(&mut self.common, event);
    }

    /// Whether the low-frequency clock runs.
    pub fn low_frequency_runs(&self) -> bool {
        self.low == State::Running
    }

    /// Starts the low-frequency clock from the RC oscillator if no source was started: a watchdog
    /// does that.
    pub fn force_low_frequency(&mut self) {
        if self.low == State::Off {
            self.low = State::Running;
            self.running_source = 0;
        }
    }
}

impl Peripheral for Clock {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        // HFCLKSTARTED to USBPWRRDY, CTSTARTED, CTSTOPPED.
        0xFFF
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            HFCLKSTART => {
                if self.high == State::Off {
                    self.high = State::Starting(io.now + START_HFXO);
                } else if self.high == State::Running {
                    io.raise(&mut self.common, HFCLKSTARTED);
                }
            }
            HFCLKSTOP => self.high = State::Off,
            LFCLKSTART if self.low == State::Off => {
                self.running_source = self.source & 3;
                let time = START_LF[self.running_source as usize];
                self.low = State::Starting(io.now + time);
            }
            LFCLKSTART if self.low == State::Running => {
                io.raise(&mut self.common, LFCLKSTARTED);
            }
            LFCLKSTOP => self.low = State::Off,
            CAL => io.raise(&mut self.common, DONE),
            CTSTART => {
                // CTIV counts quarters of a second.
                let time = microseconds(250_000) * u64::from(self.interval);
                self.timeout = Some(io.now + time);
                io.raise(&mut self.common, CTSTARTED);
            }
            CTSTOP => {
                self.timeout = None;
                io.raise(&mut self.common, CTSTOPPED);
            }
            _ => self.power.task(number),
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x408 => u32::from(self.high != State::Off),
            // The core's clock always runs, from the crystal or the RC oscillator.
            0x40C => 1 << 16 | u32::from(self.high == State::Running),
            0x414 => u32::from(self.low != State::Off),
            0x418 => self.running_source | u32::from(self.low == State::Running) << 16,
            0x41C => self.running_source,
            0x518 => self.source,
            0x528 => self.debounce,
            0x538 => self.interval,
            0x55C => self.trace,
            0x5B4 => 0,
            _ => return self.power.read(offset),
        })
    }

    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x518 => self.source = value & 0x3_0003,
            0x528 => self.debounce = value & 0xFF,
            0x538 => self.interval = value & 0x7F,
            0x55C => self.trace = value & 0x3_0003,
            0x5B4 => {}
            _ => return self.power.write(offset, value, io),
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        let starting = |state| match state {
            State::Starting(time) => time,
            _ => u64::MAX,
        };
        starting(self.high)
            .min(starting(self.low))
            .min(self.timeout.unwrap_or(u64::MAX))
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        for (state, event) in [
            (&mut self.high, HFCLKSTARTED),
            (&mut self.low, LFCLKSTARTED),
        ] {
            if matches!(*state, State::Starting(time) if time <= io.now) {
                *state = State::Running;
                io.raise(&mut self.common, event);
            }
        }
        if self.timeout.is_some_and(|time| time <= io.now) {
            self.timeout = None;
            io.raise(&mut self.common, CTTO);
        }
    }
}

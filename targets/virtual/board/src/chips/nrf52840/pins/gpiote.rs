//! GPIOTE: tasks and events of pins (Product Specification, 6.10).

use super::gpio::Gpio;
use crate::chips::nrf52840::peripheral::{Common, Io, Peripheral};

/// EVENTS_PORT.
const PORT: u32 = 31;
const CHANNELS: u32 = 8;
const MODE_EVENT: u32 = 1;
const MODE_TASK: u32 = 3;
/// CONFIG.POLARITY; the first two bits are the edges that count.
const RISING: u32 = 1;
const FALLING: u32 = 2;

/// What a task does to its pin.
#[derive(Clone, Copy, Debug)]
enum Output {
    /// As POLARITY says.
    Out,
    Set,
    Clear,
}

/// The channels.
#[derive(Clone, Debug, Default)]
pub(in crate::chips::nrf52840) struct Gpiote {
    common: Common,
    config: [u32; CHANNELS as usize],
    /// Level of each channel's pin: in event mode when last looked at, in task mode as driven.
    levels: [bool; CHANNELS as usize],
    detect: bool,
    /// Channels whose CONFIG was written since the pins were last looked at.
    changed: u32,
    outputs: Vec<(u32, Output)>,
}

impl Gpiote {
    fn pin(&self, channel: usize) -> u32 {
        self.config[channel] >> 8 & 0x3F
    }

    /// Carries out what tasks and CONFIG ask for, and looks for edges on the pins.
    pub fn settle(&mut self, gpio: &mut Gpio, io: &mut Io<'_>) {
        for n in 0..CHANNELS as usize {
            if self.changed & 1 << n != 0 {
                let level = match self.config[n] & 3 {
                    MODE_TASK => self.config[n] >> 20 & 1 != 0,
                    _ => gpio.input(self.pin(n)),
                };
                self.levels[n] = level;
            }
        }
        self.changed = 0;
        for (channel, output) in std::mem::take(&mut self.outputs) {
            let n = channel as usize;
            if self.config[n] & 3 != MODE_TASK {
                continue;
            }
            self.levels[n] = match (output, self.config[n] >> 16 & 3) {
                (Output::Set, _) | (Output::Out, RISING) => true,
                (Output::Clear, _) | (Output::Out, FALLING) => false,
                (Output::Out, 3) => !self.levels[n],
                (Output::Out, _) => self.levels[n],
            };
        }
        for n in 0..CHANNELS as usize {
            if self.config[n] & 3 == MODE_TASK {
                gpio.take_over(self.pin(n), Some(self.levels[n]));
            }
        }
        for n in 0..CHANNELS as usize {
            if self.config[n] & 3 != MODE_EVENT {
                continue;
            }
            let level = gpio.input(self.pin(n));
            let was = std::mem::replace(&mut self.levels[n], level);
            let edge = match (was, level) {
                (false, true) => RISING,
                (true, false) => FALLING,
                _ => 0,
            };
            if self.config[n] >> 16 & edge != 0 {
                io.raise(&mut self.common, n as u32);
            }
        }
        let (detect, again) = gpio.detect();
        if detect && (again || !self.detect) {
            io.raise(&mut self.common, PORT);
        }
        self.detect = detect;
    }

    /// Writes CONFIG of a channel, which may give a pin back.
    pub fn configure(&mut self, channel: usize, value: u32, gpio: &mut Gpio) {
        if self.config[channel] & 3 == MODE_TASK {
            gpio.take_over(self.pin(channel), None);
        }
        self.config[channel] = value & 0x13_3F03;
        self.changed |= 1 << channel;
    }

    /// The channel whose CONFIG is at `offset`.
    pub fn config_channel(offset: u32) -> Option<usize> {
        (0x510..0x530)
            .contains(&offset)
            .then(|| (offset as usize - 0x510) / 4)
    }
}

impl Peripheral for Gpiote {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        0xFF | 1 << PORT
    }

    fn task(&mut self, number: u32, _io: &mut Io<'_>) {
        let output = match number {
            0..8 => Output::Out,
            12..20 => Output::Set,
            24..32 => Output::Clear,
            _ => return,
        };
        self.outputs.push((number % 12, output));
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(self.config[Self::config_channel(offset)?])
    }

    fn write(&mut self, _offset: u32, _value: u32, _io: &mut Io<'_>) -> Option<()> {
        // CONFIG reaches the pins: `configure`.
        None
    }
}

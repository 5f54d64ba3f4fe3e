//! GPIO: the pins of P0 and P1 (Product Specification, 6.9).
//!
//! Simplified: drive strengths make no difference, except that a pin set to drive only one level
//! leaves the other to the pull.

/// Pins of P0 and P1 together; pins of P1 count from 32.
pub(super) const PINS: u32 = 48;
/// PIN_CNF after reset: input buffer disconnected.
const CONFIG_RESET: u32 = 2;

const OUT: u32 = 0x504;
const OUTSET: u32 = 0x508;
const OUTCLR: u32 = 0x50C;
const IN: u32 = 0x510;
const DIR: u32 = 0x514;
const DIRSET: u32 = 0x518;
const DIRCLR: u32 = 0x51C;
const LATCH: u32 = 0x520;
const DETECTMODE: u32 = 0x524;

/// One pin.
#[derive(Clone, Copy, Debug)]
struct Pin {
    out: bool,
    config: u32,
    /// Level driven from outside.
    outside: Option<bool>,
    /// Level that GPIOTE drives, in place of OUT and DIR.
    tasked: Option<bool>,
    latch: bool,
}

impl Pin {
    fn is_output(self) -> bool {
        self.config & 1 != 0
    }

    /// The level that the chip drives, if it drives one. DRIVE from 4 on leaves one level open.
    fn driven(self) -> Option<bool> {
        if self.tasked.is_some() {
            return self.tasked;
        }
        if !self.is_output() {
            return None;
        }
        match self.config >> 8 & 7 {
            4 | 5 if !self.out => None,
            6 | 7 if self.out => None,
            _ => Some(self.out),
        }
    }

    fn pull(self) -> Option<bool> {
        match self.config >> 2 & 3 {
            1 => Some(false),
            3 => Some(true),
            _ => None,
        }
    }

    fn level(self) -> Option<bool> {
        self.driven().or(self.outside).or(self.pull())
    }

    /// What IN shows: nothing while the input buffer is disconnected; a floating pin reads low.
    fn input(self) -> bool {
        self.config & 2 == 0 && self.level() == Some(true)
    }

    /// Whether the sense mechanism sees the level it is set to.
    fn senses(self) -> bool {
        match self.config >> 16 & 3 {
            2 => self.input(),
            3 => self.config & 2 == 0 && !self.input(),
            _ => false,
        }
    }
}

/// Both ports.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Gpio {
    pins: [Pin; PINS as usize],
    latched_detect: [bool; 2],
    /// LATCH of a port was written since [`Gpio::detect`].
    unlatched: [bool; 2],
}

impl Gpio {
    pub fn new() -> Self {
        let pin = Pin {
            out: false,
            config: CONFIG_RESET,
            outside: None,
            tasked: None,
            latch: false,
        };
        Self {
            pins: [pin; PINS as usize],
            latched_detect: [false; 2],
            unlatched: [false; 2],
        }
    }

    /// The ports after a reset: what is outside stays.
    pub fn after_reset(&self) -> Self {
        let mut new = Self::new();
        for (new, old) in new.pins.iter_mut().zip(&self.pins) {
            new.outside = old.outside;
        }
        new
    }

    /// Drives a pin from outside. False if there is no such pin.
    pub fn drive(&mut self, pin: u32, level: Option<bool>) -> bool {
        let Some(pin) = self.pins.get_mut(pin as usize) else {
            return false;
        };
        pin.outside = level;
        true
    }

    /// The level on a pin; `None` if it floats or doesn't exist.
    pub fn level(&self, pin: u32) -> Option<bool> {
        self.pins.get(pin as usize)?.level()
    }

    /// What a peripheral with the pin as its input sees.
    pub fn input(&self, pin: u32) -> bool {
        self.pins
            .get(pin as usize)
            .is_some_and(|pin| pin.level() == Some(true))
    }

    /// GPIOTE takes a pin over at a level, or gives it back.
    pub fn take_over(&mut self, pin: u32, level: Option<bool>) {
        if let Some(pin) = self.pins.get_mut(pin as usize) {
            pin.tasked = level;
        }
    }

    /// The DETECT signal: some pin senses its level, or a latch is set; and whether it has a new edge
    /// without having been low, which clearing some of the latches brings. Also sets the latches.
    pub fn detect(&mut self) -> (bool, bool) {
        for pin in &mut self.pins {
            pin.latch |= pin.senses();
        }
        let mut signal = (false, false);
        for port in 0..2 {
            let unlatched = std::mem::take(&mut self.unlatched[port]);
            let latched = self.latched_detect[port];
            let high = self
                .port(port)
                .iter()
                .any(|pin| if latched { pin.latch } else { pin.senses() });
            signal.0 |= high;
            signal.1 |= high && latched && unlatched;
        }
        signal
    }

    fn port(&self, port: usize) -> &[Pin] {
        if port == 0 {
            &self.pins[..32]
        } else {
            &self.pins[32..]
        }
    }

    fn port_mut(&mut self, port: usize) -> &mut [Pin] {
        if port == 0 {
            &mut self.pins[..32]
        } else {
            &mut self.pins[32..]
        }
    }

    fn gather(&self, port: usize, bit: impl Fn(&Pin) -> bool) -> u32 {
        self.port(port)
            .iter()
            .zip(0..)
            .fold(0, |word, (pin, n)| word | u32::from(bit(pin)) << n)
    }

    /// Port and register of an offset in the page: P1 is 0x300 behind P0.
    fn split(offset: u32) -> (usize, u32) {
        if offset >= 0x800 {
            (1, offset - 0x300)
        } else {
            (0, offset)
        }
    }

    /// Reads a register; `None` if there is none.
    pub fn read(&self, offset: u32) -> Option<u32> {
        let (port, register) = Self::split(offset);
        Some(match register {
            OUT | OUTSET | OUTCLR => self.gather(port, |pin| pin.out),
            IN => self.gather(port, |pin| pin.input()),
            DIR | DIRSET | DIRCLR => self.gather(port, |pin| pin.is_output()),
            LATCH => self.gather(port, |pin| pin.latch),
            DETECTMODE => u32::from(self.latched_detect[port]),
            0x700..0x780 => {
                let pin = self.port(port).get((register as usize - 0x700) / 4)?;
                pin.config
            }
            _ => return None,
        })
    }

    /// Writes a register; `None` if there is none.
    pub fn write(&mut self, offset: u32, value: u32) -> Option<()> {
        let (port, register) = Self::split(offset);
        let mut each = |change: fn(&mut Pin, bool)| {
            for (pin, n) in self.port_mut(port).iter_mut().zip(0..) {
                change(pin, value & 1 << n != 0);
            }
        };
        match register {
            OUT => each(|pin, set| pin.out = set),
            OUTSET => each(|pin, set| pin.out |= set),
            OUTCLR => each(|pin, set| pin.out &= !set),
            IN => {}
            DIR => each(|pin, set| pin.config = pin.config & !1 | u32::from(set)),
            DIRSET => each(|pin, set| pin.config |= u32::from(set)),
            DIRCLR => each(|pin, set| pin.config &= !u32::from(set)),
            LATCH => {
                each(|pin, set| pin.latch &= !set);
                self.unlatched[port] = true;
            }
            DETECTMODE => self.latched_detect[port] = value & 1 != 0,
            0x700..0x780 => {
                let index = (register as usize - 0x700) / 4;
                self.port_mut(port).get_mut(index)?.config = value & 0x3_070F;
            }
            _ => return None,
        }
        Some(())
    }
}

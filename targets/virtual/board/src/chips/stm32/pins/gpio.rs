//! GPIO: the pins of the ports (of the STM32L4R5: RM0432, chapter 8).
//!
//! Simplified: alternate and analog functions leave a pin to the outside and its pull, and the lock
//! of a port's settings isn't modelled.

use crate::chips::stm32::peripheral::Write;
use crate::chips::unmodelled::{ResetValues, reset_value};

const MODER: u32 = 0x00;
const OTYPER: u32 = 0x04;
const PUPDR: u32 = 0x0C;
const IDR: u32 = 0x10;
const ODR: u32 = 0x14;
const BSRR: u32 = 0x18;
const BRR: u32 = 0x28;
const WORDS: usize = BRR as usize / 4;

/// A port as data.
#[derive(Debug)]
pub(in crate::chips) struct PortLayout {
    /// Pins it has, from 0 on.
    pub pins: u32,
    /// Registers that reset doesn't clear; the debug pins are set up by it.
    pub reset: &'static ResetValues,
}

/// One port.
#[derive(Clone, Debug)]
struct Port {
    layout: &'static PortLayout,
    registers: [u32; WORDS],
    /// Pins driven from outside, and their levels.
    driven: u32,
    levels: u32,
}

impl Port {
    fn new(layout: &'static PortLayout) -> Self {
        let value = |index: usize| reset_value(layout.reset, 4 * index as u32);
        Self {
            layout,
            registers: std::array::from_fn(value),
            driven: 0,
            levels: 0,
        }
    }

    fn get(&self, offset: u32) -> u32 {
        self.registers[offset as usize / 4]
    }

    fn level(&self, pin: u32) -> Option<bool> {
        let bit = |word: u32| word >> pin & 1 != 0;
        let field = |offset: u32| self.get(offset) >> (2 * pin) & 3;
        let out = bit(self.get(ODR));
        // An open drain drives low only.
        let chip = (field(MODER) == 1 && !(bit(self.get(OTYPER)) && out)).then_some(out);
        let outside = bit(self.driven).then(|| bit(self.levels));
        let pull = match field(PUPDR) {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        };
        chip.or(outside).or(pull)
    }

    /// What IDR shows: nothing of analog pins; a floating pin reads low.
    fn input(&self) -> u32 {
        (0..16)
            .filter(|&pin| self.get(MODER) >> (2 * pin) & 3 != 3)
            .filter(|&pin| self.level(pin) == Some(true))
            .fold(0, |word, pin| word | 1 << pin)
    }
}

/// All ports.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32) struct Gpio {
    ports: Vec<Port>,
}

impl Gpio {
    pub fn new(ports: &'static [PortLayout]) -> Self {
        Self {
            ports: ports.iter().map(Port::new).collect(),
        }
    }

    /// A reset; what is outside stays.
    pub fn reset(&mut self) {
        for port in 0..self.ports.len() {
            self.reset_port(port);
        }
    }

    /// A reset of one port.
    pub fn reset_port(&mut self, number: usize) {
        let port = &mut self.ports[number];
        *port = Port {
            driven: port.driven,
            levels: port.levels,
            ..Port::new(port.layout)
        };
    }

    /// Drives a pin from outside, or lets it go; those of port B count from 16, and so on. False if there is no such pin.
    pub fn drive(&mut self, pin: u32, level: Option<bool>) -> bool {
        let Some(port) = self.ports.get_mut(pin as usize / 16) else {
            return false;
        };
        if pin % 16 >= port.layout.pins {
            return false;
        }
        let bit = 1 << (pin % 16);
        port.driven &= !bit;
        port.levels &= !bit;
        if let Some(level) = level {
            port.driven |= bit;
            port.levels |= if level { bit } else { 0 };
        }
        true
    }

    /// The level on a pin; `None` if it floats or doesn't exist.
    pub fn level(&self, pin: u32) -> Option<bool> {
        let port = self.ports.get(pin as usize / 16)?;
        let number = pin % 16;
        (number < port.layout.pins).then(|| port.level(number))?
    }

    /// What a port's input register shows.
    pub fn input(&self, port: usize) -> u32 {
        self.ports.get(port).map_or(0, Port::input)
    }

    pub fn read(&self, port: usize, offset: u32) -> Option<u32> {
        Some(match offset {
            IDR => self.input(port),
            BSRR | BRR => 0,
            _ => *self.ports[port].registers.get(offset as usize / 4)?,
        })
    }

    pub fn write(&mut self, port: usize, offset: u32, write: Write) -> Option<()> {
        let registers = &mut self.ports[port].registers;
        let out = &mut registers[ODR as usize / 4];
        match offset {
            IDR => {}
            ODR => write.to(out, 0xFFFF),
            // A bit that is both set and cleared is set.
            BSRR => *out = *out & !(write.bits() >> 16) | write.bits() & 0xFFFF,
            BRR => *out &= !write.bits(),
            _ => {
                let register = registers.get_mut(offset as usize / 4)?;
                *register = write.over(*register);
            }
        }
        Some(())
    }
}

//! EXTI, interrupts from pins and by software, and SYSCFG (of the STM32L4R5: RM0432, chapters 17 and 9).
//!
//! Lines from 16 on, which belong to peripherals, have their registers but nothing that raises them.
//! Of SYSCFG the memory remapping isn't modelled: the flash stays at address 0.

use super::gpio::Gpio;
use crate::chips::stm32::peripheral::Write;

/// Where the ports of lines 0 to 15 are chosen, and with it which of two designs the EXTI is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chips) enum Selection {
    /// In SYSCFG, four bits a line. One register says what is pending.
    Syscfg,
    /// In EXTI itself, a byte a line. Rising and falling edges are pending each by itself.
    Exti,
}

/// EXTI and SYSCFG as data.
#[derive(Debug)]
pub(in crate::chips) struct ExtiLayout {
    pub selection: Selection,
    /// Interrupt lines, and which of the lines 0 to 15 raise each.
    pub vectors: &'static [(u32, u32)],
    /// The interrupt masks of the lines 0 to 31 and from 32 on after a reset.
    pub masks: [u32; 2],
    /// Words of SYSCFG, and those that reset doesn't clear.
    pub syscfg_words: usize,
    pub syscfg_reset: &'static [(u32, u32)],
    /// Bits of SYSCFG's first register that map other memories to address 0.
    pub remapping: u32,
}

/// The registers for the lines 0 to 31, or from 32 on.
#[derive(Clone, Copy, Debug)]
struct Bank {
    interrupts: u32,
    events: u32,
    rising: u32,
    falling: u32,
    /// Rising and falling edges that are pending; in the older design all of them are in the first.
    pending: [u32; 2],
}

/// A register of a bank.
#[derive(Clone, Copy)]
enum Register {
    Interrupts,
    Events,
    Rising,
    Falling,
    /// What raises lines.
    Software,
    Pending(usize),
}

/// EXTI and SYSCFG.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32) struct Exti {
    layout: &'static ExtiLayout,
    banks: [Bank; 2],
    /// EXTICR1 to 4, where they aren't in SYSCFG.
    ports: [u32; 4],
    /// Levels of the lines 0 to 15.
    levels: u32,
    syscfg: Vec<u32>,
}

/// EXTICR1 in SYSCFG and in EXTI.
const EXTICR1_SYSCFG: u32 = 0x08;
const EXTICR1: u32 = 0x60;

impl Exti {
    pub fn new(layout: &'static ExtiLayout) -> Self {
        let bank = |interrupts| Bank {
            interrupts,
            events: 0,
            rising: 0,
            falling: 0,
            pending: [0; 2],
        };
        let mut syscfg = vec![0; layout.syscfg_words];
        for &(offset, value) in layout.syscfg_reset {
            syscfg[offset as usize / 4] = value;
        }
        Self {
            layout,
            banks: layout.masks.map(bank),
            ports: [0; 4],
            levels: 0,
            syscfg,
        }
    }

    /// A reset of both.
    pub fn reset(&mut self) {
        *self = Self::new(self.layout);
    }

    /// The port that a line belongs to.
    fn port(&self, line: usize) -> usize {
        let port = match self.layout.selection {
            Selection::Syscfg => {
                self.syscfg[EXTICR1_SYSCFG as usize / 4 + line / 4] >> (4 * (line % 4)) & 0xF
            }
            Selection::Exti => self.ports[line / 4] >> (8 * (line % 4)) & 0xFF,
        };
        port as usize
    }

    /// The pins may have changed.
    pub fn see(&mut self, gpio: &Gpio) {
        let mut levels = 0;
        for line in 0..16 {
            levels |= gpio.input(self.port(line)) & 1 << line;
        }
        let bank = &mut self.banks[0];
        let risen = levels & !self.levels & bank.rising;
        let fallen = self.levels & !levels & bank.falling;
        match self.layout.selection {
            Selection::Syscfg => bank.pending[0] |= risen | fallen,
            Selection::Exti => {
                bank.pending[0] |= risen;
                bank.pending[1] |= fallen;
            }
        }
        self.levels = levels;
    }

    /// Numbers of the interrupt lines that are asserted.
    pub fn interrupts(&self) -> impl Iterator<Item = u32> {
        let [rising, falling] = self.banks[0].pending;
        let active = (rising | falling) & self.banks[0].interrupts;
        self.layout
            .vectors
            .iter()
            .filter_map(move |&(line, bits)| (active & bits != 0).then_some(line))
    }

    /// The bank and the register at an offset.
    fn register(&self, offset: u32) -> Option<(usize, Register)> {
        use Register::{Events, Falling, Interrupts, Pending, Rising, Software};
        if self.layout.selection == Selection::Syscfg {
            let register = match offset & 0x1F {
                0x00 => Interrupts,
                0x04 => Events,
                0x08 => Rising,
                0x0C => Falling,
                0x10 => Software,
                0x14 => Pending(0),
                _ => return None,
            };
            return (offset < 0x40).then_some((offset as usize / 0x20, register));
        }
        Some(match offset {
            0x80 | 0x90 => ((offset as usize - 0x80) / 0x10, Interrupts),
            0x84 | 0x94 => ((offset as usize - 0x84) / 0x10, Events),
            _ if offset < 0x50 => {
                let register = match offset % 0x28 {
                    0x00 => Rising,
                    0x04 => Falling,
                    0x08 => Software,
                    0x0C => Pending(0),
                    0x10 => Pending(1),
                    _ => return None,
                };
                (offset as usize / 0x28, register)
            }
            _ => return None,
        })
    }

    /// The index of EXTICR at an offset of EXTI.
    fn selector(&self, offset: u32) -> Option<usize> {
        let index = offset.checked_sub(EXTICR1)? as usize / 4;
        (self.layout.selection == Selection::Exti && index < 4).then_some(index)
    }

    pub fn read(&mut self, offset: u32) -> Option<u32> {
        if let Some(index) = self.selector(offset) {
            return Some(self.ports[index]);
        }
        let (bank, register) = self.register(offset)?;
        let bank = &self.banks[bank];
        Some(match register {
            Register::Interrupts => bank.interrupts,
            Register::Events => bank.events,
            Register::Rising => bank.rising,
            Register::Falling => bank.falling,
            Register::Software => 0,
            Register::Pending(edge) => bank.pending[edge],
        })
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        if let Some(index) = self.selector(offset) {
            self.ports[index] = write.over(self.ports[index]);
            return Some(());
        }
        let (bank, register) = self.register(offset)?;
        let bank = &mut self.banks[bank];
        let register = match register {
            Register::Interrupts => &mut bank.interrupts,
            Register::Events => &mut bank.events,
            Register::Rising => &mut bank.rising,
            Register::Falling => &mut bank.falling,
            // SWIER raises, the pending registers clear what is written as one.
            Register::Software => {
                bank.pending[0] |= write.bits();
                return Some(());
            }
            Register::Pending(edge) => {
                bank.pending[edge] &= !write.bits();
                return Some(());
            }
        };
        *register = write.over(*register);
        Some(())
    }

    pub fn read_syscfg(&self, offset: u32) -> Option<u32> {
        self.syscfg.get(offset as usize / 4).copied()
    }

    pub fn write_syscfg(
        &mut self,
        offset: u32,
        write: Write,
        reports: &mut Vec<String>,
    ) -> Option<()> {
        let register = self.syscfg.get_mut(offset as usize / 4)?;
        *register = write.over(*register);
        if offset == 0 && *register & self.layout.remapping != 0 {
            reports.push("remapping of memories by SYSCFG is not modelled".to_owned());
        }
        Some(())
    }

    /// A reset of SYSCFG alone.
    pub fn reset_syscfg(&mut self) {
        self.syscfg = Self::new(self.layout).syscfg;
    }
}

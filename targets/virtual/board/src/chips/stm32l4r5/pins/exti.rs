//! EXTI, interrupts from pins and by software (RM0432, chapter 17), and SYSCFG, which chooses the
//! pins (chapter 9).
//!
//! Lines from 16 on, which belong to peripherals, have their registers but nothing that raises them.
//! Of SYSCFG the memory remapping isn't modelled: the flash stays at address 0.

use super::gpio::Gpio;
use crate::chips::stm32l4r5::peripheral::Write;

/// Interrupt lines of EXTI 0 to 4, 5 to 9 and 10 to 15.
const VECTORS: [(u32, u32); 7] = [
    (6, 1 << 0),
    (7, 1 << 1),
    (8, 1 << 2),
    (9, 1 << 3),
    (10, 1 << 4),
    (23, 0x3E0),
    (40, 0xFC00),
];

const EXTICR1: u32 = 0x08;

/// EXTI's registers for the lines 0 to 31 and from 32 on.
#[derive(Clone, Copy, Debug)]
struct Bank {
    interrupts: u32,
    events: u32,
    rising: u32,
    falling: u32,
    pending: u32,
}

/// EXTI and SYSCFG.
#[derive(Clone, Debug)]
pub(in crate::chips::stm32l4r5) struct Exti {
    banks: [Bank; 2],
    /// Levels of the lines 0 to 15.
    levels: u32,
    syscfg: [u32; 11],
}

impl Exti {
    pub fn new() -> Self {
        let bank = |interrupts| Bank {
            interrupts,
            events: 0,
            rising: 0,
            falling: 0,
            pending: 0,
        };
        let mut syscfg = [0; 11];
        syscfg[1] = 0x7C00_0001;
        Self {
            banks: [bank(0xFF82_0000), bank(0x87)],
            levels: 0,
            syscfg,
        }
    }

    /// The pins may have changed.
    pub fn see(&mut self, gpio: &Gpio) {
        let mut levels = 0;
        for line in 0..16 {
            let register = self.syscfg[EXTICR1 as usize / 4 + line / 4];
            let port = register >> (4 * (line % 4)) & 0xF;
            levels |= gpio.input(port as usize) & 1 << line;
        }
        let bank = &mut self.banks[0];
        let risen = levels & !self.levels & bank.rising;
        let fallen = self.levels & !levels & bank.falling;
        bank.pending |= risen | fallen;
        self.levels = levels;
    }

    /// Numbers of the interrupt lines that are asserted.
    pub fn interrupts(&self) -> impl Iterator<Item = u32> {
        let active = self.banks[0].pending & self.banks[0].interrupts;
        VECTORS
            .into_iter()
            .filter_map(move |(line, bits)| (active & bits != 0).then_some(line))
    }

    fn register(&mut self, offset: u32) -> Option<&mut u32> {
        let bank = self.banks.get_mut(offset as usize / 0x20)?;
        Some(match offset & 0x1F {
            0x00 => &mut bank.interrupts,
            0x04 => &mut bank.events,
            0x08 => &mut bank.rising,
            0x0C => &mut bank.falling,
            0x14 => &mut bank.pending,
            _ => return None,
        })
    }

    pub fn read(&mut self, offset: u32) -> Option<u32> {
        match offset & 0x1F {
            0x10 => Some(0),
            _ => self.register(offset).map(|register| *register),
        }
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        match offset & 0x1F {
            // SWIER raises, PR clears what is written as one.
            0x10 => *self.register(offset + 4)? |= write.bits(),
            0x14 => *self.register(offset)? &= !write.bits(),
            _ => {
                let register = self.register(offset)?;
                *register = write.over(*register);
            }
        }
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
        if offset == 0 && *register & 0x107 != 0 {
            reports.push("remapping of memories by SYSCFG is not modelled".to_owned());
        }
        Some(())
    }

    /// A reset of SYSCFG alone.
    pub fn reset_syscfg(&mut self) {
        self.syscfg = Self::new().syscfg;
    }
}

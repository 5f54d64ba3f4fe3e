//! STMicroelectronics STM32U575 (reference manual RM0456), as on a Nucleo-U575ZI-Q: what isn't common to all
//! STM32.

mod description;
mod map;
mod parts;
mod pwr;
mod rcc;

pub(super) use description::CHIP;
pub use description::DESCRIPTION;

use crate::chips::stm32::{
    Clocks, Family, FlashController, Layout, Rcc, Resetter, Stm32, Unit, Write,
};
use crate::chips::stm32u::adc::Adc;
use crate::chips::stm32u::units::Units;
use crate::chips::stm32u::{information, line};
use crate::chips::{FlashTiming, ResetReason};
use pwr::Pwr;

/// The chip.
pub(in crate::chips) type Stm32u575 = Stm32<U575>;

/// What isn't common to all STM32.
pub(in crate::chips) struct U575 {
    rcc: Rcc,
    pwr: Pwr,
    units: Units,
}

/// Where the system memory begins.
const SYSTEM_MEMORY: u32 = 0x0BF9_0000;
/// Device and revision: STM32U575xx, revision X.
const IDCODE: u32 = 0x2001_6482;

impl Family for U575 {
    const LAYOUT: Layout = Layout {
        description: &DESCRIPTION,
        map: &map::MAP,
        serial: &map::SERIAL,
        timers: &map::TIMERS,
        ports: &parts::PORTS,
        exti: &super::parts::EXTI,
        flash: &parts::FLASH,
        watchdog_line: line::WWDG,
        flash_line: line::FLASH,
        random_line: Some(line::RNG),
        option_bytes: &[],
    };

    fn new() -> Self {
        Self {
            rcc: Rcc::new(&rcc::LAYOUT),
            pwr: Pwr::new(),
            units: Units::new(1, vec![Adc::fast(), Adc::slow()], IDCODE),
        }
    }

    fn clocks(&self) -> Clocks {
        rcc::clocks(&self.rcc)
    }

    fn serial_clock(&self, number: usize) -> u64 {
        let (field, bus) = map::SERIAL_CLOCKS[number];
        rcc::serial_clock(&self.rcc, field, bus)
    }

    fn rcc(&self) -> &Rcc {
        &self.rcc
    }

    fn read(&mut self, unit: Unit, offset: u32) -> Option<u32> {
        match unit {
            Unit::Rcc => self.rcc.read(offset),
            Unit::Pwr => self.pwr.read(offset),
            _ => self.units.read(unit, offset),
        }
    }

    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Rcc => self.rcc.write(offset, write, self.pwr.backup_access()),
            Unit::Pwr => self.pwr.write(offset, write),
            _ => self.units.write(unit, offset, write),
        }
    }

    fn reset_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Pwr => self.pwr.reset(),
            _ => self.units.reset_unit(unit),
        }
    }

    fn fastest(&self) -> (u64, &'static str) {
        self.pwr.fastest()
    }

    fn wait_states(&self, core_hz: u64) -> u32 {
        self.pwr.wait_states(core_hz)
    }

    fn flash_timing(&self, flash: &FlashController) -> FlashTiming {
        self.units.flash_timing(flash)
    }

    fn system_memory(&self, address: u32) -> Option<(u32, bool)> {
        information::system_memory(address, SYSTEM_MEMORY, DESCRIPTION.flash.length)
    }

    fn read_debug_unit(&mut self, offset: u32) -> Option<u32> {
        self.units.read_debug_unit(offset)
    }

    fn write_debug_unit(&mut self, offset: u32, write: Write) -> bool {
        self.units.write_debug_unit(offset, write)
    }

    fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        self.rcc.reset(reason, by);
        self.pwr.reset();
        self.units.reset(reason);
    }
}

//! STMicroelectronics STM32U385 (reference manual RM0487), as on a Nucleo-U385RG-Q: what isn't common to all
//! STM32, or to it and the STM32U575.

mod description;
mod map;
mod parts;
mod pwr;
mod rcc;

pub use description::DESCRIPTION;

use crate::chips::stm32::{
    Clocks, DebugUnit, Family, FlashController, Gate, Layout, Resetter, Stm32, Unit, Write,
};
use crate::chips::stm32u::adc::Adc;
use crate::chips::stm32u::cache::Cache;
use crate::chips::stm32u::{DEBUG_UNIT, information, line, u575};
use crate::chips::{FlashTiming, ResetReason};
use pwr::Pwr;
use rcc::Rcc;

/// The chip.
pub(in crate::chips) type Stm32u385 = Stm32<U385>;

/// What isn't common to all STM32.
pub(in crate::chips) struct U385 {
    rcc: Rcc,
    pwr: Pwr,
    icache: Cache,
    /// ADC1; what is of ADC2 and common to both keeps what is written.
    converter: Adc,
    debug_unit: DebugUnit,
}

/// Where the system memory begins.
const SYSTEM_MEMORY: u32 = 0x0BF8_0000;
/// Device and revision: STM32U375xx and STM32U385xx, revision A.
const IDCODE: u32 = 0x1000_6454;

impl Family for U385 {
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
            rcc: Rcc::new(),
            pwr: Pwr::new(),
            // Off, with two ways.
            icache: Cache::new(4),
            converter: Adc::fast(),
            debug_unit: DebugUnit::new(IDCODE),
        }
    }

    fn clocks(&self) -> Clocks {
        self.rcc.clocks()
    }

    fn serial_clock(&self, number: usize) -> u64 {
        self.rcc.serial_clock(number)
    }

    fn is_enabled(&self, gate: Gate) -> bool {
        self.rcc.is_enabled(gate)
    }

    fn is_reset(&self, gate: Gate) -> bool {
        self.rcc.is_reset(gate)
    }

    fn resets_peripherals(offset: u32) -> bool {
        Rcc::resets_peripherals(offset)
    }

    fn read(&mut self, unit: Unit, offset: u32) -> Option<u32> {
        match unit {
            Unit::Rcc => self.rcc.read(offset),
            Unit::Pwr => self.pwr.read(offset),
            Unit::Cache(_) => self.icache.read(offset),
            Unit::Adc(_) => self.converter.read(offset),
            _ => None,
        }
    }

    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Rcc => self.rcc.write(offset, write, self.pwr.backup_access()),
            Unit::Pwr => self.pwr.write(offset, write),
            Unit::Cache(_) => self.icache.write(offset, write),
            Unit::Adc(_) => self.converter.write(offset, write),
            _ => None,
        }
    }

    fn reset_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Pwr => self.pwr.reset(),
            Unit::Cache(_) => self.icache.reset(),
            Unit::Adc(_) => self.converter.reset(),
            _ => {}
        }
    }

    fn fastest(&self) -> (u64, &'static str) {
        self.pwr.fastest()
    }

    fn wait_states(&self, core_hz: u64) -> u32 {
        self.pwr.wait_states(core_hz)
    }

    fn flash_timing(&self, flash: &FlashController) -> FlashTiming {
        u575::flash_timing(flash, &self.icache)
    }

    fn system_memory(&self, address: u32) -> Option<(u32, bool)> {
        information::system_memory(address, SYSTEM_MEMORY, DESCRIPTION.flash.length)
    }

    fn read_debug_unit(&mut self, offset: u32) -> Option<u32> {
        self.debug_unit.read(offset.checked_sub(DEBUG_UNIT)?)
    }

    fn write_debug_unit(&mut self, offset: u32, write: Write) -> bool {
        let offset = offset.checked_sub(DEBUG_UNIT);
        offset.is_some_and(|offset| self.debug_unit.write(offset, write).is_some())
    }

    fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        self.rcc.reset(reason, by);
        self.pwr.reset();
        self.icache.reset();
        self.converter.reset();
        if reason == ResetReason::PowerOn {
            self.debug_unit.reset();
        }
    }
}

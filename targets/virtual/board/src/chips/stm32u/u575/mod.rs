//! STMicroelectronics STM32U575 (reference manual RM0456), as on a Nucleo-U575ZI-Q: what isn't common to all
//! STM32.

mod description;
mod map;
mod parts;
mod pwr;
mod rcc;

pub(super) use description::CHIP;
pub use description::DESCRIPTION;
use description::READ;

use crate::chips::stm32::{
    Clocks, DebugUnit, Family, FlashController, Gate, Layout, Resetter, Stm32, Unit, Write,
};
use crate::chips::stm32u::adc::Adc;
use crate::chips::stm32u::cache::Cache;
use crate::chips::stm32u::{DEBUG_UNIT, information, line};
use crate::chips::{FlashTiming, ResetReason};
use pwr::Pwr;
use rcc::Rcc;

/// The chip.
pub(in crate::chips) type Stm32u575 = Stm32<U575>;

/// What isn't common to all STM32.
pub(in crate::chips) struct U575 {
    rcc: Rcc,
    pwr: Pwr,
    /// ICACHE and DCACHE1.
    caches: [Cache; 2],
    /// ADC1 and ADC4.
    converters: [Adc; 2],
    debug_unit: DebugUnit,
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
            rcc: Rcc::new(),
            pwr: Pwr::new(),
            // Off; the ICACHE with two ways.
            caches: [Cache::new(4), Cache::new(0)],
            converters: [Adc::fast(), Adc::slow()],
            debug_unit: DebugUnit::new(IDCODE),
        }
    }

    fn clocks(&self) -> Clocks {
        self.rcc.clocks()
    }

    fn serial_clock(&self, number: usize) -> u64 {
        let (field, bus) = map::SERIAL_CLOCKS[number];
        self.rcc.serial_clock(field, bus)
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
            Unit::Cache(number) => self.caches[number].read(offset),
            Unit::Adc(number) => self.converters[number].read(offset),
            _ => None,
        }
    }

    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Rcc => self.rcc.write(offset, write, self.pwr.backup_access()),
            Unit::Pwr => self.pwr.write(offset, write),
            Unit::Cache(number) => self.caches[number].write(offset, write),
            Unit::Adc(number) => self.converters[number].write(offset, write),
            _ => None,
        }
    }

    fn reset_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Pwr => self.pwr.reset(),
            Unit::Cache(number) => self.caches[number].reset(),
            Unit::Adc(number) => self.converters[number].reset(),
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
        flash_timing(flash, &self.caches[map::ICACHE])
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
        for cache in &mut self.caches {
            cache.reset();
        }
        for converter in &mut self.converters {
            converter.reset();
        }
        if reason == ResetReason::PowerOn {
            self.debug_unit.reset();
        }
    }
}

/// How flash and ICACHE are set, in this chip and those like it.
pub(super) fn flash_timing(flash: &FlashController, icache: &Cache) -> FlashTiming {
    FlashTiming {
        wait_states: flash.latency(),
        sector_bytes: READ,
        instruction_cache: icache.is_on(),
        data_cache: false,
        prefetch: flash.prefetch(),
        unified_cache: true,
        single_port: false,
        counts_cache: false,
    }
}

//! STMicroelectronics STM32G0B1 (reference manual RM0444), as on a Nucleo-G0B1RE: what isn't common to all
//! STM32.

mod description;
mod information;
mod map;
mod parts;
mod pwr;
mod rcc;

pub use description::DESCRIPTION;

use super::stm32::{
    Clocks, DebugUnit, Family, FlashController, Layout, Rcc, Resetter, Stm32, Unit, Write,
};
use super::{FlashTiming, ResetReason};
use pwr::Pwr;

/// The chip.
pub(super) type Stm32g0b1 = Stm32<G0b1>;

/// What isn't common to all STM32.
pub(super) struct G0b1 {
    rcc: Rcc,
    pwr: Pwr,
    debug_unit: DebugUnit,
}

impl Family for G0b1 {
    const LAYOUT: Layout = Layout {
        description: &DESCRIPTION,
        map: &map::MAP,
        serial: &map::SERIAL,
        timers: &map::TIMERS,
        ports: &parts::PORTS,
        exti: &parts::EXTI,
        flash: &parts::FLASH,
        watchdog_line: map::line::WWDG,
        flash_line: map::line::FLASH,
        // The chip has no random number generator.
        random_line: None,
        option_bytes: &[0x1FFF_7800, 0x1FFF_F800],
    };

    fn new() -> Self {
        Self {
            rcc: Rcc::new(&rcc::LAYOUT),
            pwr: Pwr::new(),
            debug_unit: DebugUnit::new(information::IDCODE),
        }
    }

    fn clocks(&self) -> Clocks {
        rcc::clocks(&self.rcc)
    }

    fn serial_clock(&self, number: usize) -> u64 {
        rcc::serial_clock(&self.rcc, map::SERIAL_CLOCKS[number])
    }

    fn rcc(&self) -> &Rcc {
        &self.rcc
    }

    fn read(&mut self, unit: Unit, offset: u32) -> Option<u32> {
        match unit {
            Unit::Rcc => self.rcc.read(offset),
            Unit::Pwr => self.pwr.read(offset),
            Unit::Debug => self.debug_unit.read(offset),
            _ => None,
        }
    }

    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Rcc => self.rcc.write(offset, write, self.pwr.backup_access()),
            Unit::Pwr => self.pwr.write(offset, write),
            Unit::Debug => self.debug_unit.write(offset, write),
            _ => None,
        }
    }

    fn reset_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Pwr => self.pwr.reset(),
            Unit::Debug => self.debug_unit.reset(),
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
        FlashTiming {
            wait_states: flash.latency(),
            sector_bytes: description::READ,
            instruction_cache: flash.instruction_cache(),
            data_cache: false,
            prefetch: flash.prefetch(),
            unified_cache: false,
            single_port: true,
            counts_cache: false,
        }
    }

    fn system_memory(&self, address: u32) -> Option<(u32, bool)> {
        information::system_memory(address)
    }

    fn read_debug_unit(&mut self, _offset: u32) -> Option<u32> {
        None
    }

    fn write_debug_unit(&mut self, _offset: u32, _write: Write) -> bool {
        false
    }

    fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        self.rcc.reset(reason, by);
        self.pwr.reset();
        if reason == ResetReason::PowerOn {
            self.debug_unit.reset();
        }
    }
}

//! STMicroelectronics STM32L4R5 (reference manual RM0432), as on a Nucleo-L4R5ZI: what isn't common to
//! all STM32.

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
use description::{DUAL_BANK_READ, SINGLE_BANK_READ};
use pwr::Pwr;

/// The chip.
pub(super) type Stm32l4r5 = Stm32<L4r5>;

/// What isn't common to all STM32.
pub(super) struct L4r5 {
    rcc: Rcc,
    pwr: Pwr,
    debug_unit: DebugUnit,
}

/// Fields of CCIPR that choose the clocks of the serial ports, and their buses.
const SERIAL_CLOCKS: [(u32, usize); 6] = [(5, 0), (0, 1), (1, 0), (2, 0), (3, 0), (4, 0)];

impl Family for L4r5 {
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
        random_line: Some(map::line::RNG),
        option_bytes: &[0x1FF0_0000, 0x1FF0_1000],
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
        let (field, bus) = SERIAL_CLOCKS[number];
        rcc::usart_clock(&self.rcc, field, bus)
    }

    fn rcc(&self) -> &Rcc {
        &self.rcc
    }

    fn read(&mut self, unit: Unit, offset: u32) -> Option<u32> {
        match unit {
            Unit::Rcc => self.rcc.read(offset),
            Unit::Pwr => self.pwr.read(offset),
            _ => None,
        }
    }

    fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Rcc => self.rcc.write(offset, write, self.pwr.backup_access()),
            Unit::Pwr => self.pwr.write(offset, write),
            _ => None,
        }
    }

    fn reset_unit(&mut self, unit: Unit) {
        if unit == Unit::Pwr {
            self.pwr.reset();
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
            sector_bytes: if flash.dual_bank() {
                DUAL_BANK_READ
            } else {
                SINGLE_BANK_READ
            },
            instruction_cache: flash.instruction_cache(),
            data_cache: flash.data_cache(),
            prefetch: flash.prefetch(),
            unified_cache: false,
            single_port: false,
            counts_cache: false,
        }
    }

    fn system_memory(&self, address: u32) -> Option<(u32, bool)> {
        information::system_memory(address)
    }

    fn read_debug_unit(&mut self, offset: u32) -> Option<u32> {
        self.debug_unit.read(offset)
    }

    fn write_debug_unit(&mut self, offset: u32, write: Write) -> bool {
        self.debug_unit.write(offset, write).is_some()
    }

    fn reset(&mut self, reason: ResetReason, by: Option<Resetter>) {
        self.rcc.reset(reason, by);
        self.pwr.reset();
        if reason == ResetReason::PowerOn {
            self.debug_unit.reset();
        }
    }
}

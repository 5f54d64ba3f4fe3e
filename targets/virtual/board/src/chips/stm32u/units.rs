//! What the chips have alike beside RCC and PWR: caches, converters, the debug unit, and how flash is read.

use super::adc::Adc;
use super::cache::Cache;
use crate::chips::stm32::{DebugUnit, FlashController, Unit, Write};
use crate::chips::{FlashTiming, ResetReason};

/// Where DBGMCU lies behind 0xE004_2000.
const DEBUG_UNIT: u32 = 0x2000;
/// One flash read, bytes: 128 bits (RM0456, 7.3.1).
pub(super) const READ: u32 = 16;

/// The ICACHE among [`Unit::Cache`].
pub(super) const ICACHE: usize = 0;

/// The units.
pub(super) struct Units {
    /// The ICACHE first.
    caches: Vec<Cache>,
    converters: Vec<Adc>,
    debug_unit: DebugUnit,
}

impl Units {
    /// As power comes up, with what IDCODE says. The ICACHE is off, with two ways; behind it come so many
    /// DCACHEs, which are off too.
    pub fn new(data_caches: usize, converters: Vec<Adc>, idcode: u32) -> Self {
        let mut caches = vec![Cache::new(4)];
        caches.resize_with(1 + data_caches, || Cache::new(0));
        Self {
            caches,
            converters,
            debug_unit: DebugUnit::new(idcode),
        }
    }

    /// Reads a register of one of them; `None` if there is none.
    pub fn read(&self, unit: Unit, offset: u32) -> Option<u32> {
        match unit {
            Unit::Cache(number) => self.caches[number].read(offset),
            Unit::Adc(number) => self.converters[number].read(offset),
            _ => None,
        }
    }

    /// Writes such a register.
    pub fn write(&mut self, unit: Unit, offset: u32, write: Write) -> Option<()> {
        match unit {
            Unit::Cache(number) => self.caches[number].write(offset, write),
            Unit::Adc(number) => self.converters[number].write(offset, write),
            _ => None,
        }
    }

    /// A reset of one of them by the RCC.
    pub fn reset_unit(&mut self, unit: Unit) {
        match unit {
            Unit::Cache(number) => self.caches[number].reset(),
            Unit::Adc(number) => self.converters[number].reset(),
            _ => {}
        }
    }

    /// A reset of the whole chip.
    pub fn reset(&mut self, reason: ResetReason) {
        self.caches.iter_mut().for_each(Cache::reset);
        self.converters.iter_mut().for_each(Adc::reset);
        if reason == ResetReason::PowerOn {
            self.debug_unit.reset();
        }
    }

    /// How flash and ICACHE are set.
    pub fn flash_timing(&self, flash: &FlashController) -> FlashTiming {
        FlashTiming {
            wait_states: flash.latency(),
            sector_bytes: READ,
            instruction_cache: self.caches[ICACHE].is_on(),
            data_cache: false,
            prefetch: flash.prefetch(),
            unified_cache: true,
            single_port: false,
            counts_cache: false,
        }
    }

    /// Reads DBGMCU, by the offset from 0xE004_2000.
    pub fn read_debug_unit(&self, offset: u32) -> Option<u32> {
        self.debug_unit.read(offset.checked_sub(DEBUG_UNIT)?)
    }

    /// Writes it. False if there is none.
    pub fn write_debug_unit(&mut self, offset: u32, write: Write) -> bool {
        let offset = offset.checked_sub(DEBUG_UNIT);
        offset.is_some_and(|offset| self.debug_unit.write(offset, write).is_some())
    }
}

//! Caches as plain lists, and the fetch of instructions through one.

use super::lines::Lines;
use super::words::Flash;
use crate::chips::{FlashTiming, MemoryRegion};
use crate::cpu::Core;
use crate::timing::TimingParameters;
use crate::timing::pipeline::Source;
use crate::timing::port::Reading;

/// Fetches from any memory of a chip.
pub(super) struct Sectors {
    memory: MemoryRegion,
    flash: FlashTiming,
    wait_states: u32,
    miss: u32,
    pub cache: Lines,
    /// The sector that the flash reads on its own, and when it is there.
    prefetched: (u32, u64),
    /// Waits that nothing hides.
    waits: u32,
    /// Time at which the pipeline began.
    pub begin: u64,
}

impl Sectors {
    pub fn new(core: &Core) -> Self {
        let description = core.chip.description();
        let (flash, rules): (FlashTiming, TimingParameters) = (core.flash_timing, core.timing);
        Self {
            memory: description.flash.clone(),
            flash,
            wait_states: flash.wait_states + rules.flash_wait,
            miss: flash.wait_states + rules.flash_wait + rules.instruction_miss,
            cache: Lines::new(description.instruction_cache, flash.sector_bytes),
            prefetched: (u32::MAX, 0),
            waits: 0,
            begin: 0,
        }
    }

    /// The flash as a core sees it that fetches words over one bus.
    pub fn behind_one_bus(&mut self) -> Flash<'_> {
        Flash {
            reading: Reading {
                wait_states: self.miss,
                prefetch: self.flash.prefetch,
            },
            sector_bytes: self.flash.sector_bytes,
            cache: self.flash.instruction_cache.then_some(&mut self.cache),
        }
    }

    /// Waits that nothing hid since the last call.
    pub fn take_waits(&mut self) -> u32 {
        std::mem::take(&mut self.waits)
    }

    /// Place in the flash.
    pub fn offset(&self, address: u32) -> Option<u32> {
        let memory = &self.memory;
        let own = [(memory.origin, 0, memory.length)];
        own.iter()
            .chain(memory.aliases.iter())
            .find_map(|&(start, first, length)| {
                let offset = address.wrapping_sub(start);
                (offset < length).then_some(first + offset)
            })
    }

    /// When a sector that has to be read is there.
    fn read_sector(&mut self, sector: u32, requested: u64, wait_states: u32, first: bool) -> u64 {
        let wait_states = u64::from(wait_states);
        if !self.flash.prefetch {
            return requested + wait_states;
        }
        let cached = self.flash.instruction_cache;
        let ready = if sector == self.prefetched.0 && (cached || !first) {
            requested.max(self.prefetched.1)
        } else {
            requested + wait_states
        };
        self.prefetched = (sector + 1, ready + 1 + wait_states);
        ready
    }
}

impl Source for Sectors {
    fn read(&mut self, address: u32, requested: u32, first: bool) -> u32 {
        let Some(offset) = self.offset(address) else {
            return requested;
        };
        let sector = offset / self.flash.sector_bytes;
        if !first && !offset.is_multiple_of(self.flash.sector_bytes) {
            return requested;
        }
        let at = self.begin + u64::from(requested);
        let ready = if self.flash.single_port {
            // The words of its instructions come otherwise.
            at
        } else if !self.flash.instruction_cache {
            self.read_sector(sector, at, self.wait_states, first)
        } else if !self.cache.misses(offset) {
            at
        } else if self.flash.prefetch {
            self.read_sector(sector, at, self.miss, first)
        } else {
            self.waits += self.miss;
            at
        };
        (ready - self.begin) as u32
    }
}

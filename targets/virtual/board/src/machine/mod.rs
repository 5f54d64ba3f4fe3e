//! A machine: core and chip, run, looked at and changed.

mod counting;
mod debugged;
mod fault_report;
mod hooks;
mod inspect;
mod load;
mod outside;
mod profile;
mod reset;
mod run;

use std::sync::Arc;

use crate::chips::{
    Chip, Generic, GenericChip, ImpossibleChip, ResetReason, UnknownChip, chip_named,
};
use crate::cpu::Core;
use crate::cpu::blocks::CodeCache;
use crate::elf::Symbols;
use crate::faults::{Faults, MachineFault};
use crate::timing::{Mix, TimingParameters};

pub use counting::{BlockCost, ReportError, SegmentCost, WindowProfile};
pub use fault_report::FaultReport;
pub use hooks::Hook;
pub use inspect::MemoryError;
pub use load::LoadError;
pub use profile::{CallPath, FunctionCost, Profile};

/// How much is modelled while running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// Instructions only: each takes one cycle.
    InstructionsOnly,
    /// The whole cycle model.
    #[default]
    Full,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The cycles asked for have passed.
    Budget,
    /// The core is in debug state.
    Halted,
    /// The core is locked up: a fault in a fault handler, or no code to run.
    Lockup,
    /// The core sleeps and nothing will ever wake it.
    Asleep,
    /// The core has come to where it was to run, or a hook ended the run.
    Reached,
}

/// A core with its memories and peripherals.
pub struct Machine {
    core: Core,
    code: CodeCache,
    /// Whether `code` was decoded for code that may use the FPU.
    floats_allowed: bool,
    timing: Timing,
    /// Of the program that was loaded.
    symbols: Arc<Symbols>,
    hooks: hooks::Hooks,
    /// While functions are profiled.
    profiler: Option<Box<profile::Profiler>>,
    /// While the cycles of operators are counted.
    counting: Option<Box<counting::Counting>>,
    /// An operator that takes more cycles than it should while they are counted, and how many.
    slowed: Option<(usize, u64)>,
    /// Of the instructions of all samples.
    mix: Mix,
}

impl Machine {
    /// A board with the chip of this name, blank flash, powered and out of reset.
    ///
    /// # Errors
    /// [`UnknownChip`] if the name isn't one of [`CHIPS`](crate::CHIPS).
    pub fn new(chip: &str) -> Result<Self, UnknownChip> {
        Ok(Self::around(chip_named(chip)?))
    }

    /// A board with a chip as described, blank flash, powered and out of reset.
    ///
    /// # Errors
    /// [`ImpossibleChip`] if there can't be such a chip.
    pub fn generic(chip: &GenericChip) -> Result<Self, ImpossibleChip> {
        Ok(Self::around(Box::new(Generic::new(chip)?)))
    }

    fn around(chip: Box<dyn Chip>) -> Self {
        let description = chip.description();
        let code = CodeCache::new(
            description.flash.length as usize,
            description.ram.length as usize,
        );
        let mut board = Self {
            core: Core::new(chip),
            code,
            floats_allowed: false,
            timing: Timing::Full,
            symbols: Arc::default(),
            hooks: hooks::Hooks::default(),
            profiler: None,
            counting: None,
            slowed: None,
            mix: Mix::default(),
        };
        board.reset_for(ResetReason::PowerOn);
        board
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Chooses how much is modelled.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
        self.core.instructions_only = timing == Timing::InstructionsOnly;
        self.core.update_checks();
    }

    /// The parameters of the cycle model: those of the chip, until others are set.
    pub fn timing_parameters(&self) -> TimingParameters {
        self.core.timing
    }

    /// Sets the parameters of the cycle model from the next block on.
    pub fn set_timing_parameters(&mut self, parameters: TimingParameters) {
        self.core.timing = parameters;
        self.core.update_flash_timing();
        self.core.deadline = 0;
    }

    /// Cycles since power-up.
    pub fn cycles(&self) -> u64 {
        self.core.cycles
    }

    /// Cycles since power-up in which the core slept.
    pub fn sleep_cycles(&self) -> u64 {
        self.core.sleep_cycles
    }

    /// The clock of the core at the moment, Hz.
    pub fn clock_hz(&self) -> u64 {
        self.core.chip.core_hz()
    }

    /// Instructions executed since power-up. One that its condition skips counts.
    pub fn instructions(&self) -> u64 {
        self.core.instructions
    }

    /// Instructions executed between the two latest reads of DWT CYCCNT by the core.
    pub fn instructions_in_window(&self) -> u64 {
        self.core.window.latest - self.core.window.previous
    }

    /// Hits and misses of the instruction cache, as far as the program has had the chip count
    /// them.
    pub fn cache_counters(&self) -> crate::chips::CacheCounters {
        self.core.cache_counters
    }

    /// What the program touched that isn't modelled, each once.
    pub fn diagnostics(&self) -> impl Iterator<Item = &str> {
        self.core.diagnostics.iter().map(String::as_str)
    }

    /// The program counter.
    pub fn pc(&self) -> u32 {
        self.core.next_pc
    }

    /// A core register in the numbering of DCRSR (Armv7-M ARM, C1.6.3).
    pub fn register(&self, number: u32) -> u32 {
        self.core.debug_register(number)
    }

    /// Writes a core register in the numbering of DCRSR.
    pub fn set_register(&mut self, number: u32, value: u32) {
        self.core.set_debug_register(number, value);
    }

    /// Whether programming and erasing flash stall the core for as long as the data sheet says;
    /// they are instant otherwise.
    pub fn set_flash_takes_time(&mut self, takes_time: bool) {
        self.core.chip.set_flash_takes_time(takes_time);
    }

    /// Sets how the flash is divided, as the chip's option bytes do: two banks, or one that is read
    /// at twice the width. False for a chip without the choice.
    pub fn set_dual_bank(&mut self, dual_bank: bool) -> bool {
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.set_dual_bank(dual_bank, context))
    }

    /// Makes `fault` happen from now on.
    pub(crate) fn inject(&mut self, fault: MachineFault) {
        let core = &mut self.core;
        core.faults.inject(fault, core.cycles);
        core.flush_code = true;
        core.deadline = 0;
        core.update_checks();
    }

    /// Ends all injected faults. What they did to memory stays.
    pub(crate) fn clear_faults(&mut self) {
        self.core.faults = Faults::default();
        self.core.flush_code = true;
        self.core.update_checks();
    }
}

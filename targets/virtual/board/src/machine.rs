//! A machine: core and chip, and the loop that runs them.

mod debugged;
mod fault_report;
mod hooks;
mod inspect;
mod load;
mod profile;

use std::sync::Arc;

use crate::chips::{Chip, ResetReason, nrf52840::Nrf52840, stm32l4r5::Stm32l4r5};
use crate::cpu::blocks::{Block, CodeCache, NoBlock, advance_it};
use crate::cpu::op::{Kind, Op};
use crate::cpu::run::{Left, run_blocks};
use crate::cpu::{Core, Fault, Stop};
use crate::elf::Symbols;
use crate::faults::{Faults, HANG, MachineFault};
use crate::memory::{AccessSize, Place};
use crate::system::debug::{
    C_HALT, C_STEP, DFSR_BKPT, DFSR_DWTTRAP, DFSR_HALTED, DFSR_VCATCH, VC_CORERESET,
};
use crate::timing::{Mix, TimingParameters};

pub use fault_report::FaultReport;
pub use hooks::Hook;
pub use inspect::MemoryError;
pub use load::LoadError;
pub use profile::{FunctionCost, Profile};

/// The virtual chips there are, as board files name them.
pub const CHIPS: [&str; 2] = ["nrf52840", "stm32l4r5"];

/// There is no virtual chip of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no virtual chip \"{name}\"; there are: {}", CHIPS.join(", "))]
pub struct UnknownChip {
    /// The name that was asked for.
    pub name: String,
}

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
    /// Of the instructions of all samples.
    mix: Mix,
}

impl Machine {
    /// A board with the chip of this name, blank flash, powered and out of reset.
    ///
    /// # Errors
    /// [`UnknownChip`] if the name isn't one of [`CHIPS`].
    pub fn new(chip: &str) -> Result<Self, UnknownChip> {
        let chip: Box<dyn Chip> = match chip {
            "nrf52840" => Box::new(Nrf52840::new()),
            "stm32l4r5" => Box::new(Stm32l4r5::new()),
            _ => {
                return Err(UnknownChip {
                    name: chip.to_owned(),
                });
            }
        };
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
            mix: Mix::default(),
        };
        board.reset_for(ResetReason::PowerOn);
        Ok(board)
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Chooses how much is modelled.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
        self.core.instructions_only = timing == Timing::InstructionsOnly;
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

    /// Reset as by the pin: registers from the vector table, peripherals to their reset state. Memory
    /// and the debug domain keep theirs, but for C_HALT and C_STEP: only vector catch halts a core
    /// that comes out of reset.
    pub fn reset(&mut self) {
        self.reset_for(ResetReason::Pin);
    }

    fn reset_for(&mut self, reason: ResetReason) {
        let core = &mut self.core;
        let now = core.cycles;
        core.reset_requested = None;
        core.tell_asleep(false);
        core.with_chip(now, |chip, context| chip.reset(reason, context));
        self.reset_core();
    }

    /// The core's own reset; peripherals stay as they are.
    fn reset_core(&mut self) {
        let core = &mut self.core;
        let now = core.cycles;
        core.core_reset_requested = false;
        core.system.reset();
        core.clear_registers();
        core.other_sp = 0;
        core.control = 0;
        core.ipsr = 0;
        core.primask = false;
        core.faultmask = false;
        core.basepri = 0;
        core.it_state = 0;
        core.exclusive = None;
        core.event = false;
        core.fpscr = 0;
        core.stop = None;
        core.r[14] = u32::MAX;
        core.update_flash_timing();
        core.clear_caches();
        core.update_checks();
        core.deadline = 0;
        core.jumped = true;
        let debug = &mut core.system.debug;
        debug.lockup = false;
        debug.sleeping = false;
        debug.reset_since_read = true;
        debug.halted = false;
        debug.control &= !(C_HALT | C_STEP);
        let sp = core.read_bus(0, AccessSize::Word, now).unwrap_or(u32::MAX);
        let pc = core.read_bus(4, AccessSize::Word, now).unwrap_or(u32::MAX);
        core.r[13] = sp & !3;
        core.next_pc = pc & !1;
        core.arm_state = pc & 1 == 0;
        let debug = &mut core.system.debug;
        if debug.enabled() && (debug.demcr & VC_CORERESET != 0) {
            debug.halt(DFSR_VCATCH);
        }
    }

    /// Runs until `cycles` more have passed or the core stops.
    pub fn run(&mut self, cycles: u64) -> Ended {
        let limit = self.core.cycles.saturating_add(cycles);
        self.core.deadline = 0;
        match self.timing {
            Timing::Full => self.run_until::<true>(limit),
            Timing::InstructionsOnly => self.run_until::<false>(limit),
        }
    }

    fn run_until<const T: bool>(&mut self, limit: u64) -> Ended {
        loop {
            if self.core.cycles >= self.core.deadline
                && let Some(ended) = self.service::<T>(limit)
            {
                return ended;
            }
            let pc = self.core.next_pc;
            match self.code.at(&mut self.core, pc) {
                Ok(number) => self.run_blocks::<T>(number),
                Err(NoBlock::Fault(fault)) => self.core.raise(fault),
                Err(NoBlock::Mark) => {
                    if let Some(ended) = self.pass_mark::<T>(pc) {
                        return ended;
                    }
                }
                Err(NoBlock::Breakpoint) => self.stop_at(pc),
            }
        }
    }

    /// The core has come to an instruction with a breakpoint, a watchpoint or an injected hang.
    #[cold]
    fn stop_at(&mut self, pc: u32) {
        let core = &mut self.core;
        if core.faults.hangs_at(pc) {
            let passes = (core.deadline.saturating_sub(core.cycles)).div_ceil(HANG);
            core.pass_time_hanging(passes.max(1));
        } else if core.system.fpb.breaks_at(pc) {
            core.stop = Some(Stop::Breakpoint);
            self.handle_stop();
        } else {
            self.step();
        }
    }

    /// Runs blocks from block `number` on.
    fn run_blocks<const T: bool>(&mut self, number: usize) {
        let Self { core, code, .. } = self;
        if let Left::Inside(block, op) = run_blocks::<T>(core, code, &code.blocks[number]) {
            Self::leave_block::<T>(core, block, op);
            self.handle_stop();
        }
    }

    /// Runs one block.
    #[cold]
    #[inline(never)]
    fn run_one_block<const T: bool>(&mut self, number: usize) {
        // Any time is later than this deadline, and not what anything else sets.
        let deadline = std::mem::replace(&mut self.core.deadline, 1);
        self.run_blocks::<T>(number);
        if self.core.deadline == 1 {
            self.core.deadline = deadline;
        }
    }

    /// Accounts for a block that stopped at one of its instructions.
    #[cold]
    #[inline(never)]
    fn leave_block<const T: bool>(core: &mut Core, block: &Block, op: &Op) {
        let Some(stop) = core.stop else { return };
        // The instruction itself counts if it was completed.
        let completed = match stop {
            Stop::Supervisor | Stop::ExceptionReturn(_) | Stop::Sleep { .. } => true,
            Stop::Fault(Fault::InvalidState) => core.jumped,
            _ => false,
        };
        if !completed && block.float && !block.reaches_float(op) {
            core.unbegin_floating_point();
        }
        let executed = u64::from(op.index) + u64::from(completed);
        core.instructions += executed;
        if T {
            let cycles = if completed {
                block.cycles
            } else {
                u32::from(op.prefix)
            };
            core.cycles = core
                .cycles
                .wrapping_add(u64::from(cycles))
                .wrapping_add(core.extra);
            core.extra = 0;
        } else {
            core.cycles += executed + std::mem::take(&mut core.extra);
        }
        let address = block.start.wrapping_add(2 * u32::from(op.offset));
        if !completed {
            core.next_pc = address;
            core.it_state = it_state_at(core, block.start, address);
        } else if !core.jumped && !matches!(op.kind, Kind::LdmPc) {
            core.it_state = block.it_after;
        }
    }

    /// Acts on [`Core::stop`].
    fn handle_stop(&mut self) {
        let core = &mut self.core;
        let Some(stop) = core.stop.take() else { return };
        core.deadline = 0;
        match stop {
            Stop::Fault(fault) => core.raise(fault),
            Stop::Supervisor => core.supervisor_call(),
            Stop::Breakpoint | Stop::Watchpoint => {
                let reason = if stop == Stop::Breakpoint {
                    DFSR_BKPT
                } else {
                    DFSR_DWTTRAP
                };
                if core.system.debug.enabled() {
                    core.system.debug.halt(reason);
                } else {
                    core.debug_event(reason);
                }
            }
            Stop::LockUp => core.lock_up(),
            Stop::ExceptionReturn(value) => core.return_from_exception(value),
            Stop::Sleep { event } => {
                core.system.debug.sleeping = true;
                core.sleeps_for_event = event;
            }
        }
    }

    /// Everything that is not the straight execution of blocks. Returns why the run ends, or
    /// sets the next deadline.
    #[cold]
    #[inline(never)]
    fn service<const T: bool>(&mut self, limit: u64) -> Option<Ended> {
        loop {
            self.tidy_code();
            self.handle_stop();
            if let Some(reason) = self.core.reset_requested.take() {
                self.reset_for(reason);
                continue;
            }
            if self.core.core_reset_requested {
                self.reset_core();
                continue;
            }
            let now = self.core.cycles;
            self.core.pass_events(now);
            if !self.core.system.debug.sleeping {
                self.core.tell_asleep(false);
            }
            let core = &mut self.core;
            if core.system.dwt.cycle_match_due(now) && core.system.debug.takes_watchpoints() {
                core.stop = Some(Stop::Watchpoint);
                self.handle_stop();
                continue;
            }
            if core.system.debug.halted {
                return Some(Ended::Halted);
            }
            if core.system.debug.lockup && !core.leaves_lockup() {
                return Some(Ended::Lockup);
            }
            if std::mem::take(&mut core.step_requested) {
                // Entering a pending exception is a step of its own.
                let entered = core.system.exceptions.check && core.take_pending_exception();
                if !entered {
                    // Stopping here is the debugger's business.
                    let _ = self.act_at_mark(self.core.next_pc);
                    self.step();
                }
                if !self.core.system.debug.halted {
                    self.core.system.debug.halt(DFSR_HALTED);
                }
                continue;
            }
            if core.cycles >= limit {
                return Some(Ended::Budget);
            }
            if core.system.debug.sleeping {
                if core.wakes() {
                    core.system.debug.sleeping = false;
                    core.tell_asleep(false);
                } else if !core.told_asleep {
                    core.tell_asleep(true);
                    continue;
                } else {
                    let next = core
                        .system
                        .systick
                        .next_event()
                        .min(core.chip.next_event())
                        .min(core.system.dwt.next_cycle_match());
                    if next == u64::MAX {
                        return Some(Ended::Asleep);
                    }
                    let until = next.min(limit).max(core.cycles);
                    core.sleep_cycles += until - core.cycles;
                    core.cycles = until;
                    continue;
                }
            }
            if core.system.exceptions.check && core.take_pending_exception() {
                continue;
            }
            let monitored = core.steps_for_monitor();
            if core.it_state != 0 || core.arm_state || core.system.dwt.watches_data() || monitored {
                let pc = core.next_pc;
                if let Some(ended) = self.act_at_mark(pc) {
                    return Some(ended);
                }
                if self.core.next_pc != pc {
                    continue;
                }
                self.step();
                if monitored {
                    self.core.pend_monitor();
                }
                continue;
            }
            if core.faults.hang_due(core.cycles, core.next_pc) {
                core.flush_code = true;
                continue;
            }
            core.deadline = limit
                .min(core.system.systick.next_event())
                .min(core.chip.next_event())
                .min(core.system.dwt.next_cycle_match())
                .min(core.faults.next_hang());
            return None;
        }
    }

    /// Throws away decoded code that is out of date.
    fn tidy_code(&mut self) {
        let core = &mut self.core;
        // A change of privilege can change that.
        let allowed = core.floats_allowed();
        let changed = std::mem::replace(&mut self.floats_allowed, allowed) != allowed;
        if std::mem::take(&mut core.flush_code) || changed {
            core.stale_code.clear();
            self.code.flush(core);
        }
        while let Some(place) = core.stale_code.pop() {
            self.code.invalidate(place, core);
        }
        self.code.switch_to(core.view(core.privileged()));
    }

    /// Executes one instruction, or enters an exception that is pending, or lets the core sleep
    /// until something happens. A breakpoint doesn't stop it.
    pub fn step_instruction(&mut self) -> Ended {
        let was_halted = self.core.system.debug.halted;
        self.core.system.debug.halted = false;
        self.core.step_requested = true;
        let ended = self.run(0);
        let debug = &mut self.core.system.debug;
        if ended == Ended::Halted && !was_halted {
            debug.control &= !C_HALT;
            debug.halted = false;
            debug.dfsr &= !DFSR_HALTED;
            return Ended::Budget;
        }
        ended
    }

    /// Executes one instruction, whatever is pending.
    fn step(&mut self) {
        self.tidy_code();
        let core = &mut self.core;
        let pc = core.next_pc;
        if core.faults.hangs_at(pc) {
            core.pass_time_hanging(1);
            core.system.debug.retired_since_read = true;
            return;
        }
        if core.arm_state {
            core.raise(Fault::InvalidState);
            return;
        }
        let it = core.it_state;
        match self.code.single(core, pc) {
            Ok(number) => {
                let block = &self.code.blocks[number];
                let after = advance_it(it);
                if it != 0 && !core.holds(it >> 4) {
                    core.next_pc = block.end;
                    core.jumped = false;
                    core.cycles += 1;
                    core.instructions += 1;
                    core.it_state = after;
                } else {
                    // A block of one instruction: what comes behind it is known here.
                    let is_it = block.it_after != 0 && it == 0;
                    let next_it = if is_it { block.it_after } else { after };
                    core.it_state = 0;
                    core.deadline = 0;
                    match self.timing {
                        Timing::Full => self.run_blocks::<true>(number),
                        Timing::InstructionsOnly => self.run_blocks::<false>(number),
                    }
                    let core = &mut self.core;
                    if !core.jumped && core.next_pc == self.code.blocks[number].end {
                        core.it_state = next_it;
                    }
                }
                self.code.drop_last();
            }
            Err(NoBlock::Fault(fault)) => core.raise(fault),
            Err(NoBlock::Breakpoint | NoBlock::Mark) => {}
        }
        let core = &mut self.core;
        core.system.debug.retired_since_read = true;
        // A watchpoint on an instruction acts behind it.
        if core.watches_instruction(pc) {
            core.system.dwt.instruction(pc);
            core.stop.get_or_insert(Stop::Watchpoint);
        }
        self.handle_stop();
    }

    /// What UART `number` is called in the chip's manual. `None` if there is no such UART.
    pub fn serial_name(&self, number: usize) -> Option<&'static str> {
        self.core.chip.serial_name(number)
    }

    /// Takes what the chip has sent through UART `number`. Empty if there is no such UART.
    pub fn serial_output(&mut self, number: usize) -> Vec<u8> {
        self.core
            .chip
            .serial_line(number)
            .map(|line| line.from_chip.drain(..).collect())
            .unwrap_or_default()
    }

    /// Sends bytes to UART `number`, where they arrive at its baud rate. False if there is no such
    /// UART.
    pub fn serial_input(&mut self, number: usize, bytes: &[u8]) -> bool {
        let Some(line) = self.core.chip.serial_line(number) else {
            return false;
        };
        line.to_chip.extend(bytes);
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.serial_input(context));
        true
    }

    /// How many of the bytes sent to UART `number` it has yet to receive.
    pub fn serial_waiting(&mut self, number: usize) -> usize {
        self.core
            .chip
            .serial_line(number)
            .map_or(0, |line| line.to_chip.len())
    }

    /// Takes what the program has written to stimulus port `port` of the ITM: 0 to 31. The program
    /// or a debugger has to enable trace, the ITM and the port.
    pub fn itm_output(&mut self, port: usize) -> Vec<u8> {
        self.core.system.itm.take_output(port)
    }

    /// Drives a pin from outside, or lets it go. Pins of port P1 count from 32. False if there is
    /// no such pin.
    pub fn drive_pin(&mut self, pin: u32, level: Option<bool>) -> bool {
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.drive_pin(pin, level, context))
    }

    /// The level on a pin: what the chip drives, what is driven from outside, or the pull. `None`
    /// for a pin that floats or doesn't exist.
    pub fn pin(&self, pin: u32) -> Option<bool> {
        self.core.chip.pin(pin)
    }

    /// Sets what the chip's random number generator starts from. The same seed gives the same
    /// numbers.
    pub fn seed(&mut self, seed: u64) {
        self.core.chip.seed(seed);
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

    /// Copies out of flash or RAM, without the access budget of single reads. `None` if the
    /// range isn't wholly in one memory.
    pub fn read_memory(&self, address: u32, bytes: &mut [u8]) -> Option<()> {
        let (memory, offset) = match self.core.memory.locate(address)? {
            Place::Flash(offset) => (&self.core.memory.flash[..], offset as usize),
            Place::Ram(offset) => (self.core.memory.ram(), offset as usize),
        };
        bytes.copy_from_slice(memory.get(offset..offset + bytes.len())?);
        Some(())
    }

    /// Copies into RAM. `None` if the range isn't wholly in RAM.
    pub fn write_memory(&mut self, address: u32, bytes: &[u8]) -> Option<()> {
        let Place::Ram(offset) = self.core.memory.locate(address)? else {
            return None;
        };
        let start = offset as usize;
        self.core
            .memory
            .ram_mut()
            .get_mut(start..start + bytes.len())?
            .copy_from_slice(bytes);
        self.core.ram_changed(offset, offset + bytes.len() as u32);
        Some(())
    }
}

/// ITSTATE of the instruction at `target`, in a run that starts outside an IT block at `start`.
fn it_state_at(core: &Core, start: u32, target: u32) -> u8 {
    let half = |address: u32| {
        core.memory
            .locate(address)
            .and_then(|place| core.memory.read(place, AccessSize::HalfWord))
            .unwrap_or(0) as u16
    };
    let mut pc = start;
    let mut it = 0;
    while pc < target {
        let first = half(pc);
        it = if first & 0xFF00 == 0xBF00 && first & 0xF != 0 {
            first as u8
        } else {
            advance_it(it)
        };
        pc += if crate::cpu::decode::is_wide(first) {
            4
        } else {
            2
        };
    }
    it
}

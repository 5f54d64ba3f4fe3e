//! The core: registers, memory accesses, execution, exceptions.

pub(crate) mod blocks;
pub(crate) mod bus;
pub(crate) mod decode;
mod dispatch;
mod exception_handling;
pub(crate) mod execute;
mod flags;
pub(crate) mod float;
mod fusion;
pub(crate) mod op;
mod ppb;
mod register_file;
pub(crate) mod registers;
pub(crate) mod run;

use std::sync::Arc;

use self::bus::DataWay;
use self::op::Op;
use self::register_file::RegisterFile;
use self::run::waiting::Waiting;
use crate::chips::{CacheCounters, Chip, ChipContext, FlashTiming, ResetReason};
use crate::core_model::Architecture;
use crate::faults::{Faults, HANG};
use crate::marks::{Marks, Observer};
use crate::memory::Memory;
use crate::system::System;
use crate::system::dwt::{EventTotals, Window};
use crate::system::mpu::View;
use crate::timing::TimingParameters;
use crate::timing::cache::Cache;
use crate::timing::port::{Followed, Reading, Setting};
use crate::timing::prefetch::Prefetch;
use crate::timing::shares::Share;
use crate::timing::waits::{self, Waits};

/// Why a block stopped before its end, or what has to happen after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A synchronous fault; the PC is at the instruction.
    Fault(Fault),
    /// SVC was executed; the PC is behind it.
    Supervisor,
    /// BKPT; the PC is at the instruction.
    Breakpoint,
    /// An exception return value was branched to.
    ExceptionReturn(u32),
    /// WFI or WFE wants to sleep; the PC is behind it.
    Sleep {
        /// WFE: wakes on events.
        event: bool,
    },
    /// A watchpoint matched; the PC is behind the access.
    Watchpoint,
    /// A fault that can't be taken.
    LockUp,
}

/// Synchronous faults (B1.5.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Undefined,
    InvalidState,
    NoCoprocessor,
    /// A stack would pass its limit.
    StackOverflow,
    Unaligned,
    DivideByZero,
    /// Data access that the MPU refused.
    DataAccess(u32),
    /// Data access that the bus refused.
    DataBus(u32),
    /// Instruction fetch that the bus refused.
    InstructionBus,
    /// Instruction fetch that the memory map or the MPU refused.
    InstructionAccess,
}

/// One step into or out of an exception handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExceptionStep {
    Enter,
    Leave,
}

/// A fault as it was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordedFault {
    /// Its bit in CFSR.
    pub status: u32,
    /// The instruction, or the handler that could not be entered or left.
    pub pc: u32,
    /// The data address, where there is one.
    pub address: Option<u32>,
}

/// A fault or stop was raised: details are in [`Core::stop`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap;

/// What an unmodelled register or instruction was, reported once each.
pub(crate) type Diagnostics = std::collections::BTreeSet<String>;

/// The core with everything it reaches.
pub(crate) struct Core {
    /// R0-R12, SP, LR; `r[15]` is scratch for operations that read the PC.
    pub r: RegisterFile,
    /// The stack pointer that is not in use.
    pub other_sp: u32,
    /// MSPLIM and PSPLIM.
    pub stack_limits: [u32; 2],
    /// Bit 31 is N.
    pub n: u32,
    /// Zero if Z.
    pub z: u32,
    pub c: bool,
    /// Bit 31 is V.
    pub v: u32,
    pub q: bool,
    /// GE flags, 4 bits.
    pub ge: u32,
    /// ITSTATE at the PC, when not running inside a block.
    pub it_state: u8,
    /// EPSR.T was cleared, so the next instruction faults.
    pub arm_state: bool,
    pub ipsr: u32,
    pub primask: bool,
    pub faultmask: bool,
    pub basepri: u8,
    /// CONTROL: nPRIV, SPSEL, FPCA.
    pub control: u32,
    pub s: RegisterFile,
    pub fpscr: u32,
    /// Where the current floating-point context began: [`Core::instructions`] at the start of the
    /// block, and FPSCR before it.
    pub float_begun: Option<(u64, u32)>,
    pub exclusive: Option<u32>,
    /// The event register of WFE.
    pub event: bool,
    /// Whether the chip knows the core asleep.
    pub told_asleep: bool,
    /// Whether the core sleeps in WFE, so that an event wakes it.
    pub sleeps_for_event: bool,

    /// The PC between blocks; inside one, where to go on after it.
    pub next_pc: u32,
    /// Whether the block was left by a taken branch.
    pub jumped: bool,
    pub stop: Option<Stop>,

    /// Cycles up to the start of the block.
    pub cycles: u64,
    /// Cycles beyond the static ones in this block.
    pub extra: u64,
    /// Instructions up to the start of the block.
    pub instructions: u64,
    /// Each instruction takes one cycle.
    pub instructions_only: bool,
    pub last_group: u8,
    pub last_flash_sector: u32,
    pub window: Window,
    /// Time at which the run loop has to look up.
    pub deadline: u64,
    /// AIRCR.SYSRESETREQ was written, or the chip resets itself.
    pub reset_requested: Option<ResetReason>,
    /// AIRCR.VECTRESET was written.
    pub core_reset_requested: bool,
    /// The debugger wants one instruction.
    pub step_requested: bool,

    pub timing: TimingParameters,
    pub flash_timing: FlashTiming,
    pub data_way: DataWay,
    /// Base-2 logarithm of the bytes of one flash read.
    pub flash_sector_shift: u32,
    /// Cycles that reading data from flash takes beyond one.
    pub flash_data_wait: Waits,
    /// The cache for instructions.
    pub cache: Cache,
    /// What the flash reads on its own.
    pub prefetch: Prefetch,
    /// A flash behind one bus for instructions and data.
    pub followed: Followed,
    /// The cache for data, if the chip has one.
    pub data_cache: Option<Cache>,
    pub cache_counters: CacheCounters,
    /// All decoded blocks are out of date.
    pub flush_code: bool,
    /// Byte ranges of flash or RAM whose decoded blocks are out of date.
    pub stale_code: Vec<crate::memory::Place>,

    pub architecture: &'static Architecture,
    pub memory: Memory,
    pub system: System,
    pub chip: Box<dyn Chip>,
    pub diagnostics: Diagnostics,
    pub faults: Faults,
    pub marks: Marks,
    /// Cycles spent on entering and leaving exceptions, and asleep.
    pub exception_cycles: u64,
    pub sleep_cycles: u64,
    /// Cycles beyond the first of loads and stores, and instructions that took none, while the DWT
    /// counts them.
    pub load_store_cycles: u64,
    pub folded: u64,
    /// Of the block that is executing, while the DWT counts events: the shares of its
    /// instructions.
    pub shares: Arc<[Share]>,
    /// Its instructions that were skipped, one bit each, and what its loads and stores took beyond
    /// their shares. Only reset before a block whose events are counted.
    pub skipped: u64,
    pub load_store_extra: Waits,
    /// Whether the program waits for a peripheral.
    pub waiting: Waiting,
    /// Exceptions entered and left since the last look, while the program is observed.
    pub exception_steps: Option<Vec<ExceptionStep>>,
    /// The latest fault.
    pub last_fault: Option<RecordedFault>,
}

impl Core {
    pub fn new(chip: Box<dyn Chip>) -> Self {
        let description = &chip.description().clone();
        let flash_timing = chip.flash_timing();
        let cache = |shape| Cache::new(shape, flash_timing.sector_bytes, description.flash.length);
        let mut core = Self {
            r: RegisterFile::ZERO,
            other_sp: 0,
            stack_limits: [0; 2],
            n: 0,
            z: 1,
            c: false,
            v: 0,
            q: false,
            ge: 0,
            it_state: 0,
            arm_state: false,
            ipsr: 0,
            primask: false,
            faultmask: false,
            basepri: 0,
            control: 0,
            s: RegisterFile::ZERO,
            fpscr: 0,
            float_begun: None,
            exclusive: None,
            event: false,
            told_asleep: false,
            sleeps_for_event: false,
            next_pc: 0,
            jumped: true,
            stop: None,
            cycles: 0,
            extra: 0,
            instructions: 0,
            instructions_only: false,
            last_group: 1,
            last_flash_sector: u32::MAX,
            window: Window::default(),
            deadline: 0,
            reset_requested: None,
            core_reset_requested: false,
            step_requested: false,
            timing: description.timing,
            flash_timing,
            data_way: DataWay::Flash,
            flash_sector_shift: 0,
            flash_data_wait: 0,
            cache: cache(description.instruction_cache),
            prefetch: Prefetch::default(),
            followed: Followed::new(
                Setting::default(),
                description.instruction_cache.sets * description.instruction_cache.ways,
            ),
            data_cache: description.data_cache.map(cache),
            cache_counters: CacheCounters::default(),
            flush_code: true,
            stale_code: Vec::new(),
            architecture: description.core.architecture(),
            memory: Memory::new(description),
            system: System::new(description),
            chip,
            diagnostics: Diagnostics::new(),
            faults: Faults::default(),
            marks: Marks::default(),
            exception_cycles: 0,
            sleep_cycles: 0,
            load_store_cycles: 0,
            folded: 0,
            shares: Arc::default(),
            skipped: 0,
            load_store_extra: 0,
            waiting: Waiting::default(),
            exception_steps: None,
            last_fault: None,
        };
        core.update_flash_timing();
        core
    }

    /// Takes over how flash and caches are set, and the parameters; all decoded blocks are out of
    /// date.
    pub fn update_flash_timing(&mut self) {
        let before = std::mem::replace(&mut self.flash_timing, self.chip.flash_timing());
        let now = self.flash_timing;
        self.data_way = DataWay::of(&now);
        self.flash_sector_shift = now.sector_bytes.ilog2();
        let data_wait = now.wait_states + self.timing.flash_wait + self.timing.data_miss;
        self.flash_data_wait = waits::of_flash(data_wait);
        // Whether hits are counted is no matter of the cache itself.
        let resized = before.sector_bytes != now.sector_bytes;
        if resized || before.instruction_cache != now.instruction_cache {
            self.cache.clear(now.sector_bytes);
        }
        if resized || before.data_cache != now.data_cache {
            self.clear_data_cache();
        }
        self.followed.set(Setting {
            reading: Reading {
                wait_states: self.instruction_miss_cycles(),
                prefetch: now.prefetch,
            },
            cached: now.instruction_cache,
            data_wait,
        });
        self.flush_code = true;
    }

    /// Cycles that a miss of the instruction cache takes beyond a hit.
    pub fn instruction_miss_cycles(&self) -> u32 {
        self.flash_timing.wait_states + self.timing.flash_wait + self.timing.instruction_miss
    }

    /// Empties the data cache and the flash's read buffers.
    fn clear_data_cache(&mut self) {
        self.last_flash_sector = u32::MAX;
        if let Some(cache) = &mut self.data_cache {
            cache.clear(self.flash_timing.sector_bytes);
        }
    }

    /// Empties both caches.
    pub fn clear_caches(&mut self) {
        self.cache.clear(self.flash_timing.sector_bytes);
        self.followed.clear();
        self.clear_data_cache();
    }

    /// Decides whether every data access has to be looked at, or memory is reached directly.
    pub fn update_checks(&mut self) {
        let trap = self.system.scb.ccr & crate::system::scb::ccr::UNALIGN_TRP != 0;
        // With its cycles the short way sees whether an access is aligned.
        let trap = trap || self.instructions_only && !self.architecture.mainline;
        self.memory.set_checked(
            trap || self.system.mpu.enabled()
                || self.system.dwt.watches_data()
                || self.faults.watches_data(),
        );
    }

    /// By which rules of the MPU accesses of this privilege are judged now.
    pub fn view(&self, privileged: bool) -> View {
        let negative = self.faultmask || self.system.exceptions.in_fault_handler();
        self.system.mpu.view(privileged, negative)
    }

    /// Adds to the static cycles of the running block. [`Core::extra`] wraps: what skipped
    /// instructions save can come first.
    #[inline(always)]
    pub fn add_cycles(&mut self, cycles: u64) {
        self.extra = self.extra.wrapping_add(cycles);
    }

    /// [`Self::add_cycles`] of a load or store.
    #[inline(always)]
    pub fn add_load_store_cycles(&mut self, waits: Waits) {
        self.add_cycles(waits::cycles(waits));
        self.load_store_extra = self.load_store_extra.wrapping_add(waits);
    }

    /// Cycles and folded instructions of the first `count` instructions of the block that is
    /// executing, as far as its shares tell.
    fn shares_of(&self, count: usize) -> (u64, u64) {
        let executed = self.shares.iter().take(count).enumerate();
        let executed = executed.filter(|(at, _)| self.skipped >> (at & 63) & 1 == 0);
        executed.fold((0, 0), |(cycles, folded), (_, share)| {
            (
                cycles.wrapping_add_signed(share.load_store),
                folded + u64::from(share.folded),
            )
        })
    }

    /// Ends the counting of the events of a block of which `count` instructions were executed.
    pub fn count_events(&mut self, count: usize) {
        let (cycles, folded) = self.shares_of(count);
        self.load_store_cycles = self
            .load_store_cycles
            .wrapping_add(cycles)
            .wrapping_add(waits::cycles(self.load_store_extra));
        self.folded += folded;
        self.shares = Arc::default();
    }

    /// What the DWT counts, at time `now`: at the instruction `op`, or between two.
    pub fn event_totals(&self, now: u64, op: Option<&Op>) -> EventTotals {
        let index = op.map_or(0, |op| usize::from(op.index));
        let (mut load_store, folded) = self.shares_of(index);
        if !self.shares.is_empty() {
            load_store = load_store.wrapping_add(waits::cycles(self.load_store_extra));
        }
        EventTotals {
            cycles: now,
            instructions: self.instructions + index as u64,
            exception: self.exception_cycles,
            sleep: self.sleep_cycles,
            load_store: self.load_store_cycles.wrapping_add(load_store),
            folded: self.folded + folded,
        }
    }

    /// Notes that the instruction `index` of the running block reads CYCCNT.
    pub fn note_cycle_count_read(&mut self, index: u8, now: u64) {
        self.window.note(self.instructions + u64::from(index), now);
    }

    /// Notes something that isn't modelled; each text is kept once.
    pub fn report(&mut self, text: String) {
        const ENOUGH: usize = 100;
        if self.diagnostics.len() < ENOUGH && !self.diagnostics.contains(&text) {
            tracing::warn!("virtual board: {text}");
            self.diagnostics.insert(text);
        }
    }

    /// Lets the core branch to itself this many times.
    pub fn pass_time_hanging(&mut self, passes: u64) {
        self.cycles = self.cycles.saturating_add(passes.saturating_mul(HANG));
        self.instructions = self.instructions.wrapping_add(passes);
        self.jumped = true;
    }

    /// Calls the chip with everything it may touch, and carries out what it asks for.
    pub fn with_chip<R>(
        &mut self,
        now: u64,
        call: impl FnOnce(&mut dyn Chip, &mut ChipContext<'_>) -> R,
    ) -> R {
        let mut flash_changed = None;
        let mut timing_changed = false;
        let mut ram_changed = None;
        let mut interrupts = *self.system.exceptions.levels();
        let mut stall = 0;
        let mut reset = None;
        let mut reports = Vec::new();
        let result = call(
            self.chip.as_mut(),
            &mut ChipContext {
                now,
                flash: &mut self.memory.flash,
                ram: if self.memory.ram.is_empty() {
                    &mut self.memory.checked_ram
                } else {
                    &mut self.memory.ram
                },
                ram_changed: &mut ram_changed,
                flash_changed: &mut flash_changed,
                timing_changed: &mut timing_changed,
                cache_counters: &mut self.cache_counters,
                interrupts: &mut interrupts,
                stall: &mut stall,
                reset: &mut reset,
                reports: &mut reports,
            },
        );
        if let Some((start, end)) = flash_changed {
            self.flash_changed(start, end);
        }
        if timing_changed && self.flash_timing != self.chip.flash_timing() {
            self.update_flash_timing();
            let counts = self.flash_timing.counts_cache;
            self.marks.observe(Observer::CacheHits, counts);
        }
        if let Some((start, end)) = ram_changed {
            self.ram_changed(start, end);
        }
        self.system.exceptions.set_levels(&interrupts);
        if reset.is_some() {
            self.reset_requested = reset;
        }
        for text in reports {
            self.report(text);
        }
        self.add_cycles(stall);
        self.waiting.disturb();
        // Events may have moved.
        self.deadline = 0;
        result
    }

    /// Tells the chip that the core falls asleep, or wakes.
    pub fn tell_asleep(&mut self, asleep: bool) {
        if std::mem::replace(&mut self.told_asleep, asleep) != asleep {
            let now = self.cycles;
            self.with_chip(now, |chip, context| chip.set_asleep(asleep, context));
        }
    }

    /// Throws away what was decoded of the RAM bytes `start..end`.
    pub fn ram_changed(&mut self, start: u32, end: u32) {
        let granule = 1 << crate::memory::CODE_GRANULE_SHIFT;
        let mut at = start & !(granule - 1);
        while at < end {
            self.stale_code.push(crate::memory::Place::Ram(at));
            at += granule;
        }
        self.deadline = 0;
    }

    /// Throws away what was decoded or cached of the flash bytes `start..end`.
    pub fn flash_changed(&mut self, start: u32, end: u32) {
        self.clear_caches();
        let granule = 1 << crate::memory::CODE_GRANULE_SHIFT;
        if end - start > 64 * granule {
            self.flush_code = true;
            return;
        }
        let mut at = start & !(granule - 1);
        while at < end {
            self.stale_code.push(crate::memory::Place::Flash(at));
            at += granule;
        }
    }
}

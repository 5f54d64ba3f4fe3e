//! The slow reference: the pipeline stepped over the instructions that a program really executes,
//! with the addresses that they really reach.
//!
//! The engine computes what a block costs when it decodes it, and adds while running what depends on
//! data and history. The reference does neither: it simulates one instruction after the other, so
//! that every wait is where it occurs, and its caches are plain lists. What it finds the engine must
//! find too, within 2 %.

mod access;
mod caches;
mod lines;
mod mix;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;

use access::{Access, bank};
use caches::Sectors;
use lines::Lines;
pub use mix::Mix;
use words::{Use, Words};

use super::pipeline::{self, Entry, Pipeline, Step};
use super::{TimingParameters, shape};
use crate::chips::FlashTiming;
use crate::cpu::Core;
use crate::cpu::decode::{self, advance_it};
use crate::cpu::execute::divide_cycles;
use crate::cpu::op::{Kind, Op};
use crate::memory::{AccessSize, PERIPHERAL_GROUP, Place};
use crate::{Ended, Machine};

/// Counts the cycles of a program that a machine executes one instruction at a time.
///
/// Its caches are empty to begin with: let it step a while before its count is compared.
pub struct Reference {
    rules: TimingParameters,
    flash: FlashTiming,
    pipeline: Pipeline<Sectors>,
    data_cache: Option<Lines>,
    /// The flash's read buffer.
    last_sector: u32,
    /// The memory that the load before reached.
    last_group: u8,
    /// Of the two instructions before, the later first, the memory that a single store reached.
    stored: [Stored; 2],
    /// The instruction before, unless it was another's jump.
    before: Option<Step>,
    /// The bus of a core whose flash is behind the same one for instructions and data.
    words: Words,
    /// Cycles before those of the pipeline.
    cycles: u64,
    decoded: HashMap<(u32, u8), (Step, Op)>,
    mix: Mix,
}

impl Reference {
    /// A reference for what `machine` executes from now on.
    pub fn new(machine: &Machine) -> Self {
        let core = machine.core();
        let flash = core.flash_timing;
        let data_cache = core.chip.description().data_cache;
        Self {
            rules: core.timing,
            flash,
            pipeline: Pipeline::new(&core.timing, core.next_pc, Sectors::new(core), Entry::Jump),
            data_cache: data_cache.map(|shape| Lines::new(shape, flash.sector_bytes)),
            last_sector: u32::MAX,
            last_group: PERIPHERAL_GROUP,
            stored: [Stored::Nothing; 2],
            before: None,
            words: Words::NEW,
            cycles: 0,
            decoded: HashMap::new(),
            mix: Mix::default(),
        }
    }

    /// Cycles of all instructions so far.
    pub fn cycles(&self) -> u64 {
        self.cycles + u64::from(self.pipeline.total())
    }

    /// What it has stepped over so far.
    pub fn mix(&self) -> Mix {
        self.mix
    }

    /// Has the machine execute one instruction, or enter an exception, and counts the cycles.
    pub fn step(&mut self, machine: &mut Machine) -> Ended {
        let core = machine.core();
        if core.flash_timing != self.flash || core.timing != self.rules {
            let (cycles, mix) = (self.cycles(), self.mix);
            *self = Self::new(machine);
            (self.cycles, self.mix) = (cycles, mix);
        }
        let core = machine.core();
        let Some((step, op)) = self.decode(core) else {
            // It faults.
            return machine.step_instruction();
        };
        let executes = core.it_state == 0 || core.holds(core.it_state >> 4);
        let access = Access::of(core, &op).filter(|_| executes);
        let divide = if executes { divide_extra(core, &op) } else { 0 };
        let passed = core.exception_cycles + core.sleep_cycles;
        let instructions = core.instructions;
        let ended = machine.step_instruction();
        let core = machine.core();
        let elsewhere = core.exception_cycles + core.sleep_cycles - passed;
        let jumped = core.next_pc != step.address.wrapping_add(step.size);
        let mut refill = 0;
        if core.instructions != instructions {
            let shape = if executes {
                step.shape
            } else {
                step.shape.skipped()
            };
            let cost = self.pipeline.step(&Step { shape, ..step });
            let chained = cost.chained;
            // The whole fetch stands still meanwhile, so nothing catches up.
            self.cycles += u64::from(self.pipeline.source_mut().take_waits());
            self.mix.count(core, &step, (op.kind, &shape), access);
            let waits = access.map_or(0, |access| self.waits(core, access, chained));
            self.pipeline.wait(waits + divide);
            let stored = access.map_or(Stored::Nothing, |access| {
                if shape.class.is_store() {
                    Stored::To(bank(core, access.address))
                } else {
                    Stored::Else
                }
            });
            self.stored = [stored, self.stored[0]];
            let last = Step { shape, ..step };
            if jumped {
                refill = match self.before {
                    Some(before) => pipeline::refill(&self.rules, &[before, last]),
                    None => pipeline::refill(&self.rules, &[last]),
                };
            }
            self.before = Some(last);
            if self.flash.single_port {
                let waits =
                    self.waits_on_the_bus(core, &step, cost.cycles + refill, access, jumped);
                self.cycles += u64::from(waits);
            }
        }
        if jumped || elsewhere != 0 {
            if elsewhere != 0 {
                self.words.pass(elsewhere);
            }
            self.cycles += elsewhere + u64::from(self.pipeline.total() + refill);
            self.pipeline.source_mut().begin = self.cycles;
            self.pipeline.restart(core.next_pc, Entry::Jump);
            self.stored = [Stored::Nothing; 2];
            self.before = None;
        }
        ended
    }

    /// The instruction at the program counter.
    fn decode(&mut self, core: &Core) -> Option<(Step, Op)> {
        let (pc, it) = (core.next_pc, core.it_state);
        if let Some(&known) = self.decoded.get(&(pc, it)) {
            return Some(known);
        }
        let half = |address| {
            let place = core.memory.locate(address)?;
            Some(core.memory.read(place, AccessSize::HalfWord)? as u16)
        };
        let place = decode::Place {
            pc,
            in_it: it != 0,
            last_in_it: it != 0 && advance_it(it) == 0,
            mainline: core.architecture.mainline,
            armv8m: core.architecture.armv8m,
        };
        let second = half(pc.wrapping_add(2)).unwrap_or_default();
        let decoded = decode::decode(half(pc)?, second, place).ok()?;
        let step = Step {
            address: pc,
            size: decoded.size,
            shape: shape(&decoded.op, decoded.size, core.architecture.pipeline),
        };
        self.decoded.insert((pc, it), (step, decoded.op));
        Some((step, decoded.op))
    }

    /// What an access takes beyond its static cycles.
    fn waits(&mut self, core: &Core, access: Access, chained: bool) -> u32 {
        let mut waits = 0;
        if access.address & (access.bytes - 1) != 0 {
            waits += if access.bytes == 4 && access.address & 1 != 0 {
                self.rules.unaligned_odd_word
            } else {
                self.rules.unaligned
            };
        }
        for part in 0..access.count {
            let address = access.address.wrapping_add(part * access.bytes);
            let bank = bank(core, address);
            let (group, granted_late) = match bank {
                PERIPHERAL_GROUP => (bank, false),
                _ => (bank & 0xF, bank >> 4 != 0),
            };
            let overlaps = chained && group == self.last_group;
            if chained && !overlaps {
                waits += self.rules.lost_overlap;
            }
            if !access.store {
                if let Some(Place::Flash(offset)) = core.memory.locate(address) {
                    waits += self.flash_read(offset);
                }
                let behind_store = self.stored == [Stored::Nothing, Stored::To(bank)];
                if granted_late && part == 0 && !overlaps && !behind_store {
                    // The whole fetch stands still meanwhile.
                    self.cycles += u64::from(self.rules.bank_grant);
                }
                self.last_group = group;
            }
        }
        waits
    }

    /// What an instruction that takes so many cycles without any wait takes longer where there is one bus.
    fn waits_on_the_bus(
        &mut self,
        core: &Core,
        step: &Step,
        cycles: u32,
        access: Option<Access>,
        jumps: bool,
    ) -> u32 {
        let data = access.map_or((0, 0), |access| {
            let of_flash = matches!(core.memory.locate(access.address), Some(Place::Flash(_)));
            let rules = &self.rules;
            let waits = self.flash.wait_states + rules.flash_wait + rules.data_miss;
            (
                access.count,
                if of_flash && !access.store { waits } else { 0 },
            )
        });
        let source = self.pipeline.source_mut();
        let Some(at) = source.offset(step.address) else {
            // From RAM: the data alone.
            let waits = data.0 * data.1;
            self.words.pass(u64::from(cycles + waits));
            return waits;
        };
        let size = step.size;
        let it = Use {
            at,
            size,
            cycles,
            data,
            jumps,
        };
        self.words.step(&mut source.behind_one_bus(), &it) - cycles
    }

    /// Cycles that reading data at a byte of the flash waits.
    fn flash_read(&mut self, offset: u32) -> u32 {
        let wait_states = self.flash.wait_states + self.rules.flash_wait + self.rules.data_miss;
        if self.flash.single_port {
            // With its other waits on the bus.
            return 0;
        }
        let sector = offset / self.flash.sector_bytes;
        if std::mem::replace(&mut self.last_sector, sector) == sector {
            return 0;
        }
        if self.flash.unified_cache
            && self.flash.instruction_cache
            && !self.pipeline.source_mut().cache.misses(offset)
        {
            return 0;
        }
        if self.flash.data_cache
            && let Some(cache) = &mut self.data_cache
            && !cache.misses(offset)
        {
            return 0;
        }
        wait_states
    }
}

/// What an instruction wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    /// It doesn't access memory.
    Nothing,
    /// A single store to this bank.
    To(u8),
    /// It accesses memory otherwise.
    Else,
}

/// Cycles of a divide beyond its static one.
fn divide_extra(core: &Core, op: &Op) -> u32 {
    let (n, m) = (core.r[op.b], core.r[op.c]);
    let cycles = match op.kind {
        Kind::Udiv => divide_cycles(&core.timing, n, m),
        Kind::Sdiv => {
            let (n, m) = (n as i32, m as i32);
            divide_cycles(&core.timing, n.unsigned_abs(), m.unsigned_abs())
        }
        _ => 0,
    };
    cycles as u32
}

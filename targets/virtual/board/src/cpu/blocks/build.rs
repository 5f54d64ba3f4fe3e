//! From instructions in memory to a block.

use std::cell::Cell;

use super::block::{Block, NoBlock};
use super::fetch::{fetch, stops_at};
use crate::cpu::decode::{self, Decoded, advance_it};
use crate::cpu::fusion::fuse;
use crate::cpu::op::{Kind, Op};
use crate::cpu::{Core, Fault};
use crate::memory::{AccessSize, CODE_GRANULE_SHIFT, Place};
use crate::timing::pipeline::{self, Entry, Fetch, FetchEffect, Step};
use crate::timing::{Class, Shape, shape};

/// Instructions in a block at most.
pub(super) const LIMIT: usize = 96;

/// A block while it is decoded.
pub(super) struct Run {
    start: u32,
    pc: u32,
    it: u8,
    ops: Vec<Op>,
    pub steps: Vec<Step>,
    /// For each Skip: its place in `ops` and the instruction it covers.
    skips: Vec<(usize, usize)>,
    float: bool,
    fpu: bool,
}

impl Run {
    pub fn new(core: &Core, pc: u32) -> Self {
        Self {
            start: pc,
            pc,
            it: core.it_state,
            ops: Vec::new(),
            steps: Vec::new(),
            skips: Vec::new(),
            float: false,
            fpu: core.floats_allowed(),
        }
    }

    pub fn decode(&mut self, core: &mut Core, longest: usize) -> Result<(), NoBlock> {
        // With one instruction wanted, the condition of an IT block is the caller's business.
        let single = longest == 1;
        loop {
            let first = self.steps.is_empty();
            let ends = stops_at(core, self.pc) || !first && core.marks.divides(self.pc);
            if !single && ends {
                return if first {
                    Err(NoBlock::Breakpoint)
                } else {
                    Ok(())
                };
            }
            let decoded = match fetch(core, self.pc, self.it) {
                Ok(decoded) => decoded,
                Err(fault) if first => {
                    if fault == Fault::Undefined {
                        self.report_undefined(core);
                    }
                    return Err(NoBlock::Fault(fault));
                }
                // It faults when it is reached.
                Err(_) => return Ok(()),
            };
            let mut op = decoded.op;
            if op.kind.is_float() && !self.fpu {
                op = Op::new(Kind::NoCoprocessor);
            }
            self.float |= op.kind.is_float();
            self.append(op, &decoded, single);
            self.pc = self.pc.wrapping_add(decoded.size);
            self.it = if op.kind == Kind::It {
                op.imm as u8
            } else {
                advance_it(self.it)
            };
            let long = self.steps.len() >= longest && (single || self.may_be_cut());
            if op.ends_block() || long {
                return Ok(());
            }
        }
    }

    /// Whether a block may end behind what there is of it: a pipeline goes no further than its block,
    /// and so the overlap of accesses would be lost.
    fn may_be_cut(&self) -> bool {
        let accesses = (self.steps.last()).is_some_and(|step| step.shape.class.is_access());
        self.it == 0 && (!accesses || self.steps.len() >= LIMIT)
    }

    fn report_undefined(&self, core: &mut Core) {
        let half = |at: u32, core: &Core| {
            core.memory
                .locate(at)
                .and_then(|place| core.memory.read(place, AccessSize::HalfWord))
                .unwrap_or(0)
        };
        let first = half(self.pc, core);
        let text = if decode::is_wide(first as u16) {
            let second = half(self.pc.wrapping_add(2), core);
            format!(
                "undefined instruction {first:04x} {second:04x} at {:#010x}",
                self.pc
            )
        } else {
            format!("undefined instruction {first:04x} at {:#010x}", self.pc)
        };
        core.report(text);
    }

    /// Appends an instruction with its pseudo-operations.
    fn append(&mut self, op: Op, decoded: &Decoded, single: bool) {
        let index = self.steps.len() as u8;
        let offset = ((self.pc - self.start) >> 1) as u8;
        let begin = self.ops.len();
        if self.it != 0 && !single {
            let condition = self.it >> 4;
            self.ops.push(Op {
                a: condition,
                ..Op::new(Kind::Skip)
            });
        }
        if decoded.set_pc {
            self.ops.push(Op {
                imm: self.pc.wrapping_add(4),
                ..Op::new(Kind::SetPc)
            });
        }
        // The condition of what follows an IT is in its Skip.
        if !matches!(op.kind, Kind::Nop | Kind::It) || self.it != 0 {
            self.ops.push(op);
        }
        if decoded.align_sp {
            self.ops.push(Op::new(Kind::AlignSp));
        }
        for op in &mut self.ops[begin..] {
            op.offset = offset;
            op.index = index;
        }
        if self.it != 0 && !single {
            let covered = (self.ops.len() - begin - 1) as u8;
            self.ops[begin].b = covered;
            self.skips.push((begin, usize::from(index)));
        }
        self.steps.push(Step {
            address: self.pc,
            size: decoded.size,
            shape: shape(&op),
        });
    }

    /// Computes the costs and makes the block.
    pub fn finish(mut self, core: &mut Core, place: Place) -> Block {
        let fetch = fetch_from(core, place);
        let (costs, cycles) = pipeline::simulate(&core.timing, &self.steps, fetch, Entry::Fall);
        let (_, jumped) = pipeline::simulate(&core.timing, &self.steps, fetch, Entry::Jump);
        let fetch_effects = pipeline::fetch_effects(&core.timing, &self.steps, fetch, |step| {
            matches!(
                step.shape.class,
                Class::Load | Class::Store | Class::FloatLoad | Class::FloatStore
            )
        });
        for op in &mut self.ops {
            let index = usize::from(op.index);
            if op.is_instruction() {
                op.flags |= match fetch_effects[index] {
                    FetchEffect::None => 0,
                    FetchEffect::Absorbs => Op::ABSORBS,
                    FetchEffect::Restarts => Op::RESTARTS,
                };
                if granted_behind_store(&self.steps[..=index]) {
                    op.flags |= Op::GRANTED;
                }
            }
            let cost = costs[index];
            op.prefix = cost.before as u16;
            if cost.chained && op.is_instruction() {
                op.flags |= Op::CHAINED;
            }
            let next_chained = costs
                .get(usize::from(op.index) + 1)
                .is_some_and(|next| next.chained);
            if next_chained || core.memory.has_banks_granted_late() {
                op.flags |= Op::TRACKED;
            }
        }
        // A skipped instruction takes one cycle, and nothing overlaps with it.
        for &(at, covered) in &self.skips {
            let executed = std::mem::replace(&mut self.steps[covered].shape, Shape::SKIPPED);
            let (_, skipped) = pipeline::simulate(&core.timing, &self.steps, fetch, Entry::Fall);
            self.steps[covered].shape = executed;
            self.ops[at].imm = skipped.wrapping_sub(cycles);
        }
        let taken_extra = match self.steps.last().map(|step| step.shape.class) {
            Some(Class::Branch) => core.timing.refill,
            Some(Class::LateBranch | Class::LoadBranch(_)) => core.timing.late_refill,
            _ => 0,
        };
        let length = self.pc.wrapping_sub(self.start);
        let flash = match place {
            Place::Flash(offset) => Some(offset),
            Place::Ram(offset) => {
                // An unaligned store that starts up to three bytes before reaches the code too.
                let first = offset.saturating_sub(3) >> CODE_GRANULE_SHIFT;
                let last = (offset + length - 1) >> CODE_GRANULE_SHIFT;
                core.memory.mark_code(first as usize, last as usize);
                None
            }
        };
        fuse(&mut self.ops);
        if self.it != 0 {
            self.ops.push(Op {
                a: self.it,
                ..Op::new(Kind::StayInIt)
            });
        }
        Block {
            start: self.start,
            end: self.pc,
            ops: self.ops.into(),
            cycles,
            jump_extra: jumped.saturating_sub(cycles),
            taken_extra,
            instructions: self.steps.len() as u8,
            it_after: self.it,
            float: self.float,
            flash,
            epoch: Cell::new(0),
            waited: Cell::new(0),
            links: [const { Cell::new(Block::NONE) }; 2],
        }
    }
}

/// How a block at `place` is fetched, as far as that doesn't depend on what is in the cache.
pub(super) fn fetch_from(core: &Core, place: Place) -> Fetch {
    let timing = core.flash_timing;
    match place {
        Place::Flash(_) if !timing.instruction_cache => Fetch {
            wait_states: timing.wait_states + core.timing.flash_wait,
            sector_bytes: timing.sector_bytes,
            prefetch: timing.prefetch,
            sector_read: 0,
        },
        _ => Fetch::AT_ONCE,
    }
}

/// Whether the last of these instructions is a load that finds its bank granted because of a store
/// two instructions before it.
fn granted_behind_store(steps: &[Step]) -> bool {
    let [.., store, between, load] = steps else {
        return false;
    };
    load.shape.class.is_load() && !between.shape.class.is_access() && store.shape.class.is_store()
}

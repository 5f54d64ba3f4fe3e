//! From instructions in memory to a block.

use std::cell::Cell;
use std::fmt::Write;

use super::block::{Block, NoBlock};
use super::fetch::{fetch, stops_at};
use crate::cpu::decode::{self, Decoded, advance_it};
use crate::cpu::flags::leave_unread;
use crate::cpu::fusion::fuse;
use crate::cpu::op::{Kind, Op};
use crate::cpu::{Core, Fault};
use crate::memory::{AccessSize, CODE_GRANULE_SHIFT, Place};
use crate::timing::pipeline::{self, Cost, Entry, Fetch, FetchEffect, Step};
use crate::timing::port::{self, Fetched, InFlash, Wanted};
use crate::timing::{Class, PipelineKind, shape};

/// Instructions in a block at most.
pub(super) const LIMIT: usize = 96;

/// The place in the register file for what is computed for the SP.
const COMPUTED_SP: u8 = 16;

/// What an instruction does to a stack pointer that has a limit (Armv8-M Architecture Reference Manual, B3.21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StackUse {
    /// Nothing that the limit is tested for: a load to the SP and a move are none.
    Unlimited,
    /// It adds to the SP or subtracts from it.
    Computes,
    /// It writes back the SP as base of an access, moved by so much.
    Moves(u32),
}

impl StackUse {
    fn of(op: &Op) -> Self {
        use Kind as K;
        if op.b != 13 {
            return Self::Unlimited;
        }
        let words = 4 * u32::from(op.c);
        let (down, writes_back) = (op.d & 1 != 0, op.d & 2 != 0);
        match op.kind {
            K::AddImm
            | K::AddImmS
            | K::SubImmS
            | K::AddReg
            | K::AddRegS
            | K::SubReg
            | K::SubRegS
            | K::AddLsl
            | K::SubLsl
            | K::Shifted
                if op.a == 13 =>
            {
                Self::Computes
            }
            K::LdrPre
            | K::LdrPost
            | K::LdrPcPre
            | K::LdrPcPost
            | K::StrPre
            | K::StrPost
            | K::LdrbPre
            | K::LdrbPost
            | K::LdrhPre
            | K::LdrhPost
            | K::LdrsbPre
            | K::LdrsbPost
            | K::LdrshPre
            | K::LdrshPost
            | K::StrbPre
            | K::StrbPost
            | K::StrhPre
            | K::StrhPost => Self::Moves(op.imm),
            K::Ldrd | K::Strd if writes_back => Self::Moves(op.imm),
            K::Ldm | K::LdmPc | K::Stm if writes_back && down => Self::Moves(words.wrapping_neg()),
            K::Ldm | K::LdmPc | K::Stm if writes_back => Self::Moves(words),
            K::Vldm | K::Vstm if writes_back && down => Self::Moves(op.imm.wrapping_neg()),
            K::Vldm | K::Vstm if writes_back => Self::Moves(op.imm),
            _ => Self::Unlimited,
        }
    }
}

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
    pipeline: PipelineKind,
    /// Armv8-M's limits of the stacks are tested.
    limited: bool,
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
            pipeline: core.architecture.pipeline,
            limited: core.limits_stacks(),
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
        let first = first as u16;
        let second = if decode::is_wide(first) {
            half(self.pc.wrapping_add(2), core) as u16
        } else {
            0
        };
        let mut text = format!("undefined instruction {first:04x}");
        if decode::is_wide(first) {
            let _ = write!(text, " {second:04x}");
        }
        let _ = write!(text, " at {:#010x}", self.pc);
        let own = decode::Place {
            pc: self.pc,
            in_it: false,
            last_in_it: false,
            mainline: core.architecture.mainline,
            armv8m: core.architecture.armv8m,
        };
        if let Some(architecture) = decode::other_architecture(first, second, own) {
            let name = core.chip.description().core.name();
            let _ = write!(
                text,
                ": one of {architecture}'s, which a {name} doesn't have"
            );
        } else if own.armv8m && decode::is_secure(first, second) {
            text += ": it belongs to TrustZone, and this core has no Security Extension";
        }
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
        let stack = if self.limited {
            StackUse::of(&op)
        } else {
            StackUse::Unlimited
        };
        if let StackUse::Moves(by) = stack {
            self.ops.push(Op {
                imm: by,
                ..Op::new(Kind::CheckSp)
            });
        }
        // The condition of what follows an IT is in its Skip.
        if !matches!(op.kind, Kind::Nop | Kind::It) || self.it != 0 {
            self.ops.push(match stack {
                StackUse::Computes => Op {
                    a: COMPUTED_SP,
                    ..op
                },
                _ => op,
            });
        }
        if stack == StackUse::Computes {
            self.ops.push(Op {
                b: COMPUTED_SP,
                ..Op::new(Kind::SetSp)
            });
        } else if decoded.align_sp {
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
            shape: shape(&op, decoded.size, self.pipeline),
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
            let executed = self.steps[covered].shape;
            self.steps[covered].shape = executed.skipped();
            let (_, skipped) = pipeline::simulate(&core.timing, &self.steps, fetch, Entry::Fall);
            self.steps[covered].shape = executed;
            self.ops[at].imm = skipped.wrapping_sub(cycles);
        }
        let jump_extra = jumped.saturating_sub(cycles);
        let taken_extra = pipeline::refill(&core.timing, &self.steps);
        let length = self.pc.wrapping_sub(self.start);
        let flash = match place {
            Place::Flash(offset) => Some(Box::new(InFlash {
                start: offset,
                first_sector: offset / core.flash_timing.sector_bytes,
                sectors: self.sectors(core, offset, &costs),
                cycles,
                jump_extra,
                taken_extra,
            })),
            Place::Ram(offset) => {
                // An unaligned store that starts up to three bytes before reaches the code too.
                let first = offset.saturating_sub(3) >> CODE_GRANULE_SHIFT;
                let last = (offset + length - 1) >> CODE_GRANULE_SHIFT;
                core.memory.mark_code(first as usize, last as usize);
                None
            }
        };
        leave_unread(&mut self.ops);
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
            jump_extra,
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

    /// When the sectors of the flash are wanted in which it lies from the byte `start` on, if its instructions have
    /// these costs: of a flash behind one bus.
    fn sectors(&self, core: &Core, start: u32, costs: &[Cost]) -> Box<[Wanted]> {
        if !core.flash_timing.single_port {
            return Box::default();
        }
        let instructions = self.steps.iter().zip(costs);
        let instructions = instructions.map(|(step, cost)| Fetched {
            size: step.size,
            before: cost.before,
            cycles: cost.cycles,
            accesses: step.shape.class.is_access(),
        });
        let instructions: Vec<_> = instructions.collect();
        port::wanted(start, core.flash_timing.sector_bytes, &instructions)
    }
}

/// How a block at `place` is fetched, as far as that doesn't depend on what is in the cache.
pub(super) fn fetch_from(core: &Core, place: Place) -> Fetch {
    let timing = core.flash_timing;
    match place {
        Place::Flash(_) if !timing.instruction_cache && !timing.single_port => Fetch {
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

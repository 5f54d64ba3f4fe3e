//! The code cache: straight runs of instructions, decoded once.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use super::decode::{self, Decoded, Undecodable};
use super::fusion::fuse;
use super::op::{Kind, Op};
use super::{Core, Fault};
use crate::memory::{AccessSize, CODE_GRANULE_SHIFT, Place};
use crate::system::mpu::{Access, View};
use crate::timing::pipeline::{self, Entry, Fetch, FetchEffect, Step};
use crate::timing::shares::Share;
use crate::timing::{Class, Shape, shape};

/// Instructions in a block at most, but for IT blocks and accesses in a row, which aren't cut.
const LONGEST: usize = 64;
/// Instructions in a block at most.
const LIMIT: usize = 96;
/// Pre-decoded operations kept before everything is thrown away and decoded afresh.
const OPS_LIMIT: usize = 1 << 21;

/// A decoded run of instructions, one cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Block {
    /// [`Block::GONE`] if what it was decoded from has changed.
    pub start: u32,
    /// Address behind the last instruction.
    pub end: u32,
    pub ops: Box<[Op]>,
    /// Static cycles when fallen into.
    pub cycles: u32,
    /// Cycles that being jumped to adds.
    pub jump_extra: u32,
    /// Cycles that leaving by a taken branch adds.
    pub taken_extra: u32,
    pub instructions: u8,
    /// ITSTATE behind the block, if it ends inside an IT block.
    pub it_after: u8,
    /// Contains floating-point instructions.
    pub float: bool,
    /// Offset in the flash, if it lies there.
    flash: Option<u32>,
    /// Epoch of the instruction cache at which all of the block was in it.
    pub epoch: Cell<u32>,
    /// Cycles beyond the static ones that executing it took last, without its own fetch.
    pub waited: Cell<u32>,
    /// Numbers of the blocks that came behind it last: fallen into, and jumped to.
    links: [Cell<u32>; 2],
}

const _: () = assert!(size_of::<Block>() == 64);

impl Block {
    /// Where no instruction starts.
    const GONE: u32 = u32::MAX;
    /// The number of no block.
    const NONE: u32 = u32::MAX;

    /// The range of bytes in the flash, if it lies there.
    pub fn flash_bytes(&self) -> Option<(u32, u32)> {
        let length = self.end.wrapping_sub(self.start);
        self.flash.map(|start| (start, start + length))
    }

    /// Whether one of its operations up to `op`, which is one of them, needs the floating-point unit.
    pub fn reaches_float(&self, op: &Op) -> bool {
        let at = self.ops.iter().position(|other| std::ptr::eq(other, op));
        let (before, behind) = self.ops.split_at(at.map_or(0, |at| at + 1));
        // The first of a group has the group's kind, the others have their own.
        let first_of_group = op.kind as u16 > Kind::Vmsr as u16;
        let floats = |op: Option<&Op>| op.is_some_and(|op| is_float(op.kind));
        first_of_group && floats(behind.first()) || before.iter().any(|op| floats(Some(op)))
    }
}

/// Why there is no block at an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoBlock {
    /// The first instruction can't be fetched or decoded.
    Fault(Fault),
    /// There is a breakpoint on the first instruction.
    Breakpoint,
    /// The run loop is to look up before the first instruction: [`CodeCache::behind_mark`] has
    /// the block.
    Mark,
}

/// All blocks, and where they start.
#[derive(Debug, Default)]
pub(crate) struct CodeCache {
    pub blocks: Vec<Block>,
    /// Operations of all blocks.
    op_count: usize,
    /// Block number + 1 for each half-word of flash and of RAM.
    flash: Vec<u32>,
    ram: Vec<u32>,
    /// The rules by which the blocks in `flash` and `ram` were fetched, and the same tables by
    /// the other rules: empty until there are any.
    view: View,
    others: [(Vec<u32>, Vec<u32>); View::COUNT],
    /// Where blocks that start at a mark are in memory, and their numbers, by view and address.
    marked: HashMap<(View, u32), (Place, usize)>,
    /// Of blocks whose events are counted.
    shares: HashMap<(View, u32), Arc<[Share]>>,
}

impl CodeCache {
    pub fn new(flash_bytes: usize, ram_bytes: usize) -> Self {
        Self {
            blocks: Vec::new(),
            op_count: 0,
            flash: vec![0; flash_bytes / 2],
            ram: vec![0; ram_bytes / 2],
            view: View::default(),
            others: Default::default(),
            marked: HashMap::new(),
            shares: HashMap::new(),
        }
    }

    /// Goes on with the blocks fetched by the rules of `view`.
    pub fn switch_to(&mut self, view: View) {
        if view == self.view {
            return;
        }
        let (flash, ram) = (self.flash.len(), self.ram.len());
        let old = &mut self.others[self.view as usize];
        std::mem::swap(&mut self.flash, &mut old.0);
        std::mem::swap(&mut self.ram, &mut old.1);
        let new = &mut self.others[view as usize];
        std::mem::swap(&mut self.flash, &mut new.0);
        std::mem::swap(&mut self.ram, &mut new.1);
        self.flash.resize(flash, 0);
        self.ram.resize(ram, 0);
        self.view = view;
    }

    /// Forgets everything.
    pub fn flush(&mut self, core: &mut Core) {
        self.blocks.clear();
        self.op_count = 0;
        self.flash.fill(0);
        self.ram.fill(0);
        self.others = Default::default();
        self.marked.clear();
        self.shares.clear();
        core.memory.forget_code();
    }

    /// Forgets blocks that may contain bytes of one granule.
    pub fn invalidate(&mut self, place: Place, core: &mut Core) {
        let granule = 1_usize << CODE_GRANULE_SHIFT;
        let offset = match place {
            Place::Flash(offset) => offset as usize,
            Place::Ram(offset) => {
                core.memory.ram_code[offset as usize >> CODE_GRANULE_SHIFT] = 0;
                offset as usize
            }
        };
        // A block of the longest size that starts before may reach into the granule.
        let first = (offset & !(granule - 1)).saturating_sub(4 * (LIMIT + 8));
        // The store may reach up to three bytes beyond it.
        let last = (offset & !(granule - 1)) + granule + 4;
        let in_use = std::iter::once((&mut self.flash, &mut self.ram));
        for (flash, ram) in in_use.chain(self.others.iter_mut().map(|(f, r)| (f, r))) {
            let index = match place {
                Place::Flash(_) => flash,
                Place::Ram(_) => ram,
            };
            let end = (last / 2).min(index.len());
            for slot in &mut index[(first / 2).min(end)..end] {
                discard(&mut self.blocks, slot);
            }
        }
        self.shares.clear();
        self.marked.retain(|_, (block, _)| match (place, *block) {
            (Place::Flash(_), Place::Flash(at)) | (Place::Ram(_), Place::Ram(at)) => {
                !(first..last).contains(&(at as usize))
            }
            _ => true,
        });
    }

    /// The block at [`Core::next_pc`], behind `block`; the same one as the last time isn't looked
    /// up. `None` if it isn't decoded or the PC is in an alias.
    #[inline(always)]
    pub fn behind(&self, core: &Core, block: &Block) -> Option<&Block> {
        let link = &block.links[usize::from(core.jumped)];
        match self.blocks.get(link.get() as usize) {
            Some(next) if next.start == core.next_pc => Some(next),
            _ => self.find(core, link),
        }
    }

    /// [`Self::behind`] by the index, and notes the number for the next time.
    #[inline(never)]
    fn find(&self, core: &Core, link: &Cell<u32>) -> Option<&Block> {
        let pc = core.next_pc;
        let flash = pc.wrapping_sub(core.memory.flash_origin) as usize >> 1;
        let ram = pc.wrapping_sub(core.memory.ram_origin) as usize >> 1;
        let number = self.flash.get(flash).or_else(|| self.ram.get(ram))?;
        let number = number.wrapping_sub(1);
        let block = self.blocks.get(number as usize)?;
        if block.start != pc {
            return None;
        }
        link.set(number);
        Some(block)
    }

    /// The block that starts at `pc`; decodes it if it isn't there.
    pub fn at(&mut self, core: &mut Core, pc: u32) -> Result<usize, NoBlock> {
        let place = fetched_from(core, pc).map_err(NoBlock::Fault)?;
        if core.marks.stops_at(pc) && !stops_at(core, pc) {
            return Err(NoBlock::Mark);
        }
        let slot = match place {
            Place::Flash(offset) => self.flash.get(offset as usize >> 1),
            Place::Ram(offset) => self.ram.get(offset as usize >> 1),
        };
        if let Some(&number) = slot
            && number != 0
            && self.blocks[number as usize - 1].start == pc
        {
            return Ok(number as usize - 1);
        }
        if self.op_count > OPS_LIMIT {
            self.flush(core);
        }
        let number = self.build(core, pc, place, LONGEST)?;
        let slot = match place {
            Place::Flash(offset) => self.flash.get_mut(offset as usize >> 1),
            Place::Ram(offset) => self.ram.get_mut(offset as usize >> 1),
        };
        if let Some(slot) = slot {
            discard(&mut self.blocks, slot);
            *slot = number as u32 + 1;
        }
        Ok(number)
    }

    /// The block that starts at the mark at `pc`; decodes it if it isn't there.
    pub fn behind_mark(&mut self, core: &mut Core, pc: u32) -> Result<usize, NoBlock> {
        if let Some(&(_, number)) = self.marked.get(&(self.view, pc)) {
            return Ok(number);
        }
        if self.op_count > OPS_LIMIT {
            self.flush(core);
        }
        let place = fetched_from(core, pc).map_err(NoBlock::Fault)?;
        let number = self.build(core, pc, place, LONGEST)?;
        self.marked.insert((self.view, pc), (place, number));
        Ok(number)
    }

    /// What the instructions of the block at `pc` add to the event counters.
    pub fn shares(&mut self, core: &mut Core, pc: u32) -> Arc<[Share]> {
        if let Some(shares) = self.shares.get(&(self.view, pc)) {
            return Arc::clone(shares);
        }
        let mut run = Run::new(core, pc);
        // What can't be decoded has no share in anything.
        let _ = run.decode(core, LONGEST);
        let (costs, _) = pipeline::simulate(&core.timing, &run.steps, Fetch::AT_ONCE, Entry::Fall);
        let shares: Arc<[Share]> = run
            .steps
            .iter()
            .zip(&costs)
            .map(|(step, cost)| Share::new(&step.shape, cost))
            .collect();
        self.shares.insert((self.view, pc), Arc::clone(&shares));
        shares
    }

    /// Decodes a block of up to `longest` instructions that starts at `pc`.
    fn build(
        &mut self,
        core: &mut Core,
        pc: u32,
        place: Place,
        longest: usize,
    ) -> Result<usize, NoBlock> {
        let mut run = Run::new(core, pc);
        run.decode(core, longest)?;
        let block = run.finish(core, place);
        self.op_count += block.ops.len();
        self.blocks.push(block);
        Ok(self.blocks.len() - 1)
    }

    /// Decodes the one instruction at `pc` into a block that is not kept in the index; the
    /// caller takes it back with [`CodeCache::drop_last`]. Breakpoints are not looked at.
    pub fn single(&mut self, core: &mut Core, pc: u32) -> Result<usize, NoBlock> {
        let place = fetched_from(core, pc).map_err(NoBlock::Fault)?;
        self.build(core, pc, place, 1)
    }

    /// Takes back the block made last.
    pub fn drop_last(&mut self) {
        if let Some(block) = self.blocks.pop() {
            self.op_count -= block.ops.len();
        }
    }
}

/// Empties a slot of the index. No block leads to the one that was there any more.
fn discard(blocks: &mut [Block], slot: &mut u32) {
    let number = std::mem::take(slot).wrapping_sub(1);
    if let Some(block) = blocks.get_mut(number as usize) {
        block.start = Block::GONE;
    }
}

/// A block while it is decoded.
struct Run {
    start: u32,
    pc: u32,
    it: u8,
    ops: Vec<Op>,
    steps: Vec<Step>,
    /// For each Skip: its place in `ops` and the instruction it covers.
    skips: Vec<(usize, usize)>,
    float: bool,
    fpu: bool,
}

impl Run {
    fn new(core: &Core, pc: u32) -> Self {
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

    fn decode(&mut self, core: &mut Core, longest: usize) -> Result<(), NoBlock> {
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
            if is_float(op.kind) && !self.fpu {
                op = Op::new(Kind::NoCoprocessor);
            }
            self.float |= is_float(op.kind);
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
    fn finish(mut self, core: &mut Core, place: Place) -> Block {
        let timing = core.flash_timing;
        let read_from_flash = |wait_states| Fetch {
            wait_states,
            sector_bytes: timing.sector_bytes,
            prefetch: timing.prefetch,
            sector_read: 0,
        };
        let fetch = match place {
            Place::Flash(_) if !timing.instruction_cache => {
                read_from_flash(timing.wait_states + core.timing.flash_wait)
            }
            _ => Fetch::AT_ONCE,
        };
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

/// Whether the last of these instructions is a load that finds its bank granted because of a store
/// two instructions before it.
fn granted_behind_store(steps: &[Step]) -> bool {
    let [.., store, between, load] = steps else {
        return false;
    };
    load.shape.class.is_load() && !between.shape.class.is_access() && store.shape.class.is_store()
}

/// Whether the instruction at `pc` isn't to be executed like others: a breakpoint, an injected
/// hang, or a watchpoint on it.
fn stops_at(core: &Core, pc: u32) -> bool {
    core.system.fpb.breaks_at(pc) || core.faults.hangs_at(pc) || core.watches_instruction(pc)
}

/// ITAdvance.
pub(crate) const fn advance_it(it: u8) -> u8 {
    if it & 7 == 0 {
        0
    } else {
        it & 0xE0 | (it << 1) & 0x1F
    }
}

/// The memory an instruction at `pc` comes from.
fn fetched_from(core: &Core, pc: u32) -> Result<Place, Fault> {
    let view = core.view(core.privileged());
    if !core.system.mpu.allows(pc, Access::Execute, view) {
        return Err(Fault::InstructionAccess);
    }
    core.memory.locate(pc).ok_or(Fault::InstructionBus)
}

/// Fetches and decodes the instruction at `pc`.
fn fetch(core: &Core, pc: u32, it: u8) -> Result<Decoded, Fault> {
    let half = |address: u32| -> Result<u16, Fault> {
        let place = fetched_from(core, address)?;
        let value = core
            .memory
            .read(place, AccessSize::HalfWord)
            .ok_or(Fault::InstructionBus)?;
        Ok(value as u16)
    };
    let first = half(pc)?;
    let second = if decode::is_wide(first) {
        half(pc.wrapping_add(2))?
    } else {
        0
    };
    let place = decode::Place {
        pc,
        in_it: it != 0,
        last_in_it: it & 0xF == 8,
    };
    decode::decode(first, second, place).map_err(|Undecodable::Undefined| Fault::Undefined)
}

/// Whether the kind needs the floating-point unit.
pub(crate) fn is_float(kind: Kind) -> bool {
    kind as u16 >= Kind::Vldr as u16 && kind as u16 <= Kind::Vmsr as u16
}

//! The code cache: all blocks, and where they start.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use super::block::{Block, NoBlock};
use super::build::{LIMIT, Run, fetch_from};
use super::fetch::{fetched_from, stops_at};
use crate::cpu::Core;
use crate::memory::{CODE_GRANULE_SHIFT, Place};
use crate::system::mpu::View;
use crate::timing::causes::{self, StaticCauses};
use crate::timing::pipeline::{self, Entry, Fetch};
use crate::timing::shares::Share;

/// Instructions in a block at most, but for IT blocks and accesses in a row, which aren't cut.
const LONGEST: usize = 64;
/// Pre-decoded operations kept before everything is thrown away and decoded afresh.
const OPS_LIMIT: usize = 1 << 21;

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
        core.followed.forget();
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

    /// The number of the block that [`Self::behind`] finds.
    pub fn number_behind(&self, core: &Core, block: &Block) -> Option<usize> {
        self.behind(core, block)?;
        // It has noted the number, if it didn't find it there.
        Some(block.links[usize::from(core.jumped)].get() as usize)
    }

    /// What the static cycles of a block that is about to be entered go to.
    pub fn causes(core: &mut Core, block: &Block) -> StaticCauses {
        let Ok(place) = fetched_from(core, block.start) else {
            return StaticCauses::default();
        };
        let mut run = Run::new(core, block.start);
        // What can't be decoded takes no cycles.
        let _ = run.decode(core, block.instructions.into());
        causes::of_run(&core.timing, &run.steps, fetch_from(core, place))
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

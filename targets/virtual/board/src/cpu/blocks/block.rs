//! One straight run of instructions, and why there may be none.

use std::cell::Cell;

use crate::cpu::Fault;
use crate::cpu::op::{Kind, Op};
use crate::timing::port::InFlash;

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
    /// How it lies in the flash, if it lies there.
    pub flash: Option<Box<InFlash>>,
    /// Epoch of the instruction cache at which all of the block was in it.
    pub epoch: Cell<u32>,
    /// Cycles beyond the static ones that executing it took last, without its own fetch.
    pub waited: Cell<u32>,
    /// Numbers of the blocks that came behind it last: fallen into, and jumped to.
    pub(super) links: [Cell<u32>; 2],
}

const _: () = assert!(size_of::<Block>() == 64);

impl Block {
    /// Where no instruction starts.
    pub(super) const GONE: u32 = u32::MAX;
    /// The number of no block.
    pub(super) const NONE: u32 = u32::MAX;

    /// The range of bytes in the flash, if it lies there.
    pub fn flash_bytes(&self) -> Option<(u32, u32)> {
        let length = self.end.wrapping_sub(self.start);
        let start = self.flash.as_ref()?.start;
        Some((start, start + length))
    }

    /// Whether one of its operations up to `op`, which is one of them, needs the floating-point unit.
    pub fn reaches_float(&self, op: &Op) -> bool {
        let at = self.ops.iter().position(|other| std::ptr::eq(other, op));
        let (before, behind) = self.ops.split_at(at.map_or(0, |at| at + 1));
        // The first of a group has the group's kind, the others have their own.
        let first_of_group = op.kind.is_group();
        // The test of the stack's limit belongs to the instruction behind it.
        let first_of_group = first_of_group || op.kind == Kind::CheckSp;
        let floats = |op: Option<&Op>| op.is_some_and(|op| op.kind.is_float());
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
    /// The run loop is to look up before the first instruction: [`CodeCache::behind_mark`](super::CodeCache::behind_mark) has
    /// the block.
    Mark,
}

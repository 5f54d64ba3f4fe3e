//! What the flash of every chip has in common: programming clears bits, erasing sets them.

use super::ChipContext;

/// Programs bytes at `offset`: bits only fall. `None` if they don't lie in the flash.
pub(super) fn program(context: &mut ChipContext<'_>, offset: u32, bytes: &[u8]) -> Option<()> {
    let start = offset as usize;
    let cells = context.flash.get_mut(start..start + bytes.len())?;
    for (cell, byte) in cells.iter_mut().zip(bytes) {
        *cell &= byte;
    }
    note_change(context, offset, offset + bytes.len() as u32);
    Some(())
}

/// Sets a range to all ones.
pub(super) fn erase(context: &mut ChipContext<'_>, start: u32, length: u32) {
    let end = (start.saturating_add(length)).min(context.flash.len() as u32);
    let start = start.min(end);
    context.flash[start as usize..end as usize].fill(0xFF);
    note_change(context, start, end);
}

fn note_change(context: &mut ChipContext<'_>, start: u32, end: u32) {
    let (first, last) = context.flash_changed.unwrap_or((start, end));
    *context.flash_changed = Some((first.min(start), last.max(end)));
}

//! The smallest arena: as the host plans it, confirmed on the target, or found there.

use tinybench_interface::{Error as CommandError, PAINT};

use super::MeasureError;
use crate::target::conversation::Conversation;
use crate::target::{Target, TargetError};

/// How much less than the smallest arena is tried on the target, and must fail: the alignment of
/// the memory in which a runtime may place its data.
pub const ARENA_STEP: u32 = 16;

/// How much of the memory behind an arena is looked at, bytes.
const LOOKED_AT_BYTES: u32 = 4096;

/// Plans with the smallest arena that the host has found, after a little less has failed.
pub(super) fn confirm<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    smallest: u32,
) -> Result<(), MeasureError> {
    let disagreement = |tried_bytes, outcome: String| MeasureError::ArenaDisagreement {
        host_bytes: smallest,
        tried_bytes,
        outcome,
    };
    let tried = smallest.saturating_sub(ARENA_STEP);
    if tried > 0 && try_arena(conversation, tried)?.is_none() {
        return Err(disagreement(tried, "works as well".to_owned()));
    }
    if let Some(needed) = try_arena(conversation, smallest)? {
        return Err(disagreement(smallest, format!("needs {needed} bytes")));
    }
    Ok(())
}

/// Finds the smallest arena in which the runtime prepares the model, a multiple of [`ARENA_STEP`], and
/// plans with it; 0 if the runtime leaves the arena alone.
///
/// What the runtime says it uses is tried first, and confirmed by a step less; where that isn't it, by
/// bisection.
pub(super) fn search<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
) -> Result<u32, MeasureError> {
    conversation.prepare(None)?;
    let block = conversation.block();
    if block.arena_used == 0 && block.arena_touched == 0 {
        return Ok(0);
    }
    let (mut fails, mut works) = (0, block.arena_capacity / ARENA_STEP);
    let told = block.arena_used.div_ceil(ARENA_STEP).clamp(1, works.max(1));
    for guess in [told, told.saturating_sub(1)] {
        if guess > fails && guess < works {
            match try_arena(conversation, guess * ARENA_STEP)? {
                None => works = guess,
                Some(_) => fails = guess,
            }
        }
    }
    while works - fails > 1 {
        let middle = fails + (works - fails) / 2;
        match try_arena(conversation, middle * ARENA_STEP)? {
            None => works = middle,
            Some(_) => fails = middle,
        }
    }
    let smallest = works * ARENA_STEP;
    match try_arena(conversation, smallest)? {
        None => Ok(smallest),
        Some(needed) => Err(MeasureError::ArenaNotTheSame {
            bytes: smallest,
            needed,
        }),
    }
}

/// Checks that nothing was written behind an arena of `bytes` bytes, a multiple of 4, since it was
/// painted.
pub(super) fn check_behind<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    bytes: u32,
) -> Result<(), MeasureError> {
    let block = conversation.block();
    let behind = block
        .arena_capacity
        .saturating_sub(bytes)
        .min(LOOKED_AT_BYTES);
    let start = block.arena_address.saturating_add(bytes);
    let words = conversation.read_memory("the memory behind the arena", start, behind / 4)?;
    match words.iter().position(|&word| word != PAINT) {
        None => Ok(()),
        Some(at) => Err(MeasureError::OutsideOfArena {
            arena_bytes: bytes,
            address: start + 4 * at as u32,
            offset: 4 * at as u32,
        }),
    }
}

/// Plans in an arena of `bytes` bytes. Returns how many the runtime asks for if those are too few.
fn try_arena<T: Target + ?Sized>(
    conversation: &mut Conversation<'_, T>,
    bytes: u32,
) -> Result<Option<u32>, TargetError> {
    match conversation.prepare(Some(bytes)) {
        Ok(()) => Ok(None),
        // All there is, beside the buffers for input and output, isn't enough: what matters then is
        // what is needed, and not how much was asked for.
        Err(
            error @ TargetError::Failed {
                error: CommandError::ArenaTooSmall,
                detail: [_, there],
                ..
            },
        ) if there < bytes => conversation.prepare(None).and(Err(error)),
        Err(TargetError::Failed {
            error: CommandError::ArenaTooSmall,
            detail: [needed, _],
            ..
        }) => Ok(Some(needed)),
        Err(other) => Err(other),
    }
}

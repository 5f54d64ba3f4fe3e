//! Where each tensor lies in the arena.
//!
//! Two buffers may share memory if they are never needed at the same time. As in TensorFlow Lite
//! Micro's GreedyMemoryPlanner the largest buffer is placed first, each at the lowest offset
//! where it meets none of those already placed that it lives together with.
//!
//! The planner's own working memory is a slice of the arena that the plan overwrites later, so
//! preparing a model needs no more memory than running it, save for very small models.

use crate::error::ModelError;
use crate::kernels::conv_2d_scratch;
use crate::model::{MAX_OPERATORS, Model};
use crate::operator::{Kind, Operator};

/// Alignment of the arena and of everything in it, bytes.
pub const ALIGNMENT: usize = 4;

/// Words of working memory per buffer.
const ENTRY_WORDS: usize = 3;

/// The working memory of the largest model, in words.
pub const MAX_WORK: usize = work_words(MAX_OPERATORS);

/// Working memory for a model of `operators` operators, in words: the model's input, each
/// operator's output, each operator's scratch.
pub const fn work_words(operators: usize) -> usize {
    (1 + 2 * operators) * ENTRY_WORDS
}

/// One buffer: where it lies, and from which operator to which it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// Bytes, a multiple of [`ALIGNMENT`].
    size: u32,
    /// Offset in the tensor area, or [`UNPLACED`].
    offset: u32,
    /// First operator that uses the buffer.
    first: u16,
    /// Last operator that uses the buffer.
    last: u16,
}

const UNPLACED: u32 = u32::MAX;

impl Entry {
    fn load(&[size, offset, life]: &[u32; ENTRY_WORDS]) -> Self {
        Self {
            size,
            offset,
            first: life as u16,
            last: (life >> 16) as u16,
        }
    }

    fn words(self) -> [u32; ENTRY_WORDS] {
        let life = u32::from(self.first) | u32::from(self.last) << 16;
        [self.size, self.offset, life]
    }

    fn lives_with(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Size of the scratch of an operator, bytes.
pub fn scratch_bytes(operator: &Operator) -> Result<u32, ModelError> {
    let words = match &operator.kind {
        Kind::Conv2d { op, .. } => conv_2d_scratch(&op.window),
        _ => Some(0),
    };
    words
        .and_then(|words| u32::try_from(words).ok()?.checked_mul(4))
        .ok_or(ModelError::TooLarge)
}

/// A finished plan, in its working memory.
pub struct Plan<'w> {
    entries: &'w [[u32; ENTRY_WORDS]],
    operators: usize,
    /// Size of the tensor area, bytes.
    pub bytes: u32,
}

impl<'w> Plan<'w> {
    /// Plans `model`. `work` has at least [`work_words`] words.
    pub fn new(model: &Model, work: &'w mut [u32]) -> Result<Self, ModelError> {
        let operators = model.operator_count();
        let count = 1 + 2 * operators;
        let entries = work.as_chunks_mut().0;
        let entries = entries.get_mut(..count).ok_or(ModelError::TooLarge)?;
        fill(model, entries)?;
        let bytes = place(entries)?;
        Ok(Self {
            entries,
            operators,
            bytes,
        })
    }

    /// Offset of the buffer that `producer` writes: 0 is the caller, n + 1 operator n.
    pub fn tensor(&self, producer: usize) -> u32 {
        self.offset(producer)
    }

    /// Offset of the scratch of `operator`.
    pub fn scratch(&self, operator: usize) -> u32 {
        self.offset(1 + self.operators + operator)
    }

    fn offset(&self, index: usize) -> u32 {
        self.entries
            .get(index)
            .map_or(UNPLACED, |words| Entry::load(words).offset)
    }
}

/// Sizes and lifetimes of all buffers.
fn fill(model: &Model, entries: &mut [[u32; ENTRY_WORDS]]) -> Result<(), ModelError> {
    let operators = model.operator_count();
    let (tensors, scratch) = entries
        .split_at_mut_checked(1 + operators)
        .ok_or(ModelError::TooLarge)?;
    let entry = |bytes: usize, first: usize| {
        let size = bytes.next_multiple_of(ALIGNMENT) as u32;
        Entry {
            size,
            offset: UNPLACED,
            first: first as u16,
            last: first as u16,
        }
    };
    if let Some(input) = tensors.first_mut() {
        *input = entry(model.input().bytes, 0).words();
    }
    for (index, scratch) in scratch.iter_mut().enumerate() {
        let operator = model.operator(index)?;
        *scratch = entry(scratch_bytes(&operator)? as usize, index).words();
        let bytes = model.raw_tensor(operator.output)?.bytes();
        if let Some(output) = tensors.get_mut(index + 1) {
            *output = entry(bytes, index).words();
        }
        for input in operator.inputs() {
            extend(model, tensors, input, index);
        }
    }
    // The caller reads the output after the last operator.
    extend(model, tensors, model.output_tensor(), operators);
    Ok(())
}

/// Lets `tensor` live until `operator`.
fn extend(model: &Model, tensors: &mut [[u32; ENTRY_WORDS]], tensor: u32, operator: usize) {
    if let Some(words) = model
        .producer(tensor)
        .and_then(|producer| tensors.get_mut(producer))
    {
        let mut entry = Entry::load(words);
        entry.last = entry.last.max(operator as u16);
        *words = entry.words();
    }
}

/// Places all buffers, largest first, and returns the size of the area.
fn place(entries: &mut [[u32; ENTRY_WORDS]]) -> Result<u32, ModelError> {
    let mut total = 0;
    loop {
        let mut largest: Option<(usize, Entry)> = None;
        for (index, words) in entries.iter().enumerate() {
            let entry = Entry::load(words);
            let larger = largest.is_none_or(|(_, other)| entry.size > other.size);
            if entry.offset == UNPLACED && larger {
                largest = Some((index, entry));
            }
        }
        let Some((index, mut entry)) = largest else {
            return Ok(total);
        };
        entry.offset = lowest_gap(entries, &entry)?;
        total = total.max(entry.offset + entry.size);
        if let Some(words) = entries.get_mut(index) {
            *words = entry.words();
        }
    }
}

/// The lowest offset where `entry` meets no placed buffer that it lives together with.
fn lowest_gap(entries: &[[u32; ENTRY_WORDS]], entry: &Entry) -> Result<u32, ModelError> {
    let mut offset = 0_u32;
    loop {
        let end = offset
            .checked_add(entry.size)
            .filter(|&end| end <= i32::MAX as u32)
            .ok_or(ModelError::TooLarge)?;
        let obstacle = entries.iter().map(Entry::load).find(|placed| {
            placed.offset != UNPLACED
                && placed.lives_with(entry)
                && placed.offset < end
                && offset < placed.offset + placed.size
        });
        match obstacle {
            // No offset before the obstacle's end is free of it, so nothing is missed.
            Some(placed) => offset = placed.offset + placed.size,
            None => return Ok(offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: u32, first: u16, last: u16) -> [u32; 3] {
        Entry {
            size,
            offset: UNPLACED,
            first,
            last,
        }
        .words()
    }

    fn offsets(entries: &[[u32; 3]]) -> std::vec::Vec<u32> {
        entries
            .iter()
            .map(|words| Entry::load(words).offset)
            .collect()
    }

    #[test]
    fn a_chain_alternates_between_two_places() {
        let mut entries = [
            entry(100, 0, 0),
            entry(80, 0, 1),
            entry(60, 1, 2),
            entry(40, 2, 3),
        ];
        assert_eq!(place(&mut entries), Ok(180));
        assert_eq!(offsets(&entries), [0, 100, 0, 60]);
    }

    #[test]
    fn a_gap_between_neighbours_is_used() {
        let mut entries = [
            entry(40, 0, 3),
            entry(20, 0, 1),
            entry(16, 1, 3),
            entry(12, 2, 3),
            entry(4, 0, 0),
        ];
        assert_eq!(place(&mut entries), Ok(76));
        assert_eq!(offsets(&entries), [0, 40, 60, 40, 60]);
    }

    #[test]
    fn two_gigabytes_are_too_large() {
        let mut entries = [entry(1 << 30, 0, 1), entry(1 << 30, 0, 1)];
        assert_eq!(place(&mut entries), Err(ModelError::TooLarge));
    }
}

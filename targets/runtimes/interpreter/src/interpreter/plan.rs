//! Where each tensor lies in the arena.
//!
//! Two buffers may share memory if they are never needed at the same time. As in TensorFlow Lite
//! Micro's GreedyMemoryPlanner the largest buffer is placed first, each at the lowest offset
//! where it meets none of those already placed that it lives together with.
//!
//! The planner's own working memory is a slice of the arena that the plan overwrites later, so
//! preparing a model needs no more memory than running it, save for very small models.

use crate::error::{Fault, ModelError, fault};
use crate::model::Model;

/// Alignment of the arena and of everything in it, bytes.
pub const ALIGNMENT: usize = 4;

/// Words of working memory per buffer.
const ENTRY_WORDS: usize = 3;

/// Words of working memory on the stack of those who plan without an arena.
pub const STACK_WORK: usize = 257 * ENTRY_WORDS;

/// Working memory for a model, in words: the inputs and variables of each subgraph, each operator's
/// outputs, each operator's scratch.
#[inline(never)]
pub fn work_words(model: &Model) -> usize {
    let mut buffers = model.operator_count();
    each_tensor(model, &mut |_| {
        buffers += 1;
        true
    });
    buffers * ENTRY_WORDS
}

/// A tensor that has a buffer.
#[derive(Clone, Copy)]
struct Buffered {
    graph: u32,
    tensor: u32,
    bytes: usize,
    /// First and last operator of the first subgraph that need it, as far as its writer tells.
    life: [usize; 2],
}

/// Calls `visit` with the tensors that have buffers, in the order of their buffers, until it
/// answers `false`: the inputs of all subgraphs, the variables of all subgraphs, the outputs of all
/// operators but variables.
///
/// Time is counted in operators of the first subgraph; what belongs to other subgraphs, and
/// variables, live all the time.
#[inline(never)]
fn each_tensor(model: &Model, visit: &mut dyn FnMut(Buffered) -> bool) {
    let end = model.main().operator_count();
    let variables = model.has_variables();
    for part in [Part::Inputs, Part::Variables, Part::Outputs] {
        if part == Part::Variables && !variables {
            continue;
        }
        for number in 0..model.graph_count() {
            let other;
            let graph = if number == 0 {
                model.main()
            } else {
                other = model.graph(number);
                &other
            };
            let always = graph.number > 0 || part == Part::Variables;
            let count = match part {
                Part::Inputs => graph.arity()[0],
                Part::Variables => graph.tensor_count(),
                Part::Outputs => graph.operator_count(),
            };
            for at in 0..count {
                let operator = (part == Part::Outputs).then(|| graph.operator(at));
                let tensors = operator.map_or(1, |operator| operator.output_count());
                for position in 0..tensors {
                    let tensor = match (part, operator) {
                        (Part::Inputs, _) => graph.tensor(graph.end(at, 0).unwrap_or(u32::MAX)),
                        (_, Some(operator)) => operator.output(position),
                        (_, None) => graph.tensor(at as u32),
                    };
                    let variable = variables && tensor.is_variable();
                    if part != Part::Inputs && variable != (part == Part::Variables) {
                        continue;
                    }
                    let time = if part == Part::Outputs { at } else { 0 };
                    let buffered = Buffered {
                        graph: graph.number,
                        tensor: tensor.index,
                        bytes: tensor.bytes(),
                        life: if always { [0, end] } else { [time, time] },
                    };
                    if !visit(buffered) {
                        return;
                    }
                }
            }
        }
    }
}

/// Which tensors have their buffers next to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Inputs,
    Variables,
    Outputs,
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
    fn new(bytes: usize, [first, last]: [usize; 2]) -> Self {
        Self {
            size: bytes.next_multiple_of(ALIGNMENT) as u32,
            offset: UNPLACED,
            first: first as u16,
            last: last as u16,
        }
    }

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

/// Whose a buffer in the tensor area is.
#[cfg(feature = "checks")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A tensor of a subgraph.
    Tensor {
        /// Index of the subgraph.
        graph: u32,
        /// Index of the tensor there.
        tensor: u32,
    },
    /// The scratch of an operator, counted over all subgraphs.
    Scratch {
        /// The operator.
        operator: u32,
    },
}

/// A buffer in the tensor area.
#[cfg(feature = "checks")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Whose it is.
    pub owner: Owner,
    /// Bytes, a multiple of 4.
    pub bytes: u32,
    /// Offset in the tensor area, bytes.
    pub offset: u32,
    /// First and last operator of the first subgraph that need it. The last is the number of
    /// operators for what is needed after the inference.
    pub life: [u16; 2],
}

/// A finished plan, in its working memory.
pub struct Plan<'w, 'm> {
    model: &'w Model<'m>,
    entries: &'w mut [[u32; ENTRY_WORDS]],
    /// Size of the tensor area, bytes.
    pub bytes: u32,
}

impl<'w, 'm> Plan<'w, 'm> {
    /// Plans `model`. `work` has at least [`work_words`] words.
    #[inline(never)]
    pub fn new(model: &'w Model<'m>, work: &'w mut [u32]) -> Result<Self, Fault> {
        let entries = work.get_mut(..work_words(model));
        let entries = entries.ok_or(fault(ModelError::TooLarge))?;
        let mut plan = Self {
            model,
            entries: entries.as_chunks_mut().0,
            bytes: 0,
        };
        plan.fill()?;
        plan.bytes = place(plan.entries)?;
        Ok(plan)
    }

    /// Calls `visit` with all buffers that have bytes: first those of tensors, then scratch.
    #[cfg(feature = "checks")]
    pub fn each(&self, visit: &mut dyn FnMut(Buffer)) {
        let mut entries = self.entries.iter().map(Entry::load);
        let mut visit = |owner| {
            let Some(entry) = entries.next().filter(|entry| entry.size > 0) else {
                return;
            };
            visit(Buffer {
                owner,
                bytes: entry.size,
                offset: entry.offset,
                life: [entry.first, entry.last],
            });
        };
        each_tensor(self.model, &mut |it| {
            visit(Owner::Tensor {
                graph: it.graph,
                tensor: it.tensor,
            });
            true
        });
        for operator in 0..self.model.operator_count() as u32 {
            visit(Owner::Scratch { operator });
        }
    }

    /// Offset of a tensor of the subgraph at `graph`.
    pub fn tensor(&self, graph: u32, tensor: u32) -> u32 {
        self.offset(self.buffer(graph, tensor))
    }

    /// Offset of the scratch of `operator`, counted over all subgraphs.
    pub fn scratch(&self, operator: u32) -> u32 {
        self.offset(self.scratch_buffer(operator))
    }

    fn offset(&self, buffer: usize) -> u32 {
        let entry = self.entries.get(buffer);
        entry.map_or(UNPLACED, |words| Entry::load(words).offset)
    }

    fn scratch_buffer(&self, operator: u32) -> usize {
        let first = self.entries.len() - self.model.operator_count();
        first + operator as usize
    }

    /// Number of a tensor's buffer.
    #[inline(never)]
    fn buffer(&self, graph: u32, tensor: u32) -> usize {
        let mut buffer = 0;
        let mut found = usize::MAX;
        each_tensor(self.model, &mut |it| {
            if (it.graph, it.tensor) == (graph, tensor) {
                found = buffer;
            }
            buffer += 1;
            found == usize::MAX
        });
        found
    }

    /// Sizes and lifetimes of all buffers.
    fn fill(&mut self) -> Result<(), Fault> {
        let model = self.model;
        let mut entries = self.entries.iter_mut();
        each_tensor(model, &mut |it| {
            if let Some(words) = entries.next() {
                *words = Entry::new(it.bytes, it.life).words();
            }
            true
        });
        let end = model.main().operator_count();
        let filled = model.each_operator(&mut |time, operator| {
            let needs = model.needs(operator)?.1;
            let graph = operator.graph.number;
            let always = graph > 0 || needs.kept.is_some();
            let life = if always { [0, end] } else { [time, time] };
            let own = needs.kept.is_none_or(|it| it.owner == operator.index);
            let scratch = if own { needs.scratch } else { 0 };
            let buffer = self.scratch_buffer(operator.index);
            if let Some(words) = self.entries.get_mut(buffer) {
                *words = Entry::new(scratch, life).words();
            }
            let time = if graph > 0 { end } else { time };
            for position in 0..operator.input_count() {
                if let Some(input) = operator.optional_input(position) {
                    self.extend(graph, input.index, time);
                }
            }
            Ok(())
        });
        // The caller reads the outputs after the last operator.
        for position in 0..model.main().arity()[1] {
            let output = model.main().end(position, 1);
            self.extend(0, output.unwrap_or(u32::MAX), end);
        }
        filled
    }

    /// Lets a tensor live until `time`.
    fn extend(&mut self, graph: u32, tensor: u32, time: usize) {
        let buffer = self.buffer(graph, tensor);
        if let Some(words) = self.entries.get_mut(buffer) {
            let mut entry = Entry::load(words);
            entry.last = entry.last.max(time as u16);
            *words = entry.words();
        }
    }
}

/// Places all buffers, largest first, and returns the size of the area.
fn place(entries: &mut [[u32; ENTRY_WORDS]]) -> Result<u32, Fault> {
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
fn lowest_gap(entries: &[[u32; ENTRY_WORDS]], entry: &Entry) -> Result<u32, Fault> {
    let mut offset = 0_u32;
    loop {
        let end = offset
            .checked_add(entry.size)
            .filter(|&end| end <= i32::MAX as u32)
            .ok_or(fault(ModelError::TooLarge))?;
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
        assert_eq!(place(&mut entries), Err(fault(ModelError::TooLarge)));
    }
}

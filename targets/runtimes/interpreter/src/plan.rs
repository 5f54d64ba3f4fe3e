//! Where each tensor lies in the arena.
//!
//! Two buffers may share memory if they are never needed at the same time. As in TensorFlow Lite
//! Micro's GreedyMemoryPlanner the largest buffer is placed first, each at the lowest offset
//! where it meets none of those already placed that it lives together with.
//!
//! The planner's own working memory is a slice of the arena that the plan overwrites later, so
//! preparing a model needs no more memory than running it, save for very small models.

use crate::error::ModelError;
use crate::graph::Graph;
use crate::model::Model;

/// Alignment of the arena and of everything in it, bytes.
pub const ALIGNMENT: usize = 4;

/// Words of working memory per buffer.
const ENTRY_WORDS: usize = 3;

/// Words of working memory on the stack of those who plan without an arena.
pub const STACK_WORK: usize = 257 * ENTRY_WORDS;

/// Working memory for a model, in words: the inputs and variables of each subgraph, each operator's
/// outputs, each operator's scratch.
pub fn work_words(model: &Model) -> usize {
    Buffers::of(model).total() * ENTRY_WORDS
}

/// How the buffers of a model are numbered: the inputs of all subgraphs, the variables of all
/// subgraphs, the outputs of all operators, the scratch of all operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Buffers {
    inputs: usize,
    variables: usize,
    outputs: usize,
    operators: usize,
}

impl Buffers {
    #[inline(never)]
    fn of(model: &Model) -> Self {
        let mut count = Self {
            inputs: 0,
            variables: 0,
            outputs: 0,
            operators: model.operator_count(),
        };
        for graph in model.graphs() {
            count.inputs += graph.arity()[0];
            count.variables += variables(&graph, graph.tensor_count());
            count.outputs += outputs(&graph, graph.operator_count());
        }
        count
    }

    fn total(&self) -> usize {
        self.inputs + self.variables + self.outputs + self.operators
    }
}

/// How many of the first `count` tensors are variables.
fn variables(graph: &Graph, count: usize) -> usize {
    let tensors = (0..count).filter(|&index| {
        let tensor = graph.tensor(index as u32);
        tensor.is_ok_and(|tensor| tensor.is_variable())
    });
    tensors.count()
}

/// How many outputs the first `count` operators have.
fn outputs(graph: &Graph, count: usize) -> usize {
    let operators = (0..count).filter_map(|index| graph.operator(index).ok());
    operators.map(|operator| operator.output_count()).sum()
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

/// A finished plan, in its working memory.
pub struct Plan<'w, 'm> {
    model: Model<'m>,
    buffers: Buffers,
    entries: &'w mut [[u32; ENTRY_WORDS]],
    /// Size of the tensor area, bytes.
    pub bytes: u32,
}

impl<'w, 'm> Plan<'w, 'm> {
    /// Plans `model`. `work` has at least [`work_words`] words.
    pub fn new(model: &Model<'m>, work: &'w mut [u32]) -> Result<Self, ModelError> {
        let buffers = Buffers::of(model);
        let entries = work.as_chunks_mut().0;
        let entries = entries
            .get_mut(..buffers.total())
            .ok_or(ModelError::TooLarge)?;
        let mut plan = Self {
            model: *model,
            buffers,
            entries,
            bytes: 0,
        };
        plan.fill()?;
        plan.bytes = place(plan.entries)?;
        Ok(plan)
    }

    /// Offset of a tensor of the subgraph at `graph`.
    pub fn tensor(&self, graph: usize, tensor: u32) -> u32 {
        self.offset(self.buffer(graph, tensor))
    }

    /// Offset of the scratch of `operator`, counted over all subgraphs.
    pub fn scratch(&self, operator: usize) -> u32 {
        self.offset(Some(self.scratch_buffer(operator)))
    }

    fn offset(&self, buffer: Option<usize>) -> u32 {
        buffer
            .and_then(|buffer| self.entries.get(buffer))
            .map_or(UNPLACED, |words| Entry::load(words).offset)
    }

    fn scratch_buffer(&self, operator: usize) -> usize {
        self.buffers.total() - self.buffers.operators + operator
    }

    /// Number of a tensor's buffer.
    #[inline(never)]
    fn buffer(&self, number: usize, tensor: u32) -> Option<usize> {
        let (mut inputs, mut variables_before, mut outputs_before) = (0, 0, 0);
        for before in self.model.graphs().take(number) {
            inputs += before.arity()[0];
            variables_before += variables(&before, before.tensor_count());
            outputs_before += outputs(&before, before.operator_count());
        }
        let graph = self.model.graph(number).ok()?;
        if let Some(position) = graph.inputs().position(|input| input == tensor) {
            return Some(inputs + position);
        }
        if graph.tensor(tensor).ok()?.is_variable() {
            let before = variables_before + variables(&graph, tensor as usize);
            return Some(self.buffers.inputs + before);
        }
        let [writer, output] = graph.writer(tensor)?;
        let before = outputs_before + outputs(&graph, writer);
        Some(self.buffers.inputs + self.buffers.variables + before + output)
    }

    /// Sizes and lifetimes of all buffers. Time is counted in operators of the first subgraph; what
    /// belongs to other subgraphs, and variables, live all the time.
    fn fill(&mut self) -> Result<(), ModelError> {
        let end = self.model.main().operator_count();
        for (number, graph) in self.model.graphs().enumerate() {
            let life = |time: usize| match number {
                0 => (time, time),
                _ => (0, end),
            };
            for input in graph.inputs() {
                self.enter(number, &graph, input, life(0))?;
            }
            for index in 0..graph.tensor_count() as u32 {
                let tensor = graph.tensor(index)?;
                if tensor.is_variable() && !tensor.is_constant() {
                    self.enter(number, &graph, index, (0, end))?;
                }
            }
            for index in 0..graph.operator_count() {
                let operator = graph.operator(index)?;
                let (_, registration) = self.model.registration(&operator)?;
                let needs = (registration.check)(&operator)?;
                let buffer = self.scratch_buffer(operator.index as usize);
                self.set(buffer, needs.scratch, life(index));
                for position in 0..operator.output_count() {
                    let output = operator.output_index(position).unwrap_or(u32::MAX);
                    self.enter(number, &graph, output, life(index))?;
                }
                for position in 0..operator.input_count() {
                    if let Some(input) = operator.input_index(position) {
                        self.extend(number, input, life(index).1);
                    }
                }
            }
        }
        // The caller reads the outputs after the last operator.
        for output in self.model.main().outputs() {
            self.extend(0, output, end);
        }
        Ok(())
    }

    /// Enters the buffer of a tensor.
    fn enter(
        &mut self,
        number: usize,
        graph: &Graph,
        tensor: u32,
        life: (usize, usize),
    ) -> Result<(), ModelError> {
        let bytes = graph.tensor(tensor)?.bytes();
        if let Some(buffer) = self.buffer(number, tensor) {
            self.set(buffer, bytes, life);
        }
        Ok(())
    }

    fn set(&mut self, buffer: usize, bytes: usize, (first, last): (usize, usize)) {
        if let Some(words) = self.entries.get_mut(buffer) {
            *words = Entry {
                size: bytes.next_multiple_of(ALIGNMENT) as u32,
                offset: UNPLACED,
                first: first as u16,
                last: last as u16,
            }
            .words();
        }
    }

    /// Lets a tensor live until `time`.
    fn extend(&mut self, number: usize, tensor: u32, time: usize) {
        let buffer = self.buffer(number, tensor);
        if let Some(words) = buffer.and_then(|buffer| self.entries.get_mut(buffer)) {
            let mut entry = Entry::load(words);
            entry.last = entry.last.max(time as u16);
            *words = entry.words();
        }
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

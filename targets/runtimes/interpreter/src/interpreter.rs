//! The graph code: prepares a model in an arena and runs its operators one after the other.
//!
//! Layout of the arena, from its first aligned address:
//!
//! | part | size |
//! |---|---|
//! | nodes | [`NODE_WORDS`] words for each operator |
//! | slots | a word for each end of a subgraph, if there are more than one input and one output; a word for each tensor of operators with more than three |
//! | constants | what each registration asks for, see [`crate::operators::Needs`] |
//! | tensors and scratch | as planned, see [`crate::plan`] |
//! | decoding | the table of a Huffman code and decoded weights, if the model has coded ones |
//!
//! All of it is 32-bit words and bytes, so a host plans exactly what a target uses.

use core::ops::Range;

use crate::coded::Coded;
use crate::error::{InvokeError, ModelError, PrepareError};
use crate::model::Model;
use crate::node::{MAX_CONSTANTS, MAX_REGISTRATIONS, NODE_WORDS, Node, SLOTS};
use crate::operator::Operator;
use crate::operators::{Needs, Registration, decode};
use crate::plan::{ALIGNMENT, Plan, STACK_WORK, work_words};
use crate::run::Prepared;
use crate::schema::tensor_type;

/// Sizes of the parts of an arena that don't depend on the plan.
#[derive(Clone, Copy)]
struct Sizes {
    /// Words.
    nodes: usize,
    /// Words.
    slots: usize,
    /// Words.
    constants: usize,
    /// Bytes.
    decoding: usize,
}

/// An operator with its registration and needs.
fn resolve<'m>(
    model: &Model<'m>,
    index: usize,
) -> Result<(Operator<'m>, usize, &'static Registration, Needs), ModelError> {
    let operator = model.operator(index)?;
    let (number, registration) = model.registration(&operator)?;
    let needs = (registration.check)(&operator)?;
    Ok((operator, number, registration, needs))
}

/// Slots of an operator: its tensors that live in the arena, and its scratch.
fn slots(operator: &Operator, needs: &Needs) -> usize {
    let inputs = (0..operator.input_count()).filter(|&input| operator.input_is_in_arena(input));
    inputs.count() + operator.output_count() + usize::from(needs.scratch > 0)
}

/// Words for the offsets of the inputs and outputs of all subgraphs; none if there are but one
/// input and one output in all.
fn ends(model: &Model) -> usize {
    let ends = model.graphs().map(|graph| {
        let [inputs, outputs] = graph.arity();
        inputs.saturating_add(outputs)
    });
    match ends.fold(0_usize, usize::saturating_add) {
        2 if model.graph_count() == 1 => 0,
        ends => ends,
    }
}

#[inline(never)]
fn sizes(model: &Model) -> Result<Sizes, ModelError> {
    let mut sizes = Sizes {
        nodes: model.operator_count() * NODE_WORDS,
        slots: ends(model),
        constants: 0,
        decoding: 0,
    };
    for index in 0..model.operator_count() {
        let (operator, number, _, needs) = resolve(model, index)?;
        let slots = slots(&operator, &needs);
        if slots > SLOTS {
            sizes.slots = sizes.slots.saturating_add(slots);
        }
        sizes.constants = sizes.constants.saturating_add(needs.constants);
        if sizes.constants > MAX_CONSTANTS || number >= MAX_REGISTRATIONS {
            return Err(ModelError::TooLarge);
        }
        if needs.decoded > 0 {
            let decoded = needs.decoded.next_multiple_of(ALIGNMENT);
            sizes.decoding = sizes.decoding.max(Coded::TABLE_BYTES + decoded);
        }
    }
    if sizes.slots > MAX_CONSTANTS {
        return Err(ModelError::TooLarge);
    }
    Ok(sizes)
}

impl Sizes {
    /// Bytes from the first aligned address of an arena: what running needs and what planning
    /// needs, whichever is more. Planning begins behind the slots and is over before constants are
    /// written.
    fn total(&self, tensors: u32, work: usize) -> Result<usize, ModelError> {
        let fixed = (self.nodes + self.slots) * 4;
        let run = (fixed + self.constants * 4)
            .checked_add(tensors as usize)
            .and_then(|sum| sum.checked_add(self.decoding))
            .filter(|&bytes| bytes <= i32::MAX as usize)
            .ok_or(ModelError::TooLarge)?;
        Ok(run.max(fixed + work * 4))
    }
}

/// Bytes of arena that a model needs, if the arena starts at a multiple of 4. The same number on
/// every machine, and the least that [`Interpreter::new`] accepts.
///
/// Takes about 3 KB of stack. For a model that is planned in more than that - one with more than 257
/// inputs, variables, outputs and operators together - `work` has to be as long as
/// [`planning_words`] says; otherwise the number is only what planning needs.
///
/// # Errors
/// [`ModelError::TooLarge`] from 2 GB on.
#[inline(never)]
pub fn arena_needed_with(model: &Model, work: &mut [u32]) -> Result<usize, ModelError> {
    let words = work_words(model);
    let sizes = sizes(model)?;
    match work.get_mut(..words) {
        Some(work) => sizes.total(Plan::new(model, work)?.bytes, words),
        None => sizes.total(0, words),
    }
}

/// [`arena_needed_with`] working memory on the stack, for all but the longest models.
///
/// # Errors
/// [`ModelError::TooLarge`] from 2 GB on.
#[inline(never)]
pub fn arena_needed(model: &Model) -> Result<usize, ModelError> {
    arena_needed_with(model, &mut [0; STACK_WORK])
}

/// Words of working memory with which any model is planned.
pub fn planning_words(model: &Model) -> usize {
    work_words(model)
}

/// A model that is ready to run in its arena.
pub struct Interpreter<'m, 'a> {
    prepared: Prepared<'a, 'm>,
    tensors: &'a mut [u8],
    decoding: &'a mut [u8],
    /// Offsets of the first input and the first output.
    ends: [u32; 2],
    used: usize,
}

impl<'m, 'a> Interpreter<'m, 'a> {
    /// Plans the model's tensors in `arena` and computes what the kernels need.
    ///
    /// # Errors
    /// [`PrepareError::ArenaTooSmall`] names the bytes that would do at the same address: up to
    /// 3 more than [`arena_needed`] if the arena doesn't start at a multiple of 4.
    pub fn new(model: &Model<'m>, arena: &'a mut [u8]) -> Result<Self, PrepareError> {
        let given = arena.len();
        let skipped = arena.as_ptr().align_offset(ALIGNMENT);
        let too_small = |needed: Result<usize, ModelError>| match needed {
            Ok(needed) => PrepareError::ArenaTooSmall {
                needed: needed + skipped,
                given,
            },
            Err(error) => error.into(),
        };
        let sizes = sizes(model)?;
        let words = work_words(model);
        let Some((nodes, slots, rest)) = split(arena, skipped, &sizes, words) else {
            return Err(too_small(arena_needed(model)));
        };
        let whole = (nodes.len() + slots.len() + rest.len()) * 4;
        let plan = Plan::new(model, rest)?;
        let needed = sizes.total(plan.bytes, words)?;
        if whole < needed {
            return Err(too_small(Ok(needed)));
        }
        let nodes = nodes.as_chunks_mut().0;
        write_nodes(model, &plan, nodes, slots)?;
        let main = model.main();
        let input = plan.tensor(0, main.inputs().next().unwrap_or(u32::MAX));
        let output = plan.tensor(0, main.outputs().next().unwrap_or(u32::MAX));
        let tensor_bytes = plan.bytes as usize;
        let Some((constants, tensors)) = rest.split_at_mut_checked(sizes.constants) else {
            return Err(too_small(Ok(needed)));
        };
        let split = bytemuck::cast_slice_mut(tensors).split_at_mut_checked(tensor_bytes);
        let Some((tensors, rest)) = split else {
            return Err(too_small(Ok(needed)));
        };
        let Some(decoding) = rest.get_mut(..sizes.decoding) else {
            return Err(too_small(Ok(needed)));
        };
        write_constants(model, nodes, constants)?;
        let mut interpreter = Self {
            prepared: Prepared {
                model: *model,
                nodes,
                slots,
                constants,
            },
            tensors,
            decoding,
            ends: [input, output],
            used: needed + skipped,
        };
        interpreter.reset();
        Ok(interpreter)
    }

    /// The model's first input, int8. It may be overwritten by an inference.
    pub fn input_mut(&mut self) -> &mut [i8] {
        bytemuck::cast_slice_mut(self.input_bytes_mut())
    }

    /// The model's first output, int8.
    pub fn output(&self) -> &[i8] {
        bytemuck::cast_slice(self.output_bytes())
    }

    /// The bytes of the model's first input, whatever its type.
    pub fn input_bytes_mut(&mut self) -> &mut [u8] {
        self.input_at_mut(0)
    }

    /// The bytes of the model's first output, whatever its type.
    pub fn output_bytes(&self) -> &[u8] {
        self.output_at(0)
    }

    /// The bytes of the model's input at `position`, empty past the last. They may be overwritten
    /// by an inference.
    pub fn input_at_mut(&mut self, position: usize) -> &mut [u8] {
        let range = self.end(position, 0);
        range
            .and_then(|range| self.tensors.get_mut(range))
            .unwrap_or(&mut [])
    }

    /// The bytes of the model's output at `position`, empty past the last.
    pub fn output_at(&self, position: usize) -> &[u8] {
        let range = self.end(position, 1);
        range
            .and_then(|range| self.tensors.get(range))
            .unwrap_or(&[])
    }

    /// Where the model's input (`side` 0) or output (`side` 1) at `position` lies.
    #[inline(never)]
    fn end(&self, position: usize, side: usize) -> Option<Range<usize>> {
        let main = self.prepared.model.main();
        let (tensor, before) = match side {
            0 => (main.inputs().nth(position)?, 0),
            _ => (main.outputs().nth(position)?, main.arity()[0]),
        };
        let offset = match position {
            0 => *self.ends.get(side)?,
            _ => *self.prepared.slots.get(before + position)?,
        } as usize;
        let bytes = main.tensor(tensor).ok()?.bytes();
        Some(offset..offset.checked_add(bytes)?)
    }

    /// Bytes of the arena in use, from its first byte.
    pub fn arena_used(&self) -> usize {
        self.used
    }

    /// Bytes of them that hold tensors and the scratch of kernels; the rest is the interpreter's
    /// own: nodes, slots, constants, and what only planning needs.
    pub fn tensor_bytes(&self) -> usize {
        self.tensors.len()
    }

    /// Bytes of the arena in which coded weights are decoded: 0 for a model that has none.
    pub fn decoding_bytes(&self) -> usize {
        self.decoding.len()
    }

    /// Decodes all coded weights as one inference does, and nothing else.
    ///
    /// # Errors
    /// The first operator whose coded bits give fewer or more weights than it has.
    pub fn decode(&mut self) -> Result<(), InvokeError> {
        if !self.prepared.model.is_compressed() {
            return Ok(());
        }
        for index in 0..self.prepared.nodes.len() {
            let failed = InvokeError {
                operator: index as u32,
            };
            let model = &self.prepared.model;
            let (operator, _, _, needs) = resolve(model, index).map_err(|_| failed)?;
            if needs.decoded > 0 {
                decode(&operator, needs.decoded, self.decoding).ok_or(failed)?;
            }
        }
        Ok(())
    }

    /// Gives all variables the values with which the first inference begins: what stands for 0.
    pub fn reset(&mut self) {
        for index in 0..self.prepared.nodes.len() {
            let Ok(operator) = self.prepared.model.operator(index) else {
                return;
            };
            for position in 0..operator.input_count() {
                self.reset_input(&operator, index, position);
            }
        }
    }

    /// [`Self::reset`] for one input, if it is a variable.
    fn reset_input(&mut self, operator: &Operator, index: usize, position: usize) -> Option<()> {
        let tensor = operator.optional_input(position).ok()??;
        if !tensor.is_variable() || tensor.is_constant() {
            return None;
        }
        let slots = Node(self.prepared.nodes.get(index)?).slots(self.prepared.slots);
        let before = (0..position).filter(|&before| operator.input_is_in_arena(before));
        let offset = *slots.get(before.count())? as usize;
        let zero = match tensor.type_number() {
            tensor_type::INT8 => tensor.quantisation().map_or(0, |it| it.zero_point),
            _ => 0,
        };
        let bytes = self.tensors.get_mut(offset..)?.get_mut(..tensor.bytes())?;
        bytes.fill(zero as u8);
        Some(())
    }

    /// One inference: reads the inputs, writes the outputs.
    ///
    /// # Errors
    /// For a model that [`Model::parse`] accepted only that coded bits give fewer or more weights
    /// than there are; the plan is checked all the same.
    pub fn invoke(&mut self) -> Result<(), InvokeError> {
        let main = self.prepared.model.main();
        self.prepared.run(main, self.tensors, self.decoding)
    }
}

/// Splits an arena into nodes, slots and the rest, which has room for planning.
#[expect(clippy::type_complexity, reason = "three parts of one arena")]
fn split<'a>(
    arena: &'a mut [u8],
    skipped: usize,
    sizes: &Sizes,
    work: usize,
) -> Option<(&'a mut [u32], &'a mut [u32], &'a mut [u32])> {
    let arena = arena.get_mut(skipped..)?;
    let whole = arena.len() / 4 * 4;
    let (aligned, _) = arena.split_at_mut(whole);
    let words = bytemuck::try_cast_slice_mut::<u8, u32>(aligned).ok()?;
    let (nodes, rest) = words.split_at_mut_checked(sizes.nodes)?;
    let (slots, rest) = rest.split_at_mut_checked(sizes.slots)?;
    (rest.len() >= work).then_some((nodes, slots, rest))
}

/// Writes who runs each operator, and where its tensors and constants lie.
#[inline(never)]
fn write_nodes(
    model: &Model,
    plan: &Plan,
    nodes: &mut [[u32; NODE_WORDS]],
    area: &mut [u32],
) -> Result<(), ModelError> {
    let mut used = ends(model);
    if used > 0 {
        let mut words = area.iter_mut();
        for (number, graph) in model.graphs().enumerate() {
            let ends = graph.inputs().chain(graph.outputs());
            for (tensor, word) in ends.zip(&mut words) {
                *word = plan.tensor(number, tensor);
            }
        }
    }
    let mut constants = 0;
    let mut index = 0;
    for (number, graph) in model.graphs().enumerate() {
        for _ in 0..graph.operator_count() {
            let (operator, registration, _, needs) = resolve(model, index)?;
            let node = nodes.get_mut(index).ok_or(ModelError::TooLarge)?;
            *node = Node::words(registration, constants);
            let count = slots(&operator, &needs);
            let slots = if count <= SLOTS {
                node.as_mut_slice()
            } else {
                *node = Node::with_slots(*node, used);
                let slots = area.get_mut(used..).ok_or(ModelError::TooLarge)?;
                used += count;
                slots
            };
            let inputs = (0..operator.input_count())
                .filter(|&position| operator.input_is_in_arena(position))
                .filter_map(|position| operator.input_index(position));
            let outputs =
                (0..operator.output_count()).filter_map(|position| operator.output_index(position));
            let tensors = inputs.chain(outputs);
            let offsets = tensors.map(|tensor| plan.tensor(number, tensor));
            let scratch = (needs.scratch > 0).then(|| plan.scratch(index));
            for (slot, offset) in slots.iter_mut().zip(offsets.chain(scratch)) {
                *slot = offset;
            }
            constants += needs.constants;
            index += 1;
        }
    }
    Ok(())
}

/// Computes the constants of all operators.
#[inline(never)]
fn write_constants(
    model: &Model,
    nodes: &mut [[u32; NODE_WORDS]],
    constants: &mut [u32],
) -> Result<(), ModelError> {
    for (index, node) in nodes.iter_mut().enumerate() {
        let (operator, _, registration, needs) = resolve(model, index)?;
        let constants = constants
            .get_mut(Node(node).constants()..)
            .and_then(|rest| rest.get_mut(..needs.constants))
            .ok_or(ModelError::TooLarge)?;
        let flag = (registration.prepare)(&operator, constants).ok_or(ModelError::Multiplier {
            operator: index as u32,
        })?;
        if flag {
            *node = Node::with_flag(*node);
        }
    }
    Ok(())
}

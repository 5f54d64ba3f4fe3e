//! The graph code: prepares a model in an arena and runs its operators one after the other.
//!
//! Layout of the arena, from its first aligned address:
//!
//! | part | size |
//! |---|---|
//! | nodes | [`NODE_WORDS`] words for each operator |
//! | slots | a word for each end of a subgraph, if there are more than one input and one output; a word for each tensor of operators with more than three |
//! | constants | what each registration asks for, see [`crate::operators::Needs`] |
//! | tensors and scratch | as planned, see [`crate::interpreter::plan`] |
//! | decoding | the table of a Huffman code and decoded weights, if the model has coded ones |
//!
//! All of it is 32-bit words and bytes, so a host plans exactly what a target uses.

pub(crate) mod node;
pub(crate) mod plan;
mod prepared;

use core::ops::Range;

use crate::compression::coded::Coded;
use crate::error::{Fault, InvokeError, ModelError, PrepareError, fault};
use crate::file::count;
use crate::file::schema::tensor_type;
use crate::interpreter::node::{MAX_CONSTANTS, MAX_REGISTRATIONS, NODE_WORDS, Node, SLOTS};
use crate::interpreter::plan::{ALIGNMENT, Plan, STACK_WORK, work_words};
use crate::model::operator::Operator;
use crate::model::{MAX_GRAPHS, MAX_OPERATORS, Model};
use crate::operators::decode;
use crate::run::{DIGEST_WORDS, Digest, input_slot};
use prepared::Prepared;

/// Sizes of the parts of an arena that don't depend on the plan.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// Words.
    pub(crate) nodes: usize,
    /// Words.
    pub(crate) slots: usize,
    /// Words.
    pub(crate) constants: usize,
    /// Bytes.
    pub(crate) decoding: usize,
    /// Words that planning needs behind the slots.
    pub(crate) work: usize,
    /// Whether anything keeps its content from one inference to the next.
    stateful: bool,
}

impl Sizes {
    #[inline(never)]
    pub(crate) fn of(model: &Model) -> Result<Self, Fault> {
        lay_out(model, None, &mut [], &mut [])
    }

    /// Bytes from the first aligned address of an arena: what running needs and what planning
    /// needs, whichever is more. Planning begins behind the slots and is over before constants are
    /// written.
    pub(crate) fn total(&self, tensors: u32) -> Result<usize, Fault> {
        let fixed = (self.nodes + self.slots) * 4;
        let run = (fixed + self.constants * 4)
            .checked_add(tensors as usize)
            .and_then(|sum| sum.checked_add(self.decoding))
            .filter(|&bytes| bytes <= i32::MAX as usize)
            .ok_or(fault(ModelError::TooLarge))?;
        Ok(run.max(fixed + self.work * 4))
    }
}

/// Writes who runs each operator, and where its tensors and constants lie, as far as there is room
/// in `nodes` and `area`; says how much is needed.
#[inline(never)]
fn lay_out(
    model: &Model,
    plan: Option<&Plan>,
    nodes: &mut [[u32; NODE_WORDS]],
    area: &mut [u32],
) -> Result<Sizes, Fault> {
    let offset = |graph: u32, tensor: u32| plan.map_or(0, |plan| plan.tensor(graph, tensor));
    let mut sizes = Sizes {
        nodes: model.operator_count() * NODE_WORDS,
        slots: 0,
        constants: 0,
        decoding: 0,
        work: work_words(model),
        stateful: model.has_variables(),
    };
    if has_ends(model) {
        for graph in model.graphs() {
            let [inputs, outputs] = graph.arity();
            for end in 0..inputs + outputs {
                let tensor = match end.checked_sub(inputs) {
                    None => graph.end(end, 0),
                    Some(output) => graph.end(output, 1),
                };
                let tensor = tensor.unwrap_or(u32::MAX);
                put(area, &mut sizes.slots, offset(graph.number, tensor));
            }
        }
    }
    model.each_operator(&mut |_, operator| {
        let (registration, needs) = model.needs(operator)?;
        let mut words = Node::words(registration, sizes.constants);
        sizes.constants = sizes.constants.saturating_add(needs.constants);
        if sizes.constants > MAX_CONSTANTS || registration >= MAX_REGISTRATIONS {
            return Err(fault(ModelError::TooLarge));
        }
        if needs.decoded > 0 {
            let decoded = needs.decoded.next_multiple_of(ALIGNMENT);
            sizes.decoding = sizes.decoding.max(Coded::TABLE_BYTES + decoded);
        }
        sizes.stateful |= needs.kept.is_some();
        let scratch = usize::from(needs.scratch > 0);
        let mut slot = 0;
        let (slots, at) = if input_slot(operator, operator.input_count()) + scratch > SLOTS {
            words = Node::with_slots(words, sizes.slots);
            (&mut *area, &mut sizes.slots)
        } else {
            (&mut words as &mut [u32], &mut slot)
        };
        each_slot(operator, &mut |tensor| {
            put(slots, at, offset(operator.graph.number, tensor));
        });
        if let (Some(plan), 1..) = (plan, needs.scratch) {
            let owner = needs.kept.map_or(operator.index, |it| it.owner);
            words = Node::with_scratch(words, plan.scratch(owner));
        }
        if let Some(node) = nodes.get_mut(operator.index as usize) {
            // As a whole this would link memmove, for the compiler can't tell that they are apart.
            let [first, second, third, last] = words;
            (node[0], node[1]) = (first, second);
            (node[2], node[3]) = (third, last);
        }
        Ok(())
    })?;
    Ok(sizes)
}

/// Writes a word, if there is room, and counts it.
fn put(words: &mut [u32], at: &mut usize, word: u32) {
    if let Some(to) = words.get_mut(*at) {
        *to = word;
    }
    *at += 1;
}

/// Calls `visit` with the tensors of an operator that have slots, in the order of the slots.
#[inline(never)]
fn each_slot(operator: &Operator, visit: &mut dyn FnMut(u32)) {
    let outputs = operator.output_count();
    for position in 0..outputs + operator.input_count() {
        let tensor = match position.checked_sub(outputs) {
            None => operator.output(position),
            Some(input) if operator.input_is_in_arena(input) => operator.input(input),
            Some(_) => continue,
        };
        visit(tensor.index);
    }
}

/// Whether the offsets of the inputs and outputs of all subgraphs are kept: if there are more than
/// one input and one output in all.
fn has_ends(model: &Model) -> bool {
    model.graph_count() > 1 || model.main().arity() != [1, 1]
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
pub fn arena_needed_with(model: &Model, work: &mut [u32]) -> Result<usize, Fault> {
    let sizes = Sizes::of(model)?;
    if work.len() < sizes.work {
        return sizes.total(0);
    }
    sizes.total(Plan::new(model, work)?.bytes)
}

/// [`arena_needed_with`] working memory on the stack, for all but the longest models.
///
/// # Errors
/// [`ModelError::TooLarge`] from 2 GB on.
#[inline(never)]
pub fn arena_needed(model: &Model) -> Result<usize, Fault> {
    arena_needed_with(model, &mut [0; STACK_WORK])
}

/// Words of memory beside the arena in which [`Interpreter::with_room`] keeps what a file says of all
/// operators. A constant expression, for those who set it aside: 0 for what is no model, and with the feature
/// `size`.
pub const fn room_needed(file: &[u8]) -> usize {
    if cfg!(feature = "size") {
        return 0;
    }
    count::operator_count(file, MAX_GRAPHS, MAX_OPERATORS) * DIGEST_WORDS
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
    stateful: bool,
}

impl<'m, 'a> Interpreter<'m, 'a> {
    /// Plans the model's tensors in `arena` and computes what the kernels need.
    ///
    /// # Errors
    /// [`PrepareError::ArenaTooSmall`] names the bytes that would do at the same address: up to
    /// 3 more than [`arena_needed`] if the arena doesn't start at a multiple of 4.
    pub fn new(model: &Model<'m>, arena: &'a mut [u8]) -> Result<Self, PrepareError> {
        Self::with_room(model, arena, &mut [])
    }

    /// [`Self::new`] with memory beside the arena, in which what the file says of an operator is kept
    /// so that it isn't read again with each inference: as far as there is room for it,
    /// [`room_needed`] words for all.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_room(
        model: &Model<'m>,
        arena: &'a mut [u8],
        room: &'a mut [u32],
    ) -> Result<Self, PrepareError> {
        let given = arena.len();
        let skipped = arena.as_ptr().align_offset(ALIGNMENT);
        let too_small = |needed: Result<usize, Fault>| match needed {
            Ok(needed) => PrepareError::ArenaTooSmall {
                needed: needed + skipped,
                given,
            },
            Err(error) => error.into(),
        };
        let sizes = Sizes::of(model)?;
        let Some((nodes, slots, rest)) = split(arena, skipped, &sizes) else {
            // In the room, where it is enough, for to plan on the stack takes 3 KB of it.
            let needed = match cfg!(not(feature = "size")) && room.len() >= sizes.work {
                true => arena_needed_with(model, room),
                false => arena_needed(model),
            };
            return Err(too_small(needed));
        };
        let whole = (nodes.len() + slots.len() + rest.len()) * 4;
        let plan = Plan::new(model, rest)?;
        let needed = sizes.total(plan.bytes)?;
        if whole < needed {
            return Err(too_small(Ok(needed)));
        }
        let nodes = nodes.as_chunks_mut().0;
        lay_out(model, Some(&plan), nodes, slots)?;
        let main = model.main();
        let end = |side| plan.tensor(0, main.end(0, side).unwrap_or(u32::MAX));
        let ends = [end(0), end(1)];
        let tensor_bytes = plan.bytes as usize;
        let parts = rest.split_at_mut_checked(sizes.constants);
        let parts = parts.and_then(|(constants, rest)| {
            let rest = bytemuck::cast_slice_mut::<u32, u8>(rest);
            let (tensors, rest) = rest.split_at_mut_checked(tensor_bytes)?;
            Some((constants, tensors, rest.get_mut(..sizes.decoding)?))
        });
        let Some((constants, tensors, decoding)) = parts else {
            return Err(too_small(Ok(needed)));
        };
        let digests = room.as_chunks_mut().0;
        write_constants(model, nodes, constants, digests)?;
        let mut interpreter = Self {
            prepared: Prepared {
                model: *model,
                nodes,
                slots,
                constants,
                digests,
            },
            tensors,
            decoding,
            ends,
            used: needed + skipped,
            stateful: sizes.stateful,
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
        let tensor = main.end(position, side)?;
        let before = if side == 0 { 0 } else { main.arity()[0] };
        let offset = match position {
            0 => *self.ends.get(side)?,
            _ => *self.prepared.slots.get(before + position)?,
        } as usize;
        let bytes = main.tensor(tensor).bytes();
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
        for graph in self.prepared.model.graphs() {
            for operator in graph.operators() {
                let needs = self.prepared.model.needs(&operator);
                let decoded = needs.map_or(0, |(_, needs)| needs.decoded);
                if decoded > 0 {
                    let failed = InvokeError {
                        operator: operator.index,
                    };
                    decode(&operator, decoded, self.decoding).ok_or(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Forgets all inferences: variables and what operators keep get the values with which the first
    /// one begins. Variables get what stands for 0; subgraphs that initialise them run again.
    pub fn reset(&mut self) {
        if cfg!(not(feature = "state")) || !self.stateful {
            return;
        }
        for graph in self.prepared.model.graphs() {
            for operator in graph.operators() {
                let mut slot = 0;
                each_slot(&operator, &mut |tensor| {
                    self.reset_variable(&operator, tensor, slot);
                    slot += 1;
                });
                self.reset_kept(&operator);
            }
        }
    }

    /// [`Self::reset`] for the scratch of an operator, if that is kept.
    fn reset_kept(&mut self, operator: &Operator<'_, 'm>) -> Option<()> {
        let (_, needs) = self.prepared.model.needs(operator).ok()?;
        let kept = needs.kept?;
        let node = Node(self.prepared.nodes.get(operator.index as usize)?);
        let scratch = self.tensors.get_mut(node.scratch() as usize..)?;
        scratch.get_mut(..needs.scratch)?.fill(kept.first);
        Some(())
    }

    /// [`Self::reset`] for the tensor of an operator's slot, if it is a variable.
    #[inline(never)]
    fn reset_variable(&mut self, operator: &Operator, tensor: u32, slot: usize) -> Option<()> {
        let tensor = operator.graph.tensor(tensor);
        if !tensor.is_variable() {
            return None;
        }
        let node = Node(self.prepared.nodes.get(operator.index as usize)?);
        let offset = *node.slots(self.prepared.slots).get(slot)? as usize;
        let zero = match tensor.type_number() {
            tensor_type::INT8 => tensor.quantisation().zero_point,
            _ => 0,
        };
        let bytes = self.tensors.get_mut(offset..)?.get_mut(..tensor.bytes())?;
        bytes.fill(zero as u8);
        Some(())
    }

    /// One inference: reads the inputs, writes the outputs. An operator that waits for more inputs
    /// ends it; the outputs behind it then hold anything.
    ///
    /// # Errors
    /// For a model that [`Model::parse`] accepted only that coded bits give fewer or more weights
    /// than there are; the plan is checked all the same.
    pub fn invoke(&mut self) -> Result<(), InvokeError> {
        let main = self.prepared.model.main();
        self.prepared.run(main, self.tensors, self.decoding)?;
        Ok(())
    }
}

/// Splits an arena into nodes, slots and the rest, which has room for planning.
fn split<'a>(
    arena: &'a mut [u8],
    skipped: usize,
    sizes: &Sizes,
) -> Option<(&'a mut [u32], &'a mut [u32], &'a mut [u32])> {
    let arena = arena.get_mut(skipped..)?;
    let whole = arena.len() / 4 * 4;
    let (aligned, _) = arena.split_at_mut(whole);
    let words = bytemuck::try_cast_slice_mut::<u8, u32>(aligned).ok()?;
    let (nodes, rest) = words.split_at_mut_checked(sizes.nodes)?;
    let (slots, rest) = rest.split_at_mut_checked(sizes.slots)?;
    (rest.len() >= sizes.work).then_some((nodes, slots, rest))
}

/// Computes the constants of all operators, and their digests as far as there is room for them.
#[inline(never)]
fn write_constants(
    model: &Model,
    nodes: &mut [[u32; NODE_WORDS]],
    constants: &mut [u32],
    digests: &mut [Digest],
) -> Result<(), Fault> {
    model.each_operator(&mut |_, operator| {
        let wrong = fault(ModelError::Multiplier {
            operator: operator.index,
        });
        let node = nodes.get_mut(operator.index as usize).ok_or(wrong)?;
        let registration = model.resolved(Node(node).registration()).ok_or(wrong)?;
        let count = (registration.needs)(operator).constants;
        let constants = constants.get_mut(Node(node).constants()..);
        let constants = constants.and_then(|rest| rest.get_mut(..count));
        let flag = (registration.prepare)(operator, constants.ok_or(wrong)?);
        if flag.ok_or(wrong)? {
            *node = Node::with_flag(*node);
        }
        if cfg!(not(feature = "size"))
            && let Some(to) = digests.get_mut(operator.index as usize)
        {
            // Weights that are decoded are looked for in the file.
            let digest = registration.digest.filter(|_| !model.is_compressed());
            *to = digest.map_or([0; DIGEST_WORDS], |digest| digest(operator));
        }
        Ok(())
    })
}

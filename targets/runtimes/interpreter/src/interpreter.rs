//! The graph code: prepares a model in an arena and runs its operators one after the other.
//!
//! Layout of the arena, from its first aligned address:
//!
//! | part | size |
//! |---|---|
//! | nodes | [`NODE_WORDS`] words for each operator |
//! | constants | the multipliers and shifts of each operator, see [`constant_words`] |
//! | tensors and scratch | as planned, see [`crate::plan`] |
//! | decoding | the table of a Huffman code and decoded weights, if the model has coded ones |
//!
//! All of it is 32-bit words and bytes, so a host plans exactly what a target uses.

use core::marker::PhantomData;
use core::ops::Range;

use crate::coded::Coded;
use crate::error::{InvokeError, ModelError, PrepareError};
use crate::kernels::{Bias, FullyConnected, Kernels, Requantisation, Window};
use crate::model::Model;
use crate::operator::{Kind, Operator, Scales};
use crate::plan::{ALIGNMENT, MAX_WORK, Plan, scratch_bytes, work_words};
use crate::quantisation::{Multiplier, SoftmaxScale};

/// Words per operator in the arena: a [`Node`].
const NODE_WORDS: usize = 4;

/// What preparation found out about an operator.
#[derive(Clone, Copy)]
struct Node {
    /// Offset of the first input in the tensor area.
    input: u32,
    /// Offset of the second input for ADD, of the scratch for convolutions.
    second: u32,
    /// Offset of the output in the tensor area.
    output: u32,
    /// First word of the constants; the highest bit is [`Requantisation::narrow`].
    constants: u32,
}

const NARROW: u32 = 1 << 31;

impl Node {
    fn load(&[input, second, output, constants]: &[u32; NODE_WORDS]) -> Self {
        Self {
            input,
            second,
            output,
            constants,
        }
    }

    fn words(self) -> [u32; NODE_WORDS] {
        [self.input, self.second, self.output, self.constants]
    }
}

/// Words that an operator's constants take in the arena: for operators with weights a 32-bit
/// multiplier per channel and then an 8-bit shift per channel; for ADD three multipliers and
/// three shifts; for SOFTMAX multiplier, shift and smallest difference.
fn constant_words(operator: &Operator) -> usize {
    let channels = match &operator.kind {
        Kind::Conv2d { op, .. } | Kind::DepthwiseConv2d { op, .. } => op.window.output[2],
        Kind::FullyConnected { scales, .. } => scales.filter.len(),
        Kind::Add { .. } => return 6,
        Kind::Softmax { .. } => return 3,
        _ => return 0,
    };
    channels + channels.div_ceil(4)
}

/// Words of nodes and constants together.
fn fixed_words(model: &Model) -> Result<usize, ModelError> {
    (0..model.operator_count()).try_fold(model.operator_count() * NODE_WORDS, |words, index| {
        words
            .checked_add(constant_words(&model.operator(index)?))
            .filter(|&words| words < 1 << 28)
            .ok_or(ModelError::TooLarge)
    })
}

/// Least bytes of a dense layer's weights that are decoded at a time, if it has so many: little
/// enough to spare, and enough to keep the kernel busy.
const DECODED_AT_A_TIME: usize = 4096;

/// Dense kernels compute this many output channels at a time.
const ROWS: usize = 4;

/// How many rows of a dense layer with coded weights are decoded and computed at a time.
fn rows_at_a_time(op: &FullyConnected, channels: usize) -> usize {
    if op.batches != 1 {
        // Decoding anew for each batch would take longer than a larger buffer is worth.
        return channels;
    }
    let rows = (DECODED_AT_A_TIME / op.depth.max(1)).next_multiple_of(ROWS);
    rows.max(ROWS).min(channels)
}

/// Output channels of an operator with `weights` weights.
fn channels(op: &FullyConnected, weights: usize) -> usize {
    weights.checked_div(op.depth).unwrap_or(0)
}

/// How many weights of an operator are decoded at a time.
fn piece(operator: &Operator) -> usize {
    let weights = operator.weights();
    match &operator.kind {
        Kind::FullyConnected { op, .. } => rows_at_a_time(op, channels(op, weights)) * op.depth,
        _ => weights,
    }
}

/// Bytes that decoding needs besides the tensors.
fn decoding_bytes(model: &Model) -> Result<usize, ModelError> {
    let mut most = 0;
    for index in 0..model.operator_count() {
        let operator = model.operator(index)?;
        if operator.coded.is_some() {
            most = most.max(Coded::TABLE_BYTES + piece(&operator).next_multiple_of(ALIGNMENT));
        }
    }
    Ok(most)
}

/// Bytes from the first aligned address of an arena: what running needs and what planning needs,
/// whichever is more. Planning begins behind the nodes and is over before constants are written.
fn total_bytes(model: &Model, plan: &Plan) -> Result<usize, ModelError> {
    let operators = model.operator_count();
    let run = fixed_words(model)?
        .checked_mul(4)
        .and_then(|fixed| fixed.checked_add(plan.bytes as usize))
        .and_then(|sum| sum.checked_add(decoding_bytes(model).ok()?))
        .filter(|&bytes| bytes <= i32::MAX as usize)
        .ok_or(ModelError::TooLarge)?;
    Ok(run.max((operators * NODE_WORDS + work_words(operators)) * 4))
}

/// Bytes of arena that a model needs, if the arena starts at a multiple of 4. The same number on
/// every machine, and the least that [`Interpreter::new`] accepts.
///
/// Takes about 3 KB of stack.
///
/// # Errors
/// [`ModelError::TooLarge`] from 2 GB on.
#[inline(never)]
pub fn arena_needed(model: &Model) -> Result<usize, ModelError> {
    let mut work = [0; MAX_WORK];
    let plan = Plan::new(model, &mut work)?;
    total_bytes(model, &plan)
}

/// A model that is ready to run in its arena.
pub struct Interpreter<'m, 'a, K> {
    model: Model<'m>,
    nodes: &'a [[u32; NODE_WORDS]],
    constants: &'a [u32],
    tensors: &'a mut [u8],
    decoding: &'a mut [u8],
    input: Range<usize>,
    output: Range<usize>,
    used: usize,
    kernels: PhantomData<K>,
}

impl<'m, 'a, K: Kernels> Interpreter<'m, 'a, K> {
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
        let Some(arena) = arena.get_mut(skipped..) else {
            return Err(too_small(arena_needed(model)));
        };
        let whole = arena.len() / 4 * 4;
        let (aligned, _) = arena.split_at_mut(whole);
        let Ok(words) = bytemuck::try_cast_slice_mut::<u8, u32>(aligned) else {
            return Err(too_small(arena_needed(model)));
        };
        let operators = model.operator_count();
        let Some((node_words, rest)) = words.split_at_mut_checked(operators * NODE_WORDS) else {
            return Err(too_small(arena_needed(model)));
        };
        let Some(work) = rest.get_mut(..work_words(operators)) else {
            return Err(too_small(arena_needed(model)));
        };
        let plan = Plan::new(model, work)?;
        let needed = total_bytes(model, &plan)?;
        let nodes = node_words.as_chunks_mut().0;
        write_nodes(model, &plan, nodes)?;
        let input = plan.tensor(0) as usize;
        let output = model.producer(model.output_tensor()).unwrap_or(0);
        let output = plan.tensor(output) as usize;
        let tensor_bytes = plan.bytes as usize;
        let constant_words = fixed_words(model)? - operators * NODE_WORDS;
        let split = rest.split_at_mut_checked(constant_words);
        let Some((constants, tensors)) = split.filter(|_| whole >= needed) else {
            return Err(too_small(Ok(needed)));
        };
        let split = bytemuck::cast_slice_mut(tensors).split_at_mut_checked(tensor_bytes);
        let Some((tensors, rest)) = split else {
            return Err(too_small(Ok(needed)));
        };
        let Some(decoding) = rest.get_mut(..decoding_bytes(model)?) else {
            return Err(too_small(Ok(needed)));
        };
        write_constants(model, nodes, constants)?;
        Ok(Self {
            model: *model,
            nodes,
            constants,
            tensors,
            decoding,
            input: input..input + model.input().bytes,
            output: output..output + model.output().bytes,
            used: needed + skipped,
            kernels: PhantomData,
        })
    }

    /// The model's input, int8. It may be overwritten by an inference.
    pub fn input_mut(&mut self) -> &mut [i8] {
        bytemuck::cast_slice_mut(self.input_bytes_mut())
    }

    /// The model's output, int8.
    pub fn output(&self) -> &[i8] {
        bytemuck::cast_slice(self.output_bytes())
    }

    /// The bytes of the model's input, whatever its type.
    pub fn input_bytes_mut(&mut self) -> &mut [u8] {
        let input = self.tensors.get_mut(self.input.clone());
        input.unwrap_or(&mut [])
    }

    /// The bytes of the model's output, whatever its type.
    pub fn output_bytes(&self) -> &[u8] {
        self.tensors.get(self.output.clone()).unwrap_or(&[])
    }

    /// Bytes of the arena in use, from its first byte.
    pub fn arena_used(&self) -> usize {
        self.used
    }

    /// Bytes of them that hold tensors and the scratch of kernels; the rest is the interpreter's
    /// own: nodes, constants, and what only planning needs.
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
        for index in 0..self.nodes.len() {
            let failed = InvokeError {
                operator: index as u32,
            };
            let operator = self.model.operator(index).map_err(|_| failed)?;
            if let Some(coded) = operator.coded {
                let pieces = each_piece(&coded, &operator, self.decoding, |_, _| Some(()));
                pieces.ok_or(failed)?;
            }
        }
        Ok(())
    }

    /// One inference: reads the input, writes the output.
    ///
    /// # Errors
    /// For a model that [`Model::parse`] accepted only that coded bits give fewer or more weights
    /// than there are; the plan is checked all the same.
    pub fn invoke(&mut self) -> Result<(), InvokeError> {
        for (index, node) in self.nodes.iter().enumerate() {
            let ran = self.model.operator(index).ok().and_then(|operator| {
                let memory = (self.constants, &mut *self.tensors);
                match operator.coded {
                    None => run::<K>(&operator, node, memory.0, memory.1),
                    Some(coded) => run_coded::<K>(&operator, &coded, node, memory, self.decoding),
                }
            });
            if ran.is_none() {
                let operator = index as u32;
                return Err(InvokeError { operator });
            }
        }
        Ok(())
    }
}

/// Writes where the tensors and constants of each operator lie.
fn write_nodes(
    model: &Model,
    plan: &Plan,
    nodes: &mut [[u32; NODE_WORDS]],
) -> Result<(), ModelError> {
    let tensor = |index: u32| plan.tensor(model.producer(index).unwrap_or(usize::MAX));
    let mut constants = 0;
    for (index, node) in nodes.iter_mut().enumerate() {
        let operator = model.operator(index)?;
        *node = Node {
            input: tensor(operator.input),
            second: operator.second.map_or(plan.scratch(index), tensor),
            output: plan.tensor(index + 1),
            constants,
        }
        .words();
        constants += constant_words(&operator) as u32;
    }
    Ok(())
}

/// Computes the constants of all operators.
fn write_constants(
    model: &Model,
    nodes: &mut [[u32; NODE_WORDS]],
    constants: &mut [u32],
) -> Result<(), ModelError> {
    for (index, words) in nodes.iter_mut().enumerate() {
        let operator = model.operator(index)?;
        let mut node = Node::load(words);
        let first = node.constants as usize;
        let constants = constants
            .get_mut(first..)
            .and_then(|rest| rest.get_mut(..constant_words(&operator)))
            .ok_or(ModelError::TooLarge)?;
        let narrow = prepare(&operator, constants).ok_or(ModelError::Multiplier {
            operator: index as u32,
        })?;
        if narrow {
            node.constants |= NARROW;
        }
        *words = node.words();
    }
    Ok(())
}

/// Computes the constants of one operator; [`None`] if its scales are too far apart. The answer
/// is [`Requantisation::narrow`].
fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    match &operator.kind {
        Kind::Conv2d { op, scales } | Kind::DepthwiseConv2d { op, scales } => {
            let channels = op.window.output[2];
            write_multipliers(constants, channels, |channel| output_scale(scales, channel))?;
            let depth = operator.weights().checked_div(channels)?;
            Some(is_narrow(constants, channels, depth, &op.bias))
        }
        Kind::FullyConnected { op, scales } => {
            let channels = scales.filter.len();
            write_multipliers(constants, channels, |channel| output_scale(scales, channel))?;
            Some(is_narrow(constants, channels, op.depth, &op.bias))
        }
        &Kind::Add { scales, .. } => {
            let [a, b, output] = scales.map(f64::from);
            let twice_max = 2.0 * a.max(b);
            let shifted = f64::from(1 << crate::kernels::Add::LEFT_SHIFT);
            let reals = [a / twice_max, b / twice_max, twice_max / (shifted * output)];
            for (words, real) in constants.as_chunks_mut::<2>().0.iter_mut().zip(reals) {
                // TensorFlow Lite refuses factors from 1 on.
                let multiplier = Multiplier::from_real(real).filter(|m| m.shift <= 0)?;
                *words = [multiplier.multiplier as u32, multiplier.shift as u32];
            }
            Some(false)
        }
        &Kind::Softmax {
            beta, input_scale, ..
        } => {
            let scale = SoftmaxScale::new(beta, input_scale)?;
            let words = [scale.multiplier, scale.left_shift, scale.difference_min];
            for (to, from) in constants.iter_mut().zip(words) {
                *to = from as u32;
            }
            Some(false)
        }
        _ => Some(false),
    }
}

/// The scale from accumulator to output of `channel`, in double precision and in TensorFlow
/// Lite's order.
fn output_scale(scales: &Scales, channel: usize) -> Option<f64> {
    let filter = scales.filter.get(channel).or(scales.filter.get(0))?;
    let product = f64::from(scales.input) * f64::from(filter);
    Some(product / f64::from(scales.output))
}

/// Writes `count` multipliers and then as many shifts of 8 bits.
fn write_multipliers(
    constants: &mut [u32],
    count: usize,
    real: impl Fn(usize) -> Option<f64>,
) -> Option<()> {
    let (multipliers, shifts) = constants.split_at_mut_checked(count)?;
    let shifts: &mut [i8] = bytemuck::cast_slice_mut(shifts);
    shifts.fill(0);
    for (channel, (word, shift)) in multipliers.iter_mut().zip(shifts).enumerate() {
        let multiplier = Multiplier::from_real(real(channel)?)?;
        *word = multiplier.multiplier as u32;
        *shift = multiplier.shift;
    }
    Some(())
}

/// Splits constants into `count` multipliers and their shifts.
fn requantisation(constants: &[u32], count: usize, narrow: bool) -> Option<Requantisation<'_>> {
    let (multipliers, shifts) = constants.split_at_checked(count)?;
    Some(Requantisation {
        multipliers: bytemuck::cast_slice(multipliers),
        shifts: bytemuck::cast_slice(shifts).get(..count)?,
        narrow,
    })
}

/// Whether all shifts are negative and all accumulators stay below 2^30 in magnitude, whatever
/// the input: `depth` products of at most 255 * 128, and a bias.
fn is_narrow(constants: &[u32], channels: usize, depth: usize, bias: &Bias) -> bool {
    let products = depth as u64 * 255 * 128;
    let bias = (0..bias.len()).map(|channel| bias.get(channel).unsigned_abs());
    let bounded = products + u64::from(bias.max().unwrap_or(0)) < 1 << 30;
    bounded
        && requantisation(constants, channels, false)
            .is_some_and(|requantisation| requantisation.shifts.iter().all(|&shift| shift < 0))
}

/// Decodes the weights of an operator piece by piece and calls `use_piece` with the index of the
/// first weight and the weights of each; [`None`] if that fails, or if there are fewer or more.
fn each_piece(
    coded: &Coded,
    operator: &Operator,
    work: &mut [u8],
    mut use_piece: impl FnMut(usize, &[i8]) -> Option<()>,
) -> Option<()> {
    let (mut decoder, weights) = coded.begin(work)?;
    let (count, most) = (coded.bytes(), piece(operator).max(1));
    let mut first = 0;
    while first < count {
        let piece = weights.get_mut(..most.min(count - first))?;
        if !decoder.decode(piece) {
            return None;
        }
        use_piece(first, piece)?;
        first += piece.len();
    }
    decoder.is_at_end().then_some(())
}

/// Decodes and runs one operator.
fn run_coded<K: Kernels>(
    operator: &Operator,
    coded: &Coded,
    words: &[u32; NODE_WORDS],
    (constants, tensors): (&[u32], &mut [u8]),
    work: &mut [u8],
) -> Option<()> {
    each_piece(coded, operator, work, |first, filter| {
        let mut decoded = *operator;
        match &mut decoded.kind {
            Kind::Conv2d { op, .. } | Kind::DepthwiseConv2d { op, .. } => op.filter = filter,
            Kind::FullyConnected { op, .. } if filter.len() == coded.bytes() => op.filter = filter,
            Kind::FullyConnected { op, scales } => {
                op.filter = filter;
                let channel = first.checked_div(op.depth)?;
                return run_rows::<K>(op, scales, channel, words, constants, tensors);
            }
            _ => return None,
        }
        run::<K>(&decoded, words, constants, tensors)
    })
}

/// Runs some rows of a dense layer of one batch: those whose weights `op` has, the first of which
/// is output channel `first`.
fn run_rows<K: Kernels>(
    op: &FullyConnected,
    scales: &Scales,
    first: usize,
    words: &[u32; NODE_WORDS],
    constants: &[u32],
    tensors: &mut [u8],
) -> Option<()> {
    let node = Node::load(words);
    let count = scales.filter.len();
    let constants = constants
        .get((node.constants & !NARROW) as usize..)?
        .get(..count + count.div_ceil(4))?;
    let requantisation = requantisation(constants, count, node.constants & NARROW != 0)?;
    let rows = channels(op, op.filter.len());
    let (input, output) = (
        node.input as usize,
        (node.output as usize).checked_add(first)?,
    );
    let (input, output) = pair(
        tensors,
        input..input.checked_add(op.depth)?,
        output..output.checked_add(rows)?,
    )?;
    let part = FullyConnected {
        bias: op.bias.part(first, rows),
        ..*op
    };
    K::fully_connected(&part, &requantisation.part(first, rows)?, input, output);
    Some(())
}

/// Runs one operator; [`None`] if anything lies outside the arena.
fn run<K: Kernels>(
    operator: &Operator,
    words: &[u32; NODE_WORDS],
    constants: &[u32],
    tensors: &mut [u8],
) -> Option<()> {
    let node = Node::load(words);
    let narrow = node.constants & NARROW != 0;
    let constants = constants
        .get((node.constants & !NARROW) as usize..)?
        .get(..constant_words(operator))?;
    let at = |offset: u32, length: usize| {
        let offset = offset as usize;
        offset..offset.saturating_add(length)
    };
    match &operator.kind {
        Kind::Conv2d { op, .. } => {
            let [input, output] = images(&op.window);
            let [input, output, scratch] = tensors
                .get_disjoint_mut([
                    at(node.input, input),
                    at(node.output, output),
                    at(node.second, scratch_bytes(operator).ok()? as usize),
                ])
                .ok()?;
            K::conv_2d(
                op,
                &requantisation(constants, op.window.output[2], narrow)?,
                bytemuck::cast_slice(input),
                bytemuck::cast_slice_mut(output),
                bytemuck::try_cast_slice_mut(scratch).ok()?,
            );
        }
        Kind::DepthwiseConv2d { op, .. } => {
            let [input, output] = images(&op.window);
            let (input, output) = pair(tensors, at(node.input, input), at(node.output, output))?;
            let requantisation = requantisation(constants, op.window.output[2], narrow)?;
            K::depthwise_conv_2d(op, &requantisation, input, output);
        }
        Kind::FullyConnected { op, scales } => {
            let (input, output) = pair(
                tensors,
                at(node.input, op.batches * op.depth),
                at(node.output, operator.elements),
            )?;
            let requantisation = requantisation(constants, scales.filter.len(), narrow)?;
            K::fully_connected(op, &requantisation, input, output);
        }
        Kind::Float(op) => op.run(tensors, node.input, node.output, operator.elements)?,
        Kind::AveragePool2d(op) | Kind::MaxPool2d(op) => {
            let [input, output] = images(&op.window);
            let (input, output) = pair(tensors, at(node.input, input), at(node.output, output))?;
            match operator.kind {
                Kind::AveragePool2d(_) => K::average_pool_2d(op, input, output),
                _ => K::max_pool_2d(op, input, output),
            }
        }
        Kind::Add { op, .. } => {
            let elements = operator.elements;
            let (a, b) = (at(node.input, elements), at(node.second, elements));
            let output = at(node.output, elements);
            let (chunks, _) = constants.as_chunks::<2>();
            let &[a_scale, b_scale, output_scale] = chunks.first_chunk()?;
            let multipliers =
                [a_scale, b_scale, output_scale].map(|[multiplier, shift]| Multiplier {
                    multiplier: multiplier as i32,
                    shift: shift as i8,
                });
            if a == b {
                let (input, output) = pair(tensors, a, output)?;
                K::add(op, &multipliers, [input, input], output);
            } else {
                let [a, b, output] = tensors.get_disjoint_mut([a, b, output]).ok()?;
                let inputs = [bytemuck::cast_slice(a), bytemuck::cast_slice(b)];
                K::add(op, &multipliers, inputs, bytemuck::cast_slice_mut(output));
            }
        }
        Kind::Reshape => {
            let elements = operator.elements;
            let (input, output) =
                pair(tensors, at(node.input, elements), at(node.output, elements))?;
            for (output, input) in output.iter_mut().zip(input) {
                *output = *input;
            }
        }
        Kind::Softmax { op, .. } => {
            let elements = operator.elements;
            let (input, output) =
                pair(tensors, at(node.input, elements), at(node.output, elements))?;
            let &[multiplier, left_shift, difference_min] = constants.first_chunk()?;
            let scale = SoftmaxScale {
                multiplier: multiplier as i32,
                left_shift: left_shift as i32,
                difference_min: difference_min as i32,
            };
            K::softmax(op, scale, input, output);
        }
    }
    Some(())
}

/// Sizes of the input and output of a sliding window, bytes.
fn images(window: &Window) -> [usize; 2] {
    [window.input, window.output]
        .map(|[height, width, channels]| window.batches * height * width * channels)
}

/// An input and an output.
fn pair(
    tensors: &mut [u8],
    input: Range<usize>,
    output: Range<usize>,
) -> Option<(&[i8], &mut [i8])> {
    let [input, output] = tensors.get_disjoint_mut([input, output]).ok()?;
    Some((
        bytemuck::cast_slice(input),
        bytemuck::cast_slice_mut(output),
    ))
}

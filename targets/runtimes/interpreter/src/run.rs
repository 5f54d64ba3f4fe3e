//! What a registration gets to run an operator with: its tensors, constants and scratch.

use core::ops::Range;

use bytemuck::Pod;

use crate::model::operator::Operator;

/// Words of a [`Digest`].
pub const DIGEST_WORDS: usize = 13;

/// What an operator takes from the file, so that it isn't read for each inference: how is the
/// operator's own business, save that the first word of none is 0.
pub type Digest = [u32; DIGEST_WORDS];

/// An operator that runs.
pub struct Run<'r, 'g, 'm> {
    /// The operator. Of one whose digest is kept only the graph is there.
    pub operator: &'r Operator<'g, 'm>,
    /// Its digest, if that is kept.
    pub(crate) kept: Option<&'r Digest>,
    /// Its memory.
    pub memory: Memory<'r>,
    /// Whether the inference ends with this operator, for there is nothing to infer from yet.
    pub ended: bool,
    /// Where coded weights are decoded.
    pub(crate) decoding: &'r mut [u8],
    /// The model's subgraphs, if it may have more than one.
    pub(crate) subgraphs: Option<&'r dyn Subgraphs<'m>>,
}

/// The memory of an operator that runs.
pub struct Memory<'r> {
    /// What [`Registration::prepare`](crate::operators::Registration::prepare) has answered.
    pub flag: bool,
    /// The words that it has filled, and others behind them.
    pub constants: &'r [u32],
    pub(crate) slots: &'r [u32],
    pub(crate) scratch: u32,
    pub(crate) tensors: &'r mut [u8],
}

/// What an operator that runs subgraphs needs of the whole model.
pub(crate) trait Subgraphs<'m> {
    /// Runs the subgraph at `number`: whether one of its operators has ended the inference.
    fn run(&self, number: usize, tensors: &mut [u8], decoding: &mut [u8]) -> Option<bool>;

    /// Where the input (`side` 0) or output (`side` 1) at `position` of the subgraph at `number` is.
    fn end(&self, number: usize, position: usize, side: usize) -> Option<End<'m>>;
}

/// A part of the arena that an operator writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The output at a position.
    Output(usize),
    /// The input at a position, for variables, which are inputs that are written.
    Input(usize),
    /// The first bytes of the operator's scratch, so many.
    Scratch(usize),
}

/// Where the bytes of a tensor are.
#[derive(Clone, Copy)]
pub(crate) enum End<'m> {
    /// Offset and length in the arena.
    Arena(usize, usize),
    /// A constant of the file.
    File(&'m [u8]),
}

/// The inputs of an operator while other parts of the arena are written.
pub struct Inputs<'t, 'g, 'm> {
    operator: &'t Operator<'g, 'm>,
    slots: &'t [u32],
    gaps: [(usize, &'t [u8]); MAX_PLACES + 1],
}

/// Most parts of the arena that an operator writes at the same time.
const MAX_PLACES: usize = 4;

impl<'g, 'm> Run<'_, 'g, 'm> {
    /// The operator's digest where it is kept, else what the file says, in `room`: it isn't copied.
    pub(crate) fn digest<'d>(
        &'d self,
        read: fn(&Operator) -> Digest,
        room: &'d mut Option<Digest>,
    ) -> &'d Digest {
        match self.kept {
            Some(kept) => kept,
            None => room.insert(read(self.operator)),
        }
    }

    /// The bytes of the first output, and all inputs.
    pub fn output(&mut self) -> Option<(Inputs<'_, 'g, 'm>, &mut [u8])> {
        let (inputs, [output]) = self.borrow([Place::Output(0)])?;
        Some((inputs, output))
    }

    /// The first input and the first output, with elements of two types.
    pub fn unary<T: Pod, U: Pod>(&mut self) -> Option<(&[T], &mut [U])> {
        let (inputs, output) = self.output()?;
        Some((inputs.get(0)?, bytemuck::try_cast_slice_mut(output).ok()?))
    }

    /// Runs the subgraph at `number`, whose tensors lie apart from those of this one.
    pub fn call(&mut self, number: usize) -> Option<()> {
        let subgraphs = self.subgraphs?;
        self.ended |= subgraphs.run(number, self.memory.tensors, self.decoding)?;
        Some(())
    }

    /// The first byte of the output at `position` of the subgraph at `number`.
    pub fn result(&self, number: usize, position: usize) -> Option<u8> {
        let bytes = match self.subgraphs?.end(number, position, 1)? {
            End::Arena(at, _) => self.memory.tensors.get(at..)?,
            End::File(constant) => constant,
        };
        bytes.first().copied()
    }

    /// Copies what is at `place` to the input at `position` of the subgraph at `number`.
    pub fn give(&mut self, place: Place, number: usize, position: usize) -> Option<()> {
        let from = self.find(place)?;
        let to = self.subgraphs?.end(number, position, 0)?;
        self.memory.copy(from, to)
    }

    /// Copies the output at `position` of the subgraph at `number` to `place`.
    pub fn take(&mut self, number: usize, position: usize, place: Place) -> Option<()> {
        let from = self.subgraphs?.end(number, position, 1)?;
        let to = self.find(place)?;
        self.memory.copy(from, to)
    }

    /// Copies the input at a position to the output at a position.
    pub fn forward(&mut self, input: usize, output: usize) -> Option<()> {
        let from = self.find(Place::Input(input))?;
        let to = self.find(Place::Output(output))?;
        self.memory.copy(from, to)
    }

    /// The offset at which the operator's scratch begins.
    pub fn scratch_offset(&self) -> u32 {
        self.memory.scratch
    }

    /// Copies what lies at an offset of the arena to the first output.
    pub fn load(&mut self, offset: u32) -> Option<()> {
        let to = self.find(Place::Output(0))?;
        let bytes = self.operator.output(0).bytes();
        self.memory.copy(End::Arena(offset as usize, bytes), to)
    }

    /// Copies the input at `position` to an offset of the arena.
    pub fn store(&mut self, position: usize, offset: u32) -> Option<()> {
        let from = self.find(Place::Input(position))?;
        let bytes = self.operator.input(position).bytes();
        self.memory.copy(from, End::Arena(offset as usize, bytes))
    }

    /// What is at a place.
    fn find(&self, place: Place) -> Option<End<'m>> {
        if let Place::Input(position) = place {
            let tensor = self.operator.input(position);
            if tensor.is_constant() {
                return Some(End::File(tensor.data()));
            }
        }
        let (offset, bytes) = locate(self.operator, self.memory.slots, place)?;
        Some(End::Arena(offset, bytes))
    }

    /// Parts of the arena to write, which must not overlap, and all inputs. Inputs that overlap
    /// one of the parts can't be had.
    pub fn borrow<const M: usize>(
        &mut self,
        places: [Place; M],
    ) -> Option<(Inputs<'_, 'g, 'm>, [&mut [u8]; M])> {
        self.memory.borrow(self.operator, places)
    }
}

impl Memory<'_> {
    /// The first input, and the first output and the scratch to write, of an operator with one input
    /// in the arena, `sizes` bytes of input and output, and so many of scratch.
    #[inline(never)]
    pub(crate) fn layer(
        &mut self,
        sizes: [usize; 2],
        scratch: usize,
    ) -> Option<(&[i8], Written<'_>)> {
        let &[to, from, ..] = self.slots else {
            return None;
        };
        // What is empty lies at the beginning, where it overlaps nothing.
        let part = |offset: u32, bytes: usize| {
            let offset = if bytes == 0 { 0 } else { offset as usize };
            offset..offset.wrapping_add(bytes)
        };
        let parts = [
            part(from, sizes[0]),
            part(to, sizes[1]),
            part(self.scratch, scratch),
        ];
        let [input, output, scratch] = self.tensors.get_disjoint_mut(parts).ok()?;
        let output = bytemuck::cast_slice_mut(output);
        Some((bytemuck::cast_slice(input), Written { output, scratch }))
    }

    /// [`Run::borrow`].
    #[inline(never)]
    pub fn borrow<'t, 'g, 'm, const M: usize>(
        &'t mut self,
        operator: &'t Operator<'g, 'm>,
        places: [Place; M],
    ) -> Option<(Inputs<'t, 'g, 'm>, [&'t mut [u8]; M])> {
        const { assert!(M <= MAX_PLACES) };
        let mut ranges = [(0, 0); M];
        for (range, place) in ranges.iter_mut().zip(places) {
            *range = match place {
                Place::Scratch(bytes) => (self.scratch as usize, bytes),
                place => locate(operator, self.slots, place)?,
            };
        }
        let mut parts = core::array::from_fn(|_| &mut [] as &mut [u8]);
        let mut gaps = [(0, &[] as &[u8]); MAX_PLACES + 1];
        carve(self.tensors, &ranges, &mut parts, &mut gaps)?;
        let inputs = Inputs {
            operator,
            slots: self.slots,
            gaps,
        };
        Some((inputs, parts))
    }
}

impl Memory<'_> {
    /// Copies bytes of the arena or the file to as many others of the arena.
    #[inline(never)]
    fn copy(&mut self, from: End, to: End) -> Option<()> {
        let End::Arena(offset, bytes) = to else {
            return None;
        };
        let mut parts = [&mut [] as &mut [u8], &mut []];
        let mut gaps = [(0, &[] as &[u8]); 3];
        let mut ranges = [(offset, bytes), (0, 0)];
        if let End::Arena(offset, bytes) = from {
            ranges[1] = (offset, bytes);
        }
        carve(self.tensors, &ranges, &mut parts, &mut gaps)?;
        let [to, copied] = parts;
        let from = match from {
            End::Arena(..) => copied,
            End::File(constant) => constant,
        };
        if to.len() != from.len() {
            return None;
        }
        to.copy_from_slice(from);
        Some(())
    }
}

/// What a layer writes.
pub(crate) struct Written<'t> {
    pub output: &'t mut [i8],
    pub scratch: &'t mut [u8],
}

/// Offset and length of an output or input.
#[inline(never)]
fn locate(operator: &Operator, slots: &[u32], place: Place) -> Option<(usize, usize)> {
    let (slot, tensor) = match place {
        Place::Output(position) => (position, operator.output(position)),
        Place::Input(position) => (input_slot(operator, position), operator.input(position)),
        Place::Scratch(_) => return None,
    };
    Some((*slots.get(slot)? as usize, tensor.bytes()))
}

/// The slot of the input at `position`: behind those of the outputs and of the inputs before it
/// that live in the arena.
pub(crate) fn input_slot(operator: &Operator, position: usize) -> usize {
    let before = (0..position).filter(|&before| operator.input_is_in_arena(before));
    operator.output_count() + before.count()
}

/// Splits `memory` at `ranges` (offset and length), which may not overlap: into them and what lies
/// between.
#[inline(never)]
fn carve<'t>(
    memory: &'t mut [u8],
    ranges: &[(usize, usize)],
    parts: &mut [&'t mut [u8]],
    gaps: &mut [(usize, &'t [u8])],
) -> Option<()> {
    let (mut rest, mut start) = (memory, 0);
    let mut gaps = gaps.iter_mut();
    let mut done = 0_u32;
    loop {
        // The next range in the order of memory; ranges that overlap fail below.
        let mut next = None;
        for (index, &(offset, length)) in ranges.iter().enumerate() {
            let open = length > 0 && done >> (index & 31) & 1 == 0;
            if open && next.is_none_or(|(_, before, _)| offset < before) {
                next = Some((index, offset, length));
            }
        }
        let Some((index, offset, length)) = next else {
            break;
        };
        done |= 1 << (index & 31);
        let (gap, from) = rest.split_at_mut_checked(offset.checked_sub(start)?)?;
        let (part, behind) = from.split_at_mut_checked(length)?;
        *gaps.next()? = (start, gap);
        *parts.get_mut(index)? = part;
        (rest, start) = (behind, offset + length);
    }
    *gaps.next()? = (start, rest);
    Some(())
}

impl<'t, 'm: 't> Inputs<'t, '_, 'm> {
    /// The bytes of the input at `position`, in the arena or in the file; [`None`] if it is left
    /// out, or lies where the operator writes.
    #[inline(never)]
    pub fn bytes(&self, position: usize) -> Option<&'t [u8]> {
        let tensor = self.operator.input(position);
        if tensor.is_constant() {
            return Some(tensor.data());
        }
        let offset = *self.slots.get(input_slot(self.operator, position))? as usize;
        self.at(offset..offset.checked_add(tensor.bytes())?)
    }

    /// The elements of the input at `position`, as numbers of its type. 64-bit ones can't be had
    /// like this, for the arena is aligned to 4 bytes.
    pub fn get<T: Pod>(&self, position: usize) -> Option<&'t [T]> {
        bytemuck::try_cast_slice(self.bytes(position)?).ok()
    }

    fn at(&self, range: Range<usize>) -> Option<&'t [u8]> {
        self.gaps.iter().find_map(|(start, gap)| {
            let from = range.start.checked_sub(*start)?;
            gap.get(from..)?.get(..range.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carved(ranges: &[(usize, usize)]) -> Option<(std::vec::Vec<u8>, usize)> {
        let mut memory: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
        let mut parts = [&mut [] as &mut [u8], &mut []];
        let mut gaps = [(0, &[] as &[u8]); 3];
        carve(&mut memory, ranges, &mut parts, &mut gaps)?;
        let firsts = parts.iter().filter_map(|part| part.first().copied());
        let between = gaps.iter().map(|(_, gap)| gap.len()).sum();
        Some((firsts.collect(), between))
    }

    #[test]
    fn parts_are_carved_in_any_order_and_never_overlap() {
        assert_eq!(carved(&[(4, 2), (1, 2)]), Some((vec(&[4, 1]), 4)));
        assert_eq!(carved(&[(0, 4), (4, 4)]), Some((vec(&[0, 4]), 0)));
        assert_eq!(carved(&[(0, 0), (3, 1)]), Some((vec(&[3]), 7)));
        assert_eq!(carved(&[(0, 4), (3, 4)]), None);
        assert_eq!(carved(&[(2, 2), (2, 2)]), None);
        assert_eq!(carved(&[(7, 2), (0, 1)]), None);
    }

    fn vec(bytes: &[u8]) -> std::vec::Vec<u8> {
        bytes.into()
    }
}

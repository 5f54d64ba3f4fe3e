//! What preparation finds out about an operator: four words of the arena each.

/// Words of a [`Node`].
pub(crate) const NODE_WORDS: usize = 4;

/// Slots that a node has room for. Those of an operator with more lie behind the nodes, save that
/// of the scratch.
pub(crate) const SLOTS: usize = 3;

/// Most words of constants of all operators together.
pub(crate) const MAX_CONSTANTS: usize = 1 << CONSTANTS_BITS;

/// Most registrations of a resolver.
pub(crate) const MAX_REGISTRATIONS: usize = 1 << (31 - CONSTANTS_BITS);

const CONSTANTS_BITS: u32 = 22;
const FLAG: u32 = 1 << 31;
/// In the first slot: the slots lie elsewhere, and the second one says where.
const ELSEWHERE: u32 = 1 << 31;

/// Where an operator's tensors and constants lie, and who runs it.
///
/// A slot is the offset of a tensor in the tensor area: first those of the outputs, then those of
/// the inputs that live there. The last slot of the node is that of the scratch if the operator has
/// any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node<'a>(pub &'a [u32; NODE_WORDS]);

impl<'a> Node<'a> {
    /// Words of a node without its slots.
    pub fn words(registration: usize, constants: usize) -> [u32; NODE_WORDS] {
        let last = constants as u32 | (registration as u32) << CONSTANTS_BITS;
        [0, 0, 0, last]
    }

    /// Words of a node whose slots are the words from `first` on in the area of slots.
    pub fn with_slots(words: [u32; NODE_WORDS], first: usize) -> [u32; NODE_WORDS] {
        [ELSEWHERE, first as u32, 0, words[3]]
    }

    /// The words of a node with the slot of its scratch.
    pub fn with_scratch(words: [u32; NODE_WORDS], scratch: u32) -> [u32; NODE_WORDS] {
        [words[0], words[1], scratch, words[3]]
    }

    /// The slot of the scratch, if the operator has any.
    pub fn scratch(self) -> u32 {
        self.0[2]
    }

    /// The words of a node with its flag set.
    pub fn with_flag(words: [u32; NODE_WORDS]) -> [u32; NODE_WORDS] {
        [words[0], words[1], words[2], words[3] | FLAG]
    }

    /// The slots, and perhaps words behind them. `area` is that of the slots that no node has room
    /// for.
    pub fn slots(self, area: &'a [u32]) -> &'a [u32] {
        if self.0[0] & ELSEWHERE == 0 {
            let [slots @ .., _] = self.0;
            return slots;
        }
        area.get(self.0[1] as usize..).unwrap_or(&[])
    }

    /// Index of the registration in the resolver.
    pub fn registration(self) -> usize {
        ((self.0[3] & !FLAG) >> CONSTANTS_BITS) as usize
    }

    /// First word of the constants.
    pub fn constants(self) -> usize {
        self.0[3] as usize & (MAX_CONSTANTS - 1)
    }

    /// What the registration's preparation has answered.
    pub fn flag(self) -> bool {
        self.0[3] & FLAG != 0
    }
}

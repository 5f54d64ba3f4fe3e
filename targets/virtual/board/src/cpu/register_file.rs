//! Registers that are indexed without a check.

use std::ops::{Index, IndexMut};

/// As many registers as a byte can number, so that an operand of an [`super::op::Op`] is an index. The
/// decoder makes only numbers that exist.
#[derive(Clone, Debug)]
pub(crate) struct RegisterFile([u32; 256]);

impl RegisterFile {
    /// All registers zero.
    pub const ZERO: Self = Self([0; 256]);

    /// The first `N` of them.
    pub fn first<const N: usize>(&self) -> [u32; N] {
        std::array::from_fn(|at| self.0[at])
    }
}

impl Index<u8> for RegisterFile {
    type Output = u32;

    #[inline(always)]
    fn index(&self, register: u8) -> &u32 {
        &self.0[usize::from(register)]
    }
}

impl IndexMut<u8> for RegisterFile {
    #[inline(always)]
    fn index_mut(&mut self, register: u8) -> &mut u32 {
        &mut self.0[usize::from(register)]
    }
}

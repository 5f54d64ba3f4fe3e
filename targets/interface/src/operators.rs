//! The marks by which an engine says where its operators begin and end, for profiles: the functions
//! `tinybench_operator_begins` and `tinybench_operator_ends` of `tinybench_runtime.h`.
//!
//! They do nothing in an image that is measured: a virtual board counts beside the run and knows by them
//! where an operator begins and ends. In an image that is made for the profile of a real board they read
//! the cycle counter, and keep what [`Operators`] says.

use core::mem::offset_of;

/// The ELF symbol of the function that says that an operator begins.
pub const BEGINS: &str = "tinybench_operator_begins";

/// The ELF symbol of the function that says that it ends.
pub const ENDS: &str = "tinybench_operator_ends";

/// The ELF symbol of [`Operators`], in an image that measures its operators.
pub const SYMBOL: &str = "TINYBENCH_OPERATORS";

/// Operators that are kept at most.
pub const CAPACITY: usize = 256;

#[cfg(feature = "marks")]
unsafe extern "C" {
    safe fn tinybench_operator_begins(index: u32);
    safe fn tinybench_operator_ends();
}

/// Says that the operator with this index in the model begins.
#[cfg(feature = "marks")]
#[inline(always)]
pub fn begins(index: u32) {
    tinybench_operator_begins(index);
}

/// Says that the operator ends that began last.
#[cfg(feature = "marks")]
#[inline(always)]
pub fn ends() {
    tinybench_operator_ends();
}

/// What an image keeps of the operators of its latest inference.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operators {
    /// Cycles that the two marks add to what lies between them.
    pub inside: u32,
    /// Cycles that they add to an inference, `inside` among them.
    pub whole: u32,
    /// Operators that have begun and not ended.
    pub open: u32,
    /// Ends of which no operator had begun.
    pub stray: u32,
    /// Operators that have ended and were part of no other, with those for which there is no room.
    pub count: u32,
    /// Of each: its index, its cycles with `inside`, and how many operators were part of it.
    pub entries: [[u32; 3]; CAPACITY],
}

impl Operators {
    /// None.
    pub const NONE: Self = Self {
        inside: 0,
        whole: 0,
        open: 0,
        stray: 0,
        count: 0,
        entries: [[0; 3]; CAPACITY],
    };

    /// Its size in words.
    pub const WORDS: usize = size_of::<Self>() / 4;

    /// Builds it from the words read out of a target, in address order. Those that are missing count as 0.
    pub fn from_words(words: &[u32]) -> Self {
        let at = |offset: usize| words.get(offset / 4).copied().unwrap_or(0);
        let mut entries = [[0; 3]; CAPACITY];
        for (index, word) in entries.as_flattened_mut().iter_mut().enumerate() {
            *word = at(offset_of!(Self, entries) + 4 * index);
        }
        Self {
            inside: at(offset_of!(Self, inside)),
            whole: at(offset_of!(Self, whole)),
            open: at(offset_of!(Self, open)),
            stray: at(offset_of!(Self, stray)),
            count: at(offset_of!(Self, count)),
            entries,
        }
    }
}

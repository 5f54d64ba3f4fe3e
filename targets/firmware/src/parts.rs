//! What differs from model to model: whoever links the program defines it under one name.

use core::slice;

/// Where the parts are. Addresses and lengths alone, so that who links needs no compiler.
#[repr(C)]
pub struct Parts {
    /// The model file, aligned to 16 bytes.
    pub model: *const u8,
    /// Its length, bytes.
    pub model_bytes: usize,
    /// References to the runtime's registrations of operators that the model needs.
    pub operators: *const (),
    /// How many.
    pub operator_count: usize,
    /// Memory for the runtime beside its arena, zero at first.
    pub room: *mut u32,
    /// Its length, words.
    pub room_words: usize,
}

// SAFETY: one thread of execution, and nobody but the runtime uses the room.
unsafe impl Sync for Parts {}

#[cfg(feature = "interpreter")]
pub use tinybench_interpreter::operators::{self, Registration};

unsafe extern "C" {
    /// Of the image that this is.
    pub(crate) static TINYBENCH_PARTS: Parts;
}

/// The model file, in flash, aligned to 16 bytes.
pub(crate) fn model() -> &'static [u8] {
    // SAFETY: who links the program defines the parts, with a model of that length.
    unsafe { slice::from_raw_parts(TINYBENCH_PARTS.model, TINYBENCH_PARTS.model_bytes) }
}

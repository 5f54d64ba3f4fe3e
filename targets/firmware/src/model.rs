//! The model, in flash.

use core::slice;

use crate::parts::TINYBENCH_PARTS;

/// The model file, aligned to 16 bytes.
pub fn bytes() -> &'static [u8] {
    // SAFETY: who links the program defines the parts, with a model of that length.
    unsafe { slice::from_raw_parts(TINYBENCH_PARTS.model, TINYBENCH_PARTS.model_bytes) }
}

//! The interpreter's operators that the model needs: only those are linked.

use core::slice;

use tinybench_interpreter::operators::{Registration, Resolver};
use tinybench_interpreter::runtime::Operators;

use crate::parts::TINYBENCH_PARTS;

/// The operators of the image.
pub struct OfModel;

impl Operators for OfModel {
    fn list() -> Resolver {
        // SAFETY: who links the program defines the parts, with a table of so many references.
        unsafe {
            slice::from_raw_parts(
                TINYBENCH_PARTS.operators.cast::<&Registration>(),
                TINYBENCH_PARTS.operator_count,
            )
        }
    }

    fn room() -> &'static mut [u32] {
        // SAFETY: likewise, with room for so many words. Asked for when a model is prepared, when the one
        // before is no more.
        unsafe { slice::from_raw_parts_mut(TINYBENCH_PARTS.room, TINYBENCH_PARTS.room_words) }
    }
}

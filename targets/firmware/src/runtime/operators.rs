//! The interpreter's operators that the model needs: only those are linked.

use core::cell::UnsafeCell;

use tinybench_interpreter::operators::{self, Resolver};
use tinybench_interpreter::runtime::Operators;
use tinybench_interpreter::{DIGEST_WORDS, room_needed};

use crate::model;

/// The operators of TINYBENCH_OPERATORS, all if there is no such variable.
pub struct OfModel;

/// Most operators that room is set aside for. Of models with more, those of the first 64 are kept.
const MOST: usize = 64;

/// Coded weights are looked for in the file, so that a compressed model has no use for any.
const ROOM: usize = {
    let compressed = cfg!(feature = "huffman");
    let needed = if compressed {
        0
    } else {
        room_needed(model::FILE)
    };
    let most = MOST * DIGEST_WORDS;
    if needed < most { needed } else { most }
};

struct Room(UnsafeCell<[u32; ROOM]>);

// SAFETY: one thread of execution, and only the runtime uses it.
unsafe impl Sync for Room {}

#[unsafe(link_section = ".bss.tinybench_runtime")]
static PLACE: Room = Room(UnsafeCell::new([0; ROOM]));

impl Operators for OfModel {
    const LIST: Resolver = include!(concat!(env!("OUT_DIR"), "/operators.rs"));

    fn room() -> &'static mut [u32] {
        // SAFETY: asked for when a model is prepared, when the one before is no more.
        unsafe { &mut *PLACE.0.get() }
    }
}

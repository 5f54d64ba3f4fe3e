//! The on-target program as cargo links it, for engines in static libraries: the crate beside this, with
//! the parts that `build.rs` has written.

#![no_std]
#![no_main]

use core::ptr;

use tinybench_firmware::parts::Parts;
#[cfg(feature = "pipeline")]
use tinybench_firmware::parts::{FrontEnd, Table, features};
#[cfg(feature = "interpreter")]
use tinybench_firmware::parts::{Registration, operators};

include!(concat!(env!("OUT_DIR"), "/parts.rs"));
#[cfg(feature = "pipeline")]
include!(concat!(env!("OUT_DIR"), "/front_end.rs"));

/// Kernels may read weights a word, or four, at a time.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// The model file.
const FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin"));

#[used]
#[unsafe(link_section = ".tinybench.model")]
static MODEL: Aligned<[u8; FILE.len()]> =
    Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")));

#[unsafe(no_mangle)]
static TINYBENCH_PARTS: Parts = Parts {
    model: MODEL.0.as_ptr(),
    model_bytes: FILE.len(),
    operators: OPERATORS.as_ptr().cast(),
    operator_count: OPERATORS.len(),
    room: ptr::dangling_mut(),
    room_words: 0,
};

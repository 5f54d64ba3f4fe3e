//! The model, in flash.

use core::hint::black_box;

/// Kernels may read weights a word, or four, at a time.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// The model file, for constants alone.
pub const FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin"));

#[used]
#[unsafe(link_section = ".tinybench.model")]
static MODEL: Aligned<[u8; FILE.len()]> =
    Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")));

/// The model file, aligned to 16 bytes.
pub fn bytes() -> &'static [u8] {
    // The compiler knows these bytes; the runtime must not profit from that.
    black_box(&MODEL.0)
}

//! What differs from model to model: whoever links the program defines it, under the names that are here.

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

/// A front end and the memory that it works in: [`tinybench_pipeline::features::FrontEnd`].
#[cfg(feature = "pipeline")]
#[repr(C)]
pub struct FrontEnd {
    /// Frames.
    pub frames: usize,
    /// Samples between the beginnings of two frames.
    pub hop_samples: usize,
    /// Samples of the transform.
    pub fft_samples: usize,
    /// The transform: the one that is named here is all that is linked.
    pub fft: Fft,
    /// Bands of the mel filter bank.
    pub mel_bands: usize,
    /// Added to the energy of a band.
    pub log_floor: f32,
    /// The first bin that is in a band.
    pub first_bin: usize,
    /// The window, divided by 32768.
    pub window: Table<f32>,
    /// The edge below each bin.
    pub edges: Table<u8>,
    /// The weight of each bin.
    pub weights: Table<f32>,
    /// Rows of the DCT; none for log-mel features.
    pub dct: Table<f32>,
    /// Memory to work in.
    pub work: *mut f32,
    /// Its length, words.
    pub work_words: usize,
}

// SAFETY: one thread of execution, and nobody but the front end works there.
#[cfg(feature = "pipeline")]
unsafe impl Sync for FrontEnd {}

/// A slice by its address and length.
#[cfg(feature = "pipeline")]
#[repr(C)]
pub struct Table<T> {
    first: *const T,
    length: usize,
}

#[cfg(feature = "pipeline")]
impl<T> Table<T> {
    /// That of a slice.
    pub const fn new(values: &'static [T]) -> Self {
        Self {
            first: values.as_ptr(),
            length: values.len(),
        }
    }

    /// The slice.
    pub(crate) fn values(&self) -> &'static [T] {
        // SAFETY: `new` or who links the program has made it of so many values.
        unsafe { slice::from_raw_parts(self.first, self.length) }
    }
}

#[cfg(feature = "pipeline")]
pub use tinybench_pipeline::features::{self, Fft};

#[cfg(feature = "interpreter")]
pub use tinybench_interpreter::operators::{self, Registration};

unsafe extern "C" {
    /// Of the image that this is.
    pub(crate) static TINYBENCH_PARTS: Parts;
}

#[cfg(feature = "pipeline")]
#[expect(
    improper_ctypes,
    reason = "who links the program takes the transform from it"
)]
unsafe extern "C" {
    /// Of the image that this is.
    pub(crate) static TINYBENCH_FRONT_END: FrontEnd;
}

/// The model file, in flash, aligned to 16 bytes.
pub(crate) fn model() -> &'static [u8] {
    // SAFETY: who links the program defines the parts, with a model of that length.
    unsafe { slice::from_raw_parts(TINYBENCH_PARTS.model, TINYBENCH_PARTS.model_bytes) }
}

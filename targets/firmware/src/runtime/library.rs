//! A runtime behind the C functions of `tinybench_runtime.h`, linked as a static library.

use core::ffi::c_void;
use core::slice;

use tinybench_interface::{PrepareError, Runtime};

use crate::memory;

/// `struct tinybench_runtime_tensor`
#[repr(C)]
struct Tensor {
    data: *mut u8,
    bytes: usize,
}

unsafe extern "C" {
    fn tinybench_runtime_prepare(
        model: *const c_void,
        model_bytes: usize,
        arena: *mut c_void,
        arena_bytes: usize,
    ) -> i32;
    fn tinybench_runtime_input(position: usize) -> Tensor;
    fn tinybench_runtime_output(position: usize) -> Tensor;
    fn tinybench_runtime_invoke() -> i32;
    fn tinybench_runtime_arena_used() -> usize;
    fn tinybench_runtime_release();
    fn tinybench_runtime_reset();

    static __init_array_start: u8;
    static __init_array_end: u8;
}

/// `TINYBENCH_RUNTIME_OK` and `TINYBENCH_RUNTIME_ARENA_TOO_SMALL`
const OK: i32 = 0;
const ARENA_TOO_SMALL: i32 = 1;

/// Runs the constructors of static objects, as C++ wants it before anything else.
pub fn construct() {
    let mut at = (&raw const __init_array_start).cast::<extern "C" fn()>();
    while at < (&raw const __init_array_end).cast() {
        // SAFETY: the linker script puts nothing but pointers to constructors between the two.
        unsafe {
            (*at)();
            at = at.add(1);
        }
    }
}

/// The engine that has prepared its model. There is one, in the library's own variables.
pub struct Library(());

impl Tensor {
    /// Its memory; none of a tensor that isn't in RAM, which then has the wrong size.
    fn memory(&self) -> &'static mut [u8] {
        if self.bytes == 0 || !memory::in_ram(self.data as u32, self.bytes as u32) {
            return &mut [];
        }
        // SAFETY: it is in RAM; the engine has set it aside for this tensor, and doesn't run while
        // the slice is held.
        unsafe { slice::from_raw_parts_mut(self.data, self.bytes) }
    }
}

impl Runtime for Library {
    const NAME: &'static str = env!("TINYBENCH_RUNTIME_NAME");
    const VERSION: &'static str = env!("TINYBENCH_RUNTIME_VERSION");

    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let bytes = arena.len();
        // SAFETY: both are the engine's until it is released.
        let code = unsafe {
            tinybench_runtime_prepare(
                model.as_ptr().cast(),
                model.len(),
                arena.as_mut_ptr().cast(),
                bytes,
            )
        };
        match code {
            OK => Ok(Self(())),
            ARENA_TOO_SMALL => {
                // SAFETY: only tells a number.
                let wanted = unsafe { tinybench_runtime_arena_used() };
                Err(PrepareError::ArenaTooSmall {
                    needed: wanted.max(bytes + 1),
                })
            }
            code => Err(PrepareError::Model {
                code: code.cast_unsigned(),
                operator: u32::MAX,
            }),
        }
    }

    fn input(&mut self) -> &mut [u8] {
        self.input_at(0)
    }

    fn output(&self) -> &[u8] {
        self.output_at(0)
    }

    fn input_at(&mut self, position: usize) -> &mut [u8] {
        // SAFETY: the model is prepared.
        unsafe { tinybench_runtime_input(position) }.memory()
    }

    fn output_at(&self, position: usize) -> &[u8] {
        // SAFETY: the model is prepared.
        unsafe { tinybench_runtime_output(position) }.memory()
    }

    fn reset(&mut self) {
        // SAFETY: the model is prepared.
        unsafe { tinybench_runtime_reset() }
    }

    fn invoke(&mut self) -> Result<(), u32> {
        // SAFETY: the model is prepared.
        match unsafe { tinybench_runtime_invoke() } {
            OK => Ok(()),
            code => Err(code.cast_unsigned()),
        }
    }

    fn arena_used(&self) -> usize {
        // SAFETY: the model is prepared.
        unsafe { tinybench_runtime_arena_used() }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the model is prepared, and nobody uses it any more.
        unsafe { tinybench_runtime_release() }
    }
}

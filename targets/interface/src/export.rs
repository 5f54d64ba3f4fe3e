//! A runtime in Rust behind the functions of `tinybench_runtime.h`.

/// Defines the functions of `tinybench_runtime.h` for a type that implements [`Runtime`](crate::Runtime),
/// and the panic handler of a static library. tinybench puts it into a crate that it makes around an
/// engine; the engine's own crate needs nothing but the trait.
///
/// The functions are called one at a time and never from an interrupt.
#[macro_export]
macro_rules! export_runtime {
    ($runtime:ty) => {
        mod exported {
            use core::cell::UnsafeCell;
            use core::ffi::c_void;
            use core::slice;

            use $crate::{PrepareError, Runtime};

            struct Slot(UnsafeCell<Option<$runtime>>);

            // SAFETY: one thread of execution calls these functions, one at a time.
            unsafe impl Sync for Slot {}

            static ENGINE: Slot = Slot(UnsafeCell::new(None));
            static NEEDED: core::sync::atomic::AtomicUsize =
                core::sync::atomic::AtomicUsize::new(0);

            fn engine() -> Option<&'static mut $runtime> {
                // SAFETY: as for `Slot`; no reference outlives the call that it is made for.
                unsafe { (*ENGINE.0.get()).as_mut() }
            }

            #[repr(C)]
            pub struct Tensor {
                data: *mut c_void,
                bytes: usize,
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_prepare(
                model: *const u8,
                model_bytes: usize,
                arena: *mut u8,
                arena_bytes: usize,
            ) -> i32 {
                // SAFETY: the caller gives both for as long as the engine isn't released.
                let (model, arena) = unsafe {
                    (
                        slice::from_raw_parts(model, model_bytes),
                        slice::from_raw_parts_mut(arena, arena_bytes),
                    )
                };
                match <$runtime as Runtime>::prepare(model, arena) {
                    Ok(engine) => {
                        // SAFETY: as for `Slot`.
                        unsafe { *ENGINE.0.get() = Some(engine) };
                        0
                    }
                    Err(PrepareError::ArenaTooSmall { needed }) => {
                        NEEDED.store(needed, core::sync::atomic::Ordering::Relaxed);
                        1
                    }
                    // Two codes have meanings of their own.
                    Err(PrepareError::Model { code, .. }) => (code as i32).max(2),
                }
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_input(position: usize) -> Tensor {
                let input = engine().map_or(&mut [][..], |it| it.input_at(position));
                Tensor {
                    data: input.as_mut_ptr().cast(),
                    bytes: input.len(),
                }
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_output(position: usize) -> Tensor {
                let output = engine().map_or(&[][..], |it| it.output_at(position));
                Tensor {
                    data: output.as_ptr().cast_mut().cast(),
                    bytes: output.len(),
                }
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_invoke() -> i32 {
                match engine().map(Runtime::invoke) {
                    Some(Ok(())) => 0,
                    Some(Err(code)) => (code as i32).max(1),
                    None => 1,
                }
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_arena_used() -> usize {
                let needed = || NEEDED.load(core::sync::atomic::Ordering::Relaxed);
                engine().map_or_else(needed, |it| it.arena_used())
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_release() {
                // SAFETY: as for `Slot`.
                unsafe { *ENGINE.0.get() = None };
            }

            #[unsafe(no_mangle)]
            pub extern "C" fn tinybench_runtime_reset() {
                if let Some(engine) = engine() {
                    engine.reset();
                }
            }

            // The measuring program has one too, and comes first: a panic is told with its place.
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
        }
    };
}

//! How the models are timed: by the core's cycle counter, a few times, with the instruction cache
//! as it is after reset: off.

#![no_std]

use core::hint::black_box;

use cortex_m::peripheral::{DWT, Peripherals};
use panic_rtt_target as _;
use rtt_target::{rprintln, rtt_init_print};

/// How often each model is run.
const RUNS: u32 = 3;

/// Checks the model's answer, times `predict`, says both and ends.
///
/// # Panics
/// If the answer isn't the one that MicroFlow's own tests expect.
pub fn time<const N: usize, T>(
    answer: [f32; N],
    expected: [f32; N],
    mut predict: impl FnMut() -> T,
) -> ! {
    rtt_init_print!();
    assert_eq!(answer, expected, "not what MicroFlow's tests expect");
    let mut core = Peripherals::take().unwrap();
    core.DCB.enable_trace();
    core.DWT.enable_cycle_counter();
    for _ in 0..RUNS {
        let start = DWT::cycle_count();
        black_box(predict());
        let end = DWT::cycle_count();
        rprintln!("cycles {}", end.wrapping_sub(start));
    }
    semihosting::process::exit(0)
}

/// Numbers that look random, from -128 to 127: the same at each call.
pub fn noise() -> impl FnMut() -> i8 {
    let mut state = 1_u32;
    move || {
        // Numerical Recipes' linear congruential generator.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as i8
    }
}

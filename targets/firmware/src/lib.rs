//! The on-target program of tinybench: it gives a model to a runtime, measures what the host
//! asks for and answers through the block of `tinybench-interface`. It prints nothing and talks
//! to nobody while it measures.
//!
//! With the feature `mlperf` it is instead a device that speaks the MLPerf Tiny protocol on a UART,
//! for hosts that know nothing of the block.

#![no_std]
// The program of `tinybench calibrate` is another.
#![cfg(not(feature = "calibration"))]
#![cfg_attr(
    feature = "mlperf",
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "the block only holds faults there"
    )
)]

mod block;
mod chip;
#[cfg(not(feature = "mlperf"))]
mod commands;
#[cfg(not(feature = "mlperf"))]
mod cycles;
#[cfg(feature = "energy")]
mod energy;
mod fault;
#[cfg(feature = "learning")]
mod learning;
mod memory;
#[cfg(feature = "mlperf")]
mod mlperf;
pub mod parts;
#[cfg(feature = "pipeline")]
mod pipeline;
mod runtime;

use cortex_m_rt::entry;
#[cfg(not(feature = "mlperf"))]
use tinybench_interface::Status;

#[entry]
fn main() -> ! {
    memory::paint_stack();
    fault::enable();
    chip::disable_interrupts();
    chip::configure();
    #[cfg(feature = "library")]
    runtime::library::construct();
    run()
}

/// Answers commands over the serial port.
#[cfg(feature = "mlperf")]
fn run() -> ! {
    mlperf::serve::<runtime::UnderTest>()
}

/// Answers commands through the block.
#[cfg(not(feature = "mlperf"))]
#[inline(always)]
fn run() -> ! {
    cycles::enable();
    let mut program = commands::Program::<runtime::UnderTest>::new();
    block::finish(Status::Ready);
    loop {
        let outcome = program.carry_out(block::command());
        memory::check_stack();
        block::answer(outcome);
    }
}

//! The on-target program of tinybench: it gives a model to a runtime, measures what the host
//! asks for and answers through the block of `tinybench-interface`. It prints nothing and talks
//! to nobody while it measures.

#![no_std]
#![no_main]

mod block;
mod chip;
mod commands;
mod cycles;
mod fault;
#[cfg(feature = "learning")]
mod learning;
mod memory;
mod model;
#[cfg(feature = "pipeline")]
mod pipeline;

use cortex_m_rt::entry;
use tinybench_interface::Status;

#[cfg(feature = "classical")]
use tinybench_classical::runtime::Classical as RuntimeUnderTest;
#[cfg(feature = "interpreter")]
use tinybench_interpreter::runtime::Interpreter as RuntimeUnderTest;

#[cfg(not(any(feature = "classical", feature = "interpreter")))]
compile_error!("choose the runtime under test by its feature, e.g. `--features interpreter`");

#[entry]
fn main() -> ! {
    memory::paint_stack();
    fault::enable();
    chip::disable_interrupts();
    chip::configure();
    cycles::enable();

    let mut program = commands::Program::<RuntimeUnderTest>::new();
    block::finish(Status::Ready);
    loop {
        let outcome = program.carry_out(block::command());
        memory::check_stack();
        block::answer(outcome);
    }
}

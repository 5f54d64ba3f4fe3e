//! The on-target program of `tinybench calibrate`: it runs the sequences of instructions that the
//! host gives it and reads counters before and behind them, as `tinybench_interface::calibration`
//! describes.

#![no_std]
#![no_main]

mod block;
#[path = "../chip/mod.rs"]
mod chip;
mod counters;
#[path = "../fault.rs"]
mod fault;
#[expect(dead_code, reason = "no arena is painted here")]
#[path = "../memory.rs"]
mod memory;
mod sequence;

use cortex_m_rt::entry;
use tinybench_interface::Status;

#[entry]
fn main() -> ! {
    fault::enable();
    chip::disable_interrupts();
    chip::configure();
    block::describe();
    block::finish(Status::Ready);
    loop {
        sequence::carry_out();
        block::finish(Status::Done);
    }
}

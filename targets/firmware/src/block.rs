//! The block through which the host talks to this program, and the halt that hands it over.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

use tinybench_interface::{Block, Command, Error, Fault, Status};

#[repr(transparent)]
struct Shared(UnsafeCell<Block>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Shared {}

#[used]
#[unsafe(no_mangle)]
static TINYBENCH_BLOCK: Shared = Shared(UnsafeCell::new(Block::INITIAL));

/// Why a command failed, with the figures that go with it.
#[derive(Clone, Copy)]
pub struct Failure {
    pub error: Error,
    pub detail: [u32; 2],
}

impl Failure {
    pub const fn new(error: Error) -> Self {
        Self::with(error, 0, 0)
    }

    pub const fn with(error: Error, first: u32, second: u32) -> Self {
        Self {
            error,
            detail: [first, second],
        }
    }
}

/// Reads a field of the block.
macro_rules! get {
    ($($field:tt)+) => {
        // SAFETY: the pointer is that of a static, which nobody else changes while this runs.
        unsafe { (&raw const (*crate::block::pointer().as_ptr()).$($field)+).read_volatile() }
    };
}

/// Writes a field of the block.
macro_rules! set {
    ($($field:ident).+ = $value:expr) => {{
        let value = $value;
        // SAFETY: the pointer is that of a static, which nobody else changes while this runs.
        unsafe { (&raw mut (*crate::block::pointer().as_ptr()).$($field).+).write_volatile(value) }
    }};
}

pub(crate) use {get, set};

/// Where the block is.
pub fn pointer() -> NonNull<Block> {
    NonNull::from(&TINYBENCH_BLOCK).cast()
}

/// The command the host has left, if it is one, and marks the program as at work.
pub fn command() -> Option<Command> {
    set!(status = Status::Busy as u32);
    set!(error = Error::None as u32);
    set!(error_detail = [0; 2]);
    Command::from_u32(get!(command))
}

/// Tells the host how a command went and halts until the next one.
pub fn answer(outcome: Result<(), Failure>) {
    match outcome {
        Ok(()) => finish(Status::Done),
        Err(failure) => {
            set!(error = failure.error as u32);
            set!(error_detail = failure.detail);
            finish(Status::Failed);
        }
    }
}

/// Sets the status and halts until the host lets the core run on.
pub fn finish(status: Status) {
    set!(status = status as u32);
    halt();
}

/// Leaves a fault in the block and halts for good.
pub fn fault(fault: &Fault) -> ! {
    set!(fault = *fault);
    set!(status = Status::Fault as u32);
    loop {
        halt();
    }
}

/// Hands over to the host. DSB: what was written is in memory when the host looks.
#[inline(never)]
fn halt() {
    // SAFETY: halts for the debugger, which resumes behind the instruction. The block changes
    // meanwhile, hence no `nomem`.
    unsafe { asm!("dsb", "bkpt #0", options(nostack)) };
}
